"""Inhabitants by age group, sex and area through the years, and the care they were given: what demography starts from.

Inhabitants are counted at the end of each year, as the population register is. Between two counts the number is taken
on a straight line, so that the mean of a calendar year is the mean of the counts before and after it (Statistics
Sweden's mean population). Outside the counted years nothing is known, and nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["GroupCounts", "Population", "Span"]

Span = tuple[date, date]
"""The first day, and the day after the last."""


@dataclass(frozen=True, eq=False)
class Population:
    """Inhabitants at the end of each of the consecutive *years*: *counts* (years, age groups, sexes, areas).

    *age_groups* are named as people read them (``65–69``, ``85+``). Raises BadInput where years are missing, the shape
    does not fit or a count is negative.
    """

    years: tuple[int, ...]
    age_groups: tuple[str, ...]
    sexes: tuple[str, ...]
    areas: tuple[str, ...]
    counts: Floats

    def __post_init__(self) -> None:
        shape = (len(self.years), len(self.age_groups), len(self.sexes), len(self.areas))
        if self.counts.shape != shape or 0 in shape:
            raise BadInput(Message("Befolkningen måste ha ett antal för varje år, åldersgrupp, kön och område."))
        if self.years != tuple(range(self.years[0], self.years[0] + len(self.years))):
            raise BadInput(Message("Befolkningens år måste följa på varandra utan luckor."))
        if not np.all(np.isfinite(self.counts)) or np.any(self.counts < 0):
            raise BadInput(Message("Befolkningens antal måste vara tal från noll och uppåt."))

    def covers(self, span: Span) -> bool:
        """Tell whether the middle of *span* lies within the counted years."""
        return self.years[0] + 1 <= _middle(span) <= self.years[-1] + 1

    def during(self, span: Span) -> Floats:
        """Return the mean inhabitants of *span*, (age groups, sexes, areas). Raises BadInput outside the years."""
        if not self.covers(span):
            raise BadInput(
                Message(
                    "Befolkningen är räknad vid utgången av {first}–{last} och räcker inte till {day}.",
                    first=self.years[0],
                    last=self.years[-1],
                    day=span[0],
                )
            )
        position = _middle(span) - (self.years[0] + 1)
        before = min(int(position), max(len(self.years) - 2, 0))
        after = min(before + 1, len(self.years) - 1)
        share = position - before
        mean: Floats = (1 - share) * self.counts[before] + share * self.counts[after]
        return mean

    def in_one_area(self) -> "Population":
        """Return the population with all its areas as one."""
        return Population(
            self.years, self.age_groups, self.sexes, ("",), self.counts.sum(axis=3, keepdims=True, dtype=np.float64)
        )


def _middle(span: Span) -> float:
    """Return the middle of *span* in calendar years; the end of year y is y + 1."""
    return (_in_years(span[0]) + _in_years(span[1])) / 2


def _in_years(day: date) -> float:
    first = date(day.year, 1, 1)
    return day.year + (day - first).days / (date(day.year + 1, 1, 1) - first).days


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """One service's contacts by *spans* of time and the population's groups: *counts* (spans, ages, sexes, areas).

    *unplaced* are contacts without a known age, sex or area, or with one outside the population; they are taken to be
    spread as the others are.
    """

    spans: Sequence[Span]
    counts: Floats
    unplaced: float = 0.0

    @property
    def placed(self) -> float:
        """Return how many contacts are placed in a group."""
        return float(self.counts.sum())

    @property
    def unplaced_share(self) -> float:
        """Return the share of all contacts that could not be placed; 0 where there are no contacts."""
        total = self.placed + self.unplaced
        return self.unplaced / total if total else 0.0
