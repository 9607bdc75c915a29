"""A planner's judgement on top of the forecast: both kept, each change with its reason, and what it was worth.

Adjustments are applied in the order they were made, each on what the earlier ones left, to the expectation and to every
draw alike. An adjustment acts on the working days that lie within its dates and not before the day it was made: what is
known later must not better a forecast made earlier.

What a judgement was worth is measured afterwards as the forecast value added: the mean absolute error before and after
each change, per level of author. Sources: Gilliland 2010, *The Business Forecasting Deal* (forecast value added);
Fildes, Goodwin, Lawrence & Nikolopoulos 2009, *International Journal of Forecasting* 25, 3–23 (many small adjustments
make forecasts worse, which is why it is measured).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Adjustment
from vardbalans.engine.need.forecast import Forecast
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["FEW_PERIODS", "Added", "Change", "Judged", "Trial", "ValueAdded", "Verdict", "judged", "value_added"]

FEW_PERIODS = 12
"""Fewer weeks or months with an outcome than this say nothing of whether a level's adjustments help."""

Verdict = Literal["better", "worse", "same", "too_few"]


@dataclass(frozen=True, eq=False)
class Change:
    """What one adjustment did to the expected count per week: *before* and *after*, both (weeks,)."""

    adjustment: Adjustment
    before: Floats
    after: Floats

    @property
    def added(self) -> Floats:
        """Return what the adjustment added per week (weeks,); negative where it took away."""
        added: Floats = self.after - self.before
        return added


@dataclass(frozen=True, eq=False)
class Added:
    """What something beside the planners, named by *code*, adds to the expected count per week (weeks,)."""

    code: str
    counts: Floats
    source: Source


@dataclass(frozen=True, eq=False)
class Judged:
    """The *base* forecast, the *forecast* that holds, and what lies between them; without any, the two are one.

    *changes* are the planners', *more* what comes after them.
    """

    base: Forecast
    forecast: Forecast
    changes: tuple[Change, ...] = ()
    more: tuple[Added, ...] = ()

    @property
    def added(self) -> Floats:
        """Return what the planners added to the expected count per week (weeks,), all changes together."""
        added: Floats = self.changes[-1].after - self.base.mean if self.changes else np.zeros(len(self.base.mean))
        return added


def judged(base: Forecast, adjustments: Sequence[Adjustment], calendar: Calendar) -> Judged:
    """Apply *adjustments*, in the order given, to the mean and the draws of *base*; those that touch no week are left.

    A week partly covered is adjusted by the share of its working days that are. No count falls below zero.
    """
    mean, draws, changes = base.mean, base.draws, []
    for adjustment in adjustments:
        share = _covered(adjustment, base.weeks, calendar)
        if share.any():
            adjusted = _applied(mean, adjustment, share)
            changes.append(Change(adjustment, mean, adjusted))
            mean, draws = adjusted, _applied(draws, adjustment, share)
    if not changes:
        return Judged(base, base)
    return Judged(base, replace(base, mean=mean, draws=draws), tuple(changes))


def _covered(adjustment: Adjustment, weeks: Sequence[Period], calendar: Calendar) -> Floats:
    """Return the share of each week's working days (of all its days where none is worked) that is adjusted."""
    first, last = max(adjustment.date_from, adjustment.made_on), adjustment.date_to
    shares = []
    for week in weeks:
        days = [day for day in week.days if calendar.is_working(day)] or list(week.days)
        shares.append(sum(first <= day <= last for day in days) / len(days))
    return np.array(shares)


def _applied(counts: Floats, adjustment: Adjustment, share: Floats) -> Floats:
    if adjustment.factor is not None:
        return counts * (1 + (adjustment.factor - 1) * share)
    added: Floats = np.maximum(counts + (adjustment.per_week or 0.0) * share, 0)
    return added


@dataclass(frozen=True)
class Trial:
    """One adjusted *period* of one service: the expected count *before* and *after* the adjustment, and the *outcome*.

    A period is a week, or a month where the service is counted by month.
    """

    author_level: str
    service_id: str
    period: Period
    before: float
    after: float
    outcome: float

    def error_per_week(self, expected: float) -> float:
        """Return how far *expected* lay from the outcome, in counts per week whatever the period."""
        return abs(expected - self.outcome) * 7 / len(self.period.days)


@dataclass(frozen=True)
class ValueAdded:
    """Mean absolute error per week before and after one level's adjustments, over *periods* of single services.

    A period is a week, or a month of a service counted by month, whose error is shared out over its weeks. *verdict* is
    ``too_few`` below :data:`FEW_PERIODS`, whatever the errors.
    """

    author_level: str
    periods: int
    base_error: float
    adjusted_error: float

    @property
    def verdict(self) -> Verdict:
        """Tell whether the adjustments made the forecast better."""
        if self.periods < FEW_PERIODS:
            return "too_few"
        if self.adjusted_error == self.base_error:
            return "same"
        return "better" if self.adjusted_error < self.base_error else "worse"


def value_added(trials: Iterable[Trial]) -> tuple[ValueAdded, ...]:
    """Return the forecast value added per author level, in order of the levels' names."""
    by_level: dict[str, list[Trial]] = {}
    for trial in trials:
        by_level.setdefault(trial.author_level, []).append(trial)
    return tuple(
        ValueAdded(
            level,
            len({(trial.service_id, trial.period) for trial in rows}),
            float(np.mean([trial.error_per_week(trial.before) for trial in rows])),
            float(np.mean([trial.error_per_week(trial.after) for trial in rows])),
        )
        for level, rows in sorted(by_level.items())
    )
