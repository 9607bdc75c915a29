"""The plan beside the outcome: budget, ordered volumes and standard minutes, through the same engine as the ledger.

The planned side takes the budget for the ledger (the same rules, overhead and pools), the order for the volumes and the
recipes for the minutes; where an order or a recipe is absent it takes the outcome's own, so that nothing is explained
by what nobody planned.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from vardbalans.data.cost.inputs import CostInputs
from vardbalans.data.lake import Lake
from vardbalans.data.queries import ask, quoted
from vardbalans.engine.cost import Entry, Method, Note, Pool, Rate, allocate, pools_of, quantum
from vardbalans.engine.cost.plan import PlanCost, Supply, price_plan
from vardbalans.engine.cost.rates import QUANTITY
from vardbalans.engine.cost.variance import Side
from vardbalans.engine.messages import Message

__all__ = ["Planned", "mean_use", "planned", "priced", "side_of", "supplies_of"]

Use = Mapping[tuple[str, str], float]
_TIMED = ("recipe", "theatre_minutes", "anaesthesia_minutes")


@dataclass(frozen=True)
class Planned:
    """What the plan of the span costs by the budget's rates; *side* is what the outcome is held against.

    *ordered* are the services with a volume of their own in the order; *unplaced_ore* is budget that no pool takes.
    """

    budget_ore: int
    cost: PlanCost
    side: Side
    ordered: tuple[str, ...]
    unplaced_ore: int


def mean_use(folder: Path, inputs: CostInputs) -> tuple[dict[str, float], Use]:
    """Return contacts per service, and the mean use (units of pool) per contact, of the run kept in *folder*."""
    names = {base.number: base.pool_id for base in inputs.bases.values()}
    with closing(duckdb.connect(config={"memory_limit": "2GB"})) as con:
        con.execute("set enable_progress_bar = false")
        for name, file in (("activity", "activity-*.parquet"), ("costed", "costed.parquet")):
            con.execute(f"create temp view {name} as from read_parquet('{quoted(folder / file)}')")
        volumes = dict(con.execute("select service_id, count(*)::double from costed group by 1 order by 1").fetchall())
        rows = ask(con, "cost_use").to_pylist()
    use = {
        (row["service_id"], names[row["pool"]]): row["quantity"] / QUANTITY / volumes[row["service_id"]] for row in rows
    }
    return volumes, use


def side_of(volumes: Mapping[str, float], use: Use, rates: tuple[Rate, ...]) -> Side:
    """Return a run's outcome as one side of a variance."""
    prices = {rate.pool_id: rate.ore_per_unit for rate in rates if rate.ore_per_unit is not None}
    return Side(volumes, use, prices, {rate.pool_id: rate.unused_ore for rate in rates if rate.unused_ore})


def supplies_of(rates: tuple[Rate, ...], share: float = 1.0) -> dict[str, Supply]:
    """Return what a plan of *share* of the run's time has to spend, at the run's rates."""
    return {
        rate.pool_id: Supply(ore_per_unit=rate.ore_per_unit or 0.0)
        if rate.capacity is None
        else Supply(round(rate.ore * share), rate.capacity * share / QUANTITY)
        for rate in rates
        if rate.ore >= 0
    }


def priced(volumes: Mapping[str, float], use: Use, rates: tuple[Rate, ...], share: float = 1.0) -> PlanCost:
    """Price planned *volumes* by service (any plan's or scenario's) at a run's rates, for *share* of the run's time."""
    return price_plan(volumes, use, supplies_of(rates, share))


