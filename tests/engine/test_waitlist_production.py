"""What can be treated ahead: the season and the level of a list's own production."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.errors import MissingFactor
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Series
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.waitlist.production import produced, season_of

CALENDAR = Calendar(())
MONDAY = date(2025, 1, 6)
WEEKS = tuple(Period(MONDAY, "week").next(n) for n in range(52))
SOURCE = Source.of("contacts")


def by_week(values):
    return Series(WEEKS[0].next(-len(values)), np.array(values, float), SOURCE)


def made(series, weeks=WEEKS, draws=200):
    return produced(series, weeks, CALENDAR, draws, np.random.default_rng(1))


def vacations(years=3):
    year = np.full(52, 20.0)
    year[26:31] = 8.0
    return np.tile(year, years)


def test_what_was_treated_is_treated_again_in_the_same_weeks_of_the_year():
    found = made(by_week(vacations()))
    assert found.mean.sum() == pytest.approx(vacations(1).sum())
    assert found.mean[5:20] == pytest.approx(20.0, rel=1e-9)
    assert found.mean[28] == pytest.approx(8.0, rel=1e-9)  # in the middle of the vacations nothing is smoothed away


def test_one_bad_year_leaves_no_mark_in_the_season_nor_in_the_level_of_a_later_one():
    values = vacations()
    values[60:80] *= 0.5
    assert made(by_week(values)).mean == pytest.approx(made(by_week(vacations())).mean)


def test_a_season_without_noise_widens_nothing():
    assert made(by_week(vacations())).draws.std(axis=0).max() < 2.5  # only what the smoothing leaves
    assert made(by_week(np.full(156, 20.0))).draws == pytest.approx(20.0)


def test_less_than_two_years_have_no_season():
    assert season_of(by_week(vacations()[:103]), CALENDAR) == pytest.approx(1.0)
    assert made(by_week([4.0])).mean == pytest.approx(4.0)


def test_a_year_in_which_nothing_was_treated_tells_no_season():
    assert season_of(by_week(np.r_[np.zeros(52), vacations(1)]), CALENDAR) == pytest.approx(1.0)
    assert made(by_week(np.zeros(104))).draws == pytest.approx(0.0)


def test_months_are_split_over_the_weeks_by_working_days():
    months = Series(Period(date(2022, 1, 1), "month"), np.tile([40.0] * 6 + [10.0] + [40.0] * 5, 3), SOURCE)
    weeks = tuple(Period(date(2024, 12, 30), "week").next(n) for n in range(53))
    found = made(months, weeks)
    july = [n for n, week in enumerate(weeks) if week.start >= date(2025, 7, 1) and week.end <= date(2025, 7, 31)]
    spring = [n for n, week in enumerate(weeks) if week.start.month == 3 and week.end.month == 3]
    assert found.mean[july].mean() / found.mean[spring].mean() == pytest.approx(0.25, rel=0.1)
    assert found.mean.sum() == pytest.approx(450 * 53 / 52, rel=0.02)


def test_a_week_without_working_days_gives_nothing():
    closed = Calendar(WEEKS[3].days)
    assert produced(by_week(vacations()), WEEKS, closed, 50, np.random.default_rng(1)).draws[:, 3].max() == 0


def test_an_empty_series_tells_nothing():
    with pytest.raises(MissingFactor):
        made(by_week([]))


@given(st.lists(st.integers(0, 40), min_size=104, max_size=156), st.integers(2, 9))
def test_the_season_is_even_over_the_year_and_knows_no_unit(values, factor):
    series = by_week(values)
    season = season_of(series, CALENDAR)
    assert season.mean() == pytest.approx(1.0)
    assert (season >= 0).all()
    assert made(by_week(np.array(values) * factor), draws=5).mean == pytest.approx(
        made(series, draws=5).mean * factor, abs=1e-9
    )
