"""Series in a file of their own (``series_id,period,value``), outside the data contract: for a forecast of anything."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from vardbalans.data.findings import LISTED, Finding, Gathered, has_errors, shown
from vardbalans.data.read.delimited import read_delimited
from vardbalans.data.read.draft import COMMAND_LINE, Draft, Refused, about_file, file_sha256
from vardbalans.data.read.header_rows import Sought
from vardbalans.data.read.typing import draft_of
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import Column, Table
from vardbalans.engine.messages import Message
from vardbalans.engine.need import History
from vardbalans.engine.periods import Frequency, Period

__all__ = ["SeriesFile", "read_series"]

_TABLE = Table(
    "series",
    "Serier",
    "En rad per serie och period.",
    "serier",
    Message("Utan serier finns inget att göra prognos på."),
    (
        Column("series_id", "text", True, "Seriens beteckning.", "Serie-id", key=True),
        Column("period", "period", True, "Vecka (2026-W05), månad (2026-05) eller dag (2026-05-17).", "Period"),
        Column("value", "number", False, "Antal; tomt där det saknas.", "Värde", unit="antal"),
    ),
    date(1900, 1, 1),
)


@dataclass(frozen=True)
class SeriesFile:
    """The histories in a file, in order of first appearance, and what was found; none where an error was."""

    histories: tuple[History, ...]
    findings: list[Finding]


def read_series(path: Path, frequency: Frequency | None = None) -> SeriesFile:
    """Read the csv at *path*. With *frequency*, days mean the week or month they lie in.

    Without it, days that all begin a month mean months. Periods that are not in the file are missing, not zero.
    """
    try:
        drafts = list(_drafts(path))
    except Refused as refused:
        return SeriesFile((), [refused.finding])
    gathered = Gathered()
    for draft in drafts:
        gathered.add(draft.findings)
    found, table = gathered.findings(), pa.concat_tables(draft.rows for draft in drafts)
    rows = [
        _Row(int(row), str(name), Period.parse(text), value)
        for name, text, value, row in zip(
            *(table[column].to_pylist() for column in ("series_id", "period", "value", "_row")), strict=True
        )
        if name is not None and text is not None
    ]
    if not table.num_rows and not has_errors(found):
        nothing = Message("Filen har kolumner men inga rader. Kontrollera urvalet i exporten.")
        found.append(about_file(path.name, "no_rows", "error", nothing))
    unread = {(item.row, item.column) for item in found}
    found += [item for item in _without(table, path.name) if (item.row, item.column) not in unread]
    rows, more = _in_frequency(rows, frequency, path.name)
    found += more
    found += _twice(rows, path.name)
    return SeriesFile(() if has_errors(found) else tuple(_histories(rows)), found)


def _drafts(path: Path) -> Iterator[Draft]:
    """Yield the file's parts, with rows numbered as in the whole file."""
    file, above = SourceFile(path.name, file_sha256(path), path.stat().st_size), 0
    for sheet in read_delimited(path, path.name.split(".")[0], COMMAND_LINE, sought=Sought((_TABLE,))):
        yield draft_of(sheet, _TABLE, file).further_down(above)
        above += sheet.size


@dataclass(frozen=True)
class _Row:
    row: int
    name: str
    period: Period
    value: float | None


def _without(table: pa.Table, file: str) -> list[Finding]:
    """Return a finding for every row without series or period."""
    columns = [table[name].to_pylist() for name in ("series_id", "period", "_row")]
    return [
        Finding(
            file,
            row,
            "period" if name is not None else "series_id",
            "required",
            "error",
            Message("Raden saknar serie eller period. Fyll i den, eller ta bort raden."),
        )
        for name, period, row in zip(*columns, strict=True)
        if name is None or period is None
    ][:LISTED]


def _in_frequency(rows: Sequence[_Row], frequency: Frequency | None, file: str) -> tuple[list[_Row], list[Finding]]:
    """Return *rows* in one frequency, and a finding for each row that is of another."""
    wanted = frequency or _meant(rows)
    fitting, odd = [], []
    for row in rows:
        period = _as(row.period, wanted)
        if period is None:
            odd.append(row)
        else:
            fitting.append(_Row(row.row, row.name, period, row.value))
    return fitting, [_other_frequency(file, row, wanted) for row in odd[:LISTED]]


def _meant(rows: Sequence[_Row]) -> Frequency:
    """Return the frequency that most rows have; days that all begin a month mean months."""
    kinds = Counter(row.period.frequency for row in rows)
    days = {row.period for row in rows}
    if set(kinds) == {"day"} and len(days) > 1 and all(day.start.day == 1 for day in days):
        return "month"
    return kinds.most_common(1)[0][0] if kinds else "month"


def _as(period: Period, frequency: Frequency) -> Period | None:
    if period.frequency == frequency:
        return period
    if period.frequency != "day":
        return None
    return Period.week_of(period.start) if frequency == "week" else Period(period.start.replace(day=1), "month")


def _other_frequency(file: str, row: _Row, frequency: Frequency) -> Finding:
    return Finding(
        file,
        row.row,
        "period",
        "other_frequency",
        "error",
        Message(
            "{period} är inte av samma slag som de andra perioderna ({frequency}). Skriv alla som vecka 2026-W05, "
            "månad 2026-05 eller dag 2026-05-17.",
            period=row.period,
            frequency={"day": Message("dag"), "week": Message("vecka"), "month": Message("månad")}[frequency],
        ),
    )


def _twice(rows: Sequence[_Row], file: str) -> list[Finding]:
    seen: dict[tuple[str, Period], int] = {}
    found = []
    for row in rows:
        first = seen.setdefault((row.name, row.period), row.row)
        if first != row.row:
            found.append(
                Finding(
                    file,
                    row.row,
                    "period",
                    "period_twice",
                    "error",
                    Message(
                        "{series} har {period} också på rad {first}. Ta bort den ena, eller summera dem.",
                        series=shown(row.name),
                        period=row.period,
                        first=first,
                    ),
                )
            )
    return found[:LISTED]


def _histories(rows: Sequence[_Row]) -> Iterator[History]:
    series: dict[str, dict[Period, float | None]] = {}
    for row in rows:
        series.setdefault(row.name, {})[row.period] = row.value
    for name, values in series.items():
        periods = [min(values)]
        while periods[-1] < max(values):
            periods.append(periods[-1].next())
        known = [values.get(period) for period in periods]
        yield History(name, periods[0], np.array([np.nan if value is None else value for value in known]))
