"""Profiles: how a known source's own file becomes tables of the contract. Each profile is a TOML file beside this.

A profile has ``sentence`` (what it reads, Swedish), how the text is written (``encoding``, ``delimiter``, ``decimal``),
``ignored`` headings, ``[[source]]`` columns (name, header, type, required, minimum, form), optionally ``[bands]``
(headings that are waiting-time bands and become rows), optionally ``[exclude]`` (source column → values whose rows
are left out), and ``[[output]]`` tables. In an output a column is

* a text with source names in braces, ``"{area}-rtt"``, or a constant (text, number or boolean);
* ``{ from = "month" }``: the source column's value, with ``as`` = ``day``, ``week``, ``month`` (a period) or
  ``month_end`` (a date) for dates.

``distinct = true`` keeps the first row per key; ``present`` names a source column that a row must have a value in.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import check_table
from vardbalans.data.memory import sql_over
from vardbalans.data.read.draft import Draft, RawSheet
from vardbalans.data.read.typing import draft_of
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Bands", "Output", "Profile", "mapped", "profile_named", "profiles"]

_PERIODS = {
    "day": "strftime({0}, '%Y-%m-%d')",
    "week": "strftime({0}, '%G-W%V')",
    "month": "strftime({0}, '%Y-%m')",
    "month_end": "last_day({0})",
    "": "{0}",
}


@dataclass(frozen=True)
class Bands:
    """Headings that are bands: *pattern* with groups from and to, *open* with one group, in steps of *step_days*."""

    pattern: str
    open: str
    step_days: int


@dataclass(frozen=True)
class Output:
    """One table of the contract and how its columns are made; rows without the source column *present* are left out."""

    table: str
    columns: Mapping[str, Any]
    distinct: bool = False
    present: str = ""


@dataclass(frozen=True)
class Profile:
    """A source's column mapping, as read from its TOML file."""

    name: str
    sentence: Message
    source: Table
    outputs: tuple[Output, ...]
    forms: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    exclude: Mapping[str, tuple[str, ...]] | None = None
    bands: Bands | None = None
    encoding: str = ""
    delimiter: str = ""
    decimal: str | None = None


def profiles() -> tuple[tuple[str, Message], ...]:
    """Return the name of every known profile and a sentence that says what it reads."""
    return tuple((profile.name, profile.sentence) for profile in _known())


