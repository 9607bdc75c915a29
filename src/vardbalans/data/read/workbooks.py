"""Workbooks (xlsx): one sheet per table. The archive's own directory is checked before anything is unpacked."""

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from vardbalans.data.read.draft import UPLOAD, Limits, RawSheet, Refused, about_file
from vardbalans.engine.messages import Message

__all__ = ["HELP_SHEETS", "read_workbook"]

HELP_SHEETS = frozenset({"hjälp", "läs mig", "läsmig", "help", "readme", "read me"})
"""Sheets that explain and hold no rows; they are passed over."""

_UNREADABLE = (CalamineError, PasswordError, XmlError, ZipError)


def read_workbook(path: Path, limits: Limits = UPLOAD) -> list[RawSheet]:
    """Return the sheets of the workbook at *path* as texts, help and empty sheets left out. Raises Refused."""
    _guard(path, limits)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = [
                (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in book.sheet_names
                if name.strip().casefold() not in HELP_SHEETS
            ]
    except _UNREADABLE as error:
        raise Refused(
            about_file(
                path.name,
                "broken_workbook",
                "error",
                Message("Arbetsboken går inte att öppna. Är den skyddad med lösenord? Spara den på nytt som .xlsx."),
            )
        ) from error
    return [_sheet(name, cells) for name, cells in sheets if any(any(cell != "" for cell in row) for row in cells)]


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
    except (zipfile.BadZipFile, ValueError, OSError) as error:
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
        raise Refused(
            about_file(
                path.name,
                "archive_bomb",
                "error",
                Message(
                    "Arbetsboken växer orimligt mycket när den packas upp och läses därför inte. Spara om den, eller "
                    "använd csv."
                ),
            )
        )


def _sheet(name: str, cells: list[list[Any]]) -> RawSheet:
    """Return one sheet's cells as text columns; rows without any cell are left out but keep their numbers."""
    headers = tuple(_text(cell) or "" for cell in cells[0])
    kept = [(number, row) for number, row in enumerate(cells[1:], start=2) if any(cell != "" for cell in row)]
    columns = tuple(pa.array([_text(row[index]) for _, row in kept], pa.string()) for index in range(len(headers)))
    return RawSheet(name, headers, columns, pa.array([number for number, _ in kept], pa.int64()), decimal=",")


def _text(cell: Any) -> str | None:
    """Return a cell as Swedish text. The number's own digits are kept; whole numbers lose their ``,0``."""
    if isinstance(cell, bool):
        return "ja" if cell else "nej"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell).replace(".", ",")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time | timedelta | int):
        return str(cell)
    return cell or None
