"""Spread a year total over weeks so that the parts sum to it exactly, with what is locked kept."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["spread_total", "whole_parts"]


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
    if left and not sum(free.values()):
        raise BadInput(Message("Ingen vecka är kvar att fördela på: lås upp någon, eller välj ett annat sätt."))
    return dict(zip(free, whole_parts(int(left), list(free.values())), strict=True))


def whole_parts(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole numbers in proportion to *weights* that sum to *total*: the largest remainders are rounded up.

    Equal remainders go to the earlier part, so the answer is always the same.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [total * weight / whole for weight in weights]
    parts = [int(share) for share in shares]
    order = sorted(range(len(shares)), key=lambda place: (parts[place] - shares[place], place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
