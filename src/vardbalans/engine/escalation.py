"""How far up what goes wrong is to be told: a shortfall by its size, a measure by what its verdict was.

What a unit can close by itself stays there. A shortfall is told one level higher for each of the steps that it is
beyond (dated parameters: shares of what is available by which the need exceeds it), and one more where nobody does
anything about it. A measure is told one level up when its verdict has been taken and no effect for the better was
shown.
"""

from collections.abc import Sequence

__all__ = ["levels_up", "raised_to"]


def levels_up(share: float, steps: Sequence[float], *, acted_on: bool) -> int:
    """Return how many levels a shortfall of *share* is told up; *acted_on* where a measure is under way to close it.

    >>> levels_up(0.35, (0.3, 0.6), acted_on=True), levels_up(0.7, (0.3, 0.6), acted_on=False)
    (1, 3)
    """
    return sum(share > step for step in steps) + (not acted_on)


def raised_to(path: Sequence[str], levels: int) -> str | None:
    """Return the unit that is told, of *path* from the topmost down to the one it is about; None where it stays.

    >>> raised_to(("R", "D", "K"), 1), raised_to(("R", "D", "K"), 5), raised_to(("R",), 1)
    ('D', 'R', None)
    """
    above = path[:-1]
    return above[max(len(above) - levels, 0)] if levels and above else None
