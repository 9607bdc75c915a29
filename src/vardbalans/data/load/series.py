"""Small steps shared by the loaders: rows into groups, and given periods into consecutive series."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import numpy as np

from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Series
from vardbalans.engine.periods import Period

__all__ = ["given_series", "grouped", "summed_series", "weekly_series"]

Row = dict[str, Any]


def grouped(rows: Iterable[Row], *keys: str) -> list[tuple[Any, list[Row]]]:
    """Group *rows* by *keys* in order of first appearance: one key gives its value, several a tuple."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        name = row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)
        groups.setdefault(name, []).append(row)
    return list(groups.items())


def given_series(rows: Iterable[Row], source: Source) -> Series:
    """Return the run of consecutive periods that ends last; a gap before it is not filled by guessing."""
    values = {Period.parse(row["period"]): row["value"] for row in rows}
    run = [max(values)]
    while run[-1].next(-1) in values:
        run.append(run[-1].next(-1))
    return Series(run[-1], np.array([values[period] for period in reversed(run)], dtype=np.float64), source)


def weekly_series(pairs: Iterable[tuple[date, int]], start: Period, until: date, source: Source) -> Series:
    """Return counts from *start* to *until*; a week without a row had none, since the source lists every event."""
    values = np.zeros((until - start.start).days // 7)
    for week, count in pairs:
        index = (week - start.start).days // 7
        if 0 <= index < len(values):
            values[index] = count
    return Series(start, values, source)


def summed_series(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Series]:
    """Return service id → the series given ready in *table* (counts, inflow or outflow), summed over its sources."""
    query = f"select service_id, period, sum(value) as value from {table} group by all order by all"
    rows = connection.sql(query).to_arrow_table().to_pylist()
    return {name: given_series(group, Source.of(table, service_id=name)) for name, group in grouped(rows, "service_id")}
