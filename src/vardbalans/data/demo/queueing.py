"""A waiting list week by week: who is treated, who fails to come, who leaves untreated. Counts and order only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vardbalans.data.demo.clock import LAST, TOTAL, Floats, Ints

__all__ = [
    "BOOKED",
    "CANCELLED_PATIENT",
    "CANCELLED_PROVIDER",
    "LATE_CANCELLED",
    "NO_SHOW",
    "PERFORMED",
    "Bookings",
    "serve",
]

PERFORMED, NO_SHOW, LATE_CANCELLED, CANCELLED_PATIENT, CANCELLED_PROVIDER, BOOKED = range(6)
"""Status codes of contacts, in the order of the contract's allowed values."""


@dataclass(frozen=True, eq=False)
class Bookings:
    """Slots given: for each the number of the request, the week and the status."""

    request: Ints
    week: Ints
    status: NDArray[np.int8]


def serve(
    arrival_week: Ints, rank: Ints, leave_week: Ints, slots: Ints, lost: tuple[Floats, Floats], rng: np.random.Generator
) -> Bookings:
    """Give each week's *slots* to those who wait, lowest *rank* first, until the list or the slots end.

    A request can be treated from the week after *arrival_week*, and is gone from *leave_week* if still waiting.
    *lost* are probabilities per week of no-show and late cancellation; who is lost waits on with the same rank.
    Weeks from :data:`LAST` on are bookings: nobody leaves and no outcome is known.
    """
    by_rank = np.argsort(rank, kind="stable")
    rank_arrival = arrival_week[by_rank]
    leave = leave_week[by_rank]
    arrivals = np.argsort(rank_arrival, kind="stable")
    edges = np.searchsorted(rank_arrival[arrivals], np.arange(TOTAL + 1))
    pool = np.empty(0, dtype=np.int64)
    taken: list[Ints] = []
    statuses: list[NDArray[np.int8]] = []
    for week in range(1, TOTAL):
        pool = np.concatenate([pool, arrivals[edges[week - 1] : edges[week]]])
        pool = pool[leave[pool] > min(week, LAST - 1)]
        pool.sort()
        given = pool[: slots[week]]
        status = _outcomes(len(given), week, lost, rng)
        taken.append(given)
        statuses.append(status)
        again = given[(status == NO_SHOW) | (status == LATE_CANCELLED)]
        pool = np.concatenate([again, pool[slots[week] :]])
    weeks = np.repeat(np.arange(1, TOTAL), [len(given) for given in taken])
    return Bookings(by_rank[np.concatenate(taken)], weeks, np.concatenate(statuses))


def _outcomes(count: int, week: int, lost: tuple[Floats, Floats], rng: np.random.Generator) -> NDArray[np.int8]:
    if week >= LAST:
        return np.full(count, BOOKED, dtype=np.int8)
    draw = rng.random(count)
    no_show, late = lost[0][week], lost[1][week]
    return np.where(draw < no_show, NO_SHOW, np.where(draw < no_show + late, LATE_CANCELLED, PERFORMED)).astype(np.int8)
