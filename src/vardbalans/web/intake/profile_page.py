"""The page where a person says which column of a sample is which column of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vardbalans.data.read.profiles.likeness import made_of
from vardbalans.data.tables import TABLES, Column
from vardbalans.engine.messages import Message
from vardbalans.web.headings import column_choices, column_header, table_title
from vardbalans.web.intake.profiling import MappedColumn, SourceMapping, parts_of
from vardbalans.web.ordering import swedish_order
from vardbalans.web.translate import kept, said

__all__ = ["ColumnLine", "ProfilePage", "ValueLine", "chosen", "problems", "profile_page"]

DATE_FORMS = {
    "": "2026-05-17",
    "%d/%m/%Y": "17/05/2026",
    "%m/%d/%Y": "05/17/2026",
    "%d.%m.%Y": "17.05.2026",
    "%d-%m-%Y": "17-05-2026",
    "%Y%m%d": "20260517",
}
"""The ways a source may write dates, each with the seventeenth of May as it writes it."""
_SURE, _LIKELY = 0.9, 0.6

Document = Mapping[str, Any]


class Option(NamedTuple):
    """One choice of a list."""

    value: str
    label: str
    selected: bool


class ValueLine(NamedTuple):
    """A value of the source, and which allowed value it means."""

    field: str
    value: str
    options: tuple[Option, ...]


class ColumnLine(NamedTuple):
    """A column of the source: what it holds, and which column of the table it may be."""

    field: str
    header: str
    samples: tuple[str, ...]
    hidden: bool
    certainty: str
    options: tuple[Option, ...]
    values: tuple[ValueLine, ...]


@dataclass(frozen=True)
class ProfilePage:
    """A suggestion, or what a person has made of it."""

    title: str
    columns: tuple[ColumnLine, ...]
    missing: tuple[str, ...]
    date_forms: tuple[Option, ...]
    decimals: tuple[Option, ...]
    tables: tuple[Option, ...]


def profile_page(document: Document, mapping: SourceMapping) -> ProfilePage:
    """Return the page of the suggestion *document*, with the choices of *mapping* marked."""
    table = TABLES[mapping.table]
    columns = zip(document["columns"], mapping.columns, strict=True)
    suggested: str = document["date_form"]
    forms = DATE_FORMS | {suggested: DATE_FORMS.get(suggested, suggested)}
    return ProfilePage(
        title=table_title(table.name),
        columns=tuple(_line(place, found, taken, table.name) for place, (found, taken) in enumerate(columns)),
        missing=_missing(mapping),
        date_forms=_options(forms, mapping.date_form),
        decimals=_options({"": _("Som den är skriven"), ",": "1,5", ".": "1.5"}, mapping.decimal or ""),
        tables=_options(dict(sorted(_titles().items(), key=lambda pair: swedish_order(pair[1]))), table.name),
    )


def chosen(document: Document, given: Mapping[str, str] | None = None) -> SourceMapping:
    """Return what the form *given* says; what *document* suggests where there is none. Unknown names are left out."""
    table = TABLES[document["table"]]
    return SourceMapping(
        table=table.name,
        columns=tuple(
            _chosen_column(place, found, table.name, given) for place, found in enumerate(document["columns"])
        ),
        encoding=document["encoding"],
        delimiter=document["delimiter"],
        decimal=document["decimal"] if given is None else given.get("decimal") or None,
        date_form=document["date_form"] if given is None else given.get("date_form", ""),
        header_row=document["header_row"],
    )


def problems(mapping: SourceMapping) -> list[str]:
    """Return what stands in the way of saving *mapping*, one sentence each."""
    taken = [column.column for column in mapping.columns if column.column]
    twice = sorted({name for name in taken if taken.count(name) > 1})
    table = TABLES[mapping.table]
    found = [
        Message("Två kolumner är valda som {column}. Välj en.", column=column_header(table.column(name)))
        for name in twice
    ]
    found += [Message("{column} måste finnas. Välj vilken kolumn det är.", column=name) for name in _missing(mapping)]
    return [said(kept(problem)) for problem in found]


def _missing(mapping: SourceMapping) -> tuple[str, ...]:
    taken = {column.column for column in mapping.columns if column.column}
    lacking = [column for column in TABLES[mapping.table].columns if column.required and column.name not in taken]
    return tuple(
        column_header(column) for column in lacking if not (made_of(column) and parts_of(made_of(column)) <= taken)
    )


def _chosen_column(place: int, found: Document, table: str, given: Mapping[str, str] | None) -> MappedColumn:
    if given is None:
        return MappedColumn(found["header"], found["column"], dict(found["values"]))
    name = given.get(f"column-{place}", "")
    column = TABLES[table].column(name) if name in TABLES[table].names else None
    return MappedColumn(found["header"], column.name if column else None, _chosen_values(place, found, column, given))


def _chosen_values(
    place: int, found: Document, column: Column | None, given: Mapping[str, str]
) -> dict[str, str | None]:
    if column is None or not column.choices:
        return {}
    meant = {
        value: given.get(f"value-{place}-{number}", "") for number, (value, _suggested) in enumerate(found["values"])
    }
    return {value: meaning if meaning in column.allowed else None for value, meaning in meant.items()}


def _line(place: int, found: Document, taken: MappedColumn, table: str) -> ColumnLine:
    column = TABLES[table].column(taken.column) if taken.column else None
    names = {"": _("Läses inte"), **{column.name: column_header(column) for column in TABLES[table].columns}}
    return ColumnLine(
        field=f"column-{place}",
        header=found["header"],
        samples=tuple(found["samples"]),
        hidden=not found["samples"],
        certainty=_certainty(found),
        options=_options(names, taken.column or ""),
        values=tuple(_values(place, found, taken, column)) if column and column.choices else (),
    )


def _values(place: int, found: Document, taken: MappedColumn, column: Column) -> list[ValueLine]:
    meanings = {"": _("Välj"), **column_choices(column)}
    return [
        ValueLine(f"value-{place}-{number}", value, _options(meanings, taken.values.get(value) or ""))
        for number, (value, _suggested) in enumerate(found["values"])
    ]


def _certainty(found: Document) -> str:
    if found["column"] is None:
        return _("Känns inte igen")
    if found["certainty"] >= _SURE:
        return _("Säker")
    return _("Trolig") if found["certainty"] >= _LIKELY else _("Osäker")


def _titles() -> dict[str, str]:
    return {name: table_title(name) for name in TABLES}


def _options(labels: Mapping[str, str], selected: str) -> tuple[Option, ...]:
    return tuple(Option(value, label, value == selected) for value, label in labels.items())
