"""The benefit register: what a scenario frees and recovers, and what that is worth, with intervals.

Value comes from what is freed (hours · what an hour is worth), never from list prices: a visit that nobody misses is no
income, it is time that can be used. A benefit whose interval covers zero is not shown to exist, and no sum holds it.
Source of the rule for hours: Region Västerbotten, *Långsiktig och varaktig effektivisering* (an hour freed, 250 kr).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from vardbalans.engine.balance import Demand
from vardbalans.engine.compare import Comparison
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import Interval
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Benefit", "HourValue", "benefits", "fewer_of", "total", "visits_made_room_for", "worth"]

_QUANTILES = (0.05, 0.95)
_MINUTES = {"hour": 60, "bed_day": 1440}


@dataclass(frozen=True)
class HourValue:
    """What a freed hour of staff is worth, in öre, since when and by whose decision."""

    ore: int = 25_000
    valid_from: date = date(2026, 1, 1)
    source: str = str(Message("Region Västerbotten, Långsiktig och varaktig effektivisering"))

    def __post_init__(self) -> None:
        if self.ore < 0:
            raise BadInput(Message("Värdet av en timme kan inte vara under noll kronor."))


@dataclass(frozen=True)
class Benefit:
    """One gain over the weeks of the run: *kind* is hours, bed_days, slots or ore; 90 % between *low* and *high*."""

    kind: str
    expected: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Tell whether there is an effect to speak of: the interval does not cover zero."""
        return self.low > 0 or self.high < 0


def benefits(comparison: Comparison, value: HourValue) -> tuple[Benefit, ...]:
    """Return hours of staff and days of beds no longer required, slots used that were lost, and the hours' worth.

    More required is a negative gain. Slots are those of the scenario that would have been lost before.
    """
    hours = _freed(comparison, "staff", _MINUTES["hour"], "hours")
    days = _freed(comparison, "bed", _MINUTES["bed_day"], "bed_days")
    slots = _recovered(comparison)
    return hours, days, slots, worth(hours, value)


def worth(hours: Benefit, value: HourValue) -> Benefit:
    """Return what freed *hours* are worth in öre: 500 000 h · 250 kr = 125 Mkr."""
    return Benefit("ore", hours.expected * value.ore, hours.low * value.ore, hours.high * value.ore)


def total(gains: Iterable[Benefit]) -> float | None:
    """Return the sum of what is expected of the gains that are shown; None where none is."""
    shown = [gain.expected for gain in gains if gain.shown]
    return math.fsum(shown) if shown else None


def fewer_of(base_ore: int, factor: Interval) -> Benefit:
    """Return what *factor* takes off a yearly cost of *base_ore*: a quarter fewer of 88 Mkr is 22 Mkr."""
    return Benefit("ore", base_ore * (1 - factor.expected), base_ore * (1 - factor.high), base_ore * (1 - factor.low))


def visits_made_room_for(visits: int, minutes: float, minutes_each: float) -> int:
    """Return how many whole visits of *minutes_each* fit where *visits* of *minutes* are no longer needed.

    100 return visits of 30 minutes give room for 66 first visits of 45.
    """
    if not minutes_each > 0:
        raise BadInput(Message("Besökets längd måste vara över noll minuter."))
    return math.floor(visits * minutes / minutes_each + 1e-9)


def _freed(comparison: Comparison, resources: str, minutes: int, kind: str) -> Benefit:
    expected, drawn = 0.0, np.zeros(comparison.after.settings.draws)
    for change in comparison.resources:
        if change.resource.kind == resources:
            expected -= change.required.change / minutes
            before, after = (
                outcome.resource(change.resource.resource_id).year_required
                for outcome in (comparison.before, comparison.after)
            )
            drawn += (before - after) / minutes
    return _benefit(kind, expected, drawn)


def _recovered(comparison: Comparison) -> Benefit:
    expected, drawn = 0.0, np.zeros(comparison.after.settings.draws)
    for change in comparison.services:
        name = change.service.service_id
        before, after = (outcome.service(name).demand for outcome in (comparison.before, comparison.after))
        expected += float((after.mean * (before.lost - after.lost)).sum())
        drawn += _lost_before(before, after)
    return _benefit("slots", expected, drawn)


def _lost_before(before: Demand, after: Demand) -> Floats:
    found: Floats = (after.draws * (before.lost_draws - after.lost_draws)).sum(axis=1)
    return found


def _benefit(kind: str, expected: float, drawn: Floats) -> Benefit:
    low, high = np.quantile(drawn, _QUANTILES)
    return Benefit(kind, expected, float(low), float(high))
