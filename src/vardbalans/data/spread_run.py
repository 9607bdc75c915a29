"""A year's volumes on a store, spread over weeks and days by opening hours, leave and the season of the need."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.staffing import competences_of
from vardbalans.data.orders_run import orders_of
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.capacity import open_minutes
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import ResourceInput, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.scenario import Outcome, ServiceOutcome, Settings, run
from vardbalans.engine.spread import Spread, Wanted, days_of_year, is_squeezed, spread_year
from vardbalans.engine.units import Floats, check_share

__all__ = ["Spreading", "spread_volumes", "write_days", "write_staff"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Spreading:
    """How to spread: *squeeze* is what a squeeze day weighs, *target* the variation wanted (None: the season's own).

    *within_capacity* lets no week pass what its resources have room for beside all else; *locked* is (service, week) →
    number that is settled.
    """

    squeeze: float = 0.5
    target: float | None = None
    within_capacity: bool = False
    locked: Mapping[tuple[str, Period], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_share(self.squeeze, "Klämdagens vikt")


def spread_volumes(
    store: Path,
    year: int,
    settings: Settings,
    how: Spreading,
    *,
    services: Sequence[str] = (),
    unit: str | None = None,
    volume: int | None = None,
) -> Row:
    """Return the document of *services*, or of all that are ordered for *unit* and those below it (None: all).

    The *volume* is that of the order (agreed, or else last spoken of) unless given for one service. Raises BadInput for
    what is not known, Impossible where the year does not fit.
    """
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head, year=year)
    outcome = run(inputs, settings)
    known = {row.item.service.service_id: row for row in outcome.services}
    for name in services:
        if name not in known:
            raise BadInput(Message("Vårdtjänsten {service} finns inte i data.", service=name))
    if volume is not None and len(services) != 1:
        raise BadInput(Message("En volym gäller en vårdtjänst. Ange vilken med --service."))
    volumes = {services[0]: volume} if volume is not None else _ordered(lake, year, services)
    with lake.connect(head.number) as connection:
        competences = competences_of(connection, set(head.tables))
    below = units_below(inputs.units, unit) if unit else None
    chosen = {
        name: count
        for name, count in volumes.items()
        if name in known and (below is None or known[name].item.service.unit_id in below)
    }
    if not chosen:
        raise BadInput(
            Message("Det finns ingen beställd volym att sprida för {year}. Ange en med --volume.", year=year)
        )
    return {
        "version": inputs.version,
        "seed": settings.seed,
        "year": year,
        "squeeze": how.squeeze,
        "target": how.target,
        "services": [
            _service(outcome, known[name], count, year, how, competences) for name, count in sorted(chosen.items())
        ],
        "findings": [],
    }


def write_staff(path: Path, found: Row) -> None:
    """Write the hours of staff of every service as csv: ``competence,resource_id,service_id,date,hours``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("competence", "resource_id", "service_id", "date", "hours"))
        writer.writerows(
            (staff["competence"], staff["resource_id"], service["service_id"], row["date"], row["hours"])
            for service in found["services"]
            for staff in service["staff"]
            for row in staff["days"]
            if row["hours"]
        )


def write_days(path: Path, found: Row) -> None:
    """Write the days of every service as csv: ``service_id,date,count``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("service_id", "date", "count"))
        writer.writerows(
            (service["service_id"], row["date"], row["count"])
            for service in found["services"]
            for row in service["days"]
        )


def _ordered(lake: Lake, year: int, services: Sequence[str]) -> dict[str, int]:
    orders = orders_of(lake, lake.required_head(), year).values()
    found = {order.service_id: round(order.spoken_of) for order in orders if order.status != "rejected"}
    missing = [name for name in services if name not in found]
    if missing:
        raise BadInput(
            Message(
                "{services} har ingen beställning för {year} som gäller. Ange en volym med --volume.",
                services=", ".join(missing),
                year=year,
            )
        )
    return {name: count for name, count in found.items() if not services or name in services}


def _service(
    outcome: Outcome, row: ServiceOutcome, volume: int, year: int, how: Spreading, competences: Mapping[str, str]
) -> Row:
    days = days_of_year(year)
    name = row.item.service.service_id
    locked = {week: round(count) for (service, week), count in how.locked.items() if service == name}
    wanted = Wanted(
        volume,
        days,
        _open_weights(outcome, row, days, how.squeeze),
        _season(outcome, row, days),
        locked,
        _room(outcome, row) if how.within_capacity else {},
        how.target,
    )
    found = spread_year(wanted)
    return {
        "service_id": name,
        "service_name": row.item.service.name,
        "unit_id": row.item.service.unit_id,
        "volume": volume,
        "variation": found.variation,
        "evened": found.evened,
        "reached": found.reached,
        "weeks": [{"week": str(week), "count": count, "locked": week in locked} for week, count in found.weeks.items()],
        "days": [{"date": day.isoformat(), "count": count} for day, count in found.days.items()],
        "staff": _staff(outcome, row, found, competences),
    }


def _resources(outcome: Outcome, row: ServiceOutcome) -> list[ResourceInput]:
    used = {
        name
        for name, uses in outcome.uses.items()
        if any(use.service_id == row.item.service.service_id for use in uses)
    }
    return [item for item in outcome.inputs.resources if item.resource.resource_id in used]


def _open_weights(outcome: Outcome, row: ServiceOutcome, days: Sequence[date], squeeze: float) -> Floats:
    """Return how much each day is worth: the least its resources are open, of their most, times the staff there.

    Rooms, equipment and beds by their opening hours; without any, working days. A day without staff's working days is
    closed where all its staff work those only, which opening hours tell.
    """
    calendar = row.item.calendar
    working = np.array([float(calendar.is_working(day)) for day in days])
    places = [item for item in _resources(outcome, row) if item.staffing is None and item.openings]
    weights = np.ones(len(days)) if places else working
    for item in places:
        minutes = open_minutes(item, days)
        if minutes.max() > 0:
            weights = np.minimum(weights, minutes / minutes.max())
    weights = weights * _by_day(outcome, _presence(outcome, row), days)
    squeezed = np.array([is_squeezed(day, calendar) for day in days])
    return np.where(squeezed, weights * squeeze, weights)


def _presence(outcome: Outcome, row: ServiceOutcome) -> Floats:
    """Return the share of the scarcest staff that is there, per week of the run."""
    shares: list[Floats] = [np.ones(len(outcome.inputs.weeks))]
    for item in _resources(outcome, row):
        supply = outcome.resource(item.resource.resource_id).available
        if "absence" in supply.inputs:
            shares.append(1 - supply.inputs["absence"])
    found: Floats = np.min(shares, axis=0)
    return found


def _season(outcome: Outcome, row: ServiceOutcome, days: Sequence[date]) -> Floats:
    """Return the need per working day of each day's week."""
    working = row.item.calendar.working_days_of(outcome.inputs.weeks)
    return _by_day(outcome, row.forecast.mean / np.maximum(working, 1), days)


