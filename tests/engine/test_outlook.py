"""Forecasts of many series: what holds whatever the data, the written rules, and what a forecast must recover."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.need import LEVELS, Event, History, explained, outlooks
from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.engine.sampling import stream

CALENDAR = swedish_calendar(2019, 2028)
START = Period.parse("2022-01")
YEAR = 12


def history(values, name="s", start=START, **more):
    return History(name, start, np.asarray(values, dtype=np.float64), **more)


def forecast(*histories, horizon=YEAR, season=YEAR):
    return outlooks(histories, horizon, season, CALENDAR)


def only(*args, **more):
    (found,) = forecast(history(*args, **more)).series
    return found


def seasonal(level, months=72, seed=1, growth=0.0):
    """Poisson counts around a level with a season of ±20 %."""
    time = np.arange(months)
    rate = level * (1 + 0.2 * np.sin(2 * np.pi * time / YEAR)) * np.exp(growth * time / YEAR)
    return stream(seed, "counts").poisson(rate).astype(float)


def region(size, months=72, **more):
    return [history(seasonal(20 * (1 + n % 7), months, seed=n, **more), f"s{n}") for n in range(size)]


counts = st.lists(st.integers(1, 400), min_size=36, max_size=36)
slow = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.large_base_example, HealthCheck.data_too_large, HealthCheck.too_slow],
)


@slow
@given(counts, st.sampled_from([0.001, 7.0, 1e6]))
def test_another_unit_gives_the_same_forecast_in_that_unit(values, unit):
    one, other = only(values), only(np.array(values) * unit)
    assert other.mean == pytest.approx(one.mean * unit, rel=1e-9)
    assert other.quantiles == pytest.approx(one.quantiles * unit, rel=1e-9, abs=1e-9 * unit)


@slow
@given(counts)
def test_quantiles_rise_and_counts_are_never_negative(values):
    found = only(values)
    assert found.quantiles.min() >= 0
    assert np.all(np.diff(found.quantiles, axis=0) >= 0)
    assert np.all(np.isfinite(found.mean))


@given(st.integers(0, 10**6), st.integers(6, 60), st.integers(1, 24))
@settings(max_examples=20, deadline=None)
def test_a_constant_series_stays_constant(value, months, horizon):
    (found,) = forecast(history([value] * months), horizon=horizon).series
    assert found.method == "constant"
    assert np.all(found.mean == value)
    assert np.all(found.quantiles == value)


def test_the_order_of_the_series_plays_no_part():
    series = [*region(12), history([3.0] * 5, "short"), history([0, 0, 1] * 12, "rare")]
    turned = {outlook.series_id: outlook for outlook in forecast(*series[::-1]).series}
    found = forecast(*series)
    assert [outlook.series_id for outlook in found.series] == [item.series_id for item in series]
    for outlook in found.series:
        assert turned[outlook.series_id].mean == pytest.approx(outlook.mean, rel=1e-9)
        assert turned[outlook.series_id].method == outlook.method
    draws, again = found.draws(50, seed=3), forecast(*series[::-1]).draws(50, seed=3)
    assert all(np.allclose(draws[name], again[name], rtol=1e-9) for name in draws)


def test_season_and_level_are_recovered():
    found = only(seasonal(400))
    truth = 400 * (1 + 0.2 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR))
    assert found.mean == pytest.approx(truth, rel=0.06)


def test_growth_goes_on_for_a_while_and_fades():
    series = seasonal(400, growth=0.2)
    found = only(series)
    last, coming = series[-YEAR:].sum(), found.mean.sum()
    assert 1.02 * last < coming < 1.25 * last


@pytest.mark.parametrize("size", [6, 40])
def test_intervals_cover_what_they_say(size):
    """With few series the models' own spread stands for them, with many their past misses do."""
    series = region(size, 84)
    shorter = [history(item.values[:72], item.series_id) for item in series]
    inside = []
    for item, found in zip(series, forecast(*shorter).series, strict=True):
        low, high = found.quantiles[LEVELS.index(0.1)], found.quantiles[LEVELS.index(0.9)]
        inside += list((item.values[72:] >= low) & (item.values[72:] <= high))
    allowed = 4 * np.sqrt(0.16 / len(inside))
    assert abs(np.mean(inside) - 0.8) < max(0.04, allowed)


