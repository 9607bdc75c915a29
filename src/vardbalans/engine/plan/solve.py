"""Propose the best plan: build the programme from the rules, solve it, and have the plan judged by :mod:`check`.

Where no plan keeps every rule, the answer is which rules clash and the least that must be given up, in sentences.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import Any

import numpy as np

from vardbalans.engine.messages import Message
from vardbalans.engine.plan.check import Judgement, judge
from vardbalans.engine.plan.data import Plan, PlannedResource, PlannedService, Problem
from vardbalans.engine.plan.objective import objective_of
from vardbalans.engine.plan.parts import joined, parts_of
from vardbalans.engine.plan.rules import RULES
from vardbalans.engine.plan.variables import Variables
from vardbalans.engine.solving import Expression, Limits, Programme, Row, Solved, Status, least_clash
from vardbalans.engine.units import Floats

__all__ = ["Proposal", "Relaxation", "ShadowPrice", "propose", "sentence_of"]

_MEASURES = {"budget_holds": 100_000.0, "capacity_holds": 60.0, "lists_fit_surely": 60.0, "extras_within_limit": 60.0}
_MEASURES |= {"leave_is_given": 60.0, "leave_is_spread": 60.0, "loans_within_limit": 60.0}
"""How much of a rule's excess weighs as much as one person or slot: an hour of minutes, a thousand kronor of öre."""
_WORTH_SAYING = 1e-6


@dataclass(frozen=True)
class ShadowPrice:
    """What one more hour of a resource (activity, where those are counted) would be worth in one week.

    *worth* is in the plan's kronor. *patients* is how many more people treated in *service_id* that week would be
    worth as much, at most those that an hour holds; None where one more treated is worth nothing by itself.
    """

    resource_id: str
    week: int
    worth: float
    service_id: str | None
    patients: float | None
    sentence: Message


@dataclass(frozen=True)
class Relaxation:
    """What must be given up for there to be a plan: *amount* of *rule*, for *subject* in *week* (None: over all)."""

    rule: str
    subject: str
    week: int | None
    amount: float
    sentence: Message


@dataclass(frozen=True, eq=False)
class Proposal:
    """The answer. *plan* and *judgement* are None where there is no plan; *bound* is what no plan can be below.

    *planned* is the part of the problem that the plan is for, and *unplanned* tells how it went with the services that
    are not in it: one clinic without a plan does not keep the others from theirs. *clash* names a least set of rules
    that cannot hold together; *relaxations* are the least to give up. *seconds* is how long it was solved.
    """

    status: Status
    planned: Problem
    unplanned: Mapping[str, Status]
    plan: Plan | None = None
    judgement: Judgement | None = None
    bound: float | None = None
    shadow_prices: tuple[ShadowPrice, ...] = ()
    clash: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    seconds: float = 0.0

    @property
    def gap(self) -> float | None:
        """Return the share of the objective that a better plan could at most win; None without a plan."""
        if self.judgement is None or self.bound is None:
            return None
        total = self.judgement.value.total
        return max(0.0, total - self.bound) / max(1.0, abs(total))


def propose(problem: Problem, limits: Limits | None = None) -> Proposal:
    """Return the best plan for *problem*, part by part; the value is that of :func:`check.judge`, not the solver's.

    Parts that no plan holds for, or that there was no time for, are told apart; the status is that of the others.
    """
    limits = limits or Limits()
    left, found = limits.seconds, []
    for part in parts_of(problem):
        if left <= 0:
            found.append(_without_plan(part, Status.OUT_OF_TIME))
            continue
        proposal, seconds = _propose_part(part, replace(limits, seconds=left))
        left -= seconds
        found.append(proposal)
    return replace(_together(problem, found), seconds=limits.seconds - left)


def sentence_of(rule: str) -> Message:
    """Return the sentence that says what *rule* demands."""
    return Message(cleandoc(RULES[rule].__doc__ or rule))


def _without_plan(part: Problem, status: Status, **why: Any) -> Proposal:
    return Proposal(status, joined(part, ()), {row.service_id: status for row in part.services}, **why)


def _together(problem: Problem, found: Collection[Proposal]) -> Proposal:
    order = (Status.WRONG_INPUT, Status.IMPOSSIBLE, Status.OUT_OF_TIME, Status.GOOD_ENOUGH, Status.BEST)
    answered = [row for row in found if row.plan]
    planned = joined(problem, [row.planned for row in answered])
    whole = Proposal(
        min((row.status for row in answered or found), key=order.index),
        planned,
        {name: status for row in found for name, status in row.unplanned.items()},
        clash=tuple(dict.fromkeys(rule for row in found for rule in row.clash)),
        relaxations=tuple(item for row in found for item in row.relaxations),
    )
    plans = [row.plan for row in found if row.plan]
    if not plans:
        return whole
    plan = Plan(
        {key: values for row in plans for key, values in row.production.items()},
        {key: values for row in plans for key, values in row.extras.items()},
        {key: values for row in plans for key, values in row.leave.items()},
        {key: values for row in plans for key, values in row.loans.items()},
    )
    prices = sorted((price for row in found for price in row.shadow_prices), key=lambda price: -price.worth)
    bound = sum(row.bound or 0.0 for row in found)
    return replace(whole, plan=plan, judgement=judge(planned, plan), bound=bound, shadow_prices=tuple(prices))


