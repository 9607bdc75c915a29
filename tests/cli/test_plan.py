"""``plan propose`` and ``plan check`` on the small demo region."""

import csv
import ctypes
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from vardbalans.cli import run
from vardbalans.cli.solver_output import solver_output_to_stderr
from vardbalans.data.plan_run import Asked, locked_cells, problem_on
from vardbalans.engine.periods import Period
from vardbalans.engine.plan.check import used
from vardbalans.engine.plan.solve import propose
from vardbalans.engine.proposal import Terms

QUICK = ("--draws", "50", "--weeks", "20", "--unit", "M-ORT-A")


@pytest.fixture(scope="module")
def proposal(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    assert run(["plan", "propose", *QUICK, "--store", str(store), "--out", str(path)]) == 0
    return path


@pytest.fixture
def written(proposal, tmp_path):
    """Write the proposed plan as csv, its rows changed by a function; return the file."""

    def _written(change=lambda rows: rows):
        rows = change(
            [
                [row[name] for name in ("service_id", "week", "production")]
                for row in json.loads(proposal.read_text())["plan"]
            ]
        )
        path = tmp_path / "plan.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([["service_id", "week", "production"], *rows])
        return path

    return _written


def test_a_proposal_keeps_the_contract(proposal):
    found = json.loads(proposal.read_text())
    assert found["status"] == "best"
    assert found["bound"] == pytest.approx(found["objective"], rel=1e-6)
    assert {"service_id", "week", "production"} <= found["plan"][0].keys()
    assert {row["week"] for row in found["plan"]} == set(found["weeks"])
    assert all(row["production"] >= 0 for row in found["plan"])
    assert found["shadow_prices"][0]["sentence"]
    assert found["relaxations"] == []
    assert found["terms"]["weights"]["late"] == 1000
    assert {row["service_id"] for row in found["totals"]} >= {"ORT-A-NB", "ORT-A-OP"}
    for total in found["totals"]:  # the weeks sum to the whole
        weeks = [row["production"] for row in found["plan"] if row["service_id"] == total["service_id"]]
        assert sum(weeks) == pytest.approx(total["production"])


def test_one_clinic_is_less_late_than_last_year_and_than_with_shares_in_proportion(proposal):
    found = json.loads(proposal.read_text())
    assert {row["name"] for row in found["compared"]} == {"last_year", "pro_rata"}
    for other in found["compared"]:
        assert found["value"]["weeks_outside"] <= other["weeks_outside"]
        assert found["value"]["late_person_weeks"] < other["late_person_weeks"]


def test_missing_costs_are_said(proposal):
    assert any("kostnader" in row["message"] for row in json.loads(proposal.read_text())["findings"])


def test_what_is_proposed_passes_the_check_as_json_and_as_csv(call, store, proposal, written):
    asked = json.loads(proposal.read_text())
    for file in (proposal, written()):
        code, found = call("plan", "check", file, *QUICK, "--store", store)
        assert (code, found["status"], found["breaches"]) == (0, "kept", [])
        assert found["objective"] == pytest.approx(asked["objective"], rel=1e-6)


def test_a_plan_that_takes_too_much_is_broken_and_says_where(call, store, written):
    file = written(lambda rows: [[name, week, 50 if name == "ORT-A-OP" else made] for name, week, made in rows])
    code, found = call("plan", "check", file, *QUICK, "--store", store)
    assert (code, found["status"]) == (4, "broken")
    theatres = [row for row in found["breaches"] if row["subject"] == "ORT-A-SAL"]
    assert theatres[0]["rule"] == "capacity_holds"
    assert theatres[0]["week"] == found["weeks"][0]
    assert found["weeks"][0] in theatres[0]["sentence"]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (lambda rows: [["ORT-A-XX", *rows[0][1:]], *rows], "unknown", "service_id"),
        (lambda rows: [[rows[0][0], "2031-W01", 1], *rows], "week_outside", "week"),
        (lambda rows: [[rows[0][0], "2026-05-17", 1], *rows], "not_a_week", "week"),
        (lambda rows: [[rows[0][0], "", 1], *rows], "required", "week"),
        (lambda rows: [[*rows[0][:2], -1], *rows[1:]], "not_a_count", "production"),
        (lambda rows: [rows[0], *rows], "week_twice", "week"),
        (lambda rows: rows[1:], "missing", "production"),
    ],
)
def test_a_file_that_is_no_plan_says_what_where_and_how_to_repair(call, store, written, change, code, column):
    exit_code, found = call("plan", "check", written(change), *QUICK, "--store", store)
    assert (exit_code, found["status"]) == (3, "wrong_input")
    assert (code, column) in {(row["code"], row["column"]) for row in found["findings"]}
    assert found["findings"][0]["file"] == "plan.csv"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plan": 5}', '{"rows": []}', '{"plan": [7]}'])
