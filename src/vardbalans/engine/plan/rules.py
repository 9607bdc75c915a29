"""The rules of a plan, one function each; its docstring is the sentence that the planner is shown.

A rule yields, for each thing and week it holds, by how much a plan exceeds it; the excess is to be at most zero. What
people must not be asked to give up (a queue below zero) is not among them: see :class:`Variables`.
"""

from collections.abc import Callable, Iterator, Mapping

from vardbalans.engine.plan.data import Problem
from vardbalans.engine.plan.objective import cost_of
from vardbalans.engine.plan.variables import Variables
from vardbalans.engine.solving import Expression

__all__ = ["RULES", "Excess", "Rule"]

Excess = tuple[str, int | None, Expression]
"""What it concerns (id of a service or resource, empty: the whole plan), the week from 0 (None: all), by how much."""
Rule = Callable[[Problem, Variables], Iterator[Excess]]


def capacity_holds(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Ingen resurs används mer än den räcker till under en vecka."""
    for resource in problem.resources:
        for week in v.span:
            provided = float(resource.available[week]) + v.added(resource, week)
            yield resource.resource_id, week, v.used(resource, week) - provided


def lists_fit_surely(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Det som planeras från väntelistorna ryms med den säkerhet som är bestämd."""
    for resource in problem.resources:
        if resource.surely is not None:
            for week in v.span:
                provided = float(resource.surely[week]) + v.added(resource, week)
                yield resource.resource_id, week, v.used(resource, week, lists_only=True) - provided


def extras_within_limit(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Övertid, hyrpersonal och extra pass ryms inom vad som är tillåtet per vecka."""
    for resource in problem.resources:
        for extra in resource.extras:
            for week in v.span:
                excess = v.pieces(resource, extra, week) - float(extra.most[week])
                yield resource.resource_id, week, extra.minutes * excess


def guarantee_holds(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Ingen väntar längre än vårdgarantins gräns från och med den vecka då den ska hållas."""
    if problem.guarantee_from is not None:
        for service in problem.services:
            if service.limit_weeks is not None and service.guaranteed:
                for week in v.span[problem.guarantee_from :]:
                    yield service.service_id, week, v.late(service, week)


def budget_holds(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Planens kända kostnad ryms i budgeten."""
    if problem.budget_ore is not None:
        yield "", None, cost_of(problem, v) - problem.budget_ore


def locked_cells_kept(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Det som planeraren har låst ändras inte."""
    by_name = {row.service_id: row for row in problem.services}
    for (name, week), value in problem.locked.items():
        difference = v.produced(by_name[name], week) - value
        yield name, week, difference
        yield name, week, -difference


def volume_within_agreement(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Det som görs på annat sätt eller köps av andra ryms i den volym som är avtalad."""
    for rows in problem.agreed().values():
        made = sum(v.made(service, way.way_id, week) for service, way in rows for week in v.span)
        yield rows[0][0].service_id, None, made - rows[0][1].most


def performers_within_limit(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Ingen enhet gör mer åt en annan än den har åtagit sig per vecka."""
    for service in problem.services:
        for way in service.ways:
            if way.weekly_most is not None:
                for week in v.span:
                    yield service.service_id, week, v.made(service, way.way_id, week) - way.weekly_most


def loans_within_limit(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Personal lånas inte ut mer än vad som är bestämt per vecka."""
    for loan in problem.loans:
        for week in v.span:
            yield loan.from_resource, week, v.lent(loan, week) - loan.most


def own_limit_kept(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Ingen enhet får fler över gränsen, eller en längre kö till sist, för att hjälpa en annan."""
    for service in problem.services:
        if keep := service.keep:
            more = [v.coming(service, week) - float(keep.coming[week]) for week in v.span]
            for week in v.span if service.limit_weeks is not None else ():
                due = sum(more[: max(0, week - (service.limit_weeks or 0) + 1)])
                yield service.service_id, week, v.late(service, week) - float(keep.late[week]) - due
            yield service.service_id, v.span[-1], v.queue(service, v.span[-1]) - keep.last_queue - sum(more)


def spread_within_limit(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Skillnaden i väntan mellan enheter som ger samma vård blir inte större än den var."""
    for likeness in problem.alike:
        if likeness.most_spread is not None:
            yield likeness.name, None, sum(v.spread(likeness, week) for week in v.span) - likeness.most_spread


def journeys_within_limit(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Ingen patient skickas längre bort än gränsen för restid."""
    for service in problem.services:
        for way in service.ways:
            if _is_too_far(way.travel_minutes, problem.travel_limit_minutes):
                for week in v.span:
                    yield service.service_id, week, v.made(service, way.way_id, week)


def leave_is_given(problem: Problem, v: Variables) -> Iterator[Excess]:
    """All ledighet läggs ut under sina veckor."""
    for resource in problem.resources:
        for leave in resource.leave:
            given = sum(v.leave(resource, week) for week in v.span[leave.first : leave.last + 1])
            yield resource.resource_id, None, leave.owed_minutes - given


def leave_is_spread(problem: Problem, v: Variables) -> Iterator[Excess]:
    """Inte fler är lediga samtidigt än vad som är bestämt, och bara under ledighetens veckor."""
    for resource in problem.resources:
        if resource.leave:
            most = resource.most_leave
            for week in v.span:
                yield resource.resource_id, week, v.leave(resource, week) - float(most[week])


def _is_too_far(minutes: float | None, limit: float | None) -> bool:
    return minutes is not None and limit is not None and minutes > limit


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        capacity_holds,
        lists_fit_surely,
        extras_within_limit,
        guarantee_holds,
        budget_holds,
        locked_cells_kept,
        volume_within_agreement,
        performers_within_limit,
        loans_within_limit,
        own_limit_kept,
        spread_within_limit,
        journeys_within_limit,
        leave_is_given,
        leave_is_spread,
    )
}
