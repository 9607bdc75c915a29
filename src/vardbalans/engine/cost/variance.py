"""Why the outcome cost more or less than the plan: volume, mix, efficiency, price and unused capacity, to the öre.

Five worlds between the plan and the outcome, each changing one thing; what lies between two of them is that thing.

    plan's volume, mix, minutes and rates → outcome's volume → its mix → its minutes (efficiency) → its rates (price)

Each world is rounded to öre, so the parts sum to the whole whatever the rounding. Unused capacity is the difference of
the two lines of unused capacity.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message

__all__ = ["Side", "Variance", "variance"]


@dataclass(frozen=True)
class Side:
    """Plan or outcome: *volumes* by service, *use* (units of pool per activity) by (service, pool), öre per unit.

    *unused_ore* is the cost of capacity that is not used.
    """

    volumes: Mapping[str, float]
    use: Mapping[tuple[str, str], float]
    ore_per_unit: Mapping[str, float]
    unused_ore: int


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

    def figure(self) -> Figure:
        """Return the variance as a figure whose terms are its parts."""
        return Figure(
            "variance_ore",
            self.total,
            "öre",
            Message("volym + mix + effektivitet + pris + outnyttjad kapacitet"),
            (
                Step(Message("Volym: fler eller färre i allt"), self.volume, "öre"),
                Step(Message("Mix: dyrare eller billigare vårdtjänster"), self.mix, "öre"),
                Step(Message("Effektivitet: resursåtgång per vårdtjänst"), self.efficiency, "öre"),
                Step(Message("Pris: kostnad per enhet av resursen"), self.price, "öre"),
                Step(Message("Outnyttjad kapacitet"), self.unused, "öre"),
            ),
            (Step(Message("Plan"), self.plan_ore, "öre"), Step(Message("Utfall"), self.outcome_ore, "öre")),
        )


def variance(plan: Side, outcome: Side) -> Variance:
    """Return what the difference between *plan* and *outcome* is made of.

    A service only one side knows counts with that side's use in both; it is then volume or mix, not efficiency. So with
    a pool's price. Raises BadInput for a plan without volume: then there is no mix to compare with.
    """
    planned, done = sum(plan.volumes.values()), sum(outcome.volumes.values())
    if not planned > 0:
        raise BadInput(Message("Planen har ingen volym att jämföra med. Ange minst en planerad vårdtjänst."))
    use_before, use_after = {**outcome.use, **plan.use}, {**plan.use, **outcome.use}
    price_before = {**outcome.ore_per_unit, **plan.ore_per_unit}
    price_after = {**plan.ore_per_unit, **outcome.ore_per_unit}
    scaled = {service: volume * done / planned for service, volume in plan.volumes.items()}
    worlds = [
        _cost(plan.volumes, use_before, price_before),
        _cost(scaled, use_before, price_before),
        _cost(outcome.volumes, use_before, price_before),
        _cost(outcome.volumes, use_after, price_before),
        _cost(outcome.volumes, use_after, price_after),
    ]
    volume, mix, efficiency, price = (after - before for before, after in itertools.pairwise(worlds))
    return Variance(
        worlds[0] + plan.unused_ore,
        worlds[-1] + outcome.unused_ore,
        volume,
        mix,
        efficiency,
        price,
        outcome.unused_ore - plan.unused_ore,
    )


def _cost(volumes: Mapping[str, float], use: Mapping[tuple[str, str], float], ore_per_unit: Mapping[str, float]) -> int:
    return round(
        sum(
            volumes.get(service, 0.0) * amount * ore_per_unit.get(pool, 0.0)
            for (service, pool), amount in sorted(use.items())
        )
    )
