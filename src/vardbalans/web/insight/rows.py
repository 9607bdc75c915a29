"""The source rows behind a step: which file, row and import they came from, and what may be shown of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext

from vardbalans.data.tables import TABLES, Column
from vardbalans.web import numbers, store
from vardbalans.web.headings import column_choices, column_header, in_english, table_title

__all__ = ["HIDDEN", "PERSON_TABLES", "Guarded", "SourceRows", "patient_rows", "source_rows"]

ROWS_SHOWN = 200
HIDDEN = frozenset({"_file", "_row"}) | {
    column.name for table in TABLES.values() for column in table.columns if column.identity
}
"""Columns never shown among source rows: keys of people, and those with a place of their own."""


class Made(Protocol):
    """A run of any kind: ``meta`` holds the data *version* that it was made from, *names* its units and resources."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """Return what holds ``version``."""

    def names(self, table: str) -> Mapping[str, str]:
        """Return names by id; nothing for a table without."""


class Guarded(NamedTuple):
    """What is shown of a table about people: the column that dates the row, and those that let the figure be checked.

    None of them names the person, nor a reason of care or absence.
    """

    dated: str
    more: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all columns shown, the date first."""
        return (self.dated, *self.more)


PERSON_TABLES = {
    "patients": Guarded("deceased"),
    "contacts": Guarded("starts_at", ("service_id", "status")),
    "referrals": Guarded("issued", ("service_id", "closed", "closed_reason")),
    "stays": Guarded("admitted"),
    "operations": Guarded("planned_start"),
    "care_items": Guarded("given_at", ("quantity",)),
    "clock_stops": Guarded("date_from"),
    "employments": Guarded("valid_from", ("valid_to", "share")),
    "absences": Guarded("date_from", ("date_to",)),
}
"""The tables with one row per patient, visit, employee or absence."""


class Origin(NamedTuple):
    """A file among the rows, and when it was read in: (time, version) of each import that held a file of its name."""

    file: str
    imports: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True)
class SourceRows:
    """The rows behind a step: what picked them, how many there are, the first of them by column, and their files.

    *subjects* are the pseudonyms of the patients those first ones are about, for the log alone.
    """

    title: str
    rule: tuple[tuple[str, str], ...]
    count: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    files: tuple[Origin, ...]
    subjects: tuple[str, ...]


def source_rows(source: Mapping[str, Any], run: Made) -> SourceRows:
    """Return the first rows of a table that names no person, with file and row first."""
    table = TABLES[source["table"]]
    return _rows(
        source, run, [(column.name, column_header(column)) for column in table.columns if column.name not in HIDDEN]
    )


def patient_rows(source: Mapping[str, Any], run: Made) -> SourceRows:
    """Return the first rows of a table about people: file, row, date, and what lets the figure be checked."""
    table = TABLES[source["table"]]
    guarded = PERSON_TABLES[table.name]
    shown = [(name, column_header(table.column(name))) for name in guarded.columns]
    if table.column(guarded.dated).type == "datetime":
        # A clock time says more of a person than the figure needs.
        shown[0] = (guarded.dated, gettext("Datum"))
    return _rows(source, run, shown, whole_day=guarded.dated)


def _rows(source: Mapping[str, Any], run: Made, shown: Sequence[tuple[str, str]], *, whole_day: str = "") -> SourceRows:
    table = TABLES[source["table"]]
    found = store.lake().sources(table.name, source["where"], run.meta["version"], limit=ROWS_SHOWN)
    kept = [(name, header) for name, header in shown if any(row.get(name) is not None for row in found.rows)]
    texts = {name: _writer(table.column(name), run, whole_day=name == whole_day) for name, _header in kept}
    return SourceRows(
        title=table_title(table.name),
        rule=tuple(_condition(table.name, name, value, run) for name, value in source["where"].items()),
        count=found.count,
        columns=(gettext("Fil"), gettext("Rad"), *(header for _name, header in kept)),
        rows=tuple(
            (row["_file"], str(row["_row"]), *(texts[name](row.get(name)) for name, _header in kept))
            for row in found.rows
        ),
        files=_origins({row["_file"] for row in found.rows}, run.meta["version"]),
        subjects=tuple(row["patient_key"] for row in found.rows if row.get("patient_key")),
    )


def _writer(column: Column, run: Made, *, whole_day: bool = False) -> Callable[[Any], str]:
    """Return the function that writes the column's values: names beside ids, labels for codes, Swedish numbers."""
    labels = column_choices(column)
    names = run.names(column.reference) if column.reference else {}

    def write(value: Any) -> str:
        if value in names and names[value] != value:
            return f"{names[value]} ({value})"
        if value in labels:
            return labels[value]
        if column.type == "money_kr" and value is not None:
            return numbers.number(value / 100, 2)
        text = _text(value)
        return text[: len("2026-05-17")] if whole_day else text

    return write


_PSEUDO_COLUMNS: Mapping[str, Callable[[], str]] = {
    "week": lambda: gettext("Vecka"),
    "since": lambda: gettext("Från och med"),
    "until": lambda: gettext("Före"),
    "open_at": lambda: gettext("Väntade den"),
    "lying_at": lambda: gettext("Låg där"),
    "not_clinic": lambda: gettext("Annan klinik än"),
    "removed_since": lambda: gettext("Lämnade listan utan behandling från och med"),
    "removed_until": lambda: gettext("Lämnade listan utan behandling före"),
    "treated_since": lambda: gettext("Behandlades från och med"),
    "treated_until": lambda: gettext("Behandlades före"),
}
"""Conditions that are no column of their own (see vardbalans.data.lake.trace)."""


def _condition(table: str, name: str, value: str, run: Made) -> tuple[str, str]:
    """Return one condition that picked the rows, as (heading, value) in words."""
    if name not in TABLES[table].names:
        said = _PSEUDO_COLUMNS.get(name)
        return said() if said else in_english(name), numbers.week_and_year(value)
    column = TABLES[table].column(name)
    write = _writer(column, run)
    return column_header(column), ", ".join(
        write(part) for part in (value.split("|") if column.choices or column.reference else [value])
    )


def _origins(files: Iterable[str], version: int) -> tuple[Origin, ...]:
    """Return when each file was read in, up to *version*. A name that came more than once has all its imports."""
    imports: dict[str, list[tuple[datetime, int]]] = {name: [] for name in sorted(files)}
    for made in store.lake().versions():
        for name in {file.name for file in made.files} & set(imports) if made.number <= version else ():
            imports[name].append((made.at, made.number))
    return tuple(Origin(name, tuple(found)) for name, found in imports.items())


def _text(value: Any) -> str:
    if value is None:
        return numbers.MISSING
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nej")
    if isinstance(value, float):
        return numbers.number(value, 0 if value.is_integer() else 2)
    if isinstance(value, int) and abs(value) >= 10_000:
        return numbers.number(value)
    return numbers.moment(value) if isinstance(value, datetime) else str(value)
