"""External contracts beside own production: what was agreed, done and paid, and where own care is cheaper."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from vardbalans.data.cost.run import CostRun
from vardbalans.data.lake import Lake
from vardbalans.data.queries import ask, quoted
from vardbalans.engine.cost.make_or_buy import MakeOrBuy, OwnCost, PoolUse, own_cost
from vardbalans.engine.cost.rates import QUANTITY

__all__ = ["contracts_of"]

Row = dict[str, Any]
_DONE = ("performed", "at_price_ore", "ore")
_OWN = (
    "own_volume",
    "variable_ore",
    "fixed_ore",
    "full_ore",
    "break_even",
    "spare",
    "make_saves_ore",
    "marginal_saves_ore",
)


def contracts_of(
    lake: Lake, run: CostRun, volumes: Mapping[str, float], use: Mapping[tuple[str, str], float]
) -> tuple[list[Row], list[Row]]:
    """Return a row per provider and service of the contracts, and one per own service that does the same.

    *agreed* is the yearly volume's part of the span (None: no ceiling), *at_price_ore* what was done at the contract's
    prices, *ore* what those contacts cost in the run: the bill, and the overhead it bears. In the region's own data a
    service with a contract is the provider's. Own production is of the run's *volumes*, and *use* of pools per contact.
    What few patients have had is not told. Both are empty without contracts.
    """
    inputs = run.inputs
    if "contracts" not in inputs.version.tables:
        return [], []
    months = inputs.span.months
    small = {row["name"] for row in run.tables.groups.get("service", []) if row["suppressed"]}
    with lake.connect(inputs.version.number) as con:
        con.execute(f"create temp table costed as from read_parquet('{quoted(run.folder / 'costed.parquet')}')")
        values = {"first": months[0].start, "last": months[-1].start, "months": len(months)}
        agreed: list[Row] = ask(con, "cost_contracts", **values).to_pylist()
        pairs: list[Row] = ask(con, "cost_own", last=months[-1].start).to_pylist()
    bought = {(row["provider_id"], row["service_id"]): row["performed"] for row in agreed}
    agreed = [row | (dict.fromkeys(_DONE) if row["service_id"] in small else {}) for row in agreed]
    return agreed, [
        row | _own(row, bought[row["provider_id"], row["service_id"]], run, volumes, use, small) for row in pairs
    ]


def _own(
    row: Row,
    bought: int,
    run: CostRun,
    volumes: Mapping[str, float],
    use: Mapping[tuple[str, str], float],
    small: Collection[str],
) -> Row:
    """Return what own production costs beside the contract of *row*, of which *bought* contacts were done."""
    name = row["own_service_id"]
    if name in small or row["service_id"] in small:
        return {**dict.fromkeys(_OWN), "suppressed": True, "steps": []}
    own = _cost(name, run, volumes, use)
    choice = MakeOrBuy(own.fixed_ore, own.variable_ore, row["price_ore"])
    spare = None if own.spare is None else math.floor(own.spare + 1e-9)  # whole contacts that there is room for
    home = bought if spare is None else min(bought, spare)
    return {
        "own_volume": own.volume,
        "variable_ore": own.variable_ore,
        "fixed_ore": own.fixed_ore,
        "full_ore": own.full_ore,
        "break_even": choice.break_even,
        "spare": spare,
        "make_saves_ore": choice.saved(round(own.volume)).value,
        "marginal_saves_ore": home * (row["price_ore"] - own.variable_ore),
        "suppressed": False,
        "steps": [choice.saved(round(own.volume)).as_dict()],
    }


def _cost(name: str, run: CostRun, volumes: Mapping[str, float], use: Mapping[tuple[str, str], float]) -> OwnCost:
    pools = {pool.pool_id: pool for pool in run.pools}
    return own_cost(
        volumes.get(name, 0.0),
        [
            PoolUse(
                use.get((name, rate.pool_id), 0.0),
                rate.used / QUANTITY,
                None if rate.capacity is None else rate.capacity / QUANTITY,
                rate.ore,
                sum(pools[rate.pool_id].direct.values()),
            )
            for rate in run.rates
            if rate.ore > 0
        ],
    )