def planned(
    lake: Lake, inputs: CostInputs, method: Method, outcome: Side, rates: tuple[Rate, ...]
) -> tuple[Planned | None, tuple[Note, ...]]:
    """Return the plan of the run's span beside *outcome*, and what is to be repaired in the budget and the order.

    The plan is None where there is no budget in the span, or nothing at all is ordered. The notes have no öre: those
    of the budget are none of the ledger's.
    """
    present = set(inputs.version.tables)
    if "budget" not in present:
        return None, ()
    with lake.connect(inputs.version.number) as con:
        rows = ask(con, "cost_budget", first=inputs.span.first, after=inputs.span.after).to_pylist()
        ordered = _ordered(con, present, inputs)
    if not rows:
        return None, ()
    pools, budget_ore, notes = _budgeted(rows, inputs, method)
    volumes = {**outcome.volumes, **{name: volume for name, volume in ordered.items() if name in outcome.volumes}}
    use = {**outcome.use, **_standard(inputs, outcome.use)}
    if not sum(volumes.values()) > 0:
        text = Message("Ordern har ingen volym i perioden, så utfallet jämförs inte med planen. Rätta orderns volymer.")
        return None, (*notes, Note("no_ordered_volume", text))
    capacity = {rate.pool_id: rate.capacity for rate in rates if rate.capacity is not None}
    used: dict[str, float] = {}
    for (service, name), amount in use.items():
        used[name] = used.get(name, 0.0) + volumes.get(service, 0.0) * amount
    supplies, prices = {}, {}
    for pool in pools:
        able = capacity.get(pool.pool_id)
        given = max(used.get(pool.pool_id, 0.0), (able or 0) / QUANTITY)
        if pool.ore < 0 or not given:
            continue
        supplies[pool.pool_id] = Supply(pool.ore, given)
        prices[pool.pool_id] = pool.ore / given
    cost = price_plan(volumes, use, supplies)
    side = Side(volumes, use, prices, cost.unused)
    found = Planned(
        budget_ore,
        cost,
        side,
        tuple(sorted(set(ordered) & set(outcome.volumes))),
        budget_ore - cost.ore,
    )
    return found, notes


def _budgeted(
    rows: list[dict[str, Any]], inputs: CostInputs, method: Method
) -> tuple[tuple[Pool, ...], int, tuple[Note, ...]]:
    """Return the pools of the budget, its sum of what is not excluded and is a cost, and what to repair in it."""
    found = quantum((Entry(*row.values()) for row in rows), inputs.rules)
    overhead = allocate(found.by_centre, inputs.supports, inputs.producing, method)
    pools, unpooled = pools_of(found.costs, overhead, inputs.pool_rules, inputs.span.months[-1].start)
    known = {*inputs.producing, *(support.centre for support in inputs.supports)}
    strange = [
        Message("Kostnadsställe {centre} finns inte i tabellen Kostnadsställen.", centre=centre)
        for centre, ore in sorted(found.by_centre.items())
        if centre not in known and ore
    ]
    texts = [note.message for note in (*found.notes, *unpooled) if note.ore] + strange
    notes = tuple(Note("budget_unplaced", Message("Budgeten: {what}", what=text)) for text in texts)
    return pools, sum(found.costs.values()) + found.unmapped_ore, notes


def _ordered(con: duckdb.DuckDBPyConnection, present: set[str], inputs: CostInputs) -> dict[str, float]:
    """Return the ordered volumes of the span: each year's by its share of months."""
    if "orders" not in present:
        return {}
    months: dict[int, int] = {}
    for month in inputs.span.months:
        months[month.start.year] = months.get(month.start.year, 0) + 1
    found: dict[str, float] = {}
    whole: dict[str, int] = {}
    for service, year, volume in con.execute(
        "select service_id, year, sum(volume) from orders group by all"
    ).fetchall():
        if year in months:
            found[service] = found.get(service, 0.0) + volume * months[year] / 12
            whole[service] = whole.get(service, 0) + months[year]
    # An order for a part of the span says nothing of the rest.
    return {service: volume for service, volume in found.items() if whole[service] == len(inputs.span.months)}


def _standard(inputs: CostInputs, use: Use) -> dict[tuple[str, str], float]:
    """Return the recipes' minutes per activity for the pools they measure, where the outcome uses the pool at all."""
    pools: dict[str, list[str]] = {}
    for base in inputs.bases.values():
        if base.basis in _TIMED:
            pools.setdefault(base.resource_id, []).append(base.pool_id)
    daily = {row["resource_id"] for row in inputs.small["ward_minutes"]}
    return {
        (row["service_id"], pool): row["minutes"]
        for row in inputs.small["activity_minutes"]
        if row["resource_id"] not in daily  # a resource that also follows stays has no standard per activity
        for pool in pools.get(row["resource_id"], ())
        if (row["service_id"], pool) in use
    }
