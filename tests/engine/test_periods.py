"""Weeks, months and days; holidays and how months are split."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput, BadPeriod
from vardbalans.engine.periods import Period, month_shares, swedish_calendar, weeks_from

CALENDAR = swedish_calendar(2020, 2045)


@pytest.mark.parametrize(
    ("text", "first", "days"),
    [
        ("2026-W05", date(2026, 1, 26), 7),
        ("2026-W53", date(2026, 12, 28), 7),
        ("2026-02", date(2026, 2, 1), 28),
        ("2028-02", date(2028, 2, 1), 29),
        ("2026-05-17", date(2026, 5, 17), 1),
    ],
)
def test_a_period_is_read_and_written_back(text, first, days):
    period = Period.parse(text)
    assert (period.start, len(period.days), str(period)) == (first, days, text)


@pytest.mark.parametrize("text", ["2025-W53", "2026-W54", "2026-13", "2026-02-30", "v. 5", "", "2026"])
def test_what_is_no_period_is_refused_with_the_forms_that_are(text):
    with pytest.raises(BadPeriod, match="2026-W05"):
        Period.parse(text)


@pytest.mark.parametrize("year", [2026, 2032, 2037, 2043])
def test_long_years_have_53_weeks(year):
    assert str(Period.parse(f"{year}-W53").next()) == f"{year + 1}-W01"


def test_a_week_belongs_to_its_iso_year():
    assert str(Period.week_of(date(2027, 1, 3))) == "2026-W53"


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.sampled_from(["day", "week", "month"]), st.integers(-60, 60))
def test_steps_forth_and_back_meet_and_periods_touch(day, frequency, steps):
    start = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[frequency]
    period = Period(start, frequency)
    assert period.next(steps).next(-steps) == period
    assert period.end == period.next().start
    assert Period.parse(str(period)) == period


def test_midsummer_christmas_and_new_year_eves_are_free():
    for free in ("2026-06-19", "2026-12-24", "2026-12-31", "2026-06-06", "2026-05-14"):
        assert not CALENDAR.is_working(date.fromisoformat(free))
    assert CALENDAR.working_days(Period.parse("2026-W52")) == 3
    assert CALENDAR.working_days(Period.parse("2027-W10")) == 5


def test_a_year_of_weeks_holds_every_working_day_once():
    weeks = weeks_from(Period.parse("2027-W01"), 52)
    shares = month_shares(weeks, CALENDAR)
    worked = sum(float(share.sum()) * CALENDAR.working_days(month) for month, share in shares.items())
    assert worked == pytest.approx(CALENDAR.working_days_of(weeks).sum())
    for month, share in shares.items():
        inside = weeks[0].start <= month.start and month.end <= weeks[-1].end
        assert share.sum() == pytest.approx(1) if inside else share.sum() < 1 + 1e-9


def test_reversed_years_and_a_week_on_a_tuesday_are_refused():
    with pytest.raises(BadInput, match="slutar"):
        swedish_calendar(2030, 2029)
    with pytest.raises(BadPeriod, match="måndag"):
        Period(date(2026, 1, 27), "week")
