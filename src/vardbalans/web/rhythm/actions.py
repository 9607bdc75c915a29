"""Writes of the planning cycle: tick an item, and set the dates of the steps; each is audited."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from vardbalans.data.identity.masking import masked
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import require
from vardbalans.web.people.units import current_tree
from vardbalans.web.rhythm.models import Deadline, Tick
from vardbalans.web.rhythm.process import item_named, step_named

__all__ = ["dates_set", "item_tick"]


@transaction.atomic
def item_tick(*, unit_id: str, year: int, item: str, done: bool, note: str, by: User) -> Tick:
    """Say that an item is done, or is not after all. Raises BadInput, OutOfScope, NotPermitted."""
    found = item_named(item)
    if found is None:
        raise BadInput(Message("Det finns inget sådant att bocka av."))
    require(by, found.permission, unit_id, tree=current_tree())
    note = " ".join(note.split())
    if done and found.asks_why and not note:
        raise BadInput(Message("Skriv varför gapet godtas."))
    if masked(note) != note:
        raise BadInput(Message("Texten liknar ett personnummer. Skriv utan personuppgifter."))
    made = Tick.objects.create(unit_id=unit_id, year=year, item=item, done=done, note=note[:400], by=by)
    what = f"{year} {item} {'done' if done else 'taken back'}"
    record(Event.STEP_TICKED, by=by, unit_id=unit_id, target=what, reason=made.note)
    return made


@transaction.atomic
def dates_set(*, unit_id: str, year: int, dates: Mapping[str, date], source: str, by: User) -> None:
    """Set the last day of each step of *dates* for the unit and those below it, with what decides it.

    Raises BadInput, OutOfScope, NotPermitted.
    """
    require(by, Permission.CALENDAR_EDIT, unit_id, tree=current_tree())
    source = " ".join(source.split())[:400]
    if not source:
        raise BadInput(Message("Ange vad som bestämmer datumen, till exempel ett beslut eller en rutin."))
    if any(step_named(step) is None for step in dates):
        raise BadInput(Message("Det finns inget sådant steg."))
    for step, due in dates.items():
        given = {"due": due, "source": source, "set_by": by, "set_at": timezone.now()}
        Deadline.objects.update_or_create(unit_id=unit_id, year=year, step=step, defaults=given)
    told = ", ".join(f"{step} {due}" for step, due in dates.items())
    record(Event.DATES_SET, by=by, unit_id=unit_id, target=f"{year}: {told}"[:400], reason=source)
