"""The waits of a data version as the engine measures them: each clock in SQL, beside what it is grouped by."""

from collections.abc import Iterable
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.engine.waitlist.rules import UNLIMITED, Limit
from vardbalans.engine.waitlist.waits import Waits

__all__ = ["clocks_of", "waits_in"]

_LIMITS = pa.schema(
    [
        ("place", pa.int64()),
        ("measure", pa.string()),
        ("days", pa.int64()),
        ("valid_from", pa.date32()),
        ("start", pa.string()),
        ("stops", pa.list_(pa.string())),
        ("services", pa.list_(pa.string())),
    ]
)


def clocks_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], limits: Iterable[Limit], first: date, after: date
) -> pa.Table:
    """Return the clock of each who waits the day before *after*, or was treated from *first* until then.

    A row per referral and measure; waits under no limit are measured too (measure ``none``). ``days`` is empty where
    the start is not known, and negative where it lies after the end.
    """
    for name in ("patients", "clock_stops"):
        if name not in present:
            connection.register(name, TABLES[name].schema().empty_table())
    rows = [
        {
            "place": place,
            "measure": limit.measure,
            "days": limit.days,
            "valid_from": limit.valid_from,
            "start": limit.start,
            "stops": sorted(limit.stops),
            "services": sorted(limit.services),
        }
        for place, limit in enumerate((*limits, UNLIMITED))
    ]
    connection.register("limits", pa.Table.from_pylist(rows, _LIMITS))
    return ask(connection, "waits_clock", first=first, after=after)


def waits_in(clocks: pa.Table) -> Waits:
    """Return rows of :func:`clocks_of` whose wait has begun as the engine's values."""

    def numbers(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.asarray(clocks[name].cast(pa.float64()).to_numpy(zero_copy_only=False))

    return Waits(
        numbers("days").astype(np.int64),
        numbers("stopped").astype(np.int64),
        clocks["deviates"].to_numpy(zero_copy_only=False).astype(bool),
        numbers("limit_days"),
        numbers("days_left"),
    )
