"""What a plan is worth, part by part: cost, lateness, waiting, unevenness and what is moved. Plain arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.plan.data import Likeness, Plan, PlannedResource, Problem
from vardbalans.engine.plan.flow import Waiting
from vardbalans.engine.units import Floats

__all__ = ["Value", "cost_of_plan", "made_of", "pieces_of", "spread_of", "value_of"]

NOTICED = 0.5
"""A week with fewer people than this past the limit is not counted as outside the guarantee: nobody is half."""


@dataclass(frozen=True, eq=False)
class Value:
    """What the plan is worth, part by part. *total* is the sum in kronor that plans are compared by: less is better.

    *cost_ore* is the known cost; *late* and *waiting* are in person-weeks; *change* in slots per ordinary week;
    *unpriced_hours* is extra time without known cost; *outside* counts weeks with anyone past a limit of the care
    guarantee, service by service. *moved* are patients treated by another unit, *travel_hours* theirs there and back,
    *lent_hours* those of staff lent; *other_sets* are slots with other resource sets than the ordinary, each as many
    times as its place; *longest* is the longest wait for the same care in weeks, summed over the weeks.
    """

    cost_ore: float
    late: float
    outside: int
    waiting: float
    change: float
    unpriced_hours: float
    moved: float
    travel_hours: float
    lent_hours: float
    other_sets: float
    longest: float
    total: float


def value_of(problem: Problem, plan: Plan, waiting: Mapping[str, Waiting]) -> Value:
    """Return the value of *plan*, whose lists become *waiting*."""
    weights, days = problem.weights, problem.days
    cost, worked = cost_of_plan(problem, plan), days > 0
    late, weighed, queued, change, outside = 0.0, 0.0, 0.0, 0.0, 0
    for row in waiting.values():
        late += float(row.late.sum())
        weighed += weights.of_late(row.service) * float(row.late.sum())
        outside += int((row.late >= NOTICED).sum()) if row.service.guaranteed else 0
        if row.service.can_wait:
            queued += float(np.maximum(row.queue, 0).sum())
            change += float(np.abs(np.diff(5.0 * row.produced[worked] / days[worked])).sum())
    hours = sum(
        float(pieces_of(resource, extra.kind, plan).sum()) * extra.minutes / 60
        for resource in problem.resources
        for extra in resource.extras
        if extra.cost_ore is None
    )
    sent = [
        (float(made_of(service.service_id, way.way_id, plan, problem).sum()), way)
        for service in problem.services
        for way in service.ways
        if way.performer
    ]
    moved, travelled = sum(made for made, _ in sent), sum(made * way.travel_hours for made, way in sent)
    lent = sum(float(values.sum()) for values in plan.loans.values()) / 60
    others = sum(
        float(made_of(service.service_id, way.way_id, plan, problem).sum()) * way.place
        for service in problem.services
        for way in service.ways
    )
    waits = [(float(_waits_of(row, waiting).max(axis=0).sum()), weights.of_longest(row)) for row in problem.alike]
    total = cost / 100 + weighed + weights.waiting * queued + weights.change * change + weights.extra_hour * hours
    total += weights.moved * moved + weights.travel_hour * travelled + weights.lent_hour * lent
    total += weights.other_set * others + sum(wait * weight for wait, weight in waits)
    longest = sum(wait for wait, _ in waits)
    return Value(cost, late, outside, queued, change, hours, moved, travelled, lent, others, longest, total)


def spread_of(likeness: Likeness, waiting: Mapping[str, Waiting]) -> Floats:
    """Return the longest wait less the shortest of services alike, in weeks, at the end of each week (weeks,)."""
    waits = _waits_of(likeness, waiting)
    spread: Floats = waits.max(axis=0) - waits.min(axis=0)
    return spread


def _waits_of(likeness: Likeness, waiting: Mapping[str, Waiting]) -> Floats:
    """Return the wait of each of the services alike at the end of each week, in weeks (services, weeks)."""
    rows = zip(likeness.service_ids, likeness.rates, strict=True)
    return np.array([np.maximum(waiting[name].queue, 0.0) / rate for name, rate in rows])


def cost_of_plan(problem: Problem, plan: Plan) -> float:
    """Return the known cost of *plan*, in öre."""
    ways = [
        float(made_of(service.service_id, way.way_id, plan, problem).sum()) * way.cost_ore
        for service in problem.services
        for way in service.ways
        if way.cost_ore
    ]
    extras = [
        float(pieces_of(resource, extra.kind, plan).sum()) * extra.cost_ore
        for resource in problem.resources
        for extra in resource.extras
        if extra.cost_ore
    ]
    return sum(ways) + sum(extras)


def made_of(service_id: str, way_id: str, plan: Plan, problem: Problem) -> Floats:
    """Return the slots of one way per week (weeks,)."""
    return plan.production.get((service_id, way_id), np.zeros(len(problem.weeks)))


def pieces_of(resource: PlannedResource, kind: str, plan: Plan) -> Floats:
    """Return the pieces of one kind of extra time per week (weeks,)."""
    rows = {name: values for (owner, name), values in plan.extras.items() if owner == resource.resource_id}
    return rows.get(kind, np.zeros(len(resource.available)))  # type: ignore[call-overload,no-any-return]
