"""A production plan on a store: load the newest data, run the chain, and propose a plan or judge one in a file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.findings import LISTED, Finding, has_errors
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.read.plan import Cell, PlanFile, read_plan
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.plan.check import Breach, Judgement, Value, judge
from vardbalans.engine.plan.data import EXTRA_NAMES, Plan, Problem
from vardbalans.engine.plan.solve import Proposal, propose, sentence_of
from vardbalans.engine.proposal import OWN, Terms, last_year, pro_rata, problem_of
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.solving import Limits

__all__ = ["Asked", "check_plan", "locked_cells", "propose_plan"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What is to be planned: *weeks* ahead, for *unit* and those below it (None: all), from *draws* with *seed*."""

    weeks: int = 52
    unit: str | None = None
    draws: int = 1000
    seed: int = 1


def propose_plan(store: Path, asked: Asked, terms: Terms, limits: Limits) -> Row:
    """Return the document of the best plan, with what it is held against. Raises BadInput."""
    outcome, problem = _problem(store, asked, terms)
    proposal = propose(problem, limits)
    return {
        **_head(outcome, asked, terms),
        "status": proposal.status.value,
        "objective": proposal.judgement.value.total if proposal.judgement else None,
        "bound": proposal.bound,
        "gap": proposal.gap,
        "value": _value(proposal.judgement.value) if proposal.judgement else None,
        **_plan_rows(problem, proposal.plan),
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
        "compared": _compared(outcome, problem),
        "findings": _notes(outcome, problem),
    }


def check_plan(store: Path, path: Path, asked: Asked, terms: Terms) -> Row:
    """Return the document of the verdict on the plan in *path*: ``status`` is kept, broken or wrong_input."""
    file = read_plan(path)
    if has_errors(file.findings):
        return _wrong(store, file.findings)
    outcome, problem = _problem(store, asked, terms)
    if found := _against(path.name, file, problem):
        return _wrong(store, found)
    judgement = judge(problem, _plan(problem, file))
    return {
        **_head(outcome, asked, terms),
        "status": "broken" if judgement.breaches else "kept",
        "objective": judgement.value.total,
        "value": _value(judgement.value),
        "breaches": [_breach(problem, breach) for breach in judgement.breaches],
        "waiting": _waiting(problem, judgement),
        "compared": _compared(outcome, problem),
        "findings": [*(finding.as_dict() for finding in file.findings), *_notes(outcome, problem)],
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


def _problem(store: Path, asked: Asked, terms: Terms) -> tuple[Outcome, Problem]:
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


def _head(outcome: Outcome, asked: Asked, terms: Terms) -> Row:
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
            "weights": {name: getattr(weights, name) for name in weights.__dataclass_fields__},
        },
    }


def _plan_rows(problem: Problem, plan: Plan | None) -> Row:
    """Return the plan's cells, each service's sum over the weeks, and the extra time that is used."""
    if plan is None:
        return {"plan": [], "totals": [], "extra": []}
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


def _value(value: Value) -> Row:
    return {
        "known_cost_ore": value.cost_ore,
        "late_person_weeks": value.late,
        "weeks_outside": value.outside,
        "waiting_person_weeks": value.waiting,
        "change": value.change,
        "unpriced_hours": value.unpriced_hours,
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
        {"name": name, "objective": row.value.total, "breaches": len(row.breaches), **_value(row.value)}
        for name, row in judged.items()
    ]


def _notes(outcome: Outcome, problem: Problem) -> list[Row]:
    """Return the run's notes, and what has no known cost: it is not counted as free."""
    notes = list(outcome.notes)
    if missing := problem.cost_is_missing():
        what = Message(
            "Kostnad saknas för {count} sätt och resurser: extra tid vägs i timmar, annat utan kostnad räknas inte.",
            count=len(missing),
        )
        notes.append(what)
    if not any(way.cost_ore is not None for service in problem.services for way in service.ways):
        notes.append(Message("Inga kostnader är kända: planen gör väntan och ojämnhet så små som möjligt."))
    return [
        {"file": None, "row": None, "column": None, "code": "run_note", "severity": "info", "message": str(note)}
        for note in notes
    ]


def _against(file: str, plan: PlanFile, problem: Problem) -> list[Finding]:
    """Return what in the file does not fit the problem: unknown names, weeks outside, and cells that are missing."""
    ways = {row.service_id: {way.way_id for way in row.ways} for row in problem.services}
    extras = {(row.resource_id, extra.kind) for row in problem.resources for extra in row.extras}
    first, last = str(problem.weeks[0]), str(problem.weeks[-1])
    planned = set(problem.weeks)
    found = []
    for cell in (*plan.cells, *plan.extras):
        if cell.week not in planned:
            what = Message("{week} ligger utanför planen, {first}–{last}.", week=str(cell.week), first=first, last=last)
            found.append(Finding(file, cell.row, "week", "week_outside", "error", what))
    for cell in plan.extras:
        if (cell.owner, cell.kind) not in extras:
            what = Message(
                "{id} kan inte få extra tid av slaget {kind}. Ta bort raden, eller tillåt det.",
                id=cell.owner,
                kind=EXTRA_NAMES.get(cell.kind or "", cell.kind),
            )
            found.append(Finding(file, cell.row, "kind", "unknown", "error", what))
    for cell in plan.cells:
        if cell.owner not in ways:
            what = Message("Vårdtjänsten {id} finns inte i det som planeras. Rätta den.", id=cell.owner)
            found.append(Finding(file, cell.row, "service_id", "unknown", "error", what))
        elif (cell.kind or OWN) not in ways[cell.owner]:
            what = Message("{id} kan inte göras på sättet {way}. Rätta det.", id=cell.owner, way=cell.kind)
            found.append(Finding(file, cell.row, "way_id", "unknown", "error", what))
    given = {(cell.owner, cell.week) for cell in plan.cells}
    for name in ways:
        absent = [str(week) for week in problem.weeks if (name, week) not in given]
        if absent:
            what = Message(
                "{id} saknar {count} veckor, den första {week}. Skriv 0 där inget ska göras.",
                id=name,
                count=len(absent),
                week=absent[0],
            )
            found.append(Finding(file, None, "production", "missing", "error", what))
    return found[:LISTED]


def _plan(problem: Problem, file: PlanFile) -> Plan:
    place = {week: index for index, week in enumerate(problem.weeks)}

    def series(cells: Sequence[Cell], default: str) -> dict[Any, Any]:
        found: dict[tuple[str, str], np.ndarray] = {}
        for cell in cells:
            values = found.setdefault((cell.owner, cell.kind or default), np.zeros(len(place)))
            values[place[cell.week]] = cell.value
        return found

    return Plan(series(file.cells, OWN), series(file.extras, ""))
