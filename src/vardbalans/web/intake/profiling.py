"""Profiles of sources: those there are, one suggested from a sample, and the one a person has chosen."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.findings import may_identify, shown
from vardbalans.data.read.profiles.document import Output, Profile, Source, Taken, profile_text
from vardbalans.data.read.profiles.kept import Profiles, write_profile
from vardbalans.data.read.profiles.likeness import made_of
from vardbalans.data.read.profiles.suggesting import Match, suggest
from vardbalans.data.read.sample import sheet_sample
from vardbalans.data.tables import TABLES, Column
from vardbalans.engine.messages import Message
from vardbalans.web import store

__all__ = [
    "PROFILER",
    "MappedColumn",
    "Profiler",
    "SourceMapping",
    "StoreProfiler",
    "known",
    "parts_of",
    "save",
    "suggested",
]

_SAMPLES = 3
_LONGEST_FORM = 30


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
        """Return name and sentence of every profile: those kept in the store and those that come with the product."""

    def suggest(self, path: Path, table: str | None) -> SourceMapping:
        """Return what the sample at *path* seems to be; of *table*, where given. Raises BadInput."""

    def save_profile(self, root: Path, name: str, mapping: SourceMapping, by: str) -> None:
        """Keep *mapping* under *name* in the store. Raises BadInput."""


class StoreProfiler:
    """Suggests by headings and values, and keeps profiles as files in the store."""

    def known(self, root: Path) -> Sequence[tuple[str, Message]]:
        """Return name and sentence of every profile."""
        return Profiles(root).known()

    def suggest(self, path: Path, table: str | None) -> SourceMapping:
        """Return what the first sheet of the sample seems to be. Raises BadInput."""
        sample = sheet_sample(path)
        found = suggest(sample, table)
        matches = {match.header: match for match in found.matches}
        columns = [
            _suggested_column(header, values, matches.get(header))
            for header, values in zip(sample.headers, sample.columns, strict=True)
        ]
        certain = [match.forms[0] for match in found.matches if len(match.forms) == 1]
        forms = (*found.profile.forms, *certain, "")  # where several would do, the person chooses
        return SourceMapping(
            found.table.name, tuple(columns), "", sample.delimiter, found.decimal, forms[0], sample.header_row
        )

    def save_profile(self, root: Path, name: str, mapping: SourceMapping, by: str) -> None:
        """Keep *mapping* under *name* in the store, with who made it. Raises BadInput."""
        table = TABLES[mapping.table]
        taken = {column.column: column for column in mapping.columns if column.column}
        made = {column.name: made_of(column) for column in table.columns if column.name not in taken}
        whole = {name: made[name] for name in made if made[name] and parts_of(made[name]) <= taken.keys()}
        profile = Profile(
            name=name,
            sentence=str(Message("Egen profil för tabellen {title}.", title=table.title)),
            source=tuple(_source(table.column(name), column, mapping.date_form) for name, column in taken.items()),
            output=(Output(table.name, {**{name: _output(table.column(name)) for name in taken}, **whole}),),
            delimiter=mapping.delimiter,
            decimal="," if mapping.decimal == "," else "." if mapping.decimal == "." else None,
            ignored=tuple(column.header for column in mapping.columns if column.header and not column.column),
        )
        write_profile(root, name, f"# {' '.join(by.split())}\n{profile_text(profile)}")


PROFILER: Profiler = StoreProfiler()


def parts_of(made: str) -> set[str]:
    """Return the columns that a column made of others needs."""
    return set(re.findall(r"\{(\w+)\}", made))


def known() -> Sequence[tuple[str, Message]]:
    """Return name and sentence of every profile: those kept in the store and those that come with the product."""
    return PROFILER.known(store.root())


def suggested(path: Path, table: str | None) -> dict[str, Any]:
    """Return the suggestion for a sample as JSON. Samples are left out where they could tell of a person."""
    found = PROFILER.suggest(path, table)
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
    PROFILER.save_profile(store.root(), name, mapping, by)


def _suggested_column(header: str, texts: pa.Array, match: Match | None) -> MappedColumn:
    samples = tuple(text for text in pc.unique(texts).to_pylist() if text)[:_SAMPLES]
    if match is None:
        return MappedColumn(header, None, {}, 0.0, samples)
    values: dict[str, str | None] = {**(match.values or {}), **dict.fromkeys(match.unmapped)}
    return MappedColumn(header, match.column.name, values, match.sureness, samples)


def _source(column: Column, taken: MappedColumn, date_form: str) -> Source:
    return Source(
        name=column.name,
        header=taken.header,
        type="text" if column.choices else column.type,
        required=column.required,
        form=date_form if date_form and column.type in {"date", "datetime"} else (),
        values={value: meaning for value, meaning in taken.values.items() if meaning},
    )


def _output(column: Column) -> str | Taken:
    return f"{{{column.name}}}" if column.type == "text" and not column.choices else Taken(column.name)


def _column(table: str, column: MappedColumn) -> dict[str, Any]:
    return {
        "header": column.header,
        "column": column.column,
        "certainty": column.certainty,
        "samples": _samples(table, column),
        # Pairs, for a database need not keep the order of names in JSON.
        "values": [[value, meaning] for value, meaning in column.values.items() if not may_identify(value)],
    }


def _samples(table: str, column: MappedColumn) -> list[str]:
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
