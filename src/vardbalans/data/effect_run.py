"""The effect of what began on a date, from a file of measurements: read, model, and tell it with its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.findings import LISTED, Finding, has_errors
from vardbalans.data.read.measurements import Measured, Measurements, numbers, read_measurements
from vardbalans.engine.effects.interrupted import Effect, Form, Series, effect
from vardbalans.engine.effects.placebo import placebo_in_time
from vardbalans.engine.effects.power import Noise, detectable, periods_needed, power
from vardbalans.engine.effects.verdict import Interval
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Asked", "run_effect"]

Row = dict[str, Any]
_SEASONS = {"day": 7, "week": 52, "month": 12, None: 1}


@dataclass(frozen=True)
class Asked:
    """What effect is asked for.

    *start* is a day, week, month or running number; *controls* are files with a control series each; *expected* is the
    effect whose power is wanted (a ratio of counts, else a difference).
    """

    start: str
    form: Form
    controls: Sequence[Path] = ()
    season: int | None = None
    expected: float | None = None
    seed: int = 1


def run_effect(path: Path, asked: Asked) -> Row:
    """Return the command's document for the csv at *path*; only ``findings`` where a file holds errors.

    Raises BadInput, and Impossible where there are too few periods to tell by.
    """
    file = read_measurements(path)
    others = [(name, read_measurements(name)) for name in asked.controls]
    found = [*file.findings, *_twice(file)]
    for _, other in others:
        found += [*other.findings, *_twice(other), *_other_axis(file, other)]
    if has_errors(found):
        return {"seed": asked.seed, "findings": [finding.as_dict() for finding in found]}
    series, notes = _series(file, [(name.stem, other) for name, other in others], asked)
    found += notes
    start = file.position_of(asked.start)
    made = effect(series, start, asked.form)
    placebo = placebo_in_time(series, start, asked.form)
    return {
        "seed": asked.seed,
        **_interval(made.step),
        "scale": made.step.scale,
        "dispersion": made.dispersion,
        "verdict": made.verdict,
        "model": made.model,
        "robust": _interval(made.robust),
        "slope": made.slope and _interval(made.slope),
        "correlation": made.correlation,
        "harmonics": made.harmonics,
        "alpha": made.alpha,
        "controls": list(series.controls),
        "periods_before": made.before,
        "periods_after": made.after,
        "placebo": {"tried": placebo.tried, "shown": placebo.shown},
        "power": _power(series, start, made, asked),
        "findings": [finding.as_dict() for finding in found],
    }


def _twice(file: Measurements) -> list[Finding]:
    seen: dict[int, int] = {}
    found = []
    for row in file.rows:
        first = seen.setdefault(row.when.position, row.row)
        if first != row.row:
            sentence = Message(
                "{period} finns också på rad {first}. Ta bort den ena, eller summera dem.",
                period=row.when.text,
                first=first,
            )
            found.append(file.about(row.row, "period", "period_twice", sentence))
        if file.has_denominators and row.value is not None and not (row.denominator and row.denominator > 0):
            sentence = Message("{period} saknar en nämnare över noll.", period=row.when.text)
            found.append(file.about(row.row, "denominator", "denominator", sentence))
    return found[:LISTED]


def _other_axis(file: Measurements, other: Measurements) -> list[Finding]:
    if not other.rows or not file.rows or other.frequency == file.frequency:
        return []
    return [
        other.about(None, "period", "other_frequency", Message("Kontrollserien har andra slags perioder än utfallet."))
    ]


def _series(
    file: Measurements, others: Sequence[tuple[str, Measurements]], asked: Asked
) -> tuple[Series, list[Finding]]:
    """Return the series of the periods where outcome and controls are known, and a finding for those that are not."""
    columns: dict[str, dict[int, float | None]] = {
        name: {row.when.position: row.controls[place] for row in file.rows} for place, name in enumerate(file.controls)
    }
    columns |= {name: {row.when.position: _ratio(row) for row in other.rows} for name, other in others}
    known = [
        row
        for row in file.rows
        if row.value is not None and all(column.get(row.when.position) is not None for column in columns.values())
    ]
    if not known:
        raise BadInput(Message("Inga perioder har både utfall och kontrollserier."))
    left_out = [row for row in file.rows if row.value is not None and row not in known]
    notes = [
        file.about(
            row.row,
            "period",
            "control_missing",
            Message("{period} räknas inte med: en kontrollserie saknar värde.", period=row.when.text),
            "warning",
        )
        for row in left_out[:LISTED]
    ]
    places = [row.when.position for row in known]
    return (
        Series(
            np.array(places),
            numbers([row.value for row in known]),
            numbers([row.denominator for row in known]) if file.has_denominators else None,
            {name: numbers([column[place] for place in places]) for name, column in columns.items()},
            asked.season or _SEASONS[file.frequency],
        ),
        notes,
    )


def _ratio(row: Measured) -> float | None:
    if row.value is None or row.denominator is None:
        return row.value
    return row.value / row.denominator


def _interval(interval: Interval) -> Row:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}


def _power(series: Series, start: int, made: Effect, asked: Asked) -> Row:
    """Return what could be seen with the periods there are, and how long it takes to see what is expected."""
    level = _level(series, start)
    # A negative binomial's dispersion is beside what its alpha already makes of the spread.
    dispersion = made.dispersion * (1 + (made.alpha or 0) * float(level.mean()))
    noise = Noise(level, max(dispersion, 1e-12), min(made.correlation, 0.95), made.step.scale == "ratio")
    shape = {"season": series.season, "harmonics": made.harmonics, "seed": asked.seed}
    size = asked.expected
    return {
        "detectable": detectable(made.before, made.after, noise, **shape),
        "expected": size,
        "probability": None if size is None else power(size, made.before, made.after, noise, **shape),
        "periods_needed": None if size is None else periods_needed(size, made.before, noise, **shape),
    }


def _level(series: Series, start: int) -> Floats:
    """Return the mean before the start through the season; one mean where no season is whole."""
    before = series.part(series.positions < start)
    phases = (before.positions - before.positions[0]) % series.season
    if len(set(phases)) < series.season:
        return np.array([before.values.mean()])
    return np.array([before.values[phases == phase].mean() for phase in range(series.season)]).clip(min=1e-9)
