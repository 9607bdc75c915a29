"""The units of a data version, and where one stands among the others."""

from collections.abc import Collection, Mapping

import duckdb

from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["units_above", "units_below", "units_of"]


def units_of(connection: duckdb.DuckDBPyConnection, present: Collection[str]) -> dict[str, Unit]:
    """Return unit id → unit, in order of id, of the data version whose tables *present* are on *connection*."""
    if "units" not in present:
        return {}
    query = "select unit_id, name, level, coalesce(parent_id, '') from units order by unit_id"
    return {row[0]: Unit(*row) for row in connection.execute(query).fetchall()}


def units_below(units: Mapping[str, Unit], unit_id: str) -> frozenset[str]:
    """Return *unit_id* and every unit below it. Raises BadInput for an unknown unit."""
    if unit_id not in units:
        raise BadInput(Message("Enheten {unit} finns inte i data.", unit=unit_id))
    found = {unit_id}
    while more := {name for name, unit in units.items() if unit.parent_id in found} - found:
        found |= more
    return frozenset(found)


def units_above(units: Mapping[str, Unit], unit_id: str) -> frozenset[str]:
    """Return *unit_id* and every unit above it."""
    found: set[str] = set()
    while unit_id and unit_id not in found:
        found.add(unit_id)
        unit_id = units[unit_id].parent_id if unit_id in units else ""
    return frozenset(found)
