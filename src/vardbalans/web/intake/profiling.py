"""Profiles of sources: those there are, one suggested from a sample, and the one a person has chosen.

What suggests and saves is given by :data:`PROFILER`; without one the pages say that it cannot be done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from vardbalans.data.findings import may_identify, shown
from vardbalans.data.read import profiles
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web import store

__all__ = ["PROFILER", "MappedColumn", "Profiler", "SourceMapping", "known", "save", "suggested"]

_SAMPLES = 3
_LONGEST_FORM = 30


class SuggestedColumn(Protocol):
    """One column of a sample: the contract column it seems to be, how sure that is, and what it holds."""

    header: str
    column: str | None
    certainty: float
    samples: tuple[str, ...]
    values: Mapping[str, str | None]


class Suggestion(Protocol):
    """What a sample seems to be."""

    table: str
    columns: Sequence[SuggestedColumn]
    encoding: str
    delimiter: str
    decimal: str | None
    date_form: str
    header_row: int


@dataclass(frozen=True)
class MappedColumn:
    """A column as a person has chosen it: *column* None leaves it out; *values* gives the meaning of source values."""

    header: str
    column: str | None
    values: Mapping[str, str | None] = field(default_factory=dict)
    certainty: float = 1.0
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceMapping:
    """A whole source as a person has chosen it; of the same shape as a suggestion."""

    table: str
    columns: tuple[MappedColumn, ...]
    encoding: str
    delimiter: str
    decimal: str | None
    date_form: str
    header_row: int


class Profiler(Protocol):
    """What suggests and keeps profiles."""

    def known(self, root: Path) -> Sequence[tuple[str, Message]]:
        """Return name and sentence of the profiles kept in the store."""

    def suggest(self, path: Path, table: str | None) -> Suggestion:
        """Return what the sample at *path* seems to be; of *table*, where given. Raises BadInput."""

    def save_profile(self, root: Path, name: str, mapping: SourceMapping, by: str) -> None:
        """Keep *mapping* under *name* in the store. Raises BadInput."""


PROFILER: Profiler | None = None
# Hook: vardbalans.data.read's suggest, save_profile and kept profiles, once they are there.


def known() -> tuple[tuple[str, Message], ...]:
    """Return name and sentence of every profile: those that come with the product and those kept in the store."""
    return (*profiles(), *(PROFILER.known(store.root()) if PROFILER else ()))


def suggested(path: Path, table: str | None) -> dict[str, Any]:
    """Return the suggestion for a sample as JSON. Samples are left out where they could tell of a person."""
    found = _profiler().suggest(path, table)
    return {
        "table": found.table,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "decimal": found.decimal,
        "date_form": found.date_form,
        "header_row": found.header_row,
        "columns": [_column(found.table, column) for column in found.columns],
    }


def save(name: str, mapping: SourceMapping, *, by: str) -> None:
    """Keep *mapping* under *name*. Raises BadInput."""
    _profiler().save_profile(store.root(), name, mapping, by)


def _profiler() -> Profiler:
    if PROFILER is None:
        raise BadInput(Message("Profiler kan inte göras här. Använd en av dem som finns."))
    return PROFILER


def _column(table: str, column: SuggestedColumn) -> dict[str, Any]:
    values = {value: meaning for value, meaning in column.values.items() if not may_identify(value)}
    return {
        "header": column.header,
        "column": column.column,
        "certainty": column.certainty,
        "samples": _samples(table, column),
        "values": values,
    }


def _samples(table: str, column: SuggestedColumn) -> list[str]:
    """Return what may be shown of the column's values.

    Nothing of a key of people. Of a column that is not recognised, and so may hold names, only the form: ``Aaaa 99``.
    """
    if column.column is None:
        return list(dict.fromkeys(_form(value) for value in column.samples))[:_SAMPLES]
    if TABLES[table].column(column.column).identity:
        return []
    return [shown(value) for value in column.samples[:_SAMPLES]]


def _form(value: str) -> str:
    """Return *value* with its letters and digits made alike."""
    alike = (
        "9" if letter.isdigit() else ("A" if letter.isupper() else "a") if letter.isalpha() else letter
        for letter in value[:_LONGEST_FORM]
    )
    return "".join(alike)
