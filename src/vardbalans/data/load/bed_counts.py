"""Counted beds of a data version as the engine takes them: a series per unit and category, without holes in time."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import duckdb
import numpy as np

from vardbalans.data.tables import TABLES
from vardbalans.engine.beds.counted import CountedBeds
from vardbalans.engine.errors import BadInput
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats

__all__ = ["NO_COUNTS", "bed_counts"]

NO_COUNTS = TABLES["bed_counts"].needed_for
_UNTOLD = (None,) * 4


def bed_counts(
    connection: duckdb.DuckDBPyConnection, present: set[str]
) -> tuple[tuple[CountedBeds, ...], Mapping[str, str]]:
    """Return the series, and how each (by name) was counted. Raises BadInput without the table."""
    if "bed_counts" not in present:
        raise BadInput(NO_COUNTS)
    rows = connection.execute(
        "select unit_id, category, period, available, occupied, overcrowded, outliers, coalesce(counted, '') "
        "from bed_counts order by unit_id, category, period"
    ).fetchall()
    found, how = [], {}
    for (unit, category), each in groupby(rows, lambda row: (row[0], row[1])):
        told = list(each)
        series = _series(unit, category, told)
        found.append(series)
        how[series.name] = told[-1][-1]
    return tuple(found), how


def _series(unit: str, category: str, rows: list[tuple[Any, ...]]) -> CountedBeds:
    by_period = {Period.parse(row[2]): row[3:7] for row in rows}
    start, last = min(by_period), max(by_period)
    values: list[Floats] = []
    period = start
    while period <= last:
        told = by_period.get(period, _UNTOLD)
        values.append(np.array([np.nan if value is None else value for value in told], np.float64))
        period = period.next(1)
    return CountedBeds(unit, category, start, *np.array(values).T)
