"""Measures: dated changes at one of the five points of the chain, with an expected effect as an interval.

:mod:`measure` is what a measure is, :mod:`effects` what it makes of each week and draw, and :mod:`acting` where in the
chain it acts; :mod:`whole` holds parts of one measure together. The chain itself is in
:mod:`vardbalans.engine.scenario`.
"""

from vardbalans.engine.measures.acting import Acting
from vardbalans.engine.measures.effects import Effect, ramp
from vardbalans.engine.measures.measure import (
    PARAMETERS,
    Interval,
    Measure,
    Parameter,
    Point,
    Status,
    added_by,
    switched,
)
from vardbalans.engine.measures.whole import cost_of, in_agreed_plan, linked, received, wholes, with_all_parts

__all__ = [
    "PARAMETERS",
    "Acting",
    "Effect",
    "Interval",
    "Measure",
    "Parameter",
    "Point",
    "Status",
    "added_by",
    "cost_of",
    "in_agreed_plan",
    "linked",
    "ramp",
    "received",
    "switched",
    "wholes",
    "with_all_parts",
]
