"""Counted beds on a store: occupancy by unit and category, its change in a year, and the year ahead, as plain rows."""

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from vardbalans.data.findings import note_row
from vardbalans.data.forecast_run import SEASONS
from vardbalans.data.lake import Lake
from vardbalans.data.load.bed_counts import bed_counts
from vardbalans.data.unit_tree import units_above, units_of
from vardbalans.engine.beds.counted import CountedBeds, occupancy_figure, summed
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need import LEVELS, History, Outlook, outlooks
from vardbalans.engine.periods import country_calendar
from vardbalans.engine.units import Floats

__all__ = ["counted_of", "counted_rows"]

Row = dict[str, Any]
_SHOWN = (0.05, 0.25, 0.75, 0.95)


def counted_of(store: Path, *, unit: str | None = None, category: str | None = None, horizon: int = 12) -> Row:
    """Return the counted beds of each unit and category, their sums by category, and *horizon* periods ahead.

    Raises BadInput without counted beds, or where *unit* or *category* has none.
    """
    lake = Lake(store)
    head = lake.required_head()
    with closing(lake.connect(head.number)) as connection:
        rows, findings = counted_rows(connection, set(head.tables), horizon)
    chosen = [row for row in rows if unit in (None, row["unit_id"]) and category in (None, row["category"])]
    if not chosen:
        asked = " ".join(name for name in (unit, category) if name)
        raise BadInput(Message("Inga räknade vårdplatser finns för {asked}.", asked=asked))
    shown = {row["series_id"] for row in chosen}
    notes = [note for name, note in findings if name in shown]
    return {"version": head.number, "horizon": horizon, "rows": chosen, "findings": notes}


def counted_rows(
    connection: duckdb.DuckDBPyConnection, present: set[str], horizon: int
) -> tuple[list[Row], list[tuple[str, Row]]]:
    """Return a row per unit and category, the sums first (all: ``""``), and series → what is to be told of it."""
    series, how = bed_counts(connection, present)
    units = units_of(connection, present)
    sums = _sums(series, units)
    every = [row for row, _ in sums] + list(series)
    ahead, findings = _ahead(every, horizon, _country(connection, present))
    findings += [(row.name, _gaps(row)) for row in series if np.isnan(row.occupied).any()]
    counts = {row.name: count for row, count in sums}
    rows = [
        _told(row, ahead.get(row.name), how.get(row.name, ""))
        | {
            "name": units[row.unit_id].name if row.unit_id in units else row.unit_id,
            "units": counts.get(row.name),
        }
        for row in every
    ]
    return rows, findings


def _country(connection: duckdb.DuckDBPyConnection, present: set[str]) -> str:
    """Return the units' country, whose holidays the forecast knows; Sweden where they lie in several or none."""
    if "units" not in present:
        return "SE"
    found = connection.execute("select distinct coalesce(country, 'SE') from units").fetchall()
    return str(found[0][0]) if len(found) == 1 else "SE"


def _sums(series: Sequence[CountedBeds], units: Mapping[str, Unit]) -> list[tuple[CountedBeds, int]]:
    """Return the sum of each category for all (unit ``""``) and for each unit that has not counted it itself.

    It is of the topmost that have: who counts its own beds has those of the units below in them.
    """
    found = []
    for category in sorted({row.category for row in series}):
        of_kind = [row for row in series if row.category == category]
        if len({row.start.frequency for row in of_kind}) > 1:
            continue  # days, weeks and months are not summed
        counted = {row.unit_id for row in of_kind}
        below: dict[str, list[CountedBeds]] = {}
        for row in of_kind:
            above = units_above(units, row.unit_id) - {row.unit_id}
            if not above & counted:
                for unit in ("", *sorted(above)):
                    below.setdefault(unit, []).append(row)
        rows = {unit: summed(mine, unit) for unit, mine in below.items() if unit or len(mine) > 1}
        found += [row for row in rows.values() if row]
    return found


def _ahead(
    rows: Sequence[CountedBeds], horizon: int, country: str
) -> tuple[Mapping[str, Outlook], list[tuple[str, Row]]]:
    """Return series → its outlook: occupied beds of the same frequency are forecast together."""
    found: dict[str, Outlook] = {}
    findings: list[tuple[str, Row]] = []
    for frequency in sorted({row.start.frequency for row in rows}):
        mine = [row for row in rows if row.start.frequency == frequency]
        last = max(row.periods[-1] for row in mine).next(horizon)
        calendar = country_calendar(country, min(row.start for row in mine).start.year, last.end.year)
        histories = [History(row.name, row.start, row.occupied) for row in mine]
        told = outlooks(histories, horizon, SEASONS[frequency], calendar)
        found |= {outlook.series_id: outlook for outlook in told.series}
        findings += [(remark.series_id, note_row(remark.message, remark.code, "warning")) for remark in told.remarks]
    return found, findings


def _gaps(row: CountedBeds) -> Row:
    missing = [str(period) for period, value in zip(row.periods, row.occupied, strict=True) if math.isnan(value)]
    return note_row(
        Message(
            "{series}: belagda vårdplatser saknas {count} perioder, först {first}; de räknas inte som noll.",
            series=row.name,
            count=len(missing),
            first=missing[0],
        ),
        "missing_periods",
        "info",
    )


def _told(row: CountedBeds, outlook: Outlook | None, how: str) -> Row:
    known = np.flatnonzero(~np.isnan(row.occupancy))
    place = int(known[-1]) if len(known) else len(row.occupied) - 1
    figure = occupancy_figure(row, place)
    return {
        "series_id": row.name,
        "unit_id": row.unit_id,
        "category": row.category,
        "counted": how,
        "frequency": row.start.frequency,
        "period": str(row.periods[place]),
        "available": _number(row.available[place]),
        "occupied": _number(row.occupied[place]),
        "occupancy": _number(row.occupancy[place]),
        "occupancy_of_year": row.of_year(),
        "change_in_a_year": row.change(),
        "outliers": _number(row.outliers[place]),
        "overcrowded_per_100": _number(row.per_100(row.overcrowded)[place]),
        "outliers_per_100": _number(row.per_100(row.outliers)[place]),
        "periods": [str(period) for period in row.periods],
        "history": {name: _numbers(getattr(row, name)) for name in ("available", "occupied", "occupancy")},
        "ahead": None if outlook is None else _outlook(row, outlook),
        "figures": [] if figure is None else [figure.as_dict()],
    }


def _outlook(row: CountedBeds, found: Outlook) -> Row:
    """Return the occupied beds ahead, and the occupancy if the beds told last remain."""
    beds = row.beds if row.beds > 0 else math.nan
    rows = {"mean": found.mean} | {f"q{100 * level:02.0f}": found.quantiles[LEVELS.index(level)] for level in _SHOWN}
    return {
        "method": found.method,
        "reason": str(found.reason),
        "periods": [str(period) for period in found.periods],
        "beds": _number(beds),
        "occupied": {name: _numbers(values) for name, values in rows.items()},
        "occupancy": {name: _numbers(values / beds) for name, values in rows.items()},
    }


def _numbers(values: Floats) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
