"""A list that several services share, as one."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from vardbalans.engine.inputs import ListState, Series
from vardbalans.engine.periods import Period

__all__ = ["shared_state"]


def shared_state(states: Sequence[ListState]) -> ListState | None:
    """Return the account of the lists of *states* together, over the periods that all of them have; None without any.

    Who left untreated is known only where every source says so.
    """
    since = max(state.waiting.start.start for state in states)
    until = min(state.waiting.end for state in states)
    if since >= until:
        return None
    start = Period(since, states[0].waiting.start.frequency)

    def summed(parts: Sequence[Series]) -> Series:
        kept = [
            [value for period, value in zip(row.periods, row.values, strict=True) if since <= period.start < until]
            for row in parts
        ]
        return Series(start, np.sum(kept, axis=0), parts[0].source)

    removed = [state.removed for state in states if state.removed is not None]
    openings = [_before(state, since) for state in states]
    known = [opening for opening in openings if opening is not None]
    return ListState(
        summed([state.inflow for state in states]),
        summed([state.treated for state in states]),
        summed([state.waiting for state in states]),
        summed(removed) if len(removed) == len(states) else None,
        float(sum(known)) if len(known) == len(states) else None,
    )


def _before(state: ListState, since: date) -> float | None:
    """Return the number waiting before the period that begins *since*; None where it is not known."""
    starts = [period.start for period in state.waiting.periods]
    place = starts.index(since)
    return state.opening if place == 0 else float(state.waiting.values[place - 1])
