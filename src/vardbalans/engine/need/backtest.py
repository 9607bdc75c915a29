"""How good the forecast has been: made again at earlier times, with what was known then, and held against what came.

The forecast tested is the one the balance uses (:func:`periods_of_all`), refitted at each origin on the history
before it alone. The origins lie one horizon apart and end where the data end, so that every outcome is judged once.

====================  ==================================================================================================
error                 mean absolute error per period
naive error           the same for last year's value of the same period
MASE                  mean of |error| over the mean absolute step from year to year before the origin; below one is
                      better than guessing last year's value usually is. None where the history never moved
coverage              share of the outcomes within the 80 % interval, ends included
bias                  sum of forecasts over sum of outcomes, less one; positive: too much was foreseen
====================  ==================================================================================================

A test asks for :data:`YEARS_BEFORE` whole years before the first origin and :data:`FEWEST_ORIGINS` origins after it:
with less there is no season to foresee, or one quarter that may have been luck. Sources: Hyndman & Koehler 2006,
*International Journal of Forecasting* 22, 679–688 (MASE); Tashman 2000, *ibid.* 16, 437–450 (rolling origins).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from vardbalans.engine.inputs import Series
from vardbalans.engine.need.forecast import YEAR
from vardbalans.engine.need.together import periods_of_all
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = [
    "FEWEST_ORIGINS",
    "HORIZON",
    "ORIGINS",
    "YEARS_BEFORE",
    "BackTest",
    "Origin",
    "backtests",
    "scored",
]

HORIZON = {"week": 13, "month": 3}
ORIGINS = 4
"""A year's outcomes, a quarter at a time."""
YEARS_BEFORE = 2
FEWEST_ORIGINS = 2
ALIKE = 0.02
"""Errors that differ by less than this share are called the same."""
_INTERVAL = (0.1, 0.9)

Verdict = Literal["better", "worse", "same", "too_short"]


@dataclass(frozen=True, eq=False)
class Origin:
    """One earlier forecast: its *periods*, what it said (*mean*, *low* to *high*: 80 %), and the *outcome*.

    *naive* is last year's value of each period; *scale* the mean absolute step from year to year before the origin.
    """

    periods: tuple[Period, ...]
    mean: Floats
    low: Floats
    high: Floats
    outcome: Floats
    naive: Floats
    scale: float


@dataclass(frozen=True, eq=False)
class BackTest:
    """The *origins*, oldest first, and what they show together; without any, nothing can be told."""

    origins: tuple[Origin, ...]
    error: float
    naive_error: float
    mase: float | None
    coverage: float
    bias: float | None

    @property
    def outcomes(self) -> int:
        """Return how many outcomes the forecast is judged by."""
        return sum(len(origin.periods) for origin in self.origins)

    @property
    def verdict(self) -> Verdict:
        """Tell whether the forecast has been better than last year's value of the same period."""
        if not self.origins:
            return "too_short"
        if abs(self.error - self.naive_error) <= ALIKE * self.naive_error:
            return "same"
        return "better" if self.error < self.naive_error else "worse"


_NOTHING = BackTest((), 0.0, 0.0, None, 0.0, None)


def backtests(
    needs: Mapping[str, Series],
    calendar: Calendar,
    *,
    origins: int = ORIGINS,
    horizon: int | None = None,
    draws: int = 400,
    seed: int = 1,
    progress: Callable[[float], None] = lambda _done: None,
) -> dict[str, BackTest]:
    """Forecast *needs* from up to *origins* earlier times, *horizon* periods each, and hold each against the outcome.

    Series that end together are forecast together, as the balance does. No horizon: a quarter. A back-test is without
    origins where the history is too short or too sparse. *progress* is told the share that is done; it may raise.
    """
    alike: dict[tuple[str, date], dict[str, Series]] = {}
    for name, series in needs.items():
        alike.setdefault((series.start.frequency, series.end), {})[name] = series
    found: dict[str, list[Origin]] = {name: [] for name in needs}
    for done, group in enumerate(alike.values()):
        frequency = next(iter(group.values())).start.frequency
        if frequency == "day":
            continue
        ahead = horizon or HORIZON[frequency]
        for back in range(origins, 0, -1):
            progress((done + 1 - back / origins) / len(alike))
            known = {
                name: replace(series, values=series.values[: -ahead * back])
                for name, series in group.items()
                if back <= _count(series, ahead, origins)
            }
            made = periods_of_all(known, ahead, calendar, draws, seed) if known else {}
            for name, (mean, sampled) in made.items():
                found[name].append(_origin(group[name], known[name], mean, sampled))
    return {name: scored(made) if len(made) >= FEWEST_ORIGINS else _NOTHING for name, made in found.items()}


def _count(series: Series, ahead: int, origins: int) -> int:
    """Return from how many origins *series* can be tested; 0 where they are too few to tell anything."""
    count = min(origins, (len(series.values) - YEARS_BEFORE * YEAR[series.start.frequency]) // ahead)
    return count if count >= FEWEST_ORIGINS else 0


def scored(origins: Sequence[Origin]) -> BackTest:
    """Return what *origins* (at least one) show together."""
    mean, outcome, naive, low, high = (
        np.concatenate([getattr(origin, name) for origin in origins])
        for name in ("mean", "outcome", "naive", "low", "high")
    )
    missed = np.abs(mean - outcome)
    scale = np.repeat([origin.scale for origin in origins], [len(origin.periods) for origin in origins])
    return BackTest(
        tuple(origins),
        float(missed.mean()),
        float(np.abs(naive - outcome).mean()),
        float((missed / scale).mean()) if np.all(scale > 0) else None,
        float(np.mean((low <= outcome) & (outcome <= high))),
        float(mean.sum() / outcome.sum() - 1) if outcome.sum() > 0 else None,
    )


def _origin(series: Series, known: Series, mean: Floats, sampled: Floats) -> Origin:
    """Return a forecast made of *known*, the beginning of *series*, beside what came."""
    year, end, ahead = YEAR[series.start.frequency], len(known.values), len(mean)
    first = series.start.next(end)
    low, high = np.quantile(sampled, _INTERVAL, axis=0)
    places = np.arange(end, end + ahead)
    return Origin(
        tuple(first.next(n) for n in range(ahead)),
        mean,
        low,
        high,
        series.values[places],
        # Only what was known at the origin: a horizon beyond a year repeats the last year.
        known.values[end - year + (places - end) % year],
        float(np.abs(known.values[year:] - known.values[:-year]).mean()),
    )
