"""Capacity on the command line: the formula's contract, and the demo region's resources, staff and proposals."""

import json

import pytest

from vardbalans.cli import run
from vardbalans.data.capacity_run import availability
from vardbalans.data.lake import Lake
from vardbalans.engine.periods import Period

FORMULA = ("--sets", 3, "--minutes", 420, "--utilisation", 0.75, "--mean-minutes", 90)


def test_the_formula_without_a_change_has_no_parts(call):
    code, found = call("capacity", *FORMULA)
    assert code == 0
    assert found == {
        "capacity": 10.5,
        "sensitivities": {"sets": 1, "minutes": 1, "utilisation": 1, "mean_minutes": -1},
        "findings": [],
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--sets", 3, "--before", "3,420,0.75,90"), 2),
        ((*FORMULA, "--unit", "K-ORT-A"), 2),
        (("pool", "--servers", 3, "--load", 2, "--load", 1), 2),
        (("pool",), 2),
        (("staff", "--unit", "V-ORT-A", "--patients", "fjorton"), 2),
        (("shift", "--from", "ORT-A-LAK"), 2),
        (("pool", "--servers", 3, "--load", 2), 3),
        (("pool", "--servers", 0, "--load", 2, "--servers", 3, "--load", 1), 3),
        (("norm", "--per-week", -1, "--practitioners", 6, "--weeks", 44), 3),
        (("--unit", "NOWHERE"), 3),
        (("move", "--resource", "NOTHING"), 3),
        (("move", "--resource", "ORT-A-RUM"), 3),
        (("shift", "--from", "ORT-A-LAK", "--to", "ORT-A-SSK", "--share", 0.5, "--efficiency", 0), 3),
        (("staff", "--unit", "M-ORT-A", "--patients", "vanlig=3"), 3),
        (("staff", "--unit", "V-ORT-A", "--patients", "barn=3"), 3),
    ],
)
def test_wrong_usage_and_bad_input_have_their_codes(call, store, arguments, code):
    group = ("staff", "move", "shift", "pool")
    where = ("--store", store) if arguments[0] in (*group, "--unit") else ()
    got, document = call("capacity", *arguments, *where)
    assert got == code
    if code == 3:
        assert document["findings"][0]["severity"] == "error"


def test_the_norm(call):
    assert call("capacity", "norm", "--per-week", 20, "--practitioners", 6, "--weeks", 44) == (
        0,
        {"production": 5280, "findings": []},
    )


@pytest.fixture(scope="module")
def shown(store):
    """Return what the medical clinic's resources give, and the orthopaedic clinic's."""

    return {unit: availability(store, unit, draws=50) for unit in ("K-MED-A", "K-ORT-A", "R")}


def rows_of(document, resource):
    return [row for row in document["rows"] if row["resource_id"] == resource]


def test_every_part_of_every_resource_sums(shown):
    for row in shown["R"]["rows"]:
        assert sum(row["parts"].values()) == pytest.approx(row["available_minutes"], rel=1e-9, abs=1e-6)
        assert row["available_q05"] <= row["available_q95"] + 1e-9
    kinds = {code for row in shown["R"]["rows"] for code in row["parts"]}
    assert {"maintenance", "non_clinical", "booked_absence", "expected_absence", "holidays", "closed"} <= kinds


def test_doctors_have_their_non_clinical_time_and_theatres_their_service_day(shown):
    """Three hours a week of each doctor who is there; 10 March 2027 is in week 10."""
    doctors = {row["week"]: row for row in rows_of(shown["K-MED-A"], "MED-A-LAK")}
    row = doctors["2027-W10"]
    present = row["inputs"]["fte"] * (1 - row["inputs"]["absence"])
    assert row["parts"]["non_clinical"] == pytest.approx(-180 * present)
    theatres = {row["week"]: row["parts"]["maintenance"] for row in rows_of(shown["K-ORT-A"], "ORT-A-SAL")}
    assert {week for week, minutes in theatres.items() if minutes} == {"2027-W10"}


