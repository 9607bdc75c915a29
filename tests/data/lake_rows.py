"""Small true rows for the lake's tests: a few tables of the registry, made from short arguments."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from vardbalans.data.tables import TABLES

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def rows(table: str, given: Iterable[Mapping[str, Any]], file: str | None = None) -> pa.Table:
    """Return rows in the table's schema; columns not given are empty, the source is *file* from row 2."""
    schema = TABLES[table].schema()
    full = [
        {name: row.get(name) for name in schema.names} | {"_file": file or f"{table}.csv", "_row": number}
        for number, row in enumerate(given, start=2)
    ]
    return pa.Table.from_pylist(full, schema)


def contact(number: int, **changed: Any) -> dict[str, Any]:
    """Return a performed contact; *number* sets its id and its minute."""
    return {
        "contact_id": f"C{number}",
        "patient_key": f"P{number % 7}",
        "unit_id": "U1",
        "service_id": f"S{number % 3}",
        "starts_at": datetime(2026, 1, 26, 8 + number // 60 % 8, number % 60, tzinfo=UTC),
        "status": "performed",
    } | changed


def bed(day: int, available: int, ward: str = "W1") -> dict[str, Any]:
    """Return a ward's beds on a day of May 2026."""
    return {"ward_id": ward, "date": date(2026, 5, day), "physical": 20, "available": available}


def contacts(numbers: Iterable[int], file: str | None = None, **changed: Any) -> pa.Table:
    """Return contacts with these numbers."""
    return rows("contacts", [contact(number, **changed) for number in numbers], file)
