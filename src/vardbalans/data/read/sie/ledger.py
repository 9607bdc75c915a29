"""Rows of the ledger under way from lines to Arrow, a list per column: a million rows cost no million objects."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vardbalans.data.tables import TABLES

__all__ = ["LedgerRows", "YearSum"]

_SCHEMA = TABLES["ledger"].schema()


@dataclass
class YearSum:
    """Debit and credit of one accounting year, both as positive sums in öre."""

    debit_ore: int = 0
    credit_ore: int = 0


class LedgerRows:
    """Rows whose voucher is finished have a year, a voucher and a line; the rows after them wait for theirs.

    The columns are there to be appended to. *days* are counted from 1970-01-01.
    """

    def __init__(self) -> None:
        self.years: list[str] = []
        self.vouchers: list[str] = []
        self.lines: list[int] = []
        self.days: list[int] = []
        self.accounts: list[str] = []
        self.centres: list[str | None] = []
        self.others: list[str | None] = []
        self.amounts: list[int] = []
        self.texts: list[str | None] = []
        self.rows: list[int] = []
        self.sums: defaultdict[str, YearSum] = defaultdict(YearSum)

    @property
    def finished(self) -> int:
        """How many rows have their voucher."""
        return len(self.vouchers)

    @property
    def waiting(self) -> int:
        """How many rows wait for their voucher."""
        return len(self.rows) - len(self.vouchers)

    def finish(self, year: str, voucher: str, first_line: int) -> int:
        """Give the rows that wait their year, voucher and lines; return how many they were."""
        count = self.waiting
        self.years += [year] * count
        self.vouchers += [voucher] * count
        self.lines += range(first_line, first_line + count)
        return count

    def taken(self, file: str) -> pa.Table:
        """Return the finished rows as rows of ``ledger`` from *file*, sum them up, and keep them no longer."""
        count = self.finished
        columns: list[list[Any]] = [
            self.years, self.vouchers, self.lines, self.days, self.accounts, self.centres, self.others, self.amounts,
            self.texts,
        ]  # fmt: skip
        self._sum_up(count)
        arrays = [_array(values[:count], field.type) for values, field in zip(columns, _SCHEMA, strict=False)]
        arrays += [pa.repeat(file, count), pa.array(self.rows[:count], pa.int64())]
        for values in (*columns, self.rows):
            del values[:count]
        return pa.table(arrays, schema=_SCHEMA)

    def _sum_up(self, count: int) -> None:
        # In Python, whose integers do not overflow.
        for year, amount in zip(self.years, self.amounts[:count], strict=True):
            if amount > 0:
                self.sums[year].debit_ore += amount
            else:
                self.sums[year].credit_ore -= amount


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int32()).cast(kind) if pa.types.is_date32(kind) else pa.array(values, kind)
