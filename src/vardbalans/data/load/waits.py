"""The waits of a data version as the engine measures them: each clock in SQL, beside what it is grouped by."""

from collections.abc import Iterable
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_below, units_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.lists import Priorities
from vardbalans.engine.waitlist.rules import UNLIMITED, Limit
from vardbalans.engine.waitlist.waits import Waits

__all__ = ["clocks_of", "priorities_of", "services_below", "waits_in"]

_LIMITS = pa.schema(
    [
        ("place", pa.int64()),
        ("measure", pa.string()),
        ("days", pa.int64()),
        ("valid_from", pa.date32()),
        ("start", pa.string()),
        ("stops", pa.list_(pa.string())),
        ("excludes", pa.list_(pa.string())),
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
            "excludes": sorted(limit.excludes),
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


def priorities_of(connection: duckdb.DuckDBPyConnection, present: set[str]) -> Priorities:
    """Return what the recorded priorities mean; nothing where the table is absent."""
    if "priorities" not in present:
        return Priorities()
    rows = connection.execute("select priority, name, urgent from priorities order by place, priority").fetchall()
    return Priorities(
        tuple(priority for priority, _, _ in rows),
        frozenset(priority for priority, _, urgent in rows if urgent),
        {priority: name for priority, name, _ in rows if name},
    )


def services_below(
    connection: duckdb.DuckDBPyConnection, present: set[str], unit: str | None = None, service: str | None = None
) -> dict[str, tuple[str, str]]:
    """Service id → (name, unit id) of all, of *unit* and the units below it, or of *service* alone. Raises BadInput."""
    rows = connection.execute("select service_id, name, unit_id from services order by all").fetchall()
    found = {row[0]: (row[1], row[2]) for row in rows}
    if unit is not None:
        below = units_below(units_of(connection, present), unit)
        found = {name: row for name, row in found.items() if row[1] in below}
    if service is not None:
        if service not in found:
            raise BadInput(Message("Vårdtjänsten {service} finns inte i data.", service=service))
        found = {service: found[service]}
    return found
