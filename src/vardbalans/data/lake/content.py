"""What rows say, as a number that neither order nor file nor import history changes.

A row's text is, for every declared column that has a value and by column name, the column's tag and the value (of a
text its length in bytes); then ``|`` and all texts. A tag is three capital letters, which keeps the text short: md5 is
what costs. The digest is the md5 of that, read as a little-endian number. A table's content is the number of rows and
the sums of the digests' 64-bit halves: sums can be added to when rows come and subtracted from when rows go. A
version's fingerprint is sha256 over its tables. It tells equal content from different; it is no seal against someone
who wants to deceive.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import pyarrow as pa

from vardbalans.data.tables import Table

__all__ = ["NOTHING", "SUMS", "Content", "digest", "fingerprint_of_tables", "tag"]

_MASK = (1 << 64) - 1

SUMS = f"count(*), coalesce(sum((digest & {_MASK}::UHUGEINT)::UBIGINT), 0), coalesce(sum((digest >> 64)::UBIGINT), 0)"
"""SQL: the three numbers of :class:`Content` over rows that have a column ``digest``."""


@dataclass(frozen=True)
class Content:
    """Number of rows and the two sums of their digests' halves, modulo 2⁶⁴."""

    rows: int = 0
    lower: int = 0
    upper: int = 0

    @classmethod
    def parse(cls, rows: int, fingerprint: str) -> Self:
        """Return the content that :attr:`fingerprint` and *rows* were written from."""
        return cls(rows, int(fingerprint[16:], 16), int(fingerprint[:16], 16))

    @property
    def fingerprint(self) -> str:
        """Return the sums as 32 hexadecimal digits."""
        return f"{self.upper & _MASK:016x}{self.lower & _MASK:016x}"

    def __add__(self, other: "Content") -> "Content":
        return Content(self.rows + other.rows, self.lower + other.lower, self.upper + other.upper)

    def __sub__(self, other: "Content") -> "Content":
        return Content(self.rows - other.rows, self.lower - other.lower, self.upper - other.upper)


NOTHING = Content()
"""The content of no rows."""


class _Counted(Protocol):
    @property
    def rows(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...


def digest(table: Table) -> str:
    """Return SQL for the md5 of a row of *table* as an unsigned 128-bit integer; origin is left out."""
    fields = [table.schema().field(name) for name in sorted(table.names)]
    texts = [f'"{field.name}"' for field in fields if pa.types.is_string(field.type)]
    # What is NULL concat skips, an absent value's tag too: a column added later changes no old digest.
    parts = ", ".join([*map(_part, fields), "'|'", *texts])
    return f"md5_number(concat({parts}))::UHUGEINT"


def _part(field: pa.Field) -> str:
    name = f'"{field.name}"'
    if pa.types.is_string(field.type):
        value = f"strlen({name})"
    elif pa.types.is_timestamp(field.type):
        value = f"epoch_us({name})"
    elif pa.types.is_date(field.type):
        value = f"({name} - DATE '1970-01-01')"
    elif pa.types.is_floating(field.type):
        value = f"({name} + 0.0::DOUBLE)::VARCHAR"  # + 0.0 makes -0.0 plain zero
    else:
        value = f"{name}::VARCHAR"
    return f"CASE WHEN {name} IS NOT NULL THEN '{tag(field.name)}' END, {value}"


def tag(column: str) -> str:
    """Return the three letters that stand for *column* in a row's text.

    They are the md5 of its name as a little-endian number, modulo 26³, in base 26 with A for 0.
    """
    number = int.from_bytes(hashlib.md5(column.encode(), usedforsecurity=False).digest(), "little") % 26**3
    return "".join(chr(ord("A") + number // 26**place % 26) for place in (2, 1, 0))


def fingerprint_of_tables(tables: Mapping[str, _Counted]) -> str:
    """Return the sha256 over name, rows and fingerprint of every table, in hex."""
    lines = (f"{name}\t{tables[name].rows}\t{tables[name].fingerprint}\n" for name in sorted(tables))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
