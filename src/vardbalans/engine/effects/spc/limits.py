"""Centre and limits of one phase of a chart, one function per kind of chart.

Every function takes the points of a phase, which of them are the base, and whether moving ranges that are outliers
themselves are screened away (Nelson 1982). A missing value is a gap: it is in no sum, and ranges are not taken over it.
Sources: Montgomery (chapters 6 and 7), Wheeler (XmR), Laney 2002 (p′, u′), Provost and Murray 2011 (g, T), and the
program qicharts2 for what they leave open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vardbalans.engine.effects.spc.constants import D2, D4, XMR, a3, b3, b4
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["KINDS", "Kind", "Limits", "Points"]

Kind = Literal["xmr", "i", "mr", "run", "p", "pp", "u", "up", "c", "xbar", "s", "t", "g"]
_SIGMAS = np.array([1.0, 2.0, 3.0])[:, None]
_WEIBULL = 3.6  # times between events, to this power's root, are near normal


@dataclass(frozen=True, eq=False)
class Points:
    """What is plotted, in order of time, each of shape (points,).

    *values* has NaN where nothing is known. *sizes* is the denominator of shares and rates, or the number of values in
    each sample; *deviations* the samples' standard deviations.
    """

    values: Floats
    sizes: Floats | None = None
    deviations: Floats | None = None

    def part(self, chosen: slice) -> "Points":
        """Return the points in *chosen*."""
        sizes, deviations = self.sizes, self.deviations
        return Points(
            self.values[chosen],
            None if sizes is None else sizes[chosen],
            None if deviations is None else deviations[chosen],
        )

    @classmethod
    def of_samples(cls, samples: list[Floats]) -> "Points":
        """Return the mean, number and standard deviation of each sample; a sample of nothing is a gap."""
        known = [sample[~np.isnan(sample)] for sample in samples]
        return cls(
            np.array([sample.mean() if len(sample) else np.nan for sample in known]),
            np.array([float(len(sample)) for sample in known]),
            np.array([sample.std(ddof=1) if len(sample) > 1 else np.nan for sample in known]),
        )


@dataclass(frozen=True, eq=False)
class Limits:
    """What is drawn: *values* (points,), *centre* (points,), and *lower* and *upper* at one, two and three sigmas (3,
    points).

    A chart without limits has NaN there.
    """

    values: Floats
    centre: Floats
    lower: Floats
    upper: Floats


def _around(
    values: Floats, centre: float | Floats, sigma: float | Floats, low: float = -np.inf, high: float = np.inf
) -> Limits:
    """Return limits evenly around the centre, held within *low* and *high*."""
    middle, spread = np.broadcast_to(centre, values.shape).astype(float), np.broadcast_to(sigma, values.shape)
    return Limits(
        values, middle, np.maximum(middle - _SIGMAS * spread, low), np.minimum(middle + _SIGMAS * spread, high)
    )


def _mean_range(values: Floats, screen: bool) -> float:
    """Return the mean of the ranges between neighbours; with *screen* once more without those above their limit."""
    ranges = np.abs(np.diff(values))
    ranges = ranges[~np.isnan(ranges)]
    if not len(ranges):
        raise BadInput(Message("Det behövs minst två värden intill varandra för att räkna gränser."))
    mean = float(ranges.mean())
    kept = ranges[ranges < D4 * mean]
    return float(kept.mean()) if screen and len(kept) else mean


def _xmr(points: Points, base: np.ndarray, screen: bool) -> Limits:
    values = points.values
    return _around(values, np.nanmean(values[base]), _mean_range(values[base], screen) * XMR / 3)


def _individuals(points: Points, base: np.ndarray, screen: bool) -> Limits:
    values = points.values
    return _around(values, np.nanmean(values[base]), _mean_range(values[base], screen) / D2)


def _moving_range(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - no kind of screening here
    ranges = np.concatenate(([np.nan], np.abs(np.diff(points.values))))
    centre = _mean_range(points.values[base], screen=False)
    found = _around(ranges, centre, centre * D4 / 3)
    return Limits(ranges, found.centre, np.zeros_like(found.lower), _SIGMAS / 3 * D4 * found.centre)


def _run(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - a median needs no screening
    return _around(points.values, float(np.nanmedian(points.values[base])), np.nan)


def _pooled(points: Points, base: np.ndarray) -> tuple[float, Floats]:
    """Return the base's sum over its denominators' sum, and all denominators."""
    sizes = _sizes(points)
    known = base & ~np.isnan(points.values)
    return float((points.values * sizes)[known].sum() / sizes[known].sum()), sizes


def _sizes(points: Points) -> Floats:
    if points.sizes is None:
        raise BadInput(Message("Det här diagrammet behöver en nämnare (kolumnen denominator)."))
    return points.sizes


def _share(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - the spread is the binomial's
    centre, sizes = _pooled(points, base)
    return _around(points.values, centre, np.sqrt(centre * (1 - centre) / sizes), 0.0, 1.0)


def _rate(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - the spread is the Poisson's
    centre, sizes = _pooled(points, base)
    return _around(points.values, centre, np.sqrt(centre / sizes), 0.0)


def _share_prime(points: Points, base: np.ndarray, screen: bool) -> Limits:
    centre, sizes = _pooled(points, base)
    sigma = np.sqrt(centre * (1 - centre) / sizes)
    return _around(points.values, centre, sigma * _between(points.values, centre, sigma, base, screen), 0.0, 1.0)


def _rate_prime(points: Points, base: np.ndarray, screen: bool) -> Limits:
    centre, sizes = _pooled(points, base)
    sigma = np.sqrt(centre / sizes)
    return _around(points.values, centre, sigma * _between(points.values, centre, sigma, base, screen), 0.0)


def _between(values: Floats, centre: float, sigma: Floats, base: np.ndarray, screen: bool) -> float:
    """Return Laney's sigma z: how much more the points vary than chance within each alone."""
    if not np.nanmin(sigma) > 0:  # every point is 0 or every point is 1: there is no variation to compare
        return 1.0
    return _mean_range(((values - centre) / sigma)[base], screen) / D2


