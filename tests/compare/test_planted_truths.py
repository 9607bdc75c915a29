"""What was planted in the demo region is found again by the chain, as often as the intervals promise."""

import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from vardbalans.data.demo import generate
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.tables import TABLES
from vardbalans.engine.scenario import Settings, run

SEEDS = range(1, 21)
NEEDED = 18
CARE = ("units", "services", "contacts", "referrals")


def _stored(region, root):
    tables = {}
    for name in CARE:
        rows = region.tables[name]
        rows = rows.append_column("_file", pa.array([name] * len(rows))).append_column(
            "_row", pa.array(range(2, len(rows) + 2))
        )
        schema = TABLES[name].schema()
        tables[name] = rows.select(schema.names).cast(schema)
    lake = Lake(root)
    return load(lake, lake.commit(tables, by="test", at=datetime(2026, 11, 1, tzinfo=UTC)))


@pytest.fixture(scope="module")
def recovered(tmp_path_factory):
    """Per seed: (growth found, per-service growths, conversions) as lists of whether the truth lies inside."""
    found = []
    for seed in SEEDS:
        region = generate("small", seed)
        inputs = _stored(region, tmp_path_factory.mktemp("truth"))
        outcome, truth = run(inputs, Settings(draws=2, seed=1)), region.truth
        growths = {row.item.service.service_id: row.forecast.growth for row in outcome.services}
        shares = {(link.from_service, link.to_service): link for link in inputs.conversions}
        found.append(
            (
                _inside(outcome.growth, truth["region_growth"]),
                [_inside(growths[name], rate) for name, rate in truth["growth"].items()],
                [
                    shares[row["from_service"], row["to_service"]].low
                    <= row["share"]
                    <= shares[row["from_service"], row["to_service"]].high
                    for row in truth["conversions"]
                ],
            )
        )
    return found


def _inside(growth, log_rate):
    return growth.low <= math.expm1(log_rate) <= growth.high


def test_the_regions_growth_is_found_in_18_of_20_seeds(recovered):
    assert sum(region for region, _, _ in recovered) >= NEEDED


def test_growth_per_service_is_covered_as_95_per_cent_intervals_promise(recovered):
    hits = [hit for _, services, _ in recovered for hit in services]
    assert len(hits) == len(SEEDS) * 28
    assert 0.92 <= sum(hits) / len(hits) <= 1.0


def test_conversion_shares_are_found_in_18_of_20_seeds(recovered):
    """Each pair by itself: the share planted lies inside its interval."""
    pairs = list(zip(*(shares for _, _, shares in recovered), strict=True))
    assert len(pairs) == 12
    assert sum(sum(pair) >= NEEDED for pair in pairs) >= 11  # one pair of twelve below 18 is within chance
    assert sum(map(sum, pairs)) / (len(pairs) * len(SEEDS)) >= 0.93
