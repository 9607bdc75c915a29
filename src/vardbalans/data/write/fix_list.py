"""What was found in a delivery, as a list to repair from: one line per finding, with file, row and column."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from xlsxwriter import Workbook

from vardbalans.data.write.sheets import guarded

__all__ = ["fix_list_csv", "fix_list_workbook"]

Line = Sequence[str | int | None]
_WIDTHS = (12, 30, 8, 28, 100, 20)
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's time has no zone


def fix_list_csv(lines: Iterable[Line], headings: Sequence[str]) -> bytes:
    """Return *lines* (severity, file, row, column, sentence, code) as csv that a Swedish spreadsheet opens."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([guarded("" if value is None else str(value)) for value in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def fix_list_workbook(lines: Iterable[Line], headings: Sequence[str], title: str) -> bytes:
    """Return *lines* as a workbook with one sheet called *title*."""
    packed = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(packed, options) as book:
        book.set_properties({"created": _MADE})
        sheet, head = book.add_worksheet(title), book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 0)
        for index, (heading, width) in enumerate(zip(headings, _WIDTHS, strict=True)):
            sheet.write_string(0, index, heading, head)
            sheet.set_column(index, index, width, wrapped)
        last = 1
        for last, line in enumerate(lines, start=1):
            for index, value in enumerate(line):
                if isinstance(value, int):
                    sheet.write_number(last, index, value)
                elif value:
                    sheet.write_string(last, index, value)
        sheet.autofilter(0, 0, last, len(_WIDTHS) - 1)
    return packed.getvalue()
