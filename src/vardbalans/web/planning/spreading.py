"""Spread a year total over weeks so that the parts sum to it exactly, with what is locked kept."""

from collections.abc import Mapping
from decimal import Decimal

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import apportion

__all__ = ["spread_total"]


def spread_total(total: int, weights: Mapping[str, float], locked: Mapping[str, Decimal]) -> dict[str, int]:
    """Return whole numbers per week outside *locked*, in proportion to *weights*, so that all weeks sum to *total*.

    Raises BadInput where the locked weeks hold more than the total, where what is left is no whole number, or where no
    week is left that has a weight.
    """
    kept = sum(locked.values(), Decimal(0))
    left = total - kept
    if left < 0:
        raise BadInput(Message("De låsta veckorna har redan {kept}, mer än {total}.", kept=kept, total=total))
    if left != left.to_integral_value():
        raise BadInput(Message("De låsta veckorna har {kept}: det som är kvar är inget heltal.", kept=kept))
    free = {week: max(0.0, weight) for week, weight in weights.items() if week not in locked}
    if not any(free.values()):
        if left:
            raise BadInput(Message("Ingen vecka är kvar att fördela på: lås upp någon, eller välj ett annat sätt."))
        return dict.fromkeys(free, 0)
    return dict(zip(free, apportion(int(left), list(free.values())), strict=True))