def _count(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - the spread is the Poisson's
    centre = float(np.nanmean(points.values[base]))
    return _around(points.values, centre, np.sqrt(centre), 0.0)


def _sample_deviation(points: Points, base: np.ndarray) -> float:
    """Return the samples' standard deviation: the mean where all are of one size, else pooled (Montgomery 6.31)."""
    sizes, deviations = _sizes(points), points.deviations
    if deviations is None:
        raise BadInput(Message("Det här diagrammet behöver flera värden per period: en rad för varje."))
    known = base & ~np.isnan(deviations)
    if not known.any():
        raise BadInput(Message("Det här diagrammet behöver flera värden per period: en rad för varje."))
    if len(set(sizes[sizes > 0])) == 1:
        return float(deviations[known].mean())
    freedom = sizes[known] - 1
    return float(np.sqrt((freedom * deviations[known] ** 2).sum() / freedom.sum()))


def _means(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - the spread is within samples
    deviation = _sample_deviation(points, base)
    centre, sizes = _pooled(points, base)
    return _around(points.values, centre, a3(sizes, 1) * deviation)


def _deviations(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - the spread is within samples
    centre = _sample_deviation(points, base)
    sizes, values = _sizes(points), points.deviations
    assert values is not None  # noqa: S101 - _sample_deviation has refused points without
    lower, upper = (np.array([limit(sizes, k) * centre for k in (1, 2, 3)]) for limit in (b3, b4))
    return Limits(values, np.full_like(values, centre), lower, upper)


def _times(points: Points, base: np.ndarray, screen: bool) -> Limits:
    """Return limits of times between events, which are near normal as their 3.6th root."""
    if np.nanmin(points.values) <= 0:
        raise BadInput(Message("Tiden mellan två händelser måste vara större än noll."))
    found = _individuals(Points(points.values ** (1 / _WEIBULL)), base, screen)
    return Limits(points.values, found.centre**_WEIBULL, np.maximum(found.lower, 0) ** _WEIBULL, found.upper**_WEIBULL)


def _cases(points: Points, base: np.ndarray, screen: bool) -> Limits:  # noqa: ARG001 - the spread is the geometric's
    """Return limits of the number of cases between events; the centre drawn is the median, as half should be above."""
    values = points.values
    mean = float(np.nanmean(values[base]))
    found = _around(values, mean, np.sqrt(mean * (mean + 1)), 0.0)
    return Limits(values, np.full_like(values, np.nanmedian(values[base])), found.lower, found.upper)


KINDS: Mapping[Kind, Callable[[Points, np.ndarray, bool], Limits]] = {
    "xmr": _xmr,
    "i": _individuals,
    "mr": _moving_range,
    "run": _run,
    "p": _share,
    "pp": _share_prime,
    "u": _rate,
    "up": _rate_prime,
    "c": _count,
    "xbar": _means,
    "s": _deviations,
    "t": _times,
    "g": _cases,
}
"""Every kind of chart: individual values with 2.66 mean ranges (xmr) or 3/1.128 (i), moving ranges, medians (run),
shares (p) and rates (u) and the same with variation between points (pp, up: p′ and u′), counts, means and deviations
of samples, times between events and cases between events."""
