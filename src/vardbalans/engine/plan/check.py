"""Judge any plan, made by hand or by a solver: what it costs, who waits too long, and which rules it breaks and where.

Plain arithmetic; this module knows nothing of solvers, and what a solver says of its own plan is not believed. There
is one function per rule, named as in :mod:`rules`, and two for what no plan can do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.plan.data import EXTRA_NAMES, Plan, PlannedResource, Problem
from vardbalans.engine.plan.flow import Waiting, followed
from vardbalans.engine.plan.value import Value, cost_of_plan, made_of, pieces_of, spread_of, value_of
from vardbalans.engine.units import Floats

__all__ = ["CHECKS", "Breach", "Judgement", "judge", "used"]

TOLERANCE = 1e-6
"""An excess up to this share of what there is (or, below one, this much) is rounding."""


@dataclass(frozen=True)
class Breach:
    """A broken *rule*: where (*subject*, *week* from 0, None: all), by how much (people, minutes, öre), in words."""

    rule: str
    subject: str
    week: int | None
    amount: float
    sentence: Message


@dataclass(frozen=True, eq=False)
class Judgement:
    """The verdict: *breaches* (none: the plan keeps every rule), its *value*, and what becomes of each list."""

    breaches: tuple[Breach, ...]
    value: Value
    waiting: Mapping[str, Waiting]


def judge(problem: Problem, plan: Plan) -> Judgement:
    """Judge *plan*. Raises BadInput for a plan that names what the problem has not, or has the wrong length."""
    _require_known(problem, plan)
    waiting = followed(problem, plan)
    breaches = tuple(breach for rule in CHECKS.values() for breach in rule(problem, plan, waiting))
    return Judgement(breaches, value_of(problem, plan, waiting), waiting)


def nothing_is_negative(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """No production, extra time or leave below zero."""
    series = [(key[0], values) for rows in (plan.production, plan.extras) for key, values in rows.items()]
    series += list(plan.leave.items()) + [(key[0], values) for key, values in plan.loans.items()]
    for subject, values in series:
        for week, excess in _over(-values, np.zeros(len(values))):
            what = Message(
                "{what}, {week}: minus {amount}.", what=subject, week=_at(problem, week), amount=_say(excess)
            )
            yield Breach("nothing_is_negative", subject, week, excess, what)


def queue_never_negative(problem: Problem, _plan: Plan, waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """Nobody is treated who does not wait."""
    for name, row in waiting.items():
        for week, excess in _over(-row.queue, row.treated + row.service.queue):
            what = Message(
                "{service}, {week}: {amount} fler planeras än som väntar.",
                service=row.service.name,
                week=_at(problem, week),
                amount=_say(excess),
            )
            yield Breach("queue_never_negative", name, week, excess, what)


def capacity_holds(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """No resource is used more than it suffices for in a week."""
    for resource in problem.resources:
        provided = resource.available + _added(problem, resource, plan)
        for week, excess in _over(used(problem, plan, resource) - provided, resource.available):
            what = Message(
                "{resource}, {week}: planen tar {amount} mer än de {available} som finns.",
                resource=resource.name,
                week=_at(problem, week),
                amount=_say(excess),
                available=_say(float(provided[week])),
            )
            yield Breach("capacity_holds", resource.resource_id, week, excess, what)


def lists_fit_surely(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """What is planned from the lists has room as surely as decided."""
    for resource in problem.resources:
        if resource.surely is None:
            continue
        provided = resource.surely + _added(problem, resource, plan)
        taken = used(problem, plan, resource, lists_only=True)
        for week, excess in _over(taken - provided, resource.available):
            what = Message(
                "{resource}, {week}: listorna tar {amount} mer än de {available} som säkert nog är kvar.",
                resource=resource.name,
                week=_at(problem, week),
                amount=_say(excess),
                available=_say(float(provided[week])),
            )
            yield Breach("lists_fit_surely", resource.resource_id, week, excess, what)


def extras_within_limit(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """Overtime, agency staff and extra sessions are within what is allowed, and whole where they must be."""
    for resource in problem.resources:
        for extra in resource.extras:
            pieces = pieces_of(resource, extra.kind, plan)
            excess = (pieces - extra.most) * extra.minutes
            if extra.whole:
                excess = np.maximum(excess, np.abs(pieces - np.round(pieces)) * extra.minutes)
            for week, over in _over(excess, extra.most * extra.minutes):
                what = Message(
                    "{resource}, {week}: {amount} minuter extra tid ({kind}) utöver vad som är tillåtet.",
                    resource=resource.name,
                    week=_at(problem, week),
                    amount=_say(over),
                    kind=EXTRA_NAMES[extra.kind],
                )
                yield Breach("extras_within_limit", resource.resource_id, week, over, what)


def guarantee_holds(problem: Problem, _plan: Plan, waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """Nobody waits past the limit from the week that it is to hold."""
    if problem.guarantee_from is None:
        return
    for name, row in waiting.items():
        if not row.service.guaranteed:
            continue
        late = np.where(np.arange(len(row.late)) >= problem.guarantee_from, row.late, 0.0)
        for week, excess in _over(late, row.treated + row.service.queue):
            what = Message(
                "{service}, {week}: {amount} väntar längre än gränsen.",
                service=row.service.name,
                week=_at(problem, week),
                amount=_say(excess),
            )
            yield Breach("guarantee_holds", name, week, excess, what)


def budget_holds(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """The known cost is within the budget."""
    if problem.budget_ore is not None:
        excess = cost_of_plan(problem, plan) - problem.budget_ore
        if excess > TOLERANCE * max(1.0, problem.budget_ore):
            what = Message("Planen kostar {amount} kr mer än budgeten.", amount=_say(excess / 100))
            yield Breach("budget_holds", "", None, excess, what)


def locked_cells_kept(problem: Problem, _plan: Plan, waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """What the planner has locked stays."""
    for (name, week), value in problem.locked.items():
        made = float(waiting[name].produced[week])
        if abs(made - value) > TOLERANCE * max(1.0, value):
            what = Message(
                "{service}, {week}: låst till {value} men planen har {made}.",
                service=waiting[name].service.name,
                week=_at(problem, week),
                value=_say(value),
                made=_say(made),
            )
            yield Breach("locked_cells_kept", name, week, abs(made - value), what)


def volume_within_agreement(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """What is done in another way or bought is within the volume agreed."""
    for rows in problem.agreed().values():
        made = sum(float(made_of(service.service_id, way.way_id, plan, problem).sum()) for service, way in rows)
        service, way = rows[0]
        most = way.most or 0.0
        if made - most > TOLERANCE * max(1.0, most):
            what = Message(
                "{service} ({way}): {made} planerade, men högst {most} är avtalade.",
                service=service.name,
                way=way.name,
                made=_say(made),
                most=_say(most),
            )
            yield Breach("volume_within_agreement", service.service_id, None, made - most, what)


def performers_within_limit(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """No unit does more for another than it has undertaken to do a week."""
    for service in problem.services:
        for way in service.ways:
            if way.weekly_most is None:
                continue
            made = made_of(service.service_id, way.way_id, plan, problem)
            for week, excess in _over(made - way.weekly_most, np.full(len(made), way.weekly_most)):
                what = Message(
                    "{service} ({way}), {week}: {made} planerade, men högst {most} är utlovade.",
                    service=service.name,
                    way=way.name,
                    week=_at(problem, week),
                    made=_say(float(made[week])),
                    most=_say(way.weekly_most),
                )
                yield Breach("performers_within_limit", service.service_id, week, excess, what)


def loans_within_limit(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """Staff are not lent more than decided a week."""
    names = {row.resource_id: row.name for row in problem.resources}
    for loan in problem.loans:
        lent = plan.loans.get((loan.from_resource, loan.to_resource), np.zeros(len(problem.weeks)))
        for week, excess in _over(lent - loan.most, np.full(len(lent), loan.most)):
            what = Message(
                "{resource}, {week}: {amount} minuter lånas ut till {other} utöver vad som är bestämt.",
                resource=names[loan.from_resource],
                other=names[loan.to_resource],
                week=_at(problem, week),
                amount=_say(excess),
            )
            yield Breach("loans_within_limit", loan.from_resource, week, excess, what)


def own_limit_kept(problem: Problem, _plan: Plan, waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """No unit gets more past the limit, or a longer queue at the end, for the sake of another."""
    for name, row in waiting.items():
        if row.service.keep is None:
            continue
        keep, limit = row.service.keep, row.service.limit_weeks
        more = np.cumsum(row.coming - keep.coming)
        due = np.concatenate([np.zeros(limit or 0), more])[: len(more)]
        over = row.late - keep.late - due if limit is not None else np.zeros(len(more))
        over[-1] = max(over[-1], row.queue[-1] - keep.last_queue - more[-1])
        for week, excess in _over(over, row.treated + row.service.queue):
            what = Message(
                "{service}, {week}: {amount} fler väntar för länge än utan att hjälpa andra.",
                service=row.service.name,
                week=_at(problem, week),
                amount=_say(excess),
            )
            yield Breach("own_limit_kept", name, week, excess, what)


def spread_within_limit(problem: Problem, _plan: Plan, waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """The difference in wait between units that give the same care is no larger than it was."""
    for likeness in problem.alike:
        if likeness.most_spread is None:
            continue
        excess = float(spread_of(likeness, waiting).sum()) - likeness.most_spread
        if excess > TOLERANCE * max(1.0, likeness.most_spread):
            what = Message(
                "{name}: skillnaden i väntan är {amount} veckor större än den var.",
                name=likeness.name,
                amount=_say(excess),
            )
            yield Breach("spread_within_limit", likeness.name, None, excess, what)


def journeys_within_limit(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """No patient is sent further away than the limit."""
    limit = problem.travel_limit_minutes
    for service in problem.services:
        for way in service.ways:
            if limit is None or way.travel_minutes is None or way.travel_minutes <= limit:
                continue
            made = made_of(service.service_id, way.way_id, plan, problem)
            for week, excess in _over(made, np.zeros(len(made))):
                what = Message(
                    "{service} ({way}), {week}: resan är {minutes} minuter, gränsen {limit}.",
                    service=service.name,
                    way=way.name,
                    week=_at(problem, week),
                    minutes=_say(way.travel_minutes),
                    limit=_say(limit),
                )
                yield Breach("journeys_within_limit", service.service_id, week, excess, what)


def leave_is_given(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """All leave is given in its weeks."""
    for resource in problem.resources:
        for leave in resource.leave:
            short = leave.owed_minutes - float(_leave(resource, plan)[leave.first : leave.last + 1].sum())
            if short > TOLERANCE * max(1.0, leave.owed_minutes):
                what = Message(
                    "{resource}: {amount} minuter ledighet är inte utlagda.", resource=resource.name, amount=_say(short)
                )
                yield Breach("leave_is_given", resource.resource_id, None, short, what)


def leave_is_spread(problem: Problem, plan: Plan, _waiting: Mapping[str, Waiting]) -> Iterator[Breach]:
    """Not more are away at once than decided, and only in the weeks of leave."""
    for resource in problem.resources:
        given, most = _leave(resource, plan), resource.most_leave
        for week, excess in _over(given - most, most):
            what = Message(
                "{resource}, {week}: {amount} minuter ledighet för mycket.",
                resource=resource.name,
                week=_at(problem, week),
                amount=_say(excess),
            )
            yield Breach("leave_is_spread", resource.resource_id, week, excess, what)


CHECKS = {
    check.__name__: check
    for check in (
        nothing_is_negative,
        queue_never_negative,
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


def _added(problem: Problem, resource: PlannedResource, plan: Plan) -> Floats:
    """Return the minutes that the plan adds to *resource* per week (weeks,), less leave and what is lent."""
    added = -_leave(resource, plan)
    for loan in problem.loans:
        lent = plan.loans.get((loan.from_resource, loan.to_resource), np.zeros(len(added)))
        if loan.to_resource == resource.resource_id:
            added = added + (1 - loan.lost) * lent
        elif loan.from_resource == resource.resource_id:
            added = added - lent
    for extra in resource.extras:
        added = added + extra.minutes * pieces_of(resource, extra.kind, plan)
    return added


def used(problem: Problem, plan: Plan, resource: PlannedResource, *, lists_only: bool = False) -> Floats:
    """Return the minutes that the plan takes of *resource* per week (weeks,)."""
    total: Floats = np.zeros(len(problem.weeks))
    for service in problem.services:
        if lists_only and not service.can_wait:
            continue
        for way in service.ways:
            for use in way.uses:
                if use.resource_id == resource.resource_id:
                    made = made_of(service.service_id, way.way_id, plan, problem)
                    total = total + use.minutes * np.convolve(made, use.shares)[: len(total)]
    return total


def _leave(resource: PlannedResource, plan: Plan) -> Floats:
    return plan.leave.get(resource.resource_id, np.zeros(len(resource.available)))


def _over(excess: Floats, scale: Floats) -> Iterator[tuple[int, float]]:
    """Yield the weeks where *excess* is more than rounding of *scale*, with how much."""
    for week in np.flatnonzero(excess > TOLERANCE * np.maximum(1.0, np.abs(scale))):
        yield int(week), float(excess[week])


def _at(problem: Problem, week: int) -> str:
    return str(problem.weeks[week])


def _say(number: float) -> str:
    """Return *number* with as many decimals as it needs to be seen, at most two, with a decimal comma."""
    return f"{number:.2f}".rstrip("0").rstrip(".").replace(".", ",") if abs(number) >= 0.005 else "0,01"


def _require_known(problem: Problem, plan: Plan) -> None:
    ways = {(row.service_id, way.way_id) for row in problem.services for way in row.ways}
    extras = {(row.resource_id, extra.kind) for row in problem.resources for extra in row.extras}
    leave = {row.resource_id for row in problem.resources}
    for name in sorted(plan.production.keys() - ways):
        raise BadInput(Message("Planen har {service} ({way}) som inte kan planeras här.", service=name[0], way=name[1]))
    for name in sorted(plan.extras.keys() - extras):
        raise BadInput(
            Message(
                "Planen har extra tid ({kind}) för {id} som inte kan få det.", kind=EXTRA_NAMES[name[1]], id=name[0]
            )
        )
    loans = {(loan.from_resource, loan.to_resource) for loan in problem.loans}
    for pair in sorted(plan.loans.keys() - loans):
        raise BadInput(
            Message("Planen lånar ut från {id} till {other}, vilket inte är tillåtet.", id=pair[0], other=pair[1])
        )
    for owner in sorted(plan.leave.keys() - leave):
        raise BadInput(Message("Planen har ledighet för {id} som inte finns.", id=owner))
    for values in (
        *plan.production.values(),
        *plan.extras.values(),
        *plan.leave.values(),
        *plan.loans.values(),
    ):
        if len(values) != len(problem.weeks) or not np.isfinite(values).all():
            raise BadInput(
                Message("Planen ska ha ett tal för var och en av de {count} veckorna.", count=len(problem.weeks))
            )
