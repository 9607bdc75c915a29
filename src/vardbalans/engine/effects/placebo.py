"""Placebo: the same analysis where nothing began. What is *shown* there tells how far the method can be trusted here.

In time: starts that never were, within the time before the real one. In units: each comparison unit as if it had begun.
"""

from dataclasses import dataclass

import numpy as np

from vardbalans.engine.effects.interrupted import Form, Series, effect
from vardbalans.engine.errors import Impossible

__all__ = ["Placebo", "placebo_in_time"]

_MOST = 12


@dataclass(frozen=True)
class Placebo:
    """How many starts (or units) were tried, and in how many an effect was shown; a twentieth is by chance."""

    tried: int
    shown: int


def placebo_in_time(series: Series, start: int, form: Form | None = None) -> Placebo:
    """Try up to twelve starts, spread over the middle of the time before position *start*, on that time alone."""
    before = series.part(series.positions < start)
    count = len(before.positions)
    verdicts = []
    for place in np.unique(np.linspace(count // 3, count - count // 3 - 1, _MOST).astype(int)) if count >= 12 else ():
        try:
            verdicts.append(effect(before, int(before.positions[place]), form).verdict)
        except Impossible:  # too short a time on one side of this start: it tells nothing either way
            continue
    return Placebo(len(verdicts), verdicts.count("shown"))
