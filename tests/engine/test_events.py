"""What planners have written down of the past: a new level is a regressor, days that are not as others do not count."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.strategies import CALENDAR, HISTORY, START, flat_series, series
from vardbalans.engine.inputs import Event
from vardbalans.engine.need import forecast, forecasts
from vardbalans.engine.need.backtest import backtests
from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.sampling import stream

WEEKS = weeks_from(START.next(HISTORY), 52)
NIGHT = START.next(HISTORY - 20)  # a new way of referring began here
STRIKE = START.next(HISTORY - 6)


def made(weekly, *events):
    return forecast(replace(weekly, events=events), WEEKS, CALENDAR, 200, stream(1, "x"))


def stepped(times=1.5, noise=None):
    """Counts that follow the working days, *times* as many in the last twenty weeks."""
    values = flat_series(100).values.copy()
    values[-20:] *= times
    return series(values if noise is None else stream(noise, "counts").poisson(values))


def test_a_new_level_that_is_told_is_believed_at_once():
    plain, told = made(stepped()), made(stepped(), Event("level_shift", NIGHT.start))
    usual = CALENDAR.working_days_of(WEEKS) * 100 / 5 * 1.5
    assert np.abs(told.mean - usual).mean() < 0.2 * np.abs(plain.mean - usual).mean()
    assert told.mean == pytest.approx(usual, rel=0.05)
    assert np.prod(list(told.factors.values()), axis=0) == pytest.approx(told.mean)
    assert np.prod(list(told.season_parts.values()), axis=0) == pytest.approx(told.factors["season"])
    assert told.growth.share == pytest.approx(0, abs=0.03)  # the step is not taken for growth
    assert plain.growth.share > 0.05


def test_days_that_are_not_as_others_do_not_count():
    values = flat_series(100).values.copy()
    values[-6:-2] = 3
    strike = Event("outlier", STRIKE.start, STRIKE.next(3).days[-1])
    usual = made(flat_series(100))
    told = made(series(values), strike)
    assert told.mean == pytest.approx(usual.mean, rel=0.02)
    assert np.abs(made(series(values)).mean - usual.mean).mean() > 3 * np.abs(told.mean - usual.mean).mean()
    changed = values.copy()
    changed[-6:-2] = 90
    assert np.array_equal(made(series(changed), strike).mean, told.mean)


def test_an_event_without_end_goes_on():
    values = flat_series(100).values.copy()
    values[-6:] = 3
    assert made(series(values), Event("outlier", STRIKE.start)).mean == pytest.approx(
        made(flat_series(100)).mean, rel=0.02
    )


@pytest.mark.parametrize(
    "event",
    [
        Event("level_shift", START.start - timedelta(days=400)),
        Event("level_shift", START.next(3).start),
        Event("level_shift", WEEKS[10].start),
        Event("outlier", START.start - timedelta(days=30), START.start - timedelta(days=1)),
        Event("outlier", START.start),
    ],
    ids=["before the history", "three weeks into it", "ahead", "outlier before", "all of it"],
)
def test_what_the_history_cannot_tell_changes_nothing(event):
    weekly = stepped(1.0, noise=4)
    assert np.array_equal(made(weekly, event).mean, made(weekly).mean)


def test_without_events_all_is_as_before():
    assert np.array_equal(made(stepped(noise=5)).draws, made(stepped(noise=5)).draws)
    assert made(stepped(noise=5), Event("outlier", WEEKS[3].start)).mean == pytest.approx(made(stepped(noise=5)).mean)


def test_months_are_told_too():
    first = Period.parse("2022-11")
    values = np.full(48, 200.0) + stream(1, "m").normal(0, 4, 48)
    values[-6:] *= 1.5
    shift = Event("level_shift", first.next(42).start)
    weeks = weeks_from(Period.parse("2026-W45"), 26)
    plain = forecasts({"m": series(values, first)}, weeks, CALENDAR, 50, 1)["m"].months
    told = forecasts({"m": replace(series(values, first), events=(shift,))}, weeks, CALENDAR, 50, 1)["m"].months
    assert told.mean == pytest.approx(np.full(len(told.mean), 300), rel=0.05)
    assert np.abs(told.mean - 300).mean() < np.abs(plain.mean - 300).mean()
    odd = values.copy()
    odd[20:24] = 5
    pandemic = Event("outlier", first.next(20).start, first.next(23).days[-1])
    left_out = forecasts({"m": replace(series(odd, first), events=(shift, pandemic))}, weeks, CALENDAR, 50, 1)["m"]
    assert left_out.months.mean == pytest.approx(told.mean, rel=0.05)


def test_a_back_test_knows_what_was_written_of_the_time_before_it():
    values = flat_series(100).values.copy()
    values[-24:] *= 1.5  # eleven weeks before the last origin
    shift = Event("level_shift", START.next(HISTORY - 24).start)
    plain = backtests({"s": series(values)}, CALENDAR)["s"]
    told = backtests({"s": replace(series(values), events=(shift,))}, CALENDAR)["s"]
    *earlier, last = (np.abs(origin.mean - origin.outcome).mean() for origin in told.origins)
    *as_before, untold = (np.abs(origin.mean - origin.outcome).mean() for origin in plain.origins)
    assert last < 0.5 * untold
    assert earlier == as_before  # what had not come yet was not known
