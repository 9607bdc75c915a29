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
    """What was known before place *end*, and the forecast of the H days after each series' own end until then."""

    rows: np.ndarray
    places: np.ndarray  # of the days ahead (rows, H)
    scale: Floats  # (rows,)
    level: Floats  # per share of the latest day (shares, rows)
    season: Floats  # (rows, H)
    holidays: Floats
    variance: Floats  # of the noise (rows,)
    naive: Floats  # (rows, H)

    @property
    def centre(self) -> Floats:
        """Return the forecast per share of the latest day, (shares, rows, H)."""
        centre: Floats = self.level[:, :, None] + self.season + self.holidays
        return centre


def forecast_daily(series: Sequence[Prepared], horizon: int, calendar: Calendar) -> PanelForecast:
    """Forecast *series* (regular daily ones) *horizon* days from the end of each; its last day is place 0."""
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
    parts = np.zeros((3, len(series), 1 + horizon))
    parts[0] = final.level[chosen, rows][:, None]
    parts[1, :, 1:], parts[2, :, 1:] = final.season, final.holidays
    return PanelForecast(
        ("daily_regression",),
        1,
        [1] * len(series),
        final.scale,
        np.maximum(final.centre[chosen, rows], 0),
        _covariance(np.array(FOLLOWING)[chosen], final.variance, horizon),
        np.zeros((horizon, horizon)),
        Scores.pooled((came - made) / deviation),
        parts,
        np.ones((len(series), 1)),
        relative_errors(made[None], came, naive),
        (came**2 - made**2) * final.scale[:, None],
    )


def _covariance(following: Floats, variance: Floats, horizon: int) -> Floats:
    """Noise of every day, and a level that wanders as fast as the weighted mean follows it (Muth 1960)."""
    days = np.arange(horizon)
    wander = np.minimum.outer(days, days) * following[:, None, None] ** 2
    covariance: Floats = (wander + np.eye(horizon)) * variance[:, None, None]
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
        left = roots - beta @ self.columns[:end].T
        places = np.minimum(self.ends[rows], end)[:, None] + np.arange(self.horizon)
        width = self.season.shape[1]
        return _View(
            rows,
            places,
            scale,
            np.stack([_followed(left, share)[:, -1] for share in FOLLOWING]),
            np.einsum("rc,rhc->rh", beta[:, :width], self.season[places]),
            np.einsum("rc,rhc->rh", beta[:, width:], self.columns[places, width:]),
            np.nanvar(left - _slow(left), axis=1),
            _last_week(roots, places),
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
        grown = np.array(FOLLOWING)[:, None, None] ** 2 * np.arange(self.horizon)
        for view in past:
            outcome = np.sqrt(self.values[view.rows[:, None], view.places] / view.scale[:, None])
            made.append(_placed(view.centre, view.rows, size))
            came.append(_placed(outcome, view.rows, size))
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


def _last_week(roots: Floats, places: np.ndarray) -> Floats:
    """Return the last known value of the same weekday, per series and place."""
    padded = np.pad(roots, ((0, 0), (0, int(places.max()) + 1 - roots.shape[1])), constant_values=np.nan)
    for day in range(_WEEK, padded.shape[1]):
        padded[:, day] = np.where(np.isnan(padded[:, day]), padded[:, day - _WEEK], padded[:, day])
    return np.take_along_axis(padded, places, axis=1)
