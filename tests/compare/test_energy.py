"""Degree-day normalisation against meters whose truth is known: a building that uses a tenth less in the same weather.

Source: the sample meters of OpenEEmeter (made from NREL ComStock, CC BY): gas for heating, daily, with the hourly
outdoor temperature; ``metadata.json`` has the loads they were made with.
"""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from vardbalans.engine.energy import weather_line
from vardbalans.engine.errors import BadInput

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "energy"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the energy meters are not on this machine")


def rows(name):
    with gzip.open(FOLDER / f"{name}.csv.gz", "rt") as file:
        return [row for row in list(csv.reader(file))[1:] if row[1] not in ("", "NaN", "nan")]


def test_a_tenth_less_in_the_same_weather_is_found_by_degree_days():
    truth = json.loads((FOLDER / "metadata.json").read_text())["il-gas-hdd-only-daily"]
    degrees: dict[str, list[float]] = {}
    for moment, value in rows("il-tempF"):
        degrees.setdefault(moment[:10], []).append(float(value))
    use = {row[0][:10]: float(row[1]) for row in rows("il-gas-hdd-only-daily")}
    point = truth["baseline_heating_balance_point"]
    days = sorted(day for day in use if day in degrees)
    table = {day: (use[day], 1.0, max(0.0, point - float(np.mean(degrees[day])))) for day in days}
    before = np.array([table[day] for day in days if day < truth["blackout_start_date"]]).T
    after = np.array([table[day] for day in days if day > truth["blackout_end_date"]]).T
    line = weather_line(*before)
    wanted = truth["annual_reporting_total_load"] / truth["annual_baseline_total_load"]
    assert line.ratio(*after) == pytest.approx(wanted, abs=0.03)
    assert date.fromisoformat(truth["blackout_start_date"]).year == 2016
    assert line.ratio(*before) == pytest.approx(1.0, abs=0.01)


def test_a_normal_year_exchanges_the_degree_days_and_nothing_else():
    days, degree_days = np.full(12, 30.0), np.array([600.0, 500, 400, 250, 100, 20, 0, 10, 120, 300, 450, 550])
    line = weather_line(2 * days + 0.5 * degree_days, days, degree_days)
    assert (line.base, line.slope) == pytest.approx((2.0, 0.5))
    assert line.normalised(1000, 3300, 3500) == pytest.approx(1100)
    with pytest.raises(BadInput):
        weather_line(days[:3], days[:3], degree_days[:3])
