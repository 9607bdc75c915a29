"""Staff from plans and wards on a store: a plan's hours per competence and day, and what staffing ratios ask for."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.findings import Finding, has_errors
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.rules import full_time_on
from vardbalans.data.load.staffing import beds_on, competences_of, ratios_of
from vardbalans.data.read.plan import Cell, read_plan
from vardbalans.engine import capacity
from vardbalans.engine.catalogue import Recipe
from vardbalans.engine.errors import MissingFactor
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.messages import Message
from vardbalans.engine.proposal import OWN, stay_shares
from vardbalans.engine.staffing import by_week, over_days, posts, staff_needed
from vardbalans.engine.units import Floats, shifts_short

__all__ = ["hours_of_plan", "staff_of_unit"]

Row = dict[str, Any]


def staff_of_unit(
    store: Path, unit: str, patients: Mapping[str, float], beds: float | None = None, *, weeks: int = 1
) -> Row:
    """Return the document of the staff that *unit* needs for *patients* by category and its beds, the same every day.

    Where *beds* are not given they are those of the last day known. Posts employed are told where the staff is a
    resource whose absence is known. Raises MissingFactor without ratios for what is counted.
    """
    lake = Lake(store)
    version = lake.required_head()
    inputs = load(lake, version, weeks=weeks)
    days = [day for week in inputs.weeks for day in week.days]
    with lake.connect(version.number) as connection:
        present = set(version.tables)
        ratios, resources = ratios_of(connection, present, unit)
        full_time, source = full_time_on(connection, present, days[0])
        known = beds_on(connection, present, unit) if beds is None else None
    if not ratios:
        raise MissingFactor([Message("bemanningsnycklar för {name}", name=unit)])
    count = known[0] if known else beds
    if count is None and any(row.per == "bed" for row in ratios):
        raise MissingFactor([Message("antal vårdplatser")])
    given = {name: np.full(len(days), value) for name, value in patients.items()}
    calendar = inputs.services[0].calendar
    shifts = staff_needed(ratios, days, given, calendar, None if count is None else np.full(len(days), float(count)))
    present_share = _present(inputs)
    totals = []
    for competence in sorted({row.competence for row in shifts}):
        mine = [row for row in shifts if row.competence == competence]
        minutes = by_week(np.sum([row.minutes for row in mine], axis=0), days, inputs.weeks)
        passes = by_week(np.sum([row.staff for row in mine], axis=0), days, inputs.weeks)
        share = present_share.get(resources.get(competence, ""))
        totals += [
            {
                "competence": competence,
                "week": str(week),
                "minutes": float(minutes[index]),
                "shifts": int(passes[index]),
                "fte": float(posts(minutes[index], full_time)),
                "fte_employed": float(posts(minutes[index], full_time, share)) if share else None,
            }
            for index, week in enumerate(inputs.weeks)
        ]
    return {
        "version": version.number,
        "unit_id": unit,
        "patients": dict(patients),
        "beds": count,
        "beds_from": known[1].isoformat() if known else None,
        "full_time_minutes": full_time,
        "full_time_source": source,
        "rows": [
            {
                "competence": row.competence,
                "shift": row.shift,
                "date": day.isoformat(),
                "staff": int(row.staff[index]),
                "minutes": float(row.minutes[index]),
            }
            for row in shifts
            for index, day in enumerate(days)
        ],
        "totals": totals,
        "findings": [],
    }


def _present(inputs: Inputs) -> dict[str, float]:
    """Return staff resource → the share of its employed time that is not expected to be absence, over a year."""
    return {
        item.resource.resource_id: 1 - float(item.staffing.absence_by_iso_week.mean())
        for item in inputs.resources
        if item.staffing is not None
    }


def hours_of_plan(store: Path, path: Path, *, weeks: int = 52) -> Row:
    """Return the document of the staff hours that the plan in *path* takes, per competence and day.

    A week's time is even over its working days, a stay's over all its days. What is done by other providers takes none;
    cells that have no recipe are findings of severity error, and then there are no rows.
    """
    file = read_plan(path)
    lake = Lake(store)
    version = lake.required_head()
    inputs = load(lake, version, weeks=weeks)
    with lake.connect(version.number) as connection:
        competences = competences_of(connection, set(version.tables))
        full_time, source = full_time_on(connection, set(version.tables), inputs.weeks[0].start)
    found = [*file.findings, *_against(path.name, file.cells, inputs)]
    minutes = {} if has_errors(found) else _minutes(file.cells, inputs, set(competences))
    days = [day for week in inputs.weeks for day in week.days]
    rows, totals = [], []
    for name in sorted(minutes, key=lambda name: (competences[name], name)):
        shift = next(item.resource.shift_minutes for item in inputs.resources if item.resource.resource_id == name)
        by_day = zip(days, minutes[name], strict=True)
        rows += [_day(competences[name], name, day, amount, shift) for day, amount in by_day if amount > 0]
        weekly = by_week(minutes[name], days, inputs.weeks)
        totals += [
            {
                "competence": competences[name],
                "resource_id": name,
                "week": str(week),
                "minutes": float(amount),
                "fte": float(posts(amount, full_time)),
            }
            for week, amount in zip(inputs.weeks, weekly, strict=True)
        ]
    return {
        "version": version.number,
        "full_time_minutes": full_time,
        "full_time_source": source,
        "rows": rows,
        "totals": totals,
        "findings": [finding.as_dict() for finding in found],
    }


def _day(competence: str, name: str, day: date, minutes: float, shift: int | None) -> Row:
    return {
        "competence": competence,
        "resource_id": name,
        "date": day.isoformat(),
        "minutes": float(minutes),
        "shifts": shifts_short(float(minutes), shift) if shift else None,
    }


def _recipes(inputs: Inputs) -> dict[tuple[str, str], list[Recipe]]:
    """(service id, way) → the recipes of that way; the ordinary set is the service's own."""
    found = dict(capacity.alternative_sets(inputs))
    for recipe in capacity.recipes_in_force(inputs):
        found.setdefault((recipe.service_id, OWN), []).append(recipe)
    return found


