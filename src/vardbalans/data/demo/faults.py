"""Faults planted in a separate, dirty copy of the demo, each with the code that checks must find it by."""

from collections.abc import Container, Mapping
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.demo.soil import Soiled
from vardbalans.data.demo.write import CSV, WORKBOOKS, Fault
from vardbalans.data.tables import TABLES
from vardbalans.engine.sampling import stream

__all__ = [
    "EMPTY_FILE",
    "IMPORT",
    "QUALITY",
    "UNBALANCED_ORE",
    "located",
    "located_soil",
    "planted_faults",
    "unbalanced",
]

EMPTY_FILE = "waiting.xlsx"
"""A workbook of 0 bytes in the dirty copy."""
UNBALANCED_ORE = 10_000
IMPORT, QUALITY = "import", "quality"
"""By what a fault is found: the checks when it is brought in, or the rules about data quality."""


Taken = Mapping[str, Container[int]]


def planted_faults(tables: dict[str, pa.Table], seed: int, taken: Taken) -> tuple[Fault, ...]:
    """Return the faults of cells in the dirty copy: one of each kind, in rows drawn by *seed* that are not *taken*."""
    rng = stream(seed, "faults")
    return (*_in_workbooks(tables, rng), *_in_csv(tables, rng), *_in_parquet(tables, rng, taken))


def _row(tables: dict[str, pa.Table], name: str, rng: np.random.Generator) -> int:
    return int(rng.integers(1, tables[name].num_rows))


def _in_workbooks(tables: dict[str, pa.Table], rng: np.random.Generator) -> tuple[Fault, ...]:
    def row(name: str) -> int:
        return _row(tables, name, rng)

    first_price = tables["contracts"]["valid_from"][0].as_py()
    return (
        Fault("units", row("units"), "level", "Avdelningsgrupp", "not_allowed"),
        Fault("services", row("services"), "unit_id", "M-FINNS-INTE", "unknown_reference"),
        Fault("resources", row("resources"), "name", None, "missing_value"),
        Fault("recipes", row("recipes"), "minutes", "fyrtio", "not_a_number"),
        Fault("utilisation", row("utilisation"), "share", 85, "outside_limits"),
        Fault("contracts", 1, "valid_from", first_price, "duplicate_key"),
        Fault("annotations", row("annotations"), "text", "Ring patienten 121212-1212 om ny tid.", "personal_number"),
    )


def _in_csv(tables: dict[str, pa.Table], rng: np.random.Generator) -> tuple[Fault, ...]:
    rows = [int(row) for row in rng.choice(tables["absences"].num_rows, 2, replace=False)]
    before = tables["absences"]["date_from"][rows[0]].as_py() - timedelta(days=3)
    posts = [int(row) for row in rng.choice(tables["employments"].num_rows, 2, replace=False)]
    return (
        Fault("absences", rows[0], "date_to", before, "ends_before_starts"),
        Fault("absences", rows[1], "kind", "semster", "not_allowed"),
        Fault("employments", posts[0], "resource_id", "OKÄND-LAK", "unknown_reference"),
        Fault("employments", posts[1], "valid_from", "1826-01-04", "implausible_date"),
        Fault("population", _row(tables, "population", rng), "count", "12x", "not_a_number"),
        Fault("clock_stops", 0, "kind", None, "missing_column", drop=True),
    )


def _in_parquet(tables: dict[str, pa.Table], rng: np.random.Generator, taken: Taken) -> tuple[Fault, ...]:
    contacts, referrals = tables["contacts"], tables["referrals"]
    # Well apart, inside one year's file, and rows where the fault makes sense.
    middle = contacts.num_rows // 2
    drawn = (int(n) for n in middle + rng.permutation(contacts.num_rows // 20))
    unknown, double, backwards = islice((n for n in drawn if n not in taken["contacts"]), 3)
    begins = contacts["starts_at"][backwards].as_py()
    closed = next(
        n
        for n in range(int(rng.integers(referrals.num_rows // 2)), referrals.num_rows)
        if referrals["closed"][n].is_valid and n not in taken["referrals"]
    )
    return (
        Fault("contacts", unknown, "unit_id", "M-OKÄND", "unknown_reference"),
        Fault("contacts", double, "contact_id", contacts["contact_id"][double - 1].as_py(), "duplicate_key"),
        Fault("contacts", backwards, "ends_at", begins - timedelta(minutes=30), "ends_before_starts"),
        Fault(
            "referrals",
            closed,
            "closed",
            referrals["issued"][closed].as_py() - timedelta(days=2),
            "closed_before_issued",
        ),
    )


def unbalanced(tables: dict[str, pa.Table]) -> str:
    """Return the voucher that is made not to sum to zero, as ``year/voucher``."""
    ledger = tables["ledger"]
    return f"{ledger['year'][0].as_py()}/{ledger['voucher'][0].as_py()}"


def located(faults: tuple[Fault, ...], tables: dict[str, pa.Table]) -> list[dict[str, Any]]:
    """Return each fault as the finding names it: file, row (heading is row 1), column and code."""
    return [_located(fault, tables) for fault in faults]


def located_soil(soiled: Soiled) -> list[dict[str, Any]]:
    """Return each fault of a row or a series with the place that names it, and by what it is found."""
    found = []
    for table, marks in soiled.rows.items():
        for row, mark in marks.items():
            code, _, column = mark.partition(":")
            file, place = _file(table, row, soiled.tables)
            by = IMPORT if column else QUALITY
            found.append({"file": file, "row": place + 2, "column": column, "code": code, "found_by": by})
    nowhere = {"file": None, "row": None, "column": "", "found_by": QUALITY}
    return found + [nowhere | asdict(broken) for broken in soiled.series]


def _located(fault: Fault, tables: dict[str, pa.Table]) -> dict[str, Any]:
    table = TABLES[fault.table]
    file, row = _file(fault.table, fault.row, tables)
    column = table.column(fault.column).file_name
    if fault.code == "duplicate_key":
        column = ", ".join(table.column(name).file_name for name in table.key)
    return {
        "file": file,
        "row": 1 if fault.drop else row + 2,
        "column": column,
        "code": fault.code,
        "found_by": IMPORT,
    }


def _file(name: str, row: int, tables: dict[str, pa.Table]) -> tuple[str, int]:
    """Return the file that a *row* of table *name* is written to, and its number there."""
    for file, names in WORKBOOKS.items():
        if name in names:
            return file, row
    if name in CSV:
        return f"{name}.csv", row
    if name != "contacts":
        return f"{name}.parquet", row
    years = pc.year(tables["contacts"]["starts_at"].slice(0, row + 1)).to_numpy()
    return f"contacts_{years[-1]}.parquet", row - int(np.searchsorted(years, years[-1]))
