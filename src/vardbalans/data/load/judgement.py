"""The planners' adjustments of a data version, as the engine reads them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import duckdb

from vardbalans.data.unit_tree import units_above
from vardbalans.engine.catalogue import Service, Unit
from vardbalans.engine.inputs import Adjustment
from vardbalans.engine.messages import Message

__all__ = ["adjustments_of"]

_QUERY = """
    select service_id, unit_id, adjustment_id, date_from, date_to, made_at::date, author, author_level, reason,
        per_week, factor
    from adjustments where made_at <= $1 order by made_at, adjustment_id
"""


def adjustments_of(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    at: datetime,
    services: Iterable[Service],
    units: Mapping[str, Unit],
    say: Callable[[str, Message], None],
) -> tuple[Adjustment, ...]:
    """Return the adjustments of *services* that had been made by *at*, in the order they were made.

    One that names another unit than the service's own or one above it is not used, and *say* is told so.
    """
    if "adjustments" not in present:
        return ()
    owners = {service.service_id: service.unit_id for service in services}
    found = []
    for service_id, unit_id, *values in connection.cursor().execute(_QUERY, [at]).fetchall():
        if service_id not in owners:
            continue
        if unit_id and unit_id not in units_above(units, owners[service_id]):
            say(service_id, Message("justering {id} gäller en annan enhet och används inte", id=values[0]))
            continue
        name, *rest = values
        found.append(Adjustment(name, service_id, *rest))
    return tuple(found)
