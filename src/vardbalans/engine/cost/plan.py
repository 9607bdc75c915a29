"""A plan in kronor: planned activities at the rates of supplied capacity, with what the plan leaves unused.

The same resources, minutes and rates as cost per patient, so that plan and outcome can be compared krona for krona.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.units import apportion

__all__ = ["PlanCost", "Supply", "price_plan"]


@dataclass(frozen=True)
class Supply:
    """A pool of a plan: what it costs in the plan's time, and what it can give (None: it grows with what is done).

    A pool without capacity costs *ore_per_unit* for each unit used; one with costs *ore* whatever is done.
    """

    ore: int = 0
    capacity: float | None = None
    ore_per_unit: float = 0.0


@dataclass(frozen=True)
class PlanCost:
    """A plan's cost in öre: by service on what is used, and by pool what is left unused.

    *over* gives units above capacity by pool: the plan cannot be done with what it has, whatever its cost.
    """

    by_service: Mapping[str, int]
    unused: Mapping[str, int]
    over: Mapping[str, float]

    @property
    def ore(self) -> int:
        """Return the plan's whole cost."""
        return sum(self.by_service.values()) + sum(self.unused.values())

    def against(self, budget_ore: int) -> Figure:
        """Return what the budget leaves when the plan is paid; below zero is above budget."""
        left = budget_ore - self.ore
        return Figure(
            "budget_left_ore",
            left,
            "öre",
            Message("budget − planens kostnad"),
            (
                Step(Message("Budget"), budget_ore, "öre"),
                Step(Message("Planerad vård"), -sum(self.by_service.values()), "öre"),
                Step(Message("Outnyttjad kapacitet"), -sum(self.unused.values()), "öre"),
            ),
        )


def price_plan(
    volumes: Mapping[str, float], use: Mapping[tuple[str, str], float], supplies: Mapping[str, Supply]
) -> PlanCost:
    """Return the cost of *volumes* by service, that *use* so many units of each pool per activity.

    Each pool's cost is shared between services and what is unused without a remainder.
    """
    by_service: dict[str, int] = dict.fromkeys(volumes, 0)
    unused: dict[str, int] = {}
    over: dict[str, float] = {}
    for pool, supply in sorted(supplies.items()):
        amounts = {service: volumes[service] * use.get((service, pool), 0.0) for service in sorted(volumes)}
        used = sum(amounts.values())
        if supply.capacity is None:
            parts, left = [round(amount * supply.ore_per_unit) for amount in amounts.values()], 0
        else:
            idle = max(0.0, supply.capacity - used)
            over |= {pool: used - supply.capacity} if used > supply.capacity else {}
            # A pool that can give nothing and gives nothing is unused, all of it.
            *parts, left = apportion(supply.ore, [*amounts.values(), idle or float(not used)])
        for service, part in zip(amounts, parts, strict=True):
            by_service[service] += part
        if left:
            unused[pool] = left
    return PlanCost(by_service, unused, over)