def _against(file: str, cells: tuple[Cell, ...], inputs: Inputs) -> list[Finding]:
    """Return what cannot be told in hours: services without a recipe, and weeks outside."""
    recipes, planned = _recipes(inputs), set(inputs.weeks)
    bought = {(name, row.provider_id) for name, rows in inputs.contracts_in_force.items() for row in rows}
    found = []
    for cell in cells:
        way = (cell.owner, cell.kind or OWN)
        if way not in recipes and way not in bought:
            what = Message("{id} har inget recept på sättet {way}. Lägg till det.", id=cell.owner, way=way[1])
            found.append(Finding(file, cell.row, "service_id", "without_recipe", "error", what))
        elif cell.week not in planned:
            what = Message(
                "{week} ligger utanför planen, {first}–{last}.",
                week=str(cell.week),
                first=str(inputs.weeks[0]),
                last=str(inputs.weeks[-1]),
            )
            found.append(Finding(file, cell.row, "week", "week_outside", "error", what))
    return found


def _minutes(cells: tuple[Cell, ...], inputs: Inputs, staff: set[str]) -> dict[str, Floats]:
    """Return staff resource → minutes (days,)."""
    services = {item.service.service_id: item for item in inputs.services}
    place = {week: index for index, week in enumerate(inputs.weeks)}
    recipes, calendar = _recipes(inputs), inputs.services[0].calendar
    weekly: dict[tuple[str, bool], Floats] = {}
    for cell in cells:
        item = services[cell.owner]
        for recipe in recipes.get((cell.owner, cell.kind or OWN), ()):
            if recipe.resource_id not in staff:
                continue
            every_day = recipe.per == "day"
            values = weekly.setdefault((recipe.resource_id, every_day), np.zeros(len(place)))
            minutes = cell.value * capacity.minutes_each(recipe, item, inputs)
            for later, share in enumerate(stay_shares(item, recipe)):
                if place[cell.week] + later < len(place):
                    values[place[cell.week] + later] += minutes * share
    found: dict[str, Floats] = {}
    for (name, every_day), values in weekly.items():
        days = over_days(values, inputs.weeks, calendar, every_day=every_day)
        found[name] = found.get(name, np.zeros(len(days))) + days
    return found
