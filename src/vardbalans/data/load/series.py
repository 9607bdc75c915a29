"""Series given ready by the region: counts, inflow, outflow and waiting, brought onto common periods."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

import duckdb
import numpy as np

from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import ListState, Series
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["Row", "counted_at_end", "given_lists", "grouped", "summed_series"]

T = TypeVar("T")
Row = dict[str, Any]
Values = dict[Period, float]
# How many days before a period's end the list may have been counted; the day after the end will do as well.
COUNTED_WITHIN = {"week": 3, "month": 7}


def grouped(rows: Iterable[Row], *keys: str) -> list[tuple[Any, list[Row]]]:
    """Group *rows* by *keys* in order of first appearance: one key gives its value, several a tuple."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        name = row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)
        groups.setdefault(name, []).append(row)
    return list(groups.items())


def summed_series(
    connection: duckdb.DuckDBPyConnection, table: str, say: Callable[[str, Message], None]
) -> dict[str, Series]:
    """Return service id → the series given ready in *table*, its sources summed over the periods all of them have.

    Days are summed to whole ISO weeks. Of periods with a gap, those after it are kept: a gap is not filled by guessing.
    What had to be left out is told to *say* (service id, sentence).
    """
    query = f"select service_id, series_id, period, value from {table} order by all"
    rows = connection.cursor().sql(query).to_arrow_table().to_pylist()
    found = {}
    for service_id, group in grouped(rows, "service_id"):
        sources = [_in_weeks(_values(part)) for _, part in grouped(group, "series_id")]
        if len({period.frequency for source in sources for period in source}) > 1:
            say(service_id, Message("serierna blandar veckor och månader och används inte"))
            continue
        common = set.intersection(*(set(source) for source in sources)) if sources else set()
        run = _last_run(common)
        if not run:
            continue
        if len(run) < max(len(source) for source in sources):
            say(service_id, Message("bara {first} till {last} används: där saknas inget", first=run[0], last=run[-1]))
        values = np.array([sum(source[period] for source in sources) for period in run], dtype=np.float64)
        found[service_id] = Series(run[0], values, Source.of(table, service_id=service_id))
    return found


def _values(rows: Iterable[Row]) -> Values:
    return {Period.parse(row["period"]): row["value"] for row in rows}


def _in_weeks(values: Values) -> Values:
    """Sum a daily series to the ISO weeks that are whole in it."""
    if not values or next(iter(values)).frequency != "day":
        return values
    days = {period.start: value for period, value in values.items()}
    weeks = {Period.week_of(day) for day in days}
    return {week: sum(days[day] for day in week.days) for week in weeks if all(day in days for day in week.days)}


def _last_run(periods: Iterable[Period]) -> list[Period]:
    """Return the consecutive periods that end last."""
    there = set(periods)
    run = [max(there)] if there else []
    while run and run[-1].next(-1) in there:
        run.append(run[-1].next(-1))
    return run[::-1]


def given_lists(
    connection: duckdb.DuckDBPyConnection,
    inflow: Mapping[str, Series],
    outflow: Mapping[str, Series],
    say: Callable[[str, Message], None],
) -> dict[str, ListState]:
    """Return service id → its list, where inflow, outflow and counts of waiting meet in the same periods."""
    states = {}
    for service_id, counts in _waiting(connection).items():
        if service_id in inflow and service_id in outflow:
            state = _aligned(inflow[service_id], outflow[service_id], counts, service_id)
            if state is None:
                say(service_id, Message("väntande är inte räknade vid periodernas slut; listan används inte"))
            else:
                states[service_id] = state
    return states


def _waiting(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[date, float]]:
    """Service id → day → waiting: the row for a whole list where there is one, on days that no unit lacks."""
    query = """
        with lists as (
            select service_id, unit_id, date,
                coalesce(
                    max(count) filter (where days_from = 0 and days_to is null),
                    sum(count)
                ) as waiting
            from waiting group by all
        ),
        units as (select service_id, count(distinct unit_id) as units from lists group by all)
        select service_id, date, sum(waiting)
        from lists join units using (service_id)
        group by service_id, date, units having count(*) = units
        order by all
    """
    found: dict[str, dict[date, float]] = {}
    for service_id, day, count in connection.cursor().execute(query).fetchall():
        found.setdefault(service_id, {})[day] = float(count)
    return found


def _aligned(inflow: Series, treated: Series, counts: Mapping[date, float], name: str) -> ListState | None:
    """Cut the three to the latest run of periods that all of them have."""
    ends = {period: counted_at_end(period, counts) for period in {*inflow.periods, *treated.periods}}
    run = _last_run(period for period in set(inflow.periods) & set(treated.periods) if ends[period] is not None)
    if not run:
        return None
    waiting = Series(run[0], np.array([ends[period] for period in run]), Source.of("waiting", service_id=name))
    opening = counted_at_end(run[0].next(-1), counts)
    return ListState(_part(inflow, run), _part(treated, run), waiting, None, opening)


def counted_at_end(period: Period, counts: Mapping[date, T]) -> T | None:
    """Return the list as it was counted nearest the period's end, or None where it was not."""
    last = period.end - timedelta(days=1)
    near = [last, period.end, *(last - timedelta(days=n) for n in range(1, COUNTED_WITHIN.get(period.frequency, 0)))]
    return next((counts[day] for day in near if day in counts), None)


def _part(series: Series, run: list[Period]) -> Series:
    first = series.periods.index(run[0])
    return Series(run[0], series.values[first : first + len(run)], series.source)
