"""The demo region's planted costs, found again from its ledger and its care: reconciled, unit costs within 1 %."""

from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from vardbalans.data.cost import run_cost
from vardbalans.data.cost.contracts import contracts_of
from vardbalans.data.cost.planned import mean_use
from vardbalans.data.demo import generate
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES

LEFT_OUT = ("slots", "referrals", "clock_stops", "beds", "population", "counts")


@pytest.fixture(scope="module")
def region():
    return generate("small", 1)


@pytest.fixture(scope="module")
def run(region, tmp_path_factory):
    tables = {}
    for name, bare in region.tables.items():
        if name not in LEFT_OUT:
            named = bare.append_column("_file", pa.array([name] * len(bare)))
            placed = named.append_column("_row", pa.array(range(2, len(bare) + 2)))
            tables[name] = placed.select(TABLES[name].schema().names).cast(TABLES[name].schema())
    root = tmp_path_factory.mktemp("store")
    Lake(root).commit(tables, by="test", at=datetime(2026, 10, 26, tzinfo=UTC))
    return run_cost(root, period="2025")


def test_it_reconciles(run, region) -> None:
    """To the öre, and every line has something in it."""
    certificate = run.certificate
    assert certificate.difference_ore == 0
    assert (
        min(certificate.contacts_ore, certificate.unused_ore, certificate.excluded_ore, certificate.unmatched_ore) > 0
    )
    clinics = sum(
        ore
        for (centre, cost_class), ore in run.quantum.costs.items()
        if centre.startswith("K-") and cost_class != "implantat"
    )
    assert certificate.excluded_ore / clinics == pytest.approx(region.truth["cost"]["excluded_share"], rel=1e-6)


def test_the_unit_costs_are_found_again(run, region) -> None:
    """Materials per service, a sample, bought surgery: the direct cost of each pool by what it was used for."""
    planted = region.truth["cost"]
    pools = {pool.pool_id: pool for pool in run.pools}
    rates = {rate.pool_id: rate for rate in run.rates}

    def each(pool: str) -> float:
        return sum(pools[pool].direct.values()) * 1000 / rates[pool].used

    assert each("LAB-PROV") == pytest.approx(planted["sample_ore"], rel=0.01)
    assert each("OGO-A-KÖPT") == pytest.approx(planted["purchased_ore"], rel=1e-9)
    found = {
        service: each(f"{service.rsplit('-', 1)[0]}-MTRL") * weight / 100
        for service, weight in ((name, ore / 1.03) for name, ore in planted["material_ore"].items())
    }
    for service, ore in planted["material_ore"].items():
        assert found[service] == pytest.approx(ore, rel=0.01), service


def test_the_resources_cost_what_was_planted(run, region) -> None:
    """Pay and rent of each resource by the year, within 1 %."""
    pools = {pool.pool_id: sum(pool.direct.values()) for pool in run.pools}
    for resource, ore in region.truth["cost"]["resource_ore_per_month"].items():
        assert pools[resource] == pytest.approx(12 * ore, rel=0.01), resource


def test_the_outliers_are_exactly_the_dearest(run) -> None:
    """Five and three in a hundred of the care form, and none of the others costs more than the cheapest of them."""
    file = str(run.folder / "costed.parquet")
    with duckdb.connect() as con:
        rows = con.execute(
            "select is_inpatient, count(*), count(*) filter (where is_outlier), "
            "min(ore) filter (where is_outlier), max(ore) filter (where not is_outlier) "
            "from read_parquet($1) group by 1 order by 1",
            [file],
        ).fetchall()
    for is_inpatient, count, outliers, cheapest, dearest in rows:
        assert outliers == int(count * (0.05 if is_inpatient else 0.03) + 0.5)
        assert cheapest >= dearest
    told = run.tables.outliers["outpatient"]["kinds"]
    assert {each["kind"] for each in told} >= {"surgery", "contact", "first_visit"}


def test_the_contract_is_followed_up(run) -> None:
    """What the external provider did at the contract's price is what was booked, to the öre; overhead comes on top.

    The eye clinic does the same operations, and no other: one more there is what its materials and drugs cost.
    """
    volumes, use = mean_use(run.folder, run.inputs)
    (row,), own = contracts_of(Lake(run.folder.parents[1]), run, volumes, use)
    (pool,) = (pool for pool in run.pools if pool.pool_id == "OGO-A-KÖPT")
    assert row["at_price_ore"] == sum(pool.direct.values())
    assert row["ore"] == pytest.approx(pool.ore, abs=1_000)  # samples of its patients may be on it
    assert row["performed"] > 0
    assert row["agreed"] > 0
    (mine,) = own
    assert (mine["own_service_id"], mine["price_ore"]) == ("OGO-A-OP", 11_800_00)
    assert 0 < mine["variable_ore"] < mine["price_ore"] < mine["full_ore"]
    assert mine["break_even"] == pytest.approx(mine["fixed_ore"] / (mine["price_ore"] - mine["variable_ore"]))
    assert mine["full_ore"] == pytest.approx(mine["fixed_ore"] / mine["own_volume"] + mine["variable_ore"], abs=1)
    assert mine["spare"] > 0


def test_what_lost_its_time_has_no_contact(run, region) -> None:
    """About one item in eighty was moved a month; those are found, with the row to repair."""
    with duckdb.connect() as con:
        files = str(run.folder / "unmatched-*.parquet")
        loose = con.execute("select count(*), count(row) from read_parquet($1)", [files]).fetchall()[0]
    year = sum(row.as_py().year == 2025 for row in region.tables["care_items"]["given_at"])
    assert loose[0] == loose[1]
    assert 1 / 200 < loose[0] / year < 1 / 60


def test_small_groups_are_not_told(run) -> None:
    """Below the limit neither cost nor count."""
    groups = [row for rows in run.tables.groups.values() for row in rows]
    assert all(row["patients"] >= run.tables.small for row in groups if not row["suppressed"])
    assert all("ore" not in row and row["patients"] is None for row in groups if row["suppressed"])
