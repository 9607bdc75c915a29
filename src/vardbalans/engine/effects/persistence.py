"""Intervals that hold when neighbouring periods are alike: a linear model with AR(1) errors, its correlation
integrated out.

With 24 to 60 months the correlation of the errors can hardly be estimated, and an interval that takes its estimate for
the truth (Newey–West, Cochrane–Orcutt, Prais–Winsten, REML plugged in) is too narrow. Here every correlation on a grid
has its own generalised least squares, and counts by how likely it is: the restricted likelihood times the prior 1/√(1
− ρ²). What remains is a mixture of t-distributions, whose quantiles are the interval. Sources: Zellner and Tiao 1964;
Berger and Yang 1994 (the prior); McKnight et al. 2000 (why the others fail in short series). ``benchmarks/effects.py``
measures it.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy

from vardbalans.engine.units import Floats

__all__ = ["Errors", "Estimate", "estimate", "is_shown"]

_GRID = np.linspace(-0.3, 0.97, 28)
"""Correlations of one period's error with the next. Counts that take turns (below −0.3) are not seen in care."""

_HALVINGS = 40
_TAIL = 0.025
_ROUNDING = 64 * np.finfo(float).eps
"""What is left of a sum of squares below this part of it is what the arithmetic rounds away, not what varies."""


@dataclass(frozen=True, eq=False)
class Errors:
    """How errors lie in time: *gaps* is periods since the row before, 0 where a row begins a series of its own (rows,).

    The rows of one series are in order of time. *correlations* are those considered: (0,) makes errors independent.
    """

    gaps: Floats
    correlations: Floats = field(default_factory=lambda: _GRID)

    @classmethod
    def along(cls, positions: np.ndarray) -> "Errors":
        """Return the errors of one series with a row at each of *positions* (whole numbers of periods, rising)."""
        return cls(np.concatenate(([0.0], np.diff(positions).astype(float))))


@dataclass(frozen=True, eq=False)
class Estimate:
    """A contrast of coefficients: centre, 95 % interval, and the errors' expected correlation; each (columns,)."""

    centre: Floats
    low: Floats
    high: Floats
    correlation: Floats


@dataclass(frozen=True, eq=False)
class _Mixture:
    """A t-distribution per correlation: *centre*, *scale*, *weight* (correlations, columns), and common *freedom*."""

    centre: Floats
    scale: Floats
    weight: Floats
    freedom: int

    def below(self, value: Floats | float) -> Floats:
        """Return the probability that the contrast is below *value*, one or one per column."""
        found: Floats = (self.weight * scipy.special.stdtr(self.freedom, (value - self.centre) / self.scale)).sum(
            axis=0
        )
        return found

    def quantile(self, level: float) -> Floats:
        """Return the quantile, by halving."""
        reach = float(scipy.special.stdtrit(self.freedom, 0.5 + abs(level - 0.5))) * self.scale
        low, high = (self.centre - reach).min(axis=0), (self.centre + reach).max(axis=0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = self.below(middle) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found: Floats = (low + high) / 2
        return found


def estimate(outcomes: Floats, design: Floats, contrast: Floats, errors: Errors) -> Estimate:
    """Return *contrast* · coefficients for each column of *outcomes* (rows, columns) on *design* (rows, coefficients).

    *contrast* is one for all columns (coefficients,) or one for each (coefficients, columns). Rows are scaled so that
    their errors have the same variance. The design must have full rank and fewer coefficients than rows.
    """
    mixture = _mixture(outcomes, design, contrast, errors)
    return Estimate(
        (mixture.weight * mixture.centre).sum(axis=0),
        mixture.quantile(_TAIL),
        mixture.quantile(1 - _TAIL),
        (mixture.weight * errors.correlations[:, None]).sum(axis=0),
    )


def is_shown(outcomes: Floats, design: Floats, contrast: Floats, errors: Errors) -> np.ndarray:
    """Return whether each column's interval, as :func:`estimate` makes it, leaves out zero; quicker than to make it."""
    below = _mixture(outcomes, design, contrast, errors).below(0.0)
    found: np.ndarray = (below < _TAIL) | (below > 1 - _TAIL)
    return found


def _mixture(outcomes: Floats, design: Floats, contrast: Floats, errors: Errors) -> _Mixture:
    rows, width = design.shape
    freedom = rows - width
    centres, scales, weights = [], [], []
    for correlation in errors.correlations:
        stacked, log_scale = _whitened(np.hstack([design, outcomes]), errors.gaps, correlation)
        q, r = np.linalg.qr(stacked[:, :width])
        fitted = q.T @ stacked[:, width:]
        direction = np.linalg.solve(r.T, contrast.reshape(width, -1))
        total = (stacked[:, width:] ** 2).sum(axis=0)
        left = np.maximum(total - (fitted**2).sum(axis=0), np.maximum(total * _ROUNDING, 1e-300))
        centres.append((direction * fitted).sum(axis=0))
        scales.append(np.sqrt((direction**2).sum(axis=0) * left / freedom))
        prior = -0.5 * np.log1p(-(correlation**2))
        weights.append(prior - log_scale - np.log(np.abs(np.diag(r))).sum() - freedom / 2 * np.log(left))
    log_weight = np.array(weights)
    weight = np.exp(log_weight - log_weight.max(axis=0))
    return _Mixture(np.array(centres), np.array(scales), weight / weight.sum(axis=0), freedom)


def _whitened(columns: Floats, gaps: Floats, correlation: float) -> tuple[Floats, float]:
    """Return the rows less what the row before foretells, in units of what is new, and the log of their product."""
    carried = np.where(gaps > 0, correlation**gaps, 0.0)
    new = np.sqrt(1 - carried**2)
    before = np.vstack([columns[:1], columns[:-1]])
    return (columns - carried[:, None] * before) / new[:, None], float(np.log(new).sum())
