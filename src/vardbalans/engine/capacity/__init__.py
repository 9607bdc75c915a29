"""Capacity: what resources can give week by week, the formula, resource sets, and work and time that change place.

Pooling (:mod:`pooling`) is asked for by name: it compiles.
"""

from vardbalans.engine.capacity.available import Available, AvailablePart, available, missing_for, observed
from vardbalans.engine.capacity.days import non_clinical_by_day, open_minutes, open_sets, shares_by_day
from vardbalans.engine.capacity.formula import (
    Factors,
    capacity,
    change_parts,
    norm_production,
    sensitivities,
)
from vardbalans.engine.capacity.sets import (
    alternative_sets,
    doable,
    doable_by_day,
    minutes_each,
    recipes_in_force,
    unusable_sets,
)
from vardbalans.engine.capacity.shifting import MovedTime, TaskShift, TimeMove, move_time, shift_tasks

__all__ = [
    "Available",
    "AvailablePart",
    "Factors",
    "MovedTime",
    "TaskShift",
    "TimeMove",
    "alternative_sets",
    "available",
    "capacity",
    "change_parts",
    "doable",
    "doable_by_day",
    "minutes_each",
    "missing_for",
    "move_time",
    "non_clinical_by_day",
    "norm_production",
    "observed",
    "open_minutes",
    "open_sets",
    "recipes_in_force",
    "sensitivities",
    "shares_by_day",
    "shift_tasks",
    "unusable_sets",
]
