"""A table on its way out: as csv, as a workbook, and as rows by key. What is missing stays empty, never zero."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from vardbalans.data.write.sheets import guarded

__all__ = [
    "Column",
    "ExportTable",
    "Table",
    "Value",
    "as_csv",
    "as_rows",
    "as_workbook",
    "service_columns",
    "unit_columns",
]

Value = str | int | float | Decimal | date | None
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's time has no zone


@dataclass(frozen=True)
class Column:
    """A column: its *key* in the API, its *heading*, and what its numbers count; a share is 0 to 1 or beyond."""

    key: str
    heading: str
    unit: str = ""


Table = tuple[tuple[Column, ...], list[tuple[Value, ...]]]
"""What a list is made of: its columns, and its rows with a value per column."""


@dataclass(frozen=True)
class ExportTable:
    """The rows that a page shows, *title* as on the page. A row has a value per column."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Sequence[Value], ...]


def unit_columns() -> tuple[Column, Column]:
    """Return the columns that tell which unit a row is of."""
    return Column("unit_id", _("Enhetens id")), Column("unit", _("Enhet"))


def service_columns() -> tuple[Column, Column]:
    """Return the columns that tell which service a row is of."""
    return Column("service_id", _("Vårdtjänstens id")), Column("service", _("Vårdtjänst"))


def as_rows(table: ExportTable) -> list[dict[str, Any]]:
    """Return the rows by key, as JSON can hold them."""
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, (_plain(value) for value in row), strict=True)) for row in table.rows]


def as_csv(table: ExportTable) -> bytes:
    """Return the table as csv that a Swedish spreadsheet opens: ``;``, decimal comma, UTF-8 with its mark, CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(guarded(column.heading) for column in table.columns)
    writer.writerows([guarded(_text(value)) for value in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def as_workbook(table: ExportTable) -> bytes:
    """Return the table as a workbook of one sheet: real numbers and dates, the headings held in place."""
    packed = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(packed, options) as book:
        book.set_properties({"created": _MADE})
        sheet, head = book.add_worksheet(), book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.heading, head)
            sheet.set_column(place, place, max(12, min(len(column.heading) + 2, 40)))
        for number, row in enumerate(table.rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
                elif isinstance(value, int | float | Decimal):
                    sheet.write_number(number, place, value)
                elif value:
                    sheet.write_string(number, place, value)
    return packed.getvalue()


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    return str(value).replace(".", ",") if isinstance(value, Decimal) else str(value)


def _plain(value: Value) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
