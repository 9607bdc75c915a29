"""Vouchers: ``#VER`` with its ``#TRANS``, ``#RTRANS`` and ``#BTRANS`` become rows of the ledger."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from vardbalans.data.findings import shown
from vardbalans.data.read.sie.found import Found, Tally
from vardbalans.data.read.sie.ledger import LedgerRows
from vardbalans.data.read.sie.syntax import Objects, amount_ore, day, pairs
from vardbalans.data.read.sie.years import Years
from vardbalans.engine.messages import Message

__all__ = ["TRANSACTION", "Unbalanced", "Vouchers"]

TRANSACTION = re.compile(
    r'[ \t]*+#TRANS[ \t]++([^\s"{}]++)[ \t]*+\{([^{}]*+)\}[ \t]*+(-?[0-9]{1,13}+)(?:\.([0-9]{2}))?+'
    r'(?:[ \t]++(?:""|([0-9]{8}))(?:[ \t]++"([^"\\]*+)"(?:[ \t].*)?)?)?[ \t]*'
)
"""A transaction as nearly all programs write it: account, objects, kronor, decimals, day, text. It is only there for
speed, five times that of :func:`~vardbalans.data.read.sie.syntax.fields`; what it does not match is read by that."""

_EPOCH = date(1970, 1, 1)
_PART = 200_000
_LARGEST = 1_000_000
_CACHED = 200_000
_LISTED = 10_000

_Places = tuple[str | None, str | None]
_Transaction = tuple[str, _Places, int, int, str]


@dataclass(frozen=True)
class Unbalanced:
    """A voucher that does not sum to zero: its name, the row of its ``#VER`` and what is left over."""

    voucher: str
    row: int
    amount_ore: int


