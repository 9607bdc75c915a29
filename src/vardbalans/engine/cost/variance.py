"""Why the outcome cost more or less than the plan: volume, mix, efficiency, price and unused capacity, to the öre.

Five worlds between the plan and the outcome, each changing one thing; what lies between two of them is that thing.

    plan's volume, mix, minutes and rates → outcome's volume → its mix → its minutes (efficiency) → its rates (price)

Each world is rounded to öre, so the parts sum to the whole whatever the rounding. Unused capacity is the difference of
the two lines of unused capacity. Units are each explained by themselves, and what lies above them is their sum: a unit
that grows is volume, never another unit's mix, and every part sums to the öre at every level.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message

__all__ = ["Side", "Variance", "by_unit", "variance"]


@dataclass(frozen=True)
class Side:
    """Plan or outcome: *volumes* by service, *use* (units of pool per activity) by (service, pool), öre per unit.

    *unused* is the cost of capacity that is not used, by pool.
    """

    volumes: Mapping[str, float]
    use: Mapping[tuple[str, str], float]
    ore_per_unit: Mapping[str, float]
    unused: Mapping[str, int]


@dataclass(frozen=True)
class Variance:
    """What outcome less plan is made of, in öre; the parts sum to *total* exactly."""

    plan_ore: int
    outcome_ore: int
    volume: int
    mix: int
    efficiency: int
    price: int
    unused: int

    @property
    def total(self) -> int:
        """Return outcome less plan."""
        return self.outcome_ore - self.plan_ore

    def __add__(self, other: "Variance") -> "Variance":
        """Return what both together are made of."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Variance(*(one + another for one, another in pairs))

    def figure(self) -> Figure:
        """Return the variance as a figure whose terms are its parts."""
        return Figure(
            "variance_ore",
            self.total,
            "öre",
            Message("volym + mix + effektivitet + pris + outnyttjad kapacitet"),
            (
                Step(Message("Volym: fler eller färre på enheten"), self.volume, "öre"),
                Step(Message("Mix: dyrare eller billigare vårdtjänster"), self.mix, "öre"),
                Step(Message("Effektivitet: resursåtgång per vårdtjänst"), self.efficiency, "öre"),
                Step(Message("Pris: kostnad per enhet av resursen"), self.price, "öre"),
                Step(Message("Outnyttjad kapacitet"), self.unused, "öre"),
            ),
            (Step(Message("Plan"), self.plan_ore, "öre"), Step(Message("Utfall"), self.outcome_ore, "öre")),
        )


def by_unit(
    plan: Side, outcome: Side, service_units: Mapping[str, str], pool_units: Mapping[str, str]
) -> dict[str, Variance]:
    """Return the variance of each unit by its own services and the unused capacity of its own pools; ``""``: of none.

    They sum to the whole. Raises BadInput for a plan without any volume.
    """
    _require_volume(plan)
    before, after = (_divided(side, service_units, pool_units) for side in (plan, outcome))
    empty_before, empty_after = (Side({}, {}, side.ore_per_unit, {}) for side in (plan, outcome))
    return {
        unit: _between(before.get(unit, empty_before), after.get(unit, empty_after))
        for unit in sorted({*before, *after})
    }


def _divided(side: Side, service_units: Mapping[str, str], pool_units: Mapping[str, str]) -> dict[str, Side]:
    volumes: dict[str, dict[str, float]] = defaultdict(dict)
    use: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    unused: dict[str, dict[str, int]] = defaultdict(dict)
    for service, volume in side.volumes.items():
        volumes[service_units.get(service, "")][service] = volume
    for (service, pool), amount in side.use.items():
        use[service_units.get(service, "")][service, pool] = amount
    for pool, ore in side.unused.items():
        unused[pool_units.get(pool, "")][pool] = ore
    units = {*volumes, *use, *unused}
    return {unit: Side(volumes[unit], use[unit], side.ore_per_unit, unused[unit]) for unit in units}


def variance(plan: Side, outcome: Side) -> Variance:
    """Return what the difference between *plan* and *outcome*, taken as one unit, is made of.

    A service only one side knows counts with that side's use in both; it is then volume or mix, not efficiency. So with
    a pool's price. Raises BadInput for a plan without volume: then there is no mix to compare with.
    """
    _require_volume(plan)
    return _between(plan, outcome)


def _require_volume(plan: Side) -> None:
    if not sum(plan.volumes.values()) > 0:
        raise BadInput(Message("Planen har ingen volym att jämföra med. Ange minst en planerad vårdtjänst."))


def _between(plan: Side, outcome: Side) -> Variance:
    planned, done = sum(plan.volumes.values()), sum(outcome.volumes.values())
    use_before, use_after = {**outcome.use, **plan.use}, {**plan.use, **outcome.use}
    price_before = {**outcome.ore_per_unit, **plan.ore_per_unit}
    price_after = {**plan.ore_per_unit, **outcome.ore_per_unit}
    # Where nothing was planned there is no mix to keep: all that was done is volume.
    scaled = (
        {service: volume * done / planned for service, volume in plan.volumes.items()} if planned else outcome.volumes
    )
    worlds = [
        _cost(plan.volumes, use_before, price_before),
        _cost(scaled, use_before, price_before),
        _cost(outcome.volumes, use_before, price_before),
        _cost(outcome.volumes, use_after, price_before),
        _cost(outcome.volumes, use_after, price_after),
    ]
    volume, mix, efficiency, price = (after - before for before, after in itertools.pairwise(worlds))
    unused_before, unused_after = sum(plan.unused.values()), sum(outcome.unused.values())
    return Variance(
        worlds[0] + unused_before,
        worlds[-1] + unused_after,
        volume,
        mix,
        efficiency,
        price,
        unused_after - unused_before,
    )


def _cost(volumes: Mapping[str, float], use: Mapping[tuple[str, str], float], ore_per_unit: Mapping[str, float]) -> int:
    return round(
        sum(
            volumes.get(service, 0.0) * amount * ore_per_unit.get(pool, 0.0)
            for (service, pool), amount in sorted(use.items())
        )
    )
