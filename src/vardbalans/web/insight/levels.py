"""How far need lies from capacity, in five steps with a colour, a mark and a figure each.

The thresholds are those of the visual language: within ±5 % is balance, beyond ±15 % is much.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.web import numbers

__all__ = ["BALANCED", "MUCH", "excess", "level", "mark", "mark_in_words"]

BALANCED = 0.05
MUCH = 0.15
_BEYOND_SENSE = 9.995


def excess(row: Mapping[str, Any]) -> float | None:
    """Return by what share of capacity the need exceeds it (negative: less need than capacity).

    Infinite when there is need but no capacity; None when there is neither, or the row lacks a figure.
    """
    required: float | None = row["required"]
    available: float | None = row["available"]
    if required is None or available is None:
        return None
    if available <= 0:
        return float("inf") if required > 0 else None
    return (required - available) / available


def level(share: float | None) -> str:
    """Return the step *share* lies in: over2, over1, even, under1 or under2; ``none`` when there is no share."""
    if share is None:
        return "none"
    if abs(share) <= BALANCED:
        return "even"
    side = "over" if share > 0 else "under"
    return f"{side}{2 if abs(share) > MUCH else 1}"


def mark(share: float | None) -> str:
    """Return what a cell shows, in per cent: ``▲12``, ``▼8``, at most ``▲999+``; ``▲×`` without capacity.

    Within ±5 % the triangle is hollow (``△3``, ``▽3``), so that no sign stands against that of the balance.
    """
    if share is None:
        return numbers.MISSING
    if share == float("inf"):
        return "▲×"
    if level(share) == "even":
        rounded = numbers.number(abs(share) * 100)
        return rounded if rounded == "0" else ("△" if share > 0 else "▽") + rounded
    if share >= _BEYOND_SENSE:
        return "▲999+"
    return ("▲" if share > 0 else "▼") + numbers.number(abs(share) * 100)


def mark_in_words(share: float | None) -> str:
    """Return the mark with its meaning: ``▲12 över``, ``▽3 under``; without capacity ``▲× ingen kapacitet``."""
    text = mark(share)
    if share is None or text == "0":
        return text
    if share == float("inf"):
        return f"{text} {_('ingen kapacitet')}"
    return f"{text} {_('över') if share > 0 else _('under')}"
