"""Balance: what is required of each resource and week against what is available, with the reasons kept.

balance = available − required; negative is short. A service needs its whole resource set at once, so what it can
produce is the least of what its resources allow: the bottleneck. Everything here is a plain sum or minimum over what
:mod:`need`, :mod:`flow` and :mod:`capacity` gave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vardbalans.engine.capacity import Available
from vardbalans.engine.catalogue import Recipe, Resource
from vardbalans.engine.episodes import Episode, shortages
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.units import Floats

__all__ = [
    "Demand",
    "DemandPart",
    "RequiredPart",
    "ResourceBalance",
    "ServiceBalance",
    "Use",
    "UseChange",
    "balance_resource",
    "feasible",
]

_QUANTILES = (0.05, 0.95)


@dataclass(frozen=True, eq=False)
class DemandPart:
    """A part of a service's required production: *code* says which, *activities* (weeks,) is signed."""

    code: str
    activities: Floats
    source: Source | None = None


@dataclass(frozen=True, eq=False)
class Demand:
    """Required production of one service in slots per week: parts that sum to *mean* (weeks,), draws (draws, weeks).

    *met* (weeks,) is what meets need alone, without the list and before lost slots, and *met_draws* (draws, weeks) its
    draws, empty without a list. *lost* (weeks,) is the expected share of slots lost, *lost_draws* (draws, 1 or weeks)
    the same drawn; *per_slot* (weeks,) is how many of those in need one slot serves, lost slots taken away.
    """

    service_id: str
    parts: tuple[DemandPart, ...]
    draws: Floats
    met: Floats
    met_draws: Floats
    lost: Floats
    lost_draws: Floats
    per_slot: Floats

    @property
    def mean(self) -> Floats:
        """Return the expected slots per week, the sum of the parts."""
        total: Floats = np.sum([part.activities for part in self.parts], axis=0)
        return total


@dataclass(frozen=True, eq=False)
class UseChange:
    """A factor on what a slot takes: expected (weeks,) and *draws* (draws, weeks); *code* says what brings it about."""

    code: str
    source: Source
    mean: Floats
    draws: Floats


@dataclass(frozen=True)
class Use:
    """What one slot of a service takes of a resource: *amount* in the balance's measure, spread by *cv* per slot.

    *recipe* is None where the service's own observed production is its capacity. *changes* multiply the amount.
    """

    recipe: Recipe | None
    service_id: str
    amount: float
    cv: float
    changes: tuple[UseChange, ...] = field(default=(), compare=False)


@dataclass(frozen=True, eq=False)
class RequiredPart:
    """A part of what is required of a resource: *slots* (weeks,) of a service, each taking *amount_each*."""

    service_id: str
    code: str
    slots: Floats
    amount_each: float
    source: Source | None

    @property
    def amount(self) -> Floats:
        """Return slots · amount each (weeks,)."""
        return self.slots * self.amount_each


@dataclass(frozen=True, eq=False)
class ResourceBalance:
    """One resource over the weeks. *measure* is ``minutes``, or ``activities`` where only counts are known.

    Quantiles have shape (2, weeks): 5 % and 95 %. *p_short* is the share of draws in which required exceeds available.
    *year_spread* (draws,) is each draw's availability over all weeks against the expectation; *year_required* and
    *year_available* (draws,) are its sums over them. *episodes* are the runs of weeks that it is short.
    """

    resource: Resource
    measure: str
    required: Floats
    available: Available
    parts: tuple[RequiredPart, ...]
    required_quantiles: Floats
    available_quantiles: Floats
    p_short: Floats
    p_year_met: float
    year_spread: Floats
    year_required: Floats
    year_available: Floats
    episodes: tuple[Episode, ...]

    @property
    def balance(self) -> Floats:
        """Return available less required per week."""
        return self.available.mean - self.required

    @property
    def year_balance(self) -> Floats:
        """Return each draw's balance over all weeks (draws,)."""
        return self.year_available - self.year_required


@dataclass(frozen=True, eq=False)
class ServiceBalance:
    """What one service can produce per week (weeks,) and which resource holds it back; *binding* holds resource ids."""

    service_id: str
    required: Floats
    feasible: Floats
    binding: tuple[str, ...]


def balance_resource(
    resource: Resource,
    measure: str,
    uses: Sequence[Use],
    demands: Mapping[str, Demand],
    supply: Available,
    rng: np.random.Generator,
    rule: WarningRule,
) -> ResourceBalance:
    """Return the balance of one resource: what all *uses* ask of it against *supply*.

    The draws of required carry the demand's draws and, for a week's sum of n activities, the measured spread
    cv · amount · √n. *rule* tells when it is short for so long that it is an episode.
    """
    required, drawn = np.zeros(len(supply.mean)), np.zeros(supply.draws.shape)
    year = supply.draws.sum(axis=1)
    parts: list[RequiredPart] = []
    for use in uses:
        demand = demands[use.service_id]
        parts += [
            RequiredPart(use.service_id, part.code, part.activities, use.amount, part.source) for part in demand.parts
        ]
        slots, weight = demand.mean, None
        for change in use.changes:
            more = slots * (change.mean - 1)
            parts.append(RequiredPart(use.service_id, change.code, more, use.amount, change.source))
            slots, weight = slots + more, change.draws if weight is None else weight * change.draws
        required = required + slots * use.amount
        noise = rng.standard_normal(drawn.shape) * use.cv * np.sqrt(np.maximum(demand.draws, 0)) if use.cv else 0.0
        taken = use.amount * np.maximum(demand.draws + noise, 0)
        drawn += taken if weight is None else taken * weight
    return ResourceBalance(
        resource,
        measure,
        required,
        supply,
        tuple(parts),
        np.quantile(drawn, _QUANTILES, axis=0),
        np.quantile(supply.draws, _QUANTILES, axis=0),
        np.asarray((drawn > supply.draws + 1e-9).mean(axis=0)),
        float((drawn.sum(axis=1) <= year + 1e-9).mean()),
        year / total if (total := float(supply.mean.sum())) > 0 else np.ones(len(year)),
        drawn.sum(axis=1),
        year,
        shortages(required - supply.mean, drawn - supply.draws, rule),
    )


def feasible(demand: Demand, resources: Sequence[ResourceBalance]) -> ServiceBalance:
    """Return what the service can produce if each of its resources is shared in proportion to what is asked of it.

    Per week: required production · min over its resources of available / required, at most what is required.
    The binding resource is that minimum; ties go to the first by id.
    """
    ordered = sorted(resources, key=lambda item: item.resource.resource_id)
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.array([np.where(item.required > 0, item.available.mean / item.required, np.inf) for item in ordered])
    tightest = cover.argmin(axis=0)
    share = np.minimum(1.0, cover.min(axis=0))
    return ServiceBalance(
        demand.service_id,
        demand.mean,
        demand.mean * share,
        tuple(ordered[index].resource.resource_id for index in tightest),
    )
