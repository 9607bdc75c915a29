"""The time book of the orthopaedic outpatient unit, and the people who have times in it or wait for one.

The times that are taken are those of the contacts; streams of their own draw the rest, so that nothing else moves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vardbalans.data.demo import clock
from vardbalans.data.demo.activity import Activity, Block
from vardbalans.data.demo.clock import AHEAD, FIRST, LAST, Ints
from vardbalans.data.demo.queueing import BOOKED, CANCELLED_PATIENT, CANCELLED_PROVIDER
from vardbalans.data.demo.region import Organisation, Service
from vardbalans.engine.sampling import stream

__all__ = ["UNIT", "Known", "Times", "known", "times"]

UNIT = "M-ORT-A"
"""The unit whose time book it is."""

_WEEKS_BACK = 4
_WEEK = 7 * 1440
_SERVICES = ("NB", "AB", "BH")
_SPARE = 1.05
_BLOCKED_SHARE = 0.06
_DEAD_SHARE = 0.04
_PROTECTED_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Times:
    """Times in order: number of the service, local minute, length, and status (0 free, 1 booked, 2 blocked)."""

    service: Ints
    start: Ints
    minutes: Ints
    status: Ints


@dataclass(frozen=True, eq=False)
class Known:
    """Patients in order of number: the day they died (−1 for the living), and whether their details are protected."""

    patient: Ints
    died: Ints
    protected: NDArray[np.bool_]


def times(org: Organisation, activity: Activity, seed: int) -> Times:
    """Return the times from four weeks back until the last week that is laid out."""
    parts = [
        (np.full(len(start), number), start, np.full(len(start), int(5 * np.ceil(item.minutes / 5))), status)
        for number, item in _services(org)
        for start, status in _of_service(item, number, activity.contacts, seed)
    ]
    service, start, minutes, status = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((status, service, start))
    return Times(service[order], start[order], minutes[order], status[order])


def _services(org: Organisation) -> list[tuple[int, Service]]:
    """Return the unit's services that are given at booked times, with their numbers."""
    return [(n, item) for n, item in enumerate(org.services) if item.unit_id == UNIT and item.suffix in _SERVICES]


def _of_service(item: Service, number: int, contacts: Block, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield start and status of the times that someone was given, and of those that nobody has."""
    rng = stream(seed, "slots", item.service_id)
    mine = contacts["service"] == number
    start, status = contacts["start"][mine].astype(np.int64), contacts["status"][mine]
    week = start // _WEEK
    # A time cancelled in time is free again.
    left = np.isin(status, (CANCELLED_PATIENT, CANCELLED_PROVIDER))
    given = week >= LAST - _WEEKS_BACK
    yield start[given], np.where(left[given], 0, 1)
    usual = np.count_nonzero((week >= LAST - 26) & (week < LAST) & ~left) / 26
    laid_out = np.rint(_SPARE * usual * clock.availability()[LAST:]).astype(np.int64)
    taken = np.bincount(week[(week >= LAST) & ~left] - LAST, minlength=AHEAD)
    empty = np.repeat(np.arange(LAST, LAST + AHEAD), np.maximum(laid_out - taken, 0))
    at = clock.place_days(empty, clock.OFFICE_DAYS, rng) * 1440 + 480 + 15 * rng.integers(0, 32, len(empty))
    yield at, np.where(rng.random(len(at)) < _BLOCKED_SHARE, 2, 0)


def known(org: Organisation, activity: Activity, seed: int) -> Known:
    """Return everyone who has or had a time in the book, or waits for one of its services."""
    rng = stream(seed, "patients")
    contacts, requests = activity.contacts, activity.requests
    services = [number for number, _ in _services(org)]
    came = np.isin(contacts["service"], services) & (contacts["start"] >= (LAST - _WEEKS_BACK) * _WEEK)
    waits = np.isin(requests["service"], services) & (requests["closed"] < 0)
    patient = np.unique(np.concatenate([contacts["patient"][came], requests["patient"][waits]])).astype(np.int64)
    return Known(patient, _died(patient, activity, rng), rng.random(len(patient)) < _PROTECTED_SHARE)


def _died(patient: Ints, activity: Activity, rng: np.random.Generator) -> Ints:
    """Return the day of death, −1 for the living. Nobody who waits or has a time ahead has died."""
    contacts, requests = activity.contacts, activity.requests
    ahead = contacts["patient"][contacts["status"] == BOOKED]
    waiting = requests["patient"][requests["closed"] < 0]
    last = np.full(max(patient.max(), contacts["patient"].max()) + 1, FIRST * 7)
    np.maximum.at(last, contacts["patient"], contacts["start"] // 1440)
    np.maximum.at(last, requests["patient"], requests["closed"])
    day = last[patient] + rng.integers(1, 21, len(patient))
    dead = (rng.random(len(patient)) < _DEAD_SHARE) & ~np.isin(patient, np.concatenate([ahead, waiting]))
    return np.where(dead & (day < LAST * 7), day, -1)
