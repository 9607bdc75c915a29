"""Quantities and the named rounding rules: minutes, shifts, full-time equivalents, öre and shares.

Rates and expectations are float64; they become whole shifts and activities by these rules and nowhere else.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = [
    "Floats",
    "apportion",
    "check_share",
    "log_mean",
    "log_ratio",
    "shifts_short",
    "whole_activities",
    "whole_staff",
]

Floats = npt.NDArray[np.floating[Any]]


def shifts_short(short_minutes: float, shift_minutes: int) -> int:
    """Return the shifts to cover: short minutes divided by the minutes of one shift, rounded up; 0 where none is short.

    A shortage below a thousandth of a minute is rounding noise and needs no shift.
    Source: Socialstyrelsen, support for the tactical level: show a shortage as shifts, not as people to hire.
    """
    if shift_minutes <= 0:
        raise BadInput(Message("Ett pass måste vara längre än noll minuter, inte {minutes}.", minutes=shift_minutes))
    return max(0, math.ceil((short_minutes - 1e-3) / shift_minutes))


def whole_activities(minutes: float, minutes_each: float) -> int:
    """Return how many whole activities of *minutes_each* fit in *minutes* (100 · 30 min hold 66 visits of 45 min)."""
    if minutes_each <= 0:
        raise BadInput(Message("Tiden per aktivitet måste vara över noll, inte {minutes}.", minutes=minutes_each))
    return math.floor(minutes / minutes_each + 1e-9)


def whole_staff(wanted: Floats) -> Floats:
    """Return how many whole people *wanted* parts of people are: rounded up, rounding noise aside."""
    return np.asarray(np.ceil(wanted - 1e-9))


def check_share(value: float, what: str) -> float:
    """Return *value* if it is a share from 0 to 1, else raise BadInput naming *what*."""
    if not 0 <= value <= 1:
        raise BadInput(Message("{what} måste vara en andel från 0 till 1, inte {value}.", what=what, value=value))
    return value


def log_ratio(a: float, b: float) -> float:
    """Return ln(a / b) for *a* and *b* above zero, to full precision where they nearly meet and however far apart."""
    more = (a - b) / b
    return math.log1p(more) if abs(more) < 0.5 else math.log(a) - math.log(b)


def log_mean(a: float, b: float) -> float:
    """Return (a − b) / ln(a / b) for *a* and *b* above zero, and *a* where they meet.

    A change a − b of a product is split over its factors x as log_mean(a, b) · ln(x now / x before): exact, whatever
    their order. Source: Ang 2005, *The LMDI approach to decomposition analysis*.
    """
    ratio = log_ratio(a, b)
    return (a - b) / ratio if ratio else a


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole numbers that sum to *total*, as near *total* · weight / Σ weights as they can be.

    The rule of the largest remainder (Hare–Niemeyer), in exact arithmetic: every part is first cut down to a whole
    number, and what is left goes one by one to the parts that lost the most, of equals to the first. A total below zero
    is shared as its opposite. Raises BadInput for a weight below zero or not finite, or where all weights are zero.
    """
    if any(not (weight >= 0 and math.isfinite(weight)) for weight in weights) or not any(weights):
        raise BadInput(Message("Det som ska fördelas behöver vikter från noll och uppåt, minst en över noll."))
    if total < 0:
        return [-part for part in apportion(-total, weights)]
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact)
    parts, lost = [], []
    for weight in exact:
        share = total * weight / whole
        parts.append(math.floor(share))
        lost.append(share - parts[-1])
    for place in sorted(range(len(parts)), key=lambda place: -lost[place])[: total - sum(parts)]:
        parts[place] += 1
    return parts
