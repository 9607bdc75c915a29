"""Time of a resource day by day: when it is open, out of use for maintenance, or taken by what is not for patients.

A week is seven days, Monday first; all series have shape (weeks, 7).
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from vardbalans.engine.catalogue import NonClinical, Opening
from vardbalans.engine.inputs import ResourceInput
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["non_clinical_by_day", "open_days", "open_minutes", "open_sets", "shares_by_day"]


def open_days(item: ResourceInput, weeks: Sequence[Period]) -> Floats:
    """Return minutes (4, weeks, 7): open in an ordinary week, open that day, out of use, and taken by other things."""
    found = np.zeros((4, len(weeks), 7))
    by_date = {row.day: row for row in item.openings if row.day is not None}
    stops: dict[date, float] = {}
    for stop in item.stops:
        stops[stop.day] = stops.get(stop.day, 0.0) + stop.sets * stop.minutes
    for index, week in enumerate(weeks):
        for place, day in enumerate(week.days):
            pattern = _pattern(item.openings, week, day.isoweekday())
            found[0, index, place] = pattern.sets * pattern.minutes if pattern else 0.0
            held = _opening_on(by_date.get(day), pattern, day, item.calendar)
            if held is None or not held.minutes:
                continue
            opened = held.sets * held.minutes
            out = min(stops.get(day, 0.0), opened)
            taken, _ = _non_clinical_on(item.non_clinical, day, item.calendar, held.minutes)
            found[1:, index, place] = opened, out, (opened - out) * taken / held.minutes
    return found


def non_clinical_by_day(item: ResourceInput, weeks: Sequence[Period]) -> tuple[Floats, Floats]:
    """Return minutes of one full-time post that are not for patients, and those of them that can be moved (weeks, 7).

    Absence is not counted: a post that is at work has so many.
    """
    shift = float(item.resource.shift_minutes or 0)
    total, movable = np.zeros((len(weeks), 7)), np.zeros((len(weeks), 7))
    if item.non_clinical:
        for index, week in enumerate(weeks):
            for place, day in enumerate(week.days):
                if item.calendar.is_working(day):
                    total[index, place], movable[index, place] = _non_clinical_on(
                        item.non_clinical, day, item.calendar, shift
                    )
    return total, movable


def shares_by_day(item: ResourceInput, weeks: Sequence[Period]) -> Floats:
    """Return how the week's available minutes fall on its days (weeks, 7); a week with any sums to one.

    Rooms, equipment and beds, and staff with opening hours of their own, by those; other staff by their working days.
    """
    if item.staffing is None or item.openings:
        _, opened, stopped, other = open_days(item, weeks)
        minutes = opened - stopped - other
    else:
        works = np.array([[item.calendar.is_working(day) for day in week.days] for week in weeks], dtype=np.float64)
        minutes = works * float(item.resource.shift_minutes or 0) - non_clinical_by_day(item, weeks)[0]
    total = minutes.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, minutes / np.where(total > 0, total, 1.0), 0.0))


def open_minutes(item: ResourceInput, days: Sequence[date]) -> Floats:
    """Return minutes (days,) that the sets of a resource, together, are open for patients on each of *days*."""
    weeks = list(dict.fromkeys(Period.week_of(day) for day in days))
    _, opened, stopped, other = open_days(item, weeks)
    usable = dict(zip(weeks, opened - stopped - other, strict=True))
    return np.array([usable[Period.week_of(day)][day.weekday()] for day in days])


def open_sets(item: ResourceInput, days: Sequence[date]) -> tuple[float, float]:
    """Return the mean number of sets open on *days*, and the minutes that each of them is open for patients in all.

    A day counts by how long it is open; maintenance and what is not for patients is taken off the minutes. Their
    product is the sum of :func:`open_minutes`.
    """
    by_date = {row.day: row for row in item.openings if row.day is not None}
    held = [
        _opening_on(
            by_date.get(day), _pattern(item.openings, Period.week_of(day), day.isoweekday()), day, item.calendar
        )
        for day in days
    ]
    minutes = sum(row.minutes for row in held if row)
    sets = sum(row.sets * row.minutes for row in held if row) / minutes if minutes else 0.0
    return sets, float(open_minutes(item, days).sum()) / sets if sets else 0.0


def _non_clinical_on(rows: Sequence[NonClinical], day: date, calendar: Calendar, most: float) -> tuple[float, float]:
    """Return the minutes of one post or set on *day* that are not for patients, and how many of them can be moved.

    Together at most *most*, what there is; the movable give way first.
    """
    minutes = {True: 0.0, False: 0.0}
    for row in rows:
        minutes[row.movable] += _on(row, day, calendar)
    fixed = min(minutes[False], most)
    movable = min(minutes[True], most - fixed)
    return fixed + movable, movable


def _on(row: NonClinical, day: date, calendar: Calendar) -> float:
    if row.day is not None:
        return row.minutes if row.day == day else 0.0
    if not calendar.is_working(day) or not row.valid_from <= day <= (row.valid_to or date.max):
        return 0.0
    week = Period.week_of(day)
    if row.week not in (None, str(week)) or row.weekday not in (None, day.isoweekday()):
        return 0.0
    return row.minutes if row.weekday is not None else row.minutes / calendar.working_days(week)


def _pattern(openings: Sequence[Opening], week: Period, weekday: int) -> Opening | None:
    """Return the weekday row in force: one for this very week before a general one, the latest start first."""
    day = week.days[weekday - 1]
    rows = [
        row
        for row in openings
        if row.day is None
        and row.weekday == weekday
        and row.week in (None, str(week))
        and row.valid_from <= day
        and (row.valid_to is None or day <= row.valid_to)
    ]
    return max(rows, key=lambda row: (row.week is not None, row.valid_from), default=None)


def _opening_on(exception: Opening | None, pattern: Opening | None, day: date, calendar: Calendar) -> Opening | None:
    if exception is not None:
        return exception
    if pattern is None or (day in calendar.holidays and not pattern.open_holidays):
        return None
    return pattern
