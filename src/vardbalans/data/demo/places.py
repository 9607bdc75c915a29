"""Places that hold one patient at a time: theatres, and a bed for each who lies in."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vardbalans.data.demo.clock import Ints
from vardbalans.data.demo.queueing import PERFORMED

__all__ = ["Beds", "take_turns"]

_TURNOVER = 20
_LAST_START = 23 * 60


def take_turns(contacts: dict[str, NDArray[Any]], unit: Ints, theatres: Ints) -> None:
    """Let the surgery of each unit wait for a free theatre, and write which one as column ``room`` (−1: none).

    *contacts* are columns; *unit* and *theatres* are the number of the unit and how many theatres it has, per row.
    A later start stays within the day, before 23; who would come after that is operated on before the first.
    """
    room = np.full(len(unit), -1, dtype=np.int16)
    start, minutes = contacts["start"], contacts["minutes"]
    chosen = np.flatnonzero((theatres > 0) & (contacts["status"] == PERFORMED))
    day = start // 1440
    chosen = chosen[np.lexsort((start[chosen], day[chosen], unit[chosen]))]
    turns = np.flatnonzero((np.diff(unit[chosen]) != 0) | (np.diff(day[chosen]) != 0)) + 1
    for rows in np.split(chosen, turns):
        if not len(rows):
            continue
        free = [int(start[rows[0]])] * int(theatres[rows[0]])
        first = list(free)
        for row in rows:
            here = int(np.argmin(free))
            begins = max(int(start[row]), free[here])
            if begins % 1440 > _LAST_START or begins // 1440 > day[row]:
                here = int(np.argmax(first))
                begins = first[here] = first[here] - int(minutes[row]) - _TURNOVER
            else:
                free[here] = begins + int(minutes[row]) + _TURNOVER
            start[row], room[row] = begins, here
    contacts["room"] = room


class Beds:
    """Who lies in a bed, and when."""

    def __init__(self) -> None:
        self._stays: dict[int, list[tuple[int, int]]] = {}

    def free(self, patient: NDArray[np.int32], begins: Ints, ends: Ints) -> NDArray[np.bool_]:
        """Admit each patient who is not in a bed already, in the order given, and tell which ones."""
        return np.array([self._take(*stay) for stay in zip(patient, begins, ends, strict=True)], dtype=bool)

    def admit(
        self,
        patient: NDArray[np.int32],
        begins: Ints,
        ends: Ints,
        draw: Callable[[int], NDArray[np.int32]],
    ) -> NDArray[np.int32]:
        """Return the patients admitted: those given, but another by *draw* for who is in a bed already."""
        admitted = patient.copy()
        left = np.arange(len(patient))
        while len(left):
            left = left[~self.free(admitted[left], begins[left], ends[left])]
            admitted[left] = draw(len(left))
        return admitted

    def _take(self, patient: int, begins: int, ends: int) -> bool:
        stays = self._stays.setdefault(int(patient), [])
        if any(begins < until and since < ends for since, until in stays):
            return False
        stays.append((int(begins), int(ends)))
        return True
