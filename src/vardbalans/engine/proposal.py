"""From the outcome of a run to a planning problem: forecasts, lists, resources and flows become what a plan must meet.

Also the plans that a proposal is held against: last year's production, and capacity shared in proportion to need.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from vardbalans.engine import capacity
from vardbalans.engine.allowances import extras_of, leave_of, loans_of, with_performers
from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.catalogue import Recipe, ResourceSet
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Contract, Inputs, ListState, Series, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period, month_shares
from vardbalans.engine.plan.data import (
    Extra,
    ExtraKind,
    Link,
    Plan,
    PlannedResource,
    PlannedService,
    Problem,
    Use,
    Way,
    Weights,
)
from vardbalans.engine.plan.flow import trimmed
from vardbalans.engine.plan.parts import joined, parts_of
from vardbalans.engine.production import spread_evenly
from vardbalans.engine.sampling import stream
from vardbalans.engine.scenario import Outcome, ServiceOutcome
from vardbalans.engine.units import Floats, check_share
from vardbalans.engine.waitlist.production import produced

__all__ = ["OWN", "Terms", "last_year", "pro_rata", "problem_of", "stay_shares"]

OWN = "own"
"""The way of producing a service that the service itself has."""
_SetOf = tuple[ResourceSet, Sequence[Recipe]]


@dataclass(frozen=True)
class Terms:
    """What the planner asks for. *guarantee_from*: nobody past the limit from that week (None: as few as can be).

    *extras*: what kinds of extra time may be used, as the data say; *overtime*: the share of their ordinary minutes
    that staff may work beyond them (0: as the data say). *elsewhere*: patients may be treated by other performers, no
    further away than *travel_limit_minutes*; *loans*: staff may be lent. *leave*: leave is planned too.
    *probability*: in how large a share of the draws there is to be room for what is planned from the lists, resource by
    resource and week by week, and each list to keep its limit (None: by expectation).
    *locked*: (service id, week) → slots.
    """

    guarantee_from: Period | None = None
    budget_ore: float | None = None
    overtime: float = 0.0
    probability: float | None = None
    locked: Mapping[tuple[str, Period], float] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    extras: frozenset[ExtraKind] = frozenset()
    elsewhere: bool = False
    loans: bool = False
    leave: bool = False
    travel_limit_minutes: float | None = None

    def __post_init__(self) -> None:
        check_share(self.overtime, "Andelen övertid")
        if self.probability is not None and not 0 < self.probability < 1:
            raise BadInput(Message("Sannolikheten ska ligga mellan 0 och 1, inte {value}.", value=self.probability))


def problem_of(outcome: Outcome, terms: Terms, service_ids: Collection[str] | None = None) -> Problem:
    """Return the problem of *service_ids* (None: all) and of every service that shares their resources or flows.

    Raises BadInput for terms that do not fit the run's services and weeks.
    """
    inputs = outcome.inputs
    place = {week: index for index, week in enumerate(inputs.weeks)}
    for week in [*(week for _, week in terms.locked), *([terms.guarantee_from] if terms.guarantee_from else [])]:
        if week not in place:
            raise BadInput(
                Message(
                    "Veckan {week} ligger utanför planen, som går från {first} till {last}.",
                    week=str(week),
                    first=str(inputs.weeks[0]),
                    last=str(inputs.weeks[-1]),
                )
            )
    sets = _alternatives(outcome)
    services = tuple(_service(row, outcome, terms.probability, sets) for row in outcome.services)
    resources = tuple(_resource(row, outcome, services, terms) for row in outcome.resources)
    problem = Problem(
        inputs.weeks,
        with_performers(services, inputs) if terms.elsewhere else services,
        resources,
        tuple(Link(link.from_service, link.to_service, link.share, link.lag_weeks) for link in inputs.conversions),
        _working_days(inputs),
        {(name, place[week]): value for (name, week), value in terms.locked.items()},
        place[terms.guarantee_from] if terms.guarantee_from else None,
        travel_limit_minutes=terms.travel_limit_minutes,
        weights=terms.weights,
        loans=loans_of(resources, inputs) if terms.loans else (),
    )
    if service_ids is not None:
        problem = _around(problem, service_ids)
    return replace(problem, budget_ore=terms.budget_ore)


def last_year(outcome: Outcome, problem: Problem) -> Plan | None:
    """Return the production of the same weeks last year, without slots that nobody would wait for.

    None where it is not known for all services in all weeks.
    """
    known = {row.item.service.service_id: row for row in outcome.services}
    production = {}
    for service in problem.services:
        item = known[service.service_id].item
        series = item.waiting_list.treated if item.waiting_list else item.performed
        done = _a_year_before(series, outcome.inputs) if series else None
        if done is None:
            return None
        production[service.service_id, OWN] = done / service.kept
    return trimmed(problem, Plan(production))


def pro_rata(outcome: Outcome, problem: Problem) -> Plan:
    """Return what each service gets when every resource is shared in proportion to what is required of it."""
    wanted = {service.service_id for service in problem.services}
    feasible = {row.item.service.service_id: row.balance.feasible for row in outcome.services}
    return trimmed(problem, Plan({(name, OWN): np.asarray(feasible[name]) for name in sorted(wanted)}))


def _around(problem: Problem, service_ids: Collection[str]) -> Problem:
    """Return the parts of *problem* that hold any of *service_ids*."""
    parts = [part for part in parts_of(problem) if any(service.service_id in service_ids for service in part.services)]
    planned = {service.service_id for part in parts for service in part.services}
    for name in sorted({name for name, _ in problem.locked} - planned):
        raise BadInput(Message("Vårdtjänsten {id} finns inte i det som planeras. Rätta den.", id=name))
    return joined(problem, parts)


def _service(
    row: ServiceOutcome, outcome: Outcome, probability: float | None, sets: Mapping[str, Sequence[_SetOf]]
) -> PlannedService:
    item, inputs = row.item, outcome.inputs
    need, state, plan = row.forecast.mean, item.waiting_list, row.plan
    planned = PlannedService(
        item.service.service_id,
        item.service.name,
        need,
        (own := _own_way(row, outcome), *_other_sets(row, inputs, own, sets), *_bought(row, inputs)),
        kept=1 - (item.lost_slots.value if item.lost_slots else 0.0),
        ordinary=need,
        limit_weeks=0,
        guaranteed=item.limit_days is not None,
    )
    if state is None or plan is None:
        return planned
    limit = None if item.limit_days is None else max(0, (int(item.limit_days) - 6) // 7)
    gone = spread_evenly(plan.removals_per_week * len(inputs.weeks), inputs.weeks, item)
    return replace(
        planned,
        queue=state.queue,
        due=None if limit is None else _due(state, limit, len(inputs.weeks)),
        limit_weeks=limit,
        removed=np.minimum(gone, need),
        ordinary=produced(state.treated, inputs.weeks, item.calendar, 1, stream(0, "ordinary")).mean,
        margin=_margin(row, limit, probability) if limit and probability else None,
    )


def _own_way(row: ServiceOutcome, outcome: Outcome) -> Way:
    service = row.item.service
    uses = [
        Use(resource_id, use.amount, stay_shares(row.item, use.recipe))
        for resource_id, rows in outcome.uses.items()
        for use in rows
        if use.service_id == service.service_id
    ]
    contract = next(iter(_contracts(outcome.inputs, service.service_id, own=service.unit_id)), None)
    most = _volume(contract, outcome.inputs) if contract else None
    price = contract.price_ore if contract else None
    agreement = service.service_id if contract else ""
    return Way(OWN, str(Message("egen")), _merged(uses), price, most, agreement=agreement)


def _alternatives(outcome: Outcome) -> dict[str, list[_SetOf]]:
    """Service id → its alternative resource sets with their recipes, in their order."""
    inputs = outcome.inputs
    terms = {(item.service_id, item.set_id): item for item in inputs.resource_sets}
    found: dict[str, list[_SetOf]] = {}
    for (service_id, set_id), recipes in capacity.alternative_sets(inputs).items():
        term = terms.get((service_id, set_id), ResourceSet(service_id, set_id, set_id))
        found.setdefault(service_id, []).append((term, recipes))
    return found


def _other_sets(row: ServiceOutcome, inputs: Inputs, own: Way, sets: Mapping[str, Sequence[_SetOf]]) -> tuple[Way, ...]:
    """Return the ways of the service's alternative resource sets, at what they cost beside its *own* way."""
    ways = []
    for place, (term, recipes) in enumerate(sets.get(row.item.service.service_id, ()), start=1):
        uses = [
            Use(recipe.resource_id, capacity.minutes_each(recipe, row.item, inputs), stay_shares(row.item, recipe))
            for recipe in recipes
        ]
        known = [cost for cost in (own.cost_ore, term.cost_ore) if cost is not None]
        most = None if term.share is None else term.share * float(row.demand.mean.sum())
        ways.append(Way(term.set_id, term.name, _merged(uses), sum(known) if known else None, most, place=place))
    return tuple(ways)


