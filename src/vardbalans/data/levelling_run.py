"""Planned admissions to a ward on a store: where in the week they stand, and where they would even out the beds.

Where they are for surgery, the theatre and the staff of it must have room on the day too, beside all else they do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.events import span_of
from vardbalans.data.tables import TABLES
from vardbalans.engine import capacity
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.levelling import Flow, Held, Level, Levelled, Load, level, loads, stay_curve
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.solving import Limits
from vardbalans.engine.spread import largest_remainder
from vardbalans.engine.units import Floats

__all__ = ["Asked", "level_ward"]

Row = dict[str, Any]
_SELDOM = 0.02  # of planned admissions: a slot with fewer is not one that they are planned for

_STAYS = """
    select acute or coalesce(clinic_id <> $clinic, false) as acute,
        epoch(admitted::timestamp) / 3600 as first, epoch(discharged::timestamp) / 3600 as last
    from stays where ward_id = $ward and admitted::timestamp < $until
        and (discharged is null or discharged::timestamp > $since)
    order by admitted, stay_id
"""


@dataclass(frozen=True)
class Asked:
    """What to level: *ward*, by its last *history* weeks, over a cycle of *cycle* weeks with *per_day* parts of a day.

    24 parts are hours. *most* limits the planned admissions of one part (None: no limit); planned stays are divided
    into *groups* by their length.
    """

    ward: str
    history: int = 52
    cycle: int = 1
    per_day: int = 1
    most: int | None = None
    groups: int = 2

    def __post_init__(self) -> None:
        if 24 % self.per_day:
            raise BadInput(
                Message("Ett dygn delas i 1, 2, 3, 4, 6, 8, 12 eller 24 delar, inte {count}.", count=self.per_day)
            )

    @property
    def week(self) -> int:
        """Return the slots of one week."""
        return 7 * self.per_day


def level_ward(store: Path, asked: Asked, limits: Limits) -> Row:
    """Return the document of the ward's planned admissions, placed as evenly as can be.

    Raises BadInput without stays or beds, Impossible where they do not fit.
    """
    lake = Lake(store)
    head = lake.required_head()
    for table in ("stays", "beds"):
        if table not in head.tables:
            raise BadInput(TABLES[table].needed_for)
    with lake.connect(head.number) as connection:
        until = _last_day(connection, set(head.tables), head.at.date(), asked.ward)
        clinic = _clinic(connection, asked.ward) if "units" in head.tables else None
        problem, groups = _problem(connection, clinic, until, asked)
        done = _by_weekday(connection, until, asked) if asked.per_day == 1 and "contacts" in head.tables else {}
    if done:
        problem = _with_sets(problem, load(lake, head), done, asked)
    found = level(problem, limits)
    return {
        "version": head.number,
        "seed": limits.seed,
        "ward_id": asked.ward,
        "history_weeks": asked.history,
        "cycle_weeks": asked.cycle,
        "per_day": asked.per_day,
        "status": "best" if found.proven else "good_enough",
        "before": _load(found.before["bed"]),
        "after": _load(found.after["bed"]),
        "limits": [{"limit": name, "peak_falls": value} for name, value in found.costs.items()],
        "groups": groups,
        "held": [
            {
                "resource_id": row.resource_id,
                "resource_name": row.name,
                "minutes_each": float(problem.flows[0].curves[row.resource_id][0]),
                "others": [float(value) for value in row.unplanned],
                "available": [float(value) for value in row.capacity],
            }
            for row in problem.resources
            if not row.is_levelled
        ],
        "slots": _slots(problem, found),
        "findings": [],
    }


def _last_day(connection: duckdb.DuckDBPyConnection, present: set[str], stored: date, ward: str) -> date:
    """Return the Monday after the last whole week of data."""
    if not connection.execute("select count(*) from stays where ward_id = $1", [ward]).fetchall()[0][0]:
        raise BadInput(Message("{ward} har inga vårdtillfällen.", ward=ward))
    span = span_of(connection, present, stored)
    last: date = connection.execute("select max(admitted)::date from stays").fetchall()[0][0]
    return span.until if span else last - timedelta(last.weekday())


def _clinic(connection: duckdb.DuckDBPyConnection, ward: str) -> str | None:
    """Return the clinic of the ward. Patients of others lie there for want of a bed of their own: unplanned."""
    rows = connection.execute("select parent_id from units where unit_id = $1", [ward]).fetchall()
    return rows[0][0] if rows else None


def _problem(
    connection: duckdb.DuckDBPyConnection, clinic: str | None, until: date, asked: Asked
) -> tuple[Level, list[Row]]:
    since = until - timedelta(7 * asked.history)
    rows = connection.execute(
        _STAYS, {"ward": asked.ward, "clinic": clinic, "since": since, "until": until}
    ).fetchnumpy()
    began = (since - date(1970, 1, 1)).days * 24.0
    first, last = (np.ma.filled(rows[name].astype(np.float64), np.nan) - began for name in ("first", "last"))
    total = 7 * 24 * asked.history
    last = np.where(np.isnan(last), total, last)
    acute = np.ma.filled(rows["acute"], True).astype(bool)
    planned = ~acute & (first >= 0) & (first < total) & (last > first)
    if not planned.any():
        raise BadInput(Message("{ward} har inga planerade inskrivningar att flytta.", ward=asked.ward))
    flows, groups = _flows(first[planned], (last - first)[planned] / 24, asked)
    unplanned = _census(first[acute], last[acute], asked)
    beds = _beds(connection, asked, since, until)
    return Level(flows, (Held("bed", asked.ward, np.tile(unplanned, asked.cycle), beds),)), groups


def _by_weekday(connection: duckdb.DuckDBPyConnection, until: date, asked: Asked) -> dict[str, Floats]:
    """Return service → performed in an ordinary week, by weekday (7,)."""
    rows = connection.execute(
        "select service_id, isodow(starts_at), count(*) from contacts where status = 'performed' "
        "and starts_at::date >= $1 and starts_at::date < $2 group by all",
        [until - timedelta(7 * asked.history), until],
    ).fetchall()
    found: dict[str, Floats] = {}
    for name, weekday, count in rows:
        found.setdefault(name, np.zeros(7))[weekday - 1] = count / asked.history
    return found


def _with_sets(problem: Level, inputs: Inputs, done: Mapping[str, Floats], asked: Asked) -> Level:
    """Return the problem with the theatre and the staff that those admitted are treated by, weekday by weekday.

    What an admission takes is the mean of the services that lead to the ward, as many as come from each. What else the
    resource does is what it has done. Where more has been done on a day than there is time for, so much is allowed.
    """
    stays = {row.service.service_id for row in inputs.services if row.service.unit_id == asked.ward}
    came = {
        link.from_service: link.share * float(done[link.from_service].sum())
        for link in inputs.conversions
        if link.to_service in stays and link.from_service in done
    }
    planned = sum(float(flow.starts.sum()) for flow in problem.flows) / asked.cycle
    recipes = [row for row in capacity.recipes_in_force(inputs) if row.per == "activity" and row.service_id in done]
    held, curves = [], {}
    for item in inputs.resources:
        name = item.resource.resource_id
        mine = {row.service_id: row.minutes for row in recipes if row.resource_id == name}
        if not mine.keys() & came.keys() or capacity.missing_for(item, inputs.weeks):
            continue
        each = sum(mine.get(row, 0.0) * count for row, count in came.items()) / max(planned, sum(came.values()))
        supply = capacity.available(item, inputs.weeks, 1, stream(0, "levelling", name)).mean
        there = (supply[:, None] * capacity.shares_by_day(item, inputs.weeks)).mean(axis=0)
        today = each * sum(flow.starts.reshape(-1, 7).mean(axis=0) for flow in problem.flows)
        others = np.maximum(sum(minutes * done[row] for row, minutes in mine.items()) - today, 0.0)
        within = np.maximum(there, others + today)
        held.append(
            Held(
                name, item.resource.name, np.tile(others, asked.cycle), np.tile(within, asked.cycle), is_levelled=False
            )
        )
        curves[name] = each * (np.arange(problem.slots) == 0)
    flows = tuple(replace(flow, curves={**flow.curves, **curves}) for flow in problem.flows)
    return Level(flows, (*problem.resources, *held))


def _census(first: Floats, last: Floats, asked: Asked) -> Floats:
    """Return the mean number there in each part of a week, from hours since a Monday's beginning."""
    hours = 24 // asked.per_day
    edges = np.arange(0, 7 * 24 * asked.history + hours, hours, dtype=np.float64)
    there = [
        np.clip(np.minimum(last, end) - np.maximum(first, begin), 0, None).sum() / hours
        for begin, end in pairwise(edges)
    ]
    found: Floats = np.reshape(there, (asked.history, -1)).mean(axis=0)
    return found


