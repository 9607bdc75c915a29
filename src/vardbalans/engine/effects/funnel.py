"""Units side by side at one time: what each had against what its case-mix would give, and how far chance reaches.

The expected count is the unit's cases by stratum times the rate of all units together (indirect standardisation), so a
ratio of one is as all. Units differ more than chance alone makes them, for reasons no one measured; limits that leave
that out accuse half of them. How much more is estimated from all units, the most extreme tenths drawn in (winsorised),
and added to each unit's own chance. Small units are not judged at all. Source: Spiegelhalter 2005, *Funnel plots for
comparing institutional performance* and *Handling over-dispersion of performance indicators*; the square-root scale as
in the NHS's SHMI.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Funnel", "Place", "expected_counts", "funnel"]

Place = Literal["low", "alert_low", "within", "alert_high", "high", "small"]

_DRAWN_IN = 0.1
_SIGMAS = (1.959964, 3.090232)  # 95 % and 99.8 %, the field's two limits


@dataclass(frozen=True, eq=False)
class Funnel:
    """Per unit (units,) the ratio of observed to expected, its z, its limits (2, units) of 95 and 99.8 %, and its
    place.

    *between* is the variance between units on the scale 2·√ratio; *overdispersion* the mean z² without it (1: chance
    alone). A unit that is ``small`` has NaN for ratio and z: with so few cases neither says anything, and may point at
    people.
    """

    ratio: Floats
    z: Floats
    lower: Floats
    upper: Floats
    places: tuple[Place, ...]
    between: float
    overdispersion: float


def expected_counts(counts: Floats, cases: Floats) -> Floats:
    """Return what each unit's case-mix would give with the rate of all: counts and cases are (units, strata).

    A stratum that nobody is in counts nothing. Sums to the observed over all units.
    """
    if counts.shape != cases.shape or (cases < 0).any() or (counts < 0).any():
        raise BadInput(Message("Antal och fall ska finnas för samma enheter och grupper, inget under noll."))
    total = cases.sum(axis=0)
    rates = np.divide(counts.sum(axis=0), total, out=np.zeros(len(total)), where=total > 0)
    found: Floats = cases @ rates
    return found


def funnel(observed: Floats, expected: Floats, fewest: float = 5.0) -> Funnel:
    """Return how the units lie. Units of whom fewer than *fewest* are expected are ``small`` and in no estimate.

    Raises BadInput where fewer than two units are left.
    """
    large = expected >= fewest
    if large.sum() < 2:
        raise BadInput(
            Message("Minst två enheter med minst {fewest} väntade fall behövs för att jämföra.", fewest=fewest)
        )
    safe = np.where(large, expected, np.nan)
    ratio = observed / safe
    chance = 1 / safe  # the variance of 2·√(observed / expected) where the ratio is one
    alone = 2 * (np.sqrt(ratio) - 1) / np.sqrt(chance)
    inner = np.clip(alone[large], *np.quantile(alone[large], [_DRAWN_IN, 1 - _DRAWN_IN]))
    overdispersion = float((inner**2).mean())
    weight = safe[large]
    count = len(weight)
    excess = (count * overdispersion - (count - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
    between = max(0.0, float(excess))
    spread = np.sqrt(chance + between)
    z = 2 * (np.sqrt(ratio) - 1) / spread
    lower, upper = (
        np.array([np.maximum(1 + side * sigmas * spread / 2, 0) ** 2 for sigmas in _SIGMAS]) for side in (-1, 1)
    )
    return Funnel(ratio, z, lower, upper, tuple(map(_place, z)), between, overdispersion)


def _place(z: float) -> Place:
    if np.isnan(z):
        return "small"
    warn, act = _SIGMAS
    if abs(z) <= warn:
        return "within"
    if z > 0:
        return "high" if z > act else "alert_high"
    return "low" if z < -act else "alert_low"
