"""Public bed panels: occupancy by trust and hospital, its trend and season, forecast and held against what came.

England: monthly beds available and occupied by trust. Wales: daily means by hospital and month.
"""

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from vardbalans.engine.beds.census import Count, together
from vardbalans.engine.need import LEVELS, History, outlooks
from vardbalans.engine.periods import Period, country_calendar

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "nhs"
ENGLAND = FOLDER / "england_critical_general_acute_beds.csv.gz"
WALES = FOLDER / "wales_hospitals_critical_general_acute_beds.csv.gz"
pytestmark = pytest.mark.skipif(
    not (ENGLAND.exists() and WALES.exists()), reason="the public bed panels are not on this machine"
)


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def number(text):
    return float(text) if text not in ("", "NA") else None


@pytest.fixture(scope="module")
def england():
    """Month → trust → (available, occupied) general and acute beds."""
    found = defaultdict(dict)
    for row in rows(ENGLAND):
        month = Period.parse(datetime.strptime(row["date"], "%B %Y").strftime("%Y-%m"))  # noqa: DTZ007 - a month
        beds = number(row["general_acute_beds_available"]), number(row["general_acute_beds_occupied"])
        if None not in beds:
            found[month][row["nhs_trust22_code"]] = beds
    return found


@pytest.fixture(scope="module")
def wales():
    """Hospital → month → (available, occupied) beds of all specialties."""
    found = defaultdict(dict)
    for row in rows(WALES):
        beds = number(row["daily_beds_available"]), number(row["daily_beds_occupied"])
        if row["specialism"] == "all_specialties" and None not in beds:
            month = datetime.strptime(row["date"], "%b-%y").strftime("%Y-%m")  # noqa: DTZ007 - a month
            found[row["hospital_code"]][Period.parse(month)] = beds
    return found


def whole(beds):
    available, occupied = round(beds[0]), round(beds[1])
    return Count(occupied, max(0, occupied - available), 0, 0, available, available)


def test_english_occupancy_is_the_published_rate(england):
    published = {
        (row["nhs_trust22_code"], row["date"]): number(row["general_acute_beds_occupancy_rate"])
        for row in rows(ENGLAND)
    }
    apart = []
    for month, trusts in england.items():
        for trust, beds in trusts.items():
            rate = published[trust, month.start.strftime("%B %Y")]
            if rate is not None and beds[0] >= 100:
                apart.append(abs(whole(beds).occupancy - rate))
    assert len(apart) > 2000
    assert np.quantile(apart, 0.9) < 0.0025  # beds are whole numbers, and the rate is published with three decimals


def test_england_is_fuller_than_the_guide_value_and_most_so_in_winter(england):
    monthly = {month: together(map(whole, trusts.values())).occupancy for month, trusts in england.items()}
    assert 0.88 < np.mean(list(monthly.values())) < 0.97
    winter = [value for month, value in monthly.items() if month.start.month in (1, 2)]
    summer = [value for month, value in monthly.items() if month.start.month in (7, 8)]
    assert np.mean(winter) > np.mean(summer) + 0.005


def test_welsh_occupied_beds_a_year_ahead_are_better_than_standing_still_and_honest(wales):
    months = sorted({month for hospital in wales.values() for month in hospital}, key=lambda month: month.start)
    panel = {
        code: np.array([hospital[month][1] for month in months])
        for code, hospital in wales.items()
        if hospital.keys() >= set(months) and np.mean([beds[1] for beds in hospital.values()]) >= 100
    }
    assert len(panel) >= 10
    assert len(months) >= 30
    horizon, low, high = 6, LEVELS.index(0.1), LEVELS.index(0.9)
    calendar = country_calendar("GB-ENG", 2014, 2027)
    errors, naive, inside = [], [], []
    for origin in range(len(months) - 2 * horizon, len(months) - horizon + 1, 3):
        histories = [History(code, months[0], values[:origin]) for code, values in panel.items()]
        for row, values in zip(outlooks(histories, horizon, 12, calendar).series, panel.values(), strict=True):
            came, last = values[origin : origin + horizon], values[origin - 1]
            errors.append(np.abs(row.mean - came).mean() / last)
            naive.append(np.abs(last - came).mean() / last)
            inside.append((row.quantiles[low] <= came) & (came <= row.quantiles[high]))
    assert np.mean(errors) < 1.05 * np.mean(naive)
    assert np.mean(errors) < 0.06
    assert 0.65 < np.mean(inside) < 0.95
