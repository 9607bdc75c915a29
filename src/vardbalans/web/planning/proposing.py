"""The optimiser's proposal for a plan, and the verdict on one, both on the newest data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vardbalans.data.load import load
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Plan as Planned
from vardbalans.engine.plan.data import Problem
from vardbalans.engine.plan.solve import propose, sentence_of
from vardbalans.engine.proposal import OWN, Terms, pro_rata, problem_of
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.solving import Limits
from vardbalans.web import store
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.planning.whole import whole_slots
from vardbalans.web.translate import kept

__all__ = ["Progress", "check", "proposal"]

Progress = Callable[[float, Message], None]
_SECONDS = 120.0
_MOST_WEEKS = 156
_MOST_SENTENCES = 40


@dataclass(frozen=True)
class _Asked:
    """What is planned of the plan's own services, and what is computed around them."""

    outcome: Outcome
    problem: Problem
    services: frozenset[str]
    weeks: Mapping[str, int]
    """The place in the problem of each week of the plan's year that it reaches."""


def proposal(version: Version, *, guarantee_from: str | None, overtime: float, progress: Progress) -> dict[str, Any]:
    """Return the best plan in whole slots as JSON: ``cells`` (service, week, value), or why there is none."""
    locked = {
        (cell.service_id, Period.parse(cell.week)): float(cell.value)
        for cell in version.cells.filter(locked=True, value__isnull=False)
        if cell.value is not None
    }
    asked = _asked(version, progress, Period.parse(guarantee_from) if guarantee_from else None, overtime, locked)
    progress(0.5, Message("Söker den bästa planen."))
    found = propose(asked.problem, Limits(_SECONDS))
    return {
        "data": asked.outcome.inputs.version,
        "revision": version.revision,
        "status": found.status.value,
        "gap": found.gap,
        "cells": _cells(asked, found.plan, {(name, str(week)) for name, week in locked}) if found.plan else [],
        "clash": [kept(sentence_of(rule)) for rule in found.clash],
        "relaxations": [kept(row.sentence) for row in found.relaxations[:_MOST_SENTENCES]],
    }


def check(version: Version, *, progress: Progress) -> dict[str, Any]:
    """Return the verdict on the version as JSON: every broken rule that concerns its services, in words.

    Services of others that share its resources are taken to get their share in proportion to need. An empty cell
    counts as nothing done, and ``empty`` says how many there are.
    """
    asked = _asked(version, progress, None, 0.0, {})
    progress(0.7, Message("Prövar planen mot reglerna."))
    values = {(cell.service_id, cell.week): cell.value for cell in version.cells.filter(value__isnull=False)}
    production = dict(pro_rata(asked.outcome, asked.problem).production)
    empty = 0
    for name in asked.services:
        made = np.array(production[name, OWN], dtype=float)
        for week, place in asked.weeks.items():
            value = values.get((name, week))
            empty += value is None
            made[place] = float(value or 0)
        production[name, OWN] = made
    judgement = judge(asked.problem, Planned(production))
    used = {
        use.resource_id
        for service in asked.problem.services
        if service.service_id in asked.services
        for use in service.ways[0].uses
    }
    places = set(asked.weeks.values())
    breaches = [
        row
        for row in judgement.breaches
        if row.subject in asked.services | used | {""} and (row.week is None or row.week in places)
    ]
    # The largest of each thing first, and each thing once a rule: the same shortage in ten weeks is one sentence.
    largest: dict[tuple[str, str], Any] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in sorted(breaches, key=lambda row: -row.amount):
        largest.setdefault((row.rule, row.subject), row)
        counts[row.rule, row.subject] = counts.get((row.rule, row.subject), 0) + 1
    return {
        "data": asked.outcome.inputs.version,
        "revision": version.revision,
        "empty": empty,
        "weeks": len(asked.weeks),
        "breaches": [
            {"rule": rule, "sentence": kept(row.sentence), "weeks": counts[rule, subject]}
            for (rule, subject), row in largest.items()
        ][:_MOST_SENTENCES],
        "late": round(sum(float(judgement.waiting[name].late.sum()) for name in asked.services)),
    }


def _asked(
    version: Version,
    progress: Progress,
    guarantee_from: Period | None,
    overtime: float,
    locked: Mapping[tuple[str, Period], float],
) -> _Asked:
    lake = store.lake()
    head = lake.required_head()
    progress(0.0, Message("Hämtar uppgifterna ur version {version}.", version=head.number))
    year = version.plan.year
    inputs = load(lake, head, weeks=_horizon(year))
    progress(0.15, Message("Räknar behov, produktion, kapacitet och balans."))
    outcome = run(inputs, Settings())
    below = {unit.unit_id for unit in current_tree().below(version.plan.unit_id)}
    services = frozenset(
        row.item.service.service_id for row in outcome.services if row.item.service.unit_id in below
    )
    if not services:
        raise BadInput(Message("Enheten har inga vårdtjänster att planera. Välj en annan."))
    ahead = set(outcome.inputs.weeks)
    known = {key: value for key, value in locked.items() if key[0] in services and key[1] in ahead}
    problem = problem_of(outcome, Terms(guarantee_from, overtime=overtime, locked=known), services)
    wanted = set(weeks_of_year(year))
    weeks = {str(week): place for place, week in enumerate(problem.weeks) if str(week) in wanted}
    if not weeks:
        raise BadInput(Message("Data når förbi planens år: det finns inga veckor kvar att räkna på."))
    planned = {service.service_id for service in problem.services}
    return _Asked(outcome, problem, services & planned, weeks)


def _horizon(year: int) -> int:
    """Return how many weeks after the data the plan's year ends; more than that are of no use."""
    latest = store.results().latest()
    first = Period.parse(latest.meta["weeks"][0]) if latest else None
    last = Period.parse(weeks_of_year(year)[-1])
    weeks = 52 if first is None else (last.start - first.start).days // 7 + 1
    if weeks < 1:
        raise BadInput(Message("Data når förbi planens år: det finns inga veckor kvar att räkna på."))
    return min(weeks, _MOST_WEEKS)


def _cells(asked: _Asked, plan: Planned, locked: set[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return whole slots per service and week as they are kept in JSON."""
    at = {place: week for week, place in asked.weeks.items()}
    fixed = {(name, asked.weeks[week]) for name, week in locked if week in asked.weeks}
    found = whole_slots(asked.problem, plan, asked.services, at, fixed)
    return [(name, at[place], str(value)) for (name, place), value in found.items()]
