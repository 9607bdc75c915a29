"""The formula K = P · t · N / m with its exact split of change, and production norms.

K is what can be produced: sets of resources (P), open minutes (t), utilisation (N), mean minutes per activity (m).
Source: Region Örebro län's formula, in Socialstyrelsen's support for the tactical level. The split is the
log-mean Divisia index (Ang 2005, *The LMDI approach to decomposition analysis*): exact, in any order of factors.
"""

import math
from dataclasses import dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import check_share, log_mean, log_ratio

__all__ = ["Factors", "capacity", "change_parts", "norm_production", "sensitivities"]


@dataclass(frozen=True)
class Factors:
    """The four factors, all above zero: sets P, open minutes t per set, utilisation N (to 1), mean minutes m."""

    sets: float
    minutes: float
    utilisation: float
    mean_minutes: float

    def __post_init__(self) -> None:
        for name, value in self.named():
            if not (value > 0 and math.isfinite(value)):
                raise BadInput(Message("Faktorn {name} måste vara över noll, inte {value}.", name=name, value=value))
        check_share(self.utilisation, "Nyttjandegraden")
        if not (capacity(self) > 0 and math.isfinite(capacity(self))):
            raise BadInput(Message("Faktorerna är tillsammans för stora eller för små för att räknas."))

    def named(self) -> tuple[tuple[str, float], ...]:
        """Return the factors with their names, in the order of the formula."""
        return (
            ("sets", self.sets),
            ("minutes", self.minutes),
            ("utilisation", self.utilisation),
            ("mean_minutes", self.mean_minutes),
        )


def capacity(factors: Factors) -> float:
    """Return K = P · t · N / m, in activities (3 · 420 · 0.75 / 90 = 10.5)."""
    return factors.sets * factors.minutes * factors.utilisation / factors.mean_minutes


def sensitivities() -> dict[str, float]:
    """Return the elasticity of K to each factor, ∂K/∂x · x/K: one per cent more gives this many per cent more."""
    return {"sets": 1.0, "minutes": 1.0, "utilisation": 1.0, "mean_minutes": -1.0}


def change_parts(now: Factors, before: Factors) -> dict[str, float]:
    """Split K(now) − K(before) over the four factors; the parts sum to the change exactly."""
    weight = log_mean(capacity(now), capacity(before))
    parts = {}
    for (name, new), (_, old) in zip(now.named(), before.named(), strict=True):
        parts[name] = weight * sensitivities()[name] * log_ratio(new, old)
    return parts


def norm_production(per_week: float, practitioners: float, weeks: float) -> float:
    """Return the activities a norm amounts to: 20 a week · 6 practitioners · 44 weeks at work = 5 280.

    *per_week* is what one practitioner is to do in a full week at work, *practitioners* are full-time posts. Source of
    the norm: Region Norrbotten's adult psychiatry. Raises BadInput for anything below zero.
    """
    for value in (per_week, practitioners, weeks):
        if not (value >= 0 and math.isfinite(value)):
            raise BadInput(Message("Norm, behandlare och veckor måste vara noll eller mer, inte {value}.", value=value))
    return per_week * practitioners * weeks
