"""Public bed panels: occupancy by trust and hospital, its trend and season, forecast and held against what came.

England: monthly beds available and occupied by trust. Wales: daily means by hospital and month.
"""

import csv
import gzip
import math
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from vardbalans.data.bed_counts_run import counted_of
from vardbalans.data.intake import commit, prepare
from vardbalans.data.lake import Lake
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


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """The panels as the program imports and tells them: (country, unit, category) → row."""
    found = {}
    for country, path, profile in (("england", ENGLAND, "nhs-beds"), ("wales", WALES, "wales-beds")):
        lake = Lake(tmp_path_factory.mktemp(country))
        commit(
            lake,
            prepare(lake, [path], profile, today=date(2026, 11, 22)),
            by="test",
            at=datetime(2026, 11, 22, tzinfo=UTC),
        )
        for row in counted_of(lake.root)["rows"]:
            found[country, row["unit_id"], row["category"]] = row
    return found


def test_imported_panels_hold_every_count_and_nothing_else(counted, england, wales):
    for month, trusts in england.items():
        for trust, (available, occupied) in trusts.items():
            row = counted["england", trust, "general_acute"]
            at = row["periods"].index(str(month))
            assert (row["history"]["available"][at], row["history"]["occupied"][at]) == (available, occupied)
    for hospital, months in wales.items():
        row = counted["wales", hospital, "all_specialties"]
        told = [value for value in row["history"]["occupied"] if value is not None]
        assert told == pytest.approx([months[month][1] for month in sorted(months)])
    # A month of one of them that is not there is no zero.
    row = next(row for row in counted.values() if None in row["history"]["occupied"] and row["unit_id"])
    assert row["occupancy"] is None or row["occupancy"] >= 0


def test_occupancy_trend_and_season_of_the_imported_panels_look_right(counted):
    england, wales = counted["england", "", "general_acute"], counted["wales", "", "all_specialties"]
    assert england["units"] >= 55
    assert england["occupancy_of_year"] == pytest.approx(0.933, abs=0.01)
    assert abs(england["change_in_a_year"]) < 0.02
    assert 0.8 < wales["occupancy_of_year"] < 0.92
    for row in (england, wales):
        ahead = row["ahead"]["occupancy"]
        mean, low, high = (np.array(ahead[name]) for name in ("mean", "q05", "q95"))
        assert np.abs(mean - row["occupancy_of_year"]).max() < 0.06
        assert (low < mean).all()
        assert (mean < high).all()
        assert (high - low).max() < 0.2
    months = [int(period[5:]) for period in england["ahead"]["periods"]]
    mean = dict(zip(months, england["ahead"]["occupancy"]["mean"], strict=True))
    assert max(mean, key=mean.get) in (12, 1, 2)
    assert min(mean, key=mean.get) in (6, 7, 8)
    assert all(row["ahead"] and math.isfinite(sum(row["ahead"]["occupied"]["mean"])) for row in counted.values())


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
