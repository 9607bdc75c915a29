"""A profile suggested from a sample of a file: which table it most likely is, and what each of its columns means.

A suggestion is a beginning for a person to go through, never a decision: what is not sure is said in its remarks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa

from vardbalans.data.findings import shown
from vardbalans.data.memory import sql_over
from vardbalans.data.read.draft import RawSheet
from vardbalans.data.read.matching import table_named
from vardbalans.data.read.profiles.document import Output, Profile, Source, Taken, profile_text
from vardbalans.data.read.profiles.likeness import Under, folded, made_of, meaning_of, name_likeness
from vardbalans.data.read.quantities import decimal_mark
from vardbalans.data.tables import TABLES, Column, Table, Type
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Match", "Suggestion", "suggest"]

_SURE = 0.5  # below this a column is rather left out than guessed
_CLOCK = re.compile(r"\d{1,2}[:.]?\d\d(?:[:.]?\d\d)?")
_NOT_KRONOR = re.compile(r"\b(ore|tkr|mkr|mnkr|tsek|msek|mdkr|eur|usd)\b")
_FORMS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y"),
    *("%y%m%d", "%d%m%y", "%m%d%y", "%y-%m-%d", "%d-%m-%y", "%d/%m/%y", "%m/%d/%y", "%d%m%Y"),
)
Mark = Literal[",", "."]
_VALUES = 60  # a column with more distinct values than this has no list of codes
_NUMERIC = frozenset({"integer", "number", "share", "money_kr"})


@dataclass(frozen=True)
class Match:
    """A contract column and the *header* it most likely stands under; *sureness* is between 0 and 1.

    *forms* are date forms that must be told, *time* the heading of a clock time beside it, *values* the source's values
    with their meanings, and *unmapped* those whose meaning is not known.
    """

    column: Column
    header: str
    sureness: float
    forms: tuple[str, ...] = ()
    time: str = ""
    values: Mapping[str, str] | None = None
    unmapped: tuple[str, ...] = ()
    monthly: bool = False


@dataclass(frozen=True)
class Suggestion:
    """What a file most likely is: *table* with *sureness*, other tables it could be, and what its columns mean.

    *missing* are columns the table must have and the file seems to lack, *unused* headings that nothing was found for;
    *remarks* say what a person must look at. *profile* can be read, written and kept as it is.
    """

    table: Table
    sureness: float
    others: tuple[tuple[str, float], ...]
    matches: tuple[Match, ...]
    missing: tuple[Column, ...]
    unused: tuple[str, ...]
    decimal: Mark | None
    remarks: tuple[Message, ...]
    profile: Profile

    @property
    def text(self) -> str:
        """Return the suggested profile as TOML, the remarks above it as comments."""
        remarks = ("".join(mark if mark.isprintable() else " " for mark in str(remark)) for remark in self.remarks)
        return "\n".join([*(f"# {remark}" for remark in remarks), profile_text(self.profile)])

    def as_dict(self) -> dict[str, Any]:
        """Return the suggestion as plain values for JSON."""
        return {
            "table": self.table.name,
            "sureness": self.sureness,
            "others": [{"table": name, "sureness": score} for name, score in self.others],
            "columns": [
                {
                    "column": match.column.name,
                    "header": match.header,
                    "sureness": match.sureness,
                    "forms": list(match.forms),
                    "time": match.time or None,
                    "values": dict(match.values or {}),
                    "unmapped": [shown(value) for value in match.unmapped],
                }
                for match in self.matches
            ],
            "missing": [column.name for column in self.missing],
            "unused": list(self.unused),
            "decimal": self.decimal,
            "remarks": [str(remark) for remark in self.remarks],
            "text": self.text,
        }


def suggest(sample: RawSheet, table: str | None = None, *, name: str = "egen", sheet: str = "") -> Suggestion:
    """Return a suggestion for files like *sample*: rows of *table*, or of the table that fits best.

    *name* is what the profile is called, *sheet* the workbook's sheet that the sample is from. Raises BadInput for an
    unknown table, and where the sample has nothing that looks like a table of the contract.
    """
    if table is not None and table not in TABLES:
        raise BadInput(
            Message("Tabellen {name} finns inte. Välj någon av: {known}.", name=table, known=", ".join(TABLES))
        )
    under = [Under(column, sample.decimal, sample.delimiter) for column in sample.columns]
    named = table_named(sample.name)
    tried = {}
    for tested in (TABLES[table],) if table else TABLES.values():
        pairs = _pairs(sample.headers, under, tested)
        tried[tested.name] = (_table_sureness(tested, pairs, sample.headers, hinted=tested is named), pairs)
    ranked = sorted(tried, key=lambda tested: -tried[tested][0])
    sureness, pairs = tried[ranked[0]]
    if not pairs:
        raise BadInput(
            Message("Ingen kolumn liknar någon i tabellerna. Finns rubrikraden bland de första raderna? Ange --table.")
        )
    chosen = TABLES[ranked[0]]
    matches = tuple(
        _match(chosen.column(column), index, score, sample, under) for column, (index, score) in pairs.items()
    )
    matches = _with_clocks(matches, sample, under)
    others = tuple((known, tried[known][0]) for known in ranked[1:4] if tried[known][0] > sureness / 2)
    return _suggestion(chosen, sureness, others, matches, sample, under, name, sheet)


# Which column is which


def _pairs(headers: Sequence[str], under: Sequence[Under], table: Table) -> dict[str, tuple[int, float]]:
    """Return the best pairs of the table's columns and the file's, each used once: column → place and sureness."""
    scores = [
        (score, column.name, index)
        for column in table.columns
        for index, header in enumerate(headers)
        if (score := _score(header, under[index], table, column)) >= _SURE
    ]
    found: dict[str, tuple[int, float]] = {}
    for score, column, index in sorted(scores, key=lambda item: -item[0]):
        if column not in found and index not in {place for place, _ in found.values()}:
            found[column] = (index, round(score, 2))
    return {column.name: found[column.name] for column in table.columns if column.name in found}


def _score(header: str, under: Under, table: Table, column: Column) -> float:
    """Return how sure it is that what stands under *header* is *column*: by its name, and by its values."""
    if column.type == "money_kr" and _NOT_KRONOR.search(folded(header)):
        return 0.0
    named = name_likeness(header, table, column)
    if not named and not column.choices:
        return 0.0
    fits = under.fits(column)
    if not named:
        # Values alone say something only where few are allowed and nearly all are known.
        telling = fits and fits > 0.9 and 1 < len(under.distinct) <= _VALUES
        return _SURE if telling and all(len(value) > 2 for value in under.distinct) else 0.0
    if fits is None:
        return named * 0.8
    if column.key and column.name == table.key[0] and len(table.key) == 1 and not under.unique:
        fits *= 0.9
    return named * (0.5 + 0.5 * fits) if fits >= 0.5 else named * 0.4


def _table_sureness(
    table: Table, pairs: Mapping[str, tuple[int, float]], headers: Sequence[str], *, hinted: bool
) -> float:
    """Return how likely the file is of *table*: how much of what it must have is there, and of the file it uses."""
    required = [column for column in table.columns if column.required and not made_of(column)]
    there = sum(pairs[column.name][1] for column in required if column.name in pairs) / len(required)
    used = sum(score for _, score in pairs.values()) / max(len([header for header in headers if header]), 1)
    return round(min(0.6 * there + 0.4 * min(used, 1) + (0.2 if hinted else 0), 1), 2)


# What a column's values need


def _match(column: Column, index: int, score: float, sample: RawSheet, under: Sequence[Under]) -> Match:
    values, unmapped = _values(column, under[index])
    monthly = column.type == "period" and _are_first_days(under[index])
    read_as = Column("", "date", False, "", "") if monthly else column
    forms = _forms(read_as, under[index]) if read_as.type in {"date", "datetime"} else ()
    return Match(column, sample.headers[index], score, forms, "", values or None, unmapped, monthly)


def _values(column: Column, under: Under) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what the source's values mean where they are not those of the contract, and those not understood."""
    if column.type == "boolean":
        strange = [value for value, code in under.codes(column) if code]
        if not strange:
            return {}, ()
    elif not column.choices or all(value in column.allowed for value in under.distinct):
        return {}, ()
    known = {value: meaning for value in under.distinct[:_VALUES] if (meaning := meaning_of(column, value))}
    if any(meaning in under.distinct for _, meaning in column.choices):
        known |= {meaning: value for value, meaning in column.choices}
    return known, tuple(value for value in under.distinct if value not in known)


