"""Series, shares and bands judged against their own history, on a connection: what each rule counts, and its alarms."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vardbalans.data.quality.patterns import Verdict, judge_days, judge_missing, judge_periods
from vardbalans.data.quality.rows import COUNTS
from vardbalans.data.quality.rules import RULES
from vardbalans.data.quality.series import EVENTS, SUMMED, Panel, calendar_over, read_events, summed_panels
from vardbalans.engine.waitlist.bands import shift_against_history

__all__ = ["ALARMS", "judge_history"]

ALARMS = pa.schema(
    [
        ("rule", pa.string()),
        ("table", pa.string()),
        ("file", pa.string()),
        ("unit_id", pa.string()),
        ("service_id", pa.string()),
        ("period", pa.string()),
        ("observed", pa.float64()),
        ("expected", pa.float64()),
        ("other", pa.string()),
    ]
)
"""One odd period of a series. *other* is the unit, with service, that the volume moved to or from; or which bands."""

_PEOPLE = 200  # a list with fewer has too little in its bands to compare with other days
_BANDS = 4
_DAYS = 8  # the days nearest in time that a day's bands are compared with

Row = dict[str, Any]
_Band = tuple[int, int | None]
_List = dict[str, dict[_Band, float]]


def judge_history(con: duckdb.DuckDBPyConnection, present: Collection[str], today: date) -> tuple[pa.Table, pa.Table]:
    """Return what the rules about series count (periods, schema :data:`COUNTS`) and their alarms (:data:`ALARMS`).

    *today* decides which units have closed.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    alarms: list[Row] = []
    for panel, verdict in _verdicts(con, present, today):
        if (panel.table, verdict.rule) in RULES:
            _tally(panel, verdict, counts, alarms)
    if "waiting" in present:
        _judge_bands(con, present, counts, alarms)
    tested = [
        {
            "rule": place[0],
            "table": place[1],
            "file": place[2],
            "unit_id": place[3] or None,
            "tested": n,
            "broken": counts["broken", *place],
        }
        for (what, *place), n in counts.items()
        if what == "tested"
    ]
    order = [(name, "ascending") for name in ("table", "rule", "file", "unit_id")]
    found = pa.Table.from_pylist(alarms, ALARMS)
    return (
        pa.Table.from_pylist(tested, COUNTS).sort_by(order),
        found.sort_by([*order, ("service_id", "ascending"), ("period", "ascending")]),
    )


def _verdicts(con: duckdb.DuckDBPyConnection, present: Collection[str], today: date) -> Iterator[tuple[Panel, Verdict]]:
    closed = _closed_units(con, present, today)
    for table in EVENTS:
        if table in present and (events := read_events(con, table, present)):
            for panel in events.panels():
                yield from _judged(con, present, panel, closed)
            if days := events.days():
                for verdict in judge_days(days, calendar_over(con, present, days.periods)):
                    yield days, verdict
            for column, asked, lacking in events.lacking():
                yield asked, judge_missing(asked, lacking, f"missing_more_{column}")
    for table in SUMMED:
        if table in present:
            for panel in summed_panels(con, table, present):
                yield from _judged(con, present, panel, closed)


def _judged(
    con: duckdb.DuckDBPyConnection, present: Collection[str], panel: Panel, closed: Collection[str]
) -> Iterator[tuple[Panel, Verdict]]:
    for verdict in judge_periods(panel, calendar_over(con, present, panel.periods), closed):
        yield panel, verdict


def _closed_units(con: duckdb.DuckDBPyConnection, present: Collection[str], today: date) -> frozenset[str]:
    if "units" not in present:
        return frozenset()
    return frozenset(row[0] for row in con.execute("select unit_id from units where valid_to < ?", [today]).fetchall())


