"""The clock in SQL against the engine's, referral by referral, and its edges."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.delivery_rows import SERVICES, operation, stop, visit
from tests.data.lake_rows import rows
from vardbalans.data.load.rules import limits_of, national_limits
from vardbalans.data.load.waits import clocks_of
from vardbalans.data.memory import sql_over
from vardbalans.engine.waitlist.rules import UNLIMITED, Stop, clock, limits_for

FIRST, AFTER = date(2026, 3, 1), date(2026, 6, 1)
START = date(2026, 1, 5)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
CHILD = {"service_id": "BUP", "name": "BUP", "unit_id": "U1", "kind": "first_visit", "guarantee": "child_first_visit"}
RULES = [
    {
        "rule_id": "kortare",
        "kind": "care_guarantee",
        "name": "60 dagar",
        "applies_to": "first_visit",
        "value": 60.0,
        "unit": "dagar",
        "valid_from": date(2026, 2, 1),
        "source": "Regionens egen",
    }
]


NATIONAL = (*national_limits(), UNLIMITED)


def clocks(referrals, stops=(), rules=()):
    """Return the rows of the question over these rows."""
    tables = {"services": [*SERVICES, CHILD], "clock_stops": stops, "referrals": referrals, "rules": rules}
    with sql_over(**{name: rows(name, given_rows) for name, given_rows in tables.items()}) as con:
        con.execute("set timezone = 'Europe/Stockholm'")
        found = clocks_of(con, set(tables), limits_of(con, set(tables)), FIRST, AFTER)
        return found.to_pylist()


def test_a_limit_that_changes_on_a_date_leaves_those_who_had_started():
    found = clocks([visit(1, "2026-01-31"), visit(2, "2026-02-01")], rules=RULES)
    assert [(row["referral_id"], row["limit_days"]) for row in found] == [("R1", 90), ("R2", 60)]


def test_the_regions_own_limit_goes_before_the_national_from_its_day_on():
    """Also where the national one is the younger of the two."""
    old = RULES[0] | {"value": 100.0, "valid_from": date(2010, 1, 1)}
    assert clocks([visit(1, "2026-01-31")], rules=[old])[0]["limit_days"] == 100


def test_stops_of_the_same_day_are_taken_in_one_order():
    """The medical one first, so that its ten days move the limit for the offer on day 95."""
    offered = datetime(2026, 4, 10, 8, tzinfo=UTC)
    stops = [
        stop(1, "2026-01-20", "2026-01-29"),
        stop(1, "2026-01-20", "2026-05-10", "patient_choice", offered_at=offered),
    ]
    (row,) = clocks([visit(1, "2026-01-05", "2026-05-20")], stops)
    assert (row["stopped"], row["deviates"]) == (111, True)


def test_child_psychiatry_has_the_law_and_the_agreement():
    found = clocks([visit(1, "2026-05-01", service_id="BUP")], rules=RULES)
    assert [(row["measure"], row["limit_days"], row["days"]) for row in found] == [
        ("child_first_visit", 30, 30),
        ("first_visit", 60, 30),
    ]


def test_waiting_and_treated_are_two_populations():
    found = clocks(
        [
            visit(1, "2026-01-05", "2026-05-31"),
            visit(2, "2026-01-05", "2026-02-28"),
            visit(7, "2026-01-05", "2026-03-01"),
            visit(3, "2026-01-05", "2026-06-01"),
            visit(4, "2026-01-05", "2026-05-01", closed_reason="declined"),
            operation(5, "2026-01-05", None),
            visit(6, "2026-01-05", service_id="AB", target_date=date(2026, 5, 29)),
        ]
    )
    assert [(row["referral_id"], row["part"], row["measure"], row["days"], row["days_left"]) for row in found] == [
        ("R1", "treated", "first_visit", 146, None),
        ("R7", "treated", "first_visit", 55, None),
        ("R3", "waiting", "first_visit", 146, None),
        ("R5", "waiting", "treatment", None, None),
        ("R6", "waiting", "none", 146, -2),
    ]


stops = st.lists(
    st.tuples(
        st.sampled_from(["medical", "other_region", "patient_choice"]),
        st.integers(-10, 160),
        st.one_of(st.none(), st.integers(0, 40)),
        st.sampled_from([True, True, False, None]),
        st.one_of(st.none(), st.integers(-5, 150)),
        st.sampled_from([True, True, None]),
    ),
    max_size=5,
    unique_by=lambda drawn: drawn[:2],
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["NB", "BUP"]), st.integers(0, 150), stops), min_size=1, max_size=8))
def test_sql_and_the_engine_count_the_same_days(drawn):
    referrals, lines, expected = [], [], []
    for number, (service, waited, given_stops) in enumerate(drawn):
        closed = START + timedelta(waited)
        referrals.append(visit(number, START.isoformat(), closed.isoformat(), service_id=service))
        made = []
        for kind, first, length, informed, offer, declined in given_stops:
            offered = None
            if offer is not None:
                # Every seventh offer is a day without a clock time.
                offered = datetime(2026, 1, 5, 9 if offer % 7 else 0, tzinfo=STOCKHOLM) + timedelta(offer)
            last = None if length is None else START + timedelta(first + length)
            made.append(Stop(kind, START + timedelta(first), last, informed, offered, declined))
            lines.append(
                stop(number, made[-1].first.isoformat(), last and last.isoformat(), kind)
                | {"informed": informed, "declined": declined, "offered_at": offered and offered.astimezone(UTC)}
            )
        if closed >= FIRST:
            until = min(closed, AFTER - timedelta(1))  # closed later, it still waits
            guarantee = "first_visit" if service == "NB" else "child_first_visit"
            for limit in limits_for(NATIONAL, guarantee, {"issued": START}):
                wait = clock(limit, START, until, made)
                expected.append((f"R{number}", limit.measure, limit.days, wait.days, wait.stopped, wait.deviates))
    found = clocks(referrals, lines)
    names = ("referral_id", "measure", "limit_days", "days", "stopped", "deviates")
    assert [tuple(row[name] for name in names) for row in found] == expected


@pytest.mark.parametrize(("offered", "stopped"), [("2026-04-05", 10), ("2026-04-06", 0)])
def test_an_offer_after_the_limit_is_no_offer(offered, stopped):
    choice = stop(
        1, "2026-04-10", "2026-04-19", "patient_choice", offered_at=datetime.fromisoformat(offered + "T08:00+00:00")
    )
    (row,) = clocks([visit(1, "2026-01-05", "2026-05-01")], [choice])
    assert row["stopped"] == stopped


@pytest.mark.parametrize(
    ("offered", "stopped"), [(datetime(2026, 4, 12, 6, tzinfo=UTC), 0), (datetime(2026, 4, 5, 6, tzinfo=UTC), 51)]
)
def test_a_late_offer_moves_the_limit_for_no_other(offered, stopped):
    """Day 97 is late by itself, and so is day 120, but not where the first offer was on day 90."""
    choices = [
        stop(1, "2026-03-16", "2026-04-25", "patient_choice", offered_at=offered),
        stop(1, "2026-04-26", "2026-05-05", "patient_choice", offered_at=datetime(2026, 5, 5, 6, tzinfo=UTC)),
    ]
    (row,) = clocks([visit(1, "2026-01-05", "2026-05-20")], choices)
    assert row["stopped"] == stopped
