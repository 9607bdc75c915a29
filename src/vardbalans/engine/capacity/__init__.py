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
from vardbalans.engine.capacity.sets import alternative_sets, doable, minutes_each, recipes_in_force

__all__ = [
    "Available",
    "AvailablePart",
    "Factors",
    "alternative_sets",
    "available",
    "capacity",
    "change_parts",
    "doable",
    "minutes_each",
    "non_clinical_per_post",
    "norm_production",
    "observed",
    "recipes_in_force",
    "sensitivities",
]
