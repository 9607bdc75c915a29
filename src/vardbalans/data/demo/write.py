"""The demo region as files, the way a region would deliver them: workbooks, csv, parquet, FHIR and SIE.

Reference tables are xlsx sheets with Swedish headings, people and population are csv with semicolon and decimal
comma, care per patient is parquet, a time book and the patients in it are FHIR, the ledger is SIE 4. The same tables
give the same bytes.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter

from vardbalans.data.demo.fhir import write_fhir
from vardbalans.data.demo.sie import write_ledger
from vardbalans.data.tables import TABLES, Column

__all__ = ["CSV", "PARQUET", "WORKBOOKS", "Fault", "write_json", "write_tables"]

WORKBOOKS = {
    "organisation.xlsx": (
        "units",
        "services",
        "resources",
        "recipes",
        "openings",
        "utilisation",
        "rules",
        "priorities",
    ),
    "bemanning.xlsx": ("resource_sets", "maintenance", "non_clinical", "norms", "staffing_ratios"),
    "styrning.xlsx": (
        "goals",
        "orders",
        "order_events",
        "measures",
        "measure_starts",
        "measure_plans",
        "measure_cards",
        "contracts",
        "annotations",
    ),
    "planering.xlsx": ("extra_time", "leave_rules", "travel", "performers", "staff_loans"),
    "ekonomi.xlsx": ("budget", "cost_rules", "cost_centres", "drivers", "cost_pools", "cost_weights"),
}
CSV = ("population", "employments", "absences", "clock_stops", "beds", "waiting")
PARQUET = ("referrals", "stays", "operations", "care_items")
_ZONE = ZoneInfo("Europe/Stockholm")
_CREATED = datetime(2026, 10, 25)  # noqa: DTZ001  # a workbook's property has no zone


@dataclass(frozen=True)
class Fault:
    """One planted fault: what is written in a cell of *table*, and the *code* it must be found by.

    *row* counts from 0 in the table; ``None`` for *value* with *drop* leaves the whole column out.
    """

    table: str
    row: int
    column: str
    value: object
    code: str
    drop: bool = False


def write_tables(
    folder: Path,
    tables: Mapping[str, pa.Table],
    faults: Iterable[Fault] = (),
    extra_ore: Mapping[str, int] | None = None,
) -> list[Path]:
    """Write every table of *tables* to *folder* (made if need be) and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    by_table: dict[str, list[Fault]] = {name: [] for name in tables}
    for fault in faults:
        by_table[fault.table].append(fault)
    centres = dict(zip(*(tables["cost_centres"][name].to_pylist() for name in ("cost_centre", "name")), strict=True))
    used = {row for row in tables["ledger"]["cost_centre"].to_pylist() if row}
    paths = [_write_workbook(folder / file, names, tables, by_table) for file, names in WORKBOOKS.items()]
    paths += [_write_csv(folder / f"{name}.csv", name, tables[name], by_table[name]) for name in CSV if name in tables]
    paths += [_write_parquet(folder / f"{name}.parquet", tables[name], by_table[name]) for name in PARQUET]
    paths += [
        _write_parquet(folder / f"contacts_{year}.parquet", part, moved)
        for year, part, moved in _by_year(tables["contacts"], by_table["contacts"])
    ]
    paths += write_fhir(folder / "fhir", tables)
    named = {centre: name for centre, name in centres.items() if centre in used}
    return paths + write_ledger(folder, tables["ledger"], named, dict(extra_ore or {}))


def write_json(path: Path, content: object) -> Path:
    """Write *content* as JSON, keys in order, and return the path."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _columns(name: str, faults: list[Fault]) -> list[Column]:
    dropped = {fault.column for fault in faults if fault.drop}
    return [column for column in TABLES[name].columns if column.name not in dropped]


def _write_workbook(
    path: Path, names: tuple[str, ...], tables: Mapping[str, pa.Table], faults: Mapping[str, list[Fault]]
) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": _CREATED, "title": "Vårdbalans demo"})
        day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        for name in names:
            sheet = book.add_worksheet(TABLES[name].title)
            wrong = {(fault.row, fault.column): fault.value for fault in faults[name] if not fault.drop}
            for place, column in enumerate(_columns(name, faults[name])):
                sheet.write(0, place, column.header, bold)
                for row, value in enumerate(tables[name][column.name].to_pylist()):
                    shown = wrong.get((row, column.name), _cell(column, value))
                    if isinstance(shown, datetime):
                        sheet.write_string(row + 1, place, shown.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M"))
                    elif isinstance(shown, date):
                        sheet.write_datetime(row + 1, place, shown, day)
                    elif shown is not None:
                        sheet.write(row + 1, place, shown)
    return path


def _cell(column: Column, value: object) -> object:
    """Return a stored value as it stands in a Swedish workbook: kronor, ja/nej, and choices by their meaning."""
    if value is None:
        return None
    if column.choices:
        return dict(column.choices)[str(value)]
    if column.type == "money_kr":
        return int(str(value)) / 100
    return ("ja" if value else "nej") if column.type == "boolean" else value


def _write_csv(path: Path, name: str, table: pa.Table, faults: list[Fault]) -> Path:
    columns = _columns(name, faults)
    wrong = {(fault.row, fault.column): str(fault.value) for fault in faults if not fault.drop}
    texts = [[_text(column, value) for value in table[column.name].to_pylist()] for column in columns]
    places = {column.name: place for place, column in enumerate(columns)}
    for (row, column_name), value in wrong.items():
        texts[places[column_name]][row] = value
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(column.header for column in columns)
    writer.writerows(zip(*texts, strict=True))
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    return path


def _text(column: Column, value: object) -> str:
    shown = _cell(column, value)
    if shown is None:
        return ""
    if isinstance(shown, datetime):
        return f"{shown.astimezone(_ZONE):%Y-%m-%d %H:%M}"
    if isinstance(shown, float):
        return f"{shown:.12g}".replace(".", ",")
    return str(shown)


def _by_year(contacts: pa.Table, faults: list[Fault]) -> Iterable[tuple[int, pa.Table, list[Fault]]]:
    """Yield the contacts of each calendar year; the rows are in order of time, so that a year is one slice."""
    years = pc.year(contacts["starts_at"]).combine_chunks()
    first = 0
    for row in pc.value_counts(years).to_pylist():
        until = first + row["counts"]
        inside = [Fault(f.table, f.row - first, f.column, f.value, f.code) for f in faults if first <= f.row < until]
        yield row["values"], contacts.slice(first, row["counts"]), inside
        first = until


def _write_parquet(path: Path, table: pa.Table, faults: list[Fault]) -> Path:
    for fault in faults:
        column = table[fault.column]
        value = pa.array([fault.value], column.type)
        parts = [*column.slice(0, fault.row).chunks, value, *column.slice(fault.row + 1).chunks]
        place = table.schema.get_field_index(fault.column)
        table = table.set_column(place, table.schema.field(place), pa.chunked_array(parts, column.type))
    pq.write_table(table, path, compression="zstd")
    return path
