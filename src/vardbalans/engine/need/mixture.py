"""Many small state-space models at once: each series is a weighted mixture of them, the weights learnt from all series.

A model says how a series moves around its mean: a level that wanders (with a damped slope or without), a season that is
smooth over the year or free for each part of it, what working days do, and noise. Every amount is relative to the
noise, so that the scale of a series plays no part. With normal noise each model is a Gaussian process, and fitting all
series under one model is one matrix inversion.

How common each model is among the series is estimated from all of them (empirical Bayes, by EM); a series then weighs
the models by how well they explain it. A short or noisy series thus borrows from the others; a long and clear one
speaks for itself.

Sources: Rasmussen & Williams, *Gaussian Processes for Machine Learning* (2006), ch. 2 and 4 (the periodic covariance is
MacKay's); Durbin & Koopman, *Time Series Analysis by State Space Methods* (2012), ch. 3; Gardner & McKenzie (1985) for
the damped slope.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vardbalans.engine.units import Floats

__all__ = ["ALONE", "PARTS", "TOGETHER", "Axis", "Fitted", "Model", "fit"]

PARTS = ("level", "season", "calendar")

_SMOOTHNESS = 1.0  # length of the periodic covariance: neighbouring months are alike, opposite ones are not
_SLOPE_YEARS = 0.5  # how long a slope lasts: what it adds in all is half a year of it
_EM_STEPS = 50
# The models' weights start as if this many series had found all models as likely.
_PRIOR_SERIES = 5.0
_NEGLIGIBLE = 1e-3
# Relative to the mean, a variance this small is rounding; it keeps a series without noise from infinite likelihood.
_LEAST_VARIANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Axis:
    """What is known beforehand of every period, past and ahead; arrays of one length.

    *phase* is the place in the season in cycles and *slot* its number (month, ISO week, weekday); *calendar* is the log
    of working days around its mean. *per_year* is how many periods make a year.
    """

    phase: Floats
    slot: npt.NDArray[np.int64]
    calendar: Floats
    per_year: float

    def __len__(self) -> int:
        return len(self.slot)


class Model(NamedTuple):
    """Variances relative to the noise: level per period, slope as a share of it, season, calendar."""

    level: float
    slope: float
    season: float
    smooth: bool
    calendar: float


def _models(
    levels: Sequence[float], slopes: Sequence[float], seasons: Sequence[float], calendar: Sequence[float]
) -> tuple[Model, ...]:
    shapes = [(0.0, True), *product(seasons, (True, False))]
    return tuple(
        Model(level, slope, season, smooth, days)
        for level, slope, (season, smooth), days in product(levels, slopes, shapes, calendar)
        if level or not slope
    )


ALONE = _models((0, 0.005, 0.03, 0.15, 0.8), (0, 0.1), (0.05, 0.3, 2), (0, 0.1))
"""What one series may do beside the others."""

TOGETHER = _models((0.01, 0.1, 1), (0, 0.05), (0.3, 3, 30), (3,))
"""What all may do together: their mean has little noise, so its season and calendar are large beside it."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the mixture says, for N series over the axis' n periods, of which the last A lie ahead.

    *mean* (N, n); *parts* (3, N, n) of the mean, in order of :data:`PARTS`; *covariance* (N, A, A) of the values ahead,
    noise included.
    """

    mean: Floats
    parts: Floats
    covariance: Floats


def fit(values: Floats, axis: Axis, models: Sequence[Model], ahead: int, shifts: Floats | None = None) -> Fitted:
    """Fit *models* to *values*, shape (series, periods), NaN where not known; the last *ahead* periods are not.

    *shifts* (series, periods, steps) are steps known beforehand, 0 before and 1 after; each series tells their size.
    Every series needs at least two values more than it has steps.
    """
    kernels = _Kernels(axis)
    groups = list(_groups(values, shifts))
    likelihood = np.empty((len(models), len(values)))
    for number, model in enumerate(models):
        kernel = kernels.sum(model)
        for group in groups:
            likelihood[number, group.rows] = _solve(group, kernel).likelihood
    shares = _shares(likelihood)
    found = Fitted(
        np.zeros(values.shape),
        np.zeros((len(PARTS), *values.shape)),
        np.zeros((len(values), ahead, ahead)),
    )
    for group in groups:
        _mix(group, kernels, models, shares[:, group.rows], found)
    return found


@dataclass(frozen=True, eq=False)
class _Group:
    """Series with the same known periods *seen* and the same *basis* (periods, columns); *values* (seen, series)."""

    rows: npt.NDArray[np.int64]
    seen: npt.NDArray[np.int64]
    basis: Floats
    values: Floats


class _Solved(NamedTuple):
    likelihood: Floats  # (series,), up to a constant
    variance: Floats  # of the noise (series,)
    beta: Floats  # (columns, series)
    weights: Floats  # (seen, series): covariance with what is seen, times these, gives the mean
    inverse: Floats
    spread: Floats  # of beta, relative to the noise


def _groups(values: Floats, shifts: Floats | None) -> Iterator[_Group]:
    known = ~np.isnan(values)
    steps = np.zeros((*values.shape, 0)) if shifts is None else shifts
    keys = np.hstack([known, steps.reshape(len(values), -1)])
    patterns, which = np.unique(keys, axis=0, return_inverse=True)
    for number in range(len(patterns)):
        rows = np.flatnonzero(which.ravel() == number)
        seen = np.flatnonzero(known[rows[0]])
        told = np.ptp(steps[rows[0]][seen], axis=0) > 0
        basis = np.column_stack([np.ones(values.shape[1]), steps[rows[0]][:, told]])
        yield _Group(rows, seen, basis, values[np.ix_(rows, seen)].T)


class _Kernels:
    """The covariances that models are sums of, between all periods of the axis."""

    def __init__(self, axis: Axis) -> None:
        time = np.arange(len(axis), dtype=np.float64)
        self.level = np.minimum.outer(time, time)
        self.slope = _slope(len(axis), float(np.exp(-1 / (_SLOPE_YEARS * axis.per_year))))
        self.smooth = _centred(
            np.exp(-2 * (np.sin(np.pi * np.subtract.outer(axis.phase, axis.phase)) / _SMOOTHNESS) ** 2), axis.slot
        )
        self.free = _centred(np.equal.outer(axis.slot, axis.slot).astype(np.float64), axis.slot)
        days = axis.calendar / max(float(axis.calendar.std()), 1e-12)
        self.calendar = np.outer(days, days)

    def parts(self, model: Model) -> tuple[Floats, Floats, Floats]:
        """Return the covariances of level, season and calendar under *model*."""
        season = self.smooth if model.smooth else self.free
        level = model.level * (self.level + model.slope * self.slope)
        return level, model.season * season, model.calendar * self.calendar

    def sum(self, model: Model) -> Floats:
        level, season, calendar = self.parts(model)
        return level + season + calendar


def _slope(periods: int, damping: float) -> Floats:
    """Covariance of a level pushed by a damped slope that wanders by one per period."""
    lag = np.subtract.outer(np.arange(periods), np.arange(periods))
    response = np.where(lag > 0, damping * (1 - damping ** np.maximum(lag, 0)) / (1 - damping), 0.0)
    covariance: Floats = response @ response.T
    return covariance


def _centred(covariance: Floats, slot: npt.NDArray[np.int64]) -> Floats:
    """Take away what is common to all slots, which is level, and scale to a variance of one."""
    first = np.unique(slot, return_index=True)[1]
    weights = np.zeros(len(slot))
    weights[first] = 1 / len(first)
    mean = covariance @ weights
    centred = covariance - mean[:, None] - mean[None, :] + weights @ mean
    variance = float(np.diag(centred).mean())
    scaled: Floats = centred / variance if variance > 1e-9 else np.zeros_like(centred)
    return scaled


def _solve(group: _Group, kernel: Floats) -> _Solved:
    """Return the generalised least squares fit of one model, its noise integrated out by restricted likelihood."""
    seen = group.seen
    covariance = kernel[np.ix_(seen, seen)] + np.eye(len(seen))
    inverse = np.linalg.inv(covariance)
    basis = group.basis[seen]
    gram = basis.T @ inverse @ basis
    spread = np.linalg.inv(gram)
    beta = spread @ basis.T @ inverse @ group.values
    residual = group.values - basis @ beta
    weights = inverse @ residual
    freedom = len(seen) - basis.shape[1]
    variance = np.maximum((residual * weights).sum(axis=0), 0) / freedom + _LEAST_VARIANCE
    determinants = np.log(np.diag(np.linalg.cholesky(covariance))).sum() + np.linalg.slogdet(gram)[1] / 2
    return _Solved(-determinants - freedom * np.log(variance) / 2, variance, beta, weights, inverse, spread)


def _shares(likelihood: Floats) -> Floats:
    """Return each series' weights of the models, shape (models, series): EM for how common the models are."""
    relative = np.exp(likelihood - likelihood.max(axis=0))
    count, size = relative.shape
    prior = np.full(count, 1 / count)
    common = prior
    for _ in range(_EM_STEPS):
        weighted = relative * common[:, None]
        shares: Floats = weighted / weighted.sum(axis=0)
        common = (shares.sum(axis=1) + _PRIOR_SERIES * prior) / (size + _PRIOR_SERIES)
    return shares


