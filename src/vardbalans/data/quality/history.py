"""Series, shares and bands judged against their own history, on a connection: what each rule counts, and its alarms."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from operator import itemgetter
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vardbalans.data.quality.columns import Shift, shift_against_history
from vardbalans.data.quality.patterns import Verdict, judge_days, judge_missing, judge_periods
from vardbalans.data.quality.rows import COUNTS
from vardbalans.data.quality.series import EVENTS, SUMMED, Panel, calendar_over, read_events, summed_panels

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

Row = dict[str, Any]
_Bands = tuple[tuple[int, int | None], ...]
_Profiles = dict[tuple[str, date, bool], tuple[_Bands, NDArray[np.float64]]]


def judge_history(
    con: duckdb.DuckDBPyConnection, present: Collection[str], today: date
) -> tuple[pa.Table, pa.Table]:
    """Return what the rules about series count (periods, schema :data:`COUNTS`) and their alarms (:data:`ALARMS`).

    *today* decides which units have closed.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    alarms: list[Row] = []
    for panel, verdict in _verdicts(con, present, today):
        _tally(panel, verdict, counts, alarms)
    if "waiting" in present:
        _judge_bands(con, present, counts, alarms)
    tested = [
        {"rule": rule, "table": table, "file": file, "unit_id": unit or None, "tested": n, "broken": 0}
        for (what, rule, table, file, unit), n in counts.items()
        if what == "tested"
    ]
    for row in tested:
        place = (row["rule"], row["table"], row["file"], row["unit_id"] or "")
        row["broken"] = counts["broken", *place]
    order = [(name, "ascending") for name in ("table", "rule", "file", "unit_id")]
    found = pa.Table.from_pylist(alarms, ALARMS)
    return (
        pa.Table.from_pylist(tested, COUNTS).sort_by(order),
        found.sort_by([*order, ("service_id", "ascending"), ("period", "ascending")]),
    )


def _verdicts(
    con: duckdb.DuckDBPyConnection, present: Collection[str], today: date
) -> Iterator[tuple[Panel, Verdict]]:
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
                "observed": float(verdict.observed[series, period]),
                "expected": float(verdict.expected[series, period]),
                "other": " · ".join(part for part in other if part) or None,
            }
        )


def _judge_bands(
    con: duckdb.DuckDBPyConnection, present: Collection[str], counts: Counter[tuple[str, ...]], alarms: list[Row]
) -> None:
    """Compare the bands of each day's waiting list, of the whole file and per unit, with those of the other days."""
    for unit, days in _band_profiles(con, present).items():
        for (file, day, is_judged), (bands, profile) in days.items():
            history = [
                other
                for (_, when, _), (same, other) in days.items()
                if when != day and same == bands and other.sum() >= _PEOPLE
            ]
            if not is_judged or not history or profile.sum() < _PEOPLE or len(bands) < _BANDS:
                continue
            counts["tested", "shifted_columns", "waiting", file, unit] += 1
            if shift := shift_against_history(profile, np.array(history)):
                counts["broken", "shifted_columns", "waiting", file, unit] += 1
                alarms.append(_shifted(unit, file, day, bands, profile, shift))


def _band_profiles(con: duckdb.DuckDBPyConnection, present: Collection[str]) -> dict[str, _Profiles]:
    """Return unit ('': the whole file) → (file, day, whether it is judged or only history) → bands and people in each."""
    columns = 'date, days_from, days_to, sum("count")::double, unit_id, _file'
    given = 'date is not null and days_from is not null and "count" is not null'
    queries = [f"select {columns}, true from waiting where {given} group by all"]
    if "before.waiting" in present:
        older = "date not in (select date from waiting where date is not null)"
        queries.append(f"select {columns}, false from before.waiting where {given} and {older} group by all")
    people: dict[str, dict[tuple[str, date, bool], dict[tuple[int, int | None], float]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(float))
    )
    for day, since, until, count, unit, file, is_judged in con.execute(" union all ".join(queries)).fetchall():
        for level in ("", unit):
            people[level][file, day, is_judged][since, until] += count
    return {
        unit: {
            place: _profile(bands) for place, bands in sorted(days.items())
        }
        for unit, days in sorted(people.items())
    }


def _profile(people: Mapping[tuple[int, int | None], float]) -> tuple[_Bands, NDArray[np.float64]]:
    bands = tuple(sorted(people, key=itemgetter(0)))
    return bands, np.array([people[band] for band in bands])


def _shifted(unit: str, file: str, day: date, bands: _Bands, profile: NDArray[np.float64], shift: Shift) -> Row:
    moved = ", ".join(f"{since}–{'' if until is None else until}" for since, until in (bands[n] for n in shift.bands))
    return {
        "rule": "shifted_columns",
        "table": "waiting",
        "file": file,
        "unit_id": unit or None,
        "service_id": None,
        "period": day.isoformat(),
        "observed": float(sum(profile[n] for n in shift.bands)),
        "expected": float(sum(profile[n] for n in shift.bands)),
        "other": moved,
    }
