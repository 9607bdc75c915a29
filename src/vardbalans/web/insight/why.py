"""Why a figure is what it is: the formula in words, its inputs, terms that sum to it, and the rows behind each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext

from vardbalans.data.tables import TABLES
from vardbalans.web import numbers, store
from vardbalans.web.insight.amounts import step_amount
from vardbalans.web.insight.selectors import Run
from vardbalans.web.translate import translated

__all__ = [
    "FIGURES",
    "HIDDEN",
    "PERSON_TABLES",
    "Explanation",
    "ShownStep",
    "SourceRows",
    "explanation",
    "patient_rows",
    "result_row",
    "source_of",
    "source_rows",
    "table_title",
]

FIGURES = ("required", "available", "balance")
PERSON_TABLES = {
    "contacts": "starts_at",
    "referrals": "issued",
    "stays": "admitted",
    "operations": "planned_start",
    "clock_stops": "date_from",
    "absences": "date_from",
}
"""The tables with one row per patient, visit or employee's absence, and the column that dates the row."""
HIDDEN = frozenset({"patient_key", "person_key", "surgeon_key", "_file", "_row"})
"""Columns never shown among source rows: keys of people, and those with a place of their own."""
ROWS_SHOWN = 200


@dataclass(frozen=True)
class ShownStep:
    """A step as the page shows it. *place* (``terms-0``) names it in addresses; *table* is empty without a source."""

    place: str
    label: str
    value: str
    unit: str
    factor: str
    table: str
    table_title: str

    @property
    def patient_level(self) -> bool:
        """Tell whether the source holds rows about single people's care or health."""
        return self.table in PERSON_TABLES


@dataclass(frozen=True)
class Explanation:
    """A figure in words and steps. *remainder* is what the terms leave of the value."""

    value: str
    unit: str
    formula: str
    terms: tuple[ShownStep, ...]
    inputs: tuple[ShownStep, ...]
    remainder: str

    @property
    def has_factors(self) -> bool:
        """Tell whether any term has a number of its own before the multiplication."""
        return any(step.factor for step in self.terms)


@dataclass(frozen=True)
class SourceRows:
    """The rows behind a step: how many there are, and the first of them by column."""

    title: str
    count: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def result_row(run: Run, unit_id: str, resource_id: str, week: str) -> Mapping[str, Any] | None:
    """Return the row of results for the resource and week; None when there is none."""
    rows = run.rows([unit_id])
    return next((row for row in rows if (row["resource_id"], row["week"]) == (resource_id, week)), None)


def explanation(figure: Mapping[str, Any]) -> Explanation:
    """Return *figure* (as :meth:`Figure.as_dict` gives it) in the reader's language and units."""
    value, unit = step_amount(figure["value"], figure["unit"])
    return Explanation(
        value=value,
        unit=unit,
        formula=translated(figure["formula_template"], figure.get("formula_values"), figure["formula"]),
        terms=_steps("terms", figure),
        inputs=_steps("inputs", figure),
        remainder=step_amount(figure["remainder"], figure["unit"])[0],
    )


def source_of(figure: Mapping[str, Any], place: str) -> Mapping[str, Any] | None:
    """Return the source (table, where) of the step at *place* (``terms-0``); None when there is none."""
    part, _dash, index = place.partition("-")
    if part not in {"terms", "inputs"} or not index.isdecimal() or int(index) >= len(figure[part]):
        return None
    source: Mapping[str, Any] | None = figure[part][int(index)]["source"]
    return source


def source_rows(source: Mapping[str, Any], version: int) -> SourceRows:
    """Return the first rows of a table that names no patient, with file and row first."""
    found = store.lake().sources(source["table"], source["where"], version, limit=ROWS_SHOWN)
    names = [name for name in (found.rows[0] if found.rows else {}) if name not in HIDDEN]
    return SourceRows(
        title=table_title(source["table"]),
        count=found.count,
        columns=(gettext("Fil"), gettext("Rad"), *(_header(source["table"], name) for name in names)),
        rows=tuple((row["_file"], str(row["_row"]), *(_text(row[name]) for name in names)) for row in found.rows),
    )


def patient_rows(source: Mapping[str, Any], version: int) -> SourceRows:
    """Return the first rows of a patient-level table: file, row, date and service, nothing else."""
    table = source["table"]
    found = store.lake().sources(table, source["where"], version, limit=ROWS_SHOWN)
    return SourceRows(
        title=table_title(table),
        count=found.count,
        columns=(gettext("Fil"), gettext("Rad"), gettext("Datum"), gettext("Vårdtjänst")),
        rows=tuple(
            (row["_file"], str(row["_row"]), _text(row[PERSON_TABLES[table]])[:10], _text(row.get("service_id")))
            for row in found.rows
        ),
    )


def table_title(table: str) -> str:
    """Return the table's title: Swedish from the registry, English from its name, which is standard English."""
    return TABLES[table].title if _swedish() else table.replace("_", " ").capitalize()


def _steps(part: str, figure: Mapping[str, Any]) -> tuple[ShownStep, ...]:
    return tuple(_step(f"{part}-{index}", step) for index, step in enumerate(figure[part]))


def _step(place: str, step: Mapping[str, Any]) -> ShownStep:
    table = step["source"]["table"] if step["source"] else ""
    value, unit = step_amount(step["value"], step["unit"], rate=place.startswith("inputs"))
    return ShownStep(
        place=place,
        label=translated(step["template"], step["values"], step["label"]),
        value=value,
        unit=unit,
        factor=numbers.number(step["factor"], 2) if step["factor"] is not None else "",
        table=table,
        table_title=table_title(table) if table else "",
    )


def _header(table: str, column: str) -> str:
    return TABLES[table].column(column).header if _swedish() else column.replace("_", " ").capitalize()


def _swedish() -> bool:
    return get_language() == "sv"


def _text(value: Any) -> str:
    if value is None:
        return numbers.MISSING
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nej")
    if isinstance(value, float):
        return numbers.number(value, 0 if value.is_integer() else 2)
    return numbers.moment(value) if isinstance(value, datetime) else str(value)
