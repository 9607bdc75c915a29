"""A whole chart: phases with limits of their own, and what the rules say of them; what to expect of a target."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from vardbalans.engine.effects.spc.limits import KINDS, Kind, Limits, Points
from vardbalans.engine.effects.spc.rules import RULE_SETS, RuleSet, Runs, Signal, runs_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["FEWEST", "Assurance", "Chart", "Phases", "assurance", "chart", "short_phases"]

Assurance = Literal["pass", "fail", "hit_or_miss"]

FEWEST = 13
"""Points a phase should have for its limits to be trusted (NHS England, *Making Data Count*)."""

_WITHOUT_RUNS: frozenset[Kind] = frozenset({"mr"})  # neighbouring ranges share a value, so their runs are no signal


@dataclass(frozen=True)
class Phases:
    """What the limits come from.

    *starts* are the places where a new phase begins (the first point always begins one); *freeze* is how many of a
    phase's first points make its limits (all where None); *left_out* are places that are drawn and held against the
    limits but make neither limits nor runs; *screen* leaves out moving ranges that are outliers.
    """

    starts: tuple[int, ...] = ()
    freeze: int | None = None
    left_out: frozenset[int] = field(default_factory=frozenset)
    screen: bool = True

    def __post_init__(self) -> None:
        if self.freeze is not None and self.freeze < 2:
            raise BadInput(Message("Gränser behöver minst två punkter, inte {count}.", count=self.freeze))


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart's limits over all points, its signals in order, and per phase where it begins and its runs."""

    kind: Kind
    limits: Limits
    signals: tuple[Signal, ...]
    starts: tuple[int, ...]
    runs: tuple[Runs, ...]

    def at(self, place: int) -> tuple[Signal, ...]:
        """Return the signals that the point at *place* is part of."""
        return tuple(signal for signal in self.signals if place in signal.points)


def chart(kind: Kind, points: Points, phases: Phases | None = None, rules: RuleSet = "nhs") -> Chart:
    """Return the chart of *points*; signals never reach over the border of two phases. Raises BadInput.

    A phase needs a known point that is not left out, and for charts built on moving ranges two that are neighbours.
    """
    phases, count = phases or Phases(), len(points.values)
    starts = tuple(sorted({0, *(start for start in phases.starts if 0 < start < count)}))
    parts = [
        _phase(kind, points, range(first, end), phases, rules)
        for first, end in zip(starts, (*starts[1:], count), strict=True)
    ]
    limits = Limits(
        *(
            np.concatenate([getattr(part, name) for part, *_ in parts], axis=-1)
            for name in ("values", "centre", "lower", "upper")
        )
    )
    signals = tuple(signal for _, found, _ in parts for signal in found)
    return Chart(kind, limits, signals, starts, tuple(runs for *_, runs in parts))


def _phase(
    kind: Kind, points: Points, phase: range, phases: Phases, rules: RuleSet
) -> tuple[Limits, list[Signal], Runs]:
    part = points.part(slice(phase.start, phase.stop))
    included = np.array([place not in phases.left_out for place in phase])
    base = included & (np.arange(len(phase)) < (phases.freeze or len(phase)))
    if not (base & ~np.isnan(part.values)).any():
        raise BadInput(Message("En fas saknar kända värden att räkna gränser av."))
    limits = KINDS[kind](part, base, phases.screen)
    places = np.flatnonzero(included & ~np.isnan(limits.values))
    asked = RULE_SETS[rules][:1] if kind in _WITHOUT_RUNS else RULE_SETS[rules]
    signals = [_moved(signal, phase.start) for rule in asked for signal in rule(limits, places)]
    return limits, signals, runs_of(limits, places)


def _moved(signal: Signal, by: int) -> Signal:
    return replace(signal, points=tuple(place + by for place in signal.points))


def assurance(lower: float, upper: float, target: float, better: Literal["higher", "lower"]) -> Assurance:
    """Return what the process will do to *target* as it is: always miss it, always reach it, or now one and now the
    other.

    *lower* and *upper* are the process's present limits. Source: NHS England, *Making Data Count*.
    """
    if target > upper:
        return "fail" if better == "higher" else "pass"
    if target < lower:
        return "pass" if better == "higher" else "fail"
    return "hit_or_miss"


def short_phases(starts: Sequence[int], values: Floats) -> list[tuple[int, int]]:
    """Return place and number of known points of each phase with fewer than :data:`FEWEST`."""
    ends = (*starts[1:], len(values))
    known = [int((~np.isnan(values[first:end])).sum()) for first, end in zip(starts, ends, strict=True)]
    return [(first, count) for first, count in zip(starts, known, strict=True) if count < FEWEST]
