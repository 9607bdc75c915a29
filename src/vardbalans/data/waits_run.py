"""How long people wait for each service of a store: who waits on a day, and who was treated in the weeks before it."""

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.events import span_of
from vardbalans.data.load.rules import limits_of, small_numbers_on
from vardbalans.data.load.waits import clocks_of, priorities_of, services_below, waits_in
from vardbalans.data.tables import TABLES
from vardbalans.data.waits_small import without_small
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.equity import equity_of
from vardbalans.engine.waitlist.lists import Priorities
from vardbalans.engine.waitlist.rules import UNLIMITED, Limit
from vardbalans.engine.waitlist.waits import (
    INTERVALS,
    PERCENTILES,
    WAYS,
    Spread,
    Waits,
    histogram,
    spreads,
    within_target,
)

__all__ = ["DIMENSIONS", "equity_rows", "waits_of"]

Row = dict[str, Any]
Key = tuple[Any, ...]
Services = dict[str, tuple[str, str]]
Integers = NDArray[np.int64]

DIMENSIONS = ("priority", "sex", "age", "municipality")
"""What a population is divided by, one at a time."""

_MEMORY = "1GB"
_NOTHING_TOLD = Priorities()
_NEEDED = ("referrals", "services")
_NAMES = {0.5: "median_days", 0.9: "p90_days", 0.92: "p92_days", 0.95: "p95_days"}


def waits_of(
    lake: Lake,
    version: Version,
    *,
    as_of: date | None = None,
    weeks: int = 13,
    unit: str | None = None,
    service: str | None = None,
    outside: bool = False,
    together: Mapping[str, str] | None = None,
) -> Row:
    """Return how long people wait at the end of *as_of*, and how long those treated in the *weeks* up to it had waited.

    All services, or those of *unit* and the units below it, or *service* alone; *as_of* is the last day of whole weeks
    in *version* unless given. Nothing is told of fewer people than the rule in force says, *outside* the region or
    inside it. *together* is service id → id of a list that several share: it has rows of its own beside theirs, under
    that id. The rows are described in docs/explanation/waits.md. Raises BadInput without referrals, or for an unknown
    unit or service.
    """
    present = set(version.tables)
    for name in _NEEDED:
        if name not in present:
            raise BadInput(TABLES[name].needed_for)
    with closing(lake.connect(version.number, memory_limit=_MEMORY)) as con:
        day = as_of or _last_day(con, present, version.at.date())
        services = services_below(con, present, unit, service)
        limits = (*limits_of(con, present), UNLIMITED)
        below = small_numbers_on(con, present, day)["outside" if outside else "inside"]
        since = day - timedelta(7 * weeks - 1)
        clocks = clocks_of(con, present, limits[:-1], since, day + timedelta(1))
        priorities = priorities_of(con, present)
    clocks = clocks.filter(pc.is_in(clocks["service_id"], pa.array(list(services), pa.string())))
    has_begun = pc.fill_null(pc.greater_equal(clocks["days"], 0), False)
    begun = clocks.filter(has_begun)
    rows, intervals = _rows(begun, services, priorities)
    if together:
        lists, spans = _rows_together(begun, together, priorities)
        rows, intervals = rows + lists, intervals + spans
    rows, intervals = without_small(rows, intervals, below, together or {})
    return {
        "version": version.number,
        "as_of": day.isoformat(),
        "treated_since": since.isoformat(),
        "below": below,
        "limits": [_limit(limits[place]) for place in sorted(pc.unique(clocks["place"]).to_pylist())],
        "rows": rows,
        "equity": equity_rows(rows),
        "intervals": intervals,
        "not_begun": len(clocks) - len(begun),
        "findings": [],
    }


def equity_rows(rows: Sequence[Row]) -> list[Row]:
    """Return a row per service, measure, population and division of people: who waits longest and shortest.

    Priorities are no such division: they are meant to differ.
    """
    medians: dict[Key, dict[str, float | None]] = {}
    for row in rows:
        if row["dimension"] not in ("all", "priority") and row["group"] is not None:
            key = (row["service_id"], row["measure"], row["part"], row["dimension"])
            medians.setdefault(key, {})[row["group"]] = row["included"]["median_days"]
    found = []
    for (service, measure, part, dimension), groups in medians.items():
        if told := equity_of(groups):
            where = {"service_id": service, "measure": measure, "part": part, "dimension": dimension}
            found.append(where | asdict(told) | {"ratio": told.ratio})
    return found


def _last_day(con: duckdb.DuckDBPyConnection, present: set[str], stored: date) -> date:
    span = span_of(con, present, stored)
    if span is None:
        raise BadInput(Message("Dataversionen har ingen hel vecka av remisser att räkna väntan i. Ange en dag."))
    return span.until - timedelta(1)


def _limit(limit: Limit) -> Row:
    return {
        "measure": limit.measure,
        "days": limit.days,
        "valid_from": None if limit.days is None else limit.valid_from.isoformat(),
        "start": limit.start,
        "stops": sorted(limit.stops),
        "excludes": sorted(limit.excludes),
        "source": limit.source,
    }


# From clocks to rows


@dataclass(frozen=True, eq=False)
class _Groups:
    """Distinct keys and, for each wait, the place of its own."""

    keys: list[Key]
    of_wait: Integers