def _merged(uses: Sequence[Use]) -> tuple[Use, ...]:
    """Sum the uses of one resource, such as minutes each time and minutes of preparation."""
    found: dict[tuple[str, tuple[float, ...]], float] = {}
    for use in uses:
        found[use.resource_id, use.shares] = found.get((use.resource_id, use.shares), 0.0) + use.minutes
    return tuple(Use(name, minutes, shares) for (name, shares), minutes in found.items())


def _bought(row: ServiceOutcome, inputs: Inputs) -> tuple[Way, ...]:
    """Return the ways of other providers that have a contract on this very service."""
    service = row.item.service
    found = {}
    for contract in _contracts(inputs, service.service_id):
        if contract.provider_id != service.unit_id:
            found[contract.provider_id] = Way(
                contract.provider_id,
                contract.provider_id,
                (),
                contract.price_ore,
                _volume(contract, inputs),
            )
    return tuple(found.values())


def _contracts(inputs: Inputs, service_id: str, own: str | None = None) -> list[Contract]:
    """Return the contracts of a service in force when the plan begins; *own*: that provider's alone."""
    rows = inputs.contracts_in_force.get(service_id, ())
    return [row for row in rows if own in (None, row.provider_id)]


def _volume(contract: Contract, inputs: Inputs) -> float | None:
    return None if contract.volume is None else contract.volume * len(inputs.weeks) * 7 / 365.25


