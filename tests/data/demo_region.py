"""The small demo region as the tests of it share it."""

from datetime import date
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.demo import DemoRegion, generate

SEEDS = (1, 2, 3)
TODAY = date(2026, 11, 22)
IDS = {
    "units": "unit_id",
    "services": "service_id",
    "resources": "resource_id",
    "referrals": "referral_id",
    "measures": "measure_id",
}
"""The tables that others refer to, and the column of their ids."""


@lru_cache(maxsize=4)
def small(seed: int) -> DemoRegion:
    """Return the small demo; made once per seed, since nothing changes it."""
    return generate("small", seed)


def rows(demo: DemoRegion, table: str, **equal: str) -> pa.Table:
    """Return the rows of *table* whose columns equal what is given."""
    found = demo.tables[table]
    for column, value in equal.items():
        found = found.filter(pc.equal(found[column], value))
    return found
