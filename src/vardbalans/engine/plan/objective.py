"""What a plan is made as small as can be in: known cost, lateness, waiting and unevenness, all in kronor."""

from vardbalans.engine.plan.data import Problem
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
    weights, total = problem.weights, 0.01 * cost_of(problem, v)
    for service in problem.services:
        if service.limit_weeks is not None:
            total += weights.of_late(service) * sum(v.late(service, week) for week in v.span)
        if service.can_wait:
            total += weights.waiting * sum(v.queue(service, week) for week in v.span)
            total += weights.change * sum(v.steps(service))
    for resource in problem.resources:
        for extra in resource.extras:
            if extra.cost_ore is None:
                hours = sum(v.pieces(resource, extra, week) for week in v.span) * (extra.minutes / 60)
                total += weights.extra_hour * hours
    return total
