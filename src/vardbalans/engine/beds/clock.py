"""When in the week patients leave: a clock that goes fast when many are discharged and slowly at nights and weekends.

A stay is measured on this clock instead of on the wall's. One that lasts so many hours by it ends later when a
weekend lies between, and nobody leaves in an hour in which it stands still. The pace of an hour of the week is the
discharges in it per patient who lay there, in proportion to that of the whole week (time change of a counting process:
Brown et al. 2002, *Neural Computation* 14:325).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats, check_share

__all__ = ["WEEK_HOURS", "DischargeClock", "even_clock", "local_hours", "measured_clock"]

WEEK_HOURS = 168
_PRIOR_DISCHARGES = 2.0
"""An hour of the week counts as if so many discharges had been seen in it at the pace of all hours."""


@dataclass(frozen=True, eq=False)
class DischargeClock:
    """*pace* (168,) by hour of the week from Monday 00, zero or more: hours on the clock per hour on the wall.

    Moments are hours since a Monday 00, readings are hours on the clock since the same moment.
    """

    pace: Floats

    def __post_init__(self) -> None:
        pace = np.asarray(self.pace, np.float64)
        if pace.shape != (WEEK_HOURS,) or not np.all(np.isfinite(pace)) or np.any(pace < 0) or pace.sum() <= 0:
            raise BadInput(Message("Utskrivningstakten ska vara 168 tal från noll och uppåt, en per timme i veckan."))
        object.__setattr__(self, "pace", pace)

    @cached_property
    def marks(self) -> Floats:
        """Return the reading at each whole hour of the first week, (169,)."""
        return np.concatenate([[0.0], np.cumsum(self.pace)])

    def reading(self, moments: Floats) -> Floats:
        """Return what the clock shows at *moments*."""
        weeks = np.floor(np.asarray(moments) / WEEK_HOURS)
        inside = np.interp(moments - weeks * WEEK_HOURS, np.arange(WEEK_HOURS + 1), self.marks)
        found: Floats = weeks * self.marks[-1] + inside
        return found

    def moment(self, readings: Floats) -> Floats:
        """Return when the clock shows *readings*."""
        weeks = np.floor(np.asarray(readings) / self.marks[-1])
        inside = np.interp(readings - weeks * self.marks[-1], self.marks, np.arange(WEEK_HOURS + 1))
        found: Floats = weeks * WEEK_HOURS + inside
        return found

    def weekend_like_weekdays(self, share: float) -> "DischargeClock":
        """Return the clock with Saturday and Sunday moved *share* (0–1) of the way to the mean of the working days.

        The working days keep their pace, so that stays become shorter; a day that is no slower than they are stays.
        """
        check_share(share, "Andelen av vägen till vardagens utskrivningar")
        days = self.pace.reshape(7, 24).copy()
        usual = days[:5].mean(axis=0)
        slower = days[5:].sum(axis=1, keepdims=True) < usual.sum()
        days[5:] += np.where(slower, share * (usual - days[5:]), 0)
        return DischargeClock(days.ravel())


def local_hours(now: float, hours: int, changes: Sequence[tuple[float, float]] = ()) -> Floats:
    """Return what the clock on the wall shows at *now* and after each of the *hours*, (hours + 1,).

    *changes* are the moments at which it is moved, as it shows then, and by how many hours. Moved back, it shows the
    same hour again: nobody leaves by a discharge clock until that has been.
    """
    found = now + np.arange(hours + 1.0)
    for moment, moved in changes:
        found[(found >= moment) & (moment > now)] += moved
    return found


def even_clock() -> DischargeClock:
    """Return the clock of the wall: patients leave at all hours alike."""
    return DischargeClock(np.ones(WEEK_HOURS))


def measured_clock(discharges: Floats, patient_hours: Floats) -> DischargeClock:
    """Return the clock of *discharges* (168,) over *patient_hours* (168,) by hour of the week.

    Its mean pace over the hours that patients lay there is one, so that stays are as long on it as on the wall's.
    Raises BadInput where nobody lay in an hour of the week or nobody was discharged at all.
    """
    if np.any(np.asarray(patient_hours) <= 0) or np.sum(discharges) <= 0:
        raise BadInput(Message("För få utskrivningar för att se när i veckan patienter skrivs ut."))
    usual = np.sum(discharges) / np.sum(patient_hours)
    return DischargeClock((discharges + _PRIOR_DISCHARGES) / (usual * patient_hours + _PRIOR_DISCHARGES))
