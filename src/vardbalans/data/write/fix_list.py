"""What was found in a delivery, as a list to repair from: one row per finding, with file, row and column."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook

from vardbalans.data.write.sheets import guarded

__all__ = ["fix_list_csv", "fix_list_workbook"]

Finding = Mapping[str, Any]
_COLUMNS = (("severity", 12), ("file", 30), ("row", 8), ("column", 24), ("message", 100), ("code", 20))
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's time has no zone


def fix_list_csv(findings: Iterable[Finding], headings: Sequence[str]) -> bytes:
    """Return *findings* (severity, file, row, column, message, code) as csv that a Swedish spreadsheet opens."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    for found in findings:
        writer.writerow([guarded("" if found[name] is None else str(found[name])) for name, _width in _COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def fix_list_workbook(findings: Iterable[Finding], headings: Sequence[str], title: str) -> bytes:
    """Return *findings* as a workbook with one sheet called *title*."""
    packed = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(packed, options) as book:
        book.set_properties({"created": _MADE})
        sheet, head = book.add_worksheet(title), book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 0)
        last = 0
        for index, (heading, (_name, width)) in enumerate(zip(headings, _COLUMNS, strict=True)):
            sheet.write_string(0, index, heading, head)
            sheet.set_column(index, index, width, wrapped)
        for last, found in enumerate(findings, start=1):
            for index, (name, _width) in enumerate(_COLUMNS):
                if isinstance(found[name], int):
                    sheet.write_number(last, index, found[name])
                elif found[name] is not None:
                    sheet.write_string(last, index, found[name])
        sheet.autofilter(0, 0, max(last, 1), len(_COLUMNS) - 1)
    return packed.getvalue()
