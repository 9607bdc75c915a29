"""The demo region: fully synthetic, deterministic by size and seed, with its planted truths beside it.

>>> generate("small", seed=1).tables["units"].num_rows > 20
True
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from vardbalans.data.demo import (
    capacity,
    costing,
    faults,
    frames,
    ledger,
    leeway,
    people,
    planning,
    region,
    soil,
    time_book,
    truth,
    wards,
)
from vardbalans.data.demo.activity import Activity, simulate
from vardbalans.data.demo.profiles import Size
from vardbalans.data.demo.write import write_json, write_tables

__all__ = ["DemoRegion", "Size", "generate", "write", "write_dirty"]


@dataclass(frozen=True, eq=False)
class DemoRegion:
    """The tables of one demo region, in the registry's schema without origin columns, and what was planted in them."""

    size: Size
    seed: int
    tables: dict[str, pa.Table]
    truth: dict[str, Any]


def generate(size: Size, seed: int) -> DemoRegion:
    """Return the demo region of *size*: ``small`` takes a second, ``region`` has 280 000 inhabitants and three years.

    The same size and seed give the same tables; another seed gives other draws around the same parameters.
    """
    org = region.build(size)
    resources = capacity.plan(org)
    inhabitants = people.inhabitants(org, seed)
    theatres = capacity.theatres(resources)
    activity = simulate(org, inhabitants, theatres, seed)
    items = costing.care_items(org, activity, seed)
    tables = _reference(org, resources, activity, items, seed) | _people(resources, inhabitants, org, seed)
    outliers = wards.lay(org, activity.stays, tables["beds"])
    tables |= frames.care_tables(org, inhabitants, activity, theatres, seed)
    tables["care_items"] = frames.item_table(org, items.columns)
    tables["patients"] = frames.patient_table(inhabitants, time_book.known(org, activity, seed))
    tables["slots"] = frames.slot_table(org, time_book.times(org, activity, seed))
    return DemoRegion(size, seed, tables, truth.planted(org, resources, activity, seed) | {"outliers": outliers})


def _reference(
    org: region.Organisation,
    resources: tuple[capacity.Resource, ...],
    activity: Activity,
    items: costing.Items,
    seed: int,
) -> dict[str, pa.Table]:
    rows = planning.reference_rows(org, resources) | ledger.economy_rows(org, resources, activity, items, seed)
    rows |= leeway.leeway_rows(org, resources)
    return {name: frames.rows_table(name, table) for name, table in rows.items()}


def _people(
    resources: tuple[capacity.Resource, ...], inhabitants: people.Inhabitants, org: region.Organisation, seed: int
) -> dict[str, pa.Table]:
    staff = people.employ(capacity.posts(resources), seed)
    beds = {r.unit_id: int(r.sets[0]) for r in resources if r.code == "BED"}
    return {
        "population": frames.columns_table("population", people.population_rows(inhabitants, org)),
        "employments": frames.employment_table(staff),
        "absences": frames.absence_table(*people.absences(staff, seed)),
        "beds": frames.bed_table(beds, seed),
    }


def write(folder: Path, size: Size, seed: int) -> list[Path]:
    """Write the demo region's files to *folder*, ``truth.json`` last, and return their paths.

    The same size and seed give the same bytes. Files that are already there are overwritten.
    """
    demo = generate(size, seed)
    return [*write_tables(folder, demo.tables), write_json(folder / "truth.json", demo.truth)]


def write_dirty(folder: Path, size: Size, seed: int) -> list[Path]:
    """Write a copy of the demo region with planted faults, ``dirty_truth.json`` last, and return the paths.

    *folder* must be another than the clean copy's. Each entry of the truth has the code of what must find it and where:
    file, row and column (the row of a file that cannot be read at all is null), or the series' unit, service and
    period. ``found_by`` says whether the checks at import find it, or the rules about data quality; rows that are late
    are so against the clean copy.
    """
    clean = generate(size, seed).tables
    soiled = soil.soil(clean, seed)
    tables = soiled.tables
    planted = faults.planted_faults(tables, seed, soiled.rows)
    voucher = faults.unbalanced(tables)
    paths = write_tables(folder, tables, planted, {voucher: faults.UNBALANCED_ORE})
    empty = folder / faults.EMPTY_FILE
    empty.write_bytes(b"")
    ledger_file = next(path for path in paths if path.name == f"ledger_{voucher.split('/')[0]}.se")
    found = faults.located(planted, tables) + faults.located_soil(soiled)
    for file, row, column, code in (
        (ledger_file, _line_of_first_voucher(ledger_file), "amount", "unbalanced_voucher"),
        (empty, None, "", "empty_file"),
    ):
        found.append({"file": file.name, "row": row, "column": column, "code": code, "found_by": faults.IMPORT})
    return [*paths, empty, write_json(folder / "dirty_truth.json", found)]


def _line_of_first_voucher(path: Path) -> int:
    lines = path.read_bytes().split(b"\r\n")
    return next(number for number, line in enumerate(lines, 1) if line.startswith(b"#VER"))
