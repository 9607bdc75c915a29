"""English referral-to-treatment flows: the whole path on real figures."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from vardbalans.data import intake
from vardbalans.data.balance_run import run_balance
from vardbalans.data.lake import Lake
from vardbalans.data.results import Results
from vardbalans.engine.scenario import Settings

FILE = Path(__file__).parents[3] / "shared" / "data" / "nhs" / "england_rtt_flow_stp.csv.gz"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the public data file {FILE.name} is not on this machine")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nhs")
    lake = Lake(folder)
    preview = intake.prepare(lake, [FILE], "nhs-rtt-flow", today=date(2026, 11, 22))
    assert not preview.has_errors
    intake.commit(lake, preview, by="test", at=datetime(2026, 11, 22, tzinfo=UTC))
    run_balance(folder, at=datetime(2026, 11, 22, tzinfo=UTC), settings=Settings(draws=500))
    return folder


@pytest.fixture(scope="module")
def services(store):
    return Results(store).latest().services()


def test_every_area_has_its_list_identity_to_the_last_person(services):
    assert len(services) == 18
    for row in services:
        assert len(row["identity"]) == 36
        for line in row["identity"]:
            left = line["opening"] + line["inflow"] - line["treated"] - line["residual"]
            assert left == line["closing"]
            assert line["removed"] is None  # the source reports no removals: the residual is a line of its own
        for earlier, later in zip(row["identity"], row["identity"][1:], strict=False):
            assert earlier["closing"] == later["opening"]


def test_hold_and_halve_follow_from_need_and_list(services):
    for row in services:
        assert row["hold_per_week"] == pytest.approx(row["need_per_week"] - row["removals_per_week"], abs=1e-5)
        residual = sum(line["residual"] for line in row["identity"][-12:])
        assert row["removals_per_week"] == pytest.approx(residual / (365.25 / 7), rel=1e-6)
        assert row["halve_per_week"] - row["hold_per_week"] == pytest.approx(row["queue_now"] / 2 / 52, abs=1e-3)
        assert row["p_short_hold"] <= row["p_short_halve"]


def test_observed_production_is_the_capacity_and_it_is_said(store, services):
    latest = Results(store).latest()
    rows = latest.rows()
    assert {row["measure"] for row in rows} == {"activities"}
    assert {row["required_minutes"] for row in rows} == {None}  # minutes are not known, and not made up
    assert any("observerad produktion" in finding["message"] for finding in latest.meta["findings"])
    for row in services:
        done = sum(line["treated"] for line in row["identity"][-12:]) / 52.2
        assert row["capacity_per_week"] == pytest.approx(done, rel=0.03)


def test_the_forecast_is_of_the_size_of_last_year(services):
    for row in services:
        last = sum(point["value"] for point in row["history"][-12:])
        assert row["need_year"] == pytest.approx(last, rel=0.12)


def test_the_figure_explains_itself_down_to_the_file(store):
    latest = Results(store).latest()
    row = latest.rows()[0]
    figure = latest.figure(row["unit_id"], row["resource_id"], row["week"], "required")
    assert sum(term["value"] for term in figure["terms"]) == pytest.approx(figure["value"], abs=1e-5)
    lake = Lake(store)
    rows = {term["values"]["what"]: lake.sources(**term["source"]) for term in figure["terms"]}
    # All months of inflow, a year of waiting with the month before it, and today's list.
    assert [found.count for found in rows.values()] == [47, 13, 1]
    assert {row["_file"] for found in rows.values() for row in found.rows} == {FILE.name}
    assert "oförklarad rest, antas lämna listan som hittills" in rows
