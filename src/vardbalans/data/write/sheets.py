"""Rows and empty templates as csv and xlsx, with Swedish headings; made from the contract.

A csv file is what a Swedish spreadsheet opens by itself: ``;`` between columns, decimal comma, UTF-8 with its mark,
CRLF. Text that a spreadsheet would take for a formula gets an apostrophe before it, which the reader takes away.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from vardbalans.data.tables import GROUPS, TABLES, Column, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["cell_text", "guarded", "write_csv", "write_parquet", "write_sheets", "write_templates", "write_workbook"]

_ZONE = ZoneInfo("Europe/Stockholm")
_SHEET_ROWS = 1_048_576
_FIRST_SHEET_DAY = date(1900, 3, 1)  # before that a spreadsheet counts a day that never was
_MADE = datetime(2026, 1, 1, tzinfo=UTC)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_HELP = ("Tabell", "Kolumn", "Engelskt namn", "Måste fyllas i", "Betydelse", "Enhet", "Tillåtna värden", "Exempel")


def write_csv(path: Path, table: Table, rows: pa.Table) -> Path:
    """Write *rows* of *table* as csv and return *path*. Provenance columns are left out."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(column.header) for column in table.columns])
    for row in _cells(table, rows):
        writer.writerow([guarded(cell_text(column, value)) for column, value in zip(table.columns, row, strict=True)])
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return path


def write_workbook(path: Path, sheets: Mapping[str, pa.Table]) -> Path:
    """Write one sheet per table of the contract (name → rows) and a help sheet, and return *path*."""
    return write_sheets(path, [(TABLES[name], rows) for name, rows in sheets.items()])


def write_sheets(path: Path, sheets: Sequence[tuple[Table, pa.Table]]) -> Path:
    """Write one sheet per table with its rows, and a help sheet; return *path*. Raises BadInput for too many rows."""
    for table, rows in sheets:
        if len(rows) >= _SHEET_ROWS:
            raise BadInput(
                Message(
                    "{title} har {count} rader; ett kalkylblad rymmer {most}. Skriv csv eller parquet i stället.",
                    title=table.title,
                    count=len(rows),
                    most=_SHEET_ROWS - 1,
                )
            )
    book = Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True},
    )
    # A fixed time makes the file the same for the same rows.
    book.set_properties({"created": _MADE.replace(tzinfo=None)})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "needed": book.add_format({"bold": True, "bottom": 1, "bg_color": "#FFF2CC"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    for table, rows in sheets:
        _sheet(book.add_worksheet(table.title), table, rows, formats)
    _help(book.add_worksheet("Hjälp"), [table for table, _ in sheets], formats)
    book.close()
    return path


def write_parquet(path: Path, table: Table, rows: pa.Table) -> Path:
    """Write *rows* of *table* as parquet in the contract's own types and names, and return *path*."""
    pq.write_table(rows.select(table.names), path, compression="zstd")
    return path


def write_templates(folder: Path) -> list[Path]:
    """Write an empty workbook per group of tables and an empty csv file per table; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for group in GROUPS:
        tables = {table.name: table.schema().empty_table() for table in TABLES.values() if table.group == group}
        written.append(write_workbook(folder / f"mall_{group}.xlsx", tables))
    return written + [
        write_csv(folder / f"{table.name}.csv", table, table.schema().empty_table()) for table in TABLES.values()
    ]


def cell_text(column: Column, value: Any) -> str:
    """Return a stored value as a Swedish csv cell; empty for a missing one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if column.type == "money_kr":
        return str(Decimal(value) / 100).replace(".", ",")
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    return _local_text(value) if isinstance(value, datetime) else str(value)


def _local_text(moment: datetime) -> str:
    """Return an instant as local time; with its offset in the hour that comes twice in autumn."""
    local = moment.astimezone(_ZONE)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return (local if twice else local.replace(tzinfo=None)).isoformat(" ")


def guarded(text: str) -> str:
    """Return *text* with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _cells(table: Table, rows: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*(rows[name].to_pylist() for name in table.names), strict=True)


def _sheet(sheet: Worksheet, table: Table, rows: pa.Table, formats: Mapping[str, Any]) -> None:
    """Fill one sheet: headings (those that must be filled in are marked), the rows, choices as drop-down lists."""
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(table.columns):
        sheet.write_string(0, index, column.header, formats["needed" if column.required else "head"])
        sheet.set_column(index, index, max(12, len(column.header) + 2))
        if column.choices and len(",".join(column.allowed)) <= 255:
            sheet.data_validation(
                1,
                index,
                _SHEET_ROWS - 1,
                index,
                {
                    "validate": "list",
                    "source": list(column.allowed),
                    "error_title": column.header,
                    "error_message": "Välj ett värde i listan.",
                },
            )
    for number, row in enumerate(_cells(table, rows), start=1):
        for index, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            if value is None:
                continue
            if column.type == "date" and value >= _FIRST_SHEET_DAY:
                sheet.write_datetime(number, index, value, formats["date"])
            elif _is_sheet_number(column, value):
                sheet.write_number(number, index, value)
            else:
                sheet.write_string(number, index, cell_text(column, value))


def _is_sheet_number(column: Column, value: Any) -> bool:
    """Tell whether a workbook's number cell, which holds sixteen digits, gives *value* back as it is."""
    if column.type not in {"integer", "number", "share"}:
        return False
    return bool(abs(value) < 1e15 and float(f"{value:.16G}") == value)


def _help(sheet: Worksheet, tables: Sequence[Table], formats: Mapping[str, Any]) -> None:
    """Fill the help sheet: one row per column of every table in the workbook."""
    sheet.freeze_panes(1, 0)
    for index, (heading, width) in enumerate(zip(_HELP, (22, 20, 20, 14, 60, 14, 50, 22), strict=True)):
        sheet.write_string(0, index, heading, formats["head"])
        sheet.set_column(index, index, width)
    lines = [_help_line(table, column) for table in tables for column in table.columns]
    for number, line in enumerate(lines, start=1):
        for index, text in enumerate(line):
            sheet.write_string(number, index, text, formats["wrap"])


def _help_line(table: Table, column: Column) -> tuple[str, ...]:
    allowed = ", ".join(f"{value} = {meaning}" for value, meaning in column.choices)
    reference = f"ett id i {TABLES[column.reference].title}" if column.reference else ""
    return (
        table.title,
        column.header,
        column.file_name,
        "ja" if column.required else "nej",
        column.meaning,
        column.unit,
        allowed or reference,
        column.example,
    )
