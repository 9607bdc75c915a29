"""The waiting lists ahead from a store, as scripts and people ask for them."""

import numpy as np
import pytest

from vardbalans.cli import run

QUICK = ("--draws", "60", "--weeks", "30")


@pytest.fixture(scope="module")
def project(store):
    return ("waitlist", "project", "--store", store, *QUICK)


def test_the_document_holds_what_scripts_rely_on(call, project):
    code, found = call(*project, "--unit", "K-ORT-A", "--seed", "3")
    assert code == 0
    assert (found["version"], found["seed"]) == (1, 3)
    assert len(found["weeks"]) == 30
    first = found["weeks"][0]
    assert first["week"] == "2026-W44"
    assert first["queue"]["q05"] <= first["queue"]["q50"] <= first["queue"]["q95"]
    assert 0 <= first["share_within"]["mean"] <= 1
    assert {"within_guarantee_week", "production_needed", "findings"} <= found.keys()
    assert found["production_needed"]["by_week"] == "2027-W16"
    assert found["production_needed"]["per_week"]["mean"] > 0
    assert {row["service_id"] for row in found["lists"]} == {"ORT-A-NB", "ORT-A-OP", "ORT-A-AB"}


def test_the_account_holds_week_by_week_and_the_steps_sum_to_the_queue(call, project):
    _, found = call(*project)
    for row in [found, *found["lists"]]:
        queue = row["opening"]
        for week in row["weeks"]:
            queue += week["referred"] + week["induced"] + week["moved_in"] - week["treated"] - week["removed"]
            assert week["queue"]["mean"] == pytest.approx(queue, abs=1e-3)
    for row in found["lists"]:
        queue, *needed = row["steps"]
        assert sum(term["value"] for term in queue["terms"]) == pytest.approx(queue["value"], abs=1e-6)
        assert all(abs(figure["remainder"]) < 1e-9 for figure in needed)
        assert queue["terms"][0]["source"]["table"] == "referrals"


def test_it_begins_with_the_waits_of_the_same_day(call, project, store):
    _, found = call(*project)
    _, waits = call("waits", "--store", store, "--day", found["as_of"])
    told = {
        (row["service_id"], row["measure"]): row["law"]
        for row in waits["rows"]
        if (row["part"], row["dimension"]) == ("waiting", "all")
    }
    assert {held["measure"] for row in found["lists"] for held in row["limits"]} >= {"first_visit", "treatment", "none"}
    for row in found["lists"]:
        for held in row["limits"]:
            law = told[row["service_id"], held["measure"]]
            assert (held["n"] is None) == (law["n"] is None or 0 < row["opening"] - law["n"] < found["below"])
            assert held["n"] is None or held["n"] == law["n"]
            assert held["n"] is None or held["n"] + held["not_begun"] == row["opening"]
            assert (held["share_within"], held["median_days"]) == pytest.approx((law["within"], law["median_days"]))
        assert row["limits"][0]["days"] == row["limit_days"]


def test_waiting_and_treated_are_two_populations(call, project):
    _, found = call(*project, "--service", "ORT-A-OP")
    (row,) = found["lists"]
    assert row["limit_days"] == 90
    apart = [
        week["waiting"]["share_within"]["mean"] - week["treated_waits"]["share_within"]["mean"] for week in row["weeks"]
    ]
    assert np.abs(apart).max() > 0.1
    assert row["weeks"][0]["waiting"]["median_days"]["mean"] < row["weeks"][0]["treated_waits"]["p90_days"]["mean"]
    assert [kind["priority"] for kind in row["classes"]] == ["1", "2", "3"]
    assert 0 < row["calibration"]["removal_by_weeks_waited"][4] < 0.02
    tried = row["calibration"]["backtest"]
    assert tried["queue"] < 0.1 * tried["people"]
    assert tried["queue"] < tried["queue_plain"]


def test_the_same_seed_gives_the_same_answer_whoever_asks(call, project):
    _, whole = call(*project)
    _, one = call(*project, "--service", "ORT-A-OP")
    assert one["lists"] == [row for row in whole["lists"] if row["service_id"] == "ORT-A-OP"]
    assert one["weeks"][-1]["queue"] == one["lists"][0]["weeks"][-1]["queue"]


def test_an_earlier_date_takes_more_until_then_and_a_smaller_share_takes_less(call, project):
    def needed(*more):
        return call(*project, "--service", "ORT-A-OP", *more)[1]["production_needed"]["per_week"]["mean"]

    assert needed("--by", "2026-W50") > needed("--by", "2027-W20") > needed("--by", "2027-W20", "--share", "0.8")


def test_purchased_care_has_the_price_of_its_contract(call, project):
    _, found = call(*project, "--service", "EXT-LINSEN-OP")
    needed = found["lists"][0]["production_needed"]
    price = needed["steady_ore_per_week"] / needed["hold_per_week"]["mean"]
    assert 1_000_000 < price < 2_000_000  # some 12 000 kr for a cataract, with three years' rise
    _, other = call(*project, "--service", "ORT-A-OP")
    assert other["lists"][0]["production_needed"]["steady_ore_per_week"] is None


