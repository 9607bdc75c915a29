"""What a reader hands over: raw text in named columns, then typed rows of one table with what was found."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import UNREADABLE
from vardbalans.data.findings import Finding, Severity
from vardbalans.data.sources import SourceFile
from vardbalans.engine.messages import Message

__all__ = ["Draft", "Limits", "RawSheet", "Refused", "about_file", "file_sha256", "unmatched"]

_MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How large a file may be: bytes as it lies, bytes unpacked, their ratio, and members of an archive."""

    packed: int
    unpacked: int
    ratio: int = 100
    members: int = 2000


UPLOAD = Limits(50 * _MB, 450 * _MB)
"""Files sent in by someone, and every workbook wherever it comes from."""

COMMAND_LINE = Limits(4096 * _MB, 64 * 1024 * _MB, ratio=1000)
"""Text and parquet files that a person with the machine names by path."""


@dataclass(frozen=True)
class RawSheet:
    """One sheet as text, or a part of one: *columns* (string arrays, null for an empty cell) under *headers*.

    *rows* are the row numbers as a spreadsheet shows them; *decimal* is the decimal mark when it is certain, and
    None when it must be told from the values. *delimiter* is empty for workbooks. A part that is not the *first*
    counts its rows from 1; *size* is how many rows of the file a part takes, header and broken rows included.
    *header_row* is where the headings stand.
    """

    name: str
    headers: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    rows: pa.Array
    decimal: str | None = None
    delimiter: str = ""
    findings: tuple[Finding, ...] = ()
    first: bool = True
    size: int = 0
    header_row: int = 1


@dataclass(frozen=True)
class Draft:
    """Typed rows of one table from one file, or a part of them, with findings; nothing is stored yet.

    A large file comes as many drafts, one after the other. *table* is empty when the file could not be matched or
    read; *rows* then have no columns. *unreadable* lists cells that held something the reader could not type (schema
    ``checks.UNREADABLE``). *distinct*: a row whose key came earlier in the delivery says nothing new. *removes*: the
    rows hold nothing but keys of what is to be removed from the table.
    """

    table: str
    rows: pa.Table
    findings: list[Finding]
    file: SourceFile
    unreadable: pa.Table = field(default_factory=UNREADABLE.empty_table)
    distinct: bool = False
    removes: bool = False

    def further_down(self, rows: int) -> Self:
        """Return the draft with every row number counted from *rows* further up in the file."""
        if not rows or not self.table:
            return self
        return replace(
            self,
            rows=_moved(self.rows, rows),
            unreadable=_moved(self.unreadable, rows),
            findings=[replace(item, row=item.row + rows) if item.row else item for item in self.findings],
        )


class Refused(Exception):
    """A file that cannot be read at all; carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding.message))
        self.finding = finding


def about_file(file: str, code: str, severity: Severity, message: Message, row: int | None = None) -> Finding:
    """Return a finding about a whole file, or about one row of it without a column."""
    return Finding(file, row, "", code, severity, message)


def file_sha256(path: Path) -> str:
    """Return the sha256 of the file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def unmatched(file: SourceFile, findings: Iterable[Finding]) -> Draft:
    """Return the draft of a file that gave no rows for any table."""
    return Draft("", pa.table({}), list(findings), file)


def _moved(table: pa.Table, rows: int) -> pa.Table:
    place = table.schema.get_field_index("_row")
    return table.set_column(place, "_row", pc.add(table["_row"], rows))
