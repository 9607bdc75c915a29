"""A planner's judgement: what it changes, from when, that nothing is lost on the way, and what it was worth."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import CALENDAR, WEEKS, flat_series
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Adjustment
from vardbalans.engine.need import FEW_PERIODS, Trial, forecast, judged, value_added
from vardbalans.engine.periods import Period
from vardbalans.engine.sampling import stream

BASE = forecast(flat_series(40), WEEKS, CALENDAR, 300, stream(1, "need"))
FIRST, LAST = WEEKS[0].start, WEEKS[-1].end - timedelta(days=1)


def adjustment(first=FIRST, last=LAST, made=date(2020, 1, 1), name="J1", **change):
    return Adjustment(name, "s", first, last, made, "Produktionsplanerare", "clinic", "Ny remissväg", **change)


def test_so_many_a_week_more_are_added_to_the_mean_and_to_every_draw():
    found = judged(BASE, [adjustment(per_week=4)], CALENDAR)
    assert found.forecast.mean == pytest.approx(BASE.mean + 4)
    assert np.allclose(found.forecast.draws, BASE.draws + 4)
    assert found.base is BASE


def test_a_factor_acts_on_the_mean_and_on_every_draw():
    found = judged(BASE, [adjustment(factor=1.1)], CALENDAR)
    assert found.forecast.mean == pytest.approx(1.1 * BASE.mean)
    assert np.allclose(found.forecast.draws, 1.1 * BASE.draws)


def test_the_order_they_were_made_in_is_the_order_they_act_in():
    """Ten a week more and then a tenth more is 1,1 · (40 + 10); the other way round it is 1,1 · 40 + 10."""
    more, tenth = adjustment(per_week=10), adjustment(factor=1.1, name="J2")
    assert judged(BASE, [more, tenth], CALENDAR).forecast.mean == pytest.approx(1.1 * (BASE.mean + 10))
    assert judged(BASE, [tenth, more], CALENDAR).forecast.mean == pytest.approx(1.1 * BASE.mean + 10)


def test_only_the_weeks_between_its_dates_are_changed_and_a_part_of_a_week_in_part():
    """From the Wednesday of the third week through the fifth: 3 of 5 working days, two whole weeks, then nothing."""
    first = WEEKS[2].start + timedelta(days=2)
    found = judged(BASE, [adjustment(first, WEEKS[4].start + timedelta(days=4), per_week=10)], CALENDAR)
    assert [CALENDAR.working_days(week) for week in WEEKS[:6]] == [5, 5, 5, 5, 5, 5]
    assert found.added[:6] == pytest.approx([0, 0, 6, 10, 10, 0])


def test_nothing_is_changed_before_the_day_it_was_made():
    made = WEEKS[10].start
    found = judged(BASE, [adjustment(made=made, factor=2.0)], CALENDAR)
    assert np.array_equal(found.forecast.mean[:10], BASE.mean[:10])
    assert found.forecast.mean[10:] == pytest.approx(2 * BASE.mean[10:])


def test_an_adjustment_that_reaches_no_week_leaves_the_very_same_forecast():
    long_ago = adjustment(date(2020, 1, 1), date(2020, 2, 1), factor=2.0)
    made_too_late = adjustment(last=WEEKS[4].start, made=WEEKS[5].start, factor=2.0)
    for given_ in ([], [long_ago], [made_too_late]):
        found = judged(BASE, given_, CALENDAR)
        assert found.forecast is BASE
        assert found.changes == ()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(-80, 80).map(lambda count: {"per_week": count}),
            st.floats(0, 3).map(lambda factor: {"factor": factor}),
        ),
        max_size=5,
    )
)
def test_base_and_changes_sum_to_the_adjusted_forecast_and_no_count_is_below_zero(changes):
    found = judged(BASE, [adjustment(name=str(n), **change) for n, change in enumerate(changes)], CALENDAR)
    total = BASE.mean + np.sum([change.added for change in found.changes], axis=0)
    assert found.forecast.mean == pytest.approx(total, abs=1e-9)
    assert found.forecast.mean.min() >= 0
    assert found.forecast.draws.min() >= 0


@pytest.mark.parametrize(
    "change",
    [{}, {"per_week": 1, "factor": 1.1}, {"factor": -0.1}, {"factor": float("nan")}, {"per_week": float("inf")}],
)
def test_a_judgement_is_one_thing_and_a_number(change):
    with pytest.raises(BadInput, match="Justering J1"):
        adjustment(**change)


def test_dates_the_wrong_way_round_are_refused():
    with pytest.raises(BadInput, match="sista dagen"):
        adjustment(LAST, FIRST, per_week=1)


def trial(level, week, before, after, outcome, service="s"):
    return Trial(level, service, WEEKS[week], before, after, outcome)


def test_value_added_by_hand():
    """40 was forecast and 44 judged; 46 came every week: the error goes from 6 to 2. The region's went from 1 to 3."""
    clinic = [trial("clinic", n, 40, 44, 46) for n in range(FEW_PERIODS)]
    region = [trial("region", n, 45, 43, 46) for n in range(FEW_PERIODS)]
    found = value_added([*region, *clinic])
    assert [(row.author_level, row.periods, row.base_error, row.adjusted_error, row.verdict) for row in found] == [
        ("clinic", FEW_PERIODS, 6, 2, "better"),
        ("region", FEW_PERIODS, 1, 3, "worse"),
    ]


def test_below_the_limit_it_is_too_few_to_tell_however_good():
    few = [trial("unit", n, 40, 46, 46) for n in range(FEW_PERIODS - 1)]
    assert value_added(few)[0].verdict == "too_few"
    assert value_added([*few, trial("unit", 0, 40, 46, 46)])[0].verdict == "too_few"  # the same week again
    assert value_added([*few, trial("unit", 0, 40, 46, 46, "another service")])[0].verdict == "better"


def test_a_month_counts_once_and_its_error_is_told_per_week():
    """Of 300 forecast and 330 judged in June came 360: 60 wrong in 30 days is 14 a week, and 30 is 7."""
    june = Trial("clinic", "m", Period.parse("2026-06"), 300, 330, 360)
    (found,) = value_added([june])
    assert (found.periods, found.base_error, found.adjusted_error) == (1, pytest.approx(14), pytest.approx(7))


def test_errors_either_way_that_are_as_large_are_the_same():
    assert value_added(trial("unit", n, 40, 44, 42) for n in range(FEW_PERIODS))[0].verdict == "same"
