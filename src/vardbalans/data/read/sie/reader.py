"""The way through a SIE file, line by line in bounded memory; what each label means is known by its neighbours."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from vardbalans.data.findings import Severity, shown
from vardbalans.data.read.draft import Draft, Limits
from vardbalans.data.read.sie.budget import Budget
from vardbalans.data.read.sie.checksum import Checksum
from vardbalans.data.read.sie.document import Balances, Chart, Heading
from vardbalans.data.read.sie.encoding import PC8, named
from vardbalans.data.read.sie.found import Found, Tally
from vardbalans.data.read.sie.source import Source, refuse_type_5
from vardbalans.data.read.sie.syntax import BLANK, fields
from vardbalans.data.read.sie.vouchers import TRANSACTION, Vouchers
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message

__all__ = ["Reader", "read_sie"]

_TRANSACTIONS = ("#TRANS", "#RTRANS")
_IMPORTED = frozenset({"#VER", *_TRANSACTIONS, "#PBUDGET", "#RAR", "#SIETYP"})
"""What an import rests on: a line of these that cannot be read is an error, others are passed over with a warning."""
_UNKNOWN = 1000
_SHOWN = 10


def read_sie(path: Path, file: SourceFile, limits: Limits) -> Iterator[Draft]:
    """Yield the ledger rows of the SIE file at *path* in drafts of some 200 000, then those of its budget.

    ``_row`` is the line number. Raises Refused.
    """
    yield from Reader(path, file, limits).drafts()


class Reader:
    """One reading of one file. What was read stands in the parts once :meth:`drafts` is exhausted. Raises Refused."""

    def __init__(self, path: Path, file: SourceFile, limits: Limits, chart: Chart | None = None) -> None:
        """Look the file over; *chart* takes accounts, dimensions and objects, which an import does not need."""
        self._file = file
        self._source = Source(path, file.name, limits)
        self._found = Found(file.name)
        self.years = self._source.years
        self.heading, self.balances = Heading(), Balances()
        self.vouchers = Vouchers(self._found, self.years)
        self.budget = Budget(self._found, self.years)
        self.checksum = Checksum(self._found, (self._source.encoding or PC8).name)
        self._unknown: Counter[str] = Counter()
        self._cut_off = Tally()
        of_chart = chart.handlers() if chart else Chart.passed_over()
        self._plain = self.heading.handlers() | self.balances.handlers() | of_chart | {"#RAR": self.years.add}
        self._with_row: dict[str, Callable[[int, list[str]], None]] = {
            "#VER": self.vouchers.open,
            "#TRANS": self.vouchers.transaction,
            "#RTRANS": self.vouchers.added,
            "#BTRANS": self.vouchers.removed,
            "#PBUDGET": self.budget.add,
        }

    @property
    def encoding(self) -> str:
        """The name of the encoding the file is saved in; what it says itself when it is plain ASCII."""
        return (self._source.encoding or named(self.heading["format"]) or PC8).name

    def drafts(self) -> Iterator[Draft]:
        """Yield the file's drafts; the last one carries what was found about the file as a whole."""
        last: tuple[str, pa.Table] | None = None
        for part in self._parts():
            if last:
                yield Draft(*last, self._found.taken(), self._file)
            last = part
        self._tell_of_file()
        self._found.close()
        table, rows = last or ("ledger", TABLES["ledger"].schema().empty_table())
        yield Draft(table, rows, self._found.taken(), self._file)

    def _parts(self) -> Iterator[tuple[str, pa.Table]]:
        for _ in self._read():
            if self.vouchers.is_part_ready():
                yield "ledger", self.vouchers.rows.taken(self._file.name)
        self._close_voucher()
        self.checksum.close()
        if self.vouchers.rows.finished:
            yield "ledger", self.vouchers.rows.taken(self._file.name)
        for rows in self.budget.tables():
            yield "budget", rows

    def _read(self) -> Iterator[None]:
        """Read the whole file, pausing after each block of lines."""
        row = 0
        match, take = TRANSACTION.fullmatch, self.vouchers.take
        add = self.checksum.add if self._source.has_sum else None
        for lines in self._source.blocks():
            for row, line in enumerate(lines, row + 1):  # noqa: B020 - numbered on through all blocks
                if add:
                    add(row, line)
                found = match(line)
                if not (found and take(row, *found.groups())) and line != "{":
                    self._line(row, line.strip(BLANK))
            yield

    def _line(self, row: int, line: str) -> None:
        if not line or line == "{":
            return
        if line == "}":
            self.vouchers.close()
            return
        label, *rest = line.split(None, 1)
        label = label.upper()
        try:
            self._labelled(row, label, rest[0] if rest else "")
        except (ValueError, LookupError):
            self._tell_bad_line(row, label)
        if self.heading.sie_type == 5:
            raise refuse_type_5(self._file.name, row)

    def _labelled(self, row: int, label: str, rest: str) -> None:
        """Hand the fields of one line to what knows its label. Raises ValueError or LookupError."""
        if with_row := self._with_row.get(label):
            with_row(row, self._fields(row, rest))
        elif plain := self._plain.get(label):
            plain(self._fields(row, rest))
        elif not label.startswith("#"):
            raise ValueError(label)
        elif label != "#KSUMMA" and (label in self._unknown or len(self._unknown) < _UNKNOWN):
            self._unknown[label] += 1

    def _fields(self, row: int, rest: str) -> list[str]:
        """Return the fields of a line. Some programs cut their lines off, and with that the end of the last text."""
        try:
            return fields(rest)
        except ValueError:
            closed = fields(rest + '"')
            self._cut_off.add(row)
            return closed

    def _close_voucher(self) -> None:
        if not self.vouchers.is_open:
            return
        self.vouchers.spoil()
        self.vouchers.close()
        self._tell(
            "unclosed_voucher",
            "error",
            Message("Filen slutar mitt i en verifikation. Den är avklippt; exportera den på nytt."),
            self.vouchers.row,
        )

    def _tell_bad_line(self, row: int, label: str) -> None:
        if label in _TRANSACTIONS:
            self.vouchers.spoil()
        if label in _IMPORTED or not label.startswith("#"):
            sentence = Message("Raden går inte att läsa som SIE. Exportera filen på nytt, eller rätta raden.")
            self._tell("bad_line", "error", sentence, row)
        else:
            sentence = Message("Raden {label} går inte att läsa och hoppades över.", label=shown(label))
            self._tell("odd_line", "warning", sentence, row)

    def _tell_of_file(self) -> None:
        self._tell_encoding()
        if self.heading.flag:
            self._tell(
                "already_read",
                "info",
                Message("Filen är märkt som redan inläst (#FLAGGA 1). Kontrollera att den inte läses in två gånger."),
            )
        if self._cut_off.count:
            self._tell(
                "text_cut_off",
                "info",
                Message(
                    "På {count} rader är den sista texten avklippt; resten av raden lästes.", count=self._cut_off.count
                ),
                self._cut_off.row,
            )
        if self._unknown:
            listed = ", ".join(f"{shown(label)} ({count})" for label, count in self._unknown.most_common(_SHOWN))
            self._tell(
                "unknown_labels",
                "info",
                Message("Etiketter som SIE inte känner hoppades över: {labels}.", labels=listed),
            )
        if self.vouchers.vouchers and not self.years.dated:
            self._tell(
                "no_years",
                "info",
                Message("Filen säger inte när räkenskapsåret börjar och slutar (#RAR); kalenderåret används."),
            )
        if (outside := self.vouchers.outside_years).count:
            self._tell(
                "outside_years",
                "warning",
                Message(
                    "{count} verifikationer ligger utanför filens räkenskapsår (#RAR); kalenderåret används för dem.",
                    count=outside.count,
                ),
                outside.row,
            )
        if not self.vouchers.vouchers:
            self._tell_without_vouchers()

    def _tell_encoding(self) -> None:
        encoding, said = self._source.encoding, self.heading["format"]
        told = named(said)
        if encoding and (told is None or told.codec != encoding.codec):
            self._tell(
                "encoding_told",
                "info",
                Message(
                    "Filen säger att den är sparad med teckenkoden {said} men den lästes som {encoding}. "
                    "Kontrollera att å, ä och ö ser rätt ut.",
                    said=shown(said) or PC8.title,
                    encoding=encoding.title,
                ),
            )
        if self._source.unreadable:
            self._tell(
                "unreadable_characters",
                "warning",
                Message(
                    "{count} tecken gick inte att läsa. Exportera filen på nytt om texterna behövs.",
                    count=self._source.unreadable,
                ),
            )

    def _tell_without_vouchers(self) -> None:
        if self.budget.has_rows:
            self._tell(
                "budget_only",
                "info",
                Message(
                    "Filen (SIE typ {type}) har inga verifikationer; bara budgeten läses in.",
                    type=self.heading.sie_type or "?",
                ),
            )
        else:
            self._tell(
                "no_rows",
                "warning",
                Message("Filen har inga verifikationer. Exportera SIE typ 4, som innehåller transaktioner."),
            )

    def _tell(self, code: str, severity: Severity, message: Message, row: int | None = None) -> None:
        self._found.add(code, severity, message, row)
