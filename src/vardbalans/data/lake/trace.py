"""From a figure back to its rows: conditions on columns, on dates, on who was waiting, and on a resource.

Beside the table's own columns a condition may name

* ``week``: the ISO week that the table's main date lies in;
* ``since`` and ``until``: periods; the main date lies from the first day of the one and before that of the other;
* ``open_at``: a day on which the person of a referral was waiting;
* ``removed_since`` and ``removed_until``: days between which a referral was closed without treatment;
* ``treated_since`` and ``treated_until``: days between which a referral was closed by treatment;
* ``lying_at``: a moment, local unless it tells its distance to UTC, at which the patient of a stay lay there;
* ``not_clinic``: other clinics are responsible;
* ``resource_id`` of absences: one that names no resource belongs to every resource its person is employed in.

Values of a column with a fixed choice, and units and services, may be several, divided by ``|``.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
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
    "referrals": ("received", "decided", "issued"),
    "stays": ("admitted",),
    "operations": ("planned_start",),
    "waiting": ("date",),
    "ledger": ("date",),
}
"""The column whose local date places a row in time; the first that has a value."""

Condition = tuple[str, list[Any]]
_SEVERAL = frozenset({"ward_id", "clinic_id", "service_id", "unit_id"})


def conditions(table: Table, where: Mapping[str, str], present: Collection[str] = ()) -> Condition:
    """Return the SQL condition for *where* and the values to bind; *present* are the tables there are.

    Raises UnknownName, BadPeriod.
    """
    parts, values = ["TRUE"], []
    for name, value in where.items():
        part, bound = _condition(table, name, value, present)
        parts.append(part)
        values += bound
    return " AND ".join(parts), values


def _condition(table: Table, name: str, value: str, present: Collection[str]) -> Condition:
    if name in ("week", "since", "until") and (table.name in MAIN_DATES or "period" in table.names):
        return _in_time(table, name, value)
    if name in _OF.get(table.name, {}):
        return _OF[table.name][name](value)
    if (table.name, name) == ("absences", "resource_id") and "employments" in present:
        return _OF_RESOURCE, [value, value]
    if name not in table.schema().names:
        raise UnknownName(Message("Kolumnen {column} finns inte i {table}.", column=name, table=table.name))
    if name in _SEVERAL or (name in table.names and table.column(name).choices):
        chosen = value.split("|")
        return f'"{name}"::VARCHAR IN ({", ".join("?" * len(chosen))})', list(chosen)
    return f'"{name}"::VARCHAR = ?', [value]


_ARRIVED = f"coalesce({', '.join(MAIN_DATES['referrals'])})"
_OF_REFERRALS = {
    "open_at": f"{_ARRIVED} < ? AND (closed IS NULL OR closed >= ?)",
    "removed_since": "closed >= ? AND closed_reason IS DISTINCT FROM 'treated'",
    "removed_until": "closed < ? AND closed_reason IS DISTINCT FROM 'treated'",
    "treated_since": "closed >= ? AND closed_reason = 'treated'",
    "treated_until": "closed < ? AND closed_reason = 'treated'",
}


def _lying_at(value: str) -> Condition:
    moment = datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
    return "admitted <= ? AND (discharged IS NULL OR discharged > ?)", [moment, moment]


def _not_clinic(value: str) -> Condition:
    clinics = value.split("|")
    return f"clinic_id NOT IN ({', '.join('?' * len(clinics))})", list(clinics)


def _of_referral(name: str) -> Callable[[str], Condition]:
    return lambda value: (_OF_REFERRALS[name], [_day(value)] * _OF_REFERRALS[name].count("?"))


_OF: Mapping[str, Mapping[str, Callable[[str], Condition]]] = {
    "referrals": {name: _of_referral(name) for name in _OF_REFERRALS},
    "stays": {"lying_at": _lying_at, "not_clinic": _not_clinic},
}
_OF_RESOURCE = (
    "(resource_id = ? OR resource_id IS NULL "
    "AND person_key IN (SELECT person_key FROM employments WHERE resource_id = ?))"
)


def _in_time(table: Table, name: str, text: str) -> Condition:
    period = Period.parse(text)
    if name == "week" and period.frequency != "week":
        raise BadPeriod(Message("{text} är ingen vecka. Skriv till exempel 2026-W05.", text=text))
    if table.name not in MAIN_DATES:
        # Periods of one frequency sort as their text does.
        return f"period {'=' if name == 'week' else '>=' if name == 'since' else '<'} ?", [text]
    main = MAIN_DATES[table.name]
    moment = f"coalesce({', '.join(main)})" if len(main) > 1 else f'"{main[0]}"'
    # Bounds, not a function of the column: DuckDB can skip whole row groups by them.
    timed = table.column(main[0]).type == "datetime"
    first, last = (datetime.combine(day, time(), LOCAL) if timed else day for day in (period.start, period.end))
    if name == "week":
        return f"{moment} >= ? AND {moment} < ?", [first, last]
    return (f"{moment} >= ?", [first]) if name == "since" else (f"{moment} < ?", [first])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadPeriod(Message("{text} är ingen dag. Skriv till exempel 2026-05-17.", text=text)) from error
