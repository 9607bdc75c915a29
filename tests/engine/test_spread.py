"""A year over weeks and days: the sums are exact, the remainders the largest, and the limits hold."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.periods import Period, swedish_calendar
from vardbalans.engine.spread import Wanted, days_of_year, is_squeezed, largest_remainder, spread_year

CALENDAR = swedish_calendar(2025, 2029)
DAYS = days_of_year(2027)
OPEN = np.array([float(CALENDAR.is_working(day)) for day in DAYS])
EVEN = np.ones(len(DAYS))
SUMMER = np.array([1.0 if day.month not in (6, 7, 8) else 0.4 for day in DAYS])


def wanted(volume, **more):
    return Wanted(volume, DAYS, more.pop("open_weights", OPEN), more.pop("season", EVEN), **more)


def test_largest_remainders_by_hand():
    """10 over 1.5 : 3 : 5.5 are 1.5, 3, 5.5 → 1, 3, 5 and one more for the first of the equal halves."""
    assert largest_remainder(10, np.array([1.5, 3, 5.5])).tolist() == [2, 3, 5]
    assert largest_remainder(10, np.array([1.5, 3, 5.5]), np.array([9.0, 9.0, 4.0])).tolist() == [2, 4, 4]
    with pytest.raises(Impossible, match="plats för 6 av 10"):
        largest_remainder(10, np.array([1.0, 1.0]), np.array([3.0, 3.0]))
    with pytest.raises(Impossible, match="plats för 0"):
        largest_remainder(1, np.zeros(2))
    assert largest_remainder(0, np.zeros(2)).tolist() == [0, 0]


@given(
    st.integers(0, 5000),
    st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 400)), min_size=1, max_size=30),
)
def test_the_sum_is_exact_and_no_part_is_far_from_its_share(total, rows):
    weights = np.array([weight for weight, _ in rows])
    most = np.array([float(limit) for _, limit in rows])
    whole = largest_remainder(total, weights)
    assert whole.sum() == total
    assert (np.abs(whole - total * weights / weights.sum()) < 1 + 1e-6).all()
    if total <= most.sum():
        held = largest_remainder(total, weights, most)
        assert held.sum() == total
        assert (held <= most).all()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 6000),
    st.dictionaries(st.integers(0, 51), st.integers(0, 40), max_size=5),
    st.sampled_from([None, 0.02, 0.2]),
)
def test_days_are_the_weeks_and_weeks_the_year(volume, locks, target):
    weeks = sorted({Period.week_of(day) for day in DAYS})
    locked = {weeks[place]: count for place, count in locks.items()}
    if sum(locked.values()) > volume:
        return
    found = spread_year(wanted(volume, season=SUMMER, locked=locked, target=target))
    assert sum(found.weeks.values()) == sum(found.days.values()) == volume
    for week, count in found.weeks.items():
        assert count == sum(found.days.get(day, 0) for day in week.days)
        assert count >= 0
    assert {week: found.weeks[week] for week in locked} == locked
    closed = [day for day, weight in zip(DAYS, OPEN, strict=True) if not weight and Period.week_of(day) not in locked]
    assert sum(found.days[day] for day in closed) == 0


def test_the_season_is_followed_and_drawn_even_no_further_than_needed():
    as_it_is = spread_year(wanted(5000, season=SUMMER))
    july, october = (sum(count for day, count in as_it_is.days.items() if day.month == month) for month in (7, 10))
    assert july < 0.5 * october
    assert (as_it_is.evened, as_it_is.reached) == (0.0, None)
    evener = spread_year(wanted(5000, season=SUMMER, target=0.1))
    assert evener.reached
    assert evener.variation <= 0.1 < as_it_is.variation
    assert 0 < evener.evened < 1
    assert spread_year(wanted(5000, target=0.05)).evened == 0.0


def test_what_capacity_does_not_allow_is_told():
    weeks = sorted({Period.week_of(day) for day in DAYS})
    most = dict.fromkeys(weeks[:26], 40) | dict.fromkeys(weeks[26:], 120)
    found = spread_year(wanted(3000, most=most, target=0.05))
    assert not found.reached
    assert all(found.weeks[week] <= most[week] for week in weeks)
    with pytest.raises(Impossible, match="plats för"):
        spread_year(wanted(9000, most=most))


def test_a_squeeze_day_and_a_half_open_day_weigh_less():
    squeezed = [day for day in DAYS if is_squeezed(day, CALENDAR)]
    assert date(2027, 5, 7) in squeezed  # after Ascension Day
    assert date(2027, 5, 12) not in squeezed
    weights = np.where([day in squeezed for day in DAYS], 0.5, OPEN)
    found = spread_year(wanted(12_500, open_weights=weights))
    assert found.days[date(2027, 5, 7)] < 0.7 * found.days[date(2027, 5, 12)]
    assert found.days[date(2027, 5, 7) - timedelta(days=1)] == 0


def test_what_cannot_be_is_refused():
    for more in ({"volume": -1}, {"volume": 1, "season": -EVEN}):
        with pytest.raises(BadInput):
            wanted(**more)
    with pytest.raises(BadInput, match="utanför året"):
        spread_year(wanted(10, locked={Period.parse("2029-W10"): 1}))
    with pytest.raises(BadInput, match="fler än årets volym"):
        spread_year(wanted(10, locked={Period.parse("2027-W10"): 11}))
