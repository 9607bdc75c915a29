"""Planned admissions to a ward on a store: where in the week they stand, and where they would even out the beds."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from vardbalans.data.lake import Lake
from vardbalans.data.load.events import span_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.levelling import Flow, Held, Level, Levelled, Load, level, loads, stay_curve
from vardbalans.engine.messages import Message
from vardbalans.engine.solving import Limits
from vardbalans.engine.spread import largest_remainder
from vardbalans.engine.units import Floats

__all__ = ["level_ward"]

Row = dict[str, Any]
_SELDOM = 0.02  # of planned admissions: a slot with fewer is not one that they are planned for

_STAYS = """
    select acute, epoch(admitted::timestamp) / 3600 as first, epoch(discharged::timestamp) / 3600 as last
    from stays where ward_id = $ward and admitted::timestamp < $until and (discharged is null or discharged::timestamp > $since)
    order by admitted, stay_id
"""


def level_ward(
    store: Path,
    ward: str,
    limits: Limits,
    *,
    history: int = 52,
    cycle: int = 1,
    per_day: int = 1,
    most: int | None = None,
    groups: int = 2,
) -> Row:
    """Return the document of the planned admissions of *ward*, placed evenly over a cycle of *cycle* weeks.

    Load, stays and where admissions stand are those of the last *history* weeks. *per_day* parts of a day are told
    apart (24: hours), *most* limits the planned admissions of one part, and planned stays are divided into *groups* by
    their length. Raises BadInput without stays or beds, Impossible where they do not fit.
    """
    lake = Lake(store)
    head = lake.required_head()
    present = set(head.tables)
    for table in ("stays", "beds"):
        if table not in present:
            raise BadInput(TABLES[table].needed_for)
    if 24 % per_day:
        raise BadInput(Message("Ett dygn delas i 1, 2, 3, 4, 6, 8, 12 eller 24 delar, inte {count}.", count=per_day))
    with lake.connect(head.number) as connection:
        problem, names = _problem(connection, present, head.at.date(), ward, history, cycle, per_day, most, groups)
    found = level(problem, limits)
    return {
        "version": head.number,
        "seed": limits.seed,
        "ward_id": ward,
        "history_weeks": history,
        "cycle_weeks": cycle,
        "per_day": per_day,
        "status": "best" if found.proven else "good_enough",
        "before": _load(found.before["bed"]),
        "after": _load(found.after["bed"]),
        "limits": [{"limit": name, "peak_falls": value} for name, value in found.costs.items()],
        "groups": names,
        "slots": _slots(problem, found),
        "findings": [],
    }


def _problem(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    stored: Any,
    ward: str,
    history: int,
    cycle: int,
    per_day: int,
    most: int | None,
    groups: int,
) -> tuple[Level, list[Row]]:
    span = span_of(connection, present, stored)
    last = connection.execute("select max(admitted)::date from stays where ward_id = $1", [ward]).fetchone()
    if last is None or last[0] is None:
        raise BadInput(Message("{ward} har inga vårdtillfällen.", ward=ward))
    until = span.until if span else last[0]
    since = until - timedelta(7 * history)
    rows = connection.execute(_STAYS, {"ward": ward, "since": since, "until": until}).fetchnumpy()
    hours = 24 // per_day
    first, ends = (np.ma.filled(rows[name].astype(np.float64), np.nan) for name in ("first", "last"))
    start = (np.datetime64(since) - np.datetime64("1970-01-01")).astype("timedelta64[h]").astype(float)
    total = 7 * 24 * history
    first, ends = first - start, np.where(np.isnan(ends), total, ends - start)
    acute = np.ma.filled(rows["acute"], True).astype(bool)
    slots = 7 * per_day * cycle
    unplanned = _census(first[acute], ends[acute], history, hours)
    inside = ~acute & (first >= 0) & (first < total) & (ends > first)
    if not inside.any():
        raise BadInput(Message("{ward} har inga planerade inskrivningar att flytta.", ward=ward))
    flows, names = _flows(first[inside], (ends - first)[inside] / 24, history, cycle, per_day, most, groups)
    return Level(
        flows, (Held("bed", ward, np.tile(unplanned, cycle), _beds(connection, ward, since, until, slots, per_day)),)
    ), names


def _census(first: Floats, last: Floats, history: int, hours: int) -> Floats:
    """Return the mean number there in each part of a week, from hours since a Monday's beginning."""
    edges = np.arange(0, 7 * 24 * history + hours, hours, dtype=np.float64)
    there = np.zeros(len(edges) - 1)
    for part in range(len(there)):
        there[part] = np.clip(np.minimum(last, edges[part + 1]) - np.maximum(first, edges[part]), 0, None).sum() / hours
    found: Floats = there.reshape(history, -1).mean(axis=0)
    return found


def _flows(
    first: Floats, days: Floats, history: int, cycle: int, per_day: int, most: int | None, groups: int
) -> tuple[tuple[Flow, ...], list[Row]]:
    """Return the planned admissions by length of stay: so many in a cycle as there have been, where they have stood."""
    week = 7 * per_day
    slot = (first / (24 / per_day)).astype(np.int64) % week
    usual = np.bincount(slot, minlength=week) / len(slot)
    allowed = np.tile(usual >= _SELDOM / per_day, cycle)
    bounds = np.quantile(days, np.linspace(0, 1, groups + 1))[1:-1]
    group = np.searchsorted(bounds, days, side="right")
    flows, names = [], []
    counts = largest_remainder(round(len(days) * cycle / history), np.bincount(group, minlength=groups) * 1.0)
    for number in range(groups):
        mine = group == number
        if not counts[number]:
            continue
        stood = np.tile(np.bincount(slot[mine], minlength=week) * 1.0, cycle) * allowed
        name = str(number + 1)
        starts = largest_remainder(int(counts[number]), stood if stood.sum() > 0 else allowed * 1.0)
        limit = None if most is None else np.full(len(allowed), float(most))
        flows.append(
            Flow(name, starts, {"bed": stay_curve(days[mine], week * cycle, slots_per_day=per_day)}, allowed, limit)
        )
        names.append(
            {
                "group": name,
                "days_from": float(days[mine].min()),
                "days_to": float(days[mine].max()),
                "mean_days": float(days[mine].mean()),
                "starts": int(counts[number]),
            }
        )
    return tuple(flows), names


def _beds(connection: duckdb.DuckDBPyConnection, ward: str, since: Any, until: Any, slots: int, per_day: int) -> Floats:
    """Return the beds open in each slot: the mean of each weekday."""
    rows = dict(
        connection.execute(
            "select isodow(date), avg(available) from beds where ward_id = $1 and date >= $2 and date < $3 group by all",
            [ward, since, until],
        ).fetchall()
    )
    if len(rows) < 7:
        raise BadInput(Message("{ward} saknar uppgift om disponibla vårdplatser för alla veckodagar.", ward=ward))
    week = np.repeat([rows[day] for day in range(1, 8)], per_day)
    return np.tile(week, slots // len(week))


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
