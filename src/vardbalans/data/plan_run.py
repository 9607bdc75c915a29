"""A production plan on a store: load the newest data, run the chain, and propose a plan or judge one in a file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vardbalans.data.findings import Finding, has_errors, note_row
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.plan_file import misfits, plan_in
from vardbalans.data.read.plan import read_plan
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.plan.check import Breach, Judgement, judge
from vardbalans.engine.plan.data import Plan, Problem
from vardbalans.engine.plan.parts import joined, parts_of
from vardbalans.engine.plan.solve import Proposal, propose, sentence_of
from vardbalans.engine.plan.value import Value
from vardbalans.engine.proposal import Terms, last_year, pro_rata, problem_of
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.solving import Limits

__all__ = [
    "Asked",
    "check_plan",
    "head_of",
    "locked_cells",
    "notes_of",
    "plan_rows",
    "problem_on",
    "propose_plan",
    "unplanned_of",
    "value_row",
]

Row = dict[str, Any]
_NAMED = 8


@dataclass(frozen=True)
class Asked:
    """What is to be planned: *weeks* ahead, for *unit* and those below it (None: all), from *draws* with *seed*."""

    weeks: int = 52
    unit: str | None = None
    draws: int = 1000
    seed: int = 1


def propose_plan(store: Path, asked: Asked, terms: Terms, limits: Limits) -> Row:
    """Return the document of the best plan, with what it is held against. Raises BadInput."""
    outcome, problem = problem_on(store, asked, terms)
    proposal = propose(problem, limits)
    problem = proposal.planned
    return {
        **head_of(outcome, asked, terms),
        "status": "partial" if proposal.plan and proposal.unplanned else proposal.status.value,
        "objective": proposal.judgement.value.total if proposal.judgement else None,
        "bound": proposal.bound,
        "gap": proposal.gap,
        "value": value_row(proposal.judgement.value) if proposal.judgement else None,
        **plan_rows(problem, proposal.plan),
        "unplanned": [
            {"service_id": name, "name": _name_of(outcome, name), "status": status.value}
            for name, status in sorted(proposal.unplanned.items())
        ],
        "waiting": _waiting(problem, proposal.judgement),
        "shadow_prices": [
            {
                "resource_id": price.resource_id,
                "week": str(problem.weeks[price.week]),
                "worth": price.worth,
                "service_id": price.service_id,
                "patients": price.patients,
                "sentence": str(price.sentence),
            }
            for price in proposal.shadow_prices
        ],
        "clash": [{"rule": rule, "sentence": str(sentence_of(rule))} for rule in proposal.clash],
        "relaxations": _relaxations(problem, proposal),
        "compared": _compared(outcome, problem) if proposal.plan else [],
        "findings": [*notes_of(outcome, problem, terms), *unplanned_of(outcome, proposal)],
    }


def check_plan(store: Path, path: Path, asked: Asked, terms: Terms) -> Row:
    """Return the document of the verdict on the plan in *path*: ``status`` is kept, broken or wrong_input."""
    file = read_plan(path)
    if has_errors(file.findings):
        return _wrong(store, file.findings)
    outcome, problem = problem_on(store, asked, terms)
    if file.unplanned:
        kept = [part for part in parts_of(problem) if not file.unplanned & {row.service_id for row in part.services}]
        problem = joined(problem, kept)
    if found := misfits(path.name, file, problem):
        return _wrong(store, found)
    judgement = judge(problem, plan_in(file, problem))
    return {
        **head_of(outcome, asked, terms),
        "status": "broken" if judgement.breaches else "kept",
        "objective": judgement.value.total,
        "value": value_row(judgement.value),
        "breaches": [_breach(problem, breach) for breach in judgement.breaches],
        "waiting": _waiting(problem, judgement),
        "compared": _compared(outcome, problem),
        "findings": [*(finding.as_dict() for finding in file.findings), *notes_of(outcome, problem, terms)],
    }


def locked_cells(path: Path) -> Mapping[tuple[str, Period], float]:
    """Return the cells of a plan file as locked: (service id, week) → slots. Raises BadInput listing what is wrong."""
    file = read_plan(path)
    if has_errors(file.findings):
        raise BadInput(
            Message("{file}: {what}", file=path.name, what=" ".join(str(item.message) for item in file.findings))
        )
    locked: dict[tuple[str, Period], float] = {}
    for cell in file.cells:  # what is done in several ways is locked as a whole
        locked[cell.owner, cell.week] = locked.get((cell.owner, cell.week), 0.0) + cell.value
    return locked


def _wrong(store: Path, found: Sequence[Finding]) -> Row:
    return {
        "version": Lake(store).required_head().number,
        "status": "wrong_input",
        "objective": None,
        "value": None,
        "breaches": [],
        "findings": [finding.as_dict() for finding in found],
    }


def problem_on(store: Path, asked: Asked, terms: Terms) -> tuple[Outcome, Problem]:
    """Load the newest data, run the chain, and return its outcome and what is to be planned. Raises BadInput."""
    lake = Lake(store)
    inputs = load(lake, lake.required_head(), weeks=asked.weeks)
    below = units_below(inputs.units, asked.unit) if asked.unit else None
    outcome = run(inputs, Settings(asked.draws, asked.seed))
    return outcome, problem_of(outcome, terms, None if below is None else _services_of(outcome, below))


def _services_of(outcome: Outcome, units: Collection[str]) -> frozenset[str]:
    found = frozenset(row.item.service.service_id for row in outcome.services if row.item.service.unit_id in units)
    if not found:
        raise BadInput(Message("Enheten har inga vårdtjänster att planera. Välj en annan."))
    return found


def _name_of(outcome: Outcome, service_id: str) -> str:
    return outcome.service(service_id).item.service.name


def unplanned_of(outcome: Outcome, proposal: Proposal) -> list[Row]:
    """Return one finding that tells who has no plan where others have."""
    if not (proposal.plan and proposal.unplanned):
        return []
    names = [_name_of(outcome, name) for name in sorted(proposal.unplanned)]
    what = Message(
        "{count} vårdtjänster har ingen plan: {names}. De andra är planerade utan dem.",
        count=len(names),
        names=", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else ""),
    )
    return [note_row(what, "without_plan", "warning")]


def head_of(outcome: Outcome, asked: Asked, terms: Terms) -> Row:
    """Return what a document begins with: the data, what was asked, and all terms, weights included."""
    inputs, weights = outcome.inputs, terms.weights
    return {
        "version": inputs.version,
        "fingerprint": inputs.fingerprint,
        "as_of": inputs.as_of.isoformat(),
        "unit_id": asked.unit,
        "weeks": [str(week) for week in inputs.weeks],
        "draws": asked.draws,
        "seed": asked.seed,
        "terms": {
            "guarantee_from": str(terms.guarantee_from) if terms.guarantee_from else None,
            "budget_ore": terms.budget_ore,
            "overtime": terms.overtime,
            "probability": terms.probability,
            "extras": sorted(terms.extras),
            "elsewhere": terms.elsewhere,
            "loans": terms.loans,
            "leave": terms.leave,
            "travel_limit_minutes": terms.travel_limit_minutes,
            "weights": {name: getattr(weights, name) for name in weights.__dataclass_fields__},
        },
    }


def plan_rows(problem: Problem, plan: Plan | None) -> Row:
    """Return the plan's cells, each service's sum over the weeks, and the extra time, leave and loans in it."""
    if plan is None:
        return {"plan": [], "totals": [], "extra": [], "leave": [], "loans": []}
    return {
        "plan": [
            {"service_id": name, "week": str(week), "production": float(value), "way_id": way}
            for (name, way), values in sorted(plan.production.items())
            for week, value in zip(problem.weeks, values, strict=True)
        ],
        "totals": [
            {
                "service_id": service.service_id,
                "name": service.name,
                "production": float(plan.of_service(service, len(problem.weeks)).sum()),
            }
            for service in problem.services
        ],
        "extra": [
            {"resource_id": name, "kind": kind, "week": str(week), "pieces": float(value)}
            for (name, kind), values in sorted(plan.extras.items())
            for week, value in zip(problem.weeks, values, strict=True)
            if value
        ],
        "leave": [
            {"resource_id": name, "week": str(week), "minutes": float(value)}
            for name, values in sorted(plan.leave.items())
            for week, value in zip(problem.weeks, values, strict=True)
            if value
        ],
        "loans": [
            {"resource_id": name, "to_resource": other, "week": str(week), "minutes": float(value)}
            for (name, other), values in sorted(plan.loans.items())
            for week, value in zip(problem.weeks, values, strict=True)
            if value
        ],
    }


def _waiting(problem: Problem, judgement: Judgement | None) -> list[Row]:
    return [
        {"service_id": name, "week": str(week), "queue": _clean(queue), "late": _clean(late)}
        for name, row in (judgement.waiting.items() if judgement else ())
        for week, queue, late in zip(problem.weeks, row.queue, row.late, strict=True)
    ]


def _clean(number: float) -> float:
    """Return *number* without rounding noise about zero."""
    return round(float(number), 6) + 0.0


def value_row(value: Value) -> Row:
    return {
        "known_cost_ore": value.cost_ore,
        "late_person_weeks": value.late,
        "weeks_outside": value.outside,
        "waiting_person_weeks": value.waiting,
        "change": value.change,
        "unpriced_hours": value.unpriced_hours,
        "moved": value.moved,
        "travel_hours": value.travel_hours,
        "lent_hours": value.lent_hours,
        "other_sets": value.other_sets,
        "longest_wait_weeks": value.longest,
    }


def _relaxations(problem: Problem, proposal: Proposal) -> list[Row]:
    return [
        {
            "rule": item.rule,
            "subject": item.subject,
            "week": None if item.week is None else str(problem.weeks[item.week]),
            "amount": item.amount,
            "sentence": str(item.sentence),
        }
        for item in proposal.relaxations
    ]


def _breach(problem: Problem, breach: Breach) -> Row:
    return {
        "rule": breach.rule,
        "subject": breach.subject,
        "week": None if breach.week is None else str(problem.weeks[breach.week]),
        "amount": breach.amount,
        "sentence": str(breach.sentence),
    }


def _compared(outcome: Outcome, problem: Problem) -> list[Row]:
    """Return what last year's production, and capacity shared in proportion to need, would be worth as plans."""
    plans = {"last_year": last_year(outcome, problem), "pro_rata": pro_rata(outcome, problem)}
    judged = {name: judge(problem, plan) for name, plan in plans.items() if plan}
    return [
        {"name": name, "objective": row.value.total, "breaches": len(row.breaches), **value_row(row.value)}
        for name, row in judged.items()
    ]


def notes_of(outcome: Outcome, problem: Problem, terms: Terms) -> list[Row]:
    """Return the run's notes, what a plan cannot use for want of data, and what has no known cost: that is not free."""
    notes = [*outcome.notes, *outcome.inputs.leeway.notes]
    if missing := problem.cost_is_missing():
        what = Message(
            "Kostnad saknas för {count} sätt och resurser: extra tid vägs i timmar, annat utan kostnad räknas inte.",
            count=len(missing),
        )
        notes.append(what)
    priced = [way.cost_ore for service in problem.services for way in service.ways]
    priced += [extra.cost_ore for resource in problem.resources for extra in resource.extras]
    if problem.services and all(cost is None for cost in priced):
        notes.append(Message("Inga kostnader är kända: planen gör väntan och ojämnhet så små som möjligt."))
    if terms.probability is not None:
        what = Message(
            "Säkert nog: plats för listorna i {p} % av simuleringarna, för varje resurs och vecka för sig (kvantiler). "
            "Att alla veckor håller på en gång är ovanligare.",
            p=round(100 * terms.probability),
        )
        notes.append(what)
    return [note_row(note) for note in notes]