def test_child_psychiatry_sees_its_norm(shown):
    rows = rows_of(shown["R"], "BUP-S-LAK")
    row = next(row for row in rows if row["week"] == "2027-W10")
    assert row["norm"] == pytest.approx(20 * row["inputs"]["fte"] * (1 - row["inputs"]["absence"]))
    assert all(row["norm"] is None for row in rows_of(shown["R"], "ORT-A-LAK"))


def test_sets_are_shown_with_their_alternatives(shown):
    sets = {(row["service_id"], row["set_id"]): row for row in shown["R"]["sets"]}
    assert sets["MED-A-AB", "ssk"]["set_name"] == "Sjuksköterska"
    assert set(sets["MED-A-AB", "ssk"]["binding"]) <= {"MED-A-SSK", "MED-A-RUM"}
    ordinary = sets["ORT-A-OP", ""]
    theatre = [row["available_minutes"] for row in rows_of(shown["K-ORT-A"], "ORT-A-SAL")]
    assert all(doable <= minutes for doable, minutes in zip(ordinary["doable"], theatre, strict=True))


def test_a_year_and_people_can_be_asked_for(store, capsys):
    assert run(["capacity", "--unit", "K-ORT-A", "--year", "2027", "--draws", "5", "--store", str(store)]) == 0
    out = capsys.readouterr().out
    assert "2027-W01–2027-W52" in out
    assert "icke-klinisk" in out


def test_staff_of_a_ward_by_hand(call, store):
    """14/4 + 3/2 = 5 nurses by day, 14/5 + 3/2.5 = 4 in the evening, 14/8 + 3/4 = 2.5 → 3 at night."""
    given = ("--patients", "vanlig=14", "--patients", "tung=3", "--beds", 16)
    code, found = call("capacity", "staff", "--unit", "V-ORT-A", *given, "--store", store)
    assert code == 0
    staff = {(row["competence"], row["shift"]): row["staff"] for row in found["rows"]}
    assert [staff["sjuksköterska", shift] for shift in ("day", "evening", "night")] == [5, 4, 3]
    assert [staff["undersköterska", shift] for shift in ("day", "evening", "night")] == [4, 4, 2]  # 16/4, 16/5, 16/8
    nurses = next(row for row in found["totals"] if row["competence"] == "sjuksköterska")
    assert nurses["minutes"] == 7 * (5 * 480 + 4 * 480 + 3 * 600)
    assert nurses["shifts"] == 7 * 12
    assert nurses["fte"] == pytest.approx(nurses["minutes"] / 2400)
    assert nurses["fte_employed"] > nurses["fte"]
    assert found["full_time_source"].startswith("Arbetstidslagen")


def test_hours_of_a_plan_by_hand(call, store, tmp_path, shown):
    """Ten follow-ups by a doctor and five by a nurse: the recipes' minutes, even over the week's five days."""
    week = Period.parse(shown["R"]["weeks"][2])
    plan = tmp_path / "plan.csv"
    cells = ("service_id;week;production;way_id", f"MED-A-AB;{week};10;", f"MED-A-AB;{week};5;ssk", "")
    plan.write_text("\n".join(cells), encoding="utf-8")
    code, found = call("capacity", "hours", plan, "--store", store)
    assert code == 0
    minutes = {row["resource_id"]: row["minutes"] for row in found["totals"] if row["minutes"]}
    each = minutes["MED-A-LAK"] / 10
    assert minutes == {"MED-A-LAK": pytest.approx(10 * each), "MED-A-SSK": pytest.approx(10 * 10 + 5 * (each + 10))}
    days = [row["minutes"] for row in found["rows"] if row["resource_id"] == "MED-A-LAK"]
    assert days == [pytest.approx(2 * each)] * 5
    plan.write_text("service_id;week;production\nNOTHING;2027-W02;10\n", encoding="utf-8")
    code, found = call("capacity", "hours", plan, "--store", store)
    assert (code, found["rows"]) == (3, [])
    assert "without_recipe" in {row["code"] for row in found["findings"]}


def test_time_moves_out_of_the_peaks_of_the_medical_clinic(call, store):
    code, found = call("capacity", "move", "--resource", "MED-A-LAK", "--store", store)
    assert code == 0
    assert found["short_before"] - found["short_after"] == pytest.approx(found["gain_minutes"])
    assert found["gain_minutes"] > 0.1 * found["short_before"]
    assert all(
        0 < abs((Period.parse(row["to"]).start - Period.parse(row["from"]).start).days) <= 28 for row in found["moves"]
    )


