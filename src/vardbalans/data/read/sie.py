"""SIE 4 (.se, .si): the vouchers of a ledger. Source: SIE-gruppen, file format SIE 4B, sections 5 and 11.

Only what the ``ledger`` table needs is read: ``#RAR``, ``#VER`` and ``#TRANS``. ``#RTRANS`` and ``#BTRANS`` tell what
was added to and removed from a voucher later; the ``#TRANS`` lines alone make up the voucher as it stands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa

from vardbalans.data.findings import Finding, shown
from vardbalans.data.read.draft import Draft, Limits, Refused, about_file
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message

__all__ = ["read_sie"]

_LEDGER = TABLES["ledger"]
_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\{((?:"(?:[^"\\]|\\.)*"|[^}"])*)\}|([^\s"{}]+)')
_SWEDISH_CP437 = frozenset("åäöÅÄÖ".encode("cp437"))
_SWEDISH_LATIN = frozenset("åäöÅÄÖ".encode("latin-1"))
_ENCODINGS = {"utf-8": "UTF-8", "latin-1": "ISO 8859-1"}


@dataclass
class _Voucher:
    """One voucher under way: its name, day, text, first line and rows so far."""

    name: str
    year: str
    day: date
    text: str
    row: int
    rows: list[tuple[object, ...]] = field(default_factory=list)
    sum_ore: int = 0


def read_sie(path: Path, file: SourceFile, limits: Limits) -> Draft:
    """Return the ledger rows of the SIE file at *path*. ``_row`` is the line number. Raises Refused."""
    if path.stat().st_size > limits.unpacked:
        raise Refused(
            about_file(
                file.name,
                "too_large",
                "error",
                Message("Filen är större än vad som tas emot. Exportera ett räkenskapsår i taget."),
            )
        )
    content = path.read_bytes()
    if not content.strip():
        raise Refused(
            about_file(
                file.name, "empty_file", "error", Message("Filen är tom. Exportera den på nytt från ekonomisystemet.")
            )
        )
    encoding = _encoding(content)
    lines = content.decode(encoding, errors="replace").splitlines()
    if not any(line.lstrip().upper().startswith("#FLAGGA") for line in lines[:50]):
        raise Refused(
            about_file(
                file.name,
                "not_sie",
                "error",
                Message("Filen är ingen SIE-fil: raden #FLAGGA saknas. Exportera SIE typ 4 från ekonomisystemet."),
                1,
            )
        )
    reader = _Reader(file.name)
    if encoding != "cp437":
        reader.findings.append(
            about_file(
                file.name,
                "encoding_told",
                "info",
                Message(
                    "Filen är inte sparad med teckenkoden PC8; den lästes som {encoding}. "
                    "Kontrollera att å, ä och ö ser rätt ut.",
                    encoding=_ENCODINGS[encoding],
                ),
            )
        )
    return reader.draft(lines, file)


def _encoding(content: bytes) -> str:
    """Return the encoding the Swedish letters speak for; the format's own PC8 (cp437) when nothing does."""
    if content.isascii():
        return "cp437"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        latin = sum(map(content.count, _SWEDISH_LATIN))
        return "latin-1" if latin > sum(map(content.count, _SWEDISH_CP437)) else "cp437"
    return "utf-8"


