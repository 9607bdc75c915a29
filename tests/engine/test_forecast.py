"""The forecast: what it recovers, what it refuses, and that a seed moves draws and never the expectation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.strategies import CALENDAR, HISTORY, START, WEEKS, flat_series, series, weekly_counts
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Event
from vardbalans.engine.need import forecast
from vardbalans.engine.periods import Period, month_shares, weeks_from
from vardbalans.engine.sampling import stream


def _forecast(counts, weeks=WEEKS, draws=400, seed=1):
    return forecast(counts, weeks, CALENDAR, draws, stream(seed, "need"))


def _true_rate(growth=0.03, level=40.0):
    """A level that grows, follows the working days and sinks to 60 % in weeks 27–31."""
    weeks = weeks_from(START, HISTORY + 52)
    years = np.arange(len(weeks)) / 52.18
    summer = np.array([0.6 if 27 <= week.start.isocalendar().week <= 31 else 1.0 for week in weeks])
    days = np.array([CALENDAR.working_days(week) / 5 for week in weeks])
    return level * np.exp(growth * years) * summer * days


def test_a_year_ahead_follows_growth_summer_and_holidays():
    truth = _true_rate()
    found = _forecast(series(truth[:HISTORY]))
    assert found.mean == pytest.approx(truth[HISTORY:], rel=0.1)
    assert found.mean.sum() == pytest.approx(truth[HISTORY:].sum(), rel=0.02)  # the trend is damped on purpose
    assert found.growth.low < np.expm1(0.03) < found.growth.high


def test_intervals_cover_what_they_say():
    truth, inside = _true_rate(), []
    for seed in range(40):
        rng = stream(seed, "truth")
        drawn = rng.poisson(truth * rng.gamma(20, 1 / 20, len(truth))).astype(float)
        found = _forecast(series(drawn[:HISTORY]), seed=seed)
        low, high = np.quantile(found.draws, (0.1, 0.9), axis=0)
        inside.append(np.mean((drawn[HISTORY:] >= low) & (drawn[HISTORY:] <= high)))
    assert 0.75 <= np.mean(inside) <= 0.85


def test_growth_interval_holds_the_truth():
    truth, hits = _true_rate(), 0
    for seed in range(40):
        rng = stream(seed, "truth")
        drawn = rng.poisson(truth * rng.gamma(20, 1 / 20, len(truth))).astype(float)
        growth = _forecast(series(drawn[:HISTORY]), draws=1, seed=seed).growth
        hits += growth.low <= np.expm1(0.03) <= growth.high
    assert hits >= 35  # 95 % intervals: fewer than 35 of 40 would come by chance once in 30 000


def test_another_seed_moves_draws_and_not_the_expectation():
    counts = series(stream(3, "c").poisson(30, HISTORY))
    one, two = _forecast(counts, seed=1), _forecast(counts, seed=2)
    assert np.array_equal(one.mean, two.mean)
    assert not np.array_equal(one.draws, two.draws)
    assert np.array_equal(one.draws, _forecast(counts, seed=1).draws)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.large_base_example, HealthCheck.data_too_large]
)
@given(weekly_counts)
def test_draws_centre_on_the_expectation_and_factors_multiply_to_it(counts):
    found = _forecast(series(counts), draws=2000)
    assert np.all(np.isfinite(found.mean))
    assert np.all(found.draws >= 0)
    assert np.prod(list(found.factors.values()), axis=0) == pytest.approx(found.mean)
    yearly = found.draws.sum(axis=1)
    assert abs(yearly.mean() - found.mean.sum()) < 5 * yearly.std() / np.sqrt(2000) + 1e-9


def test_scaling_counts_scales_the_forecast():
    counts = stream(5, "c").poisson(200, HISTORY).astype(float)
    assert _forecast(series(counts * 3)).mean == pytest.approx(_forecast(series(counts)).mean * 3, rel=0.02)


def test_a_monthly_series_is_split_over_weeks_by_working_days():
    months = weeks_from(Period.parse("2023-11"), 36)
    days = CALENDAR.working_days_of(months)
    weeks = weeks_from(Period.parse("2026-W45"), 52)
    found = _forecast(series(20.0 * days, start=months[0]), weeks)
    assert found.mean == pytest.approx(20.0 * CALENDAR.working_days_of(weeks), rel=0.05)
    shares = month_shares(weeks, CALENDAR)
    assert shares[Period.parse("2027-03")].sum() == pytest.approx(1)


def test_a_short_history_says_so_and_is_wider():
    long, short = flat_series(40), series(flat_series(40).values[-60:], start=START.next(HISTORY - 60))
    wide, narrow = _forecast(short), _forecast(long)
    assert wide.method == "short_regression"
    assert "kortare än två år" in str(wide.note)
    assert (
        np.ptp(np.quantile(wide.draws, (0.1, 0.9), axis=0), axis=0).mean()
        > 1.3 * np.ptp(np.quantile(narrow.draws, (0.1, 0.9), axis=0), axis=0).mean()
    )


def test_a_handful_of_events_gives_a_mean_and_says_so():
    counts = np.zeros(HISTORY)
    counts[[10, 90]] = 1
    found = _forecast(series(counts), draws=4000)
    assert found.method == "mean"
    assert found.mean[0] == pytest.approx(2.5 / HISTORY)
    assert found.draws.mean() == pytest.approx(found.mean[0], rel=0.1)


@pytest.mark.parametrize(("frequency", "periods"), [("2025-W10", 1), ("2025-W10", 5), ("2025-03", 1), ("2025-03", 2)])
def test_a_few_periods_give_their_mean_with_a_wide_interval(frequency, periods):
    found = _forecast(series([1000.0] * periods, start=Period.parse(frequency)), draws=4000)
    per_week = 1000.0 if "W" in frequency else 1000.0 * 12 / 52
    assert found.mean == pytest.approx(np.full(len(WEEKS), per_week), rel=0.01)
    low, high = np.quantile(found.draws, (0.1, 0.9))
    assert high - low > 0.5 * per_week


def test_a_series_that_never_varies_goes_on():
    found = forecast(series(np.ones(59)), WEEKS, CALENDAR, 50, stream(1, "need"))
    assert found.mean.mean() == pytest.approx(1, abs=0.15)


def test_a_service_that_stopped_years_ago_is_expected_to_do_nothing():
    stopped = np.r_[np.full(100, 100.0), np.zeros(200)]
    found = _forecast(series(stopped, start=START.next(HISTORY - 300)))
    assert found.mean.max() < 0.01


def test_weeks_without_anyone_are_a_pause_until_a_new_level_is_told():
    """Twelve such weeks at the end are left out and told; told as a new level, nothing is expected."""
    counts = series(np.r_[stream(3, "counts").poisson(40, HISTORY - 12).astype(float), np.zeros(12)])
    told = replace(counts, events=(Event("level_shift", START.next(HISTORY - 12).start),))
    paused, ended = _forecast(counts), _forecast(told)
    assert paused.mean.mean() == pytest.approx(40, rel=0.1)
    assert ended.mean.max() < 0.1
    assert [found.note.template.split("och")[1].split()[0] for found in (paused, ended)] == ["nollorna", "inget"]


@pytest.mark.parametrize(
    ("counts", "match"),
    [
        (series([]), "tom serie"),
        (series([-1.0] * HISTORY), "noll och uppåt"),
        (series([np.nan] * HISTORY), "noll och uppåt"),
        (series([1.0] * 400), "historiken slutar"),
        (series([1.0] * 30, start=Period.parse("2025-01-01")), "Dagsserier"),
    ],
)
def test_what_cannot_be_forecast_is_said(counts, match):
    with pytest.raises(BadInput, match=match):
        _forecast(counts)


def test_weeks_that_are_all_above_their_curve_give_a_forecast_all_the_same():
    """Eight equal weeks, the first of them short: what the curve leaves has an autocorrelation above one."""
    history = series(np.full(8, 4.0), Period.parse("2022-W01"))
    found = forecast(history, weeks_from(history.start.next(8), 52), CALENDAR, 50, stream(1, "x"))
    assert found.mean == pytest.approx(np.full(52, 4.0), rel=0.05)
    assert np.isfinite(found.draws).all()


@pytest.mark.parametrize(("last", "level"), [(1, 40), (56, 40e6)])
def test_weeks_in_another_unit_are_told_and_not_mixed_with_the_others(last, level):
    values = stream(1, "weeks").poisson(np.full(HISTORY, 40.0)).astype(float)
    values[-last:] *= 1e6
    found = forecast(series(values), WEEKS, CALENDAR, 50, stream(1, "x"))
    assert found.mean.mean() == pytest.approx(level, rel=0.1)
    assert found.draws.mean() == pytest.approx(level, rel=0.1)
    assert "kontrollera enheten" in str(found.note) or "avviker kraftigt" in str(found.note)


def test_counts_of_any_size_have_a_forecast():
    found = forecast(series(np.full(HISTORY, 4e8)), WEEKS, CALENDAR, 50, stream(1, "x"))
    assert found.mean == pytest.approx(np.full(52, 4e8), rel=0.01)
