"""The optimiser's proposal for a plan, and the verdict on one, both on the newest data."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vardbalans.data.load import load
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.plan.check import Breach, judge
from vardbalans.engine.plan.data import Plan as Planned
from vardbalans.engine.plan.data import Problem
from vardbalans.engine.plan.solve import propose, sentence_of
from vardbalans.engine.proposal import OWN, Terms, pro_rata, problem_of
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.solving import Limits
from vardbalans.engine.units import Floats
from vardbalans.web import store
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.planning.whole import whole_slots
from vardbalans.web.translate import kept

__all__ = ["Progress", "check", "horizon", "proposal"]

Progress = Callable[[float, Message], None]
_SECONDS = 120.0
_MOST_WEEKS = 156
_MOST_SENTENCES = 40
_WHOLE = 1.0
"""Fewer than this planned beyond those who wait is the fraction of a person in a forecast, and nothing to tell."""


@dataclass(frozen=True)
class _Asked:
    """What is planned of the plan's own services, and what is computed around them."""

    outcome: Outcome
    problem: Problem
    services: frozenset[str]
    weeks: Mapping[str, int]
    """The place in the problem of each week of the plan's year that it reaches."""


def proposal(version: Version, *, guarantee_from: str | None, overtime: float, progress: Progress) -> dict[str, Any]:
    """Return the best plan in whole slots as JSON: ``cells`` (service, week, value), or why there is none.

    ``around`` is what it takes for granted: what is done before the plan's year and by others, and extra time.
    """
    locked = {
        (cell.service_id, Period.parse(cell.week)): float(cell.value)
        for cell in version.cells.filter(locked=True, value__isnull=False)
        if cell.value is not None
    }
    terms = Terms(Period.parse(guarantee_from) if guarantee_from else None, overtime=overtime, locked=locked)
    asked = _asked(version, progress, terms)
    progress(0.5, Message("Söker den bästa planen."))
    found = propose(asked.problem, Limits(_SECONDS))
    return {
        "data": asked.outcome.inputs.version,
        "revision": version.revision,
        "status": found.status.value,
        "gap": found.gap,
        "cells": _cells(asked, found.plan) if found.plan else [],
        "around": _around(asked, found.plan, overtime) if found.plan else None,
        "clash": [kept(sentence_of(rule)) for rule in found.clash],
        "relaxations": [kept(row.sentence) for row in found.relaxations[:_MOST_SENTENCES]],
    }


def check(version: Version, *, around: Mapping[str, Any] | None, progress: Progress) -> dict[str, Any]:
    """Return the verdict on the version as JSON: every broken rule that concerns its services, in words.

    What is done before the plan's year and by others is as in *around*, that of a proposal for the plan; without one
    each gets its share of the resources in proportion to need. An empty cell counts as nothing done, and ``empty`` says
    how many there are.
    """
    asked = _asked(version, progress, Terms(overtime=around["overtime"] if around else 0.0))
    progress(0.7, Message("Prövar planen mot reglerna."))
    values = {
        (cell.service_id, asked.weeks[cell.week]): float(cell.value)
        for cell in version.cells.filter(value__isnull=False)
        if cell.value is not None and cell.week in asked.weeks
    }
    planned = _with_values(asked, _assumed(asked, around), values)
    judgement = judge(asked.problem, planned)
    own = {service.service_id for service in asked.problem.services} & asked.services
    used = {
        use.resource_id
        for service in asked.problem.services
        if service.service_id in own
        for use in service.ways[0].uses
    }
    breaches = [
        row
        for row in judgement.breaches
        if row.subject in own | used | {""}
        and (row.week is None or row.week in asked.weeks.values())
        and not (row.rule == "queue_never_negative" and row.amount < _WHOLE)
    ]
    return {
        "data": asked.outcome.inputs.version,
        "revision": version.revision,
        "empty": len(own) * len(asked.weeks) - sum(name in own for name, _place in values),
        "weeks": len(asked.weeks),
        "with_proposal": around is not None,
        "breaches": _told(breaches),
    }


def _told(breaches: Sequence[Breach]) -> list[dict[str, Any]]:
    """Return each broken rule once for each thing it is about, where it is largest, the largest first."""
    largest: dict[tuple[str, str], Breach] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in sorted(breaches, key=lambda row: -row.amount):
        largest.setdefault((row.rule, row.subject), row)
        counts[row.rule, row.subject] += 1
    found = [{"rule": key[0], "sentence": kept(row.sentence), "weeks": counts[key]} for key, row in largest.items()]
    return found[:_MOST_SENTENCES]


