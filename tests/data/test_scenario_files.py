"""Scenario files: what they may hold, what becomes of it, and what is said of one that is wrong."""

from datetime import date

import pytest

from vardbalans.data.scenarios import levers, read_scenario
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import PARAMETERS, Interval, Measure

BASE = 'id = "S1"\nservice = "X"\nlever = "shorter_tasks"\nfactor = 0.9\nstarts = 2027-01-04\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "ingen giltig TOML"),
        ('nam = "x"', "överst: fältet nam finns inte; menas name?"),
        ('measures = ["B9"]', "åtgärden B9 finns inte i tabellen"),
        ('[measure]\nid = "S1"', "skriv [[measure]] med dubbla hakparenteser"),
        ('[[measure]]\nid = "S1"', "[[measure]] nummer 1: starts saknas; det ska vara en dag som 2027-01-04"),
        (f"[[measure]]\n{BASE}factor_lov = 0.8", "factor_lov finns inte; menas factor_low?"),
        (f'[[measure]]\n{BASE}cost_kr = "mycket"', "cost_kr = mycket ska vara ett tal"),
        (f"[[measure]]\n{BASE}ramp_weeks = 1.5", "ramp_weeks = 1.5 ska vara ett heltal"),
        (f'[[measure]]\n{BASE}status = "maybe"', "status kan inte vara maybe. Välj bland"),
        (f'[[measure]]\n{BASE}parameter = "minutes"', "ange antingen lever eller parameter"),
        (f"[[measure]]\n{BASE}added = 2", "ange antingen factor"),
        (f"[[measure]]\n{BASE}added_low = 2", "added saknas men har en gräns"),
        (f"[[measure]]\n{BASE}[[measure]]\n{BASE}", "samma id, S1"),
        (f"[[measure]]\n{BASE.replace('service', '#')}", "ange vårdtjänst (service)"),
        (f"[[measure]]\n{BASE.replace('shorter_tasks', 'shorter_task')}", "Välj bland shorter_tasks"),
        (f"[[measure]]\n{BASE.replace('2027-01-04', '2027-01-04T08:00:00')}", "ska vara en dag"),
        (f'[[measure]]\n{BASE}[[switch]]\nname = "K"\non = 2027-02-01\nmeasures = ["S2"]', "S2 finns inte i scenariet"),
        (f"[[measure]]\n{BASE}factor_low = 0.95", "[[measure]] nummer 1: Effekten ska ligga mellan"),
        (f"[[measure]]\n{BASE}cost_kr = -1", "[[measure]] nummer 1: Åtgärd S1: kostnaden kan inte vara under noll"),
        (f"[[measure]]\n{BASE}cost_kr = nan", "cost_kr = nan ska vara ett tal"),
    ],
)
def test_a_file_that_is_wrong_says_what_and_where(tmp_path, text, says):
    with pytest.raises(BadInput) as told:
        read_scenario(write(tmp_path, text), {})
    assert says in str(told.value)


def write(folder, text):
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def stored(measure_id="A1", status="measured"):
    return Measure(measure_id, "x", "", "need", date(2027, 1, 1), Interval(0.9, 0.9, 0.9), status=status)


def test_a_file_becomes_measures(tmp_path):
    text = f"""measures = ["A1"]
[[measure]]
{BASE}factor_low = 0.8
cost_kr = 12.5
ramp_weeks = 4
[[switch]]
name = "Kris"
on = 2027-02-01
off = 2027-03-01
measures = ["A1"]
"""
    found = read_scenario(write(tmp_path, text), {"A1": stored()})
    first, second = found.measures
    assert found.name == "scenario"
    assert (first.measure_id, first.starts, first.ends) == ("A1", date(2027, 2, 1), date(2027, 2, 28))
    assert second.factor == Interval(0.9, 0.8, 0.9)
    assert (second.parameter, second.cost_ore, second.ramp_weeks, second.status) == ("minutes", 1250, 4, "idea")
    assert second.name == levers()["shorter_tasks"].name


def test_the_stores_measures_by_status():
    kept = {status: stored(status, status) for status in ("idea", "pilot", "measured", "in_plan", "stopped")}
    assert [row.status for row in read_scenario("agreed", kept).measures] == ["measured", "in_plan"]
    assert [row.status for row in read_scenario("all", kept).measures] == ["idea", "pilot", "measured", "in_plan"]


def test_every_lever_acts_where_it_says():
    for lever in levers().values():
        assert lever.parameter in PARAMETERS[lever.point], lever.id
        assert all(one.source for one in lever.published), lever.id
    assert {name for names in PARAMETERS.values() for name in names} == {row.parameter for row in levers().values()}
