"""Redistribution: which patients and staff to move between units that can do each other's work, and for whose good.

First every unit gets the best plan that it can make alone. Then all are planned together, with other performers and
loans of staff, under two more rules: no unit gets more past its limit in any week, nor a longer queue at the end, than
it had alone (but for those whom faster care upstream brings); and waits for the same care become no more unlike. What
is moved is the difference between the two plans.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy

from vardbalans.engine.messages import Message
from vardbalans.engine.plan.check import Judgement, judge, used
from vardbalans.engine.plan.data import Keep, Likeness, Loan, Plan, PlannedService, Problem, Way
from vardbalans.engine.plan.flow import Waiting
from vardbalans.engine.plan.parts import parts_of
from vardbalans.engine.plan.solve import Proposal, propose
from vardbalans.engine.plan.value import spread_of
from vardbalans.engine.solving import Limits
from vardbalans.engine.units import Floats

__all__ = ["Move", "Redistribution", "Standing", "Utilisation", "alone", "redistribute"]

_WORTH_MOVING = 0.5
"""Fewer patients (or hours of staff) than this in all the weeks are no proposal: nobody moves half a person."""

_ROUNDING = 1e-6
"""People, or weeks: without this much room a solver's rounding makes what each has alone impossible together."""


@dataclass(frozen=True)
class Move:
    """One proposal: patients treated by another unit, or (*kind* ``staff``) hours that staff of one work at another.

    *giver* and *taker* are service ids (resource ids for staff): who is relieved, and who does the work; staff are lent
    by the giver. *amount* is patients, or hours; *travel_minutes* one way (None: not known), *travel_hours* all in all.
    *first* and *last* are weeks from 0. *saves* is how much worse the whole would be without it, in the plan's kronor
    (None: there was no time to tell).
    """

    kind: str
    giver: str
    taker: str
    amount: float
    travel_minutes: float | None
    travel_hours: float
    competence: str
    first: int
    last: int
    saves: float | None
    sentence: Message


@dataclass(frozen=True)
class Standing:
    """How one service stands: mean *wait* in weeks (queue over those who come), *late* person-weeks past the limit.

    *within* is the share of those waiting who are within the limit (None: there is no limit or nobody waits).
    """

    wait: float
    late: float
    within: float | None
    last_queue: float


@dataclass(frozen=True)
class Utilisation:
    """The share of a resource's time that is used in all the weeks; None where it has none."""

    before: float | None
    after: float | None


@dataclass(frozen=True, eq=False)
class Redistribution:
    """*moves*, those worth most first, and how all stand before and after; *shared* is the problem that was solved.

    *before* judges the plans that units make alone by the same rules as *after*. Both are None where no unit has a plan
    alone; *single* and *together* are the two proposals, the latter None then. *plan* is that of them all.
    """

    single: Proposal
    together: Proposal | None
    shared: Problem
    plan: Plan | None
    before: Judgement | None
    after: Judgement | None
    moves: tuple[Move, ...]
    standings: Mapping[str, tuple[Standing, Standing]]
    utilisation: Mapping[str, Utilisation]
    spreads: Mapping[str, tuple[float, float]]


def redistribute(problem: Problem, limits: Limits | None = None) -> Redistribution:
    """Return what to move between the units of *problem*, whose ways have other performers and which may have loans.

    Nothing is moved unless it is worth more than it weighs; else the plan is the one that units make alone. When the
    guarantee is to hold is not asked of any of them: a unit that cannot hold it alone is one that others may help.
    """
    limits, problem = limits or Limits(), replace(problem, guarantee_from=None)
    single = propose(alone(problem), limits)
    if single.plan is None or single.judgement is None:
        return Redistribution(single, None, problem, None, None, None, (), {}, {}, {})
    shared = _held(_only(problem, {row.service_id for row in single.planned.services}), single)
    together = propose(shared, limits)
    before = judge(shared, single.plan)
    plan = _better(shared, together, single.plan)
    after = judge(shared, plan)
    standings = {name: (_standing(before.waiting[name]), _standing(after.waiting[name])) for name in before.waiting}
    return Redistribution(
        single,
        together,
        shared,
        plan,
        before,
        after,
        _moves(shared, plan, standings, limits),
        standings,
        _utilisation(shared, single.plan, plan),
        {
            row.name: (float(spread_of(row, before.waiting).mean()), float(spread_of(row, after.waiting).mean()))
            for row in shared.alike
        },
    )