def _around(asked: _Asked, plan: Planned, overtime: float) -> dict[str, Any]:
    """Return *plan* as JSON, with the weeks that its series are of."""

    def series(rows: Mapping[tuple[str, str], Floats]) -> list[tuple[str, str, list[float]]]:
        return [(*key, [round(float(value), 6) for value in values]) for key, values in rows.items()]

    weeks = [str(week) for week in asked.problem.weeks]
    return {
        "weeks": weeks,
        "overtime": overtime,
        "production": series(plan.production),
        "extras": series(plan.extras),  # type: ignore[arg-type]
    }


def _assumed(asked: _Asked, around: Mapping[str, Any] | None) -> Planned:
    """Return what is done by all in every week: their share in proportion to need, and *around* where it says more."""
    production = {key: np.array(values) for key, values in pro_rata(asked.outcome, asked.problem).production.items()}
    if around is None:
        return Planned(production)
    place = {str(week): index for index, week in enumerate(asked.problem.weeks)}
    at = [(index, place[week]) for index, week in enumerate(around["weeks"]) if week in place]
    ways = {(service.service_id, way.way_id) for service in asked.problem.services for way in service.ways}
    allowed = {(row.resource_id, extra.kind) for row in asked.problem.resources for extra in row.extras}
    extras: dict[Any, Floats] = {}
    for target, rows, known in ((production, "production", ways), (extras, "extras", allowed)):
        for name, kind, values in around[rows]:
            if (name, kind) in known:
                series = target.setdefault((name, kind), np.zeros(len(place)))
                for index, week in at:
                    series[week] = values[index]
    return Planned(production, extras)


def _with_values(asked: _Asked, assumed: Planned, values: Mapping[tuple[str, int], float]) -> Planned:
    """Return *assumed* with the plan's own services in its own weeks as *values* say, split over ways as assumed."""
    production = {key: np.array(series) for key, series in assumed.production.items()}
    for service in asked.problem.services:
        if service.service_id not in asked.services:
            continue
        keys = [key for key in production if key[0] == service.service_id]
        for place in asked.weeks.values():
            total = sum(production[key][place] for key in keys)
            for key in keys:
                share = production[key][place] / total if total else float(key[1] == OWN)
                production[key][place] = values.get((service.service_id, place), 0.0) * share
    return replace(assumed, production=production)


def _asked(version: Version, progress: Progress, terms: Terms) -> _Asked:
    lake = store.lake()
    head = lake.required_head()
    progress(0.0, Message("Hämtar uppgifterna ur version {version}.", version=head.number))
    year = version.plan.year
    inputs = load(lake, head, weeks=horizon(year))
    progress(0.15, Message("Räknar behov, produktion, kapacitet och balans."))
    outcome = run(inputs, Settings())
    below = {unit.unit_id for unit in current_tree().below(version.plan.unit_id)}
    services = frozenset(row.item.service.service_id for row in outcome.services if row.item.service.unit_id in below)
    if not services:
        raise BadInput(Message("Enheten har inga vårdtjänster att planera. Välj en annan."))
    ahead = set(inputs.weeks)
    known = {key: value for key, value in terms.locked.items() if key[0] in services and key[1] in ahead}
    problem = problem_of(outcome, replace(terms, locked=known), services)
    wanted = set(weeks_of_year(year))
    weeks = {str(week): place for place, week in enumerate(problem.weeks) if str(week) in wanted}
    if not weeks:
        raise BadInput(Message("Data når förbi planens år: det finns inga veckor kvar att räkna på."))
    return _Asked(outcome, problem, services, weeks)


def horizon(year: int) -> int:
    """Return how many weeks after the data the plan's year ends; more than that are of no use."""
    latest = store.results().latest()
    first = Period.parse(latest.meta["weeks"][0]) if latest else None
    last = Period.parse(weeks_of_year(year)[-1])
    weeks = 52 if first is None else (last.start - first.start).days // 7 + 1
    if weeks < 1:
        raise BadInput(Message("Data når förbi planens år: det finns inga veckor kvar att räkna på."))
    return min(weeks, _MOST_WEEKS)


def _cells(asked: _Asked, plan: Planned) -> list[tuple[str, str, str]]:
    """Return whole slots per service and week as they are kept in JSON."""
    at = {place: week for week, place in asked.weeks.items()}
    found = whole_slots(asked.problem, plan, asked.services, at, asked.problem.locked)
    return [(name, at[place], str(value)) for (name, place), value in found.items()]