def _flows(first: Floats, days: Floats, asked: Asked) -> tuple[tuple[Flow, ...], list[Row]]:
    """Return the planned admissions by length of stay: as many in a cycle as there have been, where they have stood.

    They may stand where planned admissions have stood.
    """
    slot = (first / (24 / asked.per_day)).astype(np.int64) % asked.week
    usual = np.bincount(slot, minlength=asked.week) / len(slot)
    allowed = np.tile(usual >= _SELDOM / asked.per_day, asked.cycle)
    bounds = np.quantile(days, np.linspace(0, 1, asked.groups + 1))[1:-1]
    group = np.searchsorted(bounds, days, side="right")
    sizes = np.bincount(group, minlength=asked.groups) * 1.0
    counts = largest_remainder(round(len(days) * asked.cycle / asked.history), sizes)
    flows, names = [], []
    for number, count in enumerate(counts.tolist()):
        mine = group == number
        if not count:
            continue
        stood = np.tile(np.bincount(slot[mine], minlength=asked.week) * 1.0, asked.cycle) * allowed
        name = str(number + 1)
        flows.append(
            Flow(
                name,
                largest_remainder(count, stood if stood.sum() > 0 else allowed * 1.0),
                {"bed": stay_curve(days[mine], asked.week * asked.cycle, slots_per_day=asked.per_day)},
                allowed,
                None if asked.most is None else np.full(len(allowed), float(asked.most)),
            )
        )
        stays = {"days_from": days[mine].min(), "days_to": days[mine].max(), "mean_days": days[mine].mean()}
        names.append({"group": name, "starts": count, **{key: float(value) for key, value in stays.items()}})
    return tuple(flows), names


