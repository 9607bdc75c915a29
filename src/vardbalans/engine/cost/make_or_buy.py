"""Make or buy: what own production of a volume costs against a contract, and the volume where they meet.

Own production of a service has a marginal cost (what one more takes of what grows with it: materials, drugs, tests) and
a fixed one: its part of the capacity it uses, used and unused, and of overhead. Together they are its full cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message

__all__ = ["MakeOrBuy", "OwnCost", "PoolUse", "own_cost"]


@dataclass(frozen=True)
class MakeOrBuy:
    """Own production costs *fixed_ore* (what must be added for it: a room opened, a team) and *variable_ore* each.

    What is there anyway and unused costs nothing more; it is no part of *fixed_ore*. Bought, each costs *price_ore*.
    """

    fixed_ore: int
    variable_ore: int
    price_ore: int

    def __post_init__(self) -> None:
        if min(self.fixed_ore, self.variable_ore, self.price_ore) < 0:
            raise BadInput(Message("Kostnad och pris kan inte vara under noll."))

    @property
    def break_even(self) -> float | None:
        """Return the volume above which own production is cheaper; None where it never is.

        250 000 kr to open a room, 8 000 kr each against 13 000 kr bought: 50.
        """
        gain = self.price_ore - self.variable_ore
        return self.fixed_ore / gain if gain > 0 else None

    def saved(self, volume: int) -> Figure:
        """Return what making *volume* saves over buying it; below zero, buying is cheaper."""
        bought, made = volume * self.price_ore, volume * self.variable_ore
        return Figure(
            "make_saves_ore",
            bought - made - self.fixed_ore,
            "öre",
            Message("antal · pris − antal · rörlig kostnad − fast kostnad"),
            (
                Step(Message("Att köpa"), bought, "öre", self.price_ore),
                Step(Message("Rörlig kostnad i egen regi"), -made, "öre", self.variable_ore),
                Step(Message("Fast kostnad i egen regi"), -self.fixed_ore, "öre"),
            ),
        )


@dataclass(frozen=True)
class PoolUse:
    """What a service uses of one pool.

    *each* is its use per contact and *used* that of all care, both in units of the pool; *capacity* is what the pool
    can give (None: it grows with what is done). *ore* is the pool's whole cost, of which *direct_ore* is its own.
    """

    each: float
    used: float
    capacity: float | None
    ore: int
    direct_ore: int


@dataclass(frozen=True)
class OwnCost:
    """Own production of *volume* contacts: *fixed_ore* in all, *variable_ore* for one more, and *spare* more contacts.

    *spare* is how many more the capacity has room for at the marginal cost alone; None where nothing limits them.
    """

    volume: float
    fixed_ore: int
    variable_ore: int
    spare: float | None

    @property
    def full_ore(self) -> int | None:
        """Return the full cost of a contact, unused capacity and overhead included; None where none was done."""
        return round(self.fixed_ore / self.volume) + self.variable_ore if self.volume else None


def own_cost(volume: float, uses: Iterable[PoolUse]) -> OwnCost:
    """Return what own production of *volume* contacts costs.

    A pool that grows with what is done varies with its own cost; its overhead, and a pool with a capacity, are there
    whatever is done, and the service bears as much of them as it has of the use.
    """
    fixed, variable = 0.0, 0.0
    spare: float | None = None
    for pool in uses:
        if pool.used <= 0 or pool.each <= 0:
            continue
        if pool.capacity is None:
            variable += pool.direct_ore * pool.each / pool.used
            fixed += (pool.ore - pool.direct_ore) * pool.each * volume / pool.used
        else:
            fixed += pool.ore * pool.each * volume / pool.used
            room = max(0.0, pool.capacity - pool.used) / pool.each
            spare = room if spare is None else min(spare, room)
    return OwnCost(volume, round(fixed), round(variable), spare)