def _are_first_days(under: Under) -> bool:
    """Tell whether all values are dates, each the first of its month: that is how spreadsheets keep months."""
    return under.total > 0 and all(re.match(r"\d{4}-\d\d-01(?:[ T]00:00.*)?$", value) for value in under.distinct)


def _forms(column: Column, under: Under) -> tuple[str, ...]:
    """Return the only form that all days have, or all that they could have, where a reader would have to ask."""
    asked = [value for value, code in under.codes(column) if code in {"ambiguous_date", "not_a_date", "not_a_datetime"}]
    if not asked:
        return ()
    clocks = ("", " %H:%M", " %H:%M:%S", " %H.%M") if column.type == "datetime" else ("",)
    forms = [form + clock for form in _FORMS for clock in clocks]
    wanted = [value for value, _ in under.codes(column)]
    listed = ", ".join(f"try_strptime(value, '{form}') as form{index}" for index, form in enumerate(forms))
    plausible = ", ".join(
        f"coalesce(bool_and(year(form{index}) between 1900 and 2100 and form{index} is not null), false)"
        for index in range(len(forms))
    )
    with sql_over(texts=pa.table({"value": wanted})) as con:
        fitting = con.execute(f"select {plausible} from (select {listed} from texts)").fetchone() or ()
    return tuple(form for form, fits in zip(forms, fitting, strict=True) if fits)


