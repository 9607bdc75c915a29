"""The demo region: fully synthetic, deterministic by size and seed, with its planted truths beside it.

>>> generate("small", seed=1).tables["units"].num_rows > 20
True
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vardbalans.data.demo import capacity, frames, ledger, people, planning, region, truth
from vardbalans.data.demo.activity import Activity, simulate
from vardbalans.data.demo.profiles import Size

__all__ = ["DemoRegion", "Size", "generate"]


@dataclass(frozen=True, eq=False)
class DemoRegion:
    """The tables of one demo region, in the registry's schema without origin columns, and what was planted in them."""

    size: Size
    seed: int
    tables: dict[str, pa.Table]
    truth: dict[str, Any]


def generate(size: Size, seed: int) -> DemoRegion:
    """Return the demo region of *size*: ``small`` takes a second, ``region`` has 280 000 inhabitants and three years.

    The same size and seed give the same tables; another seed gives other draws around the same parameters.
    """
    org = region.build(size)
    resources = capacity.plan(org)
    inhabitants = people.inhabitants(org, seed)
    activity = simulate(org, inhabitants, seed)
    tables = _reference(org, resources, activity, seed) | _people(resources, inhabitants, org, seed)
    tables |= frames.care_tables(org, inhabitants, activity, capacity.theatres(resources), seed)
    return DemoRegion(size, seed, tables, truth.planted(org, resources, activity, seed))


def _reference(
    org: region.Organisation, resources: tuple[capacity.Resource, ...], activity: Activity, seed: int
) -> dict[str, pa.Table]:
    rows = planning.reference_rows(org, resources) | ledger.economy_rows(org, resources, activity, seed)
    return {name: frames.rows_table(name, table) for name, table in rows.items()}


def _people(
    resources: tuple[capacity.Resource, ...], inhabitants: people.Inhabitants, org: region.Organisation, seed: int
) -> dict[str, pa.Table]:
    staff = people.employ(capacity.posts(resources), seed)
    beds = {r.unit_id: int(r.sets[0]) for r in resources if r.code == "BED"}
    return {
        "population": frames.columns_table("population", people.population_rows(inhabitants, org)),
        "employments": frames.employment_table(staff),
        "absences": frames.absence_table(*people.absences(staff, seed)),
        "beds": frames.bed_table(beds, seed),
    }
