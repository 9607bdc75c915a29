"""Resources from a data version: opening hours, utilisation, posts with their absence, and what takes their time."""

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import numpy as np

from vardbalans.data.load.series import Row, grouped
from vardbalans.data.queries import ask
from vardbalans.engine.catalogue import Dated, NonClinical, Opening, Resource, ServiceStop
from vardbalans.engine.inputs import ResourceInput, Staffing
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["resource_inputs"]


def resource_inputs(
    connection: duckdb.DuckDBPyConnection, present: set[str], weeks: Sequence[Period], first: date, calendar: Calendar
) -> tuple[ResourceInput, ...]:
    """Return every resource of the data version; history for absence begins at *first*."""
    if "resources" not in present:
        return ()
    openings = _openings(connection, present)
    shares = _dated(connection, present, "utilisation", "share")
    norms = _dated(connection, present, "norms", "per_week")
    other = _non_clinical(connection, present)
    stops = _stops(connection, present)
    staffing = _staffing(connection, present, weeks, first, calendar)
    rows = connection.execute(
        "select resource_id, name, unit_id, kind, shift_minutes from resources order by resource_id"
    ).fetchall()
    return tuple(
        ResourceInput(
            Resource(*row),
            calendar,
            openings.get(row[0], ()),
            shares.get(row[0], ()),
            staffing.get(row[0]) if row[3] == "staff" else None,
            other.get(row[0], ()),
            stops.get(row[0], ()),
            norms.get(row[0], ()),
        )
        for row in rows
    )


def _openings(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, tuple[Opening, ...]]:
    if "openings" not in present:
        return {}
    rows = connection.execute(
        "select resource_id, sets, minutes, open_holidays, coalesce(valid_from, date '1900-01-01'), valid_to, "
        "weekday, week, date from openings order by all"
    ).fetchall()
    found: dict[str, list[Opening]] = {}
    for resource_id, *row in rows:
        found.setdefault(resource_id, []).append(Opening(*row))
    return {name: tuple(items) for name, items in found.items()}


def _dated(
    connection: duckdb.DuckDBPyConnection, present: set[str], table: str, column: str
) -> dict[str, tuple[Dated[float], ...]]:
    if table not in present:
        return {}
    rows = connection.execute(f"select resource_id, valid_from, {column} from {table} order by all").fetchall()
    found: dict[str, list[Dated[float]]] = {}
    for resource_id, valid_from, value in rows:
        found.setdefault(resource_id, []).append(Dated(valid_from, value))
    return {name: tuple(items) for name, items in found.items()}


def _non_clinical(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, tuple[NonClinical, ...]]:
    if "non_clinical" not in present:
        return {}
    rows = connection.execute(
        "select resource_id, kind, minutes, movable, coalesce(valid_from, date '1900-01-01'), valid_to, weekday, week, "
        "date from non_clinical order by all"
    ).fetchall()
    found: dict[str, list[NonClinical]] = {}
    for resource_id, *row in rows:
        found.setdefault(resource_id, []).append(NonClinical(*row))
    return {name: tuple(items) for name, items in found.items()}


def _stops(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, tuple[ServiceStop, ...]]:
    if "maintenance" not in present:
        return {}
    rows = connection.execute("select resource_id, date, sets, minutes from maintenance order by all").fetchall()
    found: dict[str, list[ServiceStop]] = {}
    for resource_id, *row in rows:
        found.setdefault(resource_id, []).append(ServiceStop(*row))
    return {name: tuple(items) for name, items in found.items()}


def _staffing(
    connection: duckdb.DuckDBPyConnection, present: set[str], weeks: Sequence[Period], first: date, calendar: Calendar
) -> dict[str, Staffing]:
    """Absence through the year is the resource's own level times the region's profile by ISO week.

    Vacation and other absence each by itself: someone on parental leave all year is not away twice in July. A resource
    has few people: its own share week by week is mostly chance, its level and the region's summer are not.
    """
    if "employments" not in present:
        return {}
    if "absences" not in present:
        connection.execute(
            "create or replace temp view absences as select null::text as person_key, null::text as resource_id, "
            "null::date as date_from, null::date as date_to, null::text as kind where false"
        )
    begin = Period.week_of(first).next().start
    holidays = sorted(calendar.holidays)
    rows = ask(connection, "staffing_by_week", first=begin, last=weeks[-1].start, holidays=holidays).to_pylist()
    history = [row for row in rows if row["week"] < weeks[0].start]
    profiles = {kind: _profile(history, kind) for kind in KINDS}
    levels = {kind: _level(history, kind, 0.0) for kind in KINDS}
    return {name: _posts(group, weeks, profiles, levels) for name, group in grouped(rows, "resource_id")}


def _level(past: list[Row], kind: str, otherwise: float) -> float:
    """Return the mean share of absence; *otherwise* for a group that has no past of its own."""
    worked = sum(row["worked"] * row["fte"] for row in past)
    return sum(row[kind] for row in past) / worked if worked else otherwise


KINDS = ("vacation_days", "other_days")


def _profile(history: list[Row], kind: str) -> Floats:
    """Return the region's absence by ISO week over its mean (53,); week 53 is read as 52 where it has no history."""
    absent, employed = np.zeros(53), np.zeros(53)
    for row in history:
        week = row["week"].isocalendar().week - 1
        absent[week] += row[kind]
        employed[week] += row["worked"] * row["fte"]
    if absent.sum() == 0:
        return np.ones(53)
    mean = absent.sum() / employed.sum()
    seen = employed > 0
    profile = np.where(seen, absent / np.where(seen, employed, 1), mean) / mean
    if not seen[52]:
        profile[52] = profile[51]
    return np.asarray(profile)


def _posts(
    rows: list[Row], weeks: Sequence[Period], profiles: Mapping[str, Floats], region: Mapping[str, float]
) -> Staffing:
    start = weeks[0].start
    past = [row for row in rows if row["week"] < start]
    expected = np.sum([_level(past, kind, region[kind]) * profiles[kind] for kind in KINDS], axis=0)
    fte, known = np.zeros(len(weeks)), np.zeros(len(weeks))
    for row in rows:
        index = (row["week"] - start).days // 7
        if index >= 0 and row["fte"] > 0:
            fte[index] = row["fte"]
            known[index] = min(1.0, sum(row[kind] for kind in KINDS) / (row["worked"] * row["fte"]))
    return Staffing(fte, np.minimum(expected, 1.0), known)
