"""Weeks put together into calendar months, by working days: for those who plan and report by month."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["months_of"]


def months_of(weeks: Sequence[Period], calendar: Calendar) -> tuple[tuple[Period, ...], Floats]:
    """Return the months that *weeks* cover, and the share of each week that lies in each: (weeks, months).

    Counts per week @ shares = counts per month. A week is split by its working days (all its days where none is
    worked). A month counts as covered when every working day of it lies in *weeks*.
    """
    return _split(tuple(weeks), calendar)


@lru_cache(maxsize=64)  # all services of a run have the same weeks
def _split(weeks: tuple[Period, ...], calendar: Calendar) -> tuple[tuple[Period, ...], Floats]:
    days = {day for week in weeks for day in week.days}
    shares: dict[Period, Floats] = {}
    for index, week in enumerate(weeks):
        worked = [day for day in week.days if calendar.is_working(day)] or list(week.days)
        for day in worked:
            month = Period(day.replace(day=1), "month")
            shares.setdefault(month, np.zeros(len(weeks)))[index] += 1 / len(worked)
    whole = [month for month in sorted(shares) if all(day in days for day in month.days if calendar.is_working(day))]
    return tuple(whole), np.array([shares[month] for month in whole]).reshape(len(whole), len(weeks)).T
