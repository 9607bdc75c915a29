"""The benefit register: what measured effects have brought in each unit, counted once and rolled up with its spread.

A gain is what a measured ratio says about what is counted now: of n events with the measure there would have been n / f
without it, so n · (1 / f − 1) fewer. Three rules hold for every sum.

* What is not shown is in no sum.
* Measures on the same target in the same unit share one effect. Each estimate may hold the other's effect as well, so
  the largest gain of them counts, shared in proportion to what each would have had alone.
* A measure's gains in several units rest on one estimate and go up and down together, and so do those of measures that
  share an effect; those of other measures do not. Widths are added within such a group, and squares of widths between
  groups.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vardbalans.engine.benefit import Benefit
from vardbalans.engine.effects.verdict import Interval
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Gain", "Spread", "gained", "rolled_up", "shared", "spread_of"]


@dataclass(frozen=True)
class Gain:
    """What one measure has brought in one unit in a year: *kind* is hours, slots, bed_days, ore or cases.

    *target* is what it acts on there; measures with the same target overlap. *counted* says that the measure's effect
    is shown. *share* is the part that is left when overlapping measures have shared.
    """

    measure_id: str
    unit_id: str
    target: str
    kind: str
    expected: float
    low: float
    high: float
    counted: bool
    share: float = 1.0


def gained(amount: float, found: Interval) -> tuple[float, float, float]:
    """Return how much less of *amount* there is than there would have been, by the ratio *found*: expected, low, high.

    60 no-shows with a ratio of 0.75 would have been 80: twenty fewer. Raises BadInput for a ratio that is not above
    zero or has no end, of which nothing can be said.
    """
    ends = (found.estimate, found.high, found.low)
    if found.scale != "ratio" or not all(math.isfinite(end) and end > 0 for end in ends):
        raise BadInput(Message("Nyttan kan bara räknas av en kvot över noll med två gränser."))
    expected, low, high = (amount * (1 / end - 1) for end in ends)
    return expected, low, high


def shared(gains: Iterable[Gain]) -> tuple[Gain, ...]:
    """Return *gains* with those that overlap sharing the largest of them; the sum never exceeds it.

    Only counted gains above zero share: what did harm, or is not shown, takes nothing from the others.
    """
    rows = tuple(gains)
    groups: dict[tuple[str, str, str], list[Gain]] = {}
    for row in rows:
        if row.counted and row.expected > 0:
            groups.setdefault((row.unit_id, row.target, row.kind), []).append(row)
    left = {
        place: max(row.expected for row in group) / math.fsum(row.expected for row in group)
        for place, group in groups.items()
        if len(group) > 1
    }
    return tuple(_scaled(row, left.get((row.unit_id, row.target, row.kind), 1.0)) for row in rows)


def _scaled(row: Gain, share: float) -> Gain:
    if not (row.counted and row.expected > 0):
        return row
    return replace(row, expected=row.expected * share, low=row.low * share, high=row.high * share, share=share)


def rolled_up(gains: Iterable[Gain], units: Collection[str] | None = None) -> tuple[Benefit, ...]:
    """Return the sum per kind of the counted gains in *units* (None: all), kinds in order of name; none where nothing
    counts.
    """
    counted = [row for row in gains if row.counted and (units is None or row.unit_id in units)]
    together = _together(counted)
    found = []
    for kind in sorted({row.kind for row in counted}):
        groups: dict[str, list[Gain]] = {}
        for row in counted:
            if row.kind == kind:
                groups.setdefault(together[row.measure_id], []).append(row)
        sums = [
            [math.fsum(getattr(row, name) for row in rows) for name in ("expected", "low", "high")]
            for rows in groups.values()
        ]
        expected = math.fsum(total for total, *_ in sums)
        below = math.sqrt(math.fsum((total - low) ** 2 for total, low, _ in sums))
        above = math.sqrt(math.fsum((high - total) ** 2 for total, _, high in sums))
        found.append(Benefit(kind, expected, expected - below, expected + above))
    return tuple(found)


def _together(rows: Iterable[Gain]) -> dict[str, str]:
    """Return measure → the one that stands for all it shares an effect with, itself or by way of others."""
    rows = tuple(rows)
    group = {row.measure_id: row.measure_id for row in rows}
    sharing: dict[tuple[str, str], str] = {}
    for row in rows:
        if row.share < 1:
            joined = group[sharing.setdefault((row.unit_id, row.target), row.measure_id)]
            left = group[row.measure_id]
            group = {name: joined if of == left else of for name, of in group.items()}
    return group


@dataclass(frozen=True)
class Spread:
    """How an effect lies over units: how many are shown for the better, not shown, and shown for the worse; ratios."""

    units: int
    better: int
    not_shown: int
    worse: int
    least: float
    median: float
    most: float


def spread_of(effects: Sequence[Interval], *, lower_is_better: bool) -> Spread | None:
    """Return how the *effects* (ratios, one per unit) are spread; None without any."""
    if not effects:
        return None
    under = sum(row.high < 1 for row in effects)
    over = sum(row.low > 1 for row in effects)
    better, worse = (under, over) if lower_is_better else (over, under)
    ratios = np.array([row.estimate for row in effects])
    return Spread(
        len(effects),
        better,
        len(effects) - under - over,
        worse,
        float(ratios.min()),
        float(np.median(ratios)),
        float(ratios.max()),
    )
