"""What would close a gap, ranked by cost: the extra time that is agreed for each resource that is short.

A shortage is counted week by week, since an hour to spare in one week covers nothing in another. What other units can
lend or take over is for a plan to tell (:mod:`vardbalans.engine.redistribution`), what measures give for their choice.
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from vardbalans.engine.allowances import cheapest_first, extras_of
from vardbalans.engine.catalogue import Resource
from vardbalans.engine.plan.data import ExtraKind
from vardbalans.engine.scenario import Outcome

__all__ = ["Closing", "Cover", "closings"]


@dataclass(frozen=True)
class Cover:
    """What one kind of extra time covers after the cheaper ones: *pieces* and *minutes* over all weeks, their cost.

    *cost_ore* is None where the price is not known; *weeks* is in how many weeks it is used.
    """

    kind: ExtraKind
    pieces: float
    minutes: float
    weeks: int
    cost_ore: int | None


@dataclass(frozen=True)
class Closing:
    """A resource that lacks *short* minutes in all, what covers them, the cheapest first, and what is *left* then."""

    resource: Resource
    short: float
    covers: tuple[Cover, ...]
    left: float

    @property
    def cost_ore(self) -> int | None:
        """Return what all the covers cost together; None where a price is not known."""
        prices = [cover.cost_ore for cover in self.covers]
        return None if None in prices else sum(price for price in prices if price is not None)


def closings(outcome: Outcome) -> tuple[Closing, ...]:
    """Return what would close the gap of each resource that is short of minutes in the mean, the shortest first."""
    found = []
    for row in outcome.resources:
        short = np.maximum(-row.balance, 0.0)
        if row.measure != "minutes" or not short.any():
            continue
        left, covers = short, []
        for extra, pieces in cheapest_first(
            short, extras_of(row.resource.resource_id, outcome.inputs, get_args(ExtraKind))
        ):
            covered = np.minimum(left, pieces * extra.minutes)
            left = left - covered
            if covered.any():
                price = None if extra.cost_ore is None else round(extra.cost_ore * float(pieces.sum()))
                covers.append(
                    Cover(extra.kind, float(pieces.sum()), float(covered.sum()), int((pieces > 0).sum()), price)
                )
        found.append(Closing(row.resource, float(short.sum()), tuple(covers), float(left.sum())))
    return tuple(sorted(found, key=lambda each: -each.short))
