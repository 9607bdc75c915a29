"""Staffing ratios (bemanningsnycklar): from patients or beds per day to staff, shifts, minutes and posts.

Staff on a shift = the patients of each category over the patients that one of the staff has, summed and rounded up to
whole people, at least as many as decided. Plain arrays in and out, so that anything that knows patients or beds by the
day can ask. Source: Socialstyrelsen, support for the tactical level (patient categories with staffing ratios).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats, check_share, whole_staff

__all__ = ["SHIFTS", "Shift", "ShiftStaff", "StaffingRatio", "by_week", "over_days", "posts", "staff_needed"]

Shift = Literal["day", "evening", "night"]
SHIFTS: tuple[Shift, ...] = ("day", "evening", "night")


@dataclass(frozen=True)
class StaffingRatio:
    """One of the staff of *competence* for every *per_staff* patients of *category*, or beds, on a *shift*.

    On *weekend* days (Saturdays, Sundays and holidays) or the others, from *valid_from* on; at least *least* people on
    the shift, *minutes* long. The category does not matter where beds are counted.
    """

    category: str
    competence: str
    shift: Shift
    weekend: bool
    per: Literal["patient", "bed"]
    per_staff: float
    minutes: float
    valid_from: date
    least: int = 0

    def __post_init__(self) -> None:
        if not (self.per_staff > 0 and math.isfinite(self.per_staff) and self.minutes > 0 and self.least >= 0):
            raise BadInput(
                Message(
                    "Bemanningsnyckeln för {competence}, {category}: antal per medarbetare och minuter måste vara över "
                    "noll, och minsta antal inte under noll.",
                    competence=self.competence,
                    category=self.category,
                )
            )


@dataclass(frozen=True, eq=False)
class ShiftStaff:
    """Whole people of one competence on one shift, day by day (…, days), and what the shift is worth in minutes."""

    competence: str
    shift: Shift
    staff: Floats
    minutes: Floats


def staff_needed(
    ratios: Sequence[StaffingRatio],
    days: Sequence[date],
    patients: Mapping[str, Floats],
    calendar: Calendar,
    beds: Floats | None = None,
) -> tuple[ShiftStaff, ...]:
    """Return the staff needed on every shift, by competence and shift.

    *patients* by category and *beds* have shape (…, days): days alone, or draws of them. Raises MissingFactor listing
    categories without a ratio, and what the ratios count but is not given; BadInput for counts below zero.
    """
    _require(ratios, days, patients, beds)
    weekend = np.array([not calendar.is_working(day) for day in days])
    found = []
    for competence in sorted({row.competence for row in ratios}):
        for shift in SHIFTS:
            rows = [row for row in ratios if (row.competence, row.shift) == (competence, shift)]
            if rows:
                found.append(_on_shift(competence, shift, rows, days, weekend, patients, beds))
    return tuple(found)


def _on_shift(
    competence: str,
    shift: Shift,
    rows: Sequence[StaffingRatio],
    days: Sequence[date],
    weekend: np.ndarray,
    patients: Mapping[str, Floats],
    beds: Floats | None,
) -> ShiftStaff:
    given = [*patients.values(), *([] if beds is None else [beds])]
    wanted = np.zeros(np.broadcast_shapes(*(np.shape(values) for values in given)))
    least, length = np.zeros(len(days)), np.zeros(len(days))
    for category in sorted({row.category for row in rows}):
        own = [row for row in rows if row.category == category]
        for index, day in enumerate(days):
            row = _in_force(own, day, bool(weekend[index]))
            if row is None:
                continue
            counted = patients[category] if row.per == "patient" or beds is None else beds
            wanted[..., index] += counted[..., index] / row.per_staff
            least[index], length[index] = max(least[index], row.least), row.minutes
    staff = np.maximum(whole_staff(wanted), least)
    return ShiftStaff(competence, shift, staff, staff * length)


def _in_force(rows: Sequence[StaffingRatio], day: date, weekend: bool) -> StaffingRatio | None:
    held = [row for row in rows if row.weekend == weekend and row.valid_from <= day]
    return max(held, key=lambda row: row.valid_from, default=None)


def _require(
    ratios: Sequence[StaffingRatio], days: Sequence[date], patients: Mapping[str, Floats], beds: Floats | None
) -> None:
    counted = {row.category for row in ratios if row.per == "patient"}
    missing = [Message("antal patienter i kategorin {name}", name=name) for name in sorted(counted - set(patients))]
    missing += [Message("bemanningsnyckel för kategorin {name}", name=name) for name in sorted(set(patients) - counted)]
    if beds is None and any(row.per == "bed" for row in ratios):
        missing.append(Message("antal vårdplatser"))
    if not ratios or not days or min(days) < min(row.valid_from for row in ratios):
        missing.append(Message("bemanningsnycklar som gäller från första dagen"))
    if missing:
        raise MissingFactor(missing)
    for values in (*patients.values(), *([] if beds is None else [beds])):
        if np.shape(values)[-1:] != (len(days),) or not np.isfinite(values).all() or bool((values < 0).any()):
            raise BadInput(Message("Ge ett antal patienter eller vårdplatser, noll eller mer, för varje dag."))


def by_week(values: Floats, days: Sequence[date], weeks: Sequence[Period]) -> Floats:
    """Return the sums of *values* (…, days) by week (…, weeks); days outside the weeks are left out."""
    place = {day: index for index, week in enumerate(weeks) for day in week.days}
    total = np.zeros((*np.shape(values)[:-1], len(weeks)))
    for index, day in enumerate(days):
        if day in place:
            total[..., place[day]] += values[..., index]
    return total


def over_days(minutes: Floats, weeks: Sequence[Period], calendar: Calendar, *, every_day: bool = False) -> Floats:
    """Return *minutes* (weeks,) spread evenly over the working days of each week, or over all seven (days,).

    The days are those of the weeks in order. Raises BadInput for minutes in a week without a working day.
    """
    found = []
    for week, amount in zip(weeks, minutes, strict=True):
        works = np.array([every_day or calendar.is_working(day) for day in week.days], dtype=np.float64)
        if amount and not works.any():
            raise BadInput(Message("{week} har inga arbetsdagar att lägga tiden på.", week=str(week)))
        found.append(amount * works / max(works.sum(), 1.0))
    return np.concatenate(found) if found else np.zeros(0)


def posts(minutes: Floats, full_time_minutes: float, present: float = 1.0) -> Floats:
    """Return the full-time posts that work *minutes* a week: minutes / (full time · share present).

    *full_time_minutes* is what a full-time post works in a week (2 400 of forty hours; less with nights, by agreement).
    """
    check_share(present, "Närvaron")
    if not (full_time_minutes > 0 and present > 0):
        raise BadInput(Message("Heltid och närvaro måste vara över noll."))
    return np.asarray(minutes / (full_time_minutes * present))