class _Built:
    """A programme with the rules of *names*; those of *yielding* may be exceeded, at a weight each."""

    def __init__(self, problem: Problem, names: Iterable[str], yielding: Collection[str] = ()) -> None:
        self.programme = Programme()
        self._counted = {row.resource_id for row in problem.resources if row.measure == "activities"}
        self.variables = Variables(problem, self.programme)
        self.rows: dict[tuple[str, str, int | None], Row] = {}
        self.slacks: list[tuple[str, str, int | None, Expression]] = []
        for name in names:
            for subject, week, excess in RULES[name](problem, self.variables):
                if name in yielding:
                    slack = self.programme.number()
                    self.slacks.append((name, subject, week, slack))
                    self.programme.hold(excess - slack)
                else:
                    self.rows[name, subject, week] = self.programme.hold(excess)

    def given_up(self) -> Expression:
        """Return all that is exceeded, in measures that can be set against each other; a place weighs as a person."""
        return sum(
            (1.0 if subject in self._counted else 1.0 / _MEASURES.get(name, 1.0)) * slack
            for name, subject, _, slack in self.slacks
        )


def _propose_part(problem: Problem, limits: Limits) -> tuple[Proposal, float]:
    built = _Built(problem, RULES)
    built.programme.minimise(objective_of(problem, built.variables))
    solved = built.programme.solve(limits)
    if solved.status is Status.IMPOSSIBLE:
        clash, relaxations = _why_impossible(problem, limits)
        return _without_plan(problem, solved.status, clash=clash, relaxations=relaxations), solved.seconds
    if not solved.status.has_answer:
        return _without_plan(problem, solved.status), solved.seconds
    plan = _plan_of(problem, built.variables, solved)
    judgement = judge(problem, plan)
    prices = _shadow_prices(problem, built, solved, plan)
    return Proposal(solved.status, problem, {}, plan, judgement, solved.bound, prices), solved.seconds


def _plan_of(problem: Problem, v: Variables, solved: Solved) -> Plan:
    """Read the plan, without the solver's rounding noise."""
    production = {
        (service.service_id, way.way_id): _clean([solved.value(v.made(service, way.way_id, week)) for week in v.span])
        for service in problem.services
        for way in service.ways
    }
    extras = {
        (resource.resource_id, extra.kind): _clean(
            [solved.value(v.pieces(resource, extra, week)) for week in v.span], whole=extra.whole
        )
        for resource in problem.resources
        for extra in resource.extras
    }
    leave = {
        resource.resource_id: _clean([solved.value(v.leave(resource, week)) for week in v.span])
        for resource in problem.resources
        if resource.leave
    }
    loans = {
        (loan.from_resource, loan.to_resource): _clean([solved.value(v.lent(loan, week)) for week in v.span])
        for loan in problem.loans
    }
    return Plan(production, extras, leave, loans)


def _clean(values: list[float], *, whole: bool = False) -> Floats:
    cleaned: Floats = np.maximum(np.round(values, 0 if whole else 9), 0.0)
    return cleaned + 0.0


def _shadow_prices(problem: Problem, built: _Built, solved: Solved, plan: Plan) -> tuple[ShadowPrice, ...]:
    if not solved.duals:
        return ()
    found = []
    for resource in problem.resources:
        for week in built.variables.span:
            names = ["capacity_holds", *(["lists_fit_surely"] if resource.surely is not None else [])]
            worth = -_piece(resource) * sum(
                solved.price(built.rows[name, resource.resource_id, week]) for name in names
            )
            if worth > _WORTH_SAYING:
                found.append(_price(problem, built, solved, plan, resource, week, worth))
    return tuple(found)


def _price(
    problem: Problem,
    built: _Built,
    solved: Solved,
    plan: Plan,
    resource: PlannedResource,
    week: int,
    worth: float,
) -> ShadowPrice:
    service, minutes = _largest_user(problem, plan, resource, week)
    each = solved.price(built.variables.identity[service.service_id][week]) if service else 0.0
    place = {"resource": resource.name, "week": str(problem.weeks[week])}
    timed = resource.measure == "minutes"
    if service is None or each <= _WORTH_SAYING:
        kronor = f"{worth:.0f}"
        what = (
            Message("En timme till av {resource} vecka {week} är värd {kronor} kr.", **place, kronor=kronor)
            if timed
            else Message("En plats till i {resource} vecka {week} är värd {kronor} kr.", **place, kronor=kronor)
        )
        return ShadowPrice(resource.resource_id, week, worth, None, None, what)
    patients = min(worth / each, _piece(resource) * service.kept / minutes)
    said = {**place, "patients": f"{patients:.1f}".replace(".", ","), "service": service.name}
    what = (
        Message("En timme till av {resource} vecka {week} = {patients} patienter till i {service}.", **said)
        if timed
        else Message("En plats till i {resource} vecka {week} = {patients} patienter till i {service}.", **said)
    )
    return ShadowPrice(resource.resource_id, week, worth, service.service_id, patients, what)


