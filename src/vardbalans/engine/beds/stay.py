"""How long patients lie: curves of the remaining stay by group, those of small groups drawn towards their parent's.

A curve is a hazard that is constant within each span of hours lain (by the discharge clock): discharges over patient
hours, which takes in those who have not left yet and those who had lain for a while when the data begin. A group's
hazard is weighed against its parent's as a gamma belief over their ratio; how much the parent weighs is what makes the
discharges of all groups most likely (empirical Bayes; Clayton & Kaldor 1987, *Biometrics* 43:671). First the ratio of
all spans together is weighed, around one, then those of its halves around it, and so on down to each span (multiscale;
Kolaczyk 1999, *Journal of the American Statistical Association* 94:920): a group of many discharges, but few in each
span, keeps its own mean stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Ints", "StayCurves", "fit_stays"]

Ints = npt.NDArray[np.integer]

_EDGES = np.concatenate([np.arange(0, 48, 2), np.arange(48, 336, 12), np.arange(336, 2160, 72)]).astype(np.float64)
"""Where each span of hours begins; the last has no end."""
_STRENGTHS = np.exp(np.linspace(np.log(0.5), np.log(1e4), 40))
"""How many discharges the parent may weigh as."""


@dataclass(frozen=True, eq=False)
class StayCurves:
    """*hazard* (groups, spans) per hour on the discharge clock, and the *discharges* (groups,) each is told by.

    *strength* (groups,) is the discharges that each weighs as against all of a child's, NaN where it has no two.
    """

    hazard: Floats
    discharges: Floats
    strength: Floats

    def cumulative(self, group: int, lain: Floats) -> Floats:
        """Return the hazard gathered until having *lain* so many hours; minus the log of the share still there."""
        found: Floats = np.interp(lain, *self._line(group))
        return found

    def lain_at(self, group: int, gathered: Floats) -> Floats:
        """Return the hours lain at which the hazard has *gathered* so much."""
        hours, sums = self._line(group)
        found: Floats = np.interp(gathered, sums, hours)
        return found

    def still(self, group: int, lain: Floats, more: Floats) -> Floats:
        """Return the share of those who have *lain* so long that lie there after so many *more* hours."""
        found: Floats = np.exp(self.cumulative(group, lain) - self.cumulative(group, lain + more))
        return found

    def mean_hours(self, group: int) -> float:
        """Return the mean stay, in hours on the clock."""
        _, sums = self._line(group)
        hazard = self.hazard[group]
        left = np.exp(-sums[:-1])
        return float(np.sum((left - np.exp(-sums[1:])) / hazard))

    def quantiles(self, group: int, levels: Floats) -> Floats:
        """Return the hours by which *levels* (shares below one) of the patients have left."""
        return self.lain_at(group, -np.log1p(-np.asarray(levels)))

    def _line(self, group: int) -> tuple[Floats, Floats]:
        far = _EDGES[-1] + 40 / self.hazard[group, -1]  # e⁻⁴⁰ of those who lay that long are left
        hours = np.append(_EDGES, far)
        return hours, np.concatenate([[0.0], np.cumsum(self.hazard[group] * np.diff(hours))])


def fit_stays(
    entered: Floats, left: Floats, ended: npt.NDArray[np.bool_], group: Ints, parents: Sequence[int]
) -> StayCurves:
    """Return the curves of stays seen from *entered* to *left* hours lain (both on the clock), by *group* number.

    *ended*: the patient left then, else was still there. *parents*: each group's parent, a group with a higher number,
    or −1 for the last one, which holds all. Raises BadInput for a stay that ends before it begins, or no discharge.
    """
    if np.any(left < entered) or np.any(entered < 0):
        raise BadInput(Message("Ett vårdtillfälle slutar innan det börjar."))
    if not np.any(ended):
        raise BadInput(Message("Ingen utskrivning finns att räkna vårdtider på."))
    groups = len(parents)
    exposure = _hours_by_span(left, group, groups) - _hours_by_span(entered, group, groups)
    counts = np.zeros((groups, len(_EDGES)))
    np.add.at(counts, (group[ended], _span(left[ended])), 1)
    for child, parent in enumerate(parents):
        if parent >= 0:
            exposure[parent] += exposure[child]
            counts[parent] += counts[child]
    whole = groups - 1
    hazard = np.zeros((groups, len(_EDGES)))
    # A span that nobody has been seen in goes on as those before it, as if one discharge had been seen at their rate.
    usual = counts[whole].sum() / exposure[whole].sum()
    hazard[whole] = (counts[whole] + 1) / (exposure[whole] + 1 / usual)
    strength = np.full(groups, np.nan)
    for parent in reversed(range(groups)):
        children = [child for child in range(groups) if parents[child] == parent]
        if len(children) > 1:
            ratio, strength[parent] = _ratios(counts[children], hazard[parent] * exposure[children])
            hazard[children] = hazard[parent] * ratio
        else:  # an only child is all that the parent knows
            hazard[children] = hazard[parent]
    return StayCurves(hazard, counts.sum(axis=1), strength)


def _ratios(counts: Floats, expected: Floats) -> tuple[Floats, float]:
    """Return the hazards of siblings over their parent's, (siblings, spans), and how much it weighs in the whole.

    *counts* and *expected* (siblings, spans) are discharges, and those there would be with the parent's hazard.
    """
    ratio, weights = np.ones_like(expected), []
    spans, parts = counts.shape[1], 1
    while parts < 2 * spans:
        # Spans of no width, where there are more parts than spans, are left out.
        begins = np.unique(np.arange(parts) * spans // parts)
        d, e = (np.add.reduceat(each, begins, axis=1) for each in (counts, ratio * expected))
        weights.append(_strength(d, e))
        each = (d + weights[-1]) / (e + weights[-1])
        ratio *= np.repeat(each, np.diff([*begins, spans]), axis=1)
        parts *= 2
    return ratio, weights[0]


def _span(lain: Floats) -> Ints:
    found: Ints = np.searchsorted(_EDGES, lain, side="right") - 1
    return found


def _hours_by_span(lain: Floats, group: Ints, groups: int) -> Floats:
    """Return the hours that stays of length *lain* spent in each span, summed by group, shape (groups, spans)."""
    last, spans = _span(lain), len(_EDGES)
    ended = np.zeros((groups, spans))
    partly = np.zeros((groups, spans))
    np.add.at(ended, (group, last), 1)
    np.add.at(partly, (group, last), lain - _EDGES[last])
    passed = ended[:, ::-1].cumsum(axis=1)[:, ::-1] - ended
    found: Floats = partly
    found[:, :-1] += passed[:, :-1] * np.diff(_EDGES)
    return found


def _strength(counts: Floats, expected: Floats) -> float:
    """Return the strength under which the *counts* are likeliest, of the parts of which any are *expected*."""
    d, e, m = counts[expected > 0], expected[expected > 0], _STRENGTHS[:, None]
    likely = scipy.special.gammaln(d + m) - scipy.special.gammaln(m) + m * np.log(m / (m + e)) + d * np.log(e / (m + e))
    return float(_STRENGTHS[np.argmax(likely.sum(axis=1))])
