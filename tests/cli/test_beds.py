"""Beds on the command line: the formulas' keys, what a store tells, and bad input."""

import pytest

from vardbalans.cli import run


def test_erlang_gives_the_promised_keys(call):
    code, found = call("beds", "erlang", "--servers", "10", "--load", "8")
    assert code == 0
    assert found["erlang_c"] == pytest.approx(0.409180150796444, abs=1e-12)
    assert found["mean_queue"] == pytest.approx(8 / 2 * 0.409180150796444)
    assert found["mean_wait_service_times"] == pytest.approx(0.409180150796444 / 2)
    assert found["findings"] == []
    code, found = call("beds", "erlang", "--servers", "10", "--load", "10")
    assert found["erlang_b"] == pytest.approx(0.214582343107347, abs=1e-12)
    assert (found["erlang_c"], found["mean_queue"]) == (1.0, None)  # the queue grows for ever


def test_needed_gives_the_beds(call):
    assert call("beds", "needed", "--load", "20", "--blocking", "0.02") == (0, {"beds": 28, "findings": []})


@pytest.mark.parametrize(
    "arguments",
    [
        ("erlang", "--servers", "10", "--load", "-1"),
        ("needed", "--load", "nan", "--blocking", "0.1"),
        ("needed", "--load", "20", "--blocking", "1.5"),
        ("simulate", "--beds", "V-MED-A"),
        ("simulate", "--beds", "V-X=1", "--replications", "2"),
        ("simulate", "--hospital", "Ingenstans"),
        ("census", "--unit", "K-X"),
        ("census", "--since", "2026-02-01", "--day", "2026-01-01"),
        ("project", "--unit", "K-X"),
        ("staff", "--unit", "V-X"),
        ("staff", "--unit", "V-MED-A", "--share", "vanlig=0.5"),
        ("simulate", "--staffed", "V-MED-A=2"),
    ],
)
def test_bad_input_is_told_and_leaves_with_3(call, store, arguments):
    more = () if arguments[0] in ("erlang", "needed") else ("--store", store)
    code, found = call("beds", *arguments, *more)
    assert code == 3
    assert found["findings"][0]["code"] == "bad_input"


def test_wrong_usage_leaves_with_2():
    assert run(["beds", "erlang", "--servers", "ten", "--load", "8"]) == 2
    assert run(["beds", "census", "--hour", "24"]) == 2


def test_an_empty_store_has_no_beds(call, tmp_path):
    assert call("beds", "census", "--store", tmp_path)[0] == 3


def test_a_store_tells_census_need_days_ahead_and_scenarios(call, store):
    code, found = call("beds", "census", "--since", "2026-09-01", "--store", store)
    assert (code, found["version"], found["hour"], found["last"]) == (0, 1, 6, "2026-10-25")
    assert found["rows"][0]["level"] == "all"
    assert len(found["days"]) == 55
    code, found = call("beds", "needed", "--store", store, "--unit", "Älvsta sjukhus")
    assert code == 0
    assert {row["unit_id"] for row in found["rows"]} >= {"Älvsta sjukhus", "V-MED-A"}
    code, found = call("beds", "project", "--days", "2", "--draws", "0", "--origins", "0", "--store", store)
    assert code == 0
    assert found["calibration"] == []
    assert all("simulated" not in row and len(row["p_full"]) == 48 for row in found["rows"])
    asked = ("--new-ward", "KAVA=5:V-MED-A,V-ORT-A", "--postpone", "--replications", "3", "--store", store)
    code, found = call("beds", "simulate", *asked)
    assert code == 0
    assert found["replications"] == 3
    assert found["scenarios"][0]["difference"]["elective_postponed_per_year"]["mean"] < 0
    assert call("beds", "simulate", *asked)[1] == found  # the same seed, the same answer


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("census",), "utlokaliserade per 100"),
        (("needed",), "vinst av att samnyttja"),
        (("project", "--days", "1", "--draws", "0", "--origins", "1"), "risk för fullt"),
        (("simulate", "--weekend", "1", "--replications", "2"), "skillnad"),
    ],
)
def test_people_read_it_as_tables(store, capsys, arguments, says):
    assert run(["beds", *arguments, "--store", str(store)]) == 0
    assert says in " ".join(capsys.readouterr().out.split())


def test_staff_for_those_who_will_lie_there(call, store):
    """By the ratios of the ward, as :func:`staff_needed` would for the patients of the projection."""
    asked = ("--unit", "V-MED-A", "--share", "vanlig=0.8", "--share", "tung=0.2", "--days", "3", "--store", store)
    code, found = call("beds", "staff", *asked)
    assert code == 0
    _, ahead = call(
        "beds", "project", "--unit", "V-MED-A", "--days", "3", "--draws", "0", "--origins", "0", "--store", store
    )
    mean = next(row["mean"] for row in ahead["rows"] if row["level"] == "ward")
    assert [day["patients"] for day in found["days"]] == pytest.approx(
        [sum(mean[24 * day : 24 * day + 24]) / 24 for day in range(3)]
    )
    assert {row["shift"] for row in found["rows"]} == {"day", "evening", "night"}
    assert all(row["staff"] >= 1 and row["minutes"] > 0 for row in found["rows"])
    assert run(["beds", "staff", "--unit", "V-MED-A", "--share", "vanlig", "--store", str(store)]) == 2
