"""What a table and a column are: the words the registry is written in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Self

import pyarrow as pa

from vardbalans.engine.messages import Message

__all__ = ["GROUPS", "ORIGIN", "Column", "Table", "Type", "choices"]

Identity = Literal["", "patient", "staff"]
Type = Literal["text", "integer", "number", "share", "date", "datetime", "boolean", "period", "money_kr"]

_STORED: dict[Type, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "share": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
    "period": pa.string(),
    "money_kr": pa.int64(),
}

_EXAMPLES: dict[Type, str] = {
    "text": "K17",
    "integer": "12",
    "number": "45,5",
    "share": "0,85",
    "date": "2026-05-17",
    "datetime": "2026-05-17 08:30",
    "boolean": "ja",
    "period": "2026-W05",
    "money_kr": "1250,50",
}

GROUPS = {
    "grund": "Grunddata",
    "kapacitet": "Kapacitet",
    "vard": "Vård per patient",
    "serier": "Summerade serier",
    "ekonomi": "Ekonomi",
    "styrning": "Mål och åtgärder",
}
"""The groups tables are shown and given out in: name to Swedish title."""

ORIGIN = (pa.field("_file", pa.string()), pa.field("_row", pa.int64()))
"""Where a stored row came from: the original file's name and the row as a spreadsheet counts it (header is row 1)."""


def choices(**meanings: str) -> tuple[tuple[str, str], ...]:
    """Return allowed values with their Swedish meanings, in the order given."""
    return tuple(meanings.items())


@dataclass(frozen=True)
class Column:
    """One column of the contract.

    *name* is the stored name; *header* the Swedish heading of templates; *meaning* one Swedish sentence. *choices*
    are allowed values with Swedish meanings; *reference* names the table whose id the value must be. *minimum*
    and *maximum* are in the file's unit. *identity* marks keys of people, which are stored as pseudonyms only. Columns
    of type ``money_kr`` are kronor in files and integer öre here.
    """

    name: str
    type: Type
    required: bool
    meaning: str
    header: str
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    reference: str = ""
    key: bool = False
    minimum: float | None = None
    maximum: float | None = None
    sample: str = ""
    identity: Identity = ""

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return the allowed values; empty when anything of the type goes."""
        return tuple(value for value, _ in self.choices)

    @property
    def file_name(self) -> str:
        """Return the English heading in csv and xlsx files: ``amount`` (kronor) for stored ``amount_ore``."""
        return self.name.removesuffix("_ore") if self.type == "money_kr" else self.name

    @property
    def stored(self) -> pa.DataType:
        """Return the Arrow type the column is stored as."""
        return _STORED[self.type]

    @property
    def example(self) -> str:
        """Return a value that would be right in a Swedish csv file."""
        return self.sample or (self.allowed[0] if self.choices else _EXAMPLES[self.type])


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    *title* is the Swedish name (also a sheet's name), *needed_for* the sentence shown when the table is absent,
    *first_day* the earliest date that is plausible in it.
    """

    name: str
    title: str
    meaning: str
    group: str
    needed_for: Message
    columns: tuple[Column, ...]
    first_day: date = date(1900, 1, 1)

    @property
    def key(self) -> tuple[str, ...]:
        """Return the names of the columns that together identify a row; some may be empty in a row."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the stored names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def keys(self) -> Self:
        """Return the table with nothing but the columns that identify a row."""
        return replace(self, columns=tuple(column for column in self.columns if column.key))

    def column(self, name: str) -> Column:
        """Return the column called *name*. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]

    def of_type(self, types: Iterable[Type]) -> tuple[Column, ...]:
        """Return the columns of the given types."""
        wanted = frozenset(types)
        return tuple(column for column in self.columns if column.type in wanted)

    def schema(self) -> pa.Schema:
        """Return the Arrow schema of stored rows: the typed columns, then ``_file`` and ``_row``."""
        return pa.schema([pa.field(column.name, column.stored) for column in self.columns] + list(ORIGIN))
