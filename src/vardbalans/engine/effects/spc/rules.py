"""The rules that tell a signal from chance, in the named sets that the field uses.

* ``nhs``, *Making Data Count* (NHS England; NHSRplotthedots): a point outside the limits; seven in a row on one side;
  seven in a row that all rise or all fall; two of three near the same limit.
* ``anhoej`` (Anhøj and Olesen 2014): the longest run is longer, or the centre line crossed fewer times, than chance
  makes it; a point outside the limits, where the chart has any.
* ``western_electric`` (1956): a point outside; two of three beyond two sigmas, four of five beyond one, eight in a
  row, each on one side.

A gap is passed over: it neither breaks a run nor makes it longer.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from vardbalans.engine.effects.spc.limits import Limits
from vardbalans.engine.units import Floats

__all__ = ["RULE_SETS", "Rule", "RuleSet", "Runs", "Signal", "fewest_crossings", "longest_allowed", "runs_of"]

RuleSet = Literal["nhs", "anhoej", "western_electric"]
Rule = Literal["outside", "shift", "trend", "two_of_three", "four_of_five", "longest_run", "crossings"]


@dataclass(frozen=True)
class Signal:
    """One signal: the *rule*, the *points* it rests on (their places in order; none for crossings), and on which side.

    *side* is 1 above the centre (or rising), -1 below (or falling), 0 where neither is meant. *limit* is the number the
    rule asks for, *found* what there was.
    """

    rule: Rule
    points: tuple[int, ...]
    side: int
    found: int
    limit: int


@dataclass(frozen=True)
class Runs:
    """How the points lie about the centre line: how many are off it, the longest run, and crossings."""

    useful: int
    longest: int
    crossings: int

    @property
    def longest_allowed(self) -> int | None:
        """Return the longest run that chance makes; None where no point is off the line."""
        return longest_allowed(self.useful) if self.useful else None

    @property
    def fewest_crossings(self) -> int | None:
        """Return the fewest crossings that chance makes; None where no point is off the line."""
        return fewest_crossings(self.useful) if self.useful else None


def longest_allowed(useful: int) -> int:
    """Return the longest run that chance makes among *useful* points off the centre line (Schilling 2012)."""
    return round(math.log2(useful)) + 3


def fewest_crossings(useful: int) -> int:
    """Return the fewest crossings of the centre line that chance makes: the 5 % quantile (Chen 2010)."""
    from scipy.stats import binom  # noqa: PLC0415 - heavy

    return int(binom.ppf(0.05, max(useful - 1, 0), 0.5))


def _outside(limits: Limits, places: np.ndarray) -> Iterator[Signal]:
    """Give each point beyond three sigmas; points that are kept out of the base are judged as well."""
    del places
    for side, beyond in ((1, limits.values > limits.upper[2]), (-1, limits.values < limits.lower[2])):
        for place in np.flatnonzero(beyond):
            yield Signal("outside", (int(place),), side, 1, 1)


def _sides(limits: Limits, places: np.ndarray) -> Floats:
    found: Floats = np.sign(limits.values - limits.centre)[places]
    return found


def _runs(marks: Floats) -> Iterator[tuple[int, int, int]]:
    """Give each stretch of equal marks: first place, the place after the last, and the mark."""
    if not len(marks):
        return
    edges = [0, *(np.flatnonzero(np.diff(marks)) + 1), len(marks)]
    for first, end in pairwise(edges):
        yield int(first), int(end), int(marks[first])


def _shift(length: int) -> Callable[[Limits, np.ndarray], Iterator[Signal]]:
    def found(limits: Limits, places: np.ndarray) -> Iterator[Signal]:
        for first, end, side in _runs(_sides(limits, places)):
            if side and end - first >= length:
                yield Signal("shift", _chosen(places[first:end]), side, end - first, length)

    return found


def _trend(length: int) -> Callable[[Limits, np.ndarray], Iterator[Signal]]:
    """Return the rule of *length* points that all rise or all fall, that is one step less."""

    def found(limits: Limits, places: np.ndarray) -> Iterator[Signal]:
        for first, end, way in _runs(np.sign(np.diff(limits.values[places]))):
            if way and end - first + 1 >= length:
                yield Signal("trend", _chosen(places[first : end + 1]), way, end - first + 1, length)

    return found


def _near_a_limit(limits: Limits, places: np.ndarray) -> Iterator[Signal]:
    """Give NHS's two of three: between two and three sigmas, all three on the same side of the centre."""
    sides = _sides(limits, places)
    for side, near in (
        (1, (limits.values > limits.upper[1]) & (limits.values <= limits.upper[2])),
        (-1, (limits.values < limits.lower[1]) & (limits.values >= limits.lower[2])),
    ):
        yield from _crowded("two_of_three", 3, 2, side, near[places], sides == side, places)


