"""Scenarios kept, compared, switched on and back; and orders answered: from the command line, on the demo region."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from tests.cli.test_scenarios import write
from vardbalans.cli import run
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.scenarios import levers

CHEAP = ("--weeks", 12, "--draws", 5)


@pytest.fixture(scope="module")
def own_store(store, tmp_path_factory):
    """A store that these tests may write to."""
    return Path(copytree(store, tmp_path_factory.mktemp("kept") / "store"))


@pytest.fixture(scope="module")
def days(own_store):
    lake = Lake(own_store)
    weeks = load(lake, lake.required_head(), weeks=20).weeks
    return weeks[4].start, weeks[10].start


@pytest.fixture
def crisis(tmp_path, days):
    return write(
        tmp_path,
        f"""
        name = "fil"
        [[measure]]
        id = "K1"
        lever = "close_resources"
        resource = "ORT-A-BED"
        added = -5
        starts = {days[0]}
        cost_kr = 0
        part_of = "K1"
        [[measure]]
        id = "K2"
        lever = "low_value_care"
        service = "ORT-A-AB"
        factor = 0.5
        starts = {days[0]}
        part_of = "K1"
        """,
    )


def test_a_scenario_is_saved_once_and_never_changed(call, own_store, crisis):
    save = ("scenarios", "save", "Kris", "--scenario", crisis, "--by", "Produktionsstaben", "--store", own_store)
    code, first = call(*save)
    assert code == 0
    assert [row["part_of"] for row in first["scenario"]["measures"]] == ["K1", "K1"]
    assert call(*save)[1]["scenario"]["scenario_id"] == first["scenario"]["scenario_id"]
    later = [part if part != "Produktionsstaben" else "Divisionschefen" for part in save]
    assert call(*later)[1]["scenario"]["scenario_id"] != first["scenario"]["scenario_id"]
    code, listed = call("scenarios", "list", "--store", own_store)
    assert [row["author"] for row in listed["scenarios"]] == ["Produktionsstaben", "Divisionschefen"]
    assert listed["scenarios"][0] == first["scenario"]
    code, shown = call("scenarios", "show", "Kris", "--store", own_store)
    assert shown["scenario"]["author"] == "Divisionschefen"
    assert shown["scenario"]["version"] == Lake(own_store).required_head().number


def balances(call, store, scenario):
    code, found = call("balance", "--scenario", scenario, "--store", store, *CHEAP)
    assert code == 0
    rows = {
        (row["resource_id"], row["week"]): (row["required"], row["available"], row["p_short"]) for row in found["rows"]
    }
    return rows, found


def test_a_crisis_is_switched_on_and_back_and_the_plan_is_as_it_was(call, own_store, crisis, days):
    call("scenarios", "save", "Beredskap", "--scenario", crisis, "--by", "Staben", "--store", own_store)
    before, _ = balances(call, own_store, "current")
    turn = ("--by", "Krisledningen", "--store", own_store)
    assert call("scenarios", "on", "Beredskap", "--from", days[0], *turn)[0] == 0
    during, _ = balances(call, own_store, "current")
    assert during["ORT-A-BED", _week(days[0])][1] < before["ORT-A-BED", _week(days[0])][1]
    assert call("scenarios", "on", "Beredskap", "--from", days[0], *turn)[0] == 3
    code, turned = call("scenarios", "off", "Beredskap", "--from", days[1], *turn)
    assert (code, turned["switch"]["off"]) == (0, days[1].isoformat())
    after, found = balances(call, own_store, "current")
    assert [row["name"] for row in found["scenario"]["switches"]] == ["Beredskap"]
    for place, figures in after.items():
        outside = not _week(days[0]) <= place[1] < _week(days[1])
        assert (figures == before[place]) or not outside, place
    assert after != before
    assert call("scenarios", "off", "Beredskap", "--from", days[1], *turn)[0] == 3


def test_what_the_plan_has_already_is_left_as_it_is_and_a_second_time_is_one_more(call, own_store, days):
    """The agreed plan saved and switched on and off changes nothing; a crisis may come twice."""
    call("scenarios", "save", "Planen", "--scenario", "agreed", "--by", "Staben", "--store", own_store)
    before, found = balances(call, own_store, "current")
    turn = ("--by", "Krisledningen", "--store", own_store)
    for way, day in (("on", days[0]), ("off", days[1])):
        assert call("scenarios", way, "Planen", "--from", day, *turn)[0] == 0
    assert balances(call, own_store, "current")[0] == before
    ids = [row["measure_id"] for row in found["scenario"]["measures"]]
    assert call("scenarios", "on", "Beredskap", "--from", days[1], *turn)[0] == 0
    again = balances(call, own_store, "current")[1]["scenario"]
    assert len(again["measures"]) == len(ids) + 2
    assert len({row["measure_id"] for row in again["measures"]}) == len(again["measures"])
    assert call("scenarios", "on", "Kris", "--from", days[1], *turn)[0] == 3
    assert call("scenarios", "off", "Beredskap", "--from", days[1], *turn)[0] == 0
    assert balances(call, own_store, "current")[0] == before


def test_a_switch_turned_off_before_it_began_leaves_nothing(call, own_store, crisis, days):
    call("scenarios", "save", "Avblåst", "--scenario", crisis, "--by", "Staben", "--store", own_store)
    before, _ = balances(call, own_store, "current")
    turn = ("--from", days[1], "--by", "Krisledningen", "--store", own_store)
    assert call("scenarios", "on", "Avblåst", *turn)[0] == 0
    assert balances(call, own_store, "current")[0] != before
    assert call("scenarios", "off", "Avblåst", *turn)[0] == 0
    assert balances(call, own_store, "current")[0] == before


def _week(day):
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def test_two_scenarios_figure_by_figure(call, capsys, own_store, crisis):
    call("scenarios", "save", "Jämförs", "--scenario", crisis, "--by", "Staben", "--store", own_store)
    code, found = call("scenarios", "compare", "agreed", "Jämförs", "--store", own_store, *CHEAP)
    assert code == 0
    row = next(row for row in found["resources"] if row["resource_id"] == "ORT-A-BED")
    assert row["balance"]["change"] < 0
    terms = row["steps"]["terms"]
    assert sum(step["value"] for step in terms) == pytest.approx(row["balance"]["change"], abs=1e-3)
    code, back = call("scenarios", "compare", "Jämförs", "agreed", "--store", own_store, *CHEAP)
    mirrored = next(row for row in back["resources"] if row["resource_id"] == "ORT-A-BED")
    assert mirrored["balance"]["change"] == pytest.approx(-row["balance"]["change"])
    code, same = call("scenarios", "compare", "Jämförs", "Jämförs", "--store", own_store, *CHEAP)
    assert same["resources"] == same["services"] == []
    assert run(["scenarios", "compare", "agreed", "Jämförs", "--store", str(own_store), *map(str, CHEAP)]) == 0
    assert "Vårdplatser" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "Ingen"), "finns inte bland de sparade"),
        (("save", "all", "--scenario", "agreed", "--by", "x"), "kan inte heta all"),
        (("save", "X", "--scenario", "agreed", "--by", " "), "vilken funktion"),
        (("save", "Åtgärd 19121212-1212", "--scenario", "agreed", "--by", "x"), "personuppgifter"),
        (("on", "Ingen", "--from", "2027-02-01", "--by", "x"), "finns inte bland de sparade"),
        (("on", "Ingen", "--from", "måndag", "--by", "x"), "ingen dag"),
    ],
)
def test_what_cannot_be_is_said(call, own_store, arguments, says):
    code, found = call("scenarios", *arguments, "--store", own_store)
    assert code == 3
    assert says in found["findings"][0]["message"]


def test_every_kind_of_measure_in_the_library_runs_from_the_table(call, own_store):
    """The demo region has one of each; alone or with its other parts it changes some figure."""
    lake = Lake(own_store)
    rows = [row for row in lake.read("measures").to_pylist() if row["lever"]]
    assert {row["lever"] for row in rows} == levers().keys()
    for row in rows:
        assert levers()[row["lever"]].point == row["point"] or row["lever"].startswith(("task_shifting", "staffing"))
    _, found = call("balance", "--scenario", "all", "--store", own_store, "--weeks", 44, "--draws", 5)
    acting = {term["code"] for step in found["steps"] for term in step["terms"]}
    ids = {row["measure_id"] for row in found["scenario"]["measures"] if row["measure_id"][0] == "I"}
    assert {"I01", "I30", "I30@K-ORT-A", "I30@K-OGO-A"} <= ids
    assert {f"measure:{name}" for name in ids} <= acting


def test_orders_are_weighed_and_answered(call, capsys, own_store):
    code, found = call("orders", "weigh", "--year", 2027, "--unit", "K-ORT-A", "--store", own_store, "--draws", 50)
    assert code == 0
    by_service = {row["service_id"]: row for row in found["orders"]}
    assert by_service["ORT-A-OP"]["status"] == "countered"
    assert by_service["ORT-A-OP"]["history"][-1]["reason"]
    assert by_service["ORT-A-OP"]["possible"] <= by_service["ORT-A-OP"]["volume"]
    assert by_service["ORT-A-NB"]["status"] == "rejected"
    assert run(["orders", "weigh", "--year", "2027", "--store", str(own_store), "--draws", "50"]) == 0
    assert "motförslag" in capsys.readouterr().out
    place = (
        "--unit",
        "O-ORT-A",
        "--service",
        "ORT-A-OP",
        "--year",
        2027,
        "--by",
        "Divisionschefen",
        "--store",
        own_store,
    )
    before = len(Lake(own_store).read("order_events"))
    code, answered = call("orders", "answer", *place, "--status", "accepted")
    assert code == 0
    assert answered["order"]["agreed"] == by_service["ORT-A-OP"]["spoken_of"]
    assert len(Lake(own_store).read("order_events")) == before + 1
    for more in (("--status", "accepted"), ("--status", "proposed", "--reason", "19121212-1212")):
        assert call("orders", "answer", *place, *more)[0] == 3
    assert call("orders", "weigh", "--year", 1999, "--store", own_store)[0] == 3
    assert json.dumps(answered)
