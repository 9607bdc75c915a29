"""Trying a measure, the goal tree, the year spread and care levelled: from the command line, on the demo region."""

import csv
from datetime import date

import pytest

from vardbalans.cli import run
from vardbalans.engine.measures import received
from vardbalans.engine.periods import Period

CHEAP = ("--weeks", 12, "--draws", 20)


def test_work_that_moves_meets_where_it_comes(call, store):
    """A fifth of the visits leave one service; as many slots as leave come to the other."""
    moved = ("--factor", 0.8, "--low", 0.7, "--high", 0.9, "--moved-to", "ORT-A-BH")
    code, found = call("measures", "try", "fewer_follow_ups", "--target", "ORT-A-AB", *moved, "--store", store, *CHEAP)
    assert code == 0
    parts = found["scenario"]["measures"]
    assert [row["part_of"] for row in parts] == ["fewer_follow_ups", "fewer_follow_ups"]
    change = {row["service_id"]: row["required"]["change"] for row in found["comparison"]["services"]}
    assert change["ORT-A-AB"] == pytest.approx(-change["ORT-A-BH"], rel=1e-3)
    assert change["ORT-A-AB"] < 0
    assert received  # what the command reckons with is tested in tests/engine/test_linked_parts.py


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing", "--target", "ORT-A-AB", "--factor", 0.9), "finns inte i biblioteket"),
        (("prevention", "--target", "X", "--factor", 0.9), "varken vårdtjänst, resurs eller enhet"),
        (("prevention", "--target", "ORT-A-AB"), "antingen --factor eller --added"),
        (("prevention", "--target", "ORT-A-NB", "--factor", 1.1, "--moved-to", "ORT-A-BH"), "som minskar"),
        (("prevention", "--target", "K-ORT-A", "--factor", 0.9, "--moved-to", "ORT-A-BH"), "Ange två vårdtjänster"),
    ],
)
def test_what_cannot_be_tried_is_said(call, store, arguments, says):
    code, found = call("measures", "try", *arguments, "--store", store, *CHEAP)
    assert code == 3
    assert says in found["findings"][0]["message"]


def test_the_goal_tree(call, capsys, store):
    code, found = call("goals", "--store", store, "--weeks", 12, "--draws", 5)
    assert code == 0
    rows = {(row["unit_id"], row["indicator"]): row for row in found["rows"]}
    for (unit, name), row in rows.items():
        children = [other for other in rows.values() if other["parent_id"] == unit and other["indicator"] == name]
        if row["part"] is not None and all(child["part"] is not None for child in children):
            assert row["part"] == pytest.approx(row["own"] + sum(child["part"] for child in children)), (unit, name)
    region = rows["R", "andel_inom_vardgaranti"]
    assert region["value"] == region["part"] / region["whole"]
    assert region["status"] in ("met", "not_met")
    assert rows["K-ORT-A", "utnyttjande_operation"]["target"] == 0.8
    assert found["findings"] == []
    code, part = call(
        "goals", "--unit", "K-ORT-A", "--indicator", "vantande", "--store", store, "--weeks", 12, "--draws", 5
    )
    assert {row["indicator"] for row in part["rows"]} == {"vantande"}
    assert part["rows"][0] == rows["K-ORT-A", "vantande"]
    assert run(["goals", "--unit", "K-ORT-A", "--store", str(store), "--weeks", "12", "--draws", "5"]) == 0
    assert "inte nått" in capsys.readouterr().out


def test_the_years_orders_are_spread_exactly(call, tmp_path, store):
    out, plan = tmp_path / "days.csv", tmp_path / "locked.csv"
    plan.write_text("service_id,week,production\nKIR-N-NB,2027-W30,3\n", encoding="utf-8")
    files = ("--locked", plan, "--out", out, "--staff", tmp_path / "staff.csv")
    arguments = ("--year", 2027, "--unit", "K-KIR-N", "--target", 0.1, *files)
    code, found = call("plan", "spread", *arguments, "--store", store, "--draws", 5)
    assert code == 0
    with out.open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    for service in found["services"]:
        assert sum(row["count"] for row in service["weeks"]) == service["volume"]
        assert sum(row["count"] for row in service["days"]) == service["volume"]
        assert (
            sum(int(row["count"]) for row in written if row["service_id"] == service["service_id"]) == service["volume"]
        )
        by_week = {}
        for row in service["days"]:
            week = str(Period.week_of(date.fromisoformat(row["date"])))
            by_week[week] = by_week.get(week, 0) + row["count"]
        assert by_week == {row["week"]: row["count"] for row in service["weeks"]}
        assert service["reached"]
        for staff in service["staff"]:
            hours = sum(row["hours"] for row in staff["weeks"])
            assert hours == pytest.approx(service["volume"] * staff["minutes_per_person"] / 60)
            counts = {row["date"]: row["count"] for row in service["days"]}
            each = {row["date"]: counts[row["date"]] * staff["minutes_per_person"] / 60 for row in staff["days"]}
            assert {row["date"]: row["hours"] for row in staff["days"]} == pytest.approx(each)
    with (tmp_path / "staff.csv").open(encoding="utf-8") as file:
        hours = list(csv.DictReader(file))
    assert {"läkare", "operationssjuksköterska"} <= {row["competence"] for row in hours}
    total = sum(day["hours"] for row in found["services"] for staff in row["staff"] for day in staff["days"])
    assert sum(float(row["hours"]) for row in hours) == pytest.approx(total)
    visits = next(row for row in found["services"] if row["service_id"] == "KIR-N-NB")
    assert {row["week"]: row["count"] for row in visits["weeks"] if row["locked"]} == {"2027-W30": 3}
    christmas = {row["date"]: row["count"] for row in visits["days"]}
    assert christmas["2027-12-24"] == christmas["2027-06-26"] == 0


