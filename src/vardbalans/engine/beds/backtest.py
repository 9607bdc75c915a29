"""Whether the hourly forecasts of beds held, told from earlier moments with what was known then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.beds.ahead import Occupancy, project, put_together
from vardbalans.engine.beds.observed import Observed, ahead, lying_at
from vardbalans.engine.beds.stay import Ints
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Calibration", "Past", "calibrated", "past_forecasts", "together"]

_BINS = 10


@dataclass(frozen=True, eq=False)
class Past:
    """One forecast and what came: *wards* distributions, and how many lay there, (W, H)."""

    wards: tuple[Occupancy, ...]
    came: Ints


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often, *inside*, what came was in the interval meant to, *wanted*, over *count* hours.

    *mean_error* is what came less the mean, *absolute_error* its mean size. *said* and *was* (bins,) are P(full) as
    told and the share of hours that were full, in ten parts by what was told, with *hours* (bins,) in each.
    """

    wanted: float
    inside: float
    count: int
    mean_error: float
    absolute_error: float
    said: Floats
    was: Floats
    hours: Ints


def past_forecasts(observed: Observed, origins: Sequence[float], hours: int) -> list[Past]:
    """Return the forecasts made at *origins* with what was known then. Raises BadInput where one lies too late."""
    found = []
    for origin in origins:
        if origin + hours > observed.until:
            raise BadInput(Message("Det finns inte {hours} timmar efter prognosen att jämföra med.", hours=hours))
        question = ahead(observed.known_at(origin), hours)
        found.append(Past(project(question), lying_at(observed.stays, question.local[1:], len(observed.wards))))
    return found


def together(past: Sequence[Past]) -> list[Past]:
    """Return *past* with all wards as one, put together as if they were independent: it shows whether they are."""
    return [Past((put_together(row.wards),), row.came.sum(axis=0, keepdims=True)) for row in past]


def calibrated(past: Sequence[Past], hours: slice = slice(None), wanted: float = 0.8) -> Calibration:
    """Return how *past* forecasts held at *hours* ahead (places of an hour, from the first).

    A count may lie on the edge of an interval, which then holds more than is wanted; the share of an edge's probability
    that belongs inside is counted as inside.
    """
    inside: list[Floats] = []
    errors: list[Floats] = []
    said: list[Floats] = []
    was: list[Floats] = []
    low, high = (1 - wanted) / 2, (1 + wanted) / 2
    for row in past:
        for ward, came in zip(row.wards, row.came, strict=True):
            upto = np.cumsum(ward.pmf, axis=1)
            at = np.minimum(came, upto.shape[1] - 1)[:, None]
            above = np.take_along_axis(upto, at, axis=1)[:, 0]
            each = np.maximum(np.take_along_axis(ward.pmf, at, axis=1)[:, 0], 1e-300)
            within = (np.minimum(above, high) - np.maximum(above - each, low)) / each
            inside.append(np.clip(within, 0, 1)[hours])
            errors.append((came - ward.mean)[hours])
            said.append(ward.full[hours])
            was.append((came >= ward.beds)[hours].astype(np.float64))
    told, full, error = np.concatenate(said), np.concatenate(was), np.concatenate(errors)
    part = np.minimum((told * _BINS).astype(int), _BINS - 1)
    count = np.bincount(part, minlength=_BINS)
    many = np.maximum(count, 1)
    return Calibration(
        wanted,
        float(np.concatenate(inside).mean()),
        len(told),
        float(error.mean()),
        float(np.abs(error).mean()),
        np.bincount(part, told, minlength=_BINS) / many,
        np.bincount(part, full, minlength=_BINS) / many,
        count,
    )
