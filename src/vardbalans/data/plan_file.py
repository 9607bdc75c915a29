"""A plan in a file against what is to be planned: what in it does not fit, and the plan that it is."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from vardbalans.data.findings import LISTED, Finding
from vardbalans.data.read.plan import Cell, PlanFile
from vardbalans.engine.messages import Message
from vardbalans.engine.plan.data import EXTRA_NAMES, Plan, Problem
from vardbalans.engine.proposal import OWN

__all__ = ["misfits", "plan_in"]


def misfits(file: str, plan: PlanFile, problem: Problem) -> list[Finding]:
    """Return what in the file does not fit the problem: unknown names, weeks outside, and cells that are missing."""
    found = (
        finding
        for check in (_weeks_outside, _unknown_time, _unknown_ways, _missing)
        for finding in check(file, plan, problem)
    )
    return list(islice(found, LISTED))


def plan_in(file: PlanFile, problem: Problem) -> Plan:
    """Return the plan of *file*, which fits *problem*."""
    place = {week: index for index, week in enumerate(problem.weeks)}

    def series(cells: Sequence[Cell], default: str) -> dict[Any, Any]:
        found: dict[tuple[str, str], np.ndarray] = {}
        for cell in cells:
            values = found.setdefault((cell.owner, cell.kind or default), np.zeros(len(place)))
            values[place[cell.week]] = cell.value
        return found

    leave = {owner: values for (owner, _), values in series(file.leave, "").items()}
    return Plan(series(file.cells, OWN), series(file.extras, ""), leave, series(file.loans, ""))


def _weeks_outside(file: str, plan: PlanFile, problem: Problem) -> Iterator[Finding]:
    first, last, planned = str(problem.weeks[0]), str(problem.weeks[-1]), set(problem.weeks)
    for cell in (*plan.cells, *plan.extras, *plan.leave, *plan.loans):
        if cell.week not in planned:
            what = Message("{week} ligger utanför planen, {first}–{last}.", week=str(cell.week), first=first, last=last)
            yield Finding(file, cell.row, "week", "week_outside", "error", what)


def _unknown_time(file: str, plan: PlanFile, problem: Problem) -> Iterator[Finding]:
    extras = {(row.resource_id, extra.kind) for row in problem.resources for extra in row.extras}
    for cell in plan.extras:
        if (cell.owner, cell.kind) not in extras:
            what = Message(
                "{id} kan inte få extra tid av slaget {kind}. Ta bort raden, eller tillåt det.",
                id=cell.owner,
                kind=EXTRA_NAMES.get(cell.kind or "", cell.kind),
            )
            yield Finding(file, cell.row, "kind", "unknown", "error", what)
    on_leave = {row.resource_id for row in problem.resources if row.leave}
    for cell in plan.leave:
        if cell.owner not in on_leave:
            what = Message("{id} har ingen ledighet att lägga ut. Ta bort raden, eller tillåt det.", id=cell.owner)
            yield Finding(file, cell.row, "resource_id", "unknown", "error", what)
    loans = {(row.from_resource, row.to_resource) for row in problem.loans}
    for cell in plan.loans:
        if (cell.owner, cell.kind) not in loans:
            what = Message(
                "{id} får inte lånas ut till {other}. Ta bort raden, eller tillåt det.", id=cell.owner, other=cell.kind
            )
            yield Finding(file, cell.row, "resource_id", "unknown", "error", what)


def _unknown_ways(file: str, plan: PlanFile, problem: Problem) -> Iterator[Finding]:
    ways = {row.service_id: {way.way_id for way in row.ways} for row in problem.services}
    for cell in plan.cells:
        if cell.owner not in ways:
            what = Message("Vårdtjänsten {id} finns inte i det som planeras. Rätta den.", id=cell.owner)
            yield Finding(file, cell.row, "service_id", "unknown", "error", what)
        elif (cell.kind or OWN) not in ways[cell.owner]:
            what = Message("{id} kan inte göras på sättet {way}. Rätta det.", id=cell.owner, way=cell.kind)
            yield Finding(file, cell.row, "way_id", "unknown", "error", what)


def _missing(file: str, plan: PlanFile, problem: Problem) -> Iterator[Finding]:
    given = {(cell.owner, cell.week) for cell in plan.cells}
    for service in problem.services:
        absent = [str(week) for week in problem.weeks if (service.service_id, week) not in given]
        if absent:
            what = Message(
                "{id} saknar {count} veckor, den första {week}. Skriv 0 där inget ska göras.",
                id=service.service_id,
                count=len(absent),
                week=absent[0],
            )
            yield Finding(file, None, "production", "missing", "error", what)
