"""Rates: what a unit of a pool costs when it is divided by what the pool can give, and what was left unused.

rate = cost of supplied capacity / practical capacity (Kaplan & Anderson 2004). Theatre team: 6.0 Mkr and 96 000 minutes
give 62.50 kr a minute; 84 000 used take 5.25 Mkr and 0.75 Mkr was unused. Under full absorption, as in the national
comparison, the same cost is spread over what was used and nothing is unused.

The rate is a whole number of öre / 10^*digits* per thousandth of a unit, so that cost times quantity is summed without
rounding, in any order and on any number of machines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vardbalans.engine.cost.notes import Note
from vardbalans.engine.cost.pools import Pool
from vardbalans.engine.messages import Message
from vardbalans.engine.units import apportion

__all__ = ["QUANTITY", "Basis", "Rate", "rates", "scale_of"]

Basis = Literal["practical", "full"]
QUANTITY = 1000
"""Quantities are whole thousandths of a unit."""

FEW_ROWS = 30
"""A rate that rests on fewer rows is said to be uncertain: a mean of so few is not steady. Source: rule of thumb."""


@dataclass(frozen=True)
class Rate:
    """One pool's rate.

    *capacity* (None: none is known) and *used* are in thousandths of the pool's unit; *used_ore* and *unused_ore* sum
    to the pool's cost but for *unplaced_ore*, where nothing was done to place it on. *whole* is the rate in
    öre / *scale* per thousandth; *rows* is how many rows it rests on.
    """

    pool_id: str
    ore: int
    capacity: int | None
    used: int
    rows: int
    used_ore: int
    unused_ore: int
    unplaced_ore: int
    whole: int
    scale: int

    @property
    def ore_per_unit(self) -> float | None:
        """Return the rate in öre per whole unit, exact to the scale; None where nothing was used."""
        return self.used_ore * QUANTITY / self.used if self.used else None

    @property
    def uncertain(self) -> bool:
        """Tell whether the rate rests on few rows."""
        return 0 < self.rows < FEW_ROWS


def scale_of(pools: Sequence[Pool]) -> int:
    """Return in how many parts an öre is counted: as fine as 64-bit integers hold, at most a thousand million."""
    largest = max((abs(pool.ore) for pool in pools), default=0)
    return int(10 ** max(0, min(9, 18 - len(str(largest)))))


def rates(
    pools: Sequence[Pool],
    used: Mapping[str, tuple[int, int]],
    capacity: Mapping[str, int],
    basis: Basis = "practical",
) -> tuple[tuple[Rate, ...], tuple[Note, ...]]:
    """Return a rate per pool. *used* gives (quantity, rows) and *capacity* the practical capacity by pool.

    A pool more used than it can give costs what it costs: the rate is then per used unit, nothing is unused. What a
    pool costs without any production is unplaced unless its capacity is known: then all of it was unused. A pool below
    zero (a correction greater than the cost) cannot be placed either.
    """
    scale = scale_of(pools)
    found, notes = [], []
    for pool in pools:
        quantity, rows = used.get(pool.pool_id, (0, 0))
        able = capacity.get(pool.pool_id)
        counted = able if basis == "practical" else None
        ore = pool.ore
        if ore < 0 or (quantity == 0 and not counted):
            found.append(Rate(pool.pool_id, ore, able, quantity, rows, 0, 0, ore, 0, scale))
            if ore:
                notes.append(_unplaced(pool, ore))
            continue
        idle = max(0, (counted or 0) - quantity)
        taken, left = apportion(ore, [quantity, idle])
        whole = taken * scale // quantity if quantity else 0
        found.append(Rate(pool.pool_id, ore, able, quantity, rows, taken, left, 0, whole, scale))
        if counted is not None and quantity > counted:
            notes.append(_over(pool, quantity, counted))
    return tuple(found), tuple(notes)


def _unplaced(pool: Pool, ore: int) -> Note:
    return Note(
        "negative_pool" if ore < 0 else "no_activity",
        Message(
            "Kostnadspool {pool} är negativ: krediteringarna är större än kostnaden. Rätta huvudboken eller perioden.",
            pool=pool.pool_id,
        )
        if ore < 0
        else Message(
            "Kostnadspool {pool} har en kostnad men ingen utförd vård att lägga den på. Kontrollera poolens grund och "
            "enhet, eller att vården är inläst.",
            pool=pool.pool_id,
        ),
        ore,
    )


def _over(pool: Pool, used: int, capacity: int) -> Note:
    return Note(
        "over_capacity",
        Message(
            "Kostnadspool {pool} är använd till {percent} procent av den praktiska kapaciteten; priset räknas på det "
            "som användes. Kontrollera öppettider, nyttjandegrad och recept.",
            pool=pool.pool_id,
            percent=round(100 * used / capacity) if capacity else "–",
        ),
    )
