"""How long people wait: median, percentiles and the share within the limit, in both national ways of counting.

A population is those who wait on a day, or those treated in a period; the two are never put together. Each is counted
in three ways, side by side, because the same base gives different figures:

* ``included``: everyone, by all days waited, those with patient-chosen (PvV) or medically caused waiting (MoV) too.
* ``excluded``: without those who have such waiting; the others by all days waited.
* ``law``: everyone, by the days that count in the guarantee.

Source: HSF (2017:80) 6 kap. 2 § for the law's days; SKR's statistics leave out patient-chosen waiting, and some of
Socialstyrelsen's figures have it in. Percentiles are those of spreadsheets (linear between the waits in order).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vardbalans.engine.units import Floats

__all__ = [
    "INTERVALS",
    "PERCENTILES",
    "WAYS",
    "Spread",
    "Waits",
    "Way",
    "histogram",
    "protected",
    "quantiles",
    "spreads",
    "within_target",
]

Way = Literal["included", "excluded", "law"]
WAYS: tuple[Way, ...] = ("included", "excluded", "law")
PERCENTILES = (0.5, 0.9, 0.92, 0.95)

INTERVALS = (30, 60, 90, 120, 180, 365)
"""Upper limits, in days, of the intervals that national statistics show; the last is open (366 days and more)."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Waits:
    """Waits of one population, a place each: whole *days*, of which *stopped* do not count; who *deviates* (PvV, MoV).

    *limit* is days, NaN where none held. *left* is days left to the medical target date (negative: past), NaN without.
    """

    days: Integers
    stopped: Integers
    deviates: NDArray[np.bool_]
    limit: Floats
    left: Floats

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True, eq=False)
class Spread:
    """What waits came to, a place per group: how many, percentiles in days, and the share within the limit.

    *percentiles* has shape (len(PERCENTILES), groups), NaN without anyone; *within* is NaN where nobody has a limit.
    """

    people: Integers
    percentiles: Floats
    within: Floats


def spreads(waits: Waits, groups: Integers, size: int) -> dict[Way, Spread]:
    """Return the spread of *waits* per group, in each way; *groups* has the group of each wait, 0 to *size* - 1."""
    counted = waits.days - waits.stopped
    ways = {
        "included": (waits.days, np.ones(len(waits), dtype=bool)),
        "excluded": (waits.days, ~waits.deviates),
        "law": (counted, np.ones(len(waits), dtype=bool)),
    }
    return {way: _spread(*ways[way], waits.limit, groups, size) for way in WAYS}


def within_target(waits: Waits, groups: Integers, size: int) -> tuple[Integers, Floats]:
    """Return per group how many have a medical target date, and the share of them within it (NaN without any)."""
    known = np.isfinite(waits.left)
    people = np.bincount(groups[known], minlength=size)
    return people, _share(groups[known & (waits.left >= 0)], people)


def quantiles(days: Integers, groups: Integers, size: int, shares: Iterable[float]) -> Floats:
    """Return the *shares* quantiles of *days* per group, shape (shares, size); NaN for a group without anyone."""
    order = np.lexsort((days, groups))
    people = np.bincount(groups, minlength=size)
    start = np.cumsum(people) - people
    # A last place that nobody has: empty groups and the place after the longest wait may point there.
    values = np.append(days[order], 0).astype(np.float64)
    found = []
    for share in shares:
        place = np.maximum(people - 1, 0) * share
        low = start + np.floor(place).astype(np.int64)
        high = start + np.ceil(place).astype(np.int64)
        between = values[low] + (values[high] - values[low]) * (place - np.floor(place))
        found.append(np.where(people > 0, between, np.nan))
    return np.array(found)


def histogram(days: Integers, groups: Integers, size: int, until: Iterable[int] = INTERVALS) -> Integers:
    """Return the people per group and interval of *days*, shape (size, intervals); the last has no upper limit."""
    bounds = np.array([*until], dtype=np.int64)
    place = np.searchsorted(bounds, days)
    width = len(bounds) + 1
    return np.bincount(groups * width + place, minlength=size * width).reshape(size, width)


def protected(counts: Sequence[int], below: int, hidden: Collection[int] = ()) -> frozenset[int]:
    """Return the places of *counts* that are not told, where their sum is.

    Those from 1 to under *below* and those *hidden* already; where they could be worked out from the sum (one count, or
    counts that are small together) the smallest of the others too.
    """
    small = {place for place, count in enumerate(counts) if 0 < count < below} | set(hidden)
    others = sorted((count, place) for place, count in enumerate(counts) if count >= below and place not in small)
    while small and others and (len(small) == 1 or sum(counts[place] for place in small) < below):
        small.add(others.pop(0)[1])
    return frozenset(small)


def _spread(days: Integers, chosen: NDArray[np.bool_], limit: Floats, groups: Integers, size: int) -> Spread:
    days, limit, groups = days[chosen], limit[chosen], groups[chosen]
    limited = np.bincount(groups[np.isfinite(limit)], minlength=size)
    return Spread(
        np.bincount(groups, minlength=size),
        quantiles(days, groups, size, PERCENTILES),
        _share(groups[days <= limit], limited),
    )


def _share(groups: Integers, people: Integers) -> Floats:
    """Return how large a share of *people* per group the *groups* listed are."""
    part = np.bincount(groups, minlength=len(people))
    return np.where(people > 0, part / np.maximum(people, 1), np.nan)
