"""What is agreed, from the rows of a store: which plan holds, and what stands where there is none."""

from datetime import UTC, datetime

import pytest

from vardbalans.data.agreed import approved_plans, plan_is_stored, plan_rows
from vardbalans.data.lake import Lake
from vardbalans.data.results.follow_up import follow_up_figure
from vardbalans.engine.follow_up import Approved
from vardbalans.engine.periods import Period

FIRST, SECOND = datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)


def plan(version: int, at: datetime, year: int = 2027, unit: str = "K", **slots: float) -> Approved:
    weeks = {Period.parse(f"{year}-W{name[1:]}"): value for name, value in slots.items()}
    return Approved(unit, "Plan", version, year, weeks, f"Chef, {unit}", at)


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path)


def store(lake: Lake, *rows: tuple[str, Approved]) -> None:
    lake.commit({"agreed_plans": plan_rows(rows)}, by="Chef", at=rows[0][1].at)


def test_the_plan_approved_last_holds_whole_and_each_year_has_its_own(lake) -> None:
    store(lake, ("a", plan(1, FIRST, w05=20.0, w06=21.0)), ("b", plan(1, FIRST, w05=3.0)))
    store(lake, ("a", plan(2, SECOND, w05=18.5)), ("a", plan(1, FIRST, 2026, w50=9.0)))
    found = approved_plans(lake, lake.required_head())
    (earlier, held), (other,) = found["a"], found["b"]
    assert (held.version, held.by, held.at) == (2, "Chef, K", SECOND)
    assert held.slots == {Period.parse("2027-W05"): 18.5}, "a week that the new version leaves empty is not planned"
    assert (earlier.year, earlier.slots) == (2026, {Period.parse("2026-W50"): 9.0})
    assert other.version == 1, "a service that the newer plan does not plan keeps its own"
    assert approved_plans(lake, lake.version(1))["a"][0].version == 1, "an earlier version of the data says the same"
    assert plan_is_stored(lake, lake.required_head(), "K", "Plan", 2027, 2)
    assert not plan_is_stored(lake, lake.required_head(), "K", "Plan", 2027, 3)


def test_the_same_rows_again_are_no_new_version(lake) -> None:
    store(lake, ("a", plan(1, FIRST, w05=20.0)))
    store(lake, ("a", plan(1, FIRST, w05=20.0)))
    assert lake.required_head().number == 1


def test_the_figure_names_the_version_and_who_signed_it_and_leads_to_its_rows(lake) -> None:
    store(lake, ("a", plan(1, FIRST, w05=20.0, w06=21.0)))
    approved = {
        "unit_id": "K",
        "plan": "Plan",
        "version": 1,
        "year": 2027,
        "by": "Chef, K",
        "at": FIRST.isoformat(),
        "per_slot": 0.9,
    }
    row = {
        "service_id": "a",
        "of_year": 2027,
        "approved": approved,
        "ordered": 1000.0,
        "weeks": [{"period": "2027-W05", "planned": 18.0}],
        "months": [],
    }
    figure = follow_up_figure(row, "planned", "2027-W05")
    (step,) = figure.terms
    assert str(step.label) == "Plan, version 1, godkänd av Chef, K 2026-11-01"
    assert (step.value, step.factor, figure.inputs[0].value) == (18.0, 0.9, pytest.approx(20.0))
    assert lake.sources(step.source.table, dict(step.source.where)).rows[0]["slots"] == 20.0
