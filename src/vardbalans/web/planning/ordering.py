"""Writes about orders: fill a new plan with what is ordered, and answer an order from the plan."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone, translation

from vardbalans.data.lake import HeadMoved
from vardbalans.data.orders_run import answer_order
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.orders import OrderStatus
from vardbalans.web import store
from vardbalans.web.balancing.actions import balance_follow
from vardbalans.web.insight.selectors import Run
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.actions import Key, Wanted, cells_set
from vardbalans.web.planning.models import Step, StepKind, Version
from vardbalans.web.planning.orders import orders_of_year, prefill
from vardbalans.web.planning.selectors import known_services, services_of

__all__ = ["order_answer", "plan_fill"]

_MOST_ATTEMPTS = 5


@transaction.atomic
def plan_fill(*, version: Version, run: Run, by: User) -> Step | None:
    """Put what is ordered, spread over the year, into a plan as one step. Raises as ``cells_set`` does."""
    plan = version.plan
    filled = prefill(run, plan.year, services_of(run, plan.unit_id))
    cells = {Key(service, week): Wanted(Decimal(count)) for (service, week), count in filled.items()}
    if not cells:
        return None
    base = Version.objects.get(pk=version.pk).revision
    return cells_set(version=version, cells=cells, kind=StepKind.SPREAD, base=base, by=by, reason="Beställningen")


@transaction.atomic
def order_answer(
    *,
    version: Version,
    unit_id: str,
    service_id: str,
    status: OrderStatus,
    volume: float | None,
    reason: str,
    by: User,
) -> None:
    """Answer an order for one of the plan's services, as the function that *by* has; it becomes data for ever.

    Raises BadInput, OutOfScope or NotPermitted.
    """
    plan = version.plan
    people.require(by, Permission.PLAN_APPROVE, plan.unit_id, tree=current_tree())
    orders = orders_of_year(plan.year).get(service_id, ())
    if service_id not in known_services(plan.unit_id) or unit_id not in {order.unit_id for order in orders}:
        raise BadInput(Message("Planen har ingen sådan beställning."))
    record(
        Event.ORDER_ANSWERED,
        by=by,
        unit_id=plan.unit_id,
        target=f"{service_id} {plan.year}: {status}"[:400],
        reason=reason[:400],
    )
    place, author, at = (unit_id, service_id, plan.year), _function(by, plan.unit_id), timezone.now()
    balance_follow(version=_answered(place, status, author, at, volume, reason.strip()), by=by)


def _function(by: User, unit_id: str) -> str:
    tree = current_tree()
    role = people.role_through(by, Permission.PLAN_APPROVE, unit_id, tree=tree)
    with translation.override("sv"):
        return f"{role.label}, {tree.units[unit_id].name}"


def _answered(
    place: tuple[str, str, int], status: OrderStatus, author: str, at: datetime, volume: float | None, reason: str
) -> int:
    attempt = 0
    while True:
        try:
            found = answer_order(store.root(), place, status, author=author, at=at, volume=volume, reason=reason)
            return int(found["version"])
        except HeadMoved:  # someone stored a version meanwhile
            attempt += 1
            if attempt == _MOST_ATTEMPTS:
                raise
