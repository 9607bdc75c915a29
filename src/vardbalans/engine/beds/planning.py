"""What the production plan must know of beds: how long an operation takes one, week by week, and how many are left.

A plan that takes both along as a resource plans no operation without its bed.
"""

import numpy as np

from vardbalans.engine.beds.ahead import Occupancy
from vardbalans.engine.beds.clock import WEEK_HOURS, DischargeClock
from vardbalans.engine.beds.stay import StayCurves
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats, check_share

__all__ = ["bed_use", "beds_left", "mean_by_day", "patients_per_day"]

_MINUTES = 60
_WORKING_DAYS = 5
_SHORT = 0.005
"""The share of a stay's time below which its last weeks are put to those before."""


def bed_use(
    curves: StayCurves, group: int, clock: DischargeClock, admitted_share: float, hour: int = 7
) -> tuple[float, tuple[float, ...]]:
    """Return the minutes of bed an activity takes, and the shares of them in its own week and those after (sum one).

    *admitted_share* of the activities lead to a stay of *group*, admitted at *hour* on a working day, each as likely.
    Raises BadInput where nobody is admitted.
    """
    if check_share(admitted_share, "Andelen som skrivs in") == 0:
        raise BadInput(Message("Ingen skrivs in, så att ingen vårdplats tas i anspråk."))
    weeks = 12
    moments = np.arange(weeks * WEEK_HOURS + 1.0)
    there = np.zeros(len(moments))
    for day in range(_WORKING_DAYS):
        begin = 24.0 * day + hour
        after = moments >= begin
        lain = clock.reading(moments[after]) - clock.reading(np.array(begin))
        there[after] += curves.still(group, np.zeros(len(lain)), lain) / _WORKING_DAYS
    hours = (there[:-1] + there[1:]).reshape(weeks, WEEK_HOURS).sum(axis=1) / 2
    last = int(np.flatnonzero(hours >= _SHORT * hours.sum())[-1])
    shares = hours[: last + 1] / hours.sum()
    shares[-1] += 1 - shares.sum()
    return float(admitted_share * hours.sum() * _MINUTES), tuple(float(share) for share in shares)


def beds_left(acute: Occupancy, share: float) -> Floats:
    """Return the open beds that acute patients leave with probability *share*, at least none, (H,)."""
    if not 0 < share < 1:
        raise BadInput(Message("Andelen av tiden ska ligga mellan 0 och 1, inte {value}.", value=share))
    found: Floats = np.maximum(acute.beds - acute.quantile(share), 0).astype(np.float64)
    return found


def patients_per_day(wards: tuple[Occupancy, ...], local: Floats) -> Floats:
    """Return the mean number in each ward on each day ahead, (W, days): what staffing ratios are laid on.

    *local* (H + 1,) are the moments by the clock on the wall, as in the question of the hours ahead.
    """
    return np.stack([mean_by_day(ward.mean, local) for ward in wards])


def mean_by_day(hourly: Floats, local: Floats) -> Floats:
    """Return the mean of *hourly* (H,) on each day of *local* (H + 1,), which may have 23 or 25 hours."""
    day = (local[:-1] // 24).astype(int) - int(local[0] // 24)
    found: Floats = np.bincount(day, hourly) / np.bincount(day)
    return found
