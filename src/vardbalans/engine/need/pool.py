"""Forecasts of all regular series together: a mixture fitted on the square-root scale, past forecasts, weights, spread.

What all series do together (their mean's season, calendar and level) is fitted first, where there are at least
:data:`SHARED_FROM` of them; then what each does beside it. Past forecasts from :data:`ORIGINS` earlier origins, made
with what was known then, give the weights of the methods and the spread. Everything is relative to each series' mean.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.need.axis import axis_of, place
from vardbalans.engine.need.combination import chosen_weights
from vardbalans.engine.need.distribution import NORMAL_WIDTH, USUAL_WIDTH, Scores
from vardbalans.engine.need.history import Prepared
from vardbalans.engine.need.library import Job, theta_of_all
from vardbalans.engine.need.mixture import ALONE, PARTS, TOGETHER, Axis, Fitted, fit
from vardbalans.engine.need.panel import PanelForecast, relative_errors, values_of
from vardbalans.engine.periods import Calendar
from vardbalans.engine.units import Floats

__all__ = ["METHODS", "ORIGINS", "SHARED_FROM", "forecast_pool"]

METHODS = ("mixture", "theta", "seasonal_naive")
ORIGINS = 4
SHARED_FROM = 10


@dataclass(frozen=True, eq=False)
class _View:
    """What was known at one origin: columns before *end*; forecasts for the columns from *first* to the axis' end."""

    rows: np.ndarray
    scale: Floats
    first: int
    centre: Floats  # per method (methods, rows, ahead)
    covariance: Floats
    shared: Floats
    parts: Floats

    @property
    def deviation(self) -> Floats:
        own = np.diagonal(self.covariance, axis1=1, axis2=2)
        deviation: Floats = np.sqrt(own + np.diag(self.shared))
        return deviation


def forecast_pool(
    series: Sequence[Prepared], horizon: int, season: int, calendar: Calendar, executor: Executor | None = None
) -> PanelForecast:
    """Forecast *series* (regular ones, of one frequency) *horizon* periods from the end of each."""
    panel = _Panel(series, horizon, season, calendar)
    final, past = panel.views(executor)
    forecasts, outcomes, scores = panel.missed(past)
    weights = chosen_weights(forecasts, outcomes, len(series))
    centre = np.einsum("nk,kna->na", weights, final.centre)
    combined = np.einsum("nk,knm->nm", weights, forecasts)
    misses = (outcomes - combined) / scores
    usual = USUAL_WIDTH if len(series) >= SHARED_FROM else {}
    usual_width = usual.get(series[0].start.frequency, NORMAL_WIDTH)
    return PanelForecast(
        METHODS,
        final.first,
        panel.ends.tolist(),
        final.scale,
        centre,
        final.covariance,
        final.shared,
        Scores.pooled(misses).drawn_in(misses, len(past), usual_width),
        final.parts,
        weights,
        relative_errors(forecasts, outcomes, forecasts[METHODS.index("seasonal_naive")]),
        (outcomes**2 - combined**2) * final.scale[:, None],
    )


