"""External contracts followed up beside own production: what was agreed, done, priced and booked."""

from pathlib import Path
from typing import Any

from vardbalans.data.cost.inputs import CostInputs
from vardbalans.data.lake import Lake
from vardbalans.data.queries import ask

__all__ = ["contracts_of"]


def contracts_of(lake: Lake, inputs: CostInputs, folder: Path) -> list[dict[str, Any]]:
    """Return a row per provider and service of the contracts, for the run kept in *folder*; empty without contracts.

    *agreed* is the yearly volume's part of the span (None: no ceiling), *at_price_ore* what was done at the contract's
    prices, *ore* what those contacts cost in the run: the bill, and the overhead it bears. In the region's own data a
    service with a contract is the provider's.
    """
    if "contracts" not in inputs.version.tables:
        return []
    months = inputs.span.months
    with lake.connect(inputs.version.number) as con:
        place = str(folder / "costed.parquet").replace("'", "''")
        con.execute(f"create temp view costed as from read_parquet('{place}')")
        values = {"first": months[0].start, "last": months[-1].start, "months": len(months)}
        rows: list[dict[str, Any]] = ask(con, "cost_contracts", **values).to_pylist()
    return rows