def alone(problem: Problem) -> Problem:
    """Return *problem* with every unit by itself: no other performers, no loans. Waits alike weigh as together."""
    services = tuple(replace(row, ways=tuple(way for way in row.ways if not way.performer)) for row in problem.services)
    return replace(problem, services=services, loans=(), alike=_likenesses(problem))


def _only(problem: Problem, names: set[str]) -> Problem:
    """Return *problem* with the services of *names* alone, and what they can still ask of each other."""
    services = tuple(
        replace(row, ways=tuple(way for way in row.ways if way.performer in ("", *names)))
        for row in problem.services
        if row.service_id in names
    )
    return replace(
        problem,
        services=services,
        links=tuple(row for row in problem.links if {row.from_service, row.to_service} <= names),
        locked={key: value for key, value in problem.locked.items() if key[0] in names},
    )


def _held(problem: Problem, single: Proposal) -> Problem:
    """Return *problem* where nobody is taken below what they have alone, and waits become no more unlike."""
    waiting = single.judgement.waiting if single.judgement else {}
    services = tuple(
        replace(row, keep=Keep(found.late + _ROUNDING, float(found.queue[-1]) + _ROUNDING, found.coming))
        for row in problem.services
        for found in [waiting[row.service_id]]
    )
    alike = tuple(
        replace(row, most_spread=float(spread_of(row, waiting).sum()) + _ROUNDING) for row in _likenesses(problem)
    )
    return replace(problem, services=services, alike=alike)


def _likenesses(problem: Problem) -> tuple[Likeness, ...]:
    """Return the lists that performers tie together, with how many come to each in an ordinary week."""
    rows = {row.service_id: row for row in problem.services if row.can_wait}
    place = {name: index for index, name in enumerate(rows)}
    pairs = [
        (place[row.service_id], place[way.performer])
        for row in rows.values()
        for way in row.ways
        if way.performer in place
    ]
    ends = ([a for a, _ in pairs], [b for _, b in pairs])
    graph = scipy.sparse.coo_array(([1] * len(pairs), ends), shape=(len(place), len(place)))
    _, group = scipy.sparse.csgraph.connected_components(graph, directed=False)
    members = defaultdict(list)
    for name, index in place.items():
        if rows[name].net_need.mean() > 0:
            members[group[index]].append(name)
    return tuple(
        Likeness(
            ", ".join(rows[name].name for name in names),
            tuple(names),
            tuple(float(rows[name].net_need.mean()) for name in names),
        )
        for names in members.values()
        if len(names) > 1
    )


def _better(problem: Problem, together: Proposal, single: Plan) -> Plan:
    """Return, part by part, the plan made together where something is moved and it is better, else that made alone.

    What holds alone holds together, so a part that there was no time for keeps the plan it has alone.
    """
    made = []
    for part in parts_of(problem):
        own = _within(single, part)
        if together.plan is None or any(row.service_id in together.unplanned for row in part.services):
            made.append(own)
            continue
        shared = _within(together.plan, part)
        verdict = judge(part, shared)
        moves = verdict.value.moved + verdict.value.lent_hours >= _WORTH_MOVING
        made.append(shared if moves and verdict.value.total < judge(part, own).value.total else own)
    return Plan(
        {key: values for row in made for key, values in row.production.items()},
        {key: values for row in made for key, values in row.extras.items()},
        {key: values for row in made for key, values in row.leave.items()},
        {key: values for row in made for key, values in row.loans.items()},
    )


def _standing(row: Waiting) -> Standing:
    comes, queue, late = float(row.coming.mean()), np.maximum(row.queue, 0.0), float(row.late.sum())
    waits = float(queue.sum())
    known = row.service.limit_weeks is not None and waits > 0
    return Standing(
        float(queue.mean()) / comes if comes > 0 else 0.0,
        late,
        1 - min(1.0, late / waits) if known else None,
        float(queue[-1]),
    )


def _utilisation(problem: Problem, single: Plan, plan: Plan) -> dict[str, Utilisation]:
    def share(made: Plan, index: int) -> float | None:
        resource = problem.resources[index]
        total = float(resource.available.sum())
        lent = sum(float(values.sum()) for (owner, _), values in made.loans.items() if owner == resource.resource_id)
        return (float(used(problem, made, resource).sum()) + lent) / total if total > 0 else None

    return {
        row.resource_id: Utilisation(share(single, index), share(plan, index))
        for index, row in enumerate(problem.resources)
    }