class Vouchers:
    """Takes the lines of vouchers one by one and keeps the rows of the finished ones until they are asked for.

    A voucher with a line that cannot be read is not said to be out of balance: its sum is not known.
    """

    def __init__(self, found: Found, years: Years) -> None:
        self._found = found
        self._years = years
        self._places: dict[str, _Places] = {}
        self._days: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._outside: set[int] = set()
        self._added: tuple[int, _Transaction] | None = None
        self._name = self._year = ""
        self._text: str | None = None
        self._day = self._line = self._sum = 0
        self._open = self._named = self._sound = False
        self.row = 0
        self.rows = LedgerRows()
        self.vouchers = self.transactions = self.unbalanced_count = 0
        self.unbalanced: list[Unbalanced] = []
        self.outside_years = Tally()

    def is_part_ready(self) -> bool:
        """Tell whether the finished vouchers make up a part. A voucher that alone is very large counts as it stands."""
        if self.rows.waiting >= _LARGEST:
            self._finish_rows()
        return self.rows.finished >= _PART

    @property
    def is_open(self) -> bool:
        """Whether a voucher is under way."""
        return self._open

    def open(self, row: int, items: list[str]) -> None:
        """Begin the voucher of a ``#VER`` at *row*. Raises ValueError; its transactions are then passed over."""
        if self._open:
            self.close()
        self._open, self._named = True, False
        self.vouchers += 1
        self.row = row
        series, number, booked, *more = items
        self._day = self._days_of(booked)
        # A file on its way into a ledger (4I) may leave the number to the receiver; the row then tells them apart.
        number = number if number not in {"", "0"} else f"rad{row}"
        name = f"{series}-{number}" if series else number
        # Some programs give all their automatic vouchers one number; their rows are told apart by one numbering.
        self._line = self._line if name == self._name else 0
        self._name, self._text = name, (more[0] if more else "") or None
        self._year, self._sum, self._named, self._sound = self._names[self._day], 0, True, True
        if self._day in self._outside:
            self.outside_years.add(row)

    def take(
        self, row: int, account: str, objects: str, kronor: str, cents: str | None, booked: str | None, text: str | None
    ) -> bool:
        """Take the transaction at *row* as :data:`TRANSACTION` read it; False where it must be read with care."""
        if not self._sound or self._added:
            return False
        try:
            places = self._places.get(objects) or self._places_of(objects)
            days = (self._days.get(booked) or self._days_of(booked)) if booked else self._day
        except ValueError:
            return False
        self._keep(row, account, places, int(kronor + (cents or "00")), days, text)
        return True

    def transaction(self, row: int, items: list[str]) -> None:
        """Take the fields of a ``#TRANS`` at *row*. Raises ValueError."""
        if read := self._read(items):
            self._settle(read)
            self._keep(row, *read)

    def added(self, row: int, items: list[str]) -> None:
        """Take an ``#RTRANS``: the ``#TRANS`` after it says the same and is the one that counts. Raises ValueError."""
        self._settle()
        if read := self._read(items):
            self._added = row, read

    def removed(self, _row: int, _items: list[str]) -> None:
        """Pass over a ``#BTRANS``: what it says is no longer in the voucher."""
        self._settle()

    def spoil(self) -> None:
        """Note that a line of the voucher under way could not be read."""
        self._sound = False

    def close(self) -> None:
        """Finish the voucher under way, if any; tell when it does not sum to zero."""
        self._settle()
        self._finish_rows()
        if self._sum and self._sound:
            self._tell_unbalanced()
        self._open = self._named = self._sound = False

    def _read(self, items: list[str]) -> _Transaction | None:
        """Return a transaction read from its fields; None in a voucher whose own line could not be read."""
        if not self._open:
            raise ValueError(items)
        account, objects, amount, *more = items
        if not account or not isinstance(objects, Objects):
            raise ValueError(items)
        booked, text = [*more[:2], "", ""][:2]
        days = self._days_of(booked) if booked else self._day
        return (account, self._places_of(objects), amount_ore(amount), days, text) if self._named else None

    def _keep(self, row: int, account: str, places: _Places, ore: int, days: int, text: str | None) -> None:
        centre, others = places
        rows = self.rows
        rows.days.append(days)
        rows.accounts.append(account)
        rows.centres.append(centre)
        rows.others.append(others)
        rows.amounts.append(ore)
        rows.texts.append(text or self._text)
        rows.rows.append(row)
        self._sum += ore

    def _settle(self, after: _Transaction | None = None) -> None:
        """Take the added transaction that waits, unless the transaction *after* it is the same once more."""
        waiting, self._added = self._added, None
        if waiting is None or (after and after[:3] == waiting[1][:3]):
            return
        row, read = waiting
        self._keep(row, *read)
        self._found.add(
            "addition_alone",
            "info",
            Message("Raden #RTRANS följs inte av samma rad som #TRANS; den lästes som bokförd."),
            row,
        )

    def _finish_rows(self) -> None:
        count = self.rows.finish(self._year, self._name, self._line + 1)
        self._line += count
        self.transactions += count

    def _places_of(self, objects: str) -> _Places:
        """Return the cost centre (dimension 1) of an object list and the others as the ledger has them."""
        centre, others = None, []
        for dimension, item in pairs(objects):
            if dimension == "1" and centre is None:
                centre = item
            else:
                others.append(f"{dimension}:{item}")
        if len(self._places) >= _CACHED:
            self._places.clear()
        places = self._places[objects] = centre, ";".join(others) or None
        return places

    def _days_of(self, text: str) -> int:
        """Return a day as days since 1970; note its year's name, and whether it lies outside the years."""
        if text not in self._days:
            booked = day(text)
            days = (booked - _EPOCH).days
            self._days[text], self._names[days] = days, self._years.name_of(booked)
            if not self._years.covers(booked):
                self._outside.add(days)
        return self._days[text]

    def _tell_unbalanced(self) -> None:
        self.unbalanced_count += 1
        if len(self.unbalanced) < _LISTED:
            self.unbalanced.append(Unbalanced(self._name, self.row, self._sum))
        self._found.add(
            "unbalanced_voucher",
            "error",
            Message(
                "Verifikation {voucher} går inte jämnt ut: den summerar till {amount} kr i stället för 0. "
                "Rätta den i ekonomisystemet och exportera på nytt.",
                voucher=shown(self._name),
                amount=f"{Decimal(self._sum) / 100:.2f}".replace(".", ","),
            ),
            self.row,
            "amount",
        )
