"""Waiting lists in steady state: formulas, with every wait and target in weeks.

Source: the NHS-R waiting list method (Fong et al., published with the NHSRwaitinglist package). That package
mixes days and weeks in its pressure; here one unit is used throughout.
"""

import math
from dataclasses import dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import ListState
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = [
    "IdentityRow",
    "identity",
    "load",
    "mean_wait_weeks",
    "pressure",
    "relief_capacity",
    "relief_needed",
    "target_capacity",
    "target_queue",
]

DEFAULT_FACTOR = 4.0  # an exponential tail then leaves e⁻⁴ ≈ 1.8 % over the target


def load(demand: float, capacity: float) -> float:
    """Return demand / capacity; above 1 the list grows."""
    _at_least_zero(demand, "inflödet")
    _positive(capacity, "kapaciteten")
    return _finite(demand / capacity)


def mean_wait_weeks(target_weeks: float, factor: float = DEFAULT_FACTOR) -> float:
    """Return the mean wait that keeps nearly all within *target_weeks*: target / factor."""
    _positive(target_weeks, "målet")
    _positive(factor, "faktorn")
    return _finite(target_weeks / factor)


def target_queue(demand: float, target_weeks: float, factor: float = DEFAULT_FACTOR) -> float:
    """Return the list that fits the target: weekly demand · mean wait (Little's law)."""
    _at_least_zero(demand, "inflödet")
    return _finite(demand * mean_wait_weeks(target_weeks, factor))


def relief_capacity(demand: float, queue: float, target: float, weeks: float) -> float:
    """Return the weekly production that takes the list from *queue* to *target* in *weeks*.

    Below zero where the list would be shorter than *target* even if nobody were treated.
    """
    _at_least_zero(demand, "inflödet")
    _at_least_zero(queue, "antalet väntande")
    _at_least_zero(target, "målet för antalet väntande")
    _positive(weeks, "antalet veckor")
    return _finite(demand + (queue - target) / weeks)


def relief_needed(queue: float, target: float) -> bool:
    """Tell whether the list is more than twice what fits the target."""
    _at_least_zero(queue, "antalet väntande")
    _at_least_zero(target, "målet för antalet väntande")
    return queue > 2 * target


def pressure(mean_wait: float, target: float) -> float:
    """Return 2 · mean wait / target, both in the same unit; above 1 the list is under pressure."""
    _at_least_zero(mean_wait, "medelväntan")
    _positive(target, "målet")
    return _finite(2 * mean_wait / target)


def target_capacity(
    demand: float, target_weeks: float, cv_demand: float = 1.0, cv_capacity: float = 1.0, factor: float = DEFAULT_FACTOR
) -> float:
    """Return the weekly capacity that holds the target: demand + (cv_d² + cv_c²)/2 · factor / target."""
    _at_least_zero(demand, "inflödet")
    _positive(target_weeks, "målet")
    _positive(factor, "faktorn")
    _at_least_zero(cv_demand, "inflödets variationskoefficient")
    _at_least_zero(cv_capacity, "kapacitetens variationskoefficient")
    return _finite(demand + (cv_demand * cv_demand + cv_capacity * cv_capacity) / 2 * factor / target_weeks)


@dataclass(frozen=True)
class IdentityRow:
    """One period of the list: opening + inflow − treated − removed − residual = closing.

    *removed* is None where the source does not report it; *residual* is what the reported flows do not explain
    (positive: people left the list uncounted; negative: people came in uncounted).
    """

    period: Period
    opening: float
    inflow: float
    treated: float
    removed: float | None
    residual: float
    closing: float


def identity(state: ListState) -> tuple[IdentityRow, ...]:
    """Return the list's bookkeeping per period. Where the first opening is unknown the first period is left out."""
    rows = []
    opening = state.opening
    for index, period in enumerate(state.waiting.periods):
        closing = float(state.waiting.values[index])
        if opening is not None:
            inflow, treated = float(state.inflow.values[index]), float(state.treated.values[index])
            removed = float(state.removed.values[index]) if state.removed else None
            residual = opening + inflow - treated - (removed or 0.0) - closing
            rows.append(IdentityRow(period, opening, inflow, treated, removed, residual, closing))
        opening = closing
    return tuple(rows)


def _positive(value: float, what: str) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise BadInput(Message("Formeln kräver att {what} är över noll, inte {value}.", what=what, value=value))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise BadInput(Message("Formelns svar blir för stort att räkna med. Kontrollera talen."))
    return value


def _at_least_zero(value: float, what: str) -> None:
    if not (value >= 0 and math.isfinite(value)):
        raise BadInput(Message("Formeln kräver att {what} är ett tal från noll, inte {value}.", what=what, value=value))
