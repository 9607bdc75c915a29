"""Periods as places on one line, and what is known beforehand of each: its part of the season, its working days."""

import numpy as np

from vardbalans.engine.need.mixture import Axis
from vardbalans.engine.periods import Calendar, Period

__all__ = ["PER_YEAR", "axis_of", "place"]

PER_YEAR = {"day": 365.25, "week": 365.25 / 7, "month": 12.0}


def place(period: Period) -> int:
    """Return the period's number on the line of all periods of its frequency."""
    if period.frequency == "month":
        return period.start.year * 12 + period.start.month - 1
    days = period.start.toordinal() - 1
    return days // 7 if period.frequency == "week" else days


def axis_of(start: Period, length: int, season: int, calendar: Calendar) -> Axis:
    """Return what is known of *length* periods from *start*, with a season of *season* periods (1: none).

    A season of a year in weeks follows the ISO week and the day of the year; any other is counted in periods.
    """
    periods = [start.next(n) for n in range(length)]
    places = np.array([place(period) for period in periods], dtype=np.int64)
    if start.frequency == "week" and season in {52, 53}:
        slot = np.array([period.start.isocalendar().week - 1 for period in periods], dtype=np.int64)
        phase = np.array([period.days[3].timetuple().tm_yday for period in periods]) / PER_YEAR["day"]
    else:
        slot, phase = places % season, places / season
    working = np.log(np.maximum(calendar.working_days_of(periods), 0.5))
    return Axis(phase, slot, working - working.mean(), PER_YEAR[start.frequency])
