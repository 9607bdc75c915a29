"""One unit that begins, and others that do not: a control made of the others, as near as a weighted mean can come.

The weights are zero or more and sum to one; each unit is taken from its own mean, so that a unit may lie above or
below all others and only how it moves must be alike (Abadie, Diamond and Hainmueller 2010; Ferman and Pinto 2021).

Weights flatter the time they were fitted to, and what is left over drifts and is alike from period to period; an
interval that takes it for noise that comes and goes is too narrow. So the time before is cut in three blocks. Each
block is held out in turn: weights from the rest, and the effect is what is left over after the start less what is left
over in the block that the weights have not seen. The three effects say how far such a difference goes without any
measure, whatever the noise is like, and their mean has a t-distribution with two degrees of freedom (Chernozhukov,
Wüthrich and Zhu 2018, *A t-test for synthetic controls*). ``benchmarks/effects.py`` measures it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy

from vardbalans.engine.effects.placebo import Placebo
from vardbalans.engine.effects.verdict import Interval, Verdict, verdict
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Synthetic", "placebo_in_units", "synthetic"]

_FEWEST = 20
_BLOCKS = 3
_FEWEST_BEFORE = 2 * _BLOCKS
_TAIL = 0.025
_ROUNDING = 1e-12
_SUM_WEIGHT = 1e4  # how much dearer it is that weights do not sum to one than that a period is missed


@dataclass(frozen=True, eq=False)
class Synthetic:
    """The mean effect from the start on, the weight of each other unit, and what is left over in each period
    (periods,).

    *probability* is how often so large an effect, or a larger, comes where there is none.
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
    of units of different sizes. Raises BadInput for missing values, Impossible for fewer than twenty periods, or six
    before the start.
    """
    table = np.array([outcome, *others.values()], dtype=float)
    _check(table, len(others), start, ratio=ratio)
    own, donors = (np.log(table[0]), np.log(table[1:])) if ratio else (table[0], table[1:])
    weights = _weights(own[:start], donors[:, :start])
    gap = own - weights @ donors
    held_out = _held_out(own, donors, start)
    centre = float(held_out.mean())
    block = _block(start, len(own))
    # The mean after the start is one, and varies as the blocks do, or less where it is longer.
    widened = np.sqrt(1 + _BLOCKS * block / (len(own) - start))
    # Series without any noise differ by what the arithmetic rounds away: that is no effect.
    error = max(float(widened * held_out.std(ddof=1) / np.sqrt(_BLOCKS)), _ROUNDING * (1 + float(np.abs(own).max())))
    reach = -float(scipy.special.stdtrit(_BLOCKS - 1, _TAIL)) * error
    effect = Interval(centre, centre - reach, centre + reach, "difference")
    if ratio:
        effect = Interval(math.exp(centre), math.exp(effect.low), math.exp(effect.high), "ratio")
    probability = 2 * float(scipy.special.stdtr(_BLOCKS - 1, -abs(centre) / error))
    named = dict(zip(others, weights.tolist(), strict=True))
    return Synthetic(effect, named, gap - gap[:start].mean(), probability)


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
    if not others or not _FEWEST_BEFORE <= start < table.shape[1] or table.shape[1] < _FEWEST:
        raise Impossible(
            Message("Effekten kan inte räknas."),
            [
                Message(
                    "{units} andra enheter, {before} perioder före och {all} i allt; "
                    "minst 1, {least} och {fewest} behövs.",
                    units=others,
                    before=start,
                    all=table.shape[1],
                    least=_FEWEST_BEFORE,
                    fewest=_FEWEST,
                )
            ],
        )


def _weights(own: Floats, donors: Floats) -> Floats:
    """Return weights of *donors* (donors, periods), zero or more with sum one, nearest to how *own* moves."""
    moves, wanted = donors - donors.mean(axis=1, keepdims=True), own - own.mean()
    scale = _SUM_WEIGHT * (np.abs(moves).max() or 1.0)
    lines = np.vstack([moves.T, np.full((1, len(donors)), scale)])
    found, _ = scipy.optimize.nnls(lines, np.append(wanted, scale))
    weights: Floats = found / found.sum()
    return weights


def _block(before: int, periods: int) -> int:
    """Return how many periods a block has: a third of those before, but no more than those after."""
    return min(before // _BLOCKS, periods - before)


def _held_out(own: Floats, donors: Floats, start: int) -> Floats:
    """Return the effect by each of the blocks that end where the measure starts, with weights that have not seen it."""
    block = _block(start, len(own))
    effects = []
    for number in range(_BLOCKS):
        first = start - (_BLOCKS - number) * block
        held = slice(first, first + block)
        seen = np.r_[:first, first + block : start]
        gap = own - _weights(own[seen], donors[:, seen]) @ donors
        effects.append(gap[start:].mean() - gap[held].mean())
    return np.array(effects)
