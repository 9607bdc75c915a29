"""Waiting lists by band: percentiles, the share within a limit, and columns that have changed places.

Columns that have changed places hold counts that are not their own. Seen in two ways. Where the source publishes
medians or other percentiles beside the bands, they no longer follow from the bands. Where there is a history, some
bands differ from it, and differ no longer when they are put in another order. Nothing else can tell: a rotated file is
as whole and as well formed as a right one, and its sums are the same.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vardbalans.engine.units import Floats

__all__ = [
    "Band",
    "Shift",
    "band_quantile",
    "counts_by_first_day",
    "days_at",
    "share_within",
    "shift_against_history",
    "shift_against_published",
]

MIN_PEOPLE = 20
"""A row with fewer people is not compared with its published percentiles: they are rounded, and move in leaps."""

_ROUNDED = 0.051  # percentiles are published with one decimal
_USUALLY_WRONG = 0.003  # of rows in a right file: their percentiles were not taken from just these bands
_NEVER = 0.001
_FEW = 0.1  # of the rows that disagree: no more are left where an order explains it
_ROLLS = range(-6, 7)
_TURNS = ((1, 0), (1, 2, 0), (2, 0, 1))  # two neighbours swapped, three turned one way and the other
_CERTAIN = 16.0  # what a band's right place must take away from the squared deviations: four standard deviations
_MOST = 0.6


@dataclass(frozen=True)
class Shift:
    """Bands whose counts are not their own, by number; *found_in* is where the counts of each stand (empty: unknown).

    *broken* of *tested* rows did not agree with what was published; in a comparison with history both are 1.
    """

    bands: tuple[int, ...]
    found_in: tuple[int, ...]
    tested: int
    broken: int


class Band(NamedTuple):
    """People who have waited from *days_from* through *days_to* (None: or longer) days."""

    days_from: int
    days_to: int | None
    people: int


def counts_by_first_day(bands: Sequence[Band]) -> tuple[Floats, Floats]:
    """Return the first day of each band and its people, shape (1, bands). Days that no band has are a band too."""
    edges = {band.days_from for band in bands} | {band.days_to + 1 for band in bands if band.days_to is not None}
    firsts = np.array(sorted(edges), dtype=np.float64)
    counts = np.zeros((1, len(firsts)))
    for band in bands:
        counts[0, np.searchsorted(firsts, band.days_from)] += band.people
    return firsts, counts


def band_quantile(counts: Floats, share: float) -> Floats:
    """Return the *share* quantile of the waiting time of each row, in bands: linear inside the band it falls in.

    *counts* has shape (rows, bands), all bands of one width but the last, which is open: NaN for who falls there, and
    for rows without people.
    """
    total = counts.sum(axis=1)
    rank = share * total
    until = np.cumsum(counts, axis=1)
    band = (until < rank[:, None]).sum(axis=1)
    inside = (total > 0) & (band < counts.shape[1] - 1)
    place = np.minimum(band, counts.shape[1] - 1)[:, None]
    here, end = (np.take_along_axis(values, place, axis=1)[:, 0] for values in (counts, until))
    return np.where(inside, band + 1 - (end - rank) / np.maximum(here, 1e-9), np.nan)


def days_at(firsts: Floats, quantile: Floats) -> Floats:
    """Return in days a *quantile* that is in bands; *firsts* are the first days of the bands, the open one last.

    The bands may be of any width: a place inside a band is as far into its days.
    """
    days = np.interp(quantile, np.arange(len(firsts)), firsts)
    return np.where(np.isnan(quantile), np.nan, days)


def share_within(firsts: Floats, counts: Floats, until: float) -> Floats:
    """Return the share of each row's people who have waited less than *until* days; NaN for rows without people.

    *counts* has shape (rows, bands), *firsts* the first day of each, the open one last. Inside a band people are spread
    evenly; where *until* lies inside the open one nobody can tell, and it is NaN.
    """
    total = counts.sum(axis=1)
    place = float(np.interp(until, firsts, np.arange(len(firsts))))
    whole = int(place)
    people = counts[:, :whole].sum(axis=1) + (place - whole) * counts[:, whole]
    is_known = (total > 0) & ((until <= firsts[-1]) | (counts[:, -1] == 0))
    return np.where(is_known, people / np.maximum(total, 1e-9), np.nan)


def shift_against_published(counts: Floats, published: Mapping[float, Floats]) -> Shift | None:
    """Return which bands have changed places when the *published* percentiles do not follow from *counts*, or None.

    *counts* has shape (rows, bands); *published* is share → percentile of each row in bands (0.5: the median), NaN
    where none is given. More rows must disagree than a right file has (three in a thousand), beyond chance.
    """
    rows = counts.sum(axis=1) >= MIN_PEOPLE
    said = {share: values[rows] for share, values in published.items()}
    people = counts[rows]
    wrong, tested = _disagreeing(people, said)
    if not tested.any() or _at_least(int(wrong.sum()), _USUALLY_WRONG * int(tested.sum())) > _NEVER:
        return None
    count, broken = int(tested.sum()), int(wrong.sum())
    for order in _orders(people.shape[1]):
        left, _ = _disagreeing(people[:, order], said)
        if left.sum() <= max(_USUALLY_WRONG * count, _FEW * broken):
            moved = np.flatnonzero(order != np.arange(len(order)))
            return Shift(tuple(map(int, moved)), tuple(map(int, order[moved])), count, broken)
    return Shift(_between(people[wrong], {share: values[wrong] for share, values in said.items()}), (), count, broken)


def shift_against_history(counts: Floats, history: Floats) -> Shift | None:
    """Return which bands have changed places in *counts* (rows, bands) against *history* (days, rows, bands), or None.

    *history* should be the days nearest in time, since a list's profile drifts. What is expected of a row's bands is
    its people by their usual shares; deviations are on the square root scale, against how much the band differs from
    day to day. The order of the bands is sought that fits best (assignment), and each ring of bands in it that have
    changed places counts when it explains most of what is odd about them, beyond chance.
    """
    # Asked for seldom, and loading it takes a quarter of a second that every command would wait.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    usual = history.sum(axis=0) / np.maximum(history.sum(axis=(0, 2))[:, None], 1.0)
    wide = np.maximum(1.0, np.mean(_deviation(history, usual) ** 2, axis=(0, 1)))
    people = counts.sum(axis=1, keepdims=True) * usual
    found, awaited = 2 * np.sqrt(counts + 3 / 8), 2 * np.sqrt(people + 3 / 8)
    # The squared distance of every column to every band, without a cube of rows × bands × bands.
    squares = (found**2).sum(axis=0)[:, None] + (awaited**2).sum(axis=0)[None, :] - 2 * found.T @ awaited
    cost = squares / wide
    home = linear_sum_assignment(cost)[1]
    moved: list[int] = []
    for ring in _rings(home):
        as_it_stands = float(cost[ring, ring].sum())
        gained = as_it_stands - float(cost[ring, home[ring]].sum())
        if gained >= _CERTAIN * len(ring) and gained >= _MOST * as_it_stands:
            moved += ring
    if not moved:
        return None
    # What stands under the heading of band b belongs to band home[b]: a band's own stands where that leads to it.
    stands = np.argsort(home)
    bands = sorted(moved)
    return Shift(tuple(bands), tuple(int(stands[band]) for band in bands), 1, 1)


def _disagreeing(counts: Floats, published: Mapping[float, Floats]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows disagree with a percentile, and which could be compared with one."""
    wrong, tested = np.zeros((2, len(counts)), dtype=bool)
    for share, values in published.items():
        found = band_quantile(counts, share)
        both = np.isfinite(found) & np.isfinite(values)
        tested |= both
        wrong |= both & (np.abs(found - values) > _ROUNDED)
    return wrong, tested


