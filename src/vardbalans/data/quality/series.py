"""Counts per period of each table, unit and service, read from the tables in one pass each.

Only whole periods are read, from the first week in which the table as a whole is under way to the last: a stray row
with a wrong year neither begins nor ends a history. What came before the first row judged is taken from ``before``.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from vardbalans.data.quality.expected import MIN_COUNT, median
from vardbalans.data.quality.rules import ASKED_FOR, DAY
from vardbalans.engine.errors import BadInput
from vardbalans.engine.periods import Calendar, Frequency, Period, country_calendar
from vardbalans.engine.units import Floats

__all__ = ["EVENTS", "SUMMED", "Events", "Panel", "calendar_over", "read_events", "summed_panels"]

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
        unit_id, service_id, series_id, sum(value)::double, max(_file)
    from {table} where period is not null and value >= 0 group by all order by all
"""
_LISTS = """
    select strftime(date, '{period}') as when_, unit_id, service_id, '', max_by(people, date), max_by(file, date)
    from (
        select date, unit_id, service_id, sum("count")::double as people, max(_file) as file
        from {table} where date is not null and "count" >= 0 group by all
    )
    group by all order by all
"""

_YEAR: Mapping[Frequency, int] = {"day": 365, "week": 52, "month": 12}
_UNDER_WAY = 0.25  # of the table's median week: less is a stray row or a broken week
_STRAY = 0.001  # the share of dates that may be wrong without moving where a history begins


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
        return _YEAR[self.frequency]


@dataclass(frozen=True)
class _Cell:
    name: Name
    start: date
    count: float
    file: str


@dataclass(frozen=True)
class Events:
    """The events of one table, counted per day on a connection; its history goes from *first* to *last*.

    Days before *first_judged* are history only. What is read is that of the table counted last on the connection.
    """

    con: duckdb.DuckDBPyConnection
    table: str
    first: date
    last: date
    first_judged: date

    def panels(self) -> Iterator[Panel]:
        """Yield the weeks of the whole table, of units and of services, and the months of what is small by week."""
        for parts in ("null, null", "unit_id, null", "unit_id, service_id"):
            if parts.endswith("service_id") and EVENTS[self.table][1].startswith("null"):
                continue
            weeks = self._panel("week", parts)
            if weeks is None:
                continue
            yield weeks
            low = median(weeks.counts, axis=1) < MIN_COUNT
            small = {name for name, few in zip(weeks.names, low, strict=True) if few}
            if months := self._panel("month", parts, small):
                yield months

    def days(self) -> Panel | None:
        """Return the days of whole weeks per unit."""
        return self._panel("day", "unit_id, null")

    def lacking(self) -> Iterator[tuple[str, Panel, Panel]]:
        """Yield column, how many contacts each service has per month that should have it, and how many lack it."""
        if self.table != "contacts":
            return
        for column in ASKED_FOR:
            asked = self._panel("month", "unit_id, service_id", count=f"asked_{column}")
            lacking = self._panel("month", "unit_id, service_id", count=f"lacking_{column}")
            if asked and lacking:
                yield column, asked, lacking

    def _panel(
        self, frequency: Frequency, parts: str, only: Collection[Name] | None = None, count: str = "n"
    ) -> Panel | None:
        periods = self._periods(frequency)
        rows = self.con.execute(f"""
            select {parts}, date_trunc('{frequency}', day)::date as start, sum({count})::double, max(file)
            from _daily group by all order by all
        """).fetchall()
        cells = [_Cell(row[:2], *row[2:]) for row in rows if only is None or row[:2] in only]
        panel = _panel(self.table, frequency, periods, cells)
        if panel is None:
            return None
        return replace(
            _living(panel) if count == "n" else panel, judged=sum(p.end <= self.first_judged for p in periods)
        )

    def _periods(self, frequency: Frequency) -> tuple[Period, ...]:
        """Return the periods that lie wholly in the history; days are those of its whole weeks."""
        if frequency == "day":
            return tuple(Period(day, "day") for week in self._periods("week") for day in week.days)
        period = Period.week_of(self.first) if frequency == "week" else Period(self.first.replace(day=1), frequency)
        if period.start < self.first:
            period = period.next()
        periods = []
        while period.end <= self.last + timedelta(days=1):
            periods.append(period)
            period = period.next()
        return tuple(periods)


