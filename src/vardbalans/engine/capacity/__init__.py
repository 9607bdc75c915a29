"""Capacity: what resources can give week by week, the formula, resource sets, pooling, and shifting work and time."""

from vardbalans.engine.capacity.available import Available, AvailablePart, available, observed
from vardbalans.engine.capacity.formula import (
    Factors,
    capacity,
    change_parts,
    norm_production,
    sensitivities,
)
from vardbalans.engine.capacity.non_clinical import non_clinical_per_post
from vardbalans.engine.capacity.pooling import Part, Pooling, SimulatedPooling, pooling, simulate_pooling
from vardbalans.engine.capacity.queues import Times
from vardbalans.engine.capacity.sets import alternative_sets, doable, minutes_each, recipes_in_force
from vardbalans.engine.capacity.shifting import MovedTime, TaskShift, TimeMove, move_time, shift_tasks

__all__ = [
    "Available",
    "AvailablePart",
    "Factors",
    "MovedTime",
    "Part",
    "Pooling",
    "SimulatedPooling",
    "TaskShift",
    "TimeMove",
    "Times",
    "alternative_sets",
    "available",
    "capacity",
    "change_parts",
    "doable",
    "minutes_each",
    "move_time",
    "non_clinical_per_post",
    "norm_production",
    "observed",
    "pooling",
    "recipes_in_force",
    "sensitivities",
    "shift_tasks",
    "simulate_pooling",
]