def _beyond(rule: Rule, window: int, needed: int, sigmas: int) -> Callable[[Limits, np.ndarray], Iterator[Signal]]:
    def found(limits: Limits, places: np.ndarray) -> Iterator[Signal]:
        anywhere = np.ones(len(places), dtype=bool)
        for side, far in (
            (1, limits.values > limits.upper[sigmas - 1]),
            (-1, limits.values < limits.lower[sigmas - 1]),
        ):
            yield from _crowded(rule, window, needed, side, far[places], anywhere, places)

    return found


def _crowded(
    rule: Rule, window: int, needed: int, side: int, far: np.ndarray, allowed: np.ndarray, places: np.ndarray
) -> Iterator[Signal]:
    """Give a signal per stretch of overlapping windows with *needed* far points or more, and all points *allowed*."""
    marked = np.zeros(len(far), dtype=bool)
    hits = [
        first
        for first in range(len(far) - window + 1)
        if far[first : first + window].sum() >= needed and allowed[first : first + window].all()
    ]
    for first in hits:
        marked[first : first + window] = True
    for first, end, mark in _runs(marked.astype(float)):
        if mark:
            chosen = [place for place in range(first, end) if far[place]]
            yield Signal(rule, _chosen(places[chosen]), side, len(chosen), needed)


def _chosen(places: np.ndarray) -> tuple[int, ...]:
    return tuple(int(place) for place in places)


def _off_the_line(limits: Limits, places: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """Return the places off the centre line, and the runs among them."""
    sides = _sides(limits, places)
    return places[sides != 0], list(_runs(sides[sides != 0]))


def runs_of(limits: Limits, places: np.ndarray) -> Runs:
    """Return how the points at *places* lie about the centre line."""
    useful, runs = _off_the_line(limits, places)
    return Runs(len(useful), max((end - first for first, end, _ in runs), default=0), max(len(runs) - 1, 0))


def _chance_runs(limits: Limits, places: np.ndarray) -> Iterator[Signal]:
    """Give Anhøj's two signals, over the points that are not on the centre line."""
    useful, runs = _off_the_line(limits, places)
    if not runs:
        return
    first, end, side = max(runs, key=lambda run: run[1] - run[0])
    allowed, fewest = longest_allowed(len(useful)), fewest_crossings(len(useful))
    if end - first > allowed:
        yield Signal("longest_run", _chosen(useful[first:end]), side, end - first, allowed)
    if len(runs) - 1 < fewest:
        yield Signal("crossings", (), 0, len(runs) - 1, fewest)


RULE_SETS: Mapping[RuleSet, tuple[Callable[[Limits, np.ndarray], Iterator[Signal]], ...]] = {
    "nhs": (_outside, _shift(7), _trend(7), _near_a_limit),
    "anhoej": (_outside, _chance_runs),
    "western_electric": (_outside, _beyond("two_of_three", 3, 2, 2), _beyond("four_of_five", 5, 4, 1), _shift(8)),
}
"""Each rule takes a phase's limits and the places of the points that runs are read from."""
