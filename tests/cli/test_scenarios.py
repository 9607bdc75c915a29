"""Scenarios and the choice of measures from the command line, on the demo region."""

import pytest

from vardbalans.cli import run
from vardbalans.data.lake import Lake
from vardbalans.data.load import load

CHEAP = ("--weeks", 20, "--draws", 50)


@pytest.fixture(scope="module")
def target(store):
    """A service with a recipe on a staffed resource: (service, resource, the day the weeks begin, a later one)."""
    lake = Lake(store)
    inputs = load(lake, lake.required_head(), weeks=20)
    staff = {row.resource.resource_id for row in inputs.resources if row.staffing}
    kinds = {item.service.service_id: item.service.kind for item in inputs.services}
    found = next(r for r in inputs.recipes if r.resource_id in staff and kinds.get(r.service_id) == "first_visit")
    return found.service_id, found.resource_id, inputs.weeks[0].start, inputs.weeks[10].start


def write(folder, text):
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def scenario(tmp_path, target):
    service, resource, first, later = target
    return write(
        tmp_path,
        f"""
        name = "Prov"
        [[measure]]
        id = "S1"
        lever = "shorter_tasks"
        service = "{service}"
        factor = 0.9
        factor_low = 0.85
        factor_high = 0.95
        starts = {first}
        cost_kr = 100000
        status = "measured"
        [[measure]]
        id = "S2"
        name = "Två tjänster till"
        parameter = "sets"
        resource = "{resource}"
        added = 2
        starts = {first}
        cost_kr = 2000000
        [[switch]]
        name = "Kris"
        on = {first}
        off = {later}
        measures = ["S2"]
        """,
    )


def test_a_scenario_is_set_beside_the_baseline_and_not_kept(call, store, scenario, target):
    kept = store / "results"
    before = sorted(kept.iterdir()) if kept.exists() else []
    code, found = call("balance", "--scenario", scenario, "--store", store, *CHEAP)
    assert code == 0
    assert (sorted(kept.iterdir()) if kept.exists() else []) == before
    assert [row["counts_in_plan"] for row in found["scenario"]["measures"]] == [True, False]
    row = next(row for row in found["comparison"]["resources"] if row["resource_id"] == target[1])
    steps = [step["value"] for step in row["steps"]["terms"]]
    assert sum(steps) == pytest.approx(row["balance"]["change"], abs=1e-3)
    assert row["steps"]["terms"][0]["label"].startswith("åtgärden")
    assert row["balance"]["before"] < row["agreed_balance"] < row["balance"]["after"]
    assert row["change_low"] <= row["balance"]["change"] <= row["change_high"]
    mine = [phase for phase in found["comparison"]["phases"] if phase["resource_id"] == target[1]]
    assert [phase["phase"] for phase in mine] == ["during", "after"]
    assert sum(phase["balance"]["change"] for phase in mine) == pytest.approx(row["balance"]["change"])
    hours, ore = (next(row for row in found["benefits"]["rows"] if row["kind"] == kind) for kind in ("hours", "ore"))
    assert hours["expected"] > 0
    assert ore["expected"] == pytest.approx(hours["expected"] * found["benefits"]["hour_value"]["ore"])
    codes = {term["code"] for step in found["steps"] for term in step["terms"]}
    assert {"measure:S1", "measure:S2"} <= codes
    assert all(step["remainder"] == 0 for step in found["steps"])


def test_it_is_told_to_people(capsys, store, scenario):
    assert run(["balance", "--scenario", str(scenario), "--store", str(store), *map(str, CHEAP)]) == 0
    text = capsys.readouterr().out
    assert "Scenariet Prov: 2 åtgärder, varav 1 räknas i planen." in text
    assert "frigjorda timmar" in text
    assert "Kris" in text


@pytest.mark.parametrize(("name", "there", "begun"), [("agreed", [], []), ("all", ["A1"], ["A1@K-BUP-S", "A2"])])
def test_the_stores_own_measures(call, store, name, there, begun):
    """Two of the demo region's measures began before its data end: they are in the data and change nothing more.

    Neither has been followed, so none is in the agreed plan.
    """
    code, found = call("balance", "--scenario", name, "--store", store, *CHEAP)
    assert code == 0
    assert [row["measure_id"] for row in found["scenario"]["measures"] if row["measure_id"][0] == "A"] == there + begun
    assert (found["comparison"]["resources"] == []) == (name == "agreed")
    acting = {term["code"] for step in found["steps"] for term in step["terms"]}
    assert not {f"measure:{measure}" for measure in begun} & acting
    titles = [row["name"] for row in found["scenario"]["measures"] if row["measure_id"] in begun]
    for title in titles:
        assert any(title in row["message"] and "ingår redan i data" in row["message"] for row in found["findings"])


def test_the_cheapest_set_is_chosen_and_the_runner_up_shown(call, capsys, store, scenario, target):
    arguments = ["--scenario", scenario, "--store", store, "--resource", target[1], *CHEAP]
    code, found = call("measures", "choose", "--probability", "0.01", *arguments)
    assert code == 0
    assert found["best"]["probability"] >= 0.01
    assert found["best"]["cost_ore"] <= (found["runner_up"] or {"cost_ore": float("inf")})["cost_ore"]
    assert run(["measures", "choose", "--probability", "0.01", *map(str, arguments)]) == 0
    assert "Billigast" in capsys.readouterr().out


def test_what_no_budget_reaches_is_impossible_with_reasons(call, store, scenario):
    code, found = call("measures", "choose", "--probability", "1", "--scenario", scenario, "--store", store, *CHEAP)
    assert code == 4
    assert any("Längst från balans" in row["message"] for row in found["findings"])


def test_the_library_has_a_lever_at_every_point(call, capsys):
    code, found = call("measures", "library")
    assert code == 0
    assert {row["point"] for row in found["levers"]} == {
        "care_need",
        "required_production",
        "required_capacity",
        "resources",
        "available_capacity",
    }
    assert run(["measures", "library"]) == 0
    assert "fewer_no_shows" in capsys.readouterr().out


def test_a_scenario_file_that_is_not_there(call, store):
    code, found = call("balance", "--scenario", "nowhere.toml", "--store", store, *CHEAP)
    assert code == 3
    assert "Ange en fil, eller agreed" in found["findings"][0]["message"]


def test_a_scenario_file_that_is_wrong(call, tmp_path, store):
    code, found = call("balance", "--scenario", write(tmp_path, "nam = 'x'"), "--store", store, *CHEAP)
    assert code == 3
    assert "menas name?" in found["findings"][0]["message"]
