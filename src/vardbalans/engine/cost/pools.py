"""Pools: what a producing centre's cost is spent on, by class and share; overhead follows the direct cost.

A pool is the cost of one thing that patients consume (theatre minutes, nursing on a ward, laboratory), named by a rule.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from vardbalans.engine.cost.notes import Note
from vardbalans.engine.cost.overhead import Allocation
from vardbalans.engine.messages import Message
from vardbalans.engine.units import apportion

__all__ = ["Pool", "PoolRule", "pools_of"]


@dataclass(frozen=True)
class PoolRule:
    """*share* of a centre's cost of a class goes to pool *pool_id*. An empty class: those no other rule names."""

    pool_id: str
    cost_centre: str
    cost_class: str
    share: float
    valid_from: date


@dataclass(frozen=True)
class Pool:
    """Cost of one pool in öre: *direct* by class, *overhead* by support centre. Together the pool's cost."""

    pool_id: str
    cost_centre: str
    direct: Mapping[str, int]
    overhead: Mapping[str, int]

    @property
    def ore(self) -> int:
        """Return the pool's whole cost."""
        return sum(self.direct.values()) + sum(self.overhead.values())


def pools_of(
    costs: Mapping[tuple[str, str], int], overhead: Allocation, rules: Iterable[PoolRule], day: date
) -> tuple[tuple[Pool, ...], tuple[Note, ...]]:
    """Return the pools of the producing centres under the rules that hold on *day*, and what no rule takes.

    Pools and notes with öre sum to *costs* of the producing centres and *overhead* moved there, exactly.
    """
    held = _held(rules, day)
    direct: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    home = {rule.pool_id: rule.cost_centre for rules_of in held.values() for rule in rules_of}
    notes: list[Note] = []
    for (centre, cost_class), ore in sorted(costs.items()):
        if centre not in overhead.producing or not ore:
            continue
        own = held.get((centre, cost_class)) or held.get((centre, ""), [])
        if not own:
            notes.append(_no_pool(centre, cost_class, ore))
            continue
        if not math.isclose(sum(rule.share for rule in own), 1, abs_tol=0.0005):
            notes.append(_shares_off(centre, cost_class, sum(rule.share for rule in own)))
        for rule, part in zip(own, apportion(ore, [rule.share for rule in own]), strict=True):
            direct[rule.pool_id][cost_class] += part
    moved: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (support, centre), ore in sorted(overhead.moved.items()):
        takers = sorted(pool for pool in direct if home[pool] == centre)
        weights = [max(0, sum(direct[pool].values())) for pool in takers]
        if not any(weights):
            notes.append(_nothing_direct(centre, support, ore))
            continue
        for pool, part in zip(takers, apportion(ore, weights), strict=True):
            moved[pool][support] += part
    found = [Pool(pool, home[pool], dict(direct[pool]), dict(moved[pool])) for pool in sorted(direct)]
    return tuple(found), tuple(notes)


def _held(rules: Iterable[PoolRule], day: date) -> dict[tuple[str, str], list[PoolRule]]:
    """Return the rules of each centre and class that hold on *day*: those of the newest day that has come."""
    found: dict[tuple[str, str], list[PoolRule]] = defaultdict(list)
    for rule in rules:
        if rule.valid_from <= day:
            found[rule.cost_centre, rule.cost_class].append(rule)
    newest = {key: max(rule.valid_from for rule in group) for key, group in found.items()}
    return {
        key: sorted((rule for rule in group if rule.valid_from == newest[key]), key=lambda rule: rule.pool_id)
        for key, group in found.items()
    }


def _no_pool(centre: str, cost_class: str, ore: int) -> Note:
    return Note(
        "no_pool",
        Message(
            "Kostnadsställe {centre} har kostnader av klassen {cost_class} som inte går till någon kostnadspool. Lägg "
            "till en rad i tabellen Kostnadspooler.",
            centre=centre,
            cost_class=cost_class,
        ),
        ore,
    )


def _shares_off(centre: str, cost_class: str, total: float) -> Note:
    return Note(
        "shares_off",
        Message(
            "Andelarna av {cost_class} på kostnadsställe {centre} blir {total} i stället för 1; de räknas om i "
            "proportion. Rätta dem i tabellen Kostnadspooler.",
            cost_class=cost_class,
            centre=centre,
            total=round(total, 4),
        ),
    )


def _nothing_direct(centre: str, support: str, ore: int) -> Note:
    return Note(
        "no_pool",
        Message(
            "Kostnadsställe {centre} får kostnader från {support} men har inga egna att lägga dem på. Ta bort dess "
            "värde i fördelningsnyckeln, eller rätta huvudboken.",
            centre=centre,
            support=support,
        ),
        ore,
    )
