"""How many come: the shape of the week, the level now, and how uncertain it is, from counts of days gone by.

A forecast that follows each chance of the past is told too high where it is high and too low where it is low. What is
told of a week or of late is therefore drawn towards what is usual, by as much as chance explains it.
"""

import numpy as np

from vardbalans.engine.beds.clock import WEEK_HOURS
from vardbalans.engine.units import Floats

__all__ = ["LEVEL_DAYS", "level", "level_spread", "week_shape"]

LEVEL_DAYS = 56
"""Days back that tell how many come now."""
_YEAR_DAYS = 364
_FEWEST_BLOCKS = 4
_STEP_DAYS = 14
"""The level has been right or wrong about so many days ahead, looked at as often."""
_ALIKE = 10.0
"""All groups weigh as so many moments in which chance alone moved the latest weeks."""


def week_shape(counts: Floats) -> Floats:
    """Return the shape of the week, (G, 168), mean one, of *counts* (G, 168) of who came in each hour from Monday 00.

    An hour weighs its own count and what weekday and hour of the day say: its own is a handful.
    """
    days = counts.reshape(-1, 7, WEEK_HOURS // 7)
    total = days.sum(axis=(1, 2), keepdims=True)
    usual = _shrunk(days.sum(axis=2, keepdims=True)) * _shrunk(days.sum(axis=1, keepdims=True))
    shape = (days + 10 * WEEK_HOURS * usual / usual.sum(axis=(1, 2), keepdims=True)) / (total + 10 * WEEK_HOURS)
    found: Floats = WEEK_HOURS * (shape / shape.sum(axis=(1, 2), keepdims=True)).reshape(len(counts), -1)
    return found


def _shrunk(counts: Floats) -> Floats:
    """Return *counts* (G, …) over their mean, drawn towards one as far as chance explains them (James–Stein)."""
    places = counts[0].size
    mean = counts.sum(axis=(1, 2), keepdims=True) / places
    apart = np.divide(counts, mean, out=np.ones_like(counts), where=mean > 0) - 1
    chi_square = mean * np.sum(apart**2, axis=(1, 2), keepdims=True)
    found: Floats = 1 + apart * np.maximum(0, 1 - (places - 3) / np.maximum(chi_square, places - 3))
    return found


def level(per_day: Floats) -> Floats:
    """Return how many come a day now, (G,), of *per_day* (G, days): the year's mean, and the latest weeks beside it.

    The latest weeks weigh by as much as they have told of the days that came after; the weight of a group is drawn
    towards that of all. Where there are not two weeks after the first four :data:`LEVEL_DAYS`, the mean is the level.
    """
    return _level_at(per_day, per_day.shape[1], _weight(per_day))


def level_spread(per_day: Floats) -> Floats:
    """Return the deviation of the level, (G,): what such levels have missed before, beyond what counts vary by."""
    starts = _starts(per_day)
    if len(starts) < _FEWEST_BLOCKS:
        return np.zeros(len(per_day))
    weight = _weight(per_day)
    made = np.stack([_level_at(per_day, at, weight) * _STEP_DAYS for at in starts])
    came = np.stack([per_day[:, at : at + _STEP_DAYS].sum(axis=1) for at in starts])
    beyond = np.mean((came - made) ** 2 - made, axis=0)
    scale = np.mean(made**2, axis=0)
    found: Floats = np.sqrt(np.maximum(beyond, 0) / np.where(scale > 0, scale, 1))
    return found


def _starts(per_day: Floats) -> range:
    return range(_FEWEST_BLOCKS * LEVEL_DAYS, per_day.shape[1] - _STEP_DAYS + 1, _STEP_DAYS)


def _weight(per_day: Floats) -> Floats:
    """Return how much the latest weeks weigh, (G,), 0 to 1: what moved in them that the days after kept."""
    starts = _starts(per_day)
    if not len(starts):
        return np.zeros(len(per_day))
    year = np.stack([_mean(per_day, at, _YEAR_DAYS) for at in starts])
    late = np.stack([_mean(per_day, at, LEVEL_DAYS) for at in starts]) - year
    after = np.stack([per_day[:, at : at + _STEP_DAYS].mean(axis=1) for at in starts]) - year
    scale = LEVEL_DAYS / np.maximum(per_day.mean(axis=1), 1 / per_day.shape[1])
    kept, moved = (scale * np.sum(each, axis=0) for each in (late * after, late**2))
    common = kept.sum() / max(moved.sum(), 1e-12)
    found: Floats = np.clip((kept + _ALIKE * common) / (moved + _ALIKE), 0, 1)
    return found


def _level_at(per_day: Floats, day: int, weight: Floats) -> Floats:
    year = _mean(per_day, day, _YEAR_DAYS)
    found: Floats = year + weight * (_mean(per_day, day, LEVEL_DAYS) - year)
    return found


def _mean(per_day: Floats, day: int, days: int) -> Floats:
    found: Floats = per_day[:, max(0, day - days) : day].mean(axis=1)
    return found
