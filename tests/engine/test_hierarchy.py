"""Forecasts that add up, and forecasts per hour."""

import numpy as np
import pytest

from vardbalans.engine.errors import BadInput
from vardbalans.engine.need import LEVELS, History, coherent_outlooks, hourly_outlook
from vardbalans.engine.need.hierarchy import shrinkage
from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.engine.sampling import stream

CALENDAR = swedish_calendar(2019, 2028)
START = Period.parse("2021-01")
SUMS = {"north": ["a", "b"], "region": ["a", "b", "c", "d"]}


def histories(months=60, levels=(20, 60, 150, 5)):
    return [
        History(name, START, stream(1, name).poisson(level, months).astype(float))
        for name, level in zip("abcd", levels, strict=True)
    ]


def coherent(series=None, sums=SUMS, **more):
    return coherent_outlooks(series or histories(), sums, 6, 12, CALENDAR, draws=400, **more)


@pytest.fixture(scope="module")
def found():
    return coherent()


def test_means_and_every_draw_add_up(found):
    for whole, parts in SUMS.items():
        assert found.mean[whole] == pytest.approx(sum(found.mean[part] for part in parts), rel=1e-9)
        assert found.draws[whole] == pytest.approx(sum(found.draws[part] for part in parts), rel=1e-9)
    assert all(draws.min() >= 0 for draws in found.draws.values())


def test_what_adds_up_already_is_hardly_moved(found):
    """The region's own forecast and the sum of its parts' differ by little here; so does what they become."""
    for name, outlook in found.base.items():
        assert found.mean[name] == pytest.approx(outlook.mean, rel=0.15)


def test_the_sums_interval_is_narrower_than_the_sum_of_intervals(found):
    low, high = LEVELS.index(0.1), LEVELS.index(0.9)
    width = {name: (rows[high] - rows[low]).mean() for name, rows in found.quantiles.items()}
    assert max(width["a"], width["b"], width["c"], width["d"]) < 1.1 * width["region"]
    assert width["region"] < width["a"] + width["b"] + width["c"] + width["d"]


def test_short_and_constant_series_add_up_too():
    series = [History(name, START, np.full(8, value)) for name, value in (("a", 4.0), ("b", 6.0))]
    found = coherent(series, {"both": ["a", "b"]})
    assert found.mean["both"] == pytest.approx(np.full(6, 10.0))


def test_misses_that_are_chance_alone_are_drawn_to_nothing():
    chance = stream(1, "x").standard_normal((20, 12))
    together = chance[:1] + 0.05 * stream(2, "x").standard_normal((20, 12))
    assert shrinkage(chance) > 0.7
    assert shrinkage(together / together.std(axis=1, keepdims=True)) < 0.3


@pytest.mark.parametrize(
    ("series", "sums", "match"),
    [
        (histories(), {"x": ["a", "nowhere"]}, "nowhere"),
        ([*histories()[:3], History("d", START, np.ones(59))], SUMS, "samma perioder"),
        ([*histories()[:3], History("d", START, np.full(60, np.nan))], SUMS, "inga värden"),
    ],
)
def test_what_cannot_be_summed_is_refused(series, sums, match):
    with pytest.raises(BadInput, match=match):
        coherent(series, sums)


def test_hours_follow_the_days_rhythm_and_hold_their_interval():
    start = Period.parse("2023-01-01")
    rate = 3 + 2 * np.sin(2 * np.pi * (np.arange(24) - 8) / 24) + 0 * np.arange(500)[:, None]
    drawn = stream(7, "hours").poisson(rate).astype(float)
    found = hourly_outlook(start, drawn[:472], 28, CALENDAR)
    # The rhythm is that of the history, whose own hours miss their rates by up to a tenth; the level is the days'.
    made, seen = found.mean.mean(axis=0), drawn[:472].mean(axis=0)
    assert made / made.sum() == pytest.approx(seen / seen.sum(), rel=0.02)
    assert made.sum() == pytest.approx(rate[0].sum(), rel=0.1)
    low, high = found.quantiles[LEVELS.index(0.1)], found.quantiles[LEVELS.index(0.9)]
    assert 0.74 < np.mean((drawn[472:] >= low) & (drawn[472:] <= high)) < 0.92
    assert str(found.days[0]) == "2024-04-17"


def test_a_day_that_is_not_whole_moves_no_weekday():
    """The last day of the data lacks the hour that clocks skip; few come at weekends."""
    start = Period.parse("2024-01-01")  # a Monday
    weekend = np.arange(400) % 7 >= 5
    drawn = stream(8, "hours").poisson(np.where(weekend, 3.0, 10.0)[:, None], (400, 24)).astype(float)
    whole = hourly_outlook(start, drawn, 14, CALENDAR)
    drawn[-1, 2] = np.nan
    broken = hourly_outlook(start, drawn, 14, CALENDAR)
    assert broken.days == whole.days
    assert broken.mean.sum(axis=1) == pytest.approx(whole.mean.sum(axis=1), rel=0.05)


def test_a_door_that_nobody_came_through_has_no_hours_either():
    found = hourly_outlook(Period.parse("2024-01-01"), np.zeros((400, 24)), 7, CALENDAR)
    assert not found.mean.any()
    assert found.quantiles.max() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("hours", "horizon"),
    [
        (np.ones((100, 24)), 28),
        (np.ones((400, 23)), 28),
        (-np.ones((400, 24)), 28),
        (np.full((400, 24), np.inf), 28),
        (np.full((400, 24), np.nan), 28),
        (np.ones((400, 24)), 380),
    ],
)
def test_hours_that_cannot_be_forecast_are_refused(hours, horizon):
    with pytest.raises(BadInput):
        hourly_outlook(Period.parse("2023-01-01"), hours, horizon, CALENDAR)