def test_json_that_is_no_plan_is_refused(call, store, tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    code, found = call("plan", "check", tmp_path / "plan.json", *QUICK, "--store", store)
    assert (code, found["findings"][0]["code"]) == (3, "not_a_plan")


def test_locked_cells_stay_and_a_guarantee_that_cannot_hold_names_what_clashes(call, store, tmp_path):
    code, found = call("plan", "propose", *QUICK, "--guarantee-from", "2026-W50", "--store", store)
    assert (code, found["status"], found["plan"], found["objective"]) == (4, "impossible", [], None)
    assert {row["rule"] for row in found["clash"]} == {"capacity_holds", "guarantee_holds"}
    assert found["relaxations"][0]["amount"] > 0
    (tmp_path / "locked.csv").write_text("service_id,week,production\nORT-A-NB,2026-W50,3\n")
    code, found = call("plan", "propose", *QUICK, "--locked", tmp_path / "locked.csv", "--store", store)
    kept = [r["production"] for r in found["plan"] if (r["service_id"], r["week"]) == ("ORT-A-NB", "2026-W50")]
    assert (code, kept) == (0, [pytest.approx(3)])


def test_a_column_of_ones_own_is_told_and_does_no_harm(call, store, written):
    file = written()
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0] + ",note", *(line + ",x" for line in lines[1:])]) + "\n")
    code, found = call("plan", "check", file, *QUICK, "--store", store)
    assert (code, found["status"]) == (0, "kept")
    assert any("note" in row["message"] for row in found["findings"])


def test_what_is_locked_in_two_ways_is_locked_as_a_whole(tmp_path):
    (tmp_path / "locked.csv").write_text("service_id,week,production,way_id\nA,2026-W50,3,\nA,2026-W50,2,EXT\n")
    assert locked_cells(tmp_path / "locked.csv") == {("A", Period.parse("2026-W50")): 5}


def test_surely_enough_holds_more_back(call, store, proposal):
    code, sure = call("plan", "propose", *QUICK, "--probability", "0.8", "--store", store)
    assert code == 0
    assert sure["objective"] > json.loads(proposal.read_text())["objective"]


def test_extra_time_leave_and_other_performers_come_from_the_data_and_pass_the_check(call, store, proposal, tmp_path):
    more = ("--extra", "session", "--extra", "overtime", "--leave", "--elsewhere", "--loans", "--travel-limit", "60")
    asked = (*QUICK[:2], "--weeks", "40", "--unit", "M-ORT-A", *more, "--store", store)
    code, found = call("plan", "propose", *asked, "--out", tmp_path / "plan.json")
    assert (code, found["status"] in {"best", "good_enough"}) == (0, True)
    assert {row["kind"] for row in found["extra"]} == {"overtime", "session"}
    assert all(row["pieces"] == round(row["pieces"]) for row in found["extra"] if row["kind"] == "session")
    assert sum(row["minutes"] for row in found["leave"]) > 0
    assert found["terms"]["extras"] == ["overtime", "session"]
    assert found["value"]["known_cost_ore"] > 0
    code, checked = call("plan", "check", tmp_path / "plan.json", *asked)
    assert (code, checked["status"], checked["breaches"]) == (0, "kept", [])
    assert checked["objective"] == pytest.approx(found["objective"], rel=1e-6)
    for less, column in ((more[:4], "resource_id"), (more[4:], "kind")):  # what is not asked for may not be used
        code, checked = call("plan", "check", tmp_path / "plan.json", *asked[:6], *less, "--store", store)
        assert (code, {row["column"] for row in checked["findings"]}) == (3, {column})