def _rows(clocks: pa.Table, services: Services, priorities: Priorities) -> tuple[list[Row], list[Row]]:
    """Return the rows per measure, population, service and group, and the people per interval of days.

    First all services of a measure, without a service. Groups by priority stand in the order of *priorities*, those it
    does not know after them.
    """
    waits = waits_in(clocks)
    rows: list[Row] = []
    intervals: list[Row] = []
    for columns in (("measure", "part"), ("measure", "part", "service_id")):
        whole = _grouped(clocks, columns)
        rows += [
            _where(key, services) | _group("all") | row
            for key, row in zip(whole.keys, _measured(waits, whole), strict=True)
        ]
        intervals += _intervals(waits, whole, services)
        for dimension in DIMENSIONS:
            parts = _grouped(clocks, (*columns, dimension))
            told = priorities if dimension == "priority" else _NOTHING_TOLD
            rows += [
                _where(key[:-1], services) | _group(dimension, key[-1], told) | row
                for key, row in zip(parts.keys, _measured(waits, parts), strict=True)
            ]
    return sorted(rows, key=_order), sorted(intervals, key=_order)


def _rows_together(
    clocks: pa.Table, together: Mapping[str, str], priorities: Priorities
) -> tuple[list[Row], list[Row]]:
    """Return the rows of the lists that services share, each under its own id and with no name."""
    shared = clocks.filter(pc.is_in(clocks["service_id"], pa.array(list(together), pa.string())))
    names = pa.array([together[name] for name in shared["service_id"].to_pylist()], pa.string())
    lists = shared.set_column(shared.schema.get_field_index("service_id"), "service_id", names)
    rows, intervals = _rows(lists, dict.fromkeys(together.values(), ("", "")), priorities)
    return [row for row in rows if row["service_id"]], [row for row in intervals if row["service_id"]]


def _group(dimension: str, group: str | None = None, told: Priorities = _NOTHING_TOLD) -> Row:
    """Return which group a row is of; its name and its place among the groups where *told* knows it."""
    return {
        "dimension": dimension,
        "group": group,
        "group_name": told.names.get(group or ""),
        "group_place": told.order.index(group) if group in told.order else None,
    }


def _order(row: Row) -> tuple[Any, ...]:
    """Return where a row stands: by service (all first), measure, population, group (not known last) or interval."""
    dimension = ("all", *DIMENSIONS).index(row.get("dimension", "all"))
    place = row.get("group_place")
    return (
        row["service_id"] or "",
        row["measure"],
        row["part"],
        dimension,
        row.get("group") is None,
        math.inf if place is None else place,
        row.get("group") or "",
        row.get("days_from", 0),
    )


def _where(key: Key, services: Services) -> Row:
    """Return the beginning of a row: measure, population, and the service where the key has one."""
    service = key[2] if len(key) > 2 else None
    name, unit = services[service] if service else (None, None)
    return {"service_id": service, "service_name": name, "unit_id": unit, "measure": key[0], "part": key[1]}


def _grouped(clocks: pa.Table, columns: Sequence[str]) -> _Groups:
    codes = np.zeros(len(clocks), dtype=np.int64)
    values = []
    for name in columns:
        encoded = clocks[name].combine_chunks().dictionary_encode(null_encoding="encode")
        values.append(encoded.dictionary.to_pylist())
        codes = codes * max(1, len(values[-1])) + np.asarray(encoded.indices.to_numpy(zero_copy_only=False))
    distinct, of_wait = np.unique(codes, return_inverse=True)
    keys = []
    for left in distinct.tolist():
        key = []
        for held in reversed(values):
            left, place = divmod(left, len(held))  # noqa: PLW2901 - the next column's part of the code
            key.append(held[place])
        keys.append(tuple(reversed(key)))
    return _Groups(keys, of_wait.astype(np.int64))


def _measured(waits: Waits, groups: _Groups) -> list[Row]:
    """Return a row of figures per group: each way of counting, and the medical target date."""
    size = len(groups.keys)
    by_way = spreads(waits, groups.of_wait, size)
    dated, within = within_target(waits, groups.of_wait, size)
    return [
        {way: _figures(by_way[way], place) for way in WAYS}
        | {"target": {"n": int(dated[place]), "within": _number(within[place])}}
        for place in range(size)
    ]


def _figures(spread: Spread, place: int) -> Row:
    days = {_NAMES[share]: _number(spread.percentiles[row, place]) for row, share in enumerate(PERCENTILES)}
    return {"n": int(spread.people[place])} | days | {"within": _number(spread.within[place])}


def _number(value: float | np.floating[Any]) -> float | None:
    return float(value) if np.isfinite(value) else None


def _intervals(waits: Waits, groups: _Groups, services: Services) -> list[Row]:
    """Return the people per interval of all days waited."""
    counts = histogram(waits.days, groups.of_wait, len(groups.keys))
    first = (0, *(last + 1 for last in INTERVALS))
    return [
        _where(key, services) | {"days_from": first[place], "days_to": last, "n": count}
        for key, line in zip(groups.keys, counts.tolist(), strict=True)
        for place, (count, last) in enumerate(zip(line, (*INTERVALS, None), strict=True))
    ]