class _Reader:
    """Reads line by line and keeps the finished vouchers' rows and what was found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.years: list[tuple[date, date]] = []
        self.rows: list[tuple[object, ...]] = []
        self.voucher: _Voucher | None = None

    def draft(self, lines: list[str], file: SourceFile) -> Draft:
        """Return the draft of all *lines*."""
        for number, line in enumerate(lines, start=1):
            try:
                self._line(number, line.strip())
            except (ValueError, IndexError, InvalidOperation):
                self._bad_line(number)
        self._close()
        if not self.rows:
            self.findings.append(
                about_file(
                    self.file,
                    "no_rows",
                    "warning",
                    Message("Filen har inga verifikationer. Exportera SIE typ 4, som innehåller transaktioner."),
                )
            )
        names = _LEDGER.schema().names
        columns = dict(zip(names, zip(*self.rows, strict=True), strict=True)) if self.rows else {n: [] for n in names}
        return Draft("ledger", pa.table(columns, schema=_LEDGER.schema()), self.findings, file)

    def _line(self, number: int, line: str) -> None:
        label, _, rest = line.partition(" ") if "\t" not in line else re.split(r"(\s+)", line, maxsplit=1)
        match label.upper():
            case "#RAR":
                if len(days := _fields(rest)[1:3]) == 2:
                    self.years.append((_day(days[0]), _day(days[1])))
            case "#VER":
                self._close()
                self._open(number, _fields(rest))
            case "#TRANS":
                self._transaction(number, _fields(rest))
            case "}":
                self._close()

    def _open(self, number: int, fields: list[str]) -> None:
        series, voucher, day, *more = fields
        booked = _day(day)
        # A file on its way into a ledger (4I) may leave the number to the receiver; the line then tells them apart.
        name = f"{series}-{voucher}" if voucher else f"{series}-rad{number}"
        self.voucher = _Voucher(name, self._year(booked), booked, more[0] if more else "", number)

    def _transaction(self, number: int, fields: list[str]) -> None:
        voucher = self.voucher
        if voucher is None:
            raise ValueError(fields)
        account, objects, amount, *more = fields
        exact = Decimal(amount.replace(",", ".")) * 100
        if exact != int(exact):
            raise ValueError(amount)
        pairs = _fields(objects)
        dimensions = list(zip(pairs[::2], pairs[1::2], strict=True))
        centre = next((item for dimension, item in dimensions if dimension == "1"), None)
        others = ";".join(f"{dimension}:{item}" for dimension, item in dimensions if dimension != "1")
        day = _day(more[0]) if more and more[0] else voucher.day
        text = (more[1] if len(more) > 1 else "") or voucher.text
        voucher.sum_ore += int(exact)
        voucher.rows.append(
            (
                voucher.year,
                voucher.name,
                len(voucher.rows) + 1,
                day,
                account,
                centre,
                others or None,
                int(exact),
                text or None,
                self.file,
                number,
            )
        )

    def _close(self) -> None:
        """Finish the voucher under way; tell when it does not sum to zero."""
        voucher, self.voucher = self.voucher, None
        if voucher is None:
            return
        self.rows += voucher.rows
        if voucher.sum_ore:
            self.findings.append(
                Finding(
                    self.file,
                    voucher.row,
                    "amount",
                    "unbalanced_voucher",
                    "error",
                    Message(
                        "Verifikation {voucher} går inte jämnt ut: den summerar till {amount} kr i stället för 0. "
                        "Rätta den i ekonomisystemet och exportera på nytt.",
                        voucher=shown(voucher.name),
                        amount=f"{Decimal(voucher.sum_ore) / 100:.2f}".replace(".", ","),
                    ),
                )
            )

    def _year(self, day: date) -> str:
        """Return the accounting year that *day* lies in: 2025, or 2024/2025 when it is broken."""
        first, last = next(((a, b) for a, b in self.years if a <= day <= b), (day, day))
        return str(last.year) if first.year == last.year else f"{first.year}/{last.year}"

    def _bad_line(self, number: int) -> None:
        self.findings.append(
            about_file(
                self.file,
                "bad_line",
                "error",
                Message("Raden går inte att läsa som SIE 4. Exportera filen på nytt, eller rätta raden."),
                number,
            )
        )


def _fields(text: str) -> list[str]:
    """Return a line's fields: bare, quoted, or an object list in braces (its inside, unread)."""
    return [
        quoted.replace('\\"', '"') if whole.startswith('"') else inside if whole.startswith("{") else bare
        for whole, quoted, inside, bare in _whole_fields(text)
    ]


def _whole_fields(text: str) -> Iterator[tuple[str, str, str, str]]:
    for found in _FIELD.finditer(text):
        yield found[0], found[1] or "", found[2] or "", found[3] or ""


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{8}", text):
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
