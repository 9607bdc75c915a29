"""The planted outliers of the demo region, and what more beds would have done about them, are found again.

Each region is played from its own stays and beds, over the same years. The truth is one future of many: it shall lie
where futures of the model do.
"""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from vardbalans.data.demo import generate
from vardbalans.data.lake import Lake
from vardbalans.data.load.beds import bed_data
from vardbalans.data.tables import TABLES
from vardbalans.engine.beds.observed import hospital_of, lying_at
from vardbalans.engine.beds.run import play
from vardbalans.engine.beds.scenarios import beds_changed

SEEDS = range(101, 109)
NEEDED = 6
"""Of eight: two outside an interval of 95 per cent come by chance once in twenty times, three once in 170."""
YEARS = 40


@pytest.fixture(scope="module")
def recovered(tmp_path_factory):
    """Per seed: census, truth, and the model's futures of outliers per 100 and of the effect of more beds."""
    return [recover("small", seed, tmp_path_factory.mktemp("beds")) for seed in SEEDS]


def recover(size, seed, root):
    region, tables = generate(size, seed), {}
    for name in ("units", "services", "stays", "beds"):
        rows = region.tables[name].append_column("_file", pa.array([name] * len(region.tables[name])))
        rows = rows.append_column("_row", pa.array(range(2, len(rows) + 2), pa.int64()))
        schema = TABLES[name].schema()
        tables[name] = rows.select(schema.names).cast(schema)
    lake = Lake(root)
    version = lake.commit(tables, by="test", at=datetime(2026, 11, 1, tzinfo=UTC))
    with lake.connect(version.number) as connection:
        observed = bed_data(connection, set(version.tables)).observed
    true = region.truth["outliers"]
    hospital = hospital_of(observed, range(len(observed.wards)), days=1036)
    base = play(hospital, YEARS, seed)
    more = play(beds_changed(hospital, true["extra_beds"]["ward_id"], true["extra_beds"]["beds"]), YEARS, seed)
    return census(observed), true, base.outliers_per_100, more.outliers_per_100 - base.outliers_per_100


def census(observed):
    """Outliers per 100 beds at 06:00 of every day, of who lies where; the census in SQL has tests of its own."""
    days = observed.available.shape[1]
    moments = 24.0 * (observed.first_day + np.arange(days)) + 6
    out = observed.stays.chosen(observed.stays.home != observed.stays.ward)
    return 100 * lying_at(out, moments, len(observed.wards)).sum() / observed.available.sum()


def test_the_census_counts_what_was_planted(recovered):
    for census, true, _, _ in recovered:
        assert census == pytest.approx(true["per_100_at_06"], abs=1e-9)


def test_the_model_tells_how_many_lie_elsewhere(recovered):
    inside = [np.quantile(played, 0.025) <= true["per_100_at_06"] <= np.quantile(played, 0.975)
              for _, true, played, _ in recovered]  # fmt: skip
    assert sum(inside) >= NEEDED
    # Not because the intervals are wide: a half more or fewer would be seen.
    assert np.mean([played.std() for *_, played, _ in recovered]) < 0.25 * np.mean(
        [played.mean() for *_, played, _ in recovered]
    )


def test_the_model_tells_what_more_beds_would_have_done(recovered):
    inside, errors = [], []
    for _, true, _, effect in recovered:
        really = true["extra_beds"]["per_100_at_06"] - true["per_100_at_06"]
        inside.append(np.quantile(effect, 0.025) <= really <= np.quantile(effect, 0.975))
        errors.append(effect.mean() - really)
        assert np.quantile(effect, 0.975) < 0
    assert sum(inside) >= NEEDED
    assert abs(np.mean(errors)) < 3 * np.std(errors, ddof=1) / np.sqrt(len(errors)) + 0.1


@pytest.mark.parametrize("seed", [109, 110])
def test_it_is_told_too_where_there_are_wards_to_choose_between(seed, tmp_path):
    """Of a medium region's hospitals one has seven wards: whoever has no bed is laid where most are free."""
    counted, true, played, effect = recover("medium", seed, tmp_path)
    assert counted == pytest.approx(true["per_100_at_06"], abs=1e-9)
    assert played.mean() == pytest.approx(true["per_100_at_06"], rel=0.12)
    assert effect.mean() == pytest.approx(true["extra_beds"]["per_100_at_06"] - true["per_100_at_06"], rel=0.25)
