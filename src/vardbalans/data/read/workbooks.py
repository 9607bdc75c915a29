"""Workbooks (xlsx): one sheet per table. The archive is looked through before a library opens it.

A sheet may have titles above its headings and headings in two rows (:mod:`.header_rows`). Merged cells below the
headings give their text to every row they span. Formulas are read as the values they had when the file was saved.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from vardbalans.data.findings import Finding
from vardbalans.data.read.draft import UPLOAD, Limits, RawSheet, Refused, about_file
from vardbalans.data.read.header_rows import LOOKED_THROUGH, Beginning, Sought, beginning, with_labels
from vardbalans.data.read.matching import plain, table_named
from vardbalans.data.read.moments import SERIALS
from vardbalans.data.read.workbook_parts import Blanks, Parts, TooLarge, Unreadable, looked_through
from vardbalans.engine.messages import Message

__all__ = ["HELP_SHEETS", "read_workbook"]

HELP_SHEETS = frozenset({"hjälp", "läs mig", "läsmig", "help", "readme", "read me"})
"""Sheets that explain and hold no rows; they are passed over."""

_HELP = frozenset(map(plain, HELP_SHEETS))
_UNREADABLE = (CalamineError, PasswordError, XmlError, ZipError)
_AT_ONCE = 20_000
_DAYS_TO_1904 = 1462  # a day number of the 1904 system is this much less than the same day's in the 1900 system

Area = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class _Cells:
    """One sheet as the library holds it; its rows are made one by one, for as Python lists they take twice the room."""

    name: str
    sheet: CalamineSheet
    visible: bool

    def rows(self) -> Iterator[list[Any]]:
        """Yield the rows from A1 on."""
        before = [""] * (self.sheet.start or (0, 0))[1]
        return (before + row for row in self.sheet.iter_rows())

    @property
    def filled(self) -> bool:
        return any(any(cell != "" for cell in row) for row in self.rows())


class _Merged:
    """Gives the text of merged cells, below *header_rows*, to every row they span; *count* cells got one.

    A number is left in the first row only: it counts once.
    """

    def __init__(self, areas: Sequence[Area], header_rows: int) -> None:
        self._beginning: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (first, column), (last, _) in areas:
            if header_rows <= first < last:
                self._beginning[first].append((column, last))
        self._open: dict[int, tuple[str | date, int]] = {}
        self.count = 0

    def fill(self, place: int, row: list[Any]) -> None:
        """Fill *row*, which stands at *place* counted from 0; rows are to be given in order."""
        for column, (value, last) in list(self._open.items()):
            if place > last:
                del self._open[column]
            elif row[column] == "":
                row[column] = value
                self.count += 1
        for column, last in self._beginning.get(place, ()):
            if column < len(row) and isinstance(row[column], str | date) and row[column] != "":
                self._open[column] = row[column], last


def read_workbook(
    path: Path, limits: Limits = UPLOAD, *, sought: Sought | None = None, sheets: Sequence[str] = ()
) -> list[RawSheet]:
    """Return the sheets of the workbook at *path* as texts, help, hidden and empty sheets left out. Raises Refused.

    *sought* is what to look for at the beginning of a sheet; by default the table that the sheet is named after, else
    every table. *sheets* names those to read, hidden or not; by default all.
    """
    _guard(path, limits)
    try:
        parts = looked_through(path, limits)
        found = list(_opened(path))
    except TooLarge as error:
        raise Refused(_bomb(path)) from error
    except (Unreadable, *_UNREADABLE) as error:
        raise Refused(
            about_file(
                path.name,
                "broken_workbook",
                "error",
                Message("Arbetsboken går inte att öppna. Är den skyddad med lösenord? Spara den på nytt som .xlsx."),
            )
        ) from error
    chosen = [sheet for sheet in _chosen(path, found, sheets) if sheet.filled]
    read = [_sheet(sheet, parts, sought or _sought(sheet.name), path.name) for sheet in chosen]
    hidden = [] if sheets else list(_hidden(path.name, found))
    return [replace(read[0], findings=(*hidden, *read[0].findings)), *read[1:]] if read else []


def _opened(path: Path) -> Iterator[_Cells]:
    with CalamineWorkbook.from_path(str(path)) as book:
        for about in book.sheets_metadata:
            sheet = book.get_sheet_by_name(about.name)
            yield _Cells(about.name, sheet, about.visible == SheetVisibleEnum.Visible)


def _chosen(path: Path, found: Sequence[_Cells], wanted: Sequence[str]) -> list[_Cells]:
    """Return the sheets named in *wanted*, or all that are shown and hold rows. Raises Refused."""
    if not wanted:
        return [sheet for sheet in found if sheet.visible and plain(sheet.name) not in _HELP]
    named = {plain(sheet.name): sheet for sheet in found}
    if missing := [name for name in wanted if plain(name) not in named]:
        raise Refused(
            about_file(
                path.name,
                "missing_sheet",
                "error",
                Message(
                    "Bladet {sheet} finns inte i arbetsboken. Där finns: {known}.",
                    sheet=missing[0],
                    known=", ".join(sheet.name for sheet in found),
                ),
            )
        )
    return [named[plain(name)] for name in wanted]


def _sought(name: str) -> Sought:
    table = table_named(name)
    return Sought((table,)) if table else Sought()


def _hidden(file: str, found: Sequence[_Cells]) -> Iterator[Finding]:
    for sheet in found:
        if not sheet.visible and sheet.filled:
            yield about_file(
                file,
                "hidden_sheet",
                "warning",
                Message(
                    "Bladet {sheet} är dolt och lästes inte. Visa det i arbetsboken om det ska med.", sheet=sheet.name
                ),
            )


def _guard(path: Path, limits: Limits) -> None:
    """Refuse what is empty, no archive, or would grow beyond the limits; nothing is unpacked to tell."""
    size = path.stat().st_size
    if not size:
        raise Refused(
            about_file(
                path.name,
                "empty_file",
                "error",
                Message("Filen är tom (0 byte). Spara arbetsboken på nytt och skicka den igen."),
            )
        )
    if size > limits.packed:
        raise Refused(
            about_file(
                path.name,
                "too_large",
                "error",
                Message(
                    "Arbetsboken är större än {limit} MB. Dela den, eller använd csv eller parquet.",
                    limit=limits.packed >> 20,
                ),
            )
        )
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Refused(
            about_file(
                path.name,
                "not_a_workbook",
                "error",
                Message("Filen är ingen arbetsbok (.xlsx). Spara den som Excel-arbetsbok eller csv."),
            )
        ) from error
    unpacked = sum(member.file_size for member in members)
    # A member may claim any size; several that share the same bytes give themselves away by their sum.
    if len(members) > limits.members or unpacked > limits.unpacked or unpacked > limits.ratio * size:
        raise Refused(_bomb(path))


def _bomb(path: Path) -> Finding:
    return about_file(
        path.name,
        "archive_bomb",
        "error",
        Message(
            "Arbetsboken växer orimligt mycket när den packas upp och läses därför inte. Spara om den, eller "
            "använd csv."
        ),
    )


def _sheet(sheet: _Cells, parts: Parts, sought: Sought, file: str) -> RawSheet:
    """Return one sheet's cells as text columns; rows without any cell are left out but keep their numbers."""
    first = islice(sheet.rows(), max(LOOKED_THROUGH, (sought.skip or 0) + 1))
    top = beginning([[_text(cell) or "" for cell in row] for row in first], sought)
    merged = _Merged(sheet.sheet.merged_cell_ranges or (), top.header_rows)
    columns, rows = _columns(
        _kept(sheet, merged, top.header_rows),
        len(top.headers),
        _day_columns(top, sought) if parts.from_1904 else frozenset(),
    )
    findings = (*_told_merged(file, merged.count), *_told_blanks(file, top, parts.sheets.get(sheet.name, Blanks())))
    found = RawSheet(sheet.name, top.headers, columns, rows, ",", findings=findings, header_row=top.header_rows)
    return with_labels(found, top.labels)