def _with_clocks(matches: Sequence[Match], sample: RawSheet, under: Sequence[Under]) -> tuple[Match, ...]:
    """Return *matches* with the clock time beside each day that has none of its own."""
    used = {match.header for match in matches}
    clocks = [
        header
        for header, values in zip(sample.headers, under, strict=True)
        if header not in used and values.total and all(map(_CLOCK.fullmatch, values.distinct))
    ]
    return tuple(_with_clock(match, clocks) for match in matches)


def _with_clock(match: Match, clocks: list[str]) -> Match:
    if match.column.type != "datetime" or not clocks:
        return match
    stem = folded(match.header).replace("datum", "").replace("dag", "")
    beside = next((header for header in clocks if folded(header).startswith(stem[:5])), None)
    if beside is None:
        return match
    clocks.remove(beside)
    return replace(match, time=beside)


# The suggestion as a whole


def _suggestion(
    table: Table,
    sureness: float,
    others: tuple[tuple[str, float], ...],
    matches: tuple[Match, ...],
    sample: RawSheet,
    under: Sequence[Under],
    name: str,
    sheet: str,
) -> Suggestion:
    made = _made_up(table, matches)
    given = {match.column.name for match in matches} | made.keys()
    missing = tuple(column for column in table.columns if column.required and column.name not in given)
    used = {match.header for match in matches} | {match.time for match in matches}
    unused = tuple(header for header in sample.headers if header and header not in used)
    decimal = _decimal(matches, sample, under)
    shared = _shared_form(matches)
    profile = Profile(
        name=name,
        sentence=str(Message("Egen profil för tabellen {title}.", title=table.title)),
        source=tuple(_source(match, shared) for match in matches),
        output=(Output(table.name, {**{match.column.name: _made(match) for match in matches}, **made}),),
        delimiter=sample.delimiter,
        decimal=decimal,
        form=shared or (),
        sheet=sheet or (),
        ignored=unused,
    )
    remarks = tuple(_remarks(table, sureness, others, matches, missing, unused))
    return Suggestion(table, sureness, others, matches, missing, unused, decimal, remarks, profile)


