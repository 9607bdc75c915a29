"""The life of measures on the demo region: A1 worked and A2 did not, and only A1 changes the agreed plan.

Truths: A1 left 0.65 of one clinic's no-shows, from a date; A2 changed nothing. See docs/explanation/demo.md.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from vardbalans.cli import run
from vardbalans.data.improving.run import follow_measures
from vardbalans.data.improving.writing import set_status
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.scenarios.running import known_measures
from vardbalans.data.tables import TABLES
from vardbalans.engine import scenario
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import in_agreed_plan

SETTINGS = scenario.Settings(20, 1)
NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def before(store):
    return known_measures(store, weeks=20)


@pytest.fixture(scope="module")
def own_store(store, tmp_path_factory):
    """A store that these tests may write to, its measures followed once."""
    folder = Path(copytree(store, tmp_path_factory.mktemp("followed") / "store"))
    follow_measures(folder, author="Produktionsstaben", at=NOW)
    return folder


@pytest.fixture(scope="module")
def told(own_store):
    return {row["measure_id"]: row for row in follow_measures(own_store, author="Test", at=NOW)["measures"]}


def test_the_measure_that_worked_is_measured_inside_its_interval(told):
    found = told["A1"]
    assert found["status"] == "measured"
    assert found["overall"]["low"] <= 0.65 <= found["overall"]["high"] < 1
    assert [row["unit_id"] for row in found["units"]] == ["K-BUP-S"]
    assert found["method"] == "staggered"
    assert not found["plan"]["after_start"]


def test_the_measure_that_did_not_is_not_claimed(told):
    found = told["A2"]
    assert (found["status"], found["overall"]["verdict"]) == ("pilot", "not_shown")
    assert found["method"] == "synthetic"


def test_running_again_on_the_same_data_adds_nothing(own_store):
    lake = Lake(own_store)
    head = lake.required_head()
    found = follow_measures(own_store, author="Test", at=NOW + timedelta(days=1))
    assert found["changed"] == []
    assert found["version"] == head.number == lake.required_head().number


def test_the_plan_changes_only_by_the_measure_that_worked(before, own_store, told):
    """A1 spreads from 1 February: from then, and by the value that was measured, every clinic it comes to loses fewer
    slots. Before, and in what A2 is about, all is as it was.
    """
    after = known_measures(own_store, weeks=20)
    plans = [in_agreed_plan(known.measures.values()) for known in (before, after)]
    assert [{row.measure_id for row in plan} for plan in plans] == [set(), {"A1", "A1@K-BUP-S"}]
    planned = told["A1"]["planned"]
    for row in plans[1]:
        assert (row.factor.expected, row.factor.low, row.factor.high) == pytest.approx(
            (planned["factor"], planned["low"], planned["high"])
        )
        assert row.factor.expected != 0.75  # what was hoped for
    inputs = after.inputs
    baseline = scenario.run(inputs, SETTINGS)
    agreed = scenario.run(inputs, SETTINGS, plans[1], baseline)
    starts = [week.start for week in inputs.weeks]
    later = [number for number, day in enumerate(starts) if day >= date(2027, 2, 1)]
    for item in inputs.services:
        name = item.service.service_id
        old, new = baseline.service(name).demand, agreed.service(name).demand
        assert new.lost[: later[0]] == pytest.approx(old.lost[: later[0]])
        clinic = name.rsplit("-", 1)[0]
        if clinic == "BUP-S":
            assert new.lost == pytest.approx(old.lost)  # in the data already
        elif old.lost.any():
            assert new.lost[later] == pytest.approx(old.lost[later] * planned["factor"])


def test_what_is_hoped_for_never_counts_without_a_factor(store, tmp_path):
    """A status of measured without a measured value stays beside the plan, with a note."""
    folder = Path(copytree(store, tmp_path / "store"))
    lake = Lake(folder)
    row = {"measure_id": "A2", "at": NOW, "status": "measured", "reason": "x", "author": "y", "_file": "f", "_row": 2}
    schema = TABLES["measure_events"].schema()
    lake.commit({"measure_events": pa.Table.from_pylist([row], schema)}, by="test", at=NOW)
    known = known_measures(folder, weeks=4)
    assert in_agreed_plan(known.measures.values()) == ()
    assert any("som den är mätt" in str(note) for note in known.notes)


def test_half_of_an_effect_that_is_half_a_year_old_is_in_the_data(store):
    """Lost slots are known as a mean over a year: what began within it is in it in part, and the rest is to come."""
    lake = Lake(store)
    inputs = load(lake, lake.required_head(), weeks=8)
    known = known_measures(store, weeks=8)
    young = replace(known.measures["A2"], parameter="lost_share", starts=inputs.as_of - timedelta(days=181))
    baseline = scenario.run(inputs, SETTINGS)
    name = young.service_id
    new, old = scenario.run(inputs, SETTINGS, [young], baseline).service(name).demand, baseline.service(name).demand
    assert new.lost == pytest.approx(old.lost * 0.9 / 0.95)


def test_a_benefit_is_counted_where_it_is_shown(call, own_store):
    code, found = call("measures", "benefits", "--store", own_store)
    assert code == 0
    rows = {(row["measure_id"], row["kind"]): row for row in found["rows"]}
    assert rows["A1", "ore"]["expected"] == pytest.approx(rows["A1", "hours"]["expected"] * 25_000)
    assert not rows["A2", "hours"]["counted"]
    sums = {(row["unit_id"], row["kind"]): row["expected"] for row in found["totals"]}
    assert sums["R", "hours"] == sums["D-PSB", "hours"] == pytest.approx(rows["A1", "hours"]["expected"])
    assert ("D-OPE", "hours") not in sums
    spread = {row["measure_id"]: row for row in found["spread"]}
    assert (spread["A1"]["better"], spread["A2"]["not_shown"]) == (1, 1)


def test_the_register_tells_every_measure(call, capsys, own_store):
    code, found = call("measures", "register", "--store", own_store)
    rows = {row["measure_id"]: row for row in found["measures"]}
    assert code == 0
    assert rows["A1"]["status"] == "measured"
    assert rows["A1"]["verdict"] == "shown"
    assert (rows["A1"]["raised_to"], rows["A2"]["raised_to"]) == (None, "D-OPE")  # no effect: the division is told
    assert rows["A1"]["measured"]["placebo_tried"] is not None
    assert [card["step"] for card in rows["A1"]["cards"]] == ["plan", "do", "study"]
    assert rows["I01"]["plan"] is None
    for command in ("register", "follow", "benefits"):
        assert run(["measures", command, "--store", str(own_store)]) == 0
        assert "A1" in capsys.readouterr().out


def test_people_write_plans_cards_and_status_but_not_that_it_is_measured(call, store, tmp_path):
    folder = Path(copytree(store, tmp_path / "store"))
    at = ("--store", folder)
    by = ("--by", "Verksamhetschef")
    plan = ("measures", "plan", "A1", "--indicator", "lost_share", "--better", "lower", "--after", "12", *by, *at)
    code, found = call(*plan)
    assert code == 0
    assert found["changed"]
    assert found["late"]
    assert call("measures", "card", "A1", "act", "Vi fortsätter.", "--cycle", "1", *by, *at)[0] == 0
    code, found = call("measures", "register", *at)
    row = next(row for row in found["measures"] if row["measure_id"] == "A1")
    assert row["plan"]["changed"]
    assert row["plan"]["after_start"]
    assert len({fixed["fingerprint"] for fixed in row["plans"]}) == 2
    code, found = call("measures", "follow", *at)
    assert next(row for row in found["measures"] if row["measure_id"] == "A1")["decided"] is None
    assert call("measures", "status", "A1", "stopped", "--reason", "Pengarna tog slut", *by, *at)[0] == 0
    assert call("measures", "status", "A1", "in_plan", "--reason", "Bra", *by, *at)[0] == 3
    with pytest.raises(BadInput):
        set_status(folder, "A1", "measured", reason="Bra", author="Chefen", at=NOW)
    assert call("measures", "status", "A9", "stopped", "--reason", "x", *by, *at)[0] == 3
    assert call("measures", "card", "A1", "do", "Ring 19811218-9876", *by, *at)[0] == 3
    assert call("measures", "plan", "A1", "--indicator", "okänd", *plan[5:])[0] == 3
    code, found = call("measures", "follow", *at)
    assert found["changed"] == []  # what is stopped stays so


def test_who_is_to_be_called_before_the_visit_is_what_is_booked(call, store):
    """Against the table itself: booked, within the days, in order; and the share lost counted by hand."""
    lake = Lake(store)
    with lake.connect(lake.required_head().number) as connection:
        rows = connection.sql(
            "select contact_id, service_id, unit_id, status, starts_at::date from contacts"
        ).fetchall()
    code, found = call("measures", "calls", "--days", "7", "--unit", "D-OPE", "--store", store)
    first = date.fromisoformat(found["first"])
    booked = {row[0] for row in rows if row[3] == "booked" and first <= row[4] < first + timedelta(days=7)}
    listed = [row["contact_id"] for row in found["contacts"]]
    assert code == 0
    assert set(listed) <= booked
    assert 0 < len(listed) < len(booked)
    assert [row["starts_at"] for row in found["contacts"]] == sorted(row["starts_at"] for row in found["contacts"])
    told = next(row for row in found["contacts"] if row["lost_share"])
    year = [row[3] for row in rows if row[1] == told["service_id"] and first - timedelta(days=365) <= row[4] < first]
    lost = year.count("no_show") + year.count("late_cancelled")
    assert told["lost_share"] == pytest.approx(lost / (lost + year.count("performed")))
    assert not {"patient_id", "age", "diagnosis"} & set(found["contacts"][0])
    assert call("measures", "calls", "--unit", "X", "--store", store)[0] == 3


def test_the_report_has_the_databases_figures(call, own_store, tmp_path):
    """The workbook, read back, says what the register does; the page to print says the same."""
    _, register = call("measures", "register", "--store", own_store)
    _, benefits = call("measures", "benefits", "--store", own_store)
    code, found = call("measures", "report", "--out", tmp_path / "r.xlsx", "--store", own_store)
    assert code == 0
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    assert [sheet["title"] for sheet in found["sheets"]] == book.sheet_names
    taken, planned = (
        {row[0]: row for row in book.get_sheet_by_name(name).to_python()[4:]} for name in book.sheet_names[:2]
    )
    rows = {row["measure_id"]: row for row in register["measures"]}
    assert set(taken) | set(planned) == set(rows)
    day = Lake(own_store).required_head().at.date().isoformat()
    begins_later = {name for name, row in rows.items() if row["status"] == "pilot" and row["starts"] > day}
    assert set(planned) == begins_later | {name for name, row in rows.items() if row["status"] == "idea"}
    for name, row in taken.items():
        told = rows[name]["measured"]
        if told:
            assert row[8:11] == pytest.approx([told["estimate"], told["low"], told["high"]])
    sums = {row["kind"]: row["expected"] for row in benefits["totals"] if row["unit_id"] == "R"}
    gained = {row[0]: row[1] for row in book.get_sheet_by_name("Nytta").to_python()[4:]}
    assert gained == pytest.approx({"timmar": sums["hours"], "kr": sums["ore"] / 100, "tider": sums["slots"]})
    assert call("measures", "report", "--out", tmp_path / "r.html", "--unit", "D-PSB", "--store", own_store)[0] == 0
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Påminnelse med sms före besök" in page
    assert "Digital hälsodeklaration" not in page  # another division's
    assert call("measures", "report", "--out", tmp_path / "r.pdf", "--store", own_store)[0] == 0
    assert b"/StructTreeRoot" in (tmp_path / "r.pdf").read_bytes()
    assert call("measures", "report", "--out", tmp_path / "r.doc", "--store", own_store)[0] == 3
    assert call("measures", "report", "--out", tmp_path / "none" / "r.pdf", "--store", own_store)[0] == 3
