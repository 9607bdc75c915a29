"""The dated events that people have written down, by the service whose chart they explain."""

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from vardbalans.data.unit_tree import units_above
from vardbalans.engine.catalogue import Service, Unit

__all__ = ["annotations_of"]

_QUERY = """
    select annotation_id, unit_id, service_id, date_from, date_to, text, kind
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
            }
            for name, _unit, _service, first, last, text, kind in mine
        ]
    return found
