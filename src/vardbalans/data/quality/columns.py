"""Columns that have changed places: the counts per waiting-time band of a file belong to other bands than its headings say.

Seen in two ways. Where the source publishes medians or other percentiles beside the bands, they no longer follow from
the bands. Where there is a history, some bands differ from it, and differ no longer when they are put in another order.
Nothing else can tell: a rotated file is as whole and as well formed as a right one, and its sums are the same.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vardbalans.engine.units import Floats

__all__ = ["Shift", "band_quantile", "shift_against_history", "shift_against_published"]

MIN_PEOPLE = 20
"""A row with fewer people is not compared with its published percentiles: they are rounded, and move in leaps."""

_ROUNDED = 0.051  # percentiles are published with one decimal
_USUALLY_WRONG = 0.003  # of rows in a right file: their percentiles were not taken from just these bands
_NEVER = 0.001
_ROLLS = range(-6, 7)
_TURNS = ((1, 0), (1, 2, 0), (2, 0, 1))  # two neighbours swapped, three turned one way and the other
_CERTAIN = 16.0  # four standard deviations, squared
_LEFT = 0.25
_DRIFT = 0.25  # by how much the logarithm of a band's share differs between days, where one day is all the history
_SMALLEST_DRIFT = 0.05


@dataclass(frozen=True)
class Shift:
    """Bands whose counts are not their own, by number; *found_in* is where the counts of each stand (empty: unknown).

    *broken* of *tested* rows did not agree with what was published; in a comparison with history both are 1.
    """

    bands: tuple[int, ...]
    found_in: tuple[int, ...]
    tested: int
    broken: int


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


def shift_against_published(counts: Floats, published: Mapping[float, Floats]) -> Shift | None:
    """Return which bands have changed places when the *published* percentiles do not follow from *counts*, or None.

    *counts* has shape (rows, bands); *published* is share → percentile of each row in bands (0.5: the median), NaN where
    none is given. More rows must disagree than a right file has (three in a thousand), beyond chance.
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
        if left.sum() <= max(_USUALLY_WRONG * count, _LEFT * _USUALLY_WRONG * broken):
            moved = np.flatnonzero(order != np.arange(len(order)))
            return Shift(tuple(map(int, moved)), tuple(map(int, order[moved])), count, broken)
    return Shift(_between(people[wrong], {share: values[wrong] for share, values in said.items()}), (), count, broken)


def shift_against_history(counts: Floats, history: Floats) -> Shift | None:
    """Return which bands have changed places in *counts* (bands) against *history* (days, bands), or None.

    Each band's share is compared with its usual one, in logarithms, against how much it differs from day to day. Bands
    that differ beyond chance have changed places when each then is as another one usually is.
    """
    usual, noise = _usual(counts, history)
    now = np.log(counts + 0.5) - np.log(counts.sum() + 0.5 * len(counts))
    cost = np.minimum(((now[:, None] - usual[None, :]) / noise[None, :]) ** 2, 10_000.0)
    places = linear_sum_assignment(cost)[1]
    moved: list[int] = []
    for cycle in _cycles(places):
        as_it_stands = float(np.mean([cost[band, band] for band in cycle]))
        put_right = float(np.mean([cost[band, places[band]] for band in cycle]))
        if len(cycle) > 1 and as_it_stands >= _CERTAIN and put_right <= _LEFT * as_it_stands:
            moved += cycle
    if not moved:
        return None
    # The counts in column b are those of band places[b]: the counts of a band are found where that leads to it.
    home = np.argsort(places)
    bands = sorted(moved)
    return Shift(tuple(bands), tuple(int(home[band]) for band in bands), 1, 1)


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


def _usual(counts: Floats, history: Floats) -> tuple[Floats, Floats]:
    """Return the logarithm of each band's usual share, and its standard deviation from day to day and by chance."""
    logs = np.log(history + 0.5) - np.log(history.sum(axis=1, keepdims=True) + 0.5 * history.shape[1])
    usual = np.median(logs, axis=0)
    drift = 1.4826 * np.median(np.abs(logs - usual), axis=0) if len(history) > 2 else np.full(len(usual), _DRIFT)
    chance = 1 / (np.exp(usual) * counts.sum() + 0.5) + 1 / (history.sum(axis=0) + 0.5)
    return usual, np.sqrt(np.maximum(drift, _SMALLEST_DRIFT) ** 2 + chance)


def _cycles(places: NDArray[np.int64]) -> Iterator[list[int]]:
    seen: set[int] = set()
    for start in range(len(places)):
        cycle: list[int] = []
        at = start
        while at not in seen:
            seen.add(at)
            cycle.append(at)
            at = int(places[at])
        if cycle:
            yield cycle
