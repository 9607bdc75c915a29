"""What a plan may use beyond what there ordinarily is, from a data version; a table that is absent is said."""

from collections.abc import Mapping
from typing import Any

import duckdb

from vardbalans.data.tables import absent_sentences, planning
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.leeway import ExtraTime, LeaveRule, Leeway, Performer, StaffLoan
from vardbalans.engine.messages import Message

__all__ = ["leeway_of"]


def leeway_of(connection: duckdb.DuckDBPyConnection, present: set[str], units: Mapping[str, Unit]) -> Leeway:
    """Return extra time, leave rules, performers, loans and journeys, with the sentences of what is absent."""

    def rows(table: str, columns: str) -> list[tuple[Any, ...]]:
        if table not in present:
            return []
        return connection.execute(f"select {columns} from {table} order by all").fetchall()

    dates = "valid_from, valid_to, source"
    skills = dict(rows("resources", "resource_id, competence"))
    loans = [StaffLoan(*row) for row in rows("staff_loans", f"from_resource, to_resource, weekly_minutes, {dates}")]
    pairs = {(row.from_resource, row.to_resource) for row in loans}
    unlike = {pair for pair in pairs if skills.get(pair[0]) != skills.get(pair[1])}
    return Leeway(
        tuple(
            ExtraTime(*row)
            for row in rows("extra_time", f"resource_id, kind, minutes, cost_ore, weekly_most, whole, {dates}")
        ),
        tuple(
            LeaveRule(*row)
            for row in rows("leave_rules", "resource_id, date_from, date_to, minutes, most_share, source")
        ),
        tuple(
            Performer(*row)
            for row in rows(
                "performers",
                f"service_id, performer_service, coalesce(competence, ''), weekly_most, cost_ore, {dates}",
            )
        ),
        tuple(row for row in loans if (row.from_resource, row.to_resource) not in unlike),
        _sites(units, dict(rows("units", "unit_id, coalesce(site, '')"))),
        {(here, there): minutes for here, there, minutes in rows("travel", "from_site, to_site, minutes")},
        (*absent_sentences(present, [table.name for table in planning.TABLES]), *map(_unlike, sorted(unlike))),
    )


def _unlike(pair: tuple[str, str]) -> Message:
    return Message(
        "Personalen i {id} kan inte lånas ut till {other}: de har inte samma kompetens.", id=pair[0], other=pair[1]
    )


def _sites(units: Mapping[str, Unit], given: Mapping[str, str]) -> dict[str, str]:
    """Return where every unit is: its own site, or else that of the nearest unit above that has one."""
    found = {}
    for name in units:
        place, seen = name, set[str]()
        while place in units and not given.get(place) and place not in seen:
            seen.add(place)
            place = units[place].parent_id
        if site := given.get(place):
            found[name] = site
    return found
