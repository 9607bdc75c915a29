"""The dated events that people have written down, by the service whose chart they explain."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import duckdb

from vardbalans.data.unit_tree import units_above
from vardbalans.engine.catalogue import Service, Unit
from vardbalans.engine.inputs import Event

__all__ = ["annotations_of", "events_of"]

_QUERY = """
    select annotation_id, unit_id, service_id, date_from, date_to, text, kind, effect
    from annotations order by date_from, annotation_id
"""


def annotations_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], services: Iterable[Service], units: Mapping[str, Unit]
) -> dict[str, list[dict[str, Any]]]:
    """Return service id → the annotations of it, of its unit, of a unit above that, or of everything; oldest first."""
    if "annotations" not in present:
        return {}
    rows = connection.cursor().execute(_QUERY).fetchall()
    found = {}
    for service in services:
        places = {"", None, *units_above(units, service.unit_id)}
        mine = [row for row in rows if row[1] in places and row[2] in {None, "", service.service_id}]
        found[service.service_id] = [
            {
                "annotation_id": name,
                "date_from": first.isoformat(),
                "date_to": last.isoformat() if last else None,
                "text": text,
                "kind": kind or "",
                "effect": effect or "",
            }
            for name, _unit, _service, first, last, text, kind, effect in mine
        ]
    return found


def events_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], services: Iterable[Service], units: Mapping[str, Unit]
) -> dict[str, tuple[Event, ...]]:
    """Return service id → what its annotations say that a forecast should do with them."""
    return {
        name: tuple(
            Event(row["effect"], date.fromisoformat(row["date_from"]), _day(row["date_to"]))
            for row in rows
            if row["effect"]
        )
        for name, rows in annotations_of(connection, present, services, units).items()
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
