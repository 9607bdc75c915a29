"""Writes of this room: analysis plans, PDSA cards and statuses, each a row added to the store, with an audit row."""

from datetime import datetime

from django.db import transaction

from vardbalans.data.improving.writing import Step, add_card, entry_of, fix_plan, set_status
from vardbalans.engine.improving import AnalysisPlan
from vardbalans.web import store
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree

__all__ = ["card_add", "plan_fix", "status_set"]


@transaction.atomic
def card_add(*, measure_id: str, cycle: int, step: Step, text: str, author: str, at: datetime, by: User) -> None:
    """Add a PDSA card. Raises BadInput, OutOfScope and NotPermitted."""
    unit_id = _allowed(measure_id, by)
    record(Event.MEASURE_CHANGED, by=by, unit_id=unit_id, target=f"{measure_id} card {cycle} {step}")
    add_card(store.root(), measure_id, cycle=cycle, step=step, text=text, author=author, at=at)


@transaction.atomic
def plan_fix(*, plan: AnalysisPlan, author: str, at: datetime, by: User) -> None:
    """Fix the analysis plan of its measure from *at*. Raises BadInput, OutOfScope and NotPermitted."""
    unit_id = _allowed(plan.measure_id, by)
    record(Event.MEASURE_CHANGED, by=by, unit_id=unit_id, target=f"{plan.measure_id} plan {plan.indicator}")
    fix_plan(store.root(), plan, author=author, at=at)


@transaction.atomic
def status_set(*, measure_id: str, status: str, reason: str, author: str, at: datetime, by: User) -> None:
    """Set a status that is people's to set. Raises BadInput, OutOfScope and NotPermitted."""
    unit_id = _allowed(measure_id, by)
    record(Event.MEASURE_CHANGED, by=by, unit_id=unit_id, target=f"{measure_id} status {status}", reason=reason[:400])
    set_status(store.root(), measure_id, status, reason=reason, author=author, at=at)


def _allowed(measure_id: str, by: User) -> str:
    """Return the measure's own unit, for which *by* must be allowed to change it."""
    unit_id: str = entry_of(store.lake(), measure_id).row["unit_id"]
    people.require(by, Permission.MEASURES_EDIT, unit_id, tree=current_tree())
    return unit_id
