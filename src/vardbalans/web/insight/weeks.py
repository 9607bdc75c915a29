"""The weeks of a run as columns: label, year, what has passed, and which are short of working days or in the summer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from vardbalans.engine.periods import Period

__all__ = ["SUMMER_WEEKS", "Week", "first_to_come", "weeks_of", "years_of"]

SUMMER_WEEKS = range(27, 32)


@dataclass(frozen=True)
class Week:
    """One column: the period's text, its number and year, its working days, and whether it is over or now."""

    period: str
    number: int
    year: int
    working_days: float
    past: bool
    now: bool

    @property
    def summer(self) -> bool:
        """Tell whether the week is one of those that most take their vacation in."""
        return self.number in SUMMER_WEEKS

    @property
    def holiday(self) -> bool:
        """Tell whether the week has fewer than five working days."""
        return self.working_days < 5

    @property
    def shade(self) -> str:
        """Return the class of the column: summer, holiday or nothing."""
        return "summer" if self.summer else "holiday" if self.holiday else ""

    @property
    def marks(self) -> str:
        """Return the classes of the column: its shade, and whether it is over or now."""
        time = "past" if self.past else "now" if self.now else ""
        return f"{self.shade} {time}".strip()


def weeks_of(periods: Sequence[str], working_days: Sequence[float], today: date) -> tuple[Week, ...]:
    """Return the columns of *periods* (texts such as ``2026-W05``) with the run's own *working_days* of each."""
    columns = []
    for text, days in zip(periods, working_days, strict=True):
        period = Period.parse(text)
        year, number, _ = period.start.isocalendar()
        columns.append(Week(str(period), number, year, days, period.end <= today, period.start <= today < period.end))
    return tuple(columns)


def first_to_come(weeks: Sequence[Week]) -> int:
    """Return the place of the first week that has not passed; the number of weeks when all have."""
    return sum(week.past for week in weeks)


def years_of(weeks: Iterable[Week]) -> tuple[tuple[int, int], ...]:
    """Return (year, number of columns) for the heading above the weeks."""
    return tuple((year, len(list(group))) for year, group in groupby(weeks, key=lambda week: week.year))
