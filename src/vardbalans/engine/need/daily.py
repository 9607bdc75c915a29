"""Daily counts: a regression on the calendar with a level that follows the latest days; all series in one solve.

root(count / mean) = level + weekday + time of year + holidays. The calendar's effects are found by least squares, each
as if one more day had shown none (ridge), around a slow two-sided level. The level at the end is an exponentially
weighted mean of what the calendar leaves; how fast it follows is chosen by past forecasts, which also give the spread.

Sources: Holt (1957) for the weighted mean; Hoerl & Kennard (1970) for ridge.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from vardbalans.engine.need.axis import place
from vardbalans.engine.need.combination import chosen_weights
from vardbalans.engine.need.days import calendar_columns, season_columns
from vardbalans.engine.need.distribution import Scores
from vardbalans.engine.need.history import SHORTEST, Prepared
from vardbalans.engine.need.panel import PanelForecast, relative_errors, values_of
from vardbalans.engine.periods import Calendar
from vardbalans.engine.units import Floats

__all__ = ["FOLLOWING", "forecast_daily"]

FOLLOWING = (0.03, 0.01, 0.1)
"""Shares of the latest day in the level that are tried."""
_SLOW = 0.02
_ROUNDS = 3
_ORIGINS = 12
_YEAR = 366
_WEEK = 7


class _View(NamedTuple):
    """What was known before place *end*: forecasts from place *first* on."""

    rows: np.ndarray
    scale: Floats  # (rows,)
    centre: Floats  # per share of the latest day (shares, rows, ahead)
    steps: np.ndarray  # days from each series' own end, from one (rows, ahead)
    variance: Floats  # of the noise (rows,)
    season: Floats  # (rows, n)
    holidays: Floats
    naive: Floats  # (rows, ahead)


def forecast_daily(series: Sequence[Prepared], horizon: int, calendar: Calendar) -> PanelForecast:
    """Forecast *series* (regular daily ones) *horizon* days from the end of each."""
    panel = _Days(series, horizon, calendar)
    last = int(panel.ends.max())
    final = panel.view(last)
    past = [view for number in range(1, _ORIGINS + 1) if (view := panel.view(last - number * horizon))]
    if final is None:
        raise AssertionError("regular series are long enough")
    made, came, deviation, naive = panel.missed(past)
    chosen = chosen_weights(made, came, max(1, int(np.isfinite(came).sum())), 1).argmax(axis=1)
    rows = np.arange(len(series))
    made, deviation = made[chosen, rows], deviation[chosen, rows]
    centre = final.centre[chosen, rows]
    parts = np.stack([np.zeros_like(final.season), final.season, final.holidays])
    first = parts.shape[2] - centre.shape[1]
    parts[0, :, first:] = centre - (final.season + final.holidays)[:, first:]
    parts[0, :, :first] = parts[0, :, [first]].T
    return PanelForecast(
        ("daily_regression",),
        first,
        panel.ends.tolist(),
        final.scale,
        np.maximum(centre, 0),
        _covariance(np.array(FOLLOWING)[chosen], final),
        np.zeros((centre.shape[1], centre.shape[1])),
        Scores.pooled((came - made) / deviation),
        parts,
        np.ones((len(series), 1)),
        relative_errors(made[None], came, naive),
        (came**2 - made**2) * final.scale[:, None],
    )


def _covariance(following: Floats, view: _View) -> Floats:
    """Noise of every day, and a level that wanders as fast as the weighted mean follows it (Muth 1960)."""
    wandered = np.minimum(view.steps[:, :, None], view.steps[:, None, :]) - 1
    wander = np.maximum(wandered, 0) * following[:, None, None] ** 2
    covariance: Floats = (wander + np.eye(view.steps.shape[1])) * view.variance[:, None, None]
    return covariance


class _Days:
    """All series on one axis of days; NaN where nothing is known."""

    def __init__(self, series: Sequence[Prepared], horizon: int, calendar: Calendar) -> None:
        self.horizon = horizon
        start = min(item.start for item in series)
        self.values, self.ends = values_of(series, place(start), horizon)
        days = [start.start + timedelta(days=n) for n in range(self.values.shape[1])]
        self.season = season_columns(days, yearly=self.values.shape[1] - horizon > _YEAR)
        self.columns = np.column_stack([self.season, calendar_columns(days, calendar)])

    def view(self, end: int) -> _View | None:
        """Return what was known before place *end*; None where no series had enough."""
        before = self.values[:, : max(end, 0)]
        rows = np.flatnonzero(((~np.isnan(before)).sum(axis=1) >= SHORTEST["day"]) & (np.nansum(before, axis=1) > 0))
        if not len(rows):
            return None
        before = before[rows]
        scale = np.nanmean(before, axis=1)
        roots = np.sqrt(before / scale[:, None])
        beta = self._effects(roots)
        length = min(end + self.horizon, len(self.columns))
        effects = beta @ self.columns[:length].T
        left = roots - effects[:, :end]
        ends = np.minimum(self.ends[rows], end)
        first = int(min(self.ends.min(), end))
        levels = np.stack([_followed(left, share)[:, -1] for share in FOLLOWING])
        width = self.season.shape[1]
        season = beta[:, :width] @ self.season[:length].T
        return _View(
            rows,
            scale,
            levels[:, :, None] + effects[:, first:],
            np.arange(first, length) - ends[:, None] + 1,
            np.nanvar(left - _slow(left), axis=1),
            season,
            effects - season,
            _last_week(roots, first, length),
        )

    def _effects(self, roots: Floats) -> Floats:
        """Return the effects of the columns, shape (rows, columns), around a slow level."""
        known = ~np.isnan(roots)
        columns = self.columns[: roots.shape[1]]
        effects = np.zeros((len(roots), columns.shape[1]))
        patterns, which = np.unique(known, axis=0, return_inverse=True)
        for _ in range(_ROUNDS):
            left = roots - _slow(roots - effects @ columns.T)
            for number, pattern in enumerate(patterns):
                alike = which.ravel() == number
                seen = columns[pattern]
                gram = seen.T @ seen + np.eye(columns.shape[1])
                effects[alike] = np.linalg.solve(gram, seen.T @ left[np.ix_(alike, pattern)].T).T
        return effects

    def missed(self, past: Sequence[_View]) -> tuple[Floats, Floats, Floats, Floats]:
        """Return past forecasts (shares, N, misses), outcomes, their standard deviations, and last week's values."""
        size = len(self.values)
        made, came, spread, naive = [], [], [], []
        for view in past:
            ahead = view.centre.shape[2]
            first = view.season.shape[1] - ahead
            made.append(_placed(view.centre, view.rows, size))
            outcome = np.sqrt(self.values[view.rows, first : first + ahead] / view.scale[:, None])
            came.append(_placed(np.where(view.steps > 0, outcome, np.nan), view.rows, size))
            grown = np.array(FOLLOWING)[:, None, None] ** 2 * np.maximum(view.steps - 1, 0)
            spread.append(_placed(np.sqrt((1 + grown) * view.variance[:, None]), view.rows, size))
            naive.append(_placed(view.naive, view.rows, size))
        none = np.zeros((size, 0))
        return (
            np.nan_to_num(np.concatenate([np.zeros((len(FOLLOWING), size, 0)), *made], axis=2)),
            np.concatenate([none, *came], axis=1),
            np.concatenate([np.zeros((len(FOLLOWING), size, 0)), *spread], axis=2),
            np.concatenate([none, *naive], axis=1),
        )