def _mix(group: _Group, kernels: _Kernels, models: Sequence[Model], shares: Floats, found: Fitted) -> None:
    """Add up the models' answers for *group* by their *shares*, into *found*."""
    ahead = found.covariance.shape[1]
    used = np.flatnonzero(shares.max(axis=1) > _NEGLIGIBLE)
    shares = shares[used] / shares[used].sum(axis=0)
    means = np.empty((len(used), len(group.rows), ahead))
    within = np.zeros((len(group.rows), ahead * ahead))
    for number, share in enumerate(shares):
        parts = kernels.parts(models[used[number]])
        kernel = np.sum(parts, axis=0)
        solved = _solve(group, kernel)
        answers = [(part[:, group.seen] @ solved.weights).T for part in parts]
        answers[0] = answers[0] + (group.basis @ solved.beta).T
        for part, answer in enumerate(answers):
            found.parts[part, group.rows] += share[:, None] * answer
        means[number] = np.sum(answers, axis=0)[:, len(kernel) - ahead :]
        within += np.outer(share * solved.variance, _covariance(group, kernel, solved, ahead).ravel())
    found.mean[group.rows] = found.parts[:, group.rows].sum(axis=0)
    apart = np.sqrt(shares)[:, :, None] * (means - (shares[:, :, None] * means).sum(axis=0))
    between = np.matmul(apart.transpose(1, 2, 0), apart.transpose(1, 0, 2))
    found.covariance[group.rows] = within.reshape(between.shape) + between


def _covariance(group: _Group, kernel: Floats, solved: _Solved, ahead: int) -> Floats:
    """Covariance of the last *ahead* values, relative to the noise, with what the basis' size leaves open."""
    future = np.arange(len(kernel) - ahead, len(kernel))
    across = kernel[np.ix_(group.seen, future)]
    open_ = group.basis[future] - across.T @ solved.inverse @ group.basis[group.seen]
    known = across.T @ solved.inverse @ across
    covariance: Floats = kernel[np.ix_(future, future)] + np.eye(ahead) - known + open_ @ solved.spread @ open_.T
    return covariance
