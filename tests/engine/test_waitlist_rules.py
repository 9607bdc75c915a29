"""The clock of a wait: worked days, evidence, limits that change on a date, and a slow twin that counts day by day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.waitlist.rules import UNLIMITED, Limit, Stop, clock, deadline, limits_for, limits_held

STOPS = frozenset({"medical", "patient_choice", "other_region"})
EXCLUDES = frozenset({"medical", "patient_choice"})
LAW = Limit("first_visit", 90, date(2017, 4, 1), "HSF", "issued", STOPS, EXCLUDES, frozenset({"first_visit", "child"}))
SHORTER = replace(LAW, days=60, valid_from=date(2027, 1, 1))
AGREED = Limit("child", 30, date(2023, 1, 1), "dir. 2024:50", "issued", STOPS, EXCLUDES, frozenset({"child"}))
ENGLISH = Limit("rtt", 126, date(2015, 10, 1), "SI 2012/2996", "received", services=frozenset({"rtt"}))
START = date(2026, 3, 10)


def day(number: int) -> date:
    return START + timedelta(number)


def choice(first: int, last: int | None = None, **changed) -> Stop:
    """Return patient-chosen waiting with its evidence: offered the day before it begins."""
    evidence = {
        "informed": True,
        "declined": True,
        "offered_at": datetime(2026, 3, 10, 8, 30, tzinfo=UTC) + timedelta(first - 1),
    } | changed
    return Stop("patient_choice", day(first), None if last is None else day(last), **evidence)


def medical(first: int, last: int | None = None) -> Stop:
    return Stop("medical", day(first), None if last is None else day(last))


@pytest.mark.parametrize(
    ("stops", "counted", "last_day"),
    [
        ((), 60, 90),
        # The first and the last day of a stop are both of it; day 1 is the day after the start.
        ((medical(22, 31),), 50, 100),
        ((medical(-9, 2),), 58, 92),
        ((medical(-9, 0),), 60, 90),
        # A day in two stops is one day.
        ((medical(22, 31), choice(26, 33)), 48, 102),
        # The day that is looked at counts; a stop that begins when the limit has passed moves nothing.
        ((medical(60),), 59, None),
        ((medical(61, 70),), 60, 100),
        ((medical(91, 99),), 60, 99),
        ((medical(92, 99),), 60, 90),
        # Moved ahead by one stop, the limit is still there when the next begins.
        ((medical(22, 31), medical(95, 96)), 50, 102),
    ],
)
def test_stopped_days_do_not_count_and_move_the_limit(stops, counted, last_day):
    assert clock(LAW, START, day(60), stops).counted == counted
    assert deadline(LAW, START, stops) == (None if last_day is None else day(last_day))


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({}, ()),
        ({"informed": None}, ("not_informed",)),
        ({"declined": None}, ("not_declined",)),
        ({"offered_at": None}, ("not_offered",)),
        ({"offered_at": datetime(2026, 4, 1, tzinfo=UTC)}, ("without_time",)),
        ({"declined": False, "informed": False}, ("not_informed", "not_declined")),
        # An offer of care after the last day of the guarantee is no offer within it.
        ({"offered_at": datetime(2026, 6, 9, 8, tzinfo=UTC)}, ("offered_late",)),
        ({"offered_at": datetime(2026, 6, 8, 8, tzinfo=UTC)}, ()),
    ],
)
def test_patient_chosen_waiting_needs_its_evidence(changed, lacks):
    found = clock(LAW, START, day(60), [choice(22, 31, **changed)])
    assert tuple(lack for _, each in found.lacking for lack in each) == lacks
    assert (found.stopped, found.deviates) == ((0, False) if lacks else (10, True))


def test_an_offer_is_within_the_limit_where_earlier_stops_have_moved_it():
    late = choice(100, 109, offered_at=datetime(2026, 6, 13, 8, tzinfo=UTC))  # day 95
    assert clock(LAW, START, day(120), [late]).stopped == 0
    assert clock(LAW, START, day(120), [medical(10, 19), late]).stopped == 20
    without_evidence = choice(10, 19, informed=False)
    assert clock(LAW, START, day(120), [without_evidence, late]).stopped == 0
    # A late offer is no stop, and moves the limit for no offer after it: day 115 is late too.
    no_stop = choice(60, 109, offered_at=late.offered_at)
    later = choice(110, 130, offered_at=datetime(2026, 7, 3, 8, tzinfo=UTC))
    assert clock(LAW, START, day(140), [no_stop, later]).stopped == 0


def test_other_regions_time_is_stopped_and_no_deviation():
    found = clock(LAW, START, day(60), [Stop("other_region", day(22), day(31))])
    assert (found.stopped, found.deviates) == (10, False)


def test_the_english_clock_is_never_stopped():
    assert clock(ENGLISH, START, day(60), [medical(10, 19), choice(20, 29)]).counted == 60


def test_a_limit_that_changes_leaves_history_with_its_own():
    limits = (SHORTER, LAW)
    assert [limits_held(limits, "first_visit", day)[0].days for day in (date(2026, 12, 31), date(2027, 1, 1))] == [
        90,
        60,
    ]
    # Before there was any, the wait is measured and held against nothing.
    assert limits_held(limits, "first_visit", date(2016, 1, 1))[0].days is None
    assert limits_held(limits, "none", date(2026, 1, 1)) == ()


def test_several_limits_hold_at_once():
    assert [limit.days for limit in limits_held((LAW, AGREED), "child", START)] == [30, 90]
    assert [limit.days for limit in limits_held((LAW, AGREED), "first_visit", START)] == [90]


def test_a_clock_whose_start_is_not_known_has_not_begun():
    assert limits_for((ENGLISH,), "rtt", {"issued": START, "received": None})[0].days is None
    assert limits_for((ENGLISH,), "rtt", {"issued": START, "received": START}) == (ENGLISH,)


def test_a_limit_below_nothing_is_refused():
    with pytest.raises(BadInput, match="first_visit"):
        replace(LAW, days=-1)
    assert deadline(UNLIMITED, START) is None


stops = st.lists(
    st.tuples(
        st.sampled_from(["medical", "other_region", "patient_choice"]), st.integers(-20, 150), st.integers(0, 60)
    ),
    max_size=6,
    unique_by=lambda stop: stop[:2],
)


def _made(drawn, *, evidence=True):
    return [
        choice(first, first + length, offered_at=datetime(2026, 3, 1, 8, tzinfo=UTC), informed=evidence)
        if kind == "patient_choice"
        else Stop(kind, day(first), day(first + length))
        for kind, first, length in drawn
    ]


@given(stops, st.integers(0, 200))
def test_the_clock_agrees_with_days_counted_one_by_one(drawn, waited):
    made = _made(drawn)
    running = [
        number for number in range(1, waited + 1) if not any(stop.first <= day(number) <= stop.last for stop in made)
    ]
    found = clock(LAW, START, day(waited), made)
    assert found.counted == len(running)
    assert found.days == waited


@given(stops, st.integers(0, 300))
def test_within_the_limit_is_on_or_before_the_deadline(drawn, waited):
    made = _made(drawn)
    assert (clock(LAW, START, day(waited), made).counted <= 90) == (day(waited) <= deadline(LAW, START, made))


@given(stops, st.integers(0, 200))
def test_without_evidence_nothing_of_the_patients_choice_counts(drawn, waited):
    others = [stop for stop in _made(drawn) if stop.kind != "patient_choice"]
    with_choice = clock(LAW, START, day(waited), _made(drawn, evidence=False))
    assert with_choice.stopped == clock(LAW, START, day(waited), others).stopped