def _tally(panel: Panel, verdict: Verdict, counts: Counter[tuple[str, ...]], alarms: list[Row]) -> None:
    """Add what *verdict* tested and found to *counts* by rule, table, file and unit, and its alarms to *alarms*."""
    for what, cells in (("tested", verdict.tested), ("broken", verdict.odd & verdict.tested)):
        for series in np.flatnonzero(cells.any(axis=1)):
            unit = panel.names[series][0] or ""
            for file, n in Counter(panel.files[series][cells[series]]).items():
                counts[what, verdict.rule, panel.table, file, unit] += n
    for series, period in np.argwhere(verdict.odd & verdict.tested):
        unit, service = panel.names[series]
        other = panel.names[verdict.other[series, period]] if verdict.other is not None else (None, None)
        alarms.append(
            {
                "rule": verdict.rule,
                "table": panel.table,
                "file": panel.files[series, period],
                "unit_id": unit,
                "service_id": service,
                "period": str(panel.periods[period]),
                "observed": round(float(verdict.observed[series, period]), 1),
                "expected": round(float(verdict.expected[series, period]), 1),
                "other": " · ".join(part for part in other if part) or None,
            }
        )


def _judge_bands(
    con: duckdb.DuckDBPyConnection, present: Collection[str], counts: Counter[tuple[str, ...]], alarms: list[Row]
) -> None:
    """Compare the bands of each day's waiting list, of the whole file and per unit, with the days around it."""
    for unit, days in _lists_by_band(con, present).items():
        for (file, day, is_judged), people in days.items():
            others = ((abs(when - day), when, name, other) for (name, when, _), other in days.items() if when != day)
            around = sorted(others, key=itemgetter(0, 1, 2))
            bands = sorted({band for services in people.values() for band in services}, key=itemgetter(0))
            history = [_matrix(other, people, bands) for *_, other in around[:_DAYS]]
            now = _matrix(people, people, bands)
            if not is_judged or len(bands) < _BANDS or not history or min(m.sum() for m in (now, *history)) < _PEOPLE:
                continue
            counts["tested", "shifted_columns", "waiting", file, unit] += 1
            if shift := shift_against_history(now, np.array(history)):
                counts["broken", "shifted_columns", "waiting", file, unit] += 1
                alarms.append(_shifted(unit, file, day, [bands[n] for n in shift.bands], now[:, shift.bands].sum()))


def _lists_by_band(
    con: duckdb.DuckDBPyConnection, present: Collection[str]
) -> dict[str, dict[tuple[str, date, bool], _List]]:
    """Return unit ('': the whole file) → (file, day, judged or only history) → service → band → people."""
    columns = 'date, days_from, days_to, sum("count")::double, unit_id, service_id, _file'
    given = 'date is not null and days_from is not null and "count" >= 0'
    queries = [f"select {columns}, true from waiting where {given} group by all"]
    if "before.waiting" in present:
        older = "date not in (select date from waiting where date is not null)"
        queries.append(f"select {columns}, false from before.waiting where {given} and {older} group by all")
    found: dict[str, dict[tuple[str, date, bool], _List]] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    rows = con.execute(f"{' union all '.join(queries)} order by all").fetchall()
    for day, since, until, count, unit, service, file, is_judged in rows:
        for level in ("", unit):
            found[level][file, day, is_judged][service][since, until] = count
    return found


def _matrix(lists: _List, services: Iterable[str], bands: Sequence[_Band]) -> NDArray[np.float64]:
    """Return the people of *lists* as services × bands; none where a list or band is not there."""
    return np.array([[lists.get(service, {}).get(band, 0.0) for band in bands] for service in services])


def _shifted(unit: str, file: str, day: date, bands: Sequence[_Band], people: float) -> Row:
    return {
        "rule": "shifted_columns",
        "table": "waiting",
        "file": file,
        "unit_id": unit or None,
        "service_id": None,
        "period": day.isoformat(),
        "observed": float(people),
        "expected": float(people),
        "other": ", ".join(f"{since}–{'' if until is None else until}" for since, until in bands),
    }
