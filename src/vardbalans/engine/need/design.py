"""What a forecast knows of the calendar: the columns that explain counts per week or month.

Columns: level, trend in years from the end of history, working days (log, so that a coefficient of one means
proportional), the summer weeks 27–31, Christmas and New Year (22 December–6 January), and yearly harmonics.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.units import Floats

__all__ = ["COLUMNS", "PRIOR_SD", "SHORT_PRIOR_SD", "design"]

HARMONICS = 3
TREND = 1
# A trend that goes on for ever is the commonest way to a bad forecast (Gardner & McKenzie 1985): this one fades,
# and adds in all what half a year of it would.
DAMPING_YEARS = 0.5
_SUMMER_WEEKS = range(27, 32)
COLUMNS = (
    "level",
    "trend",
    "working_days",
    "summer",
    "christmas",
    *(f"{f}{k}" for k in range(1, HARMONICS + 1) for f in ("cos", "sin")),
)

# Normal priors around no effect. They matter only where the history is short or noisy: a yearly growth beyond ±10 % and
# a season that more than doubles the count are rare in care, and are believed when the data says so clearly.
PRIOR_SD = np.array([10.0, 0.05, 1.0, 0.5, 0.5] + [0.3, 0.3] + [0.15, 0.15] * (HARMONICS - 1))
# Under two years a season cannot be told from a trend: no harmonics, and hardly any trend.
SHORT_PRIOR_SD = np.array([10.0, 0.05, 1.0, 0.3, 0.3] + [1e-4] * (2 * HARMONICS))


def design(periods: Sequence[Period], calendar: Calendar, origin: date) -> Floats:
    """Return the design matrix, shape (periods, columns); time is in years from *origin*, damped after it."""
    rows = np.array([_row(period, calendar, origin) for period in periods])
    ahead = np.maximum(rows[:, TREND], 0)
    rows[:, TREND] = np.minimum(rows[:, TREND], 0) + DAMPING_YEARS * (1 - np.exp(-ahead / DAMPING_YEARS))
    return rows


def _row(period: Period, calendar: Calendar, origin: date) -> list[float]:
    days = period.days
    middle = days[len(days) // 2]
    usual = 5.0 if period.frequency == "week" else 21.0
    angle = 2 * np.pi * middle.timetuple().tm_yday / 365.25
    waves = [wave(k * angle) for k in range(1, HARMONICS + 1) for wave in (np.cos, np.sin)]
    working = max(calendar.working_days(period), 0.5)  # a week without a working day still has emergencies
    return [
        1.0,
        (middle - origin).days / 365.25,
        float(np.log(working / usual)),
        sum(day.isocalendar().week in _SUMMER_WEEKS for day in days) / len(days),
        sum((day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 6) for day in days) / len(days),
        *map(float, waves),
    ]
