"""Measurements in a file of their own (``period,value[,denominator][,control …]``), for control charts and effects.

A period is a day, a week or a month, or a running number (samples, cases). Columns beyond the three are control series.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from vardbalans.data.findings import LISTED, Finding, Gathered, has_errors
from vardbalans.data.read.delimited import read_delimited
from vardbalans.data.read.draft import COMMAND_LINE, Draft, RawSheet, Refused, file_sha256
from vardbalans.data.read.header_rows import Sought
from vardbalans.data.read.matching import known_headings, plain
from vardbalans.data.read.typing import draft_of
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import Column, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Frequency, Period
from vardbalans.engine.units import Floats

__all__ = ["Measured", "Measurements", "When", "numbers", "read_measurements"]

_PERIOD = Column(
    "period", "period", True, "Vecka (2026-W05), månad (2026-05), dag (2026-05-17) eller löpnummer.", "Period"
)
_NUMBER = Column("period", "integer", True, "Löpnummer.", "Period")
_FIXED = (
    Column("value", "number", True, "Det mätta; tomt där det saknas.", "Värde"),
    Column("denominator", "number", False, "Vad värdet räknas per.", "Nämnare"),
)
_TABLE = Table(
    "measurements",
    "Mätvärden",
    "En rad per period, eller en per mätning.",
    "serier",
    Message("Utan mätvärden finns inget att visa."),
    (_PERIOD, *_FIXED),
)


@dataclass(frozen=True, order=True)
class When:
    """A period's *position* on its axis (days, weeks, months or running numbers), and how it is written."""

    position: int
    text: str


@dataclass(frozen=True)
class Measured:
    """One row: where it stands in the file, when, and its numbers; None where the cell is empty."""

    row: int
    when: When
    value: float | None
    denominator: float | None
    controls: tuple[float | None, ...]


@dataclass(frozen=True)
class Measurements:
    """A file's rows in order of time; none where an error was found. *frequency* None: running numbers."""

    file: str
    rows: tuple[Measured, ...]
    frequency: Frequency | None
    controls: tuple[str, ...]
    has_denominators: bool
    findings: list[Finding]

    def position_of(self, text: str) -> int:
        """Return the position of the day, week, month or running number that *text* names. Raises BadInput."""
        if self.frequency is None:
            if not re.fullmatch(r"-?\d+", text):
                raise BadInput(Message("Perioderna är löpnummer; {text} är inget heltal.", text=text))
            return int(text)
        period = Period.parse(text)
        return _position(_as(period, self.frequency) or Period(period.start, "day"), self.frequency)

    def about(self, row: int | None, column: str, code: str, message: Message, severity: str = "error") -> Finding:
        """Return a finding about the file, or one row of it."""
        return Finding(self.file, row, column, code, "error" if severity == "error" else "warning", message)


def read_measurements(path: Path) -> Measurements:
    """Read the csv at *path*. Days that all begin a month mean months. What cannot be read is told by row."""
    if not path.is_file():
        raise BadInput(Message("Filen {file} finns inte.", file=path))
    gathered, tables = Gathered(), []
    controls: tuple[str, ...] = ()
    try:
        for draft, controls in _drafts(path):  # noqa: B007 - every part has the same headings
            gathered.add(draft.findings)
            tables.append(draft.rows)
    except Refused as refused:
        return Measurements(path.name, (), None, (), False, [refused.finding])
    found, table = gathered.findings(), pa.concat_tables(tables)
    columns = {name: table[name].to_pylist() for name in table.column_names}
    found += [
        Finding(
            path.name,
            row,
            "period",
            "required",
            "error",
            Message("Raden saknar period. Fyll i den, eller ta bort raden."),
        )
        for period, row in zip(columns["period"], columns["_row"], strict=True)
        if period is None and not any(item.row == row and item.column == "period" for item in found)
    ][:LISTED]
    if has_errors(found):
        return Measurements(path.name, (), None, (), False, found)
    frequency, whens, odd = _whens(columns["period"])
    found += [_other_kind(path.name, columns["_row"][place]) for place in odd[:LISTED]]
    if not len(table) or has_errors(found):
        empty = Finding(path.name, None, "", "no_rows", "error", Message("Filen har inga rader."))
        return Measurements(path.name, (), None, (), False, found or [empty])
    rows = [
        Measured(row, when, value, denominator, tuple(columns[name][place] for name in controls))
        for place, (row, when, value, denominator) in enumerate(
            zip(columns["_row"], whens, columns["value"], columns["denominator"], strict=True)
        )
    ]
    has_denominators = any(row.denominator is not None for row in rows)
    rows.sort(key=lambda row: (row.when.position, row.row))
    return Measurements(path.name, tuple(rows), frequency, controls, has_denominators, found)