def test_many_noisy_series_tell_each_other_their_season():
    """One series of ten a month cannot tell a season of ±20 %; forty that share it can."""
    truth = 10 * (1 + 0.2 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR))
    series = [history(seasonal(10, 48, seed=n), f"s{n}") for n in range(40)]
    together = np.mean([np.abs(found.mean - truth).mean() for found in forecast(*series).series[:8]])
    alone = np.mean([np.abs(forecast(item).series[0].mean - truth).mean() for item in series[:8]])
    assert together < 0.75 * alone, (together, alone)


def test_draws_agree_with_the_quantiles_and_share_what_is_common():
    shock = np.cumsum(stream(2, "shock").normal(0, 0.05, 72))
    series = [history(seasonal(400, seed=n) * np.exp(shock), f"s{n}") for n in range(12)]
    found = forecast(*series)
    draws = found.draws(4000, seed=1)
    for outlook in found.series[:3]:
        drawn = np.quantile(draws[outlook.series_id], (0.1, 0.9), axis=0)
        assert drawn == pytest.approx(outlook.quantiles[[1, 11]], rel=0.03)
        assert draws[outlook.series_id].mean(axis=0) == pytest.approx(outlook.mean, rel=0.02)
    assert np.corrcoef(draws["s0"][:, -1], draws["s1"][:, -1])[0, 1] > 0.2


def test_gaps_are_tolerated_and_never_filled_with_zero():
    values = seasonal(400)
    values[[7, 20, 21, 40]] = np.nan
    assert only(values).mean.mean() == pytest.approx(400, rel=0.05)


def test_a_series_that_ended_earlier_is_forecast_from_its_own_end():
    found = forecast(history(seasonal(400)[:60], "early"), history(seasonal(300, seed=2), "late"))
    assert [str(outlook.periods[0]) for outlook in found.series] == ["2027-01", "2028-01"]


def test_a_level_shift_that_is_told_is_followed_at_once():
    values = stream(4, "c").poisson(np.r_[np.full(56, 200.0), np.full(4, 300.0)]).astype(float)
    told = only(values, events=(Event("level_shift", START.next(56)),))
    assert told.mean.mean() == pytest.approx(300, rel=0.07)


def test_what_is_marked_as_an_outlier_is_not_used():
    values = seasonal(400)
    values[-6:] *= 0.5
    marked = Event("outlier", START.next(66), START.next(71))
    assert only(values, events=(marked,)).mean.mean() == pytest.approx(400, rel=0.05)
    assert only(values).mean.mean() < 330


@pytest.mark.parametrize(
    ("values", "code", "method"),
    [
        ([], "no_values", None),
        ([np.nan] * 30, "no_values", None),
        ([10, -1] * 20, "negative_count", None),
        ([np.inf] * 30, "not_finite", None),
        ([5.0], "short_history", "mean"),
        ([9.0, 8.0, 11.0, 8.0], "short_history", "mean"),
        (list(range(20, 40)), "short_history", "seasonal_mean"),
        ([*seasonal(100, 48), 1e8], "spike", "mixture"),
        ([*seasonal(100, 30), 1e8, *seasonal(100, 30)], "spike", "mixture"),
        ([*seasonal(100, 48), *(1e6 * seasonal(100, 3))], "other_size", "mean"),
        ([*(1e6 * seasonal(100, 30)), *seasonal(100, 48)], "other_size", "mixture"),
        ([50.0, *[np.nan] * 20, *seasonal(50, 30)], "many_missing", "mixture"),
        ([*[0.0] * 20, *seasonal(100, 30)], "began", "mixture"),
        ([*[0.0] * 20, *seasonal(100, 8)], "began", "mean"),
        ([*seasonal(100, 30), *[0.0] * 2], "paused", "mixture"),
        ([*seasonal(100, 30), *[0.0] * 5], "paused", "mixture"),
        ([*seasonal(100, 30), *[0.0] * 6], "ended", "constant"),
    ],
)
def test_what_is_odd_is_said_and_met_by_a_written_rule(values, code, method):
    found = forecast(history(values))
    assert code in {remark.code for remark in found.remarks}
    assert [outlook.method.split("+")[0] for outlook in found.series] == ([method] if method else [])
    if method == "mixture":
        assert 30 < found.series[0].mean.mean() < 150


