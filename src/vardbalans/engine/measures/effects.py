"""What a measure makes of each week: a factor in expectation and one per draw, from the same random stream always."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from vardbalans.engine.measures.measure import Measure
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["LOST_DAYS", "Effect", "ramp"]

LOST_DAYS = 364
"""How many days until the last of data the share of lost slots is a mean over."""


@dataclass(frozen=True, eq=False)
class Effect:
    """One measure over the weeks: *share* of its *full* effect per week (weeks,); *full* is one per draw (draws, 1).

    What a measure had done by the last day of data is in the data already (*before*, a share of the full effect), so
    only the rest counts. Of lost slots the data know a mean over the last year: a measure that is three months old is
    in a quarter of it.
    """

    measure: Measure
    share: Floats
    before: float
    full: Floats

    @classmethod
    def of(
        cls, measure: Measure, weeks: Sequence[Period], calendar: Calendar, as_of: date, draws: int, seed: int
    ) -> "Effect":
        """Return the effect of *measure*; its draws depend on *seed* and the id of the whole alone.

        Parts of a whole are as large or as small together: what adds is drawn from the other end.
        """
        uniform = stream(seed, "measure", measure.whole_id).random((draws, 1))
        if measure.part_of and measure.adds:
            uniform = 1 - uniform
        return cls(measure, ramp(measure, weeks, calendar), _in_data(measure, as_of), measure.effect.drawn(uniform))

    @property
    def acts(self) -> bool:
        """Tell whether the measure changes any week from how the data have it."""
        return bool((self.share != self.before).any())

    def factor(self, base: Floats | float = 1.0) -> Floats:
        """Return the expected factor (weeks,); *base* is the number of sets or posts that an addition is made to."""
        return self._factor(self.measure.effect.expected, base)

    def factors(self, base: Floats | float = 1.0) -> Floats:
        """Return the factor of each draw (draws, weeks)."""
        return self._factor(self.full, base)

    def _factor(self, full: Floats | float, base: Floats | float) -> Floats:
        if self.measure.added is not None:
            found: Floats = 1 + full * (self.share - self.before) / base
            return found
        now, before = 1 + (full - 1) * self.share, 1 + (full - 1) * self.before
        # what had already ceased altogether left nothing in the data to take a factor of
        return np.where(before > 0, now / np.where(before > 0, before, 1.0), 1.0)


def _in_data(measure: Measure, as_of: date) -> float:
    """Return the share of the full effect that the data hold already."""
    if measure.parameter != "lost_share":
        return measure.reached(as_of)
    return math.fsum(measure.reached(as_of - timedelta(days=back)) for back in range(LOST_DAYS)) / LOST_DAYS


def ramp(measure: Measure, weeks: Sequence[Period], calendar: Calendar) -> Floats:
    """Return the share of the full effect in each week: the mean over its working days (all days where none is)."""
    shares = []
    for week in weeks:
        days = [day for day in week.days if calendar.is_working(day)] or list(week.days)
        shares.append(sum(map(measure.reached, days)) / len(days))
    return np.array(shares)
