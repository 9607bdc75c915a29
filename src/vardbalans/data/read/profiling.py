"""Profiles made step by step: a file's columns with what each seems to be, then kept as a person has chosen.

The same suggestion as :mod:`.profiles.suggesting` gives, seen from the file: one line per heading, meaning or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow.compute as pc

from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.profiles.document import profile_text
from vardbalans.data.read.profiles.kept import Profiles, write_profile
from vardbalans.data.read.profiles.suggesting import Match, profile_from
from vardbalans.data.read.profiles.suggesting import suggest as suggested
from vardbalans.data.read.sample import sheet_sample
from vardbalans.data.tables import TABLES
from vardbalans.engine.messages import Message

__all__ = ["Chosen", "ChosenColumn", "SeenColumn", "SeenFile", "known", "save_profile", "suggest"]

_SAMPLES = 5


class ChosenColumn(Protocol):
    """A heading and the contract column a person has chosen for it; None leaves it out.

    *values* are source values with their meanings, an empty one for no value; None where none was chosen.
    """

    @property
    def header(self) -> str:
        """Return the heading in the file."""

    @property
    def column(self) -> str | None:
        """Return the contract column, or None."""

    @property
    def values(self) -> Mapping[str, str | None]:
        """Return what the source's values mean."""


class Chosen(Protocol):
    """A whole file as a person has chosen it."""

    @property
    def table(self) -> str:
        """Return the table that the file holds."""

    @property
    def columns(self) -> Sequence[ChosenColumn]:
        """Return its headings."""

    @property
    def delimiter(self) -> str:
        """Return what keeps columns apart; empty in a workbook."""

    @property
    def decimal(self) -> str | None:
        """Return the decimal mark, or None to tell it from the values."""

    @property
    def date_form(self) -> str:
        """Return the form dates are in; empty for forms that can be told."""


@dataclass(frozen=True)
class SeenColumn:
    """A heading, the contract column it most likely is with *certainty* (0 to 1), and some of its values."""

    header: str
    column: str | None
    certainty: float
    samples: tuple[str, ...]
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class SeenFile:
    """What a file most likely is. *encoding* is empty: it is told anew from every file."""

    table: str
    columns: tuple[SeenColumn, ...]
    delimiter: str
    decimal: str | None
    date_form: str
    header_row: int
    encoding: str = ""


def known(store: Path) -> tuple[tuple[str, Message], ...]:
    """Return name and sentence of the profiles kept in the store."""
    profiles = Profiles(store)
    own = profiles.own()
    return tuple((name, sentence) for name, sentence in profiles.known() if name in own)


def suggest(path: Path, table: str | None = None) -> SeenFile:
    """Return what the file at *path* seems to be; of *table*, where given. Raises BadInput."""
    sample = sheet_sample(path)
    found = suggested(sample, table)
    by_header = {match.header: match for match in found.matches}
    seen = [(index, header) for index, header in enumerate(sample.headers) if header]
    columns = tuple(_seen(sample, index, by_header.get(header)) for index, header in seen)
    form = found.profile.forms[0] if found.profile.forms else ""
    return SeenFile(found.table.name, columns, sample.delimiter, found.decimal, form, sample.header_row)


def save_profile(store: Path, name: str, chosen: Chosen, by: str) -> None:
    """Keep what *by* has chosen as the store's own profile called *name*. Raises BadInput."""
    table = TABLES[chosen.table]
    matches = [
        Match(
            table.column(column.column),
            column.header,
            1.0,
            values={value: meaning for value, meaning in column.values.items() if meaning is not None} or None,
        )
        for column in chosen.columns
        if column.column
    ]
    profile = profile_from(
        name,
        table,
        matches,
        delimiter=chosen.delimiter,
        decimal=chosen.decimal,
        form=chosen.date_form,
        ignored=[column.header for column in chosen.columns if not column.column],
    )
    author = "".join(mark if mark.isprintable() else " " for mark in by)
    write_profile(store, name, f"# {author}\n{profile_text(profile)}")


def _seen(sample: RawSheet, index: int, match: Match | None) -> SeenColumn:
    texts = pc.utf8_trim_whitespace(sample.columns[index])
    distinct = [text for text in pc.unique(texts.drop_null()).slice(0, _SAMPLES + 1).to_pylist() if text]
    samples = tuple(distinct[:_SAMPLES])
    if match is None:
        return SeenColumn(sample.headers[index], None, 0.0, samples)
    values: dict[str, str | None] = {**(match.values or {}), **dict.fromkeys(match.unmapped)}
    return SeenColumn(match.header, match.column.name, match.sureness, samples, values)
