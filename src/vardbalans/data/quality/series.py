"""Counts per period of each table, unit and service, read from the tables in one pass each.

Only whole periods are read, from the first in which the table as a whole is under way to the last: a stray row with
a wrong year neither begins nor ends a history. What came before the first row judged is taken from ``before``.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from vardbalans.data.quality.rules import DAY
from vardbalans.engine.periods import Calendar, Frequency, Period, country_calendar
from vardbalans.engine.units import Floats

__all__ = ["EVENTS", "SUMMED", "Panel", "calendar_over", "daily_panel", "event_panels", "summed_panels"]

Name = tuple[str | None, str | None]

EVENTS: Mapping[str, tuple[str, str, str]] = {
    "contacts": ("unit_id", "service_id", "status in ('performed', 'no_show', 'late_cancelled')"),
    "referrals": ("unit_id", "service_id", "true"),
    "stays": ("ward_id", "null::varchar", "true"),
    "operations": ("theatre_id", "null::varchar", "status in ('performed', 'cancelled')"),
}
"""Tables of one row per event: unit, service, and the predicate of what has happened."""

SUMMED = ("counts", "inflow", "outflow", "waiting")
"""Tables of counts."""

_COUNTS = """
    select
        case when length(period) = 10 then strftime(period::date, '%G-W%V') else period end as when_,
        unit_id, service_id, series_id, sum(value), max(_file)
    from {table} where period is not null and value is not null group by all order by all
"""
_LISTS = """
    select strftime(date, '{period}') as when_, unit_id, service_id, '', max_by(people, date), max_by(file, date)
    from (
        select date, unit_id, service_id, sum("count")::double as people, max(_file) as file
        from {table} where date is not null group by all
    )
    group by all order by all
"""

YEAR: Mapping[Frequency, int] = {"day": 365, "week": 52, "month": 12}

_UNDER_WAY = 0.25  # of the table's median: less is a stray row or a broken period


@dataclass(frozen=True, eq=False)
class Panel:
    """Counts of several series over the same periods; shape (series, periods), NaN outside a series' life.

    *names* are unit and service of each series, None for all of them together. *files* says where a period's rows came
    from (for an empty period: the last one before it). Periods before number *judged* are history only.
    """

    table: str
    frequency: Frequency
    names: tuple[Name, ...]
    periods: tuple[Period, ...]
    counts: Floats
    files: NDArray[np.object_]
    judged: int = 0

    @property
    def year(self) -> int:
        """Return the number of periods in a year."""
        return YEAR[self.frequency]


@dataclass(frozen=True)
class _Cell:
    name: Name
    start: date
    count: float
    file: str


def event_panels(con: duckdb.DuckDBPyConnection, table: str, present: Collection[str]) -> Iterator[Panel]:
    """Yield whole weeks and months of *table*: of all of it, per unit and per service (as far as it has them)."""
    span = _span(con, table, present)
    if span is None:
        return
    for frequency in ("week", "month"):
        periods = _whole(frequency, *span)
        rows = con.execute(f"""
            select unit_id, service_id, date_trunc('{frequency}', day)::date, count(*), max(_file)
            from ({_events(table, present)}) group by all order by all
        """).fetchall()
        judged = _judged(con, table, periods)
        levels: list[list[_Cell]] = [
            [_Cell((None, None), *row[2:]) for row in rows],
            [_Cell((row[0], None), *row[2:]) for row in rows],
            [_Cell((row[0], row[1]), *row[2:]) for row in rows if row[1] is not None],
        ]
        for cells in levels:
            if panel := _panel(table, frequency, periods, cells, judged):
                yield _living(panel)


def daily_panel(con: duckdb.DuckDBPyConnection, table: str, present: Collection[str]) -> Panel | None:
    """Return the days of *table* per unit, whole weeks only; None where there is none."""
    if (span := _span(con, table, present)) is None:
        return None
    weeks = _whole("week", *span)
    days = tuple(Period(day, "day") for week in weeks for day in week.days)
    rows = con.execute(f"""
        select unit_id, day, count(*), max(_file) from ({_events(table, present)}) group by all order by all
    """).fetchall()
    cells = [_Cell((row[0], None), *row[1:]) for row in rows]
    panel = _panel(table, "day", days, cells, _judged(con, table, days))
    return _living(panel) if panel else None


def summed_panels(con: duckdb.DuckDBPyConnection, table: str, present: Collection[str]) -> Iterator[Panel]:
    """Yield the series of a table of counts, by frequency; a period that is not given is NaN, and not zero.

    Days are summed to weeks. Of a waiting list's days the last of each week counts, or of each month where they come
    more seldom.
    """
    query = _lists(con) if table == "waiting" else _COUNTS
    sources = [(f"before.{table}", False), (table, True)]
    given: dict[Frequency, dict[tuple[Period, tuple[str, ...]], tuple[float, str]]] = defaultdict(dict)
    first: dict[Frequency, Period] = {}
    for source, is_judged in sources if sources[0][0] in present else sources[1:]:
        # What is judged is read last, and takes the place of what was there before.
        for text, *name, value, file in con.execute(query.format(table=source)).fetchall():
            period = Period.parse(text)
            given[period.frequency][period, tuple(name)] = value, file
            if is_judged:
                first[period.frequency] = min(period, first.get(period.frequency, period))
    for frequency in sorted(first):
        yield _summed(table, frequency, given[frequency], first[frequency])


def _summed(
    table: str, frequency: Frequency, given: Mapping[tuple[Period, tuple[str, ...]], tuple[float, str]], first: Period
) -> Panel:
    begins, ends = min(period for period, _ in given), max(period for period, _ in given)
    periods = [begins]
    while periods[-1] < ends:
        periods.append(periods[-1].next())
    names = sorted({name for _, name in given})
    columns = {period: number for number, period in enumerate(periods)}
    rows = {name: number for number, name in enumerate(names)}
    counts = np.full((len(names), len(periods)), np.nan)
    files = np.full(counts.shape, "", dtype=object)
    for (period, name), (value, file) in given.items():
        place = rows[name], columns[period]
        counts[place], files[place] = value, file
    called = tuple((name[0], name[1]) for name in names)
    return Panel(table, frequency, called, tuple(periods), counts, _carried(files), columns[first])


def calendar_over(con: duckdb.DuckDBPyConnection, present: Collection[str], periods: Sequence[Period]) -> Calendar:
    """Return the calendar of the country that most units lie in, Sweden's where none is said."""
    country = "SE"
    if "units" in present:
        found = con.execute(
            "select coalesce(country, 'SE') as country from units group by all order by count(*) desc, country limit 1"
        ).fetchone()
        country = found[0] if found else country
    return country_calendar(country, periods[0].start.year, periods[-1].end.year)


