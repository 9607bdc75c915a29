"""The forecast held against what came: scores by hand, no look ahead, and the very forecast that the balance uses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import CALENDAR, HISTORY, START, flat_series, series
from vardbalans.engine.need import Origin, backtests, forecast, months_of
from vardbalans.engine.need.backtest import HORIZON, ORIGINS, scored
from vardbalans.engine.need.forecast import forecast_periods
from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.sampling import stream


def backtest(counts, calendar, **how):
    return backtests({"s": counts}, calendar, **how)["s"]


def origin(mean, outcome, naive, *, low, high, scale, first=START):
    periods = weeks_from(first, len(mean))
    return Origin(periods, *(np.array(row, dtype=float) for row in (mean, low, high, outcome, naive)), scale)


BY_HAND = (
    # errors 2, 0; last year's value misses by 4, 2; a year moved 4 on the mean before: scaled errors 0.5, 0
    origin([12, 10], [10, 10], [14, 8], low=[9, 9], high=[15, 11], scale=4.0),
    # errors 4, 2; last year's value misses by 6, 0; scaled by 2: 2, 1. The first outcome is above its interval
    origin([16, 12], [20, 10], [14, 10], low=[12, 10], high=[19, 14], scale=2.0, first=START.next(2)),
)


def test_scores_by_hand():
    found = scored(BY_HAND)
    assert found.error == pytest.approx((2 + 0 + 4 + 2) / 4)
    assert found.naive_error == pytest.approx((4 + 2 + 6 + 0) / 4)
    assert found.mase == pytest.approx((0.5 + 0 + 2 + 1) / 4)
    assert found.coverage == pytest.approx(3 / 4)
    assert found.bias == pytest.approx(50 / 50 - 1)
    assert (found.outcomes, found.verdict) == (4, "better")


@given(st.floats(0.01, 1000))
def test_scores_in_another_unit_are_the_same(times):
    """Counting in tens instead of ones changes the errors and none of the ratios."""
    other = [
        Origin(o.periods, *(row * times for row in (o.mean, o.low, o.high, o.outcome, o.naive)), o.scale * times)
        for o in BY_HAND
    ]
    one, two = scored(BY_HAND), scored(other)
    assert two.error == pytest.approx(one.error * times)
    for name in ("mase", "coverage", "bias"):
        assert getattr(two, name) == pytest.approx(getattr(one, name), abs=1e-9)
    assert two.verdict == one.verdict


def test_what_cannot_be_scaled_is_none():
    still = origin([0, 0], [0, 0], [0, 0], low=[0, 0], high=[0, 0], scale=0.0)
    found = scored([still, still])
    assert (found.mase, found.bias, found.verdict) == (None, None, "same")


def test_a_series_that_follows_the_working_days_is_foreseen():
    found = backtest(flat_series(40), CALENDAR)
    assert len(found.origins) == ORIGINS
    assert found.error < 0.5
    assert found.coverage > 0.9
    assert found.verdict == "better"  # last year's week had other holidays


def test_the_origins_reach_the_end_without_a_gap_and_last_years_value_is_a_year_before():
    counts = series(np.arange(1.0, HISTORY + 1))
    found = backtest(counts, CALENDAR)
    periods = [period for each in found.origins for period in each.periods]
    assert periods == list(counts.periods[-len(periods) :])
    assert len(periods) == ORIGINS * HORIZON["week"]
    for each in found.origins:
        assert each.outcome - each.naive == pytest.approx(52)
        assert each.scale == pytest.approx(52)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.lists(st.integers(0, 400), min_size=13, max_size=13))
def test_no_origin_sees_what_came_after_it(number, later):
    """Whatever comes after an origin, the forecast made there stays as it was."""
    counts = series(stream(5, "counts").poisson(40, HISTORY))
    changed = counts.values.copy()
    end = HISTORY - 13 * (4 - number)
    changed[end : end + 13] = later
    one, two = backtest(counts, CALENDAR), backtest(series(changed), CALENDAR)
    for which in range(number + 1):
        assert np.array_equal(one.origins[which].mean, two.origins[which].mean)
        assert np.array_equal(one.origins[which].low, two.origins[which].low)
    assert np.array_equal(two.origins[number].outcome, later)


def test_it_is_the_forecast_of_the_balance_that_is_tested():
    counts = series(stream(6, "counts").poisson(40, HISTORY))
    last = backtest(counts, CALENDAR).origins[-1]
    known = series(counts.values[:-13])
    used = forecast(known, last.periods, CALENDAR, 10, stream(1, "any"))
    assert last.mean == pytest.approx(used.mean, rel=1e-12)


@pytest.mark.parametrize(
    ("weeks", "origins"), [(129, 0), (130, 2), (142, 2), (143, 3), (156, 4), (300, 4), (0, 0)], ids=str
)
def test_two_years_come_before_the_first_origin_and_half_a_year_after(weeks, origins):
    found = backtest(series(stream(7, "counts").poisson(40, weeks)), CALENDAR)
    assert len(found.origins) == origins
    assert found.verdict == "too_short" if not origins else found.verdict != "too_short"


def test_too_sparse_for_a_curve_is_too_short_to_tell():
    assert backtest(series([0.0] * HISTORY), CALENDAR).verdict == "too_short"


def test_months_are_tested_by_the_month():
    months = series(stream(8, "counts").poisson(160, 36), start=Period.parse("2023-01"))
    found = backtest(months, CALENDAR)
    assert [len(each.periods) for each in found.origins] == [3, 3, 3, 3]
    assert found.origins[0].periods[0] == Period.parse("2025-01")
    assert 0.5 < found.mase < 2


def test_the_interval_holds_what_it_says():
    """Counts from the model itself: over many series the 80 % interval holds about 80 % of the outcomes."""
    rate = flat_series(40).values
    held = [
        backtest(series(stream(seed, "truth").poisson(rate).astype(float)), CALENDAR, seed=seed).coverage
        for seed in range(30)
    ]
    assert 0.75 <= np.mean(held) <= 0.88


def test_own_periods_are_the_forecast_before_months_are_split():
    weekly = series(stream(9, "counts").poisson(40, HISTORY))
    weeks = weeks_from(START.next(HISTORY), 26)
    mean, draws = forecast_periods(weekly, 26, CALENDAR, 50, stream(1, "x"))
    used = forecast(weekly, weeks, CALENDAR, 50, stream(1, "x"))
    assert np.array_equal(mean, used.mean)
    assert np.array_equal(draws, used.draws)
    assert forecast_periods(series([0.0] * 60), 5, CALENDAR, 5, stream(1, "x")) is None


def test_the_parts_of_the_season_multiply_to_it():
    weekly = series(stream(10, "counts").poisson(40, HISTORY))
    found = forecast(weekly, weeks_from(START.next(HISTORY), 52), CALENDAR, 5, stream(1, "x"))
    assert np.prod(list(found.season_parts.values()), axis=0) == pytest.approx(found.factors["season"])


@given(st.integers(0, 60), st.integers(5, 120))
def test_weeks_put_together_by_month_lose_nothing_inside(skip, count):
    weeks = weeks_from(START.next(skip), count)
    months, shares = months_of(weeks, CALENDAR)
    assert shares.shape == (count, len(months))
    assert np.all(shares.sum(axis=1) <= 1 + 1e-9)
    inside = [
        n for n, week in enumerate(weeks) if months and months[0].start <= week.start and week.end <= months[-1].end
    ]
    assert shares[inside].sum(axis=1) == pytest.approx(np.ones(len(inside)))
    # Five counts every working day give five per working day of every month.
    counts = 5.0 * CALENDAR.working_days_of(weeks)
    assert counts @ shares == pytest.approx([5.0 * CALENDAR.working_days(month) for month in months])
