"""Adjustments from file to verdict: imported, in the balance with their reason, and judged by what came."""

from datetime import date, timedelta

import pytest

from vardbalans.cli import run

HEAD = "adjustment_id,service_id,unit_id,date_from,date_to,per_week,factor,author,author_level,reason,made_at\n"
UNITS = "unit_id,name,level\nU,Enheten,clinic\n"
SERVICES = "service_id,name,unit_id,kind,guarantee\nS,Nybesök,U,first_visit,none\n"
MONDAY = date(2023, 1, 2)


def weeks(count, value):
    days = [MONDAY + timedelta(weeks=n) for n in range(count)]
    return [f"s,U,S,{day.isocalendar().year}-W{day.isocalendar().week:02d},{value}" for day in days]


@pytest.fixture
def put(tmp_path, call):
    """Import tables given as csv texts into one store; return the exit code."""
    store = tmp_path / "store"

    def _put(**tables):
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return call("import", folder, "--by", "test", "--store", store)[0]

    _put.store = store
    return _put


def series(count, last=()):
    return "\n".join(["series_id,unit_id,service_id,period,value", *weeks(count, 40), *last]) + "\n"


JUDGED = HEAD + "J1,S,U,2024-12-30,2025-12-28,10,,Planerare,clinic,Ny remissväg,2024-12-20 08:00\n"


def test_what_a_judgement_was_worth_is_told_when_the_weeks_have_come(put, call):
    """104 weeks of 40; from week 105 the clinic adds ten, and 48 come: the error falls from 8 to 2."""
    assert put(units=UNITS, services=SERVICES, counts=series(104), adjustments=JUDGED) == 0
    code, balance = call("balance", "--store", put.store, "--draws", 20)
    assert code == 0
    assert balance["services"][0]["adjustments"][0]["reason"] == "Ny remissväg"
    forecast = balance["services"][0]["forecast"]
    assert forecast[5]["mean"] == pytest.approx(forecast[5]["base"] + 10)
    steps = next(step for step in balance["steps"] if step["figure"] == "required")
    assert {term["code"] for term in steps["terms"]} == {"need", "adjustment"}

    assert call("adjustments", "--store", put.store)[1]["levels"] == []  # nothing has come yet
    came = weeks(124, 48)[104:]
    assert put(counts=series(104, came)) == 0
    assert call("balance", "--store", put.store, "--draws", 20)[0] == 0
    code, found = call("adjustments", "--store", put.store)
    assert code == 0
    (level,) = found["levels"]
    assert (level["author_level"], level["periods"], level["verdict"]) == ("clinic", 20, "better")
    assert level["adjusted_error"] < level["base_error"]


def months(count, value):
    rows = [f"s,U,S,{2023 + n // 12}-{n % 12 + 1:02d},{value}" for n in range(count)]
    return "\n".join(["series_id,unit_id,service_id,period,value", *rows])


def test_a_service_counted_by_month_is_judged_by_the_months_that_a_run_covered(put, call):
    """24 months of 170; ten a week more are judged for 2025, and 210 come for the eight months of January to August.

    The first days of January 2025 lie before the first week of the run, so January is not whole in it.
    """
    assert put(units=UNITS, services=SERVICES, counts=months(24, 170), adjustments=JUDGED) == 0
    assert call("balance", "--store", put.store, "--draws", 20)[0] == 0
    came = months(8, 210).replace("2023-", "2025-").split("\n", 1)[1]
    assert put(counts=f"{months(24, 170)}\n{came}\n") == 0
    (level,) = call("adjustments", "--store", put.store)[1]["levels"]
    assert (level["author_level"], level["periods"], level["verdict"]) == ("clinic", 7, "too_few")
    assert level["base_error"] == pytest.approx(40 * 12 / 52.18, rel=0.1)
    assert level["adjusted_error"] < 0.2 * level["base_error"]


def test_a_few_weeks_are_too_few(put, call, capsys):
    assert put(units=UNITS, services=SERVICES, counts=series(104), adjustments=JUDGED) == 0
    call("balance", "--store", put.store, "--draws", 20)
    assert put(counts=series(104, weeks(107, 48)[104:])) == 0
    (level,) = call("adjustments", "--store", put.store)[1]["levels"]
    assert (level["periods"], level["verdict"]) == (3, "too_few")
    assert run(["adjustments", "--store", str(put.store)]) == 0
    assert "för få för att säga" in capsys.readouterr().out


def test_an_adjustment_that_was_taken_back_before_its_weeks_came_is_not_judged(put, call):
    assert put(units=UNITS, services=SERVICES, counts=series(104), adjustments=JUDGED) == 0
    call("balance", "--store", put.store, "--draws", 20)
    assert put(delete_adjustments="adjustment_id\nJ1\n") == 0
    assert "adjustments" not in call("balance", "--store", put.store, "--draws", 20)[1]["services"][0]
    assert put(counts=series(104, weeks(124, 48)[104:])) == 0
    assert call("adjustments", "--store", put.store)[1]["levels"] == []


@pytest.mark.parametrize("amounts", [",", "10,1.1"])
def test_a_judgement_without_or_with_two_amounts_is_refused(put, call, tmp_path, amounts):
    file = tmp_path / "adjustments.csv"
    file.write_text(HEAD + f"J1,S,U,2024-12-30,2025-12-28,{amounts},P,clinic,Skäl,2024-12-20 08:00\n", "utf-8")
    code, found = call("check", file)
    assert code == 3
    assert "count_or_factor" in {(row["code"]) for row in found["findings"] if row["row"] == 2}
