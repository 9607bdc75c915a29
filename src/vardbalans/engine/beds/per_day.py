"""The hours ahead by day: what staffing ratios are laid on."""

import numpy as np

from vardbalans.engine.beds.ahead import Occupancy
from vardbalans.engine.units import Floats

__all__ = ["mean_by_day", "patients_per_day"]


def patients_per_day(wards: tuple[Occupancy, ...], local: Floats) -> Floats:
    """Return the mean number in each ward on each day ahead, (W, days).

    *local* (H + 1,) are the moments by the clock on the wall, as in the question of the hours ahead.
    """
    return np.stack([mean_by_day(ward.mean, local) for ward in wards])


def mean_by_day(hourly: Floats, local: Floats) -> Floats:
    """Return the mean of *hourly* (H,) on each day of *local* (H + 1,), which may have 23 or 25 hours."""
    day = (local[:-1] // 24).astype(int) - int(local[0] // 24)
    found: Floats = np.bincount(day, hourly) / np.bincount(day)
    return found
