"""The weeks of a plan's year: shaded where they are short of working days or in the summer."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.web.insight.weeks import Week, weeks_of

__all__ = ["plan_weeks", "weeks_of_year"]


@lru_cache(maxsize=64)
def weeks_of_year(year: int) -> tuple[str, ...]:
    """Return the ISO weeks of *year*, such as ``2026-W01`` to ``2026-W53``."""
    last = date(year, 12, 28).isocalendar().week
    return tuple(f"{year:04d}-W{week:02d}" for week in range(1, last + 1))


@lru_cache(maxsize=64)
def _working_days(year: int) -> Sequence[float]:
    weeks = [Period.parse(week) for week in weeks_of_year(year)]
    return [float(days) for days in swedish_calendar(year - 1, year + 1).working_days_of(weeks)]


def plan_weeks(year: int, today: date) -> tuple[Week, ...]:
    """Return the columns of a plan of *year*, seen on the day *today*."""
    return weeks_of(weeks_of_year(year), _working_days(year), today)
