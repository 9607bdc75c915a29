"""Years ahead from odd stores: each says what is lacking, and one service that lacks it does not stop the others."""

from datetime import date, timedelta

import pytest

from vardbalans.cli import run

UNITS = "unit_id,name,level\nU,Enheten,clinic\n"
SERVICES = "service_id,name,unit_id,kind,guarantee\nS,Nybesök,U,first_visit,none\nT,Gammalt,U,first_visit,none\n"


def population(first, last):
    rows = [
        f"01,{sex},{age},{year},50"
        for sex in ("female", "male")
        for age in range(90)
        for year in range(first, last + 1)
    ]
    return "\n".join(["area,sex,age,year,count", *rows]) + "\n"


def counts(service, first, weeks):
    days = [first + timedelta(weeks=n) for n in range(weeks)]
    return [f"{service},U,{service},{day.isocalendar().year}-W{day.isocalendar().week:02d},40" for day in days]


def series(rows):
    return "\n".join(["series_id,unit_id,service_id,period,value", *rows]) + "\n"


NEW = counts("S", date(2023, 1, 2), 110)
OLD = counts("T", date(2018, 1, 1), 110)


@pytest.fixture
def years(tmp_path, call):
    """Import tables given as csv texts and look ahead."""

    def _years(wanted, **tables):
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        assert call("import", *tmp_path.glob("*.csv"), "--by", "test", "--store", tmp_path / "store")[0] == 0
        return call("forecast", "--years", wanted, "--draws", 20, "--store", tmp_path / "store")

    return _years


def test_without_population_it_says_what_is_off(years):
    code, found = years(5, units=UNITS, services=SERVICES, counts=series(NEW))
    assert code == 3
    assert "Utan befolkning" in found["findings"][0]["message"]


def test_series_alone_follow_the_number_of_people(years):
    code, found = years(5, units=UNITS, services=SERVICES, counts=series(NEW), population=population(2022, 2032))
    assert code == 0
    (row,) = found["series"]
    assert row["periods"] == ["2026", "2027", "2028", "2029", "2030"]
    assert row["mean"] == pytest.approx([40 * 365.25 / 7] * 5, rel=0.02)
    assert "antalet invånare" in row["reason"]


def test_an_adjustment_is_a_step_of_its_year_and_agrees_with_the_balance(years, call, tmp_path):
    judged = (
        "adjustment_id,service_id,unit_id,date_from,date_to,per_week,factor,author,author_level,reason,made_at\n"
        "J1,S,,2026-02-01,2026-06-30,5,,Planerare,clinic,Ny remissväg,2025-01-20 08:00\n"
    )
    tables = {"units": UNITS, "services": SERVICES, "counts": series(NEW), "population": population(2022, 2032)}
    code, found = years(2, **tables, adjustments=judged)
    assert code == 0
    (row,) = found["series"]
    assert [row["adjustments"][0][name] for name in ("adjustment_id", "author_level")] == ["J1", "clinic"]
    code, balance = call("balance", "--year", 2026, "--draws", 20, "--store", tmp_path / "store")
    assert code == 0
    weeks = balance["services"][0]["forecast"]
    per_year = 365.25 / 7 / len(weeks)
    assert row["mean"][0] == pytest.approx(sum(week["mean"] for week in weeks) * per_year, rel=1e-5)
    added = sum(week["mean"] - week["base"] for week in weeks) * per_year
    assert row["adjustments"][0]["added"] == pytest.approx([added, 0], rel=1e-5)
    growth = [figure for figure in row["steps"] if figure["figure"] == "growth"]
    assert [term["label"] for term in growth[0]["terms"]][3:] == ["justering av Planerare 2025-01-20: Ny remissväg"]
    assert len(growth[1]["terms"]) == 3


def test_years_that_the_population_does_not_reach_are_left_out_and_it_is_said(years):
    code, found = years(15, units=UNITS, services=SERVICES, counts=series(NEW), population=population(2022, 2027))
    assert code == 0
    assert found["series"][0]["periods"] == ["2026", "2027"]
    assert [row["code"] for row in found["findings"]] == ["population_ends"]


def test_a_population_that_ends_before_the_first_year_gives_none(years):
    code, found = years(5, units=UNITS, services=SERVICES, counts=series(NEW), population=population(2020, 2024))
    assert code == 3
    assert "Importera en befolkningsprognos" in found["findings"][0]["message"]


def test_a_service_from_before_the_population_does_not_stop_the_others(years):
    code, found = years(3, units=UNITS, services=SERVICES, counts=series(NEW + OLD), population=population(2022, 2032))
    assert code == 0
    assert [row["series_id"] for row in found["series"]] == ["S"]
    assert [(row["code"], row["message"][:8]) for row in found["findings"]] == [("no_years_ahead", "Gammalt:")]


def test_an_empty_store_says_so(tmp_path):
    assert run(["forecast", "--years", "5", "--store", str(tmp_path)]) == 3
