"""Writes of cells: one step of a planner is one transaction with one audit row, undone and redone as a whole."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from types import EllipsisType
from typing import Any, NamedTuple

from django.db import connection, transaction

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.models import Cell, Change, Source, Standing, State, Step, StepKind, Version
from vardbalans.web.planning.selectors import Planned, cells_of, known_services, standing_of
from vardbalans.web.planning.weeks import weeks_of_year

__all__ = [
    "MOST_CELLS",
    "Key",
    "NotDraft",
    "Sent",
    "Stale",
    "Wanted",
    "cells_set",
    "row_spread",
    "step_redo",
    "step_sent",
    "step_undo",
]

MOST_CELLS = 20_000
"""How many cells one step may change: 200 services in a year of 53 weeks and room to spare."""
_LARGEST = Decimal(10) ** 9
_MANY = 500
"""From so many services on all cells are read: SQLite bounds how many values a query may hold."""
_ADD_CHANGE = f"""
INSERT INTO {Change._meta.db_table} (step_id, service_id, week, "before", "after", locked_before, locked_after,
source_before, source_after) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_PUT_CELL = f"""
INSERT INTO {Cell._meta.db_table} (version_id, service_id, week, value, locked, source) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (version_id, service_id, week)
DO UPDATE SET value = EXCLUDED.value, locked = EXCLUDED.locked, source = EXCLUDED.source
"""
_TURN = Lock()
"""SQLite has one writer: who waits for their turn waits less than who asks for the lock again and again."""
_SOURCES = {
    StepKind.PROPOSAL: Source.PROPOSAL,
    StepKind.SPREAD: Source.SPREAD,
    StepKind.IMPORTED: Source.IMPORTED,
}


class Key(NamedTuple):
    """A cell of a version."""

    service_id: str
    week: str


class Stale(Exception):
    """Someone else has changed the same cells since *base*: nothing was written."""

    def __init__(self, clashes: Sequence[Key]) -> None:
        super().__init__(f"{len(clashes)} cells")
        self.clashes = tuple(clashes)


class NotDraft(BadInput):
    """The version has been submitted and can no longer be changed."""


@dataclass(frozen=True)
class Wanted:
    """What a cell is to be: *value* (None: empty) and *locked*; ``...`` leaves either as it is."""

    value: Decimal | EllipsisType | None = ...
    locked: bool | None = None


@dataclass(frozen=True)
class Sent:
    """A step as a planner made it from revision *base*, with the browser's own name of it."""

    kind: StepKind
    base: int
    token: str | None
    cells: Mapping[Key, Wanted]


def step_sent(*, version_id: int, step: Sent, by: User) -> Step | None:
    """Do *step*. Raises as :func:`cells_set` does."""
    version = Version(pk=version_id)  # it is read, and held, where it is changed
    with _TURN if connection.vendor == "sqlite" else nullcontext():
        return cells_set(version=version, cells=step.cells, kind=step.kind, base=step.base, token=step.token, by=by)


@transaction.atomic
def cells_set(
    *,
    version: Version,
    cells: Mapping[Key, Wanted],
    kind: StepKind,
    base: int,
    by: User,
    reason: str = "",
    token: str | None = None,
) -> Step | None:
    """Change *cells* in one step, made from revision *base*; None where every cell is as wanted already.

    A step whose *token* has been seen is not done again. Locked cells change only where they are unlocked in the same
    step. Raises Stale, NotDraft, BadInput, OutOfScope or NotPermitted.
    """
    version = _open(version, by)
    now = standing_of(version.pk, by, base, token)
    if now.seen is not None:
        return version.steps.get(revision=now.seen)
    _require_readable(version, cells)
    if now.others_since and (clashes := sorted(set(cells) & changed_since(version, base, but=by))):
        raise Stale(clashes)
    there = _there(version, cells)
    changes = [
        change for key, wanted in cells.items() if (change := _change(key, there.get(key), wanted, kind)) is not None
    ]
    if not changes:
        return None
    if now.stack[1]:
        version.steps.filter(by=by, standing=Standing.UNDONE).update(standing=Standing.DROPPED)
    return _write(version, changes, kind=kind, by=by, reason=reason, token=token)


@transaction.atomic
def row_spread(*, version: Version, service_id: str, parts: Mapping[str, int], by: User) -> Step | None:
    """Put *parts*, a year's number spread, into the weeks of a service. Raises as :func:`cells_set` does."""
    version = Version.objects.get(pk=version.pk)
    cells = {Key(service_id, week): Wanted(Decimal(part)) for week, part in parts.items()}
    return cells_set(version=version, cells=cells, kind=StepKind.SPREAD, base=version.revision, by=by)


@transaction.atomic
def step_undo(*, version: Version, by: User) -> Step:
    """Undo the last step of *by* that stands. Raises BadInput where there is none, or others have built on it."""
    version = _open(version, by)
    steps = version.steps.filter(by=by, standing=Standing.DONE).exclude(kind__in=(StepKind.UNDO, StepKind.REDO))
    step = steps.order_by("-revision").first()
    if step is None:
        raise BadInput(Message("Det finns inget att ångra."))
    return _turned(version, step, StepKind.UNDO, by)


@transaction.atomic
def step_redo(*, version: Version, by: User) -> Step:
    """Do again what *by* last undid. Raises BadInput where there is nothing, or others have changed it since."""
    version = _open(version, by)
    step = version.steps.filter(by=by, standing=Standing.UNDONE).order_by("revision").first()
    if step is None:
        raise BadInput(Message("Det finns inget att göra om."))
    return _turned(version, step, StepKind.REDO, by)