def _at_least(count: int, mean: float) -> float:
    """Return the probability of *count* or more where *mean* are expected (Poisson)."""
    term, below = math.exp(-mean), 0.0
    for number in range(count):
        below += term
        term *= mean / (number + 1)
    return max(0.0, 1.0 - below)


def _orders(bands: int) -> Iterator[NDArray[np.int64]]:
    """Yield the orders that a mistake makes: all bands rolled some places, or neighbours swapped or turned."""
    own = np.arange(bands)
    for places in _ROLLS:
        if places:
            yield np.roll(own, places)
    for first in range(bands):
        for turn in _TURNS:
            if first + len(turn) <= bands:
                order = own.copy()
                order[first : first + len(turn)] = first + np.array(turn)
                yield order


def _between(counts: Floats, published: Mapping[float, Floats]) -> tuple[int, ...]:
    """Return the bands that the disagreeing percentiles lie in, as they are and as they were published."""
    bands: set[int] = set()
    for share, values in published.items():
        found = band_quantile(counts, share)
        off = np.abs(found - values) > _ROUNDED
        bands |= {int(band) for band in np.concatenate([found[off], values[off]])}
    return tuple(sorted(bands))


def _deviation(history: Floats, usual: Floats) -> Floats:
    """Return how far each day's bands are from the usual shares of that day's people, on the square root scale."""
    people = history.sum(axis=2, keepdims=True) * usual
    return np.asarray(2 * (np.sqrt(history + 3 / 8) - np.sqrt(people + 3 / 8)))


def _rings(home: NDArray[np.int64]) -> Iterator[list[int]]:
    """Yield the rings of a permutation: bands that have changed places among themselves."""
    seen: set[int] = set()
    for start in range(len(home)):
        ring: list[int] = []
        at = start
        while at not in seen:
            seen.add(at)
            ring.append(at)
            at = int(home[at])
        if len(ring) > 1:
            yield ring
