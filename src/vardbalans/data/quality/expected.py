"""What a series of counts should have been, judged by itself: a robust seasonal comparison.

Each series is a level times a season. The level is a running median, so that it follows what grows and what changes for
good, but not what lasts less than half the window. The season is a robust regression (Tukey's bisquare, iterated) of
the logarithm on the calendar and on what the other series do together in the same period. What is left is judged on
the square root scale, where a count's spread hardly depends on its size (Anscombe 1948), against the series' own
spread (median absolute deviation).

Rows are series, columns are periods; a cell that is not counted is NaN.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import scipy
from numpy.typing import NDArray

from vardbalans.engine.units import Floats

__all__ = [
    "FALSE_ALARMS",
    "LIMIT",
    "MIN_COUNT",
    "Expected",
    "empty",
    "expected",
    "median",
    "never_none",
    "odd",
    "steps",
]

FALSE_ALARMS = 0.001
"""The share of series-periods that are called odd although nothing is wrong with them, were the noise normal."""

LIMIT = NormalDist().inv_cdf(1 - FALSE_ALARMS / 2)
"""The score beyond which a period is odd."""

NEVER = 0.0001
"""The share of periods without any registration that chance alone would leave so where a gap is called."""

MIN_COUNT = 5.0
"""Below this expected count a period is not judged by itself: it could hold anything."""

MIN_CHANGE = 0.2
"""A smaller relative deviation is not called odd, however certain it is."""

_MAD = 1.4826
_TOGETHER = 5  # so many series are needed before what they do together says anything about one of them
_BISQUARE = 4.685
_ROUNDS = 6
_NEARLY = 0.7


@dataclass(frozen=True, eq=False)
class Expected:
    """*mean* expected counts and *score* of each observed one, shape (series, periods); *spread* per series.

    A score is the deviation in the series' own standard deviations; *spread* is that deviation on the square root
    scale, 1 for pure chance (Poisson). *level* is the logarithm of the counts with the season taken out. The mean goes
    on at the last level where a series is no longer counted.
    """

    mean: Floats
    score: Floats
    spread: Floats
    level: Floats

    @property
    def ratio(self) -> Floats:
        """Return the variance of the counts over their mean, shape (series, 1)."""
        return self.spread[:, None] ** 2


def expected(counts: Floats, calendar: Floats, window: int) -> Expected:
    """Return what *counts* (series × periods) should be by the *calendar* (periods × columns) and their own level.

    *window* periods on each side make the level. Cells that are NaN are left out.
    """
    logs = np.log(counts + 0.5)
    rough = logs - _running_median(logs, window)
    together = _together(rough, counts)
    columns = calendar if together is None else np.column_stack([calendar, together])
    season = _season(rough, columns)
    level = logs - season
    mean = np.maximum(np.exp(_carried(_running_median(level, window)) + season) - 0.5, 0.0)
    deviation = 2 * (np.sqrt(counts + 3 / 8) - np.sqrt(mean + 3 / 8))
    spread = np.maximum(1.0, _MAD * median(np.abs(deviation), axis=1) * _freedom(deviation, columns.shape[1], window))
    return Expected(mean, deviation / spread[:, None], spread, level)


def odd(counts: Floats, found: Expected, year: int) -> NDArray[np.bool_]:
    """Tell which cells are odd: far from what was expected, and not so every year.

    *year* is the number of periods in a year. A series that deviates nearly as far the same way in that period, or one
    beside it, of another year does so by season.
    """
    far = (np.abs(found.score) > LIMIT) & (found.mean >= MIN_COUNT)
    far &= np.abs(counts - found.mean) >= MIN_CHANGE * found.mean
    far[far] = _tail(counts[far], found.mean[far], np.broadcast_to(found.ratio, far.shape)[far]) <= FALSE_ALARMS / 2
    return far & ~_yearly(found.score, year)


def never_none(mean: Floats, ratio: Floats) -> NDArray[np.bool_]:
    """Tell where chance alone leaves nothing less than once in ten thousand, given the *ratio* of variance to mean."""
    none = _tail(np.zeros_like(mean), np.nan_to_num(mean), np.broadcast_to(ratio, mean.shape))
    return np.asarray(none <= NEVER)


def empty(counts: Floats, found: Expected, year: int) -> NDArray[np.bool_]:
    """Tell which cells are zero although neither chance nor the season would leave them so."""
    return np.asarray((counts == 0) & never_none(found.mean, found.ratio) & ~_yearly(found.score, year))


def _tail(counts: Floats, mean: Floats, ratio: Floats) -> Floats:
    """Return the probability of a count that far out, on its side of *mean*; *ratio* is the variance over the mean.

    Exact for the negative binomial distribution (Poisson where the ratio is one): the square root scale makes small
    counts look rarer than they are.
    """
    size = mean / np.maximum(ratio - 1, 1e-3)
    share = 1 / np.maximum(ratio, 1.001)
    low = scipy.special.betainc(np.maximum(size, 1e-9), counts + 1, share)
    high = scipy.special.betainc(np.maximum(counts, 1e-9), np.maximum(size, 1e-9), 1 - share)
    return np.asarray(np.where(counts < mean, low, high))


def steps(found: Expected, around: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the level before and from each period on, in counts of an ordinary period, and whether it changes there.

    A change is the difference between the medians, in logarithms, of *around* periods from this one on and as many
    before. It lasts when it is at least :data:`MIN_CHANGE` and beyond chance (with the same limit, corrected for the
    many overlapping places that are looked at). Of the periods around a change, whose medians hardly differ, the one
    is taken at which the means differ most.
    """
    periods = found.level.shape[1]
    levels = np.full((2, *found.level.shape), np.nan)
    contrast = np.full(found.level.shape, np.nan)
    weight = np.where(np.isfinite(found.level), found.mean, 0.0)
    moment = weight * np.nan_to_num(found.level)
    for at in range(around // 2, periods - around // 2 + 1):
        sides = slice(max(0, at - around), at), slice(at, at + around)
        levels[:, :, at] = [median(found.level[:, side], axis=1) for side in sides]
        means = [moment[:, side].sum(axis=1) / np.maximum(weight[:, side].sum(axis=1), 1e-9) for side in sides]
        contrast[:, at] = np.abs(means[1] - means[0])
    # The deviation of a log count, and of the difference of two medians (their variance is π/2 times a mean's).
    noise = found.spread[:, None] / np.sqrt(_running_median(found.mean, around) + 3 / 8)
    error = noise * np.sqrt(np.pi / around)
    limit = NormalDist().inv_cdf(1 - FALSE_ALARMS / 2 / around)
    size = np.nan_to_num(np.abs(levels[1] - levels[0]))
    certain = (size > limit * error) & (size >= np.log1p(MIN_CHANGE)) & (found.mean >= MIN_COUNT)
    contrast = np.where(certain, np.nan_to_num(contrast), 0.0)
    before, after = np.exp(levels) - 0.5
    return before, after, certain & (contrast >= _running_max(contrast, around))


def _running_median(values: Floats, window: int) -> Floats:
    return median(_windows(values, window, np.nan), axis=2)


def _carried(values: Floats) -> Floats:
    """Return *values* with each NaN replaced by the last value before it, where there is one."""
    place = np.where(np.isfinite(values), np.arange(values.shape[1]), 0)
    return np.take_along_axis(values, np.maximum.accumulate(place, axis=1), axis=1)


def _running_max(values: Floats, window: int) -> Floats:
    return np.asarray(_windows(values, window, 0.0).max(axis=2))


def _windows(values: Floats, window: int, fill: float) -> Floats:
    padded = np.pad(values, ((0, 0), (window, window)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1, axis=1)


def median(values: Floats, axis: int) -> Floats:
    """Return the median of what is not NaN; NaN where nothing is."""
    count = np.isfinite(values).sum(axis=axis, keepdims=True)
    ordered = np.sort(values, axis=axis)  # NaN comes last
    low, high = (np.take_along_axis(ordered, np.maximum(place, 0), axis) for place in ((count - 1) // 2, count // 2))
    high = np.where(count > 0, high, np.nan)
    return np.asarray(((low + high) / 2).squeeze(axis))


def _freedom(deviation: Floats, columns: int, window: int) -> Floats:
    """Return by how much each series' spread is to be widened for what its level and season have taken of the noise.

    A median of n values leans on each as a mean of n · 2/π would.
    """
    count = np.isfinite(deviation).sum(axis=1)
    left = count * (1 - np.pi / 2 / (2 * window + 1)) - columns
    return np.asarray(np.sqrt(count / np.maximum(left, 0.25 * count + 1e-9)))


def _together(rough: Floats, counts: Floats) -> Floats | None:
    """Return what the series do together in each period: the median of their deviations; None where they are few."""
    large = median(counts, axis=1) >= MIN_COUNT
    if large.sum() < _TOGETHER:
        return None
    return np.nan_to_num(median(rough[large], axis=0))


def _season(rough: Floats, columns: Floats) -> Floats:
    """Return each series' deviation as far as *columns* explain it, by iterated bisquare weights."""
    known = np.isfinite(rough)
    values, weights = np.nan_to_num(rough), known.astype(float)
    # A weak prior around no effect keeps a short or empty series solvable.
    prior = 0.05 * np.eye(columns.shape[1])
    fitted = np.zeros_like(values)
    for _ in range(_ROUNDS):
        moments = np.einsum("pj,sp,pk->sjk", columns, weights, columns, optimize=True) + prior
        products = np.einsum("pj,sp->sj", columns, weights * values)
        fitted = np.linalg.solve(moments, products[..., None])[..., 0] @ columns.T
        left = np.where(known, values - fitted, np.nan)
        scale = np.nan_to_num(_MAD * median(np.abs(left), axis=1), nan=1.0)
        share = np.nan_to_num(left) / (_BISQUARE * np.maximum(scale, 1e-6)[:, None])
        weights = np.where(known & (np.abs(share) < 1), (1 - share**2) ** 2, 0.0)
    return fitted


def _yearly(score: Floats, year: int) -> NDArray[np.bool_]:
    """Tell where another year's same period, or one beside it, deviates nearly as far in the same direction."""
    usual = np.zeros(score.shape, dtype=bool)
    periods = score.shape[1]
    for years in range(1, periods // year + 1):
        for shift in (years * year + near for near in (-1, 0, 1)):
            for sign in (1, -1):
                other = np.full(score.shape, np.nan)
                kept = periods - shift
                if kept <= 0:
                    continue
                if sign > 0:
                    other[:, shift:] = score[:, :kept]
                else:
                    other[:, :kept] = score[:, shift:]
                usual |= other * np.sign(score) >= _NEARLY * np.abs(score)
    return usual
