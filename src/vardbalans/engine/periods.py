"""Periods of the plan: ISO weeks, months and days; working days and holidays.

A period is written as text everywhere outside the engine: ``2026-W05``, ``2026-05``, ``2026-05-17``. A week
belongs to its ISO year; 2026, 2032, 2037 and 2043 have 53 weeks.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, Self

import numpy as np

from vardbalans.engine.errors import BadInput, BadPeriod
from vardbalans.engine.messages import Message

__all__ = [
    "Calendar",
    "Frequency",
    "Period",
    "country_calendar",
    "month_shares",
    "swedish_calendar",
    "weeks_from",
]

Frequency = Literal["day", "week", "month"]

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, order=True)
class Period:
    """A day, an ISO week or a calendar month, ordered by its first day.

    ``Period(date(2026, 1, 26), "week")`` is week 5 of 2026. The first day must begin the period.
    """

    start: date
    frequency: Frequency = "week"

    def __post_init__(self) -> None:
        if self.frequency == "week" and self.start.isoweekday() != 1:
            raise BadPeriod(Message("Veckan måste börja på en måndag, inte {day}.", day=self.start))
        if self.frequency == "month" and self.start.day != 1:
            raise BadPeriod(Message("Månaden måste börja den första, inte {day}.", day=self.start))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-W05``, ``2026-05`` or ``2026-05-17``. Raises BadPeriod."""
        try:
            if found := _WEEK.fullmatch(text):
                return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1), "week")
            if found := _MONTH.fullmatch(text):
                return cls(date(int(found[1]), int(found[2]), 1), "month")
            return cls(date.fromisoformat(text), "day")
        except ValueError as error:
            raise BadPeriod(
                Message("{text} är ingen period. Skriv vecka 2026-W05, månad 2026-05 eller dag 2026-05-17.", text=text)
            ) from error

    @classmethod
    def week_of(cls, day: date) -> Self:
        """Return the ISO week that *day* lies in."""
        return cls(day - timedelta(days=day.weekday()), "week")

    @property
    def end(self) -> date:
        """Return the day after the last."""
        if self.frequency == "day":
            return self.start + timedelta(days=1)
        if self.frequency == "week":
            return self.start + timedelta(days=7)
        return date(self.start.year + self.start.month // 12, self.start.month % 12 + 1, 1)

    @property
    def days(self) -> tuple[date, ...]:
        """Return every day of the period, in order."""
        return tuple(self.start + timedelta(days=n) for n in range((self.end - self.start).days))

    def next(self, steps: int = 1) -> Self:
        """Return the period *steps* later (earlier where negative)."""
        if self.frequency == "month":
            months = self.start.year * 12 + self.start.month - 1 + steps
            return type(self)(date(months // 12, months % 12 + 1, 1), "month")
        length = 7 if self.frequency == "week" else 1
        return type(self)(self.start + timedelta(days=length * steps), self.frequency)

    def __str__(self) -> str:
        if self.frequency == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year:04d}-W{week:02d}"
        return self.start.isoformat()[: 7 if self.frequency == "month" else 10]


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: Monday to Friday less *holidays*.

    *holidays* is a set of dates (public and de facto: midsummer's, Christmas and New Year's eves).
    """

    holidays: frozenset[date] = field(repr=False)
    name: str = "SE"

    def is_working(self, day: date) -> bool:
        """Tell whether *day* is a working day."""
        return day.isoweekday() <= 5 and day not in self.holidays

    def working_days(self, period: Period) -> int:
        """Return the number of working days in *period*."""
        return sum(map(self.is_working, period.days))

    def working_days_of(self, periods: Iterable[Period]) -> np.ndarray:
        """Return the number of working days of each period, as an integer array."""
        return np.array([self.working_days(period) for period in periods], dtype=np.int64)


def swedish_calendar(first_year: int, last_year: int) -> Calendar:
    """Return the Swedish calendar for whole years; see :func:`country_calendar`."""
    return country_calendar("SE", first_year, last_year)


@lru_cache(maxsize=8)
def country_calendar(country: str, first_year: int, last_year: int) -> Calendar:
    """Return a country's calendar for whole years, in Sweden with the eves that are free in practice (de facto).

    *country* is an ISO 3166 code, with its part where holidays differ (``GB-ENG``). Source: the ``holidays`` package.
    Raises BadInput if the years are reversed or the country is unknown.
    """
    if last_year < first_year:
        raise BadInput(Message("Kalendern slutar {last} före den börjar {first}.", last=last_year, first=first_year))
    import holidays  # noqa: PLC0415 - every command would wait for its many countries

    code, _, part = country.partition("-")
    categories = ("public", "de_facto") if code == "SE" else ("public",)
    years = range(first_year, last_year + 1)
    try:
        days = holidays.country_holidays(code, subdiv=part or None, years=years, categories=categories)
    except NotImplementedError as error:
        raise BadInput(
            Message(
                "Landet {country} är inte känt. Skriv landskoden enligt ISO 3166, till exempel SE eller GB-ENG.",
                country=country,
            )
        ) from error
    return Calendar(frozenset(days), code)


def weeks_from(start: Period, count: int) -> tuple[Period, ...]:
    """Return *count* consecutive periods that begin with *start*."""
    return tuple(start.next(n) for n in range(count))


def month_shares(weeks: Sequence[Period], calendar: Calendar) -> dict[Period, np.ndarray]:
    """Return how each month is split over *weeks*: month → share per week, by working days.

    A month wholly inside the weeks has shares that sum to one; a month cut by either end sums to less.
    """
    shares: dict[Period, np.ndarray] = {}
    for index, week in enumerate(weeks):
        for day in week.days:
            if calendar.is_working(day):
                month = Period(day.replace(day=1), "month")
                shares.setdefault(month, np.zeros(len(weeks)))[index] += 1 / calendar.working_days(month)
    return shares
