"""From all that was staged to the rows of the contract's tables: keys, places, services and one SQL file per table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from vardbalans.data.read.fhir.directory import Directory, Found, TimeBook
from vardbalans.data.read.fhir.notes import Notes
from vardbalans.data.read.fhir.staging import Staging

__all__ = ["MADE", "make"]

MADE = ("units", "services", "patients", "contacts", "referrals", "stays", "slots")
"""The tables that FHIR gives rows for, in the order the contract lists them."""

_VERSIONED = {
    "patients": "Patient",
    "encounters": "Encounter",
    "appointments": "Appointment",
    "referrals": "ServiceRequest",
    "slots": "Slot",
}
_PLACES = {
    "encounters": ("provider", "place", "role"),
    "moves": ("place",),
    "appointments": ("place", "role"),
    "referrals": ("place",),
}
_BY_IDENTIFIER = (
    ("encounters", "appointment", "appointments"),
    ("encounters", "referral", "referrals"),
    ("appointments", "referral", "referrals"),
    ("appointments", "slot", "slots"),
    ("referrals", "encounter", "encounters"),
)
"""References that may be by identifier: the table and column they stand in, and the table that has the identifier."""

_UNITS = ("unit_id", "name", "level", "parent_id", "site", "hsa_id", "country")
_SERVICES = ("service_id", "name", "unit_id", "kind", "guarantee")
# Rows that are in the tables made, but not in the delivery: what they are called in the notes.
_DROPPED = (("referrals", "without_day", "closed_without_day"),)
_NOTED = (
    ("patients", "without_day", "death_without_day"),
    ("contacts", "patient_unknown", "unknown_patient"),
    ("referrals", "patient_unknown", "unknown_patient"),
    ("stays", "patient_unknown", "unknown_patient"),
)


def make(staging: Staging, directory: Directory, notes: Sequence[Notes]) -> None:
    """Make the tables :data:`MADE` in the schema ``made``; what became no row is added to the files' *notes*."""
    staging.flush()
    for table, resource in _VERSIONED.items():
        _keep_newest(staging, table, resource, notes)
    for table, column, other in _BY_IDENTIFIER:
        _address(staging, table, column, other)
    _organisation(staging, directory, notes)
    for script in ("macros", "patients", "contacts", "stays", "referrals", "slots", "services"):
        staging.run(script)
    for table, column, reason in (*_DROPPED, *_NOTED):
        _count(staging, f"from made.{table} where {column}", reason, notes)
    for table, column, _ in _DROPPED:
        staging.connection.execute(f"delete from made.{table} where {column}")
    staging.keep_only(MADE)


def _keep_newest(staging: Staging, table: str, resource: str, notes: Sequence[Notes]) -> None:
    """Remove all but the newest version of each resource."""
    con = staging.connection
    (doubled,) = con.execute(f"select count(id) - count(distinct id) from staged.{table}").fetchone() or (0,)
    if not doubled:
        return
    older = f"""
        from staged.{table} where rowid in (
            select rowid from staged.{table} where id is not null
            qualify row_number() over (
                partition by id order by try_cast(updated as timestamptz) desc nulls last, file desc, row desc
            ) > 1
        )
    """
    _count(staging, f"{older}", "older", notes, resource)
    con.execute(f"delete {older}")


def _count(staging: Staging, rows: str, reason: str, notes: Sequence[Notes], resource: str = "") -> None:
    """Note per file and resource how many *rows* (SQL from a ``from``) there are, and where the first is."""
    named = f"'{resource}'" if resource else "resource"
    found = staging.connection.execute(f"select file, {named}, min(row), count(*) {rows} group by all").fetchall()
    for file, kind, first, count in sorted(found):
        notes[file].left_out(reason, kind, first, count)


def _address(staging: Staging, table: str, column: str, other: str) -> None:
    """Put addresses in place of references by identifier in *column*, where the delivery has what they mean."""
    kind = _VERSIONED[other]
    staging.connection.execute(f"""
        update staged.{table} set {column} = '{kind}/' || o.id
        from staged.{other} o
        where contains({column}, '?identifier=') and {column} = '{kind}?identifier=' || o.token
    """)


def _organisation(staging: Staging, directory: Directory, notes: Sequence[Notes]) -> None:
    """Make units, the services described, and what every reference to a place means."""
    rows = " union ".join(
        f"select {column} from staged.{table}" for table, columns in _PLACES.items() for column in columns
    )
    references = [reference for (reference,) in staging.connection.execute(rows).fetchall() if reference]
    staging.create("made.places", _schema(("reference", *Found._fields)), [(r, *directory.find(r)) for r in references])
    staging.create(
        "made.schedules", _schema(("reference", *TimeBook._fields)), [(r, *book) for r, book in directory.time_books()]
    )
    staging.create("made.offered", _schema(("unit_id", "service_key", "service_id")), directory.offered())
    staging.create("made.units", _rows_schema(_UNITS), _values(_UNITS, directory.unit_rows()))
    staging.create("made.services", _rows_schema(_SERVICES), _values(_SERVICES, directory.service_rows()))
    for kind, origin in directory.circles():
        notes[origin.file].left_out("circular", kind, origin.row)


def _schema(names: Iterable[str]) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


def _rows_schema(names: Iterable[str]) -> pa.Schema:
    return pa.schema([("file", pa.int32()), ("row", pa.int64()), *_schema(("resource", *names))])


def _values(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [row[name] for name in ("file", "row", "resource", *names)]
