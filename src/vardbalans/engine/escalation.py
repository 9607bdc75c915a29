"""How far up what goes wrong is to be told: a shortfall by its size, a measure by what its verdict was.

What a unit can close by itself stays there. A shortfall beyond :data:`STEPS` is told one level higher for each step it
is beyond, and one more where nobody does anything about it. A measure is told one level up when its verdict has been
taken and no effect for the better was shown.
"""

from collections.abc import Sequence

__all__ = ["STEPS", "levels_up", "raised_to"]

STEPS = (0.30, 0.60)
"""Shares of what is available by which the need exceeds it: our own, twice and four times what counts as much."""


def levels_up(share: float, *, acted_on: bool) -> int:
    """Return how many levels a shortfall of *share* is told up; *acted_on* where a measure that goes on is to close
    it.

    >>> levels_up(0.35, acted_on=True), levels_up(0.7, acted_on=False)
    (1, 3)
    """
    return sum(share > step for step in STEPS) + (not acted_on)


def raised_to(path: Sequence[str], levels: int) -> str | None:
    """Return the unit that is told, of *path* from the topmost down to the one it is about; None where it stays.

    >>> raised_to(("R", "D", "K"), 1), raised_to(("R", "D", "K"), 5), raised_to(("R",), 1)
    ('D', 'R', None)
    """
    above = path[:-1]
    return above[max(len(above) - levels, 0)] if levels and above else None