@cache
def _known() -> tuple[Profile, ...]:
    found = [entry for entry in files(__package__).iterdir() if entry.name.endswith(".toml")]
    return tuple(
        _profile(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def profile_named(name: str) -> Profile:
    """Return the profile called *name*. Raises BadInput, naming those there are."""
    known = {profile.name: profile for profile in _known()}
    if name not in known:
        raise BadInput(
            Message("Profilen {name} finns inte. Välj någon av: {known}.", name=name, known=", ".join(known))
        )
    return known[name]


def _profile(name: str, content: dict[str, Any]) -> Profile:
    """Return the profile in a TOML document; an unknown key is our own mistake and raises TypeError."""
    columns = content.pop("source")
    forms = {column["name"]: column.pop("form") for column in columns if "form" in column}
    source = Table(
        name,
        name,
        content["sentence"],
        "",
        Message(""),
        tuple(Column(**({"required": False, "meaning": ""} | column)) for column in columns),
    )
    bands = content.pop("bands", None)
    return Profile(
        name=name,
        sentence=Message(content.pop("sentence")),
        source=source,
        outputs=tuple(Output(**output) for output in content.pop("output")),
        forms=forms,
        ignored=tuple(content.pop("ignored", ())),
        bands=Bands(**bands) if bands else None,
        **content,
    )


def mapped(sheet: RawSheet, profile: Profile, file: SourceFile) -> list[Draft]:
    """Return the drafts of *sheet* read through *profile*; the first one carries what was found in the source."""
    if profile.bands:
        sheet = _long(sheet, profile.bands)
    sheet = _in_form(_without(sheet, profile.ignored), profile)
    draft = draft_of(sheet, profile.source, file)
    found = draft.findings + check_table(profile.source, draft.rows, {}, today=None, unreadable=draft.unreadable)
    bad_rows = pa.array(sorted({item.row for item in found if item.severity == "error" and item.row}), pa.int64())
    rows = draft.rows.filter(pc.invert(pc.is_in(draft.rows["_row"], bad_rows)))
    if any(item.code in {"missing_column", "column_twice"} for item in found):
        rows = rows.slice(0, 0)
    drafts = [_output(output, profile, rows, file) for output in profile.outputs]
    # People know the source's own headings, not our names for them.
    headers = {column.file_name: column.header for column in profile.source.columns}
    found = [replace(item, column=headers.get(item.column, item.column)) for item in found]
    return [replace(drafts[0], findings=found), *drafts[1:]]


def _output(output: Output, profile: Profile, rows: pa.Table, file: SourceFile) -> Draft:
    """Return one table of the contract made from the typed source rows."""
    table = TABLES[output.table]
    made = {name: _expression(value, profile.source) for name, value in output.columns.items()}
    selected = ", ".join(f'{made.get(name, "null")} as "{name}"' for name in table.names)
    present = f"{_source(output.present, profile.source)} is not null" if output.present else "true"
    kept = " and ".join(
        [present]
        + [
            f'"{name}" not in ({", ".join(_literal(value) for value in values)})'
            for name, values in (profile.exclude or {}).items()
        ]
    )
    key = ", ".join(f'"{name}"' for name in table.key)
    picked = f"distinct on ({key}) *" if output.distinct else "*"
    with sql_over(source=rows) as con:
        result = con.sql(f"""
            with made as (select {selected}, _file, _row from source where {kept})
            select * from (select {picked} from made order by {key}, _row) order by _row, {key}
        """).to_arrow_table()
    return Draft(table.name, result.cast(table.schema()), [], file, distinct=output.distinct)


def _expression(value: Any, source: Table) -> str:
    """Return the SQL of one output column. Raises KeyError for a source column that is not declared."""
    if isinstance(value, dict):
        return _PERIODS[value.get("as", "")].format(_source(value["from"], source))
    if not isinstance(value, str):
        return str(value)
    parts = [
        _source(part[1:-1], source) if part.startswith("{") else _literal(part)
        for part in re.split(r"(\{\w+\})", value)
        if part
    ]
    return " || ".join(parts)


def _source(name: str, source: Table) -> str:
    return f'"{source.column(name).name}"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _without(sheet: RawSheet, ignored: tuple[str, ...]) -> RawSheet:
    """Return *sheet* less the columns that the profile knows of but does not use."""
    kept = [index for index, header in enumerate(sheet.headers) if header not in ignored]
    return _with(sheet, tuple(sheet.headers[index] for index in kept), tuple(sheet.columns[index] for index in kept))


def _with(sheet: RawSheet, headers: tuple[str, ...], columns: tuple[pa.Array, ...]) -> RawSheet:
    return replace(sheet, headers=headers, columns=columns)


def _in_form(sheet: RawSheet, profile: Profile) -> RawSheet:
    """Return *sheet* with dates of the profile's forms (``%d/%m/%Y``) written as 2026-05-17."""
    forms = {
        column.header: profile.forms[column.name] for column in profile.source.columns if column.name in profile.forms
    }
    columns = tuple(
        _dates_in_form(column, forms[header]) if header in forms else column
        for header, column in zip(sheet.headers, sheet.columns, strict=True)
    )
    return _with(sheet, sheet.headers, columns)


def _dates_in_form(texts: pa.Array, form: str) -> pa.Array:
    encoded = texts.dictionary_encode()
    distinct = pa.array([_date_in_form(text, form) for text in encoded.dictionary.to_pylist()], pa.string())
    return distinct.take(encoded.indices)


def _date_in_form(text: str, form: str) -> str:
    try:
        return datetime.strptime(text.strip(), form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return text


def _long(sheet: RawSheet, bands: Bands) -> RawSheet:
    """Return *sheet* with its band columns turned into rows: columns days_from, days_to and count."""
    found = {index: limits for index, header in enumerate(sheet.headers) if (limits := _band(header, bands))}
    kept = [index for index in range(len(sheet.headers)) if index not in found]
    size, times = len(sheet.rows), len(found)
    order = pa.array(np.tile(np.arange(size), times))
    columns = [sheet.columns[index].take(order) for index in kept]
    sides = [[band[side] for band in found.values()] for side in (0, 1)]
    band_days = [pa.array(np.repeat(np.array(side, dtype=object), size), pa.string()) for side in sides]
    count = pa.concat_arrays([sheet.columns[index].cast(pa.string()) for index in found] or [pa.array([], pa.string())])
    headers = (*(sheet.headers[index] for index in kept), "days_from", "days_to", "count")
    return replace(sheet, headers=headers, columns=(*columns, *band_days, count), rows=sheet.rows.take(order))


def _band(header: str, bands: Bands) -> tuple[str, str] | None:
    """Return the band a heading means, in days: first day and last day (empty when open)."""
    if found := re.fullmatch(bands.pattern, header):
        return str(int(found[1]) * bands.step_days), str(int(found[2]) * bands.step_days - 1)
    found = re.fullmatch(bands.open, header)
    return (str(int(found[1]) * bands.step_days), "") if found else None