def _beds(connection: duckdb.DuckDBPyConnection, asked: Asked, since: date, until: date) -> Floats:
    """Return the beds open in each slot of the cycle: the mean of each weekday."""
    rows = connection.execute(
        "select isodow(date), avg(available) from beds where ward_id = $1 and date >= $2 and date < $3 "
        "group by all order by all",
        [asked.ward, since, until],
    ).fetchall()
    if len(rows) < 7:
        raise BadInput(Message("{ward} saknar uppgift om disponibla vårdplatser för alla veckodagar.", ward=asked.ward))
    return np.tile(np.repeat([row[1] for row in rows], asked.per_day), asked.cycle)


def _load(row: Load) -> Row:
    return {"peak": row.peak, "slot": row.slot, "variation": row.variation, "over": row.over}


def _slots(problem: Level, found: Levelled) -> list[Row]:
    before = {row.name: row.starts for row in problem.flows}
    carried: Sequence[Floats] = [loads(problem, starts)["bed"] for starts in (before, found.starts)]
    per_week = problem.slots
    return [
        {
            "slot": slot,
            "starts_before": {name: int(row[slot]) for name, row in before.items()},
            "starts_after": {name: int(row[slot]) for name, row in found.starts.items()},
            "load_before": float(carried[0][slot]),
            "load_after": float(carried[1][slot]),
            "unplanned": float(problem.resources[0].unplanned[slot]),
            "capacity": float(problem.resources[0].capacity[slot]),
        }
        for slot in range(per_week)
    ]
