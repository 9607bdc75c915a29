"""Small tables for the tests of quality rules, as a connection that can be judged."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from tests.data.lake_rows import rows
from vardbalans.data.quality import Report, judge

TODAY = date(2026, 11, 22)
Row = dict[str, Any]

UNITS = [
    {"unit_id": "K1", "name": "Klinik", "level": "clinic"},
    {"unit_id": "U1", "name": "Mottagning 1", "level": "unit", "parent_id": "K1"},
    {"unit_id": "U2", "name": "Mottagning 2", "level": "unit", "parent_id": "K1"},
]
SERVICES = [
    {"service_id": "S1", "name": "Nybesök", "unit_id": "U1", "kind": "first_visit", "guarantee": "first_visit"},
    {"service_id": "S2", "name": "Återbesök", "unit_id": "U1", "kind": "follow_up", "guarantee": "none"},
    {"service_id": "S3", "name": "Nybesök", "unit_id": "U2", "kind": "first_visit", "guarantee": "first_visit"},
]


def at(text: str) -> datetime:
    """Return a moment of ``2026-05-17 08:30`` (UTC)."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def visit(number: int, **changed: Any) -> Row:
    """Return a performed first visit of an hour with nothing wrong."""
    starts = changed.get("starts_at", at("2026-05-04 08:00"))
    return {
        "contact_id": f"C{number}",
        "patient_key": f"P{number}",
        "unit_id": "U1",
        "service_id": "S1",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=1),
        "status": "performed",
        "age": 50,
        "sex": "female",
        "diagnosis": "M17.1",
        "drg": "X40O",
        "referral_id": f"R{number}",
    } | changed


def request(number: int, **changed: Any) -> Row:
    """Return a referral that waits."""
    return {
        "referral_id": f"R{number}",
        "patient_key": f"P{number}",
        "unit_id": "U1",
        "service_id": "S1",
        "issued": date(2026, 4, 1),
        "received": date(2026, 4, 2),
    } | changed


def stay(number: int, admitted: str, discharged: str | None, **changed: Any) -> Row:
    """Return a stay of patient P1."""
    times = {"admitted": at(admitted), "discharged": at(discharged) if discharged else None}
    places = {"patient_key": "P1", "clinic_id": "K1", "ward_id": "U1", "acute": True}
    return {"stay_id": f"S{number}"} | times | places | changed


def operation(number: int, room_in: str, room_out: str, **changed: Any) -> Row:
    """Return a performed operation in theatre T1."""
    times = {"room_in": at(room_in), "room_out": at(room_out), "planned_start": at(room_in)}
    return {"operation_id": f"O{number}", "theatre_id": "T1", "status": "performed", "acute": False} | times | changed


@contextmanager
def connection(
    tables: Mapping[str, pa.Table], before: Mapping[str, pa.Table] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection with *tables* as views, and *before* as what was stored earlier."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'Europe/Stockholm'")
        con.execute("set enable_progress_bar = false")
        for schema, given in (("main", tables), ("before", before or {})):
            con.execute(f"create schema if not exists {schema}")
            for name, table in given.items():
                con.register(f"_{schema}_{name}", table)
                con.execute(f'create view {schema}."{name}" as select * from "_{schema}_{name}"')
        yield con


def judged(before: Mapping[str, Iterable[Row]] | None = None, today: date = TODAY, **given: Iterable[Row]) -> Report:
    """Return the judgement of these rows; units and services are those above where not given."""
    tables = {"units": UNITS, "services": SERVICES} | given
    earlier = {name: rows(name, listed) for name, listed in (before or {}).items()}
    with connection({name: rows(name, listed) for name, listed in tables.items()}, earlier) as con:
        return judge(con, today)


def broken(report: Report) -> set[tuple[str, str, int]]:
    """Return table, rule and row of everything that is broken."""
    return {(row["table"], row["rule"], row["row"]) for row in report.rows.to_pylist()}
