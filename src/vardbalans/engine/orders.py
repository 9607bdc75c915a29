"""Orders from the level above: what is asked for a year, what is answered, what it takes and how much is possible.

An order is a number of people treated (or activities) of one service in a calendar year. It is weighed against a run
whose weeks lie in that year: what it takes of each resource is its slots · what a slot takes; what is left for it is
what is available less what all else there requires, other orders in place of the need of the services they are for.
What cannot be done is what the scarcest resource leaves no room for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, get_args

import numpy as np

from vardbalans.engine.allowances import cheapest_first, extras_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.plan.data import ExtraKind
from vardbalans.engine.scenario import Outcome, ServiceOutcome

__all__ = ["Answer", "Order", "OrderStatus", "Taken", "Weighed", "share_within", "weigh"]

OrderStatus = Literal["proposed", "accepted", "rejected", "countered"]

_NOTHING = 1e-9
_NEXT: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    "proposed": frozenset({"proposed", "accepted", "rejected", "countered"}),
    "countered": frozenset({"proposed", "accepted", "rejected", "countered"}),
    "accepted": frozenset({"proposed"}),
    "rejected": frozenset({"proposed"}),
}


@dataclass(frozen=True)
class Answer:
    """One turn of an order: *volume* where another is asked for or offered, *author* a function, never a person."""

    at: datetime
    status: OrderStatus
    author: str
    volume: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.status in ("rejected", "countered") and not self.reason:
            raise BadInput(Message("En beställning som avvisas eller får ett motförslag ska ha ett skäl."))
        if self.status == "countered" and self.volume is None:
            raise BadInput(Message("Ett motförslag ska ha en volym."))


@dataclass(frozen=True)
class Order:
    """A year's *volume* of one service, and what has been said of it, oldest first. Nothing said is a proposal."""

    unit_id: str
    service_id: str
    year: int
    volume: float
    answers: tuple[Answer, ...] = ()

    @property
    def status(self) -> OrderStatus:
        """Return how it stands."""
        return self.answers[-1].status if self.answers else "proposed"

    @property
    def spoken_of(self) -> float:
        """Return the volume last asked for or offered."""
        return next((row.volume for row in reversed(self.answers) if row.volume is not None), self.volume)

    @property
    def agreed(self) -> float | None:
        """Return the volume that both have accepted; None while there is none."""
        return self.spoken_of if self.status == "accepted" else None

    def answered(self, answer: Answer) -> "Order":
        """Return the order with one more turn. Raises BadInput for a turn that does not follow from how it stands."""
        if self.answers and answer.at <= self.answers[-1].at:
            raise BadInput(Message("Svaret är äldre än det förra. Kontrollera klockan."))
        if answer.status not in _NEXT[self.status]:
            raise BadInput(
                Message(
                    "Beställningen är {status} och måste föreslås på nytt innan den kan besvaras.",
                    status=_STATUS[self.status],
                )
            )
        return Order(self.unit_id, self.service_id, self.year, self.volume, (*self.answers, answer))


_STATUS = {
    "proposed": Message("föreslagen"),
    "accepted": Message("godkänd"),
    "rejected": Message("avvisad"),
    "countered": Message("besvarad med ett motförslag"),
}


@dataclass(frozen=True)
class Taken:
    """What an order takes of one resource, beside what is available and what all else requires, in its measure."""

    resource_id: str
    name: str
    measure: str
    takes: float
    available: float
    others: float

    @property
    def short(self) -> float:
        """Return how much there is too little of; 0 where there is enough."""
        return max(0.0, self.takes + self.others - self.available)


@dataclass(frozen=True, eq=False)
class Weighed:
    """An order beside a run, over its weeks: *volume* is the part of it that falls there, as all the figures here.

    *need* is what comes, *planned* what is to be treated for the list to keep its goal, *feasible* what the plan's
    resources allow. *possible* is how much of the volume there is room for beside all else, *probability* the share of
    draws in which there is for all of it. *cost_ore* is what a contract pays for it, None where none does. *extra_ore*
    is what it costs to cover all that is short with extra time, the cheapest first: 0 where nothing is short, None
    where there is not enough extra time, or its price is not known.
    """

    order: Order
    volume: float
    need: float
    planned: float
    feasible: float
    possible: float
    probability: float
    taken: tuple[Taken, ...]
    cost_ore: int | None
    extra_ore: int | None
    why: tuple[Message, ...]


