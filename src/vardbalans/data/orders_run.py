"""Orders on a store: read with what has been answered, weighed against a run of their year, and answered.

What is answered is a row of its own in the lake, dated and never changed: the history is the rows.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from vardbalans.data.findings import note_row
from vardbalans.data.identity.masking import masked
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load import load
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.orders import Answer, Order, OrderStatus, Weighed, weigh
from vardbalans.engine.scenario import Settings, run

__all__ = ["answer_order", "orders_of", "weigh_orders"]

Row = dict[str, Any]


def orders_of(lake: Lake, version: Version, year: int | None = None) -> dict[tuple[str, str, int], Order]:
    """Return (unit, service, year) → order of a data version, with its answers. Raises BadInput where there are none.

    Rows that do not follow from each other are taken as they stand; new ones are held to the rules.
    """
    if "orders" not in version.tables:
        raise BadInput(Message("Det finns inga beställningar i data. Fyll i tabellen Beställning."))
    answers: dict[tuple[str, str, int], list[Answer]] = {}
    with lake.connect(version.number) as connection:
        rows = connection.execute("select unit_id, service_id, year, volume from orders order by all").fetchall()
        if "order_events" in version.tables:
            for unit, service, at_year, at, status, author, volume, reason in connection.execute(
                "select unit_id, service_id, year, \"at\", status, author, volume, coalesce(reason, '') "
                'from order_events order by "at"'
            ).fetchall():
                answers.setdefault((unit, service, at_year), []).append(Answer(at, status, author, volume, reason))
    return {
        (unit, service, asked): Order(unit, service, asked, volume, tuple(answers.get((unit, service, asked), ())))
        for unit, service, asked, volume in rows
        if year in (None, asked)
    }


def weigh_orders(store: Path, year: int, settings: Settings, *, unit: str | None = None) -> Row:
    """Return the document of the orders of *year* for *unit* and those below it (None: all). Raises BadInput."""
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head, year=year)
    below = units_below(inputs.units, unit) if unit else None
    orders = orders_of(lake, head, year)
    if not orders:
        raise BadInput(Message("Det finns inga beställningar för {year}.", year=year))
    outcome = run(inputs, settings)
    weighed = weigh(outcome, orders.values())
    there = {row.order.service_id for row in weighed}
    left = [order for order in orders.values() if order.service_id not in there]
    return {
        "version": inputs.version,
        "seed": settings.seed,
        "draws": settings.draws,
        "year": year,
        "weeks": [str(inputs.weeks[0]), str(inputs.weeks[-1])],
        "orders": [_weighed(row) for row in weighed if below is None or row.order.unit_id in below],
        "findings": [
            note_row(
                Message("Beställningen av {id} kan inte vägas: vårdtjänsten är inte med.", id=order.service_id),
                "order_note",
            )
            for order in left
        ],
    }


def answer_order(
    store: Path,
    place: tuple[str, str, int],
    status: OrderStatus,
    *,
    author: str,
    at: datetime,
    volume: float | None = None,
    reason: str = "",
) -> Row:
    """Add an answer to the order at *place* (unit, service, year), and return it as it then stands. Raises BadInput."""
    lake = Lake(store)
    head = lake.required_head()
    found = orders_of(lake, head).get(place)
    if found is None:
        raise BadInput(
            Message(
                "Ingen beställning av {service} på {unit} för {year}.", unit=place[0], service=place[1], year=place[2]
            )
        )
    if not author.strip():
        raise BadInput(Message("Ange vilken funktion som gör det, till exempel Verksamhetschef ortopedi."))
    if masked(author + " " + reason) != author + " " + reason:
        raise BadInput(Message("Texten liknar ett personnummer. Skriv utan personuppgifter."))
    order = found.answered(Answer(at, status, author, volume, reason))
    row: Mapping[str, Any] = {
        "unit_id": place[0],
        "service_id": place[1],
        "year": place[2],
        "at": at,
        "status": status,
        "author": author,
        "volume": volume,
        "reason": reason or None,
        "_file": "vardbalans orders answer",
        "_row": len(order.answers),
    }
    version = lake.commit(
        {"order_events": pa.Table.from_pylist([dict(row)], TABLES["order_events"].schema())},
        by=author,
        at=at,
        expected_head=head.number,
    )
    return {"version": version.number, "order": _order(order), "findings": []}


def _order(order: Order) -> Row:
    return {
        "unit_id": order.unit_id,
        "service_id": order.service_id,
        "year": order.year,
        "ordered": order.volume,
        "spoken_of": order.spoken_of,
        "agreed": order.agreed,
        "status": order.status,
        "history": [
            {
                "at": row.at.astimezone(ZoneInfo("Europe/Stockholm")).isoformat(),
                "status": row.status,
                "author": row.author,
                "volume": row.volume,
                "reason": row.reason or None,
            }
            for row in order.answers
        ],
    }


def _weighed(row: Weighed) -> Row:
    return {
        **_order(row.order),
        "volume": row.volume,
        "need": row.need,
        "planned": row.planned,
        "feasible": row.feasible,
        "possible": row.possible,
        "probability": row.probability,
        "cost_ore": row.cost_ore,
        "extra_ore": row.extra_ore,
        "resources": [
            {
                "resource_id": part.resource_id,
                "resource_name": part.name,
                "measure": part.measure,
                "takes": part.takes,
                "available": part.available,
                "others": part.others,
                "short": part.short,
            }
            for part in row.taken
        ],
        "why": [str(what) for what in row.why],
    }
