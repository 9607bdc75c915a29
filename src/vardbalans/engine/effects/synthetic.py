"""One unit that begins, and others that do not: a control made of the others, as near as a weighted mean can come.

The weights are zero or more and sum to one; each unit is taken from its own mean, so that a unit may lie above or
below all others and only how it moves must be alike (Abadie, Diamond and Hainmueller 2010; Ferman and Pinto 2021). The
interval holds every effect that the periods do not contradict: with that effect taken away the weights are fitted anew
to all periods, and what is left over after the start must not be larger than it is when the periods are shifted round
(Chernozhukov, Wüthrich and Zhu 2021). That is valid with few units and with periods that are alike, and needs twenty
periods to show anything at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from vardbalans.engine.effects.placebo import Placebo
from vardbalans.engine.effects.verdict import Interval, Verdict, verdict
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Synthetic", "placebo_in_units", "synthetic"]

_FEWEST = 20
_LEVEL = 0.05
_STEPS = 40
_REACH = 64.0
_SUM_WEIGHT = 1e4  # how much dearer it is that weights do not sum to one than that a period is missed


@dataclass(frozen=True, eq=False)
class Synthetic:
    """The mean effect from the start on, the weight of each other unit, and what is left over in each period
    (periods,).

    *probability* is how often so large an effect comes where there is none.
    """

    effect: Interval
    weights: Mapping[str, float]
    left_over: Floats
    probability: float

    @property
    def verdict(self) -> Verdict:
        """Return whether the effect is shown: its interval leaves out none."""
        return verdict(self.effect)


def synthetic(outcome: Floats, others: Mapping[str, Floats], start: int, *, ratio: bool = False) -> Synthetic:
    """Return the effect on *outcome* (periods,) of what began at period *start*, against *others* that never began.

    Effects are differences, or with *ratio* ratios (all values above zero then). Values are rates or means, not counts
    of units of different sizes. Raises BadInput for missing values, Impossible for fewer than twenty periods.
    """
    table = np.array([outcome, *others.values()], dtype=float)
    _check(table, len(others), start, ratio=ratio)
    own, donors = (np.log(table[0]), np.log(table[1:])) if ratio else (table[0], table[1:])
    after = np.arange(len(own)) >= start
    weights = _weights(own[~after], donors[:, ~after])
    gap = own - weights @ donors
    left_over = gap - gap[~after].mean()
    centre = float(left_over[after].mean())
    spread = float(left_over.std()) or 1e-12
    low, high = (_end(own, donors, after, centre, side * spread) for side in (-1, 1))
    if ratio:
        effect = Interval(float(np.exp(centre)), float(np.exp(low)), float(np.exp(high)), "ratio")
    else:
        effect = Interval(centre, low, high, "difference")
    return Synthetic(
        effect, dict(zip(others, weights.tolist(), strict=True)), left_over, _probability(own, donors, after, 0.0)
    )


def placebo_in_units(others: Mapping[str, Floats], start: int, *, ratio: bool = False) -> Placebo:
    """Try each unit that never began as if it had, against the rest."""
    verdicts = [
        synthetic(values, {key: row for key, row in others.items() if key != name}, start, ratio=ratio).verdict
        for name, values in others.items()
    ]
    return Placebo(len(verdicts), verdicts.count("shown"))


def _check(table: Floats, others: int, start: int, *, ratio: bool) -> None:
    if np.isnan(table).any() or (ratio and (table <= 0).any()):
        raise BadInput(Message("Jämförelsen behöver ett värde (över noll, för en kvot) för varje enhet och period."))
    if not others or not 2 <= start < table.shape[1] or table.shape[1] < _FEWEST:
        raise Impossible(
            Message("Effekten kan inte räknas."),
            [
                Message(
                    "{units} andra enheter, {before} perioder före och {all} i allt; minst 1, 2 och {fewest} behövs.",
                    units=others,
                    before=start,
                    all=table.shape[1],
                    fewest=_FEWEST,
                )
            ],
        )


def _weights(own: Floats, donors: Floats) -> Floats:
    """Return weights of *donors* (donors, periods), zero or more with sum one, nearest to how *own* moves."""
    moves, wanted = donors - donors.mean(axis=1, keepdims=True), own - own.mean()
    scale = _SUM_WEIGHT * (np.abs(moves).max() or 1.0)
    lines = np.vstack([moves.T, np.full((1, len(donors)), scale)])
    found, _ = nnls(lines, np.append(wanted, scale))
    weights: Floats = found / found.sum()
    return weights


def _probability(own: Floats, donors: Floats, after: np.ndarray, effect: float) -> float:
    """Return how many of the shifts round leave as much over after the start as there is with *effect* away."""
    cleared = own - effect * after
    left = cleared - _weights(cleared, donors) @ donors
    left -= left.mean()
    shifted = np.array([np.roll(left, shift)[after].mean() for shift in range(len(left))])
    return float((np.abs(shifted) >= abs(shifted[0]) - 1e-12).mean())


def _end(own: Floats, donors: Floats, after: np.ndarray, centre: float, step: float) -> float:
    """Return the end of the interval in the direction of *step*; infinite where any effect is believed."""
    if _probability(own, donors, after, centre + _REACH * step) > _LEVEL:
        return float(np.inf * step)
    near, far = 0.0, _REACH
    for _ in range(_STEPS):
        middle = (near + far) / 2
        inside = _probability(own, donors, after, centre + middle * step) > _LEVEL
        near, far = (middle, far) if inside else (near, middle)
    return centre + far * step
