"""Whom to call before their visit: what is booked ahead, with how often slots of the kind are lost.

Late cancellations and missed visits are needs that turn out false when it is too late to give the slot to another. The
list has contacts by their own id and no patient; it is in order of time, since nothing here weighs one patient against
another.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from vardbalans.data.lake import Lake
from vardbalans.data.load.events import span_of
from vardbalans.data.load.rules import small_numbers_on
from vardbalans.data.queries import ask
from vardbalans.data.unit_tree import units_below, units_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["calls_ahead"]

Row = dict[str, Any]


def calls_ahead(store: Path, *, days: int, unit: str | None = None) -> Row:
    """Return the document of what is booked in the *days* after the last whole week, in *unit* and below (None: all).

    ``lost_share`` is the service's over the year before; None where fewer are lost than may be told. Raises BadInput
    without contacts, or for a unit that is not there.
    """
    lake = Lake(store)
    head = lake.required_head()
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        span = span_of(connection, present, head.at.date()) if "contacts" in present else None
        if span is None:
            raise BadInput(Message("Listan kräver tabellen Vårdkontakter med minst en hel vecka."))
        units = units_of(connection, present)
        if unit is not None and unit not in units:
            raise BadInput(Message("Enheten {id} finns inte i data.", id=unit))
        below = units_below(units, unit) if unit else None
        smallest = small_numbers_on(connection, present, span.until)["inside"]
        rows = ask(connection, "booked_ahead", since=span.until, until=span.until + timedelta(days=days)).to_pylist()
    chosen = [row for row in rows if below is None or row["unit_id"] in below]
    return {
        "version": head.number,
        "first": span.until.isoformat(),
        "contacts": [
            {
                "contact_id": row["contact_id"],
                "starts_at": row["starts_at"].isoformat(),
                "unit_id": row["unit_id"],
                "service_id": row["service_id"],
                "lost_share": row["lost"] / row["held"] if row["held"] and not 0 < row["lost"] < smallest else None,
            }
            for row in chosen
        ],
        "findings": [],
    }
