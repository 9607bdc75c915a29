"""Power: how large an effect can be seen, and how long one must measure to see one of a given size.

The very test that will be made (:func:`persistence.estimate`) is made on many series of errors alone. An effect moves
every interval by as much as itself, so one set of draws gives the power at every size. On the log scale of counts an
effect is ln(ratio), and the errors' standard deviation is √(dispersion / expected count).
"""

from dataclasses import dataclass

import numpy as np

from vardbalans.engine.effects.interrupted import Series, design
from vardbalans.engine.effects.persistence import Errors, is_shown
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["Noise", "detectable", "periods_needed", "power"]

DRAWS = 1000
_PROMISED = 0.8


@dataclass(frozen=True, eq=False)
class Noise:
    """What the series is like without an effect.

    *level* is the expected count per period, through a season from the first period measured on (one value: the same
    always); of other values it is not used. *dispersion* is variance over mean of counts, or the variance of other
    values; *correlation* that of one period's error with the next.
    """

    level: Floats
    dispersion: float
    correlation: float
    counts: bool = True

    def __post_init__(self) -> None:
        if self.dispersion <= 0 or (self.counts and not (self.level > 0).all()) or not -1 < self.correlation < 1:
            raise BadInput(Message("Nivå och spridning ska vara över noll, och korrelationen mellan -1 och 1."))

    def deviations(self, factor: Floats) -> Floats:
        """Return the standard deviation of each period: of ln(count) at *factor* times the level, or of the value."""
        if not self.counts:
            return np.full(len(factor), np.sqrt(self.dispersion))
        found: Floats = np.sqrt(self.dispersion / (np.resize(self.level, len(factor)) * factor))
        return found


def power(
    size: float, before: int, after: int, noise: Noise, *, season: int = 12, harmonics: int = 2, seed: int = 1
) -> float:
    """Return the probability that an effect of *size* (a ratio of counts, else a difference) is shown.

    *before* and *after* are periods measured on each side of the start; at least three more than the model has to
    learn.
    """
    if noise.counts and size <= 0:
        raise BadInput(Message("En effekt på antal är en kvot över noll, inte {size}.", size=size))
    count = before + after
    series = Series(np.arange(count), np.ones(count), season=season)
    columns = design(series, before, harmonics)
    if count - columns.shape[1] < 3:
        raise Impossible(
            Message("Effekten kan inte räknas."),
            [
                Message(
                    "{count} perioder räcker inte till att skilja effekten från trend, årstid och kontrollserier.",
                    count=count,
                )
            ],
        )
    step = columns[:, 1]
    # Each row in units of its own error: fewer counts after a decrease are known less well.
    deviation = noise.deviations(size**step if noise.counts else step)
    shift = step * (np.log(size) if noise.counts else size)
    outcomes = _errors(count, noise.correlation, seed) + (shift / deviation)[:, None]
    contrast = np.eye(columns.shape[1])[1]
    shown = is_shown(outcomes, columns / deviation[:, None], contrast, Errors.along(series.positions))
    return float(shown.mean())


def _errors(count: int, correlation: float, seed: int) -> Floats:
    """Return errors (periods, draws); the first periods are the same for every length: none is better by chance."""
    fresh = stream(seed, "power").standard_normal((count, DRAWS))
    errors = fresh.copy()
    for row in range(1, count):
        errors[row] = correlation * errors[row - 1] + np.sqrt(1 - correlation**2) * fresh[row]
    return errors


def detectable(
    before: int,
    after: int,
    noise: Noise,
    *,
    season: int = 12,
    harmonics: int = 2,
    seed: int = 1,
    promised: float = _PROMISED,
) -> float | None:
    """Return the smallest decrease that is shown with probability *promised*: a ratio of counts, else a difference.

    None where not even a decrease to a twentieth, or by thirty standard deviations, would be.
    """
    most = np.log(20) if noise.counts else 30 * np.sqrt(noise.dispersion)

    def seen(size: float) -> float:
        effect = float(np.exp(-size)) if noise.counts else -size
        return power(effect, before, after, noise, season=season, harmonics=harmonics, seed=seed)

    if seen(most) < promised:
        return None
    low, high = 0.0, float(most)
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (low, middle) if seen(middle) >= promised else (middle, high)
    return float(np.exp(-high)) if noise.counts else -high


def periods_needed(
    size: float,
    before: int,
    noise: Noise,
    *,
    season: int = 12,
    harmonics: int = 2,
    seed: int = 1,
    promised: float = _PROMISED,
    most: int = 60,
) -> int | None:
    """Return how many periods after the start it takes to show an effect of *size* with probability *promised*.

    None where more than *most* are needed. By halving: longer is taken to be better.
    """

    def enough(after: int) -> bool:
        return power(size, before, after, noise, season=season, harmonics=harmonics, seed=seed) >= promised

    if not enough(most):
        return None
    few, many = 0, most
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many
