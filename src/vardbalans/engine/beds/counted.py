"""Beds as others have counted them, by month, week or day: occupancy, and how it has moved in a year.

For those who have no stays. What is not told is left out, never zero: a sum is of the units that are told in every
period, so that it does not fall when one of them has not reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Frequency, Period
from vardbalans.engine.units import Floats

__all__ = ["PER_YEAR", "CountedBeds", "occupancy_figure", "summed"]

PER_YEAR: dict[Frequency, int] = {"day": 364, "week": 52, "month": 12}
"""Whole periods in a year; of days those of whole weeks."""


@dataclass(frozen=True, eq=False)
class CountedBeds:
    """Beds of one unit and *category* over consecutive periods from *start*, (P,) each; NaN where untold.

    *available*, *occupied*, *overcrowded* and *outliers* are means of the moments counted within the period.
    """

    unit_id: str
    category: str
    start: Period
    available: Floats
    occupied: Floats
    overcrowded: Floats
    outliers: Floats

    @property
    def name(self) -> str:
        """Return what the series is called among others."""
        return f"{self.unit_id}: {self.category}"

    @property
    def beds(self) -> float:
        """Return the available beds told last; NaN where none are."""
        known = self.available[~np.isnan(self.available)]
        return float(known[-1]) if len(known) else np.nan

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Return the periods."""
        return tuple(self.start.next(step) for step in range(len(self.occupied)))

    @cached_property
    def occupancy(self) -> Floats:
        """Return occupied over available beds, (P,); NaN without either or without beds."""
        return _over(self.occupied, self.available)

    def per_100(self, patients: Floats) -> Floats:
        """Return *patients* (P,) per 100 available beds."""
        return 100 * _over(patients, self.available)

    def of_year(self, back: int = 0) -> float | None:
        """Return the occupancy of the latest year, or *back* years before; None where less than half is told."""
        return self._of(*self._year(back))

    def change(self) -> float | None:
        """Return the occupancy of the latest year less that of the year before, over what is told of both.

        None where that is less than half a year. The same part of either year is compared, so that no season is in it.
        """
        now, before = self._year(0), self._year(1)
        if len(before[0]) < len(now[0]):
            return None
        both = ~np.isnan(np.sum([*now, *before], axis=0))
        one, other = (self._of(*(np.where(both, each, np.nan) for each in year)) for year in (now, before))
        return None if one is None or other is None else one - other

    def _year(self, back: int) -> tuple[Floats, Floats]:
        length = PER_YEAR[self.start.frequency]
        end = len(self.occupied) - back * length
        part = slice(max(0, end - length), max(0, end))
        return self.occupied[part], self.available[part]

    def _of(self, occupied: Floats, available: Floats) -> float | None:
        told = ~np.isnan(occupied) & ~np.isnan(available)
        if told.sum() < PER_YEAR[self.start.frequency] / 2 or available[told].sum() <= 0:
            return None
        return float(occupied[told].sum() / available[told].sum())


def _over(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return found


def summed(rows: Sequence[CountedBeds], unit_id: str) -> tuple[CountedBeds, int] | None:
    """Return the sum of *rows*, over their common periods, as *unit_id*, and how many of them are in it.

    Only units told in every period are. None where there are none. Overcrowding and outliers are summed where told.
    """
    first = min(row.start for row in rows)
    last = max(row.periods[-1] for row in rows)
    whole = [
        row
        for row in rows
        if row.start == first and row.periods[-1] == last and not np.isnan(row.available + row.occupied).any()
    ]
    if not whole:
        return None
    available, occupied, overcrowded, outliers = (
        np.sum([getattr(row, name) for row in whole], axis=0)
        for name in ("available", "occupied", "overcrowded", "outliers")
    )
    return CountedBeds(unit_id, rows[0].category, first, available, occupied, overcrowded, outliers), len(whole)


def occupancy_figure(row: CountedBeds, place: int) -> Figure | None:
    """Return the occupancy of period *place* of *row* with where it comes from; None where it is not known."""
    value = row.occupancy[place]
    if np.isnan(value):
        return None
    source = Source.of("bed_counts", unit_id=row.unit_id, category=row.category, period=str(row.periods[place]))
    occupied, available = float(row.occupied[place]), float(row.available[place])
    return Figure(
        "occupancy",
        float(value),
        "share",
        Message("Beläggning = belagda / disponibla"),
        (Step(Message("Belagda vårdplatser"), float(value), "share", 1 / available, source),),
        (
            Step(Message("Belagda vårdplatser"), occupied, "beds", source=source),
            Step(Message("Disponibla vårdplatser"), available, "beds", source=source),
        ),
    )