def test_a_stays_hours_lie_on_its_days(call, store):
    code, found = call(
        "plan", "spread", "--year", 2027, "--service", "ORT-A-SV", "--volume", 365, "--store", store, "--draws", 5
    )
    assert code == 0
    (service,) = found["services"]
    nurses = next(row for row in service["staff"] if row["competence"] == "sjuksköterska")
    done = service["volume"] * nurses["minutes_per_person"] / 60
    assert sum(row["hours"] for row in nurses["days"]) == pytest.approx(done, rel=0.02)  # the last stays go on
    first = next(number for number, row in enumerate(service["days"]) if row["count"])
    alone = service["days"][first]["count"] * nurses["minutes_per_person"] / 60
    assert 0 < nurses["days"][first]["hours"] < 0.5 * alone


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--volume", 10), 3, "Ange vilken med --service"),
        (("--service", "X", "--volume", 10), 3, "finns inte i data"),
        (("--service", "ORT-A-AB"), 3, "har ingen beställning"),
        (("--service", "ORT-A-NB"), 3, "har ingen beställning"),  # it was rejected
        (("--unit", "D-PRI"), 3, "ingen beställd volym"),
        (("--service", "ORT-A-OP", "--volume", 5000, "--within-capacity"), 4, "Det finns plats för"),
    ],
)
def test_what_cannot_be_spread_is_said(call, store, arguments, code, says):
    found = call("plan", "spread", "--year", 2027, *arguments, "--store", store, "--draws", 5)
    assert found[0] == code
    assert says in found[1]["findings"][0]["message"]


def test_planned_admissions_are_levelled(call, capsys, store):
    code, found = call("plan", "level", "--ward", "V-KIR-N", "--store", store)
    assert code == 0
    assert found["status"] == "best"
    assert found["after"]["peak"] <= found["before"]["peak"]
    for group in found["groups"]:
        for name in ("starts_before", "starts_after"):
            assert sum(slot[name][group["group"]] for slot in found["slots"]) == group["starts"]
    loads = [sum(slot[name] for slot in found["slots"]) for name in ("load_before", "load_after")]
    assert loads[0] == pytest.approx(loads[1])
    assert [row["limit"] for row in found["limits"]] == ["slots", "resources"]
    starts = [sum(slot["starts_after"].values()) for slot in found["slots"]]
    assert {"KIR-N-SAL", "KIR-N-OPL", "KIR-N-LAK"} == {row["resource_id"] for row in found["held"]}
    for row in found["held"]:  # the theatre, its team and the surgeons have time on the day
        taken = [other + row["minutes_each"] * count for other, count in zip(row["others"], starts, strict=True)]
        assert all(minutes <= most + 1e-6 for minutes, most in zip(taken, row["available"], strict=True))
    weekend = [slot for slot in found["slots"] if slot["slot"] >= 5]
    assert not any(any(slot["starts_after"].values()) for slot in weekend)
    assert run(["plan", "level", "--ward", "V-KIR-N", "--most", "1", "--store", str(store)]) == 0
    assert "procentenheter" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--ward", "X"), "inga vårdtillfällen"),
        (("--ward", "V-MED-A", "--history", 4), "inga planerade inskrivningar"),
        (("--ward", "V-KIR-N", "--per-day", 5), "Ett dygn delas"),
    ],
)
def test_what_cannot_be_levelled_is_said(call, store, arguments, says):
    code, found = call("plan", "level", *arguments, "--store", store)
    assert code == 3
    assert says in found["findings"][0]["message"]


def test_the_follow_up_of_a_year(call, capsys, store):
    code, found = call("follow-up", "--store", store)
    assert code == 0
    assert found["findings"] == []
    rows = [row for row in found["rows"] if row["of_year"] == 2026 and row["kind"] == "surgery"]
    services = [row for row in rows if row["service_id"]]
    region = next(row for row in rows if row["unit_id"] == "R")
    for name in ("done", "done_planned", "year", "year_planned"):
        assert region[name] == pytest.approx(sum(row[name] for row in services), abs=0.05)
    assert any(row["by_proposed"] or row["by_agreed"] for row in services), "the demo has orders"
    _code, again = call("follow-up", "--store", store, "--version", found["version"])
    assert again == found
    _code, part = call("follow-up", "--unit", "K-ORT-A", "--store", store)
    assert {row["unit_id"] for row in part["rows"]} < {row["unit_id"] for row in found["rows"]}
    assert run(["follow-up", "--unit", "K-ORT-A", "--store", str(store)]) == 0
