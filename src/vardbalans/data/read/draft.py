"""What a reader hands over: raw text in named columns, then typed rows of one table with what was found."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

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


UPLOAD = Limits(50 * _MB, 500 * _MB)
"""Files sent in by someone, and every workbook wherever it comes from."""

COMMAND_LINE = Limits(4096 * _MB, 64 * 1024 * _MB, ratio=1000)
"""Text and parquet files that a person with the machine names by path."""


@dataclass(frozen=True)
class RawSheet:
    """One sheet as text: *columns* (string arrays, null for an empty cell) under *headers*.

    *rows* are the row numbers as a spreadsheet shows them; *decimal* is the decimal mark when it is certain, and
    None when it must be told from the values. *delimiter* is empty for workbooks.
    """

    name: str
    headers: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    rows: pa.Array
    decimal: str | None = None
    delimiter: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Draft:
    """Typed rows of one table from one file, with findings; nothing is stored yet.

    *table* is empty when the file could not be matched or read; *rows* then have no columns. *unreadable* lists
    cells that held something the reader could not type (schema ``checks.UNREADABLE``).
    """

    table: str
    rows: pa.Table
    findings: list[Finding]
    file: SourceFile
    unreadable: pa.Table = field(default_factory=UNREADABLE.empty_table)


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