def test_tasks_shift_no_further_than_they_help(call, store):
    given = ("--from", "ORT-A-LAK", "--to", "ORT-A-SSK", "--share", 0.2, "--efficiency", 0.8)
    code, found = call("capacity", "shift", *given, "--store", store)
    assert code == 0
    assert found["moved_minutes"] > 0
    assert found["taken_minutes"] == pytest.approx(found["moved_minutes"] / 0.8)
    assert found["by_efficiency_minutes"] == pytest.approx(found["moved_minutes"] / 4)
    assert all(row["to_after"] >= min(0, row["to_before"]) - 1e-6 for row in found["rows"])


def test_rooms_are_pooled_from_the_store(call, store):
    given = ("--resource", "ORT-A-RUM", "--resource", "KIR-N-RUM", "--runs", 5, "--arrivals", 2000)
    code, found = call("capacity", "pool", *given, "--store", store)
    assert code == 0
    assert found["erlang"]["blocked_together"] < found["erlang"]["blocked_apart"]
    assert found["cv"] > 0
    assert {row["measure"] for row in found["simulated"]} == {"leaves", "waits"}
    assert call("capacity", "pool", *given[:2], *given[:2], "--store", store)[0] == 3  # nothing is pooled with itself


def test_a_part_that_never_settles_has_no_wait(capsys):
    given = ["--servers", "1", "--load", "1.5", "--servers", "2", "--load", "0.5", "--runs", "3", "--arrivals", "500"]
    assert run(["capacity", "pool", *given, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["erlang"]["wait_apart"] is None
    assert [row["measure"] for row in found["simulated"]] == ["leaves"]
    assert run(["capacity", "pool", *given]) == 0
    assert "–" in capsys.readouterr().out


def test_what_changed_is_split_per_unit_and_service(call, store, capsys):
    """K is what was done, and the four parts are all of the change."""
    periods = ("--before", "2025-01..2025-06", "--now", "2026-01..2026-06")
    code, found = call("capacity", "change", "--unit", "D-OPE", *periods, "--store", store)
    assert code == 0
    assert {"ORT-A-OP", "ORT-A-NB", "KIR-N-SV"} <= {row["service_id"] for row in found["rows"]}
    with Lake(store).connect() as connection:
        done = {
            (name, year): count
            for name, year, count in connection.execute(
                "select service_id, year(starts_at), count(*) from contacts where status = 'performed' "
                "and ends_at > starts_at and month(starts_at) <= 6 group by all"
            ).fetchall()
        }
    for row in found["rows"]:
        assert row["before"] == pytest.approx(done[row["service_id"], 2025])
        assert row["capacity"] == pytest.approx(done[row["service_id"], 2026])
        assert sum(row["parts"].values()) == pytest.approx(row["change"], rel=1e-9, abs=1e-9)
        assert all(value > 0 for value in (*row["factors"].values(), *row["factors_before"].values()))
    surgery = next(row for row in found["rows"] if row["service_id"] == "ORT-A-OP")
    assert surgery["resource_id"] == "ORT-A-SAL"
    assert {row["code"] for row in found["findings"]} == {"no_factors"}
    one = ("--service", "ORT-A-OP", "--before", "2025-W10..2025-W20", "--now", "2026-W10..2026-W20")
    assert run(["capacity", "change", *one, "--store", str(store)]) == 0
    assert "ORT-A-SAL" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--before", "2019-01", "--now", "2026-01"), "ligger inte inom data"),
        (("--before", "2026-06..2026-01", "--now", "2026-01"), "slutar innan"),
        (("--before", "2025-01", "--now", "2026-01", "--service", "X"), "ingen sådan vårdtjänst"),
        (("--before", "2025-01", "--now", "2026-01", "--service", "MED-A-TE"), "recept med rum"),
        (("--before", "vår", "--now", "2026-01"), "ingen period"),
    ],
)
def test_a_change_that_cannot_be_told_is_refused(store, capsys, arguments, says):
    assert run(["capacity", "change", *arguments, "--store", str(store)]) == 3
    assert says in capsys.readouterr().err