def _events(table: str, present: Collection[str]) -> str:
    """Return the query of the table's events as unit, service, day and file, with those of ``before`` ahead of them."""
    unit, service, happened = EVENTS[table]
    day = DAY[table]
    sql = "select {unit} as unit_id, {service} as service_id, {day} as day, _file from {table} where {happened}"
    here = sql.format(unit=unit, service=service, day=day, table=table, happened=happened) + f" and {day} is not null"
    if f"before.{table}" not in present:
        return here
    earlier = sql.format(unit=unit, service=service, day=day, table=f"before.{table}", happened=happened)
    return f"{here} union all {earlier} and {day} < (select min({day}) from {table} where {happened})"


def _span(con: duckdb.DuckDBPyConnection, table: str, present: Collection[str]) -> tuple[date, date] | None:
    """Return the first and last day of the weeks in which *table* as a whole is under way; None for an empty table."""
    rows = con.execute(f"""
        select date_trunc('week', day)::date as week, min(day), max(day), count(*)
        from ({_events(table, present)}) group by all order by all
    """).fetchall()
    if not rows:
        return None
    enough = _UNDER_WAY * float(np.median([row[3] for row in rows]))
    busy = [row for row in rows if row[3] >= enough]
    return busy[0][1], busy[-1][2]


def _whole(frequency: Frequency, first: date, last: date) -> tuple[Period, ...]:
    """Return the periods that lie wholly within *first* to *last*."""
    period = Period.week_of(first) if frequency == "week" else Period(first.replace(day=1), frequency)
    if period.start < first:
        period = period.next()
    periods = []
    while period.end <= last + timedelta(days=1):
        periods.append(period)
        period = period.next()
    return tuple(periods)


def _judged(con: duckdb.DuckDBPyConnection, table: str, periods: Sequence[Period]) -> int:
    """Return the number of the first period that rows of the table itself lie in."""
    first = con.execute(f"select min({DAY[table]}) from {table} where {EVENTS[table][2]}").fetchone()
    day = first[0] if first else None
    return sum(period.end <= day for period in periods) if day else 0


def _panel(
    table: str, frequency: Frequency, periods: tuple[Period, ...], cells: Iterable[_Cell], judged: int
) -> Panel | None:
    """Return the panel of *cells*, zero where none is; None where no cell lies in *periods*."""
    columns = {period.start: number for number, period in enumerate(periods)}
    inside = [cell for cell in cells if cell.start in columns]
    if not inside:
        return None
    names = tuple(sorted({cell.name for cell in inside}, key=lambda name: tuple(part or "" for part in name)))
    rows = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(periods)))
    files = np.full(counts.shape, "", dtype=object)
    for cell in inside:
        place = rows[cell.name], columns[cell.start]
        counts[place] += cell.count
        files[place] = max(files[place], cell.file)
    return Panel(table, frequency, names, periods, counts, _carried(files), judged)


def _living(panel: Panel) -> Panel:
    """Return *panel* with NaN before a series' first count; what comes after its last one is left as zeros."""
    begun = np.cumsum(panel.counts > 0, axis=1) > 0
    return replace(panel, counts=np.where(begun, panel.counts, np.nan))


def _carried(files: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return *files* with each empty one replaced by the last before it, or else by the first after it."""
    known = files != ""
    place = np.where(known, np.arange(files.shape[1]), 0)
    carried = np.take_along_axis(files, np.maximum.accumulate(place, axis=1), axis=1)
    first = np.take_along_axis(files, known.argmax(axis=1)[:, None], axis=1)
    return np.where(carried == "", first, carried)


def _lists(con: duckdb.DuckDBPyConnection) -> str:
    """Return the query of the waiting list's length by week, or by month where the days are more than 20 apart."""
    days, span = con.execute("select count(distinct date), max(date) - min(date) from waiting").fetchone() or (0, 0)
    return _LISTS.replace("{period}", "%Y-%m" if days > 1 and span / (days - 1) > 20 else "%G-W%V")