def _placed(values: Floats, rows: np.ndarray, size: int) -> Floats:
    """Return *values* (…, rows, ahead) among all *size* series, NaN for the others."""
    placed = np.full((*values.shape[:-2], size, values.shape[-1]), np.nan)
    placed[..., rows, :] = values
    return placed


def _followed(values: Floats, share: float) -> Floats:
    """Return the exponentially weighted mean so far, per series and day; a missing day changes nothing."""
    known = ~np.isnan(values)
    earliest = known & (known.cumsum(axis=1) <= 4 * _WEEK)
    level = np.where(earliest, values, 0).sum(axis=1) / earliest.sum(axis=1)
    found = np.empty_like(values)
    for day in range(values.shape[1]):
        level = np.where(np.isnan(values[:, day]), level, level + share * (values[:, day] - level))
        found[:, day] = level
    return found


def _slow(values: Floats) -> Floats:
    """Return a level that looks both ways."""
    return (_followed(values, _SLOW) + _followed(values[:, ::-1], _SLOW)[:, ::-1]) / 2


def _last_week(roots: Floats, first: int, length: int) -> Floats:
    padded = np.pad(roots, ((0, 0), (0, length - roots.shape[1])), constant_values=np.nan)
    for day in range(_WEEK, length):
        padded[:, day] = np.where(np.isnan(padded[:, day]), padded[:, day - _WEEK], padded[:, day])
    return padded[:, first:]
