"""The spread around a forecast, calibrated on what past forecasts missed by; quantiles, means and coherent draws.

Past forecasts are made from earlier origins, four of them a quarter of the horizon apart, with all that was then known
and nothing later. Each miss is divided by the standard deviation the model gave (a score), and the scores of all series
and steps are pooled: their quantiles are those of the forecast. The scores' median is taken away: a level that was
missed last time is no reason to miss the next by as much. (Of few series only in part: it may be their own.) As many
normal scores as make :data:`PRIOR_SCORES` stand beside them, which matters where there are few series.

Scores live on the square-root scale, where the spread of a count hardly depends on its size (Bartlett 1936).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from vardbalans.engine.units import Floats

__all__ = ["LEVELS", "NORMAL", "NORMAL_WIDTH", "PRIOR_SCORES", "USUAL_WIDTH", "Counts", "Empirical", "Scores"]

LEVELS = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95)
"""The quantiles every forecast is given with."""

PRIOR_SCORES = 100
ODD = 0.33
OFF = 0.12
_SAMPLED = 0.12  # variance of the log of the width of one series' misses …
_MISSES = 12  # … of which there are so many, or more: they follow on each other
NORMAL_WIDTH = 1.2816
"""Half the width that 80 % of the scores take where the models' own spread is right."""
USUAL_WIDTH = {"month": 1.084}
"""The same as it usually is among many series, where it is not as the models say.

By the week it was (emergency arrivals in parts of the day). By the month it was a sixth too wide: what many series
have in common takes away more there (hospital series; English referrals say the same). Of few series it was not.
"""
_GRID = np.arange(0.5, 200) / 200  # where the distribution is kept: fine enough for the mean of its square


@dataclass(frozen=True, eq=False)
class Scores:
    """A distribution of standardised misses around a median of zero, kept as its values at a grid of levels."""

    values: Floats

    @classmethod
    def pooled(cls, misses: Floats) -> "Scores":
        """Return the distribution of *misses* (series, misses; NaN left out) with the normal ones that stand beside."""
        known = misses[~np.isnan(misses)]
        series = _series(misses)
        centred = known - np.median(known) * series / (series + 1) if series else known
        wide = float(np.quantile(np.abs(centred), 0.8)) / NORMAL_WIDTH if series else 1.0
        weight = np.r_[np.full(len(known), 1.0), np.full(len(_GRID), PRIOR_SCORES / len(_GRID))]
        both = np.r_[centred, wide * _normal(_GRID)]
        order = np.argsort(both, kind="stable")
        reached = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
        values = np.interp(_GRID, reached, both[order])
        return cls(values - float(np.interp(0.5, _GRID, values)))

    def drawn_in(self, misses: Floats, origins: int, usual_width: float) -> "Scores":
        """Return the scores, of *misses* from *origins*, at the width that can be believed; as they are where none are.

        The true width lies some :data:`OFF` (Cauchy, on the log scale) from *usual_width*; what is returned is expected
        by Bayes' rule. What is seen strays from the true one as series and misses are few, and upwards also by
        :data:`ODD` from origin to origin: an odd month happens to all series and makes their misses wide. Nothing makes
        them all narrow, so where many have missed by little it is because the model says too much: its deviation
        remembers every odd month in the history, such as the first ones of a pandemic.
        """
        series = _series(misses)
        if not series:
            return self
        low, high = self.at(np.array([0.1, 0.9]))
        width = float(np.log(max(high - low, 1e-9) / (2 * usual_width)))
        few = max(1 / series, _MISSES / np.isfinite(misses).sum())
        variance = _SAMPLED * few + (ODD**2 / origins if width > 0 else 0)
        reach = 4 * np.sqrt(variance)
        grid = np.linspace(min(width, 0) - reach, max(width, 0) + reach, 2001)
        likely = np.exp(-((grid - width) ** 2) / (2 * variance)) / (1 + (grid / OFF) ** 2)
        return Scores(self.values * float(np.exp(grid @ likely / likely.sum() - width)))

    def at(self, levels: Floats) -> Floats:
        """Return the scores at *levels* (0 to 1)."""
        return np.interp(levels, _GRID, self.values)

    def of_normal(self, draws: Floats) -> Floats:
        """Return standard normal *draws* moved to this distribution, rank for rank."""
        return np.interp(draws, _normal(_GRID), self.values)


def _series(misses: Floats) -> int:
    """Return of how many series anything is known."""
    return int((~np.isnan(misses)).any(axis=1).sum())


def _normal(levels: Floats) -> Floats:
    inverse = NormalDist().inv_cdf
    return np.array([inverse(float(level)) for level in levels])


NORMAL = Scores(_normal(_GRID))


@dataclass(frozen=True, eq=False)
class Counts:
    """One series' counts over H periods, jointly: *scale* times the square of a value on the root scale.

    The value lies around *centre* (H,) with *own* (H, H) and *shared* (H, H) covariance; what is shared is drawn alike
    for all series. Standardised, each period's value is distributed as *scores*.
    """

    scale: float
    centre: Floats
    own: Floats
    shared: Floats
    scores: Scores

    @property
    def deviation(self) -> Floats:
        """Return the standard deviation per period on the root scale."""
        deviation: Floats = np.sqrt(np.diag(self.own) + np.diag(self.shared))
        return deviation

    def quantiles(self) -> Floats:
        """Return the quantiles at LEVELS, shape (13, H)."""
        moved = np.multiply.outer(self.scores.at(np.array(LEVELS)), self.deviation)
        quantiles: Floats = self.scale * np.maximum(self.centre + moved, 0) ** 2
        return quantiles

    def mean(self) -> Floats:
        """Return the expectation (H,)."""
        moved = np.multiply.outer(self.scores.values, self.deviation)
        mean: Floats = self.scale * (np.maximum(self.centre + moved, 0) ** 2).mean(axis=0)
        return mean

    def draws(self, common: Floats, rng: np.random.Generator) -> Floats:
        """Return draws (D, H); *common* (D, H) is standard normal noise that all series are given alike."""
        deviation = self.deviation
        apart = rng.standard_normal(common.shape) @ _root(self.own).T + common @ _root(self.shared).T
        scores = self.scores.of_normal(apart / np.where(deviation > 0, deviation, 1))
        drawn: Floats = self.scale * np.maximum(self.centre + scores * deviation, 0) ** 2
        return drawn


@dataclass(frozen=True, eq=False)
class Empirical:
    """Counts that come as they came before: *values*, equally likely in each of H periods, independent."""

    values: Floats
    horizon: int

    def quantiles(self) -> Floats:
        """Return the quantiles at LEVELS, shape (13, H)."""
        return np.tile(np.quantile(self.values, LEVELS)[:, None], self.horizon)

    def mean(self) -> Floats:
        """Return the expectation (H,)."""
        return np.full(self.horizon, self.values.mean())

    def draws(self, common: Floats, rng: np.random.Generator) -> Floats:
        """Return draws (D, H)."""
        return rng.choice(self.values, common.shape)


def _root(covariance: Floats) -> Floats:
    """Return a factor of *covariance* (times its transpose gives it), zero where it is zero."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0))
    return root