def _piece(resource: PlannedResource) -> float:
    """Return how much of a resource its price is told for: an hour of minutes, or one activity."""
    return 60.0 if resource.measure == "minutes" else 1.0


def _largest_user(
    problem: Problem, plan: Plan, resource: PlannedResource, week: int
) -> tuple[PlannedService | None, float]:
    """Return the service that takes most of *resource* in *week*, and its minutes per slot; the first of equals."""
    taken: list[tuple[float, PlannedService, float]] = []
    for service in problem.services:
        for way in service.ways:
            made = float(plan.production[service.service_id, way.way_id][week])
            minutes = sum(use.minutes * use.shares[0] for use in way.uses if use.resource_id == resource.resource_id)
            if made * minutes > 0:
                taken.append((made * minutes, service, minutes))
    largest = max(taken, key=lambda row: row[0], default=None)
    return (largest[1], largest[2]) if largest else (None, 0.0)


def _why_impossible(problem: Problem, limits: Limits) -> tuple[tuple[str, ...], tuple[Relaxation, ...]]:
    """Return a least set of rules that clash, and the least that must be given up.

    First every rule may yield, by as little as can be; then each that did is held again in turn, and stays held where
    the others suffice, so that no rule is named that need not be.
    """
    clash = least_clash(tuple(RULES), lambda names: _is_possible(problem, names, limits))
    yielding = {item.rule for item in _least(problem, tuple(RULES), limits)}
    for name in sorted(yielding):
        fewer = yielding - {name}
        if fewer and _least(problem, fewer, limits):
            yielding = fewer
    return clash, _least(problem, yielding, limits)


def _is_possible(problem: Problem, names: Iterable[str], limits: Limits) -> bool:
    return _Built(problem, names).programme.solve(limits).status is not Status.IMPOSSIBLE


def _least(problem: Problem, yielding: Collection[str], limits: Limits) -> tuple[Relaxation, ...]:
    """Return the least to give up of *yielding*, all other rules held; nothing where that is not enough."""
    built = _Built(problem, RULES, yielding)
    built.programme.minimise(built.given_up())
    solved = built.programme.solve(limits)
    if not solved.status.has_answer:
        return ()
    rows = [(name, subject, week, solved.value(slack)) for name, subject, week, slack in built.slacks]
    return tuple(_relaxation(problem, *row) for row in rows if row[3] > _WORTH_SAYING)


def _relaxation(problem: Problem, rule: str, subject: str, week: int | None, amount: float) -> Relaxation:
    names = {row.service_id: row.name for row in problem.services}
    names |= {row.resource_id: row.name for row in problem.resources}
    where = str(problem.weeks[week]) if week is not None else Message("hela perioden")
    number = f"{amount / 100 if rule == 'budget_holds' else amount:.1f}".replace(".", ",")
    counted = any(row.resource_id == subject and row.measure == "activities" for row in problem.resources)
    said = _COUNTED.get(rule, _SENTENCES[rule]) if counted else _SENTENCES[rule]
    what = Message(said.template, subject=names.get(subject, subject), where=where, amount=number)
    return Relaxation(rule, subject, week, amount, what)


_SENTENCES = {
    "capacity_holds": Message("{subject}, {where}: {amount} minuter till behövs."),
    "lists_fit_surely": Message("{subject}, {where}: godta att {amount} minuter inte säkert nog ryms."),
    "extras_within_limit": Message("{subject}, {where}: tillåt {amount} minuter extra tid till."),
    "guarantee_holds": Message("{subject}, {where}: godta att {amount} väntar längre än gränsen."),
    "budget_holds": Message("Höj budgeten med {amount} kr."),
    "locked_cells_kept": Message("{subject}, {where}: ändra den låsta cellen med {amount}."),
    "volume_within_agreement": Message("{subject}, {where}: avtala om {amount} till."),
    "performers_within_limit": Message("{subject}, {where}: låt en annan enhet göra {amount} till."),
    "loans_within_limit": Message("{subject}, {where}: låna ut {amount} minuter till."),
    "own_limit_kept": Message("{subject}, {where}: godta att {amount} fler väntar för länge."),
    "spread_within_limit": Message("{subject}: godta {amount} veckor större skillnad i väntan."),
    "journeys_within_limit": Message("{subject}, {where}: låt {amount} resa längre än gränsen."),
    "leave_is_given": Message("{subject}, {where}: lägg ut {amount} minuter ledighet mindre."),
    "leave_is_spread": Message("{subject}, {where}: låt {amount} minuter till vara lediga samtidigt."),
}
_COUNTED = {
    "capacity_holds": Message("{subject}, {where}: {amount} platser till behövs."),
    "lists_fit_surely": Message("{subject}, {where}: godta att {amount} platser inte säkert nog ryms."),
}
