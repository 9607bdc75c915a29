"""What is agreed to be done in a year: the one place that a follow-up reads its plan from.

First the approved production plans, week by week; where a service has none, its order, by the volume spoken of last.
An order that is rejected is no plan.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pyarrow as pa

from vardbalans.data.lake import Lake, Version
from vardbalans.data.orders_run import orders_of
from vardbalans.data.tables import TABLES
from vardbalans.engine.follow_up import Agreed, Approved
from vardbalans.engine.periods import Period

__all__ = ["agreed_volumes", "approved_plans", "plan_is_stored", "plan_rows"]

_COLUMNS = "service_id, year, approved_at, unit_id, plan, version, approved_by, week, slots"


def agreed_volumes(lake: Lake, version: Version, year: int) -> dict[str, Agreed]:
    """Return service id → its volume in the calendar *year*; a service that nothing is said of is left out."""
    if "orders" not in version.tables:
        return {}
    found: dict[str, Agreed] = {}
    for order in orders_of(lake, version, year).values():
        if order.status != "rejected":
            found[order.service_id] = Agreed(order.spoken_of, order.status == "accepted")
    return found


def approved_plans(lake: Lake, version: Version) -> dict[str, list[Approved]]:
    """Return service id → its approved plans, one for each year: the one approved last that plans the service."""
    if "agreed_plans" not in version.tables:
        return {}
    with lake.connect(version.number) as connection:
        rows = connection.execute(f"select {_COLUMNS} from agreed_plans order by all").fetchall()
    found: dict[str, list[Approved]] = {}
    for (service, _year), of_year in groupby(rows, key=lambda row: row[:2]):
        (_, year, at, unit, name, number, by), weeks = _last(groupby(of_year, key=lambda row: row[:7]))
        found.setdefault(service, []).append(Approved(unit, name, number, year, weeks, by, at))
    return found


def _last(plans: Iterable[tuple[Any, Any]]) -> tuple[Any, dict[Period, float]]:
    """Return the last of *plans*, which are in order of when they were approved, with its slots by week."""
    kept = [(plan, {Period.parse(row[7]): row[8] for row in rows}) for plan, rows in plans]
    return kept[-1]


def plan_is_stored(lake: Lake, head: Version, unit_id: str, plan: str, year: int, number: int) -> bool:
    """Tell whether the version *number* of a plan is in the data already."""
    if "agreed_plans" not in head.tables:
        return False
    where = "unit_id = ? and plan = ? and year = ? and version = ?"
    with lake.connect(head.number) as connection:
        query = f"select count(*) from agreed_plans where {where}"
        return bool(connection.execute(query, [unit_id, plan, year, number]).fetchall()[0][0])


def plan_rows(approved: Iterable[tuple[str, Approved]]) -> pa.Table:
    """Return (service id, what is approved of it) as rows of the table of agreed plans."""
    rows = [
        {
            "unit_id": plan.unit_id,
            "plan": plan.name,
            "year": plan.year,
            "version": plan.version,
            "service_id": service_id,
            "week": str(week),
            "slots": slots,
            "approved_at": plan.at,
            "approved_by": plan.by,
            "_file": "page Plan",
        }
        for service_id, plan in approved
        for week, slots in plan.slots.items()
    ]
    numbered = [row | {"_row": number} for number, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(numbered, TABLES["agreed_plans"].schema())