def stay_shares(item: ServiceInput, recipe: Recipe | None) -> tuple[float, ...]:
    """Return how a stay's time is spread over the week it begins in and those after; it may begin on any day.

    With a stay of l weeks begun at u, even over the week, what lies before the end of week k is the mean over u of
    min(l, k + 1 − u).
    """
    stay = item.stay_days
    if recipe is None or recipe.per != "day" or stay is None or stay.mean <= 0:
        return (1.0,)
    length = stay.mean / 7
    ends = [_mean_begun(k + 1.0, length) for k in range(math.ceil(length) + 1)]
    shares = np.diff([0.0, *ends]) / length
    return tuple(float(share) for share in shares)


def _mean_begun(until: float, length: float) -> float:
    """Return the mean over u in (0, 1) of min(length, until − u), for *until* of at least one."""
    low, high = until - 1.0, until  # until − u is even between these
    if length >= high:
        return (low + high) / 2
    if length <= low:
        return length
    return (length - low) * (low + length) / 2 + (high - length) * length


def _due(state: ListState, limit_weeks: int, weeks: int) -> Floats:
    """Return how many of those who wait reach their limit at the end of each week.

    Those who wait are taken to be the last who came: what the list's own inflow says if people are treated in order.
    Whoever is not found in the inflow has waited longer than it reaches back, and is due at once.
    """
    due, left = np.zeros(weeks), state.queue
    for period, value in zip(reversed(state.inflow.periods), reversed(state.inflow.values), strict=True):
        if left <= 0:
            break
        came = min(left, float(value))
        left -= came
        for day in period.days:
            ago = ((state.inflow.end - day).days + 6) // 7  # 1: the week before the plan
            week = max(0, limit_weeks - ago)
            if week < weeks:
                due[week] += came / len(period.days)
    due[0] += max(left, 0.0)
    return due


