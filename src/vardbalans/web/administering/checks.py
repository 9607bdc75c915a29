"""Spot-checks of the log (stickprov): draw at random among the readings of patient-level rows, and judge each.

The law asks for systematic and recurring checks of who has read what (patientdatalagen 4 kap. 3 §), documented, with
logs that tell what was done, at which unit, when and by whom (HSLF-FS 2016:40 4 kap. 9 §). Nobody judges their own
readings.
"""

import secrets
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.web.administering import log
from vardbalans.web.administering.models import CheckedRow, SpotCheck, Verdict
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree

__all__ = ["check_of", "checks_for", "draw", "drawn_ids", "judge"]


def checks_for(user: User) -> QuerySet[SpotCheck]:
    """Return the spot-checks *user* may read, the latest first."""
    tree, found = current_tree(), SpotCheck.objects.select_related("drawn_by")
    if people.holds_for_region(user, Permission.AUDIT_READ, tree=tree):
        return found
    return found.filter(unit_id__in=people.scope_of(user, Permission.AUDIT_READ, tree=tree))


def check_of(user: User, check_id: int) -> SpotCheck:
    """Return one spot-check. Raises OutOfScope where there is none that *user* may read."""
    found = checks_for(user).filter(pk=check_id).first()
    if found is None:
        raise people.OutOfScope(str(check_id))
    return found


@transaction.atomic
def draw(*, unit_id: str, first: date, last: date, size: int, by: User, seed: int | None = None) -> SpotCheck:
    """Draw *size* readings, or all where there are fewer. Raises OutOfScope, NotPermitted, and BadInput for none."""
    if unit_id == ALL_UNITS:
        people.require_for_region(by, Permission.AUDIT_READ, tree=current_tree())
    else:
        people.require(by, Permission.AUDIT_READ, unit_id, tree=current_tree())
    ids = list(log.readings(unit_id, first, last).order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise BadInput(Message("Inga läsningar av patientrader finns för enheten och perioden."))
    seed = secrets.randbelow(2**31) if seed is None else seed
    made = SpotCheck.objects.create(
        unit_id=unit_id,
        date_from=first,
        date_to=last,
        seed=seed,
        size=size,
        population=len(ids),
        last_event=ids[-1],
        drawn_by=by,
    )
    drawn = drawn_ids(ids, size, seed)
    CheckedRow.objects.bulk_create(CheckedRow(check_of=made, event_id=event_id) for event_id in drawn)
    target = f"check {made.pk}: {len(drawn)}/{len(ids)}, {first}–{last}, seed {seed}"
    record(Event.CHECK_DRAWN, by=by, unit_id=unit_id, target=target)
    return made


def drawn_ids(ids: list[int], size: int, seed: int) -> list[int]:
    """Return *size* of *ids*, each with the same chance, the same for the same *seed*; sorted."""
    chosen = stream(seed, "spot-check").choice(len(ids), size=min(size, len(ids)), replace=False)
    return sorted(ids[int(place)] for place in chosen)


@transaction.atomic
def judge(*, check: SpotCheck, row_id: int, verdict: Verdict, note: str, by: User) -> None:
    """Write the verdict on one drawn row. Raises OutOfScope, and BadInput for one's own reading or a missing note."""
    row = check.rows.select_related("event").filter(pk=row_id).first()
    if row is None or check not in checks_for(by):
        raise people.OutOfScope(str(row_id))
    if row.event.actor_id == by.pk:
        raise BadInput(Message("Din egen läsning bedöms av någon annan."))
    if verdict != Verdict.JUSTIFIED and not note.strip():
        raise BadInput(Message("Skriv en anteckning om vad som behöver förklaras eller göras."))
    row.verdict, row.note, row.judged_at, row.judged_by = verdict, note.strip(), timezone.now(), by
    row.save()
    target = f"check {check.pk} event {row.event_id}: {verdict}"
    record(Event.CHECK_JUDGED, by=by, unit_id=check.unit_id, target=target, reason=row.note)