def _made_up(table: Table, matches: Sequence[Match]) -> dict[str, str]:
    """Return the columns that are made of others, since the file has none of their own."""
    found = {match.column.name for match in matches}
    return {
        column.name: made_of(column)
        for column in table.columns
        if column.name not in found and made_of(column) and set(re.findall(r"\{(\w+)\}", made_of(column))) <= found
    }


def _shared_form(matches: Sequence[Match]) -> str:
    """Return the form of days that all columns in need of one have; empty when they differ."""
    told = {match.forms[0] for match in matches if len(match.forms) == 1}
    return told.pop() if len(told) == 1 else ""


def _source(match: Match, shared: str) -> Source:
    kind: Type = "date" if match.monthly else "text" if match.column.choices else match.column.type
    return Source(
        name=match.column.name,
        header=match.header,
        type=kind,
        required=match.column.required,
        form=match.forms[0] if len(match.forms) == 1 and not shared else (),
        time=match.time or (),
        values=dict(match.values or {}),
    )


def _made(match: Match) -> str | Taken:
    if match.column.type == "text" and not match.column.choices:
        return f"{{{match.column.name}}}"
    return Taken(match.column.name, "month" if match.monthly else "")


def _decimal(matches: Sequence[Match], sample: RawSheet, under: Sequence[Under]) -> Mark | None:
    """Return the decimal mark that the numbers of the file give away; None where it cannot be told, or is known."""
    if sample.decimal:
        return None
    values = [
        value
        for match in matches
        if match.column.type in _NUMERIC
        for value in under[sample.headers.index(match.header)].distinct
        if re.search(r"\d[.,]\d", value)
    ]
    mark = decimal_mark(pa.array(values, pa.string()), ",") if values else None
    return "," if mark == "," else "." if mark == "." else None


def _remarks(
    table: Table,
    sureness: float,
    others: tuple[tuple[str, float], ...],
    matches: Sequence[Match],
    missing: Sequence[Column],
    unused: Sequence[str],
) -> Iterator[Message]:
    yield Message(
        "Förslag till tabellen {table} ({title}), säkerhet {sureness}. Gå igenom det innan det används.",
        table=table.name,
        title=table.title,
        sureness=_decimals(sureness),
    )
    if others:
        listed = ", ".join(f"{name} {_decimals(score)}" for name, score in others)
        yield Message("Det kan också vara: {others}.", others=listed)
    for match in matches:
        yield from _doubts(match)
    for column in missing:
        yield Message("Saknas: {header} ({name}). Ingen kolumn liknar den.", header=column.header, name=column.name)
    if unused:
        yield Message("Används inte: {headers}.", headers=", ".join(map(shown, unused)))


def _doubts(match: Match) -> Iterator[Message]:
    name, header = match.column.name, shown(match.header)
    if match.sureness < 0.8:
        yield Message(
            "Osäkert: {name} ur {header} ({sureness}).", name=name, header=header, sureness=_decimals(match.sureness)
        )
    if len(match.forms) > 1:
        listed = ", ".join(match.forms)
        yield Message("Välj form för datum i {header}: {forms}. Skriv den under form.", header=header, forms=listed)
    if match.unmapped:
        values = ", ".join(shown(value) for value in match.unmapped[:_VALUES])
        yield Message(
            "Skriv under values vad dessa värden i {header} betyder: {values}. Tillåtet: {allowed}.",
            header=header,
            values=values,
            allowed=", ".join(match.column.allowed) or "ja, nej",
        )


def _decimals(score: float) -> str:
    return f"{score:.2f}".replace(".", ",")
