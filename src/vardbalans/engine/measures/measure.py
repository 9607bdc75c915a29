"""What a measure is: one named parameter at one of the five points, changed from a date, by how much and how surely."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = [
    "PARAMETERS",
    "Interval",
    "Measure",
    "Parameter",
    "Point",
    "Status",
    "added_by",
    "switched",
]

Point = Literal["care_need", "required_production", "required_capacity", "resources", "available_capacity"]
Parameter = Literal[
    "need", "activities", "lost_share", "minutes", "stay_days", "sets", "time", "utilisation", "absence"
]
Status = Literal["idea", "pilot", "measured", "in_plan", "stopped"]

PARAMETERS: Mapping[Point, tuple[Parameter, ...]] = {
    "care_need": ("need",),
    "required_production": ("activities", "lost_share"),
    "required_capacity": ("minutes", "stay_days"),
    "resources": ("sets",),
    "available_capacity": ("time", "utilisation", "absence"),
}
"""The parameters of each point, in the order of the chain; the first is meant where none is named."""


@dataclass(frozen=True)
class Interval:
    """An expected value between *low* and *high*, which may be the same: then it is taken as certain."""

    expected: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (all(map(math.isfinite, (self.low, self.expected, self.high))) and self.low <= self.expected):
            raise BadInput(self._wrong())
        if self.expected > self.high:
            raise BadInput(self._wrong())

    def _wrong(self) -> Message:
        return Message(
            "Effekten ska ligga mellan sin nedre och övre gräns: {low} ≤ {expected} ≤ {high} stämmer inte.",
            low=self.low,
            expected=self.expected,
            high=self.high,
        )

    def drawn(self, uniform: Floats) -> Floats:
        """Return values for *uniform* numbers in 0–1: never outside the bounds, and with *expected* as their mean.

        The value lies evenly below *expected* with the probability that makes the mean come out right, and evenly
        above it otherwise.
        """
        if self.low == self.high:
            return np.full(uniform.shape, self.expected)
        below = (self.high - self.expected) / (self.high - self.low)
        found: Floats = np.interp(uniform, [0.0, below, 1.0], [self.low, self.expected, self.high])
        return found


@dataclass(frozen=True)
class Measure:
    """A change of *parameter* for a service, a resource, or all there is in a unit and below it.

    Either *factor* (0.9: a tenth less) or, for ``sets`` of one resource, *added* (posts or sets more). The effect grows
    evenly from *starts* until it is full after *ramp_weeks*, and is gone the day after *ends*. *cost_ore* is per year
    while it lasts and *once_ore* at the start; None is unknown, never nothing. *table* is where it is written down,
    *hypothesis* why it should work. Parts of one measure have the id of the whole in *part_of* (see :mod:`whole`).
    A measure on a whole unit leaves the units *but_not*, and those below them, alone.
    """

    measure_id: str
    name: str
    unit_id: str
    parameter: Parameter
    starts: date
    factor: Interval | None = None
    added: Interval | None = None
    service_id: str = ""
    resource_id: str = ""
    ends: date | None = None
    ramp_weeks: int = 0
    cost_ore: int | None = None
    once_ore: int | None = None
    owner: str = ""
    status: Status = "idea"
    table: str = "measures"
    hypothesis: str = ""
    part_of: str = ""
    but_not: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if (self.factor is None) == (self.added is None):
            raise BadInput(Message("Åtgärd {id}: ange antingen en faktor eller ett antal.", id=self.measure_id))
        if self.added is not None and self.parameter != "sets":
            raise BadInput(Message("Åtgärd {id}: ett antal kan bara läggas till resurser.", id=self.measure_id))
        if self.added is not None and not self.resource_id:
            raise BadInput(Message("Åtgärd {id}: ange vilken resurs antalet läggs till.", id=self.measure_id))
        if self.factor is not None and self.factor.low < 0:
            raise BadInput(Message("Åtgärd {id}: faktorn kan inte vara under noll.", id=self.measure_id))
        if self.ends is not None and self.ends < self.starts:
            raise BadInput(Message("Åtgärd {id}: den slutar innan den börjar.", id=self.measure_id))
        if min(self.cost_ore or 0, self.once_ore or 0) < 0:
            raise BadInput(Message("Åtgärd {id}: kostnaden kan inte vara under noll.", id=self.measure_id))
        if self.ramp_weeks < 0:
            raise BadInput(Message("Åtgärd {id}: infasningen kan inte vara under noll veckor.", id=self.measure_id))

    @property
    def point(self) -> Point:
        """Return the point of the chain that the measure acts on."""
        return next(point for point, names in PARAMETERS.items() if self.parameter in names)

    @property
    def effect(self) -> Interval:
        """Return the full effect: a factor, or sets or posts added."""
        found = self.factor or self.added
        if found is None:  # refused when made
            raise AssertionError(self.measure_id)
        return found

    @property
    def whole_id(self) -> str:
        """Return the id of the whole that the measure is a part of: its own where it stands alone."""
        return self.part_of or self.measure_id

    @property
    def adds(self) -> bool:
        """Tell whether the full effect is expected to give more of the parameter, or as much."""
        return self.effect.expected >= (1.0 if self.added is None else 0.0)

    @property
    def code(self) -> str:
        """Return the code of the steps that tell what the measure added."""
        return f"measure:{self.measure_id}"

    @property
    def source(self) -> Source:
        """Return where the measure is written down."""
        return Source.of(self.table, measure_id=self.measure_id)

    @property
    def order(self) -> tuple[int, date, str]:
        """Return where the measure stands: by the chain's order of parameters, then its start, then its id."""
        chain = [name for names in PARAMETERS.values() for name in names]
        return chain.index(self.parameter), self.starts, self.measure_id

    def reached(self, day: date) -> float:
        """Return the share of the full effect on *day*: the n:th day of a ramp of N has n/N."""
        if day < self.starts or (self.ends is not None and day > self.ends):
            return 0.0
        return min(1.0, ((day - self.starts).days + 1) / max(1, 7 * self.ramp_weeks))

    def cost_between(self, first: date, end: date) -> int | None:
        """Return the cost in öre from *first* until *end* (the day after the last); None where it is unknown."""
        if self.cost_ore is None and self.once_ore is None:
            return None
        stops = end if self.ends is None else min(end, self.ends + timedelta(days=1))
        days = max(0, (stops - max(first, self.starts)).days)
        once = (self.once_ore or 0) if first <= self.starts < end else 0
        return round((self.cost_ore or 0) * days / 365.25) + once


def switched(measures: Iterable[Measure], on: date, off: date | None) -> tuple[Measure, ...]:
    """Return *measures* turned on as one on *on*, and off again on *off* (its last day the day before)."""
    if off is not None and off <= on:
        raise BadInput(Message("Läget slås av {off}, men slås inte på förrän {on}.", off=off, on=on))
    ends = off - timedelta(days=1) if off else None
    return tuple(replace(measure, starts=on, ends=ends) for measure in measures)


def added_by(measures: Sequence[Measure], day: date) -> float:
    """Return how many sets or posts *measures* together are expected to have added on *day*."""
    return math.fsum(measure.added.expected * measure.reached(day) for measure in measures if measure.added)
