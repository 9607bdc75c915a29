"""The demo's time axis: days and weeks as whole numbers, season, working days and local time.

Week 0 is the first week of a burn-in year, so that lists and follow-ups have settled when the data begin at week
:data:`FIRST`. Activity ends with week :data:`LAST` − 1; bookings go :data:`AHEAD` weeks further.
"""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vardbalans.engine.periods import swedish_calendar

__all__ = [
    "AHEAD",
    "ALL_DAYS",
    "AS_OF",
    "EPOCH_DAY",
    "FIRST",
    "LAST",
    "OFFICE_DAYS",
    "ORIGIN",
    "START",
    "TOTAL",
    "YEARS",
    "availability",
    "day_index",
    "day_of",
    "demand_shape",
    "place_days",
    "utc_microseconds",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

START = date(2023, 10, 30)
AS_OF = date(2026, 10, 25)
FIRST = 52
LAST = FIRST + 156
AHEAD = 8
TOTAL = LAST + AHEAD
ORIGIN = START - timedelta(weeks=FIRST)
EPOCH_DAY = (ORIGIN - date(1970, 1, 1)).days
YEARS: Floats = (np.arange(TOTAL) - FIRST) * 7 / 365.25
"""Years from the start of the data to each week."""

_DAYS = [ORIGIN + timedelta(days=n) for n in range(TOTAL * 7)]
_CALENDAR = swedish_calendar(ORIGIN.year, AS_OF.year + 1)
_ISO_WEEK = np.array([day.isocalendar().week for day in _DAYS[::7]])
OFFICE_DAYS: Floats = np.array([float(_CALENDAR.is_working(day)) for day in _DAYS]).reshape(TOTAL, 7)
"""1 for a working day and 0 otherwise, by week and weekday."""
ALL_DAYS: Floats = np.tile([1.0, 1.0, 1.0, 1.0, 1.0, 0.8, 0.8], (TOTAL, 1))
"""Weights of the days for care round the clock: weekends are somewhat calmer."""


def day_index(day: date) -> int:
    """Return the number of *day* on the axis."""
    return (day - ORIGIN).days


def day_of(index: int) -> date:
    """Return the date of day number *index*."""
    return ORIGIN + timedelta(days=int(index))


def _office_share() -> Floats:
    return np.asarray(OFFICE_DAYS.sum(axis=1) / 5)


def demand_shape(office: bool, amplitude: float = 0.06) -> Floats:
    """Return demand per week relative to an ordinary week: harmonics, summer trough, Christmas and working days."""
    angle = 2 * np.pi * (_ISO_WEEK - 6) / 52.18
    harmonics: Floats = np.exp(amplitude * np.cos(angle) + 0.4 * amplitude * np.sin(2 * angle))
    if not office:
        return harmonics
    trough = np.where((_ISO_WEEK >= 27) & (_ISO_WEEK <= 31), 0.72, 1.0) * np.where(np.isin(_ISO_WEEK, (26, 32)), 0.9, 1)
    return np.asarray(harmonics * trough) * np.where(np.isin(_ISO_WEEK, (52, 1)), 0.85, 1.0) * _office_share()


def availability() -> Floats:
    """Return planned treatment per week relative to the year's mean: vacations, Christmas and working days."""
    level = np.where((_ISO_WEEK >= 28) & (_ISO_WEEK <= 31), 0.5, np.where(np.isin(_ISO_WEEK, (26, 27, 32)), 0.75, 1.0))
    weekly: Floats = level * np.where(np.isin(_ISO_WEEK, (52, 1)), 0.75, 1.0) * _office_share()
    return np.asarray(weekly / weekly[FIRST:LAST].mean())


def place_days(weeks: Ints, weights: Floats, rng: np.random.Generator) -> Ints:
    """Return a day number within each of *weeks*, drawn by the weekday *weights* (weeks × 7)."""
    cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    draw = rng.random(len(weeks))
    weekday = np.zeros(len(weeks), dtype=np.int64)
    for column in range(6):
        weekday += draw >= cumulative[weeks, column]
    return weeks * 7 + weekday


def _summer_time(year: int) -> tuple[int, int]:
    march, october = (date(year, month, 31) for month in (3, 10))
    first, last = (day_index(day) - day.isoweekday() % 7 for day in (march, october))
    return first * 1440 + 60, last * 1440 + 60


_SUMMER = [_summer_time(year) for year in range(ORIGIN.year, AS_OF.year + 2)]


def utc_microseconds(local_minutes: Ints) -> Ints:
    """Return microseconds since 1970 in UTC of local Swedish minutes since :data:`ORIGIN` began.

    Summer time runs from 01:00 UTC the last Sunday of March to 01:00 UTC the last Sunday of October.
    """
    summer = np.zeros(len(local_minutes), dtype=bool)
    for begins, ends in _SUMMER:
        summer |= (local_minutes - 120 >= begins) & (local_minutes - 120 < ends)
    utc = local_minutes - np.where(summer, 120, 60)
    return (utc + EPOCH_DAY * 1440) * 60_000_000
