"""Groups of few patients: which cells of crossed tables are not told, so that no sum gives one of them away.

A table that tells sums both ways (a care service in all and unit by unit, a unit in all and service by service) tells a
hidden cell where it is the only one unknown of any sum. The rule is that of complementary suppression, sum by sum:
what is hidden in a sum that is told are at least two cells and patients enough together, and a sum that is hidden has a
hidden part. Source: Eurostat and others, *Statistical disclosure control* (2012), chapter 4.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Sum", "hidden"]

Cell = TypeVar("Cell", bound=Hashable)


@dataclass(frozen=True)
class Sum(Generic[Cell]):
    """*parts* that sum to the cell *whole*; None: to something that is told whatever is hidden.

    *is_closed*: where the whole is hidden nothing within it is told.
    """

    whole: Cell | None
    parts: tuple[Cell, ...]
    is_closed: bool = False


def hidden(
    patients: Mapping[Cell, int], stages: Sequence[Sequence[Sum[Cell]]], small: int, dear: Collection[Cell] = ()
) -> frozenset[Cell]:
    """Return the cells that are not told: those of fewer patients than *small*, and what would give them away.

    The sums of a stage are looked at when all before it hold: what one hides may be company enough in the next. Of
    cells that would do as well the one of fewest patients goes, of equals the first by its text, *dear* ones last. A
    lone part of a sum that is told anyway cannot be hidden by anything else; then it alone is.
    """
    dark = {cell for cell, many in patients.items() if many < small}
    stage = 0
    while stage < len(stages):
        before = len(dark)
        for each in stages[stage]:
            dark |= _beside(each, dark, patients, small, dear)
        stage = stage + 1 if len(dark) == before else 0
    return frozenset(dark)


def _beside(
    each: Sum[Cell], dark: set[Cell], patients: Mapping[Cell, int], small: int, dear: Collection[Cell]
) -> set[Cell]:
    """Return what must be hidden too in one sum."""
    few = [part for part in each.parts if part in dark]
    told = sorted(
        (part for part in each.parts if part not in dark), key=lambda part: (part in dear, patients[part], str(part))
    )
    if each.whole is not None and each.whole in dark:
        return set(told) if each.is_closed else set() if few else set(told[:1])
    if not few or (len(few) > 1 and sum(patients[part] for part in few) >= small):
        return set()
    return set(told[:1]) or ({each.whole} if each.whole is not None else set())
