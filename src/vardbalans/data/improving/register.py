"""The register of measures in a data version: each with its plan, cards, events, estimates and starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.improving import AnalysisPlan, month_of
from vardbalans.engine.measures import PARAMETERS, Parameter, Status

__all__ = ["Entry", "Fixed", "register_of"]

Row = dict[str, Any]
_ZONE = ZoneInfo("Europe/Stockholm")
_DIVIDED = ("region", "division")  # levels whose effect is told by the clinics below


@dataclass(frozen=True)
class Fixed:
    """An analysis plan as it was fixed: *late* where the measure had begun by then."""

    plan: AnalysisPlan
    at: datetime
    author: str
    late: bool


@dataclass(frozen=True)
class Entry:
    """A measure of the register. *row* is that of the table, *starts* the day each unit begins, also those to come.

    *plans*, *cards*, *events* and *estimates* are in the order they were made; the last plan counts. A part of a
    measure that has no plan of its own is judged by that of the whole.
    """

    row: Row
    starts: Mapping[str, date]
    plans: tuple[Fixed, ...]
    cards: tuple[Row, ...]
    events: tuple[Row, ...]
    estimates: tuple[Row, ...]

    @property
    def measure_id(self) -> str:
        """Return the measure's id."""
        return str(self.row["measure_id"])

    @property
    def parameter(self) -> Parameter:
        """Return what the measure changes: the first of its point where the table does not say."""
        found: Parameter = self.row["parameter"] or PARAMETERS[self.row["point"]][0]
        return found

    @property
    def status(self) -> Status:
        """Return the status of the latest event, or the table's own."""
        found: Status = self.events[-1]["status"] if self.events else self.row["status"]
        return found

    @property
    def plan(self) -> AnalysisPlan | None:
        """Return the plan that counts: the last one fixed."""
        return self.plans[-1].plan if self.plans else None

    def begun(self, month: int) -> dict[str, date]:
        """Return where the measure has begun by the *month* with that running number."""
        return {unit: day for unit, day in self.starts.items() if month_of(day) <= month}

    @property
    def latest(self) -> tuple[Row, ...]:
        """Return the estimates of the newest month: on the whole first, then by unit."""
        newest = max((row["month"] for row in self.estimates), default=None)
        rows = [row for row in self.estimates if row["month"] == newest]
        return tuple(sorted(rows, key=lambda row: row["unit_id"] or ""))


def register_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], units: Mapping[str, Unit]
) -> tuple[Entry, ...]:
    """Return every measure of the data version, by id."""
    measures = _rows(connection, present, "measures", "measure_id")
    starts = _by_measure(_rows(connection, present, "measure_starts", "measure_id, unit_id"))
    plans = _by_measure(_rows(connection, present, "measure_plans", "measure_id, fixed_at"))
    cards = _by_measure(_rows(connection, present, "measure_cards", 'measure_id, cycle, "at"'))
    events = _by_measure(_rows(connection, present, "measure_events", 'measure_id, "at"'))
    estimates = _by_measure(_rows(connection, present, "measure_estimates", "measure_id, month, unit_id"))
    found = []
    for row in measures:
        name = row["measure_id"]
        given: dict[str, date] = {each["unit_id"]: each["starts"] for each in starts.get(name, ())}
        begins = _starts(row, given, units)
        fixed = tuple(_fixed(each, min(begins.values())) for each in plans.get(name) or plans.get(row["part_of"], []))
        rest = (tuple(table.get(name, ())) for table in (cards, events, estimates))
        found.append(Entry(row, begins, fixed, *rest))
    return tuple(found)


def _rows(connection: duckdb.DuckDBPyConnection, present: set[str], table: str, order: str) -> list[Row]:
    if table not in present:
        return []
    names = ", ".join(f'"{name}"' for name in TABLES[table].names)
    found: list[Row] = connection.sql(f"select {names} from {table} order by {order}").to_arrow_table().to_pylist()
    return found


def _by_measure(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["measure_id"], []).append(row)
    return found


def _starts(row: Row, given: Mapping[str, date], units: Mapping[str, Unit]) -> dict[str, date]:
    """Return the day each unit begins: the units named, and those of their level beside them in the measure's unit.

    A region's or division's measure that begins everywhere at once is told by its clinics.
    """
    top: str = row["unit_id"]
    unit = units.get(top)
    named = next((units[name].level for name in given if name in units), None)
    level = named or ("clinic" if unit and unit.level in _DIVIDED else None)
    starts: date = row["starts"]
    if unit is None or level is None:
        return {top: starts} | dict(given)
    taken = {below for name in given if name in units for below in units_below(units, name)}
    rest = [name for name in sorted(units_below(units, top)) if units[name].level == level and name not in taken]
    return dict.fromkeys(rest, starts) | dict(given)


def _fixed(row: Row, first: date) -> Fixed:
    day = row["fixed_at"].astimezone(_ZONE).date()
    others = tuple(filter(None, (name.strip() for name in (row["comparison"] or "").split(";"))))
    plan = AnalysisPlan(
        row["measure_id"],
        row["indicator"],
        row["better"],
        row["periods_after"],
        day,
        row["stop_after"],
        others,
        row["method"],
    )
    return Fixed(plan, row["fixed_at"], row["author"], day >= first)
