"""What can be treated in the weeks ahead, where no more is known than what was treated: a level times a season.

The level is what was treated per working day in the last year, the season aside. The season of production is its own:
vacations take more of it than of those who come, and a list grows in summer and is worked down in autumn. It is the
middle one of up to three years, so that one bad year leaves no mark in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import MissingFactor
from vardbalans.engine.inputs import Series
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period, month_shares
from vardbalans.engine.units import Floats

__all__ = ["Produced", "produced", "season_of"]

_YEAR = {"week": 52, "month": 12}
_MOST_YEARS = 3
_FEWEST_YEARS = 2
_SMOOTHED = {"week": 5, "month": 1}  # periods: a week's own counts are few


@dataclass(frozen=True, eq=False)
class Produced:
    """People that can be treated per week: *mean* (weeks,) and *draws* (draws, weeks)."""

    mean: Floats
    draws: Floats


def produced(
    treated: Series, weeks: Sequence[Period], calendar: Calendar, draws: int, rng: np.random.Generator
) -> Produced:
    """Return what can be treated in *weeks*, as the last year of *treated* (by week or month) has it.

    The draws carry the uncertainty of the level, wider where weeks have followed each other, and the spread between
    periods. Raises MissingFactor for an empty series.
    """
    year = _YEAR[treated.start.frequency]
    done, periods = treated.last(year), treated.periods[-year:]
    if len(done) == 0:
        raise MissingFactor([Message("observerad produktion ({table})", table=treated.source.table)])
    season = season_of(treated, calendar)
    ordinary = np.maximum(calendar.working_days_of(periods), 1) * season[-len(done) :]
    level = float(done.sum() / ordinary.sum())
    spread, error = level, level
    if len(done) > 1:
        apart = np.divide(done, ordinary, out=np.full(len(done), level), where=ordinary > 0) - level
        spread = float(np.sqrt(ordinary @ apart**2 / ordinary.sum() * len(done) / (len(done) - 1)))
        error = spread * np.sqrt(_widened(apart) / len(done))
    days = _days(treated, season, weeks, calendar)
    levels = level + rng.standard_normal((draws, 1)) * error
    return Produced(level * days, np.maximum(levels + rng.standard_normal((draws, len(weeks))) * spread, 0) * days)


def season_of(treated: Series, calendar: Calendar) -> Floats:
    """Return production per working day by place in the year that follows the series (52 weeks or 12 months).

    Relative to the year's mean, by working days; 1 throughout where fewer than two whole years are known, or nothing
    was treated in one.
    """
    frequency = treated.start.frequency
    year = _YEAR[frequency]
    years = min(_MOST_YEARS, len(treated.values) // year)
    if years < _FEWEST_YEARS:
        return np.ones(year)
    done = treated.last(years * year).reshape(years, year)
    days = np.maximum(calendar.working_days_of(treated.periods[-years * year :]), 1).reshape(years, year)
    if (done.sum(axis=1) == 0).any():
        return np.ones(year)
    relative = done / days / (done.sum(axis=1) / days.sum(axis=1))[:, None]
    middle = np.median([_smoothed(row, _SMOOTHED[frequency]) for row in relative], axis=0)
    whole = float(middle @ days[-1])
    return np.asarray(middle * days[-1].sum() / whole) if whole > 0 else np.ones(year)


def _smoothed(values: Floats, width: int) -> Floats:
    """Return the running mean of *values*, the last of which come before the first."""
    around = np.concatenate([values[len(values) - width // 2 :], values, values[: width // 2]])
    return np.asarray(np.convolve(around, np.ones(width) / width, "valid"))


def _widened(apart: Floats) -> float:
    """Return by how much the variance of the mean grows where what lies above is followed by what lies above."""
    varied = float(apart @ apart)
    memory = min(max(float(apart[1:] @ apart[:-1]) / varied, 0.0), 0.95) if varied > 0 else 0.0
    return (1 + memory) / (1 - memory)


def _days(treated: Series, season: Floats, weeks: Sequence[Period], calendar: Calendar) -> Floats:
    """Return the working days of each of *weeks*, each day counting as much as the season says."""
    days = np.asarray(calendar.working_days_of(weeks), np.float64)
    if treated.start.frequency == "week":
        place = np.array([(week.start - treated.end).days // 7 for week in weeks])
        return np.asarray(days * season[place % len(season)])
    first = treated.end.month
    whole = np.zeros(len(weeks))
    for month, shares in month_shares(weeks, calendar).items():
        whole += shares * calendar.working_days(month) * season[(month.start.month - first) % len(season)]
    return whole
