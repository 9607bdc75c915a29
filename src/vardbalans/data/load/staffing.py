"""Staffing ratios from a data version, with how many beds there are and which staff has which competence."""

from collections.abc import Mapping
from datetime import date

import duckdb

from vardbalans.engine.staffing import StaffingRatio

__all__ = ["beds_on", "competences_of", "ratios_of"]


def ratios_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], unit_id: str
) -> tuple[tuple[StaffingRatio, ...], dict[str, str]]:
    """Return the ratios of a unit, and competence → the staff resource that has it, where said."""
    if "staffing_ratios" not in present:
        return (), {}
    rows = connection.execute(
        "select category, competence, shift, day_kind = 'weekend', per, per_staff, minutes, valid_from, "
        "coalesce(least, 0), resource_id from staffing_ratios where unit_id = $1 order by all",
        [unit_id],
    ).fetchall()
    return tuple(StaffingRatio(*row[:-1]) for row in rows), {row[1]: row[-1] for row in rows if row[-1]}


def beds_on(connection: duckdb.DuckDBPyConnection, present: set[str], unit_id: str) -> tuple[int, date] | None:
    """Return the beds a ward had open on the last day they are known, and that day; None where they are not known."""
    if "beds" not in present:
        return None
    row = connection.execute(
        "select available, date from beds where ward_id = $1 order by date desc limit 1", [unit_id]
    ).fetchone()
    return None if row is None else (row[0], row[1])


def competences_of(connection: duckdb.DuckDBPyConnection, present: set[str]) -> Mapping[str, str]:
    """Return staff resource → its competence, or its name where none is given."""
    if "resources" not in present:
        return {}
    rows = connection.execute(
        "select resource_id, coalesce(competence, name) from resources where kind = 'staff' order by resource_id"
    ).fetchall()
    return dict(rows)