def test_a_pause_moves_no_period_and_zeros_like_others_are_none():
    """Counts of a rate of 3 hold zeros now and then, and what is closed each winter is zero at the end of one too."""
    assert forecast(history([*seasonal(100, 30), 0.0, 0.0])).series[0].periods[0] == START.next(32)
    told = history([*seasonal(100, 30), 0.0, 0.0], events=(Event("level_shift", START.next(30)),))
    for ended in (history([*seasonal(100, 30), *[0.0] * 9]), told):
        assert forecast(ended).series[0].mean.max() == 0
    assert not forecast(history([*stream(2, "c").poisson(3.0, 60), 0.0])).remarks
    winters = np.where(np.arange(67) % YEAR < 7, seasonal(100, 67), 0.0)
    assert not forecast(history([*winters, 0.0, 0.0, 0.0, 0.0])).remarks


def test_one_bad_series_does_not_stop_the_others():
    found = forecast(history([-1.0] * 40, "bad"), history(seasonal(50), "good"))
    assert [outlook.series_id for outlook in found.series] == ["good"]
    assert [(remark.series_id, remark.severity) for remark in found.remarks] == [("bad", "error")]


def test_few_values_give_a_wide_interval():
    one, short, long = only([400.0]), only(seasonal(400, 20)), only(seasonal(400))
    width = [(found.quantiles[11] - found.quantiles[1]).mean() / found.mean.mean() for found in (one, short, long)]
    assert width[0] > width[1] > 1.5 * width[2]


def test_many_zeros_call_for_a_method_made_for_them():
    values = stream(5, "c").poisson(0.4, 72).astype(float)
    found = only(values)
    assert found.method in {"mean", "tsb", "croston_sba", "adida"}
    assert found.mean == pytest.approx(np.full(YEAR, 0.4), abs=0.2)
    assert found.quantiles[LEVELS.index(0.5)] == pytest.approx(0)
    assert "Många nollor" in str(found.reason)


def test_a_service_that_ended_is_expected_to_do_nothing():
    found = only([*seasonal(20, 36), *[0.0] * 36])
    assert found.mean.max() < 0.5


def test_weeks_and_days_follow_holidays():
    start = Period.parse("2022-W01")
    weeks = [start.next(n) for n in range(208)]
    days = CALENDAR.working_days_of(weeks)
    (weekly,) = outlooks([history(100.0 * days[:156], start=start)], 52, 52, CALENDAR).series
    assert weekly.mean == pytest.approx(100.0 * days[156:], rel=0.25)
    first = Period.parse("2022-01-01")
    free = np.array([CALENDAR.is_working(first.next(n).start) for n in range(1100)])
    rate = np.where(free, 100.0, 30.0)
    drawn = stream(6, "d").poisson(rate[:1000]).astype(float)
    (daily,) = outlooks([history(drawn, start=first)], 100, 7, CALENDAR).series
    assert daily.method == "daily_regression"
    assert np.abs(daily.mean - rate[1000:]).mean() < 6


