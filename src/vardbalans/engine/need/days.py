"""What a daily count knows of the calendar: weekday, time of year, holidays and the days around them.

A holiday has an effect as any holiday, another where it takes a weekday away (what is closed at weekends loses nothing
then), and those that fall on the same date every year one of their own. The working day between two free days (klämdag)
is told apart, as are the eves and days after. Everything else is in the level.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from vardbalans.engine.periods import Calendar
from vardbalans.engine.units import Floats

__all__ = ["calendar_columns", "season_columns"]

_HARMONICS = 3
_EVES = ((12, 24), (12, 31))  # free in practice in most countries, whatever the calendar says
_SUMMER_WEEKS = range(28, 32)
_DAY = timedelta(days=1)


def season_columns(days: Sequence[date], *, yearly: bool) -> Floats:
    """Return the columns for weekday and, where *yearly*, time of year; shape (days, columns)."""
    weekday = np.equal.outer([day.weekday() for day in days], np.arange(7)) - 1 / 7
    if not yearly:
        return weekday
    angle = 2 * np.pi * np.array([day.timetuple().tm_yday for day in days]) / 365.25
    waves = [wave(k * angle) for k in range(1, _HARMONICS + 1) for wave in (np.cos, np.sin)]
    summer = [float(day.isocalendar().week in _SUMMER_WEEKS) for day in days]
    return np.column_stack([weekday, *waves, summer])


def calendar_columns(days: Sequence[date], calendar: Calendar) -> Floats:
    """Return the columns for holidays and the days around them; shape (days, columns)."""
    off = calendar.holidays
    fixed = sorted({(day.month, day.day) for day in off if _comes_back(day, off)} | set(_EVES))
    rows = [
        [
            float(day in off),
            float(day in off and day.isoweekday() <= 5),
            float(day not in off and day + _DAY in off),
            float(day not in off and day - _DAY in off),
            float(calendar.is_working(day) and not any(map(calendar.is_working, (day - _DAY, day + _DAY)))),
            float((day.month, day.day) >= (12, 27) or (day.month, day.day) <= (1, 5)),
            *(float((day.month, day.day) == place) for place in fixed),
        ]
        for day in days
    ]
    return np.array(rows)


def _comes_back(day: date, off: frozenset[date]) -> bool:
    """Tell whether the same date is a holiday in a neighbouring year too (29 February never is)."""
    if (day.month, day.day) == (2, 29):
        return False
    return day.replace(year=day.year + 1) in off or day.replace(year=day.year - 1) in off
