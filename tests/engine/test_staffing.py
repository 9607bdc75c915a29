"""Staffing ratios: people on shifts by hand, posts and weeks, and what must hold for any number of patients."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import CALENDAR, LONG_AGO
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.periods import Period
from vardbalans.engine.staffing import StaffingRatio, by_week, over_days, posts, staff_needed

WEEK = Period.parse("2027-W10")
CHRISTMAS = Period.parse("2026-W52")


def ratio(per_staff, category="ordinary", *, shift="day", weekend=False, minutes=480.0, **more):
    more = {"competence": "nurse", "per": "patient", "valid_from": LONG_AGO, **more}
    return StaffingRatio(category=category, shift=shift, weekend=weekend, per_staff=per_staff, minutes=minutes, **more)


RATIOS = (
    ratio(4),
    ratio(2, "heavy"),
    ratio(8, shift="night", minutes=600.0, least=3),
    ratio(4, "heavy", shift="night", minutes=600.0, least=3),
    ratio(5, weekend=True),
    ratio(2.5, "heavy", weekend=True),
    ratio(6, competence="assistant", per="bed"),
)


def needed(ordinary=14.0, heavy=3.0, beds=18.0, week=WEEK, ratios=RATIOS):
    days = week.days
    counts = {"ordinary": np.full(7, ordinary), "heavy": np.full(7, heavy)}
    found = staff_needed(ratios, days, counts, CALENDAR, np.full(7, beds))
    return {(row.competence, row.shift): row for row in found}


def test_a_week_by_hand():
    """Weekdays 14/4 + 3/2 = 5, nights 14/8 + 3/4 = 2.5, at least 3, weekends 14/5 + 3/2.5 = 4, assistants 18/6 = 3."""
    found = needed()
    assert found["nurse", "day"].staff.tolist() == [5, 5, 5, 5, 5, 4, 4]
    assert found["nurse", "night"].staff.tolist() == [3, 3, 3, 3, 3, 0, 0]  # no ratio for nights of weekends
    assert found["assistant", "day"].staff.tolist() == [3, 3, 3, 3, 3, 0, 0]
    assert found["nurse", "day"].minutes.sum() == (25 + 8) * 480
    assert found["nurse", "night"].minutes.sum() == 15 * 600
    nurses = found["nurse", "day"].minutes + found["nurse", "night"].minutes
    assert by_week(nurses, WEEK.days, [WEEK]).tolist() == [24_840]
    assert posts(np.array([24_840.0]), 2400) == pytest.approx([10.35])
    assert posts(np.array([24_840.0]), 2400, 0.8) == pytest.approx([12.9375])


def test_holidays_are_weekends():
    assert needed(week=CHRISTMAS)["nurse", "day"].staff.tolist() == [5, 5, 5, 4, 4, 4, 4]


def test_a_new_ratio_holds_from_its_day():
    newer = ratio(3.5, valid_from=WEEK.days[2])  # 14/3.5 + 3/2 = 5.5
    assert needed(ratios=(*RATIOS, newer))["nurse", "day"].staff.tolist()[:5] == [5, 5, 6, 6, 6]


def test_nobody_still_takes_the_least_that_is_decided():
    found = needed(ordinary=0.0, heavy=0.0)
    assert found["nurse", "night"].staff.tolist()[:5] == [3] * 5
    assert found["nurse", "day"].staff.sum() == 0


def test_draws_of_patients_give_draws_of_staff():
    drawn = np.array([[4.0] * 7, [8.0] * 7])
    (found,) = staff_needed([ratio(4)], WEEK.days, {"ordinary": drawn}, CALENDAR)
    assert found.staff.shape == (2, 7)
    assert found.staff[:, 0].tolist() == [1, 2]
    assert by_week(found.staff, WEEK.days, [WEEK]).tolist() == [[5], [10]]


def test_what_is_missing_is_listed():
    counts = {"ordinary": np.ones(7), "child": np.ones(7)}
    with pytest.raises(MissingFactor) as caught:
        staff_needed(RATIOS, WEEK.days, counts, CALENDAR)
    assert [str(item) for item in caught.value.missing] == [
        "antal patienter i kategorin heavy",
        "bemanningsnyckel för kategorin child",
        "antal vårdplatser",
    ]
    late = [ratio(4, valid_from=WEEK.end)]
    with pytest.raises(MissingFactor, match="gäller från första dagen"):
        staff_needed(late, WEEK.days, {"ordinary": np.ones(7)}, CALENDAR)
    with pytest.raises(BadInput, match="noll eller mer"):
        staff_needed([ratio(4)], WEEK.days, {"ordinary": np.full(7, -1.0)}, CALENDAR)
    with pytest.raises(BadInput, match="nurse"):
        ratio(0)
    with pytest.raises(BadInput, match="Heltid"):
        posts(np.ones(1), 0)


@given(st.floats(0, 200), st.floats(0, 50), st.floats(0, 50))
def test_more_patients_never_need_fewer_and_rounding_adds_less_than_one(ordinary, heavy, more):
    fewer, found = needed(ordinary, heavy), needed(ordinary + more, heavy)
    for name, row in found.items():
        assert (row.staff >= fewer[name].staff).all()
    exact = (ordinary + more) / 4 + heavy / 2
    assert exact - 1e-6 <= found["nurse", "day"].staff[0] < exact + 1
    assert found["nurse", "day"].minutes.tolist() == (found["nurse", "day"].staff * 480).tolist()


def test_a_plans_minutes_fall_on_the_working_days():
    """900 minutes in a week of three working days, and 700 in one of five; a ward works every day."""
    weeks = [CHRISTMAS, WEEK]
    found = over_days(np.array([900.0, 700.0]), weeks, CALENDAR)
    assert found.tolist() == [300, 300, 300, 0, 0, 0, 0, 140, 140, 140, 140, 140, 0, 0]
    assert over_days(np.array([700.0]), [WEEK], CALENDAR, every_day=True).tolist() == [100] * 7


@given(st.lists(st.floats(0, 1e5), min_size=3, max_size=3))
def test_days_sum_to_their_weeks(minutes):
    weeks = [CHRISTMAS.next(n) for n in range(3)]
    days = [day for week in weeks for day in week.days]
    assert by_week(over_days(np.array(minutes), weeks, CALENDAR), days, weeks) == pytest.approx(minutes)


def test_a_week_without_working_days_takes_no_work():
    closed = type(CALENDAR)(frozenset(WEEK.start + timedelta(days=n) for n in range(7)))
    assert over_days(np.zeros(1), [WEEK], closed).tolist() == [0] * 7
    with pytest.raises(BadInput, match="2027-W10"):
        over_days(np.ones(1), [WEEK], closed)
    assert date(2027, 3, 8) in closed.holidays