def _drafts(path: Path) -> Iterator[tuple[Draft, tuple[str, ...]]]:
    """Yield the file's parts with rows numbered as in the whole file, and the names of the control series."""
    file, above = SourceFile(path.name, file_sha256(path), path.stat().st_size), 0
    table: Table | None = None
    for sheet in read_delimited(path, path.name.split(".")[0], COMMAND_LINE, sought=Sought((_TABLE,))):
        table = table or _table(sheet)
        yield draft_of(sheet, table, file).further_down(above), table.names[3:]
        above += sheet.size


def _table(sheet: RawSheet) -> Table:
    """Return the table this file holds: its periods days, weeks and months or numbers, and its control series."""
    known = known_headings(_TABLE)
    places = [place for place, header in enumerate(sheet.headers) if plain(header) == "period"]
    texts = [str(text).strip() for place in places[:1] for text in sheet.columns[place].drop_null().to_pylist()]
    numbers = bool(texts) and all(re.fullmatch(r"-?\d{1,6}", text) for text in texts)
    extra = [header for header in dict.fromkeys(sheet.headers) if header and plain(header) not in known]
    controls = [Column(name, "number", False, "Kontrollserie.", name) for name in extra if not name.startswith("_")]
    return Table(
        _TABLE.name,
        _TABLE.title,
        _TABLE.meaning,
        _TABLE.group,
        _TABLE.needed_for,
        (_NUMBER if numbers else _PERIOD, *_FIXED, *controls),
    )


def _whens(periods: Sequence[str | int]) -> tuple[Frequency | None, list[When], list[int]]:
    """Return what kind of periods these are, each one's place in time, and the places of those of another kind."""
    if all(isinstance(period, int) for period in periods):
        return None, [When(int(period), str(period)) for period in periods], []
    parsed = [Period.parse(str(period)) for period in periods]
    days = {period.start for period in parsed}
    if {period.frequency for period in parsed} == {"day"} and len(days) > 1 and all(day.day == 1 for day in days):
        frequency: Frequency = "month"
    else:
        frequency = parsed[0].frequency
    fitting = [_as(period, frequency) for period in parsed]
    whens = [When(_position(period or parsed[0], frequency), str(period or parsed[0])) for period in fitting]
    return frequency, whens, [place for place, period in enumerate(fitting) if period is None]


def _as(period: Period, frequency: Frequency) -> Period | None:
    """Return the period of *frequency* that *period* is or, of a day, lies in; None where it is of another kind."""
    if period.frequency == frequency:
        return period
    if period.frequency != "day":
        return None
    return Period.week_of(period.start) if frequency == "week" else Period(period.start.replace(day=1), "month")


def _position(period: Period, frequency: Frequency) -> int:
    if frequency == "month":
        return period.start.year * 12 + period.start.month - 1
    return (period.start.toordinal() - 1) // (7 if frequency == "week" else 1)


def _other_kind(file: str, row: int) -> Finding:
    return Finding(
        file,
        row,
        "period",
        "other_frequency",
        "error",
        Message("Perioden är inte av samma slag som den första. Skriv alla som dag, vecka, månad eller löpnummer."),
    )


def numbers(values: Sequence[float | None]) -> Floats:
    """Return *values* with NaN where nothing is known."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)
