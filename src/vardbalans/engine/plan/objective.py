"""What a plan is made as small as can be in: known cost, lateness, waiting and unevenness, all in kronor."""

from vardbalans.engine.plan.data import PlannedService, Problem
from vardbalans.engine.plan.variables import Variables
from vardbalans.engine.solving import Expression

__all__ = ["cost_of", "objective_of"]


def cost_of(problem: Problem, v: Variables) -> Expression:
    """Return the known cost of the plan, in öre."""
    ways = sum(
        way.cost_ore * v.made(service, way.way_id, week)
        for service in problem.services
        for way in service.ways
        if way.cost_ore
        for week in v.span
    )
    extras = sum(
        extra.cost_ore * v.pieces(resource, extra, week)
        for resource in problem.resources
        for extra in resource.extras
        if extra.cost_ore
        for week in v.span
    )
    return ways + extras


def objective_of(problem: Problem, v: Variables) -> Expression:
    """Return what is to be as small as can be, in kronor: the weights are :class:`Weights`."""
    lists = sum(_of_list(problem, v, service) for service in problem.services)
    return 0.01 * cost_of(problem, v) + lists + _of_time(problem, v) + _of_sharing(problem, v)


def _of_list(problem: Problem, v: Variables, service: PlannedService) -> Expression:
    weights, total = problem.weights, 0.0
    if service.limit_weeks is not None:
        total += weights.of_late(service) * sum(v.late(service, week) for week in v.span)
    if service.can_wait:
        total += weights.waiting * sum(v.queue(service, week) for week in v.span)
        total += weights.change * sum(v.steps(service))
    return total


def _of_time(problem: Problem, v: Variables) -> Expression:
    """Extra time without known cost, and what is lent."""
    total = 0.0
    for resource in problem.resources:
        for extra in resource.extras:
            if extra.cost_ore is None:
                hours = sum(v.pieces(resource, extra, week) for week in v.span) * (extra.minutes / 60)
                total += problem.weights.extra_hour * hours
    for loan in problem.loans:
        total += (problem.weights.lent_hour / 60) * sum(v.lent(loan, week) for week in v.span)
    return total


def _of_sharing(problem: Problem, v: Variables) -> Expression:
    """Patients treated by other units or with other resource sets, and the longest waits for the same care."""
    total = 0.0
    for service in problem.services:
        for way in service.ways:
            if weighed := problem.weights.of_moved(way) + problem.weights.other_set * way.place:
                total += weighed * sum(v.made(service, way.way_id, week) for week in v.span)
    for likeness in problem.alike:
        total += problem.weights.of_longest(likeness) * sum(v.longest(likeness, week) for week in v.span)
    return total
