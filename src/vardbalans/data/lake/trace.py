"""From a figure back to its rows: conditions on columns, on the week a row's main date lies in, and on a resource.

An absence may name no resource; it then belongs to every resource its person is employed in.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from vardbalans.data.lake.errors import UnknownName
from vardbalans.data.tables import Table
from vardbalans.engine.errors import BadPeriod
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["LOCAL", "MAIN_DATES", "conditions"]

LOCAL = ZoneInfo("Europe/Stockholm")

MAIN_DATES = {
    "contacts": ("starts_at",),
    "referrals": ("received", "issued"),
    "stays": ("admitted",),
    "operations": ("planned_start",),
}
"""The column whose local date places a row in a week; the first that has a value."""


def conditions(table: Table, where: Mapping[str, str], present: Collection[str] = ()) -> tuple[str, list[Any]]:
    """Return the SQL condition for *where* and the values to bind; *present* are the tables there are.

    Raises UnknownName, BadPeriod.
    """
    parts, values = ["TRUE"], []
    for name, value in where.items():
        if name == "week" and table.name in MAIN_DATES:
            part, bound = _in_week(table, value)
        elif (table.name, name) == ("absences", "resource_id") and "employments" in present:
            part, bound = _OF_RESOURCE, [value, value]
        elif name in table.schema().names:
            part, bound = f'"{name}"::VARCHAR = ?', [value]
        else:
            raise UnknownName(Message("Kolumnen {column} finns inte i {table}.", column=name, table=table.name))
        parts.append(part)
        values += bound
    return " AND ".join(parts), values


_OF_RESOURCE = (
    "(resource_id = ? OR resource_id IS NULL "
    "AND person_key IN (SELECT person_key FROM employments WHERE resource_id = ?))"
)


def _in_week(table: Table, text: str) -> tuple[str, list[Any]]:
    week = Period.parse(text)
    if week.frequency != "week":
        raise BadPeriod(Message("{text} är ingen vecka. Skriv till exempel 2026-W05.", text=text))
    main = MAIN_DATES[table.name]
    date = f"coalesce({', '.join(main)})" if len(main) > 1 else main[0]
    bounds: list[Any] = [week.start, week.end]
    if table.column(main[0]).type == "datetime":
        # Bounds, not a function of the column: DuckDB can skip whole row groups by them.
        bounds = [datetime.combine(day, time(), LOCAL) for day in bounds]
    return f"{date} >= ? AND {date} < ?", bounds
