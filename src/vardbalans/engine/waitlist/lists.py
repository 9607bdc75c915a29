"""What a projection of waiting lists starts from: lists with their classes and capacities, and what leads where.

Time goes in steps of equal length (a week unless said). A person who has waited *a* whole steps is counted at *a*.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats, check_share

__all__ = ["EVERYONE", "Capacity", "Ints", "Priorities", "PriorityClass", "Referral", "WaitingList"]

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class PriorityClass:
    """People with the same recorded priority: *share* of those who come; never computed, only grouped.

    The lowest *tier* is treated first; within a tier, by date of arrival + *target_days*. *urgent* classes have the
    list's share of urgent capacity. *label* is what people call it, where that is known.
    """

    name: str
    share: float
    tier: int = 0
    target_days: float = 0.0
    urgent: bool = False
    label: str = ""


EVERYONE = (PriorityClass("", 1.0),)


@dataclass(frozen=True)
class Priorities:
    """What a region's recorded priority classes mean: their *order*, the most urgent first, and the *names* of those
    that have one. *urgent* are those that slots are kept for; empty where nothing tells.
    """

    order: tuple[str, ...] = ()
    urgent: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Capacity:
    """People who can be treated per step at one site, (steps,) or (draws, steps).

    *external* (purchased care) is used last; *price_ore* is what one treatment costs there, None where not known.
    """

    name: str
    per_step: Floats
    external: bool = False
    price_ore: float | None = None


@dataclass(frozen=True, eq=False)
class WaitingList:
    """One list, shared by all its *capacities*.

    *waiting* (classes, ages): people at the start by class and whole steps waited. *referred* (draws, steps), or
    (steps,): those who come from outside. *hazard* (ages,): the probability of leaving untreated in a step by steps
    waited; the last holds from there on. *limit_days*: whole days waited that are within the limit; None for no limit.
    Where limits change, *limit_dates* has (step, days) from which step on (below zero: before the start) who comes has
    which limit, or none; who came before the first has none. *came_waited* (ages,) are the shares of those who come by
    the whole steps that their clock had then gone.
    *in_order* is the share of capacity that follows the order of priority, target date and days waited; the rest goes
    to whoever. *urgent_share* of the capacity is for urgent classes first; what they leave goes to the others.
    *moved_in* (steps,), or (draws, steps), people come from other lists having waited *moved_in_steps*. *sources*
    tell where the ``opening``, ``referred``, ``treated`` and ``removed`` were counted.
    """

    list_id: str
    waiting: Ints
    referred: Ints
    capacities: tuple[Capacity, ...]
    classes: tuple[PriorityClass, ...] = EVERYONE
    hazard: Floats = field(default_factory=lambda: np.zeros(1))
    limit_days: float | None = None
    in_order: float = 1.0
    urgent_share: float = 0.0
    moved_in: Ints | None = None
    moved_in_steps: int = 0
    limit_dates: tuple[tuple[int, float | None], ...] = ()
    came_waited: Floats = field(default_factory=lambda: np.ones(1))
    sources: Mapping[str, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.list_id
        if self.waiting.ndim != 2 or len(self.waiting) != len(self.classes):
            raise BadInput(Message("Lista {id}: antalet väntande ska ges för varje prioritetsklass.", id=name))
        counts = [self.waiting, self.referred, *([] if self.moved_in is None else [self.moved_in])]
        if any(not np.issubdtype(count.dtype, np.integer) or (count < 0).any() for count in counts):
            raise BadInput(Message("Lista {id}: antal personer måste vara hela tal från noll.", id=name))
        if not self.capacities or any(
            not np.isfinite(row.per_step).all() or (row.per_step < 0).any() for row in self.capacities
        ):
            raise BadInput(Message("Lista {id}: kapaciteten måste vara tal från noll, minst en rad.", id=name))
        if not math.isclose(sum(row.share for row in self.classes), 1.0, abs_tol=1e-9):
            raise BadInput(Message("Lista {id}: prioritetsklassernas andelar måste bli 1 tillsammans.", id=name))
        if len(self.hazard) == 0 or not ((self.hazard >= 0) & (self.hazard <= 1)).all():
            raise BadInput(Message("Lista {id}: risken att lämna listan måste vara en andel från 0 till 1.", id=name))
        if not (self.came_waited >= 0).all() or not math.isclose(self.came_waited.sum(), 1.0, abs_tol=1e-9):
            raise BadInput(
                Message("Lista {id}: andelarna efter väntan vid ankomsten måste bli 1 tillsammans.", id=name)
            )
        if any(days is not None and not days >= 0 for days in (self.limit_days, *(row[1] for row in self.limit_dates))):
            raise BadInput(Message("Lista {id}: gränsen måste vara noll dagar eller mer.", id=name))
        check_share(self.in_order, "Andelen som behandlas i turordning")
        check_share(self.urgent_share, "Andelen akut kapacitet")


@dataclass(frozen=True, eq=False)
class Referral:
    """Of the treated of *from_list*, *share* (a number, or one per draw) are led to *to_list*, after whole steps.

    A share above one leads each to several. *lags* are shares by 0, 1, 2 … steps and sum to one. Where lists lead to
    one another in a loop, nobody is led on in the step of the treatment itself.
    """

    from_list: str
    to_list: str
    share: float | Floats
    lags: tuple[float, ...]

    def __post_init__(self) -> None:
        share = np.asarray(self.share)
        if not (np.isfinite(share).all() and (share >= 0).all()):
            raise BadInput(Message("Flödet till {id}: andelen måste vara ett tal från noll.", id=self.to_list))
        if not self.lags or min(self.lags) < 0 or not math.isclose(sum(self.lags), 1.0, abs_tol=1e-6):
            raise BadInput(Message("Flödet till {id}: fördröjningens andelar måste bli 1.", id=self.to_list))