def share_within(year: int, weeks: Sequence[Period], calendar: Calendar) -> float:
    """Return the share of the calendar *year*'s working days that lie in *weeks*."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    working = {day for day in days if calendar.is_working(day)}
    return len(working & {day for week in weeks for day in week.days}) / len(working)


def weigh(outcome: Outcome, orders: Iterable[Order]) -> tuple[Weighed, ...]:
    """Weigh all *orders* of the run's services together. Raises BadInput for a year that its weeks do not touch."""
    known = {row.item.service.service_id: row for row in outcome.services}
    asked = [(order, known[order.service_id]) for order in orders if order.service_id in known]
    slots = {}
    for order, row in asked:
        share = share_within(order.year, outcome.inputs.weeks, row.item.calendar)
        if share <= 0:
            raise BadInput(
                Message("Veckorna som räknas ligger inte i {year}. Räkna det året i stället.", year=order.year)
            )
        slots[order.service_id] = order.spoken_of * share / _served(row)
    takes = {
        (use.service_id, name): slots[use.service_id] * _amount(outcome, use.service_id, name)
        for name, uses in outcome.uses.items()
        for use in uses
        if use.service_id in slots
    }
    return tuple(_weighed(outcome, order, row, slots[order.service_id], takes) for order, row in asked)


def _served(row: ServiceOutcome) -> float:
    """Return how many a slot serves, over the weeks."""
    demand = row.demand
    total = float(demand.mean.sum())
    return float((demand.mean * demand.per_slot).sum()) / total if total > 0 else float(demand.per_slot.mean())


def _amount(outcome: Outcome, service_id: str, resource_id: str) -> float:
    """Return what one slot takes of the resource, as the run required it; before any need, as the recipe says."""
    required, slots = _required(outcome, service_id, resource_id), float(outcome.service(service_id).demand.mean.sum())
    if slots > 0:
        return required / slots
    return next(use.amount for use in outcome.uses[resource_id] if use.service_id == service_id)


def _required(outcome: Outcome, service_id: str, resource_id: str) -> float:
    parts = outcome.resource(resource_id).parts
    return float(sum(part.amount.sum() for part in parts if part.service_id == service_id))


def _weighed(
    outcome: Outcome, order: Order, row: ServiceOutcome, slots: float, takes: Mapping[tuple[str, str], float]
) -> Weighed:
    taken, chances, shares = [], [], [1.0]
    for name, uses in outcome.uses.items():
        if not any(use.service_id == order.service_id for use in uses):
            continue
        balance = outcome.resource(name)
        unordered = sum(_required(outcome, use.service_id, name) for use in uses if (use.service_id, name) not in takes)
        ordered = sum(
            value for (service, place), value in takes.items() if place == name and service != order.service_id
        )
        mine = takes[order.service_id, name]
        available = float(balance.available.mean.sum())
        taken.append(Taken(name, balance.resource.name, balance.measure, mine, available, unordered + ordered))
        required = float(balance.required.sum())
        drawn = balance.year_required * (unordered / required if required > 0 else 0.0)
        chances.append(balance.year_available - drawn - ordered >= mine - _NOTHING)
        if mine > 0:
            shares.append(max(0.0, (available - unordered - ordered) / mine))
    volume = slots * _served(row)
    contracts = [
        contract
        for contract in outcome.inputs.contracts_in_force.get(order.service_id, ())
        if contract.provider_id == order.unit_id
    ]
    return Weighed(
        order,
        volume,
        float(row.forecast.mean.sum()),
        float((row.demand.mean * row.demand.per_slot).sum()),
        float((row.balance.feasible * row.demand.per_slot).sum()),
        volume * min(shares),
        float(np.all(chances, axis=0).mean()) if chances else 1.0,
        tuple(taken),
        round(contracts[0].price_ore * volume) if contracts else None,
        _extra_cost(outcome, taken),
        tuple(_why(taken, min(shares))),
    )


def _extra_cost(outcome: Outcome, taken: Iterable[Taken]) -> int | None:
    """Return what the extra time costs that covers all that is short; None where that cannot be told."""
    total = 0.0
    for row in taken:
        left = row.short if row.short > _NOTHING else 0.0
        if left and row.measure != "minutes":
            return None
        extras = extras_of(row.resource_id, outcome.inputs, get_args(ExtraKind)) if left else ()
        yearly = [replace(extra, most=extra.most.sum(keepdims=True)) for extra in extras]
        for extra, pieces in cheapest_first(np.array([left]), yearly):
            if extra.cost_ore is not None:
                total += extra.cost_ore * float(pieces[0])
                left = max(0.0, left - extra.minutes * float(pieces[0]))
        if left > _NOTHING:
            return None
    return round(total)


def _why(taken: Iterable[Taken], share: float) -> Iterable[Message]:
    if share < 1:
        for row in sorted(taken, key=lambda row: -row.short / max(row.available, 1.0)):
            if row.short > _NOTHING:
                yield Message(
                    "{name} räcker inte: {short} saknas av {takes} som behövs, när allt annat tar {others} av {there}.",
                    name=row.name,
                    short=_told(row.short, row.measure),
                    takes=_told(row.takes, row.measure),
                    others=_told(row.others, row.measure),
                    there=_told(row.available, row.measure),
                )


def _told(value: float, measure: str) -> Message:
    if measure == "minutes":
        return Message("{count} timmar", count=round(value / 60))
    return Message("{count} aktiviteter", count=round(value))