def _margin(row: ServiceOutcome, limit_weeks: int, probability: float) -> Floats:
    """Return how many more than expected are due by each week, at the quantile *probability* of the draws.

    Nobody can be treated before they come, so the margin is at most those who are not yet due.
    """
    draws, weeks = row.forecast.draws, len(row.forecast.weeks)
    came = np.cumsum(draws, axis=1)
    more: Floats = np.quantile(came, probability, axis=0) - came.mean(axis=0)
    due = np.concatenate([np.zeros(min(limit_weeks, weeks)), more])[:weeks]
    recent = np.convolve(row.forecast.mean, np.ones(limit_weeks))[:weeks]
    margin: Floats = np.clip(due, 0.0, recent)
    return margin


def _resource(
    row: ResourceBalance, outcome: Outcome, services: Sequence[PlannedService], terms: Terms
) -> PlannedResource:
    """Return the resource; what stays from before the plan go on taking is not available."""
    inputs, resource = outcome.inputs, row.resource
    held = np.zeros(len(inputs.weeks))
    for service in services:
        for use in service.ways[0].uses:
            if use.resource_id == resource.resource_id:
                level = float(service.ordinary[0]) / max(service.kept, 1e-9) if service.ordinary is not None else 0.0
                for later in range(1, len(use.shares)):
                    week = slice(0, min(later, len(held)))
                    held[week] += use.minutes * use.shares[later] * level
    extras = extras_of(resource.resource_id, inputs, terms.extras)
    if terms.overtime and resource.kind == "staff":
        priced = next((row for row in extras_of(resource.resource_id, inputs, ["overtime"])), None)
        price = priced.cost_ore / priced.minutes if priced and priced.cost_ore is not None else None
        overtime = Extra("overtime", terms.overtime * row.available.mean, cost_ore=price)
        extras = (*(row for row in extras if row.kind != "overtime"), overtime)
    leave = leave_of(resource.resource_id, inputs) if terms.leave and resource.kind == "staff" else ()
    left = np.maximum(row.available.mean - held, 0.0)
    surely = None
    if terms.probability is not None:
        surely = np.maximum(_surely_left(row, outcome, terms.probability) - held, 0.0)
    measure: Literal["minutes", "activities"] = "minutes" if row.measure == "minutes" else "activities"
    return PlannedResource(resource.resource_id, resource.name, left, extras, leave, surely, measure)


def _surely_left(row: ResourceBalance, outcome: Outcome, probability: float) -> Floats:
    """Return the minutes per week that are left for the lists in the share *probability* of the draws (weeks,).

    Available time is drawn as in the balance, by the same stream; need that cannot wait takes of it what it takes.
    """
    inputs, settings, name = outcome.inputs, outcome.settings, row.resource.resource_id
    rng = stream(settings.seed, "resource", name)
    known = {item.resource.resource_id: item for item in inputs.resources}
    items = {item.item.service.service_id: item for item in outcome.services}
    uses = outcome.uses[name]
    if uses and uses[0].recipe is None:
        item = items[uses[0].service_id].item
        if item.performed is None:  # the balance would not have run
            raise BadInput(Message("{id} saknar observerad produktion.", id=name))
        left = capacity.observed(item.performed, inputs.weeks, item.calendar, settings.draws, rng).draws
    else:
        left = capacity.available(known[name], inputs.weeks, settings.draws, rng).draws
    left = np.array(left)
    for use in uses:
        if items[use.service_id].plan is None:
            forecast = items[use.service_id].forecast
            kept = items[use.service_id].item.lost_slots
            slots = forecast.draws / (1 - (kept.value if kept else 0.0))
            left -= use.amount * slots
    return np.asarray(np.quantile(left, 1 - probability, axis=0))


def _working_days(inputs: Inputs) -> Floats | None:
    if not inputs.services:
        return None
    return inputs.services[0].calendar.working_days_of(inputs.weeks).astype(np.float64)


def _a_year_before(series: Series, inputs: Inputs) -> Floats | None:
    """Return *series* in the weeks 52 weeks before those of the plan; None where it does not reach over them all."""
    weeks = [week.next(-52) for week in inputs.weeks]
    values = dict(zip(series.periods, (float(value) for value in series.values), strict=True))
    if series.start.frequency == "week":
        return None if any(week not in values for week in weeks) else np.array([values[week] for week in weeks])
    shares = month_shares(weeks, inputs.services[0].calendar)
    if any(month not in values for month in shares):
        return None
    total: Floats = np.sum([values[month] * share for month, share in shares.items()], axis=0)
    return total