def _kept(sheet: _Cells, merged: _Merged, header_rows: int) -> Iterator[tuple[int, list[Any]]]:
    """Yield the number and the cells of every row below the headings that has any."""
    for place, row in enumerate(sheet.rows()):
        if place >= header_rows:
            merged.fill(place, row)
            if any(cell != "" for cell in row):
                yield place + 1, row


def _columns(
    rows: Iterator[tuple[int, list[Any]]], count: int, moved: frozenset[int]
) -> tuple[tuple[pa.Array, ...], pa.Array]:
    """Return *count* columns of texts and the numbers of the rows, made some rows at a time."""
    columns: list[list[pa.Array]] = [[pa.array([], pa.string())] for _ in range(count)]
    numbers = [pa.array([], pa.int64())]
    while some := list(islice(rows, _AT_ONCE)):
        numbers.append(pa.array([number for number, _ in some], pa.int64()))
        for index, parts in enumerate(columns):
            cells = (_moved(row[index]) if index in moved else row[index] for _, row in some)
            parts.append(pa.array([_text(cell) for cell in cells], pa.string()))
    return tuple(pa.concat_arrays(parts) for parts in columns), pa.concat_arrays(numbers)


def _told_merged(file: str, filled: int) -> Iterator[Finding]:
    if filled:
        yield about_file(
            file,
            "merged_cells",
            "info",
            Message("Bladet har sammanslagna celler: {count} tomma celler fick texten i den översta.", count=filled),
        )


def _told_blanks(file: str, top: Beginning, blanks: Blanks) -> Iterator[Finding]:
    """Yield a finding per column with cells that could not be computed, or never were; they are empty as read."""
    for column, header in enumerate(top.headers):
        errors = [row for row in blanks.errors.get(column, ()) if row > top.header_rows]
        if errors:
            message = Message(
                "{header}: {count} celler visar ett fel, till exempel #N/A eller #REF!, och lästes som tomma. Rätta "
                "formlerna om värdena ska med.",
                header=header,
                count=len(errors),
            )
            yield Finding(file, errors[0], header, "error_cells", "warning", message)
        uncomputed = [row for row in blanks.uncomputed.get(column, ()) if row > top.header_rows]
        if uncomputed:
            message = Message(
                "{header}: {count} formler har aldrig räknats och lästes som tomma. Öppna arbetsboken i ett "
                "kalkylprogram, räkna om den och spara.",
                header=header,
                count=len(uncomputed),
            )
            yield Finding(file, uncomputed[0], header, "uncomputed_cells", "warning", message)


def _day_columns(top: Beginning, sought: Sought) -> frozenset[int]:
    """Return the places of columns that hold days or times, by their headings."""
    names = {
        plain(name)
        for table in sought.tables
        for column in table.of_type({"date", "datetime"})
        for name in (column.file_name, column.header)
    }
    return frozenset(index for index, header in enumerate(top.headers) if plain(header) in names)


def _moved(cell: Any) -> Any:
    """Return a day number of the 1904 system in the 1900 system, as all others are; other cells as they are."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell
    return cell + _DAYS_TO_1904 if SERIALS.start <= cell + _DAYS_TO_1904 < SERIALS.stop else cell


def _text(cell: Any) -> str | None:
    """Return a cell as Swedish text. The number's own digits are kept; whole numbers lose their ``,0``."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell).replace(".", ",")
    if isinstance(cell, bool):
        return "ja" if cell else "nej"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell)
