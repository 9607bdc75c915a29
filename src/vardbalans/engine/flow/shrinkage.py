"""Shrinkage towards the region: what a small unit's own figures weigh against those of its peers.

The shares of peer units are one family, whose centre and spread are told by all of them through the marginal
likelihood (empirical Bayes; Robbins 1956): beta-binomial for shares, gamma-Poisson (Clayton & Kaldor 1987) where one
activity may lead to several, Dirichlet-multinomial (Minka 2000) for lags. A handful of units tell the spread badly, so
every centre and spread counts by its likelihood instead of the best alone (Deely & Lindley 1981), under the diffuse
prior of Gelman et al., *Bayesian Data Analysis* (2013), § 5.3. A unit's interval is thereby wide where its own figures
are few, where its peers differ, and where the peers are few.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from vardbalans.engine.units import Floats

__all__ = ["Belief", "Family", "family", "shrunk_lags"]

_STRENGTHS = np.exp(np.linspace(np.log(0.5), np.log(1e5), 61))
"""How many activities the centre may weigh as: from half of one to so many that the peers decide everything."""
_CENTRES = np.linspace(-4, 4, 25)
"""The centres that are weighed, in standard errors from the best."""
_EDGE = 1e-6


@dataclass(frozen=True)
class Belief:
    """A share with its uncertainty: as if it had been counted on *size* activities.

    *several*: one activity may lead to several, and the share may be above one (gamma instead of beta).
    """

    share: float
    size: float
    several: bool

    def interval(self, probability: float = 0.95) -> tuple[float, float]:
        """Return the bounds between which the share lies with *probability*, as much below as above."""
        at = np.array([(1 - probability) / 2, (1 + probability) / 2])
        a, b = self._counts()
        low, high = scipy.special.gammaincinv(a, at) / self.size if self.several else scipy.special.betaincinv(a, b, at)
        return float(low), float(high)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return *count* random shares."""
        a, b = self._counts()
        return rng.gamma(a, 1 / self.size, count) if self.several else rng.beta(a, b, count)

    def _counts(self) -> tuple[float, float]:
        """Return the activities that led on and those that did not; half a one where there is none (Jeffreys)."""
        return max(0.5, self.share * self.size), max(0.5, (1 - self.share) * self.size)


@dataclass(frozen=True, eq=False)
class Family:
    """The shares of peer units: possible *centres* with *strengths* and *weights*, (points,); the weights sum to one.

    A strength is the number of activities that the centre weighs as: high where the peers are alike.
    """

    centres: Floats
    strengths: Floats
    weights: Floats
    several: bool

    @property
    def centre(self) -> float:
        """Return the region's share: that of a unit of which nothing is known."""
        return float(self.weights @ self.centres)

    def own_weight(self, whole: float) -> float:
        """Return how much a unit's own share weighs, 0 to 1, when it is counted on *whole* activities."""
        return float(self.weights @ (whole / (whole + self.strengths)))

    def of_unit(self, part: float, whole: float) -> Belief:
        """Return what is believed of the share of a unit where *part* came of *whole* activities."""
        size = whole + self.strengths
        mean = (part + self.centres * self.strengths) / size
        variance = mean / size if self.several else mean * (1 - mean) / (size + 1)
        share = float(self.weights @ mean)
        spread = float(self.weights @ (variance + (mean - share) ** 2))
        counted = share / spread if self.several else share * (1 - share) / spread - 1
        return Belief(share, counted, self.several)


def family(parts: Floats, wholes: Floats) -> Family:
    """Return the family of units where *parts* came of *wholes* activities, both (units,), wholes above zero.

    One activity may lead to several as soon as it does in one of the units.
    """
    several = bool((parts > wholes).any())
    strengths = _STRENGTHS[:, None]
    told = wholes * strengths / (wholes + strengths)
    best = np.clip((told * parts / wholes).sum(axis=1) / told.sum(axis=1), 0.01, None if several else 0.99)
    error = np.sqrt(best * (1.0 if several else 1 - best) / told.sum(axis=1))
    centres = best[:, None] + error[:, None] * _CENTRES
    centres = np.clip(centres, _EDGE, None if several else 1 - _EDGE)
    likelihood = _rates if several else _shares
    # Each point stands for the stretch of centres about it; the prior is even over centres and strength ** -1/2 over
    # the logarithm of the strength, which is (α + β) ** -5/2 over the two counts of the beta distribution.
    stretch = np.gradient(centres, axis=1)
    score = likelihood(parts, wholes, centres[..., None], strengths[..., None])
    with np.errstate(divide="ignore"):
        score = score - np.log(strengths) / 2 + np.log(stretch)
    weights = np.exp(score - score.max())
    kept = weights > _EDGE
    points = np.broadcast_to(strengths, centres.shape)
    return Family(centres[kept], points[kept], weights[kept] / weights[kept].sum(), several)


def _shares(parts: Floats, wholes: Floats, centres: Floats, strengths: Floats) -> Floats:
    """Return the log-likelihood of beta-binomial counts, summed over the last axis."""
    a, b = centres * strengths, (1 - centres) * strengths
    found: Floats = (scipy.special.betaln(parts + a, wholes - parts + b) - scipy.special.betaln(a, b)).sum(axis=-1)
    return found


def _rates(parts: Floats, wholes: Floats, centres: Floats, strengths: Floats) -> Floats:
    """Return the log-likelihood of gamma-Poisson (negative binomial) counts, summed over the last axis."""
    a = centres * strengths
    kept, led = np.log(strengths / (strengths + wholes)), np.log(wholes / (strengths + wholes))
    found: Floats = (scipy.special.gammaln(parts + a) - scipy.special.gammaln(a) + a * kept + parts * led).sum(axis=-1)
    return found


def shrunk_lags(counts: Floats) -> Floats:
    """Return the lag distribution of every unit, (units, lags), each row summing to one.

    *counts* has the links of each unit by whole weeks of lag; every unit has at least one. The centre is the region's
    lags together, and its strength is weighed as that of shares is.
    """
    together = counts.sum(axis=0)
    seen = together > 0
    centre = together[seen] / together.sum()
    own, totals = counts[:, seen], counts.sum(axis=1)
    a = _STRENGTHS[:, None, None] * centre
    each = (scipy.special.gammaln(own + a) - scipy.special.gammaln(a)).sum(axis=2)
    strengths = _STRENGTHS[:, None]
    score = (scipy.special.gammaln(strengths) - scipy.special.gammaln(strengths + totals) + each).sum(axis=1)
    score -= np.log(_STRENGTHS) / 2
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    lags = np.zeros(counts.shape)
    believed = (own + a) / (totals + strengths)[..., None]
    lags[:, seen] = np.tensordot(weights, believed, axes=1)
    return lags