def _moves(
    problem: Problem, plan: Plan, standings: Mapping[str, tuple[Standing, Standing]], limits: Limits
) -> tuple[Move, ...]:
    """Return what is moved, with what each is worth: its part is planned again without it."""
    parts = parts_of(problem)
    totals = [judge(part, _within(plan, part)).value.total for part in parts]
    home = {row.service_id: number for number, part in enumerate(parts) for row in part.services}
    owner = {row.resource_id: number for number, part in enumerate(parts) for row in part.resources}
    left, found = limits.seconds, []

    def saved(number: int, without: Problem) -> float | None:
        nonlocal left
        if left <= 0:
            return None
        other = propose(without, replace(limits, seconds=left))
        left -= other.seconds
        return max(0.0, other.judgement.value.total - totals[number]) if other.judgement else None

    for service in problem.services:
        for way in service.ways:
            slots = plan.production.get((service.service_id, way.way_id))
            if not way.performer or slots is None or service.kept * slots.sum() < _WORTH_MOVING:
                continue
            number = home[service.service_id]
            worth = saved(number, _without_way(parts[number], service, way))
            found.append(_patients(problem, service, way, slots, standings, worth))
    for loan in problem.loans:
        minutes = plan.loans.get((loan.from_resource, loan.to_resource))
        if minutes is None or minutes.sum() / 60 < _WORTH_MOVING:
            continue
        number = owner[loan.from_resource]
        kept = tuple(row for row in parts[number].loans if row != loan)
        found.append(_staff(problem, loan, minutes, saved(number, replace(parts[number], loans=kept))))
    return tuple(sorted(found, key=lambda row: (-(row.saves or 0.0), row.giver, row.taker)))


def _within(plan: Plan, part: Problem) -> Plan:
    services = {row.service_id for row in part.services}
    resources = {row.resource_id for row in part.resources}
    return Plan(
        {key: values for key, values in plan.production.items() if key[0] in services},
        {key: values for key, values in plan.extras.items() if key[0] in resources},
        {key: values for key, values in plan.leave.items() if key in resources},
        {key: values for key, values in plan.loans.items() if key[0] in resources},
    )


def _without_way(part: Problem, service: PlannedService, way: Way) -> Problem:
    services = tuple(
        replace(row, ways=tuple(other for other in row.ways if other is not way)) if row is service else row
        for row in part.services
    )
    return replace(part, services=services)


def _span(values: Floats) -> tuple[int, int]:
    moved = np.flatnonzero(values > 1e-6)
    return int(moved[0]), int(moved[-1])


def _patients(
    problem: Problem,
    service: PlannedService,
    way: Way,
    slots: Floats,
    standings: Mapping[str, tuple[Standing, Standing]],
    saves: float | None,
) -> Move:
    first, last = _span(slots)
    patients = float(service.kept * slots.sum())
    own, others = standings[service.service_id], standings[way.performer]
    names = {row.service_id: row.name for row in problem.services}
    what = Message(
        "{patients} patienter från {giver} till {taker}, {first}–{last}: väntan hos {giver} går från {before} till "
        "{after} veckor, hos {taker} från {theirs} till {then}.",
        patients=_say(patients, 0),
        giver=service.name,
        taker=names[way.performer],
        first=str(problem.weeks[first]),
        last=str(problem.weeks[last]),
        before=_say(own[0].wait),
        after=_say(own[1].wait),
        theirs=_say(others[0].wait),
        then=_say(others[1].wait),
    )
    hours = float(slots.sum()) * way.travel_hours
    return Move(
        "patients",
        service.service_id,
        way.performer,
        patients,
        way.travel_minutes,
        hours,
        way.competence,
        first,
        last,
        saves,
        what,
    )


def _staff(problem: Problem, loan: Loan, minutes: Floats, saves: float | None) -> Move:
    first, last = _span(minutes)
    names = {row.resource_id: row.name for row in problem.resources}
    hours = float(minutes.sum()) / 60
    what = Message(
        "{hours} timmar av {giver} lånas ut till {taker}, {first}–{last}; {lost} av dem går till resor.",
        hours=_say(hours, 0),
        giver=names[loan.from_resource],
        taker=names[loan.to_resource],
        first=str(problem.weeks[first]),
        last=str(problem.weeks[last]),
        lost=_say(loan.lost * hours, 0),
    )
    return Move(
        "staff", loan.from_resource, loan.to_resource, hours, None, loan.lost * hours, "", first, last, saves, what
    )


def _say(number: float, decimals: int = 1) -> str:
    return f"{number:.{decimals}f}".replace(".", ",")