def test_one_clinic_that_no_plan_holds_for_does_not_stop_the_others(call, store, tmp_path):
    (tmp_path / "locked.csv").write_text("service_id,week,production\nORT-A-NB,2026-W50,5000\n")
    few = ("--draws", "10", "--weeks", "8", "--store", store)
    code, found = call("plan", "propose", *few, "--locked", tmp_path / "locked.csv", "--out", tmp_path / "plan.json")
    assert (code, found["status"]) == (0, "partial")
    assert {"ORT-A-NB", "ORT-A-OP"} <= {row["service_id"] for row in found["unplanned"]}
    assert {row["status"] for row in found["unplanned"]} == {"impossible"}
    assert "locked_cells_kept" in {row["rule"] for row in found["clash"]}
    assert found["relaxations"]
    assert "OGO-A-NB" in {row["service_id"] for row in found["plan"]}
    assert "without_plan" in {row["code"] for row in found["findings"]}
    code, checked = call("plan", "check", tmp_path / "plan.json", *few)
    assert (code, checked["status"]) == (0, "kept")


def test_weights_are_choices_that_the_planner_can_change(call, store, proposal):
    code, found = call("plan", "propose", *QUICK, "--weight", "late=0", "--weight", "change=500", "--store", store)
    assert code == 0
    assert (found["terms"]["weights"]["late"], found["terms"]["weights"]["change"]) == (0, 500)
    assert found["value"]["change"] < json.loads(proposal.read_text())["value"]["change"]


def test_redistribution_tells_moves_and_that_nobody_stands_worse(call, store):
    few = ("--draws", "20", "--weeks", "40", "--extra", "session", "--extra", "overtime", "--store", store)
    code, found = call("plan", "redistribute", *few)
    assert code == 0
    assert found["after"]["objective"] < found["before"]["objective"]
    assert found["after"]["breaches"] == 0
    assert [row["saves"] for row in found["moves"]] == sorted((row["saves"] for row in found["moves"]), reverse=True)
    first = found["moves"][0]
    assert (first["kind"], first["competence"], first["travel_minutes"]) == ("patients", "gråstarrskirurg", 10)
    assert first["sentence"].startswith(f"{first['amount']:.0f} patienter från ")
    visits = [row for row in found["services"] if row["service_id"].endswith("-NB")]  # no other care leads to these
    assert len(visits) > 3
    for row in visits:
        assert row["late_after"] <= row["late_before"] + 1e-3
        assert row["last_queue_after"] <= row["last_queue_before"] + 1e-3


def test_redistribution_is_told_in_words_too(store, capsys):
    assert run(["plan", "redistribute", "--draws", "5", "--weeks", "4", "--store", str(store)]) == 0
    text = capsys.readouterr().out
    assert "var för sig" in text
    assert "Skillnaden i väntan mellan" in text


@pytest.mark.parametrize(
    "more",
    [
        ("--weight", "late"),
        ("--weight", "lat=5"),
        ("--weight", "late=-1"),
        ("--extra", "vikarier"),
        ("--guarantee-from", "2040-W01"),
        ("--guarantee-from", "snart"),
        ("--unit", "NIX"),
        ("--probability", "1.5"),
    ],
)
def test_terms_that_do_not_fit_are_refused(call, store, more):
    code, found = call("plan", "propose", "--draws", "2", "--weeks", "4", *more, "--store", store)
    assert code == 3
    assert found["findings"][0]["message"]


