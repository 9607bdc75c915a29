"""Time of a resource that is not for patients: administration, education, meetings, research."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from vardbalans.engine.catalogue import NonClinical
from vardbalans.engine.inputs import ResourceInput
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["non_clinical_on", "non_clinical_per_post"]


def non_clinical_on(rows: Sequence[NonClinical], day: date, calendar: Calendar, most: float) -> tuple[float, float]:
    """Return the minutes of one post or set on *day* that are not for patients, and how many of them can be moved.

    Together at most *most*, what there is; the movable give way first.
    """
    minutes = {True: 0.0, False: 0.0}
    for row in rows:
        minutes[row.movable] += _on(row, day, calendar)
    fixed = min(minutes[False], most)
    movable = min(minutes[True], most - fixed)
    return fixed + movable, movable


def non_clinical_per_post(item: ResourceInput, weeks: Sequence[Period]) -> tuple[Floats, Floats]:
    """Return the minutes a week of one full-time post that are not for patients, and those of them that can be moved.

    Both (weeks,). Absence is not counted: a post that is at work has so many.
    """
    shift = float(item.resource.shift_minutes or 0)
    total, movable = np.zeros(len(weeks)), np.zeros(len(weeks))
    if item.non_clinical:
        for index, week in enumerate(weeks):
            for day in filter(item.calendar.is_working, week.days):
                taken, free = non_clinical_on(item.non_clinical, day, item.calendar, shift)
                total[index] += taken
                movable[index] += free
    return total, movable


def _on(row: NonClinical, day: date, calendar: Calendar) -> float:
    if row.day is not None:
        return row.minutes if row.day == day else 0.0
    if not calendar.is_working(day) or not row.valid_from <= day <= (row.valid_to or date.max):
        return 0.0
    week = Period.week_of(day)
    if row.week not in (None, str(week)) or row.weekday not in (None, day.isoweekday()):
        return 0.0
    return row.minutes if row.weekday is not None else row.minutes / calendar.working_days(week)