def _by_day(outcome: Outcome, by_week: Floats, days: Sequence[date]) -> Floats:
    """Return each day's week's value; days outside the run's weeks have that of the week nearest."""
    weeks = outcome.inputs.weeks
    place = [min(max((day - weeks[0].start).days // 7, 0), len(weeks) - 1) for day in days]
    found: Floats = by_week[place]
    return found


def _room(outcome: Outcome, row: ServiceOutcome) -> dict[Period, int]:
    """Return how many there is room for each week, in people, beside what all other services require."""
    name = row.item.service.service_id
    slots = np.full(len(outcome.inputs.weeks), np.inf)
    for resource, uses in outcome.uses.items():
        if any(use.service_id == name for use in uses):
            balance = outcome.resource(resource)
            mine = np.sum([part.amount for part in balance.parts if part.service_id == name], axis=0)
            each = float(mine.sum() / row.demand.mean.sum()) if row.demand.mean.sum() > 0 else np.inf
            slots = np.minimum(slots, np.maximum(balance.balance + mine, 0) / each)
    people = np.floor(slots * row.demand.per_slot + 1e-9)
    return {week: int(count) for week, count in zip(outcome.inputs.weeks, people, strict=True) if np.isfinite(count)}


def _staff(outcome: Outcome, row: ServiceOutcome, found: Spread, competences: Mapping[str, str]) -> list[Row]:
    """Return the hours that the spread takes of each staff resource, per day and week: what a schedule is made from.

    What a stay takes a day lies on its days, the others' on the day they are done.
    """
    name, people = row.item.service.service_id, float((row.demand.mean * row.demand.per_slot).sum())
    counts, rows = np.array(list(found.days.values()), dtype=np.float64), []
    for item in _resources(outcome, row):
        resource = item.resource
        if resource.kind != "staff" or people <= 0:
            continue
        parts = outcome.resource(resource.resource_id).parts
        per_person = float(sum(part.amount.sum() for part in parts if part.service_id == name)) / people
        uses = [use for use in outcome.uses[resource.resource_id] if use.service_id == name and use.recipe]
        by_stay = sum(use.amount for use in uses if use.recipe and use.recipe.per == "day")
        lasting = by_stay / sum(use.amount for use in uses)
        there = np.convolve(counts, _stay_by_day(row.item))[: len(counts)] if lasting else counts
        hours = (lasting * there + (1 - lasting) * counts) * per_person / 60
        weeks: dict[Period, float] = dict.fromkeys(found.weeks, 0.0)
        for day, value in zip(found.days, hours, strict=True):
            weeks[Period.week_of(day)] += float(value)
        rows.append(
            {
                "resource_id": resource.resource_id,
                "resource_name": resource.name,
                "competence": competences.get(resource.resource_id, ""),
                "minutes_per_person": per_person,
                "weeks": [{"week": str(week), "hours": value} for week, value in weeks.items()],
                "days": [
                    {"date": day.isoformat(), "hours": float(value)}
                    for day, value in zip(found.days, hours, strict=True)
                ],
            }
        )
    return rows


def _stay_by_day(item: ServiceInput) -> Floats:
    """Return how a mean stay's time falls on its first day and those after (days,); it sums to one."""
    length = max(item.stay_days.mean, 1e-9) if item.stay_days else 1.0
    shares: Floats = np.clip(length - np.arange(int(np.ceil(length))), 0, 1) / length
    return shares