class _Panel:
    """All series on one axis of periods; NaN where nothing is known."""

    def __init__(self, series: Sequence[Prepared], horizon: int, season: int, calendar: Calendar) -> None:
        self.season, self.horizon = season, horizon
        start = min(item.start for item in series)
        self.begins = np.array([place(item.start) - place(start) for item in series])
        self.values, self.ends = values_of(series, place(start), horizon)
        length = self.values.shape[1]
        self.axis = axis_of(start, length, season, calendar)
        steps = max(len(item.shifts) for item in series)
        self.shifts = np.zeros((len(series), length, steps))
        for row, item in enumerate(series):
            for number, period in enumerate(item.shifts):
                self.shifts[row, max(0, place(period) - place(start)) :, number] = 1

    def views(self, executor: Executor | None) -> tuple[_View, list[_View]]:
        """Return what is forecast now and from each earlier origin that leaves enough to go on."""
        last = int(self.ends.max())
        step = max(1, round(self.horizon / ORIGINS))
        ends = [last, *(last - step * number for number in range(1, ORIGINS + 1))]
        rows = {end: self._enough(end) for end in ends}
        ends = [end for end in ends if end == last or len(rows[end])]
        thetas = self._thetas({end: rows[end] for end in ends}, executor)
        found = [self._view(end, rows[end], thetas[end]) for end in ends]
        return found[0], found[1:]

    def _enough(self, end: int) -> np.ndarray:
        """Return the rows that have a season and eight values before *end*, not all zero; at the true end all rows."""
        if end == self.ends.max():
            return np.arange(len(self.values))
        before = self.values[:, : max(end, 0)]
        count = (~np.isnan(before)).sum(axis=1) - self.shifts.shape[2]
        return np.flatnonzero((count >= max(self.season, 8)) & (np.nansum(before, axis=1) > 0))

    def _ahead(self, end: int) -> tuple[int, int]:
        """Return the first column ahead, and the end of the axis to use: at the true end from each series' own on.

        At an earlier origin what lies before it is known; it would pass for a forecast that hardly misses.
        """
        first = int(self.ends.min()) if end == self.ends.max() else end
        return first, min(end + self.horizon, len(self.axis))

    def _view(self, end: int, rows: np.ndarray, theta: Floats) -> _View:
        first, length = self._ahead(end)
        seen = self.values[rows, :length].copy()
        seen[:, end:] = np.nan
        scale = np.nanmean(seen, axis=1)
        roots = np.sqrt(seen / scale[:, None])
        axis = _cut(self.axis, length)
        ahead = length - first
        shared = _shared(roots, axis, ahead)
        fitted = fit(roots - shared.mean, axis, ALONE, ahead, self.shifts[rows, :length])
        parts = fitted.parts + shared.parts
        centre = np.stack([parts.sum(axis=0)[:, first:], theta, _naive(roots, first, self.season)])
        centre[1] = np.sqrt(centre[1] / scale[:, None])
        centre = np.where(np.isnan(centre), centre[0], centre)
        return _View(rows, scale, first, np.maximum(centre, 0), fitted.covariance, shared.covariance[0], parts)

    def _thetas(self, rows: dict[int, np.ndarray], executor: Executor | None) -> dict[int, Floats]:
        """Return each origin's theta forecasts, shape (rows, ahead), NaN before a series' own end."""
        jobs, places = [], []
        found = {}
        for end, chosen in rows.items():
            first, length = self._ahead(end)
            found[end] = np.full((len(chosen), length - first), np.nan)
            for number, row in enumerate(chosen):
                stop = min(end, int(self.ends[row]))
                values = _filled(self.values[row, self.begins[row] : stop])
                jobs.append(Job(values, length - (int(self.begins[row]) + len(values))))
                places.append((end, number))
        for (end, number), forecast in zip(places, theta_of_all(jobs, self.season, executor), strict=True):
            kept = forecast[max(0, len(forecast) - found[end].shape[1]) :]
            found[end][number, found[end].shape[1] - len(kept) :] = kept
        return found

    def missed(self, past: Sequence[_View]) -> tuple[Floats, Floats, Floats]:
        """Return past forecasts (methods, N, misses), outcomes (N, misses; NaN unknown) and standard deviations."""
        forecasts, outcomes, deviations = [], [], []
        for view in past:
            last = view.first + view.centre.shape[2]
            columns = np.arange(view.first, last)
            made = np.full((len(METHODS), len(self.values), len(columns)), np.nan)
            made[:, view.rows] = view.centre
            came = np.full(made.shape[1:], np.nan)
            came[view.rows] = np.sqrt(self.values[np.ix_(view.rows, columns)] / view.scale[:, None])
            spread = np.full(made.shape[1:], np.nan)
            spread[view.rows] = view.deviation
            forecasts.append(made)
            outcomes.append(came)
            deviations.append(spread)
        if not past:
            none = np.zeros((len(self.values), 0))
            return np.zeros((len(METHODS), *none.shape)), none, none
        return (
            np.nan_to_num(np.concatenate(forecasts, axis=2)),
            np.concatenate(outcomes, axis=1),
            np.concatenate(deviations, axis=1),
        )


def _shared(roots: Floats, axis: Axis, ahead: int) -> Fitted:
    """Return what all series do together, around zero; nothing where they are too few."""
    size = roots.shape[1]
    if len(roots) < SHARED_FROM:
        return Fitted(np.zeros((1, size)), np.zeros((len(PARTS), 1, size)), np.zeros((1, ahead, ahead)))
    together = fit(_mean_path(roots)[None], axis, TOGETHER, ahead)
    together.parts[0] -= 1  # each series' own mean is one; what is shared is the movement around it
    return Fitted(together.mean - 1, together.parts, together.covariance)


def _mean_path(roots: Floats) -> Floats:
    """Return the mean of all series per period, by their mean steps: one that begins or ends late makes no jump."""
    known = ~np.isnan(roots)
    counts = known.sum(axis=0)
    both = known[:, 1:] & known[:, :-1]
    pairs = both.sum(axis=0)
    steps = np.where(both, np.diff(roots, axis=1), 0).sum(axis=0) / np.maximum(pairs, 1)
    path = np.r_[0.0, np.cumsum(steps)]
    path[counts == 0] = np.nan
    around_one: Floats = path - np.nanmean(path) + 1
    return around_one


def _naive(roots: Floats, first: int, season: int) -> Floats:
    """Return the last known value of the same part of the season, per series and column from *first* on."""
    filled = roots.copy()
    for column in range(season, filled.shape[1]):
        filled[:, column] = np.where(np.isnan(filled[:, column]), filled[:, column - season], filled[:, column])
    return filled[:, first:]


def _filled(values: Floats) -> Floats:
    """Return *values* with inner gaps bridged by straight lines and ends cut, for methods that bear no gap."""
    known = np.flatnonzero(~np.isnan(values))
    inner = np.arange(known[0], len(values)) if len(known) else known
    return np.interp(inner, known, values[known])


def _cut(axis: Axis, length: int) -> Axis:
    return Axis(axis.phase[:length], axis.slot[:length], axis.calendar[:length], axis.per_year)
