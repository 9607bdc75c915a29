"""Why the cost differs, for every unit of the tree: each row is the sum of the units below it, to the öre."""

import functools
import operator
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from vardbalans.data.cost.inputs import CostInputs
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.cost.variance import Side, Variance, by_unit

__all__ = ["explained"]

Row = dict[str, Any]


def explained(plan: Side, outcome: Side, inputs: CostInputs, hidden: Collection[str]) -> tuple[Variance, list[Row]]:
    """Return the variance of the whole, and a row for each unit with anything in it: its own and all below it.

    A row without ``unit_id`` is of services and pools that belong to no known unit. *hidden* are units of few patients:
    their rows have no amounts, nor have rows from which theirs would come out.
    """
    pool_units = {base.pool_id: inputs.centre_units.get(base.cost_centre, "") for base in inputs.bases.values()}
    alone = by_unit(plan, outcome, inputs.service_units, pool_units)
    units = inputs.units
    held = {unit_id: units_below(units, unit_id) & set(alone) for unit_id in units}
    sums = {unit_id: _sum(alone, below) for unit_id, below in held.items() if below}
    dark = _dark(units, held, sums, set(alone), hidden)
    rows = [
        _row(units[unit_id].name, unit_id, units[unit_id], None if unit_id in dark else found)
        for unit_id, found in sums.items()
    ]
    if loose := set(alone) - set(units):
        rows.append(_row("", "", None, _sum(alone, loose)))
    return _sum(alone, alone), rows


def _sum(alone: Mapping[str, Variance], names: Collection[str]) -> Variance:
    return functools.reduce(operator.add, (alone[name] for name in sorted(names)))


def _row(title: str, unit_id: str, unit: Unit | None, found: Variance | None) -> Row:
    amounts = dict.fromkeys(_PARTS) if found is None else {**asdict(found), "total": found.total}
    place = {"level": unit.level, "parent_id": unit.parent_id} if unit else {"level": "", "parent_id": ""}
    return {"unit_id": unit_id, "title": title, **place, **amounts, "suppressed": found is None}


_PARTS = ("plan_ore", "outcome_ore", "volume", "mix", "efficiency", "price", "unused", "total")


def _dark(
    units: Mapping[str, Unit],
    held: Mapping[str, Collection[str]],
    sums: Mapping[str, Variance],
    alone: Collection[str],
    hidden: Collection[str],
) -> set[str]:
    """Return the units that are not told: all below them is hidden, or what is would come out of what lies above.

    Where one child alone is dark and the unit above has nothing of its own, the smallest other is darkened with it.
    """
    dark = {unit_id for unit_id in sums if set(held[unit_id]) <= set(hidden)}
    for unit_id in sums:
        children = [child for child in sums if units[child].parent_id == unit_id]
        others = [child for child in children if child not in dark]
        if unit_id not in alone and others and len(children) - len(others) == 1:
            smallest = min(others, key=lambda child: (abs(sums[child].outcome_ore), child))
            dark |= set(units_below(units, smallest)) & set(sums)
    return dark
