"""The weeks of a run as columns: label, year, and which are short of working days or lie in the summer."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from vardbalans.engine.periods import Period, swedish_calendar

__all__ = ["SUMMER_WEEKS", "Week", "weeks_of", "years_of"]

SUMMER_WEEKS = range(27, 32)


@dataclass(frozen=True)
class Week:
    """One column: the period's text, its number and year, its working days, and whether it is shaded."""

    period: str
    number: int
    year: int
    working_days: int
    summer: bool

    @property
    def holiday(self) -> bool:
        """Tell whether the week has fewer than five working days."""
        return self.working_days < 5

    @property
    def shade(self) -> str:
        """Return the class of the column: summer, holiday or nothing."""
        return "summer" if self.summer else "holiday" if self.holiday else ""


def weeks_of(periods: Iterable[str]) -> tuple[Week, ...]:
    """Return the columns of *periods* (texts such as ``2026-W05``)."""
    parsed = [Period.parse(text) for text in periods]
    if not parsed:
        return ()
    calendar = swedish_calendar(min(parsed).start.year, max(parsed).end.year)
    columns = []
    for text, period in zip(map(str, parsed), parsed, strict=True):
        year, number, _ = period.start.isocalendar()
        columns.append(Week(text, number, year, calendar.working_days(period), number in SUMMER_WEEKS))
    return tuple(columns)


def years_of(weeks: Iterable[Week]) -> tuple[tuple[int, int], ...]:
    """Return (year, number of columns) for the heading above the weeks."""
    return tuple((year, len(list(group))) for year, group in groupby(weeks, key=lambda week: week.year))
