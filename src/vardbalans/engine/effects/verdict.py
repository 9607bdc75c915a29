"""The written rule for when an effect is said to be there.

An effect is **shown** when its 95 % interval, with the likeness of neighbouring periods counted in, does not hold *no
effect*; where a named textbook model is asked for, its own interval must leave *no effect* out as well. Else it is
**not shown**, which is not the same as none: the power calculation says what could have been seen.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Interval", "Scale", "Verdict", "verdict"]

Verdict = Literal["shown", "not_shown"]
Scale = Literal["ratio", "difference"]
_NONE = {"ratio": 1.0, "difference": 0.0}


@dataclass(frozen=True)
class Interval:
    """An effect with its 95 % interval: a ratio (1 is none) or a difference (0 is none)."""

    estimate: float
    low: float
    high: float
    scale: Scale

    @property
    def leaves_out_none(self) -> bool:
        """Tell whether the interval does not hold *no effect*."""
        return not self.low <= _NONE[self.scale] <= self.high


def verdict(*intervals: Interval) -> Verdict:
    """Return the verdict on an effect by every interval that was asked of it (at least one)."""
    return "shown" if all(interval.leaves_out_none for interval in intervals) else "not_shown"