def test_people_see_a_table(project, capsys):
    assert run([*map(str, project)]) == 0
    shown = capsys.readouterr().out
    assert "behövs per vecka" in shown
    assert "O-ORT-A" in shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--service", "XYZ"), "finns inte där"),
        (("--unit", "XYZ"), "XYZ"),
        (("--by", "2031-W01"), "2031-W01"),
    ],
)
def test_what_is_not_there_is_said(call, project, wrong, said):
    code, found = call(*project, *wrong)
    assert code == 3
    assert said in found["findings"][0]["message"]


@pytest.fixture
def summed(tmp_path, call):
    """Import two years of weekly series and lists of the given bands (days from, days to, people); ask for it ahead."""

    def _summed(*bands):
        weeks = [f"{2024 + n // 52}-W{n % 52 + 1:02d}" for n in range(104)]
        ends = np.arange("2024-01-07", "2026-01-01", 7, dtype="datetime64[D]")[:104]
        tables = {
            "units": ["unit_id,name,level", "U,Enheten,clinic"],
            "services": ["service_id,name,unit_id,kind,guarantee", "S,Nybesök,U,first_visit,first_visit"],
            "inflow": ["series_id,unit_id,service_id,period,value", *[f"I,U,S,{week},20" for week in weeks]],
            "outflow": ["series_id,unit_id,service_id,period,value", *[f"O,U,S,{week},20" for week in weeks]],
            "waiting": [
                "unit_id,service_id,date,days_from,days_to,count",
                *[f"U,S,{day},{frm},{to},{count}" for day in ends for frm, to, count in bands],
            ],
        }
        files = [tmp_path / f"{name}.csv" for name in tables]
        for file, rows in zip(files, tables.values(), strict=True):
            file.write_text("\n".join(rows) + "\n", encoding="utf-8")
        assert call("import", *files, "--by", "test", "--store", tmp_path / "store")[0] == 0
        return call("waitlist", "project", "--store", tmp_path / "store", *QUICK)

    return _summed


def test_bands_alone_are_enough(summed, tmp_path, call):
    """Twenty come and are treated a week, so nobody leaves; the bands stay as they are only if some jump ahead."""
    code, found = summed((0, 30, 90), (31, 60, 80), (61, 90, 70), (91, "", 60))
    assert code == 0
    (row,) = found["lists"]
    assert (row["opening"], found["totals"]) == (300, [])
    moves = row["calibration"]
    assert (moves["removed"], moves["treated"], moves["removal_by_weeks_waited"]) == (0, 52 * 20, [0.0])
    assert 0 < moves["in_order"] < 1
    assert all(week["removed"] == 0 for week in row["weeks"])
    assert row["weeks"][0]["waiting"]["share_within"]["mean"] == pytest.approx(0.8, abs=0.08)
    (held,) = row["limits"]
    _, waits = call("waits", "--store", tmp_path / "store")
    assert (held["measure"], held["n"]) == ("first_visit", waits["rows"][0]["n"])
    assert held["share_within"] == pytest.approx(waits["rows"][0]["share_within"]) == 0.8
    assert held["median_days"] == pytest.approx(waits["rows"][0]["median_weeks"] * 7)


def test_of_a_list_known_only_in_total_the_number_waiting_is_told_and_no_wait(summed, tmp_path, capsys):
    code, found = summed((0, "", 300))
    assert code == 0
    assert (found["lists"], found["weeks"], found["production_needed"]) == ([], [], None)
    (row,) = found["totals"]
    assert row["periods"][0] == "2026-W01"
    assert row["mean"] == pytest.approx([300] * len(row["mean"]), rel=0.05)
    assert run(["waitlist", "project", "--store", str(tmp_path / "store"), *QUICK]) == 0
    assert "2026-W" in capsys.readouterr().out


def test_days_instead_of_weeks(call, store):
    asked = ("waitlist", "project", "--store", store, "--draws", "20", "--weeks", "6", "--unit", "K-ORT-A")
    code, found = call(*asked, "--step", "day")
    _, weekly = call(*asked)
    assert code == 0
    assert len(found["days"]) == 42
    assert found["days"][0]["day"] == "2026-10-26"
    assert found["opening"] == weekly["opening"]
    assert found["production_needed"]["by_day"] == "2026-12-06"
    for row, other in zip(found["lists"], weekly["lists"], strict=True):
        assert row["days"][-1]["queue"]["mean"] == pytest.approx(other["weeks"][-1]["queue"]["mean"], rel=0.1, abs=3)
    assert run([*asked, "--step", "month"]) == 2
    assert run([*asked, "--step", "day"]) == 0


def test_outside_the_region_nothing_is_told_of_short_lists(call, project):
    _, inside = call(*project)
    code, found = call(*project, "--outside")
    assert code == 0
    assert (inside["below"], found["below"]) == (5, 20)
    told = {row["service_id"]: row["opening"] for row in found["lists"]}
    everyone = {row["service_id"]: row["opening"] for row in inside["lists"]}
    assert told.items() <= everyone.items()
    hidden = everyone.keys() - told.keys()
    assert {name for name, people in everyone.items() if 0 < people < 20} <= hidden
    assert len(hidden) != 1, "it would follow from the sum"
    assert sum("utanför regionen" in row["message"] for row in found["findings"]) == len(hidden)
