"""The kept cost run as the pages see it: which cost centres, pools and groups the reader may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from vardbalans.data.cost.span import Span
from vardbalans.data.cost.stored import KeptCost
from vardbalans.web import store
from vardbalans.web.insight.selectors import names_of

__all__ = ["CostRun", "kept_costs"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CostRun:
    """A kept run; *unit_of* gives the unit of each cost centre that has one, *service_units* that of each service."""

    kept: KeptCost
    unit_of: Mapping[str, str]
    service_units: Mapping[str, str]

    @property
    def document(self) -> Row:
        """Return what the run tells."""
        return self.kept.document

    @property
    def meta(self) -> Row:
        """Return the version of the data that the run was made from."""
        return {"version": self.document["version"]}

    def names(self, table: str) -> Mapping[str, str]:
        """Return the name of every resource, service or unit by id; nothing for another *table*."""
        return names_of(table, self.document["version"])

    @cached_property
    def pools(self) -> Mapping[str, Row]:
        """Return the pools by id."""
        return {pool["pool_id"]: pool for pool in self.document["pools"]}

    def pool_name(self, pool: Row) -> str:
        """Return the name of the pool's resource; its id where it has none."""
        return self.names("resources").get(pool["resource_id"], pool["pool_id"])

    @cached_property
    def units(self) -> frozenset[str]:
        """Return the units that anything of the run belongs to."""
        groups = {row["name"] for row in self.document["groups"].get("unit", [])}
        return frozenset(groups | {self.unit_of[row] for row in self.centres if row in self.unit_of})

    @property
    def centres(self) -> tuple[str, ...]:
        """Return the cost centres of the run."""
        return tuple(row["cost_centre"] for row in self.document["centres"])

    @property
    def since_until(self) -> Mapping[str, str]:
        """Return the conditions that keep rows to the run's period."""
        months = Span.parse(self.document["period"]).months
        return {"since": str(months[0]), "until": str(months[-1].next())}


def kept_costs() -> CostRun | None:
    """Return the run that was kept last; None before the first."""
    kept = store.costs()
    if kept is None:
        return None
    units, services = _units_of(store.root(), kept.document["version"])
    return CostRun(kept, units, services)


@lru_cache(maxsize=4)
def _units_of(_root: Path, version: int) -> tuple[Mapping[str, str], Mapping[str, str]]:
    lake = store.lake()
    services = lake.read("services", version, ["service_id", "unit_id"]).to_pylist()
    by_service = {row["service_id"]: row["unit_id"] for row in services}
    told: dict[str, str | None] = {}
    if "cost_centres" in lake.version(version).tables:
        centres = lake.read("cost_centres", version, ["cost_centre", "unit_id"]).to_pylist()
        told = {row["cost_centre"]: row["unit_id"] for row in centres}
    # As in the run: a centre that nothing is said of is the unit that is called like it.
    homes = {row["unit_id"]: row["unit_id"] for row in lake.read("units", version, ["unit_id"]).to_pylist()} | told
    return {centre: unit for centre, unit in homes.items() if unit}, by_service
