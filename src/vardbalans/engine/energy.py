"""Energy set against the weather: what is used whatever the weather, what each degree day takes, and a normal year.

The line is use = base · days + slope · degree days, neither below zero, by least squares. A year is *normalised* by
exchanging its degree days for the normal year's; the change between two times is what was used against what the first
time's line says of the second one's weather. Degree days are counted by whoever measures them, from their own base
temperature.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["WeatherLine", "weather_line"]

_FEWEST = 6


@dataclass(frozen=True)
class WeatherLine:
    """Use per day whatever the weather (*base*), and per degree day (*slope*)."""

    base: float
    slope: float

    def expected(self, days: Floats, degree_days: Floats) -> Floats:
        """Return the use that the line says, of shape (periods,)."""
        found: Floats = self.base * days + self.slope * degree_days
        return found

    def normalised(self, use: float, degree_days: float, normal: float) -> float:
        """Return *use* as it would have been in *normal* degree days instead of its own."""
        return use + self.slope * (normal - degree_days)

    def ratio(self, use: Floats, days: Floats, degree_days: Floats) -> float:
        """Return what was used of what the line says: 0.9 is a tenth less in the same weather."""
        return float(use.sum() / self.expected(days, degree_days).sum())


def weather_line(use: Floats, days: Floats, degree_days: Floats) -> WeatherLine:
    """Return the line of *use* over periods, all of shape (periods,). Raises BadInput for too few or missing values."""
    table = np.array([use, days, degree_days], dtype=float)
    if table.shape[1] < _FEWEST or np.isnan(table).any() or (table < 0).any():
        raise BadInput(
            Message("Graddagskorrigering behöver minst {count} perioder utan luckor, ingen under noll.", count=_FEWEST)
        )
    found, _ = scipy.optimize.nnls(table[1:].T, table[0])
    return WeatherLine(float(found[0]), float(found[1]))
