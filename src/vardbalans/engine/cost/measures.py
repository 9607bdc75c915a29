"""How sure, how alike: interval of a mean, explained share, cost per DRG point."""

import math
from dataclasses import dataclass

import scipy

from vardbalans.engine.cost.rates import FEW_ROWS

__all__ = ["Mean", "explained_share", "per_point"]


@dataclass(frozen=True)
class Mean:
    """The mean of *count* costs with their standard deviation (of the sample), in öre."""

    count: int
    mean: float
    deviation: float

    @property
    def uncertain(self) -> bool:
        """Tell whether it rests on few contacts."""
        return self.count < FEW_ROWS

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Return the interval of the mean at *level* by Student's t; None for fewer than two."""
        if self.count < 2:
            return None
        reach = float(scipy.special.stdtrit(self.count - 1, (1 + level) / 2)) * self.deviation / math.sqrt(self.count)
        return self.mean - reach, self.mean + reach


def explained_share(within: float, total: float) -> float | None:
    """Return R² = 1 − squares within groups / squares in all (förklaringsvärde); None where all cost the same."""
    return 1 - within / total if total > 0 else None


def per_point(ore: int, points: float) -> float | None:
    """Return cost per DRG point in öre, of innerfall; None without points. Lower is more productive (SKR)."""
    return ore / points if points > 0 else None