def changed_since(version: Version, base: int, *, but: User) -> set[Key]:
    """Return the cells that others than *but* have changed after revision *base*."""
    found = Change.objects.filter(step__version=version, step__revision__gt=base).exclude(step__by=but)
    return {Key(*pair) for pair in found.values_list("service_id", "week")}


def _open(version: Version, by: User) -> Version:
    """Return the version as it is now, held until the transaction ends, and open to *by*."""
    found = Version.objects.select_for_update(of=("self",)).select_related("plan").filter(pk=version.pk).first()
    if found is None:
        raise people.OutOfScope(str(version.pk))
    people.require(by, Permission.PLAN_EDIT, found.plan.unit_id, tree=current_tree())
    if found.state != State.DRAFT:
        raise NotDraft(Message("Versionen är inte längre ett utkast och kan inte ändras. Gör en ny version av den."))
    return found


def _require_readable(version: Version, cells: Mapping[Key, Wanted]) -> None:
    if len(cells) > MOST_CELLS:
        raise BadInput(Message("Högst {most} rutor kan ändras åt gången.", most=MOST_CELLS))
    weeks, services = set(weeks_of_year(version.plan.year)), known_services(version.plan.unit_id)
    for key, wanted in cells.items():
        if key.service_id not in services:
            raise BadInput(Message("Vårdtjänsten {id} hör inte till planens enhet.", id=key.service_id[:80]))
        if key.week not in weeks:
            raise BadInput(Message("{week} hör inte till planens år.", week=key.week))
        value = wanted.value
        if isinstance(value, Decimal) and not _fits(value):
            raise BadInput(
                Message("{value}: skriv ett antal från noll, med högst två decimaler.", value=str(value)[:40])
            )


def _fits(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= _LARGEST and value == value.quantize(Decimal("0.01"))


def _there(version: Version, keys: Collection[Key]) -> Mapping[tuple[str, str], Planned]:
    services, weeks = {key.service_id for key in keys}, {key.week for key in keys}
    return cells_of(version, services, weeks) if len(services) < _MANY else cells_of(version)


def _change(key: Key, cell: Planned | None, wanted: Wanted, kind: StepKind) -> Change | None:
    """Return what *wanted* makes of *cell*; None for nothing."""
    before, was_locked = (cell.value, cell.locked) if cell else (None, False)
    source = cell.source if cell else Source.TYPED
    locked = was_locked if wanted.locked is None else wanted.locked
    after = before if wanted.value is ... else wanted.value
    if was_locked and locked:
        after = before
    if (after, locked) == (before, was_locked):
        return None
    return Change(
        service_id=key.service_id,
        week=key.week,
        before=before,
        after=after,
        locked_before=was_locked,
        locked_after=locked,
        source_before=source,
        source_after=source if after == before else _SOURCES.get(kind, Source.TYPED),
    )


def _turned(version: Version, step: Step, kind: StepKind, by: User) -> Step:
    """Take *step* back, or do it again. What others have made of its cells since is not overwritten."""
    undoing = kind == StepKind.UNDO
    old = list(step.changes.all())
    there = _there(version, [Key(change.service_id, change.week) for change in old])
    for change in old:
        cell = there.get((change.service_id, change.week))
        now = (cell.value, cell.locked) if cell else (None, False)
        if now != ((change.after, change.locked_after) if undoing else (change.before, change.locked_before)):
            raise BadInput(Message("En annan planerare har ändrat samma rutor efteråt. Ändra dem för hand."))
    changes = [_reversed(change) if undoing else _again(change) for change in old]
    step.standing = Standing.UNDONE if undoing else Standing.DONE
    step.save(update_fields=["standing"])
    return _write(version, changes, kind=kind, by=by, of=step)


def _reversed(change: Change) -> Change:
    return Change(
        service_id=change.service_id,
        week=change.week,
        before=change.after,
        after=change.before,
        locked_before=change.locked_after,
        locked_after=change.locked_before,
        source_before=change.source_after,
        source_after=change.source_before,
    )


def _again(change: Change) -> Change:
    return _reversed(_reversed(change))


def _write(
    version: Version,
    changes: Sequence[Change],
    *,
    kind: StepKind,
    by: User,
    reason: str = "",
    token: str | None = None,
    of: Step | None = None,
) -> Step:
    version.revision += 1
    version.save(update_fields=["revision"])
    step = Step.objects.create(
        version=version, revision=version.revision, kind=kind, by=by, reason=reason[:400], token=token, of=of
    )
    _write_cells(version, step, changes)
    plan = version.plan
    what = f"plan {plan.pk} {plan.year} v{version.number} r{version.revision}: {kind}, {len(changes)} cells"
    record(Event.PLAN_CHANGED, by=by, unit_id=plan.unit_id, target=what[:400], reason=reason[:400])
    return step


def _write_cells(version: Version, step: Step, changes: Sequence[Change]) -> None:
    """Write what *step* does to its cells, and the cells. The statements are written out: every save is these two."""

    def exact(value: Decimal | None) -> Any:
        return connection.ops.adapt_decimalfield_value(value, 12, 2)

    done = [
        (
            step.pk,
            change.service_id,
            change.week,
            exact(change.before),
            exact(change.after),
            change.locked_before,
            change.locked_after,
            change.source_before,
            change.source_after,
        )
        for change in changes
    ]
    cells = [
        (
            version.pk,
            change.service_id,
            change.week,
            exact(change.after),
            change.locked_after,
            change.source_after,
        )
        for change in changes
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_CHANGE, done)
        cursor.executemany(_PUT_CELL, cells)