def read_events(con: duckdb.DuckDBPyConnection, table: str, present: Collection[str]) -> Events | None:
    """Count the events of *table* per day, unit and service, in one pass; None where there are none."""
    con.execute(f"create or replace temp table _daily as {_per_day(table, present)}")
    ((first_judged,),) = con.execute("select min(day) from _daily where judged").fetchall()
    rows = con.execute(
        "select min(day), max(day), sum(n) from _daily group by date_trunc('week', day) order by 1"
    ).fetchall()
    first = date.min
    if table == "referrals":
        # Of those received before any was closed only those are delivered that still waited then: they begin later.
        closed = " union all ".join(f"select closed from {name}" for name in _sources(table, present))
        ((first,),) = con.execute(f"select quantile_disc(closed, {_STRAY}) from ({closed})").fetchall()
    enough = _UNDER_WAY * float(np.median([row[2] for row in rows])) if rows else 0.0
    busy = [row for row in rows if row[2] >= enough and first is not None and row[1] >= first]
    if not busy or first_judged is None:
        return None
    return Events(con, table, max(busy[0][0], first), busy[-1][1], first_judged)


def summed_panels(con: duckdb.DuckDBPyConnection, table: str, present: Collection[str]) -> Iterator[Panel]:
    """Yield the series of a table of counts, by frequency; a period that is not given is NaN, and not zero.

    Days are summed to weeks. Of a waiting list's days the last of each week counts, or of each month where they come
    more seldom.
    """
    query = _lists(con) if table == "waiting" else _COUNTS
    given: dict[Frequency, dict[tuple[Period, Name, str], tuple[float, str]]] = defaultdict(dict)
    first: dict[Frequency, Period] = {}
    # What is judged is read last, and takes the place of what was there before.
    for source in reversed(_sources(table, present)):
        for text, unit, service, series, value, file in con.execute(query.format(table=source)).fetchall():
            period = Period.parse(text)
            given[period.frequency][period, (unit, service), series] = value, file
            if source == table:
                first[period.frequency] = min(period, first.get(period.frequency, period))
    for frequency in sorted(first):
        yield _summed(table, frequency, given[frequency], first[frequency])


def calendar_over(con: duckdb.DuckDBPyConnection, present: Collection[str], periods: tuple[Period, ...]) -> Calendar:
    """Return the calendar of the country that most units lie in, Sweden's where none is said or it is not known.

    The chain refuses an unknown country; a judgement need not wait for it to be corrected.
    """
    country = "SE"
    if "units" in present:
        found = con.execute(
            "select coalesce(country, 'SE') as country from units group by all order by count(*) desc, country limit 1"
        ).fetchall()
        country = found[0][0] if found else country
    years = periods[0].start.year, periods[-1].end.year
    try:
        return country_calendar(country, *years)
    except BadInput:
        return country_calendar("SE", *years)


def _sources(table: str, present: Collection[str]) -> list[str]:
    return [name for name in (table, f"before.{table}") if name in present]


def _per_day(table: str, present: Collection[str]) -> str:
    """Return the query that counts the table's events per day, and those of ``before`` that are older than all of them.

    For contacts also how many should have the columns that matter, and how many lack them.
    """
    unit, service, happened = EVENTS[table]
    day = DAY[table]
    counts = [f"count(*) filter (where {happened}) as n"]
    for column, (_, among) in ASKED_FOR.items() if table == "contacts" else ():
        counts.append(f"count(*) filter (where {among}) as asked_{column}")
        counts.append(f"count(*) filter (where ({among}) and {column} is null) as lacking_{column}")
    parts = []
    for source in _sources(table, present):
        older = "" if source == table else f" and {day} < (select min({day}) from {table})"
        parts.append(f"""
            select {unit} as unit_id, {service} as service_id, {day} as day, {source == table} as judged,
                max(_file) as file, {", ".join(counts)}
            from {source} where {day} is not null {older} group by all
        """)
    return f"select * from ({' union all '.join(parts)}) where n > 0"


def _panel(table: str, frequency: Frequency, periods: tuple[Period, ...], cells: Iterable[_Cell]) -> Panel | None:
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
        counts[place], files[place] = cell.count, cell.file
    return Panel(table, frequency, names, periods, counts, _carried(files))


def _summed(
    table: str,
    frequency: Frequency,
    given: Mapping[tuple[Period, Name, str], tuple[float, str]],
    first: Period,
) -> Panel:
    """Return the panel of what is *given* per period, service and series, NaN where nothing is."""
    periods = [min(period for period, *_ in given)]
    while periods[-1] < max(period for period, *_ in given):
        periods.append(periods[-1].next())
    series = sorted({(name, which) for _, name, which in given}, key=repr)
    columns = {period: number for number, period in enumerate(periods)}
    rows = {name: number for number, name in enumerate(series)}
    counts = np.full((len(series), len(periods)), np.nan)
    files = np.full(counts.shape, "", dtype=object)
    for (period, name, which), (value, file) in given.items():
        place = rows[name, which], columns[period]
        counts[place], files[place] = value, file
    names = tuple(name for name, _ in series)
    return Panel(table, frequency, names, tuple(periods), counts, _carried(files), columns[first])


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
    ((days, span),) = con.execute("select count(distinct date), max(date) - min(date) from waiting").fetchall()
    return _LISTS.replace("{period}", "%Y-%m" if days > 1 and span / (days - 1) > 20 else "%G-W%V")
