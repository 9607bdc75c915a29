"""Goals and indicators as a tree: region → division → clinic → unit, where every level is the sum of what is below it.

An indicator that is a share is rolled up as the sum of its parts over the sum of its wholes, never as a mean of shares:
9 of 10 and 1 of 30 are 10 of 40, a quarter, not 47 %. One that is a number is the sum. Nothing counted is no outcome,
which is not zero.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["Count", "Direction", "Goal", "GoalStatus", "Indicator", "Node", "RollUp", "tree"]

RollUp = Literal["share", "sum"]
Direction = Literal["up", "down"]
GoalStatus = Literal["met", "not_met", "no_target", "no_outcome"]

_NOTHING = 1e-12


@dataclass(frozen=True)
class Indicator:
    """What is followed: *definition* says of what it is counted, *direction* whether high or low is good."""

    indicator_id: str
    name: Message
    definition: Message
    roll_up: RollUp
    unit: str
    direction: Direction
    counted: str = "count"
    """What the parts and wholes of a share are counted in: ``minutes``, or single ones."""


@dataclass(frozen=True)
class Count:
    """What one unit itself contributes: *part* of *whole*, or a number (*whole* is then None)."""

    unit_id: str
    indicator_id: str
    part: float
    whole: float | None = None


@dataclass(frozen=True)
class Goal:
    """A *target* for one unit and indicator from *valid_from* on; *direction* may differ from the indicator's own."""

    unit_id: str
    indicator_id: str
    target: float
    direction: Direction
    valid_from: date


@dataclass(frozen=True)
class Node:
    """One unit's outcome of one indicator: *own* is what it contributes itself, *part* and *whole* with all below it.

    *depth* is 0 at the top. *whole* is None for a number. *target* is None without a goal of the unit's own.
    """

    unit: Unit
    depth: int
    indicator: Indicator
    own: float
    part: float
    whole: float | None
    target: float | None
    direction: Direction

    @property
    def value(self) -> float | None:
        """Return the share, or the number; None where nothing was counted."""
        if self.whole is None:
            return self.part if self.indicator.roll_up == "sum" else None
        return self.part / self.whole if self.whole > 0 else None

    @property
    def status(self) -> GoalStatus:
        """Return how the outcome stands to the target; reaching it exactly is to meet it."""
        if self.value is None:
            return "no_outcome"
        if self.target is None:
            return "no_target"
        ahead = self.value - self.target if self.direction == "up" else self.target - self.value
        return "met" if ahead >= -_NOTHING else "not_met"


def tree(
    units: Mapping[str, Unit],
    indicators: Iterable[Indicator],
    counts: Iterable[Count],
    goals: Sequence[Goal],
    day: date,
) -> tuple[Node, ...]:
    """Return a node per unit and indicator that has an outcome or a goal in force on *day*, each unit after its parent.

    Raises BadInput for a count of an unknown unit or of another kind than its indicator, and for units in a circle.
    """
    known = {row.indicator_id: row for row in indicators}
    own: dict[tuple[str, str], list[Count]] = {}
    for count in counts:
        if count.unit_id not in units:
            raise BadInput(Message("Enheten {unit} finns inte i data.", unit=count.unit_id))
        if (count.whole is None) != (known[count.indicator_id].roll_up == "sum"):
            raise BadInput(Message("Indikatorn {id} räknas på ett annat sätt.", id=count.indicator_id))
        own.setdefault((count.unit_id, count.indicator_id), []).append(count)
    targets = _targets(goals, day)
    placed = tuple(_in_order(units))
    if len(placed) < len(units):
        raise BadInput(Message("Enheterna är överordnade varandra i en ring. Rätta överordnad enhet."))
    rolled = _rolled_up(placed, known, own)
    return tuple(
        Node(
            unit,
            depth,
            indicator,
            math.fsum(row.part for row in own.get((unit.unit_id, name), ())),
            *rolled.get((unit.unit_id, name), (0.0, 0.0 if indicator.roll_up == "share" else None)),
            goal.target if goal else None,
            goal.direction if goal else indicator.direction,
        )
        for unit, depth in placed
        for name, indicator in known.items()
        for goal in (targets.get((unit.unit_id, name)),)
        if goal or (unit.unit_id, name) in rolled
    )


def _targets(goals: Iterable[Goal], day: date) -> dict[tuple[str, str], Goal]:
    """Return the goal in force of each unit and indicator: the latest that has begun."""
    held = sorted((row for row in goals if row.valid_from <= day), key=lambda row: row.valid_from)
    return {(row.unit_id, row.indicator_id): row for row in held}


def _in_order(units: Mapping[str, Unit]) -> Iterator[tuple[Unit, int]]:
    """Yield every unit after its parent, with how deep it lies; those in a circle are not reached."""
    below: dict[str, list[Unit]] = {}
    for unit in units.values():
        below.setdefault(unit.parent_id if unit.parent_id in units else "", []).append(unit)
    waiting = [(unit, 0) for unit in reversed(below.get("", []))]
    while waiting:
        unit, depth = waiting.pop()
        yield unit, depth
        waiting += [(child, depth + 1) for child in reversed(below.get(unit.unit_id, []))]


def _rolled_up(
    placed: Sequence[tuple[Unit, int]], known: Mapping[str, Indicator], own: Mapping[tuple[str, str], Sequence[Count]]
) -> dict[tuple[str, str], tuple[float, float | None]]:
    """Return part and whole of each unit that has any: its own, and what its children have."""
    parts: dict[tuple[str, str], list[tuple[float, float | None]]] = {
        place: [(row.part, row.whole) for row in rows] for place, rows in own.items()
    }
    rolled: dict[tuple[str, str], tuple[float, float | None]] = {}
    for unit, _ in reversed(placed):  # children before their parents
        for name, indicator in known.items():
            rows = parts.get((unit.unit_id, name))
            if rows:
                whole = None if indicator.roll_up == "sum" else math.fsum(row[1] or 0.0 for row in rows)
                rolled[unit.unit_id, name] = math.fsum(row[0] for row in rows), whole
                parts.setdefault((unit.parent_id, name), []).append(rolled[unit.unit_id, name])
    return rolled