@pytest.mark.parametrize(
    ("histories", "horizon", "season", "match"),
    [
        ([history([1.0])], 0, 12, "minst 1"),
        ([history([1.0])], 1, 0, "minst 1"),
        ([history([1.0]), history([2.0])], 1, 12, "två gånger"),
        ([history([1.0]), history([1.0], "w", Period.parse("2025-W01"))], 1, 12, "blandar"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(histories, horizon, season, match):
    with pytest.raises(BadInput, match=match):
        outlooks(histories, horizon, season, CALENDAR)


def test_no_series_give_no_forecast():
    assert outlooks([], 12, 12, CALENDAR).series == ()


def test_every_figure_explains_itself():
    found = forecast(*region(11), history([4.0] * 5, "short"))
    for outlook in found.series:
        for step in (0, 11):
            figure = explained(outlook, step)
            assert figure.value == outlook.mean[step]
            assert figure.remainder == pytest.approx(0, abs=1e-9 * max(1, figure.value))
            assert sum(term.value for term in figure.inputs if term.unit == "andel") == pytest.approx(1)
    summer = explained(found.series[0], 2)
    season = next(term.value for term in summer.terms if str(term.label) == "säsong")
    assert season == pytest.approx(0.2 * found.series[0].mean.mean(), rel=0.5)


def test_days_counted_from_different_dates_stand_side_by_side():
    counts = stream(8, "d").poisson(50, 400).astype(float)
    first = Period.parse("2024-01-01")
    early, late = history(counts, "early", first), history(counts[200:], "late", first.next(200))
    found = outlooks([early, late], 14, 7, CALENDAR).series
    assert [str(outlook.periods[0]) for outlook in found] == ["2025-02-04"] * 2
    assert all(outlook.mean.mean() == pytest.approx(50, rel=0.08) for outlook in found)


MONDAY = date(2022, 1, 3)
DAYS = [MONDAY + timedelta(days=n) for n in range(900)]
KNOWN_DAYS = 800  # to 12 March 2024; Easter lies ahead
WORKED = np.array([CALENDAR.is_working(day) for day in DAYS])
WEEKDAY_OFF = np.array([day in CALENDAR.holidays and day.isoweekday() <= 5 for day in DAYS])


def by_day(rate, known=KNOWN_DAYS, change=lambda values: values):
    """Return the forecast of the days that follow *known* ones, and the remarks."""
    values = change(stream(5, "days").poisson(rate).astype(float)[:known])
    found = outlooks([history(values, start=Period(MONDAY, "day"))], len(DAYS) - known, 7, CALENDAR)
    return found.series[0], [remark.code for remark in found.remarks]


@pytest.mark.parametrize("at_weekends", [0.0, 2.0, 6.0])
def test_a_clinic_that_is_open_on_weekdays_is_so_in_its_forecast(at_weekends):
    """Closed days are neither an intermittent series, nor spikes, nor (at Christmas) a service of another size."""
    rate = np.where(WORKED, 60.0, at_weekends)
    found, codes = by_day(rate)
    assert (found.method, codes) == ("daily_regression", [])
    ahead, worked = found.mean, WORKED[KNOWN_DAYS:]
    assert ahead[worked].mean() == pytest.approx(60, rel=0.1)
    assert ahead[~worked].mean() == pytest.approx(at_weekends, abs=1.5)
    assert ahead[WEEKDAY_OFF[KNOWN_DAYS:]].mean() == pytest.approx(at_weekends, abs=4)


def test_closed_on_sundays_is_no_spike_and_open_on_saturdays_alone_is_none_either():
    for open_days in (range(6), [5]):
        rate = np.where(np.isin([day.weekday() for day in DAYS], list(open_days)), 60.0, 0.0)
        found, codes = by_day(rate)
        assert codes == []
        assert found.mean[rate[KNOWN_DAYS:] > 0].mean() == pytest.approx(60, rel=0.1)
        assert found.mean[rate[KNOWN_DAYS:] == 0].mean() == pytest.approx(0, abs=1)


@pytest.mark.parametrize("july", [0.0, 1.0])
def test_a_clinic_that_is_closed_in_july_is_not_another_one_afterwards(july):
    rate = np.where([day.month == 7 for day in DAYS], july, np.where(WORKED, 200.0, july))
    for known in (600, 630):  # end of August, end of September
        found, codes = by_day(rate, known)
        assert (found.method, codes) == ("daily_regression", [])


@pytest.mark.parametrize(("last", "code"), [(1, "spike"), (3, "spike"), (6, "other_size"), (20, "other_size")])
def test_days_in_another_unit_are_told(last, code):
    def in_thousands(values):
        return np.where(np.arange(len(values)) >= len(values) - last, values * 1e6, values)

    found, codes = by_day(np.where(WORKED, 60.0, 5.0), change=in_thousands)
    assert codes[0] == code
    usual = 60 if code == "spike" else 60e6
    assert 0.3 * usual < found.mean[:7].max() < 2 * usual


def test_a_series_of_days_that_ended_long_ago_takes_nothing_from_the_others():
    """Each is forecast from its own end; the days between the ends are not carried along (gigabytes with many)."""
    rate = np.where(WORKED, 60.0, 20.0)
    start = Period(MONDAY, "day")
    drawn = [history(stream(n, "days").poisson(rate).astype(float)[:KNOWN_DAYS], f"d{n}", start) for n in range(3)]
    ended = History("d0", start, drawn[0].values[:100])
    found = outlooks([ended, *drawn[1:]], 14, 7, CALENDAR).series
    assert found[0].periods[0] == start.next(100)
    assert [outlook.distribution.own.shape for outlook in found] == [(14, 14)] * 3


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_a_clinic_that_hardly_works_in_july_has_no_spike_each_july(share):
    rate = 200 * np.where(np.arange(84) % YEAR == 6, share, 1.0)
    (found,) = (made := forecast(history(stream(6, "july").poisson(rate[:72])))).series
    assert made.remarks == ()
    assert found.mean[6] == pytest.approx(rate[78], abs=10)
    assert np.delete(found.mean, 6).mean() == pytest.approx(200, rel=0.05)


def test_a_july_like_no_other_is_a_spike_all_the_same():
    values = stream(6, "july").poisson(np.full(72, 200.0)).astype(float)
    values[30] = 10
    assert [remark.code for remark in forecast(history(values)).remarks] == ["spike"]


@pytest.mark.parametrize(("closed", "known"), [([52, 53, 1], 156), ([28, 29, 30, 31], 182)])
def test_weeks_that_are_closed_every_year_are_neither_spikes_nor_another_size(closed, known):
    start = Period.parse("2022-W02")
    numbers = np.array([start.next(n).start.isocalendar().week for n in range(known + 52)])
    rate = np.where(np.isin(numbers, closed), 1.0, 150.0)
    values = stream(7, "closed").poisson(rate[:known]).astype(float)
    made = forecast(history(values, start=start), horizon=52, season=52)
    assert made.remarks == ()
    ahead = rate[known:]
    assert made.series[0].mean[ahead == 1].mean() < 20
    assert made.series[0].mean[ahead > 1].mean() == pytest.approx(150, rel=0.05)


def test_a_series_that_ended_long_ago_changes_no_other_forecast_much():
    """What lies between its end and the others' is known to them, and no forecast that hardly missed."""
    whole = region(12, months=84)
    ended = [History("s0", START, whole[0].values[:48]), *whole[1:]]
    alike, odd = forecast(*whole).series[1:], forecast(*ended).series[1:]
    for one, other in zip(alike, odd, strict=True):
        assert other.mean == pytest.approx(one.mean, rel=0.1)
    wide = [np.mean([outlook.quantiles[-2] - outlook.quantiles[1] for outlook in found]) for found in (alike, odd)]
    assert wide[1] == pytest.approx(wide[0], rel=0.15)


@pytest.mark.parametrize("horizon", [90, 400])
def test_a_horizon_longer_than_the_history_has_no_earlier_origins_before_it(horizon):
    found = outlooks([history(seasonal(50, months=84))], horizon, YEAR, swedish_calendar(2019, 2065)).series[0]
    assert len(found.periods) == horizon
    assert found.mean[:YEAR].mean() == pytest.approx(50, rel=0.15)