def test_the_text_says_the_verdict_the_comparison_and_the_prices(store, capsys):
    assert run(["plan", "propose", *QUICK, "--store", str(store)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Bästa planen.")
    assert "förra årets produktion" in text
    assert "En timme till av" in text


def test_on_the_whole_region_fewer_wait_too_long_at_a_lower_known_cost(call, store):
    code, found = call("plan", "propose", "--draws", "20", "--store", store)
    assert code == 0
    assert len(found["compared"]) == 2
    for other in found["compared"]:
        assert found["value"]["weeks_outside"] < 0.5 * other["weeks_outside"]
        assert found["value"]["known_cost_ore"] < other["known_cost_ore"]
        assert found["objective"] < other["objective"]


def test_no_command_waits_for_the_solver_until_it_solves():
    asked = "import sys, vardbalans.cli, vardbalans.data.plan_run; print([n for n in sys.modules if 'ortools' in n])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_theatre_days_are_shared_on_each_site_no_worse_than_now_or_by_need(call, store, capsys):
    code, found = call("plan", "theatres", "--draws", "5", "--weeks", "30", "--store", store)
    assert code == 0
    (site,) = found["sites"]
    assert {row["resource_id"] for row in site["specialties"]} == {"OGO-A-SAL", "ORT-A-SAL"}
    assert site["rooms"] == [2, 2, 1, 0, 0]
    for key in ("proposed", "now", "by_need"):
        assert site["verdicts"][key]["broken"] == []
        assert site["verdicts"]["proposed"]["objective"] <= site["verdicts"][key]["objective"] * (1 + 1e-3)
    assert run(["plan", "theatres", "--draws", "5", "--weeks", "30", "--store", str(store)]) == 0
    assert "i proportion till behov" in capsys.readouterr().out


def test_what_the_solver_prints_is_no_part_of_the_answer(capfd):
    with solver_output_to_stderr():
        ctypes.CDLL(None).puts(b"noise of a solver")
    print("the answer")  # noqa: T201
    said = capfd.readouterr()
    assert said.out == "the answer\n"
    assert "noise of a solver" in said.err


def test_no_more_surgery_is_planned_than_there_are_beds_for(store):
    """Who is operated on brings a stay, so with a bed less for those who are acute too there is less surgery."""
    outcome, problem = problem_on(store, Asked(12, "K-KIR-N", 20), Terms())
    beds = next(row for row in problem.resources if row.resource_id == "KIR-N-BED")
    (link,) = [link for link in problem.links if (link.from_service, link.to_service) == ("KIR-N-OP", "KIR-N-SV")]
    assert 0.3 < link.share < 0.6  # 45 % in the demo
    assert link.lag_weeks[0] > 0.99
    stay, surgery = outcome.service("KIR-N-SV"), next(row for row in problem.services if row.service_id == "KIR-N-OP")
    stays = next(row for row in problem.services if row.service_id == "KIR-N-SV")
    (use,) = [use for use in stays.ways[0].uses if use.resource_id == "KIR-N-BED"]
    assert use.minutes == pytest.approx(1440 * stay.item.stay_days.mean)
    made = {}
    for name, left in (("all", beds.available), ("few", 0.7 * beds.available)):
        rows = tuple(replace(row, available=left) if row is beds else row for row in problem.resources)
        given = replace(problem, resources=rows)
        found = propose(given)
        assert found.judgement.breaches == ()
        plan = found.plan
        assert (used(given, plan, replace(beds, available=left)) <= left * (1 + 1e-6) + 1e-6).all()
        made[name] = float(plan.of_service(surgery, 12).sum())
        coming = found.judgement.waiting["KIR-N-SV"].coming
        more = plan.of_service(surgery, 12) * surgery.kept - surgery.ordinary
        assert coming[0] == pytest.approx(stay.forecast.mean[0] + link.share * link.lag_weeks[0] * more[0])
    assert made["few"] < made["all"]
