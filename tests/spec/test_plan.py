"""The production plan by example: five services and three resources solved by hand, as in docs/explanation/plan.md."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.engine.planning import PLAIN, flat, plan, problem, room, service
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Extra, Leave, Link, PlannedResource, Use, Way, Weights
from vardbalans.engine.plan.solve import propose
from vardbalans.engine.solving import Limits, Status

WEEKS = 4
DOCS = Path(__file__).parents[2] / "docs/explanation/plan.md"


def clinic(**more):
    def of(name, need, uses, **rest):
        ways = (Way("own", "egen", tuple(Use(resource, minutes) for resource, minutes in uses.items())),)
        return service(name, need=need, weeks=WEEKS, ways=ways, **rest)

    return problem(
        [
            of(
                "first_visit", 24, {"doctor": 45, "nurse": 10}, queue=24.0, limit_weeks=1, due=np.array([24.0, 0, 0, 0])
            ),
            of("follow_up", 25, {"doctor": 30}, queue=10.0),
            of("nurse_visit", 50, {"nurse": 40}, limit_weeks=0),
            of("surgery", 6, {"theatre": 120, "doctor": 60}, queue=12.0, limit_weeks=1, due=np.array([12.0, 0, 0, 0])),
            of("acute", 2, {"theatre": 150, "doctor": 60}, limit_weeks=0),
        ],
        [
            room("doctor", minutes=2400, weeks=WEEKS),
            room("nurse", minutes=2400, weeks=WEEKS),
            room("theatre", minutes=1200, weeks=WEEKS),
        ],
        weeks=WEEKS,
        **more,
    )


BY_HAND = {"first_visit": 24, "follow_up": 25, "nurse_visit": 50, "surgery": 7.5, "acute": 2}


def test_five_services_and_three_resources_by_hand():
    found = propose(clinic())
    assert found.status is Status.BEST
    for name, each_week in BY_HAND.items():
        assert found.plan.production[name, "own"] == pytest.approx(flat(each_week, WEEKS))
    value = found.judgement.value
    assert value.late == pytest.approx(4.5 + 3 + 1.5 + 0)
    assert value.waiting == pytest.approx((10.5 + 9 + 7.5 + 6) + 4 * 24 + 4 * 10)
    assert value.outside == 3
    assert value.change == pytest.approx(0)
    assert value.total == pytest.approx(9 * 1000 + 169 * 10)
    assert found.bound == pytest.approx(value.total)
    assert found.gap == pytest.approx(0)


def test_the_hand_solved_case_is_told_with_its_arithmetic():
    text = re.sub(r"[\s\u00a0]+", " ", DOCS.read_text(encoding="utf-8"))
    for said in (
        "(1 200 − 2 · 150) / 120 = 7.5",
        "4.5 + 3 + 1.5 + 0 = 9",
        "9 · 1 000 + 169 · 10 = 10 690",
        "60 / 43 = 1.4",
    ):
        assert said in text


def test_nobody_does_better_than_the_proposal_by_hand():
    best = propose(clinic()).judgement.value.total
    for surgery in (6, 7, 7.5):
        tried = judge(
            clinic(), plan(**{name: [each] * WEEKS for name, each in (BY_HAND | {"surgery": surgery}).items()})
        )
        assert not tried.breaches
        assert tried.value.total >= best - 1e-6


def test_one_more_hour_is_as_many_patients_as_it_holds():
    """An operation takes 43 minutes and 20 wait past their limit: an hour more is 60 / 43 = 1.4 patients."""
    needed = service("Operation", need=10, minutes=43, weeks=2, queue=20.0, limit_weeks=1, due=np.array([20.0, 0]))
    found = propose(problem([needed], [room(minutes=430, weeks=2)], weeks=2, weights=PLAIN))
    (first, _) = sorted(found.shadow_prices, key=lambda price: price.week)
    assert first.patients == pytest.approx(60 / 43)
    assert str(first.sentence) == "En timme till av room vecka 2026-W10 = 1,4 patienter till i Operation."
    more = propose(problem([needed], [room(minutes=np.array([490.0, 430]), weeks=2)], weeks=2, weights=PLAIN))
    assert found.judgement.value.total - more.judgement.value.total == pytest.approx(first.worth)


def test_visits_bring_operations_after_their_lag():
    """Ten visits, half of which lead to an operation two weeks later: five are due in weeks 3 and 4."""
    visit = service("visit", need=10, minutes=1, weeks=4, limit_weeks=0)
    surgery = service("surgery", need=0, minutes=1, weeks=4, limit_weeks=0)
    found = propose(
        problem(
            [visit, surgery], [room(minutes=100, weeks=4)], weeks=4, links=(Link("visit", "surgery", 0.5, (0, 0, 1)),)
        )
    )
    assert found.plan.production["surgery", "own"] == pytest.approx([0, 0, 5, 5])


def test_only_what_is_beyond_the_ordinary_is_brought():
    """Need downstream already holds what the ordinary eight visits lead to."""
    visit = service("visit", need=10, minutes=1, weeks=2, limit_weeks=0, ordinary=flat(8, 2))
    surgery = service("surgery", need=4, minutes=1, weeks=2, limit_weeks=0)
    found = propose(
        problem([visit, surgery], [room(minutes=100, weeks=2)], weeks=2, links=(Link("visit", "surgery", 0.5, (1.0,)),))
    )
    assert found.plan.production["surgery", "own"] == pytest.approx([5, 5])


def test_a_stay_takes_its_bed_in_the_week_after_too():
    """A stay takes 70 bed-minutes in its own week and 30 in the next; 100 are free in each, and they fill up."""
    stay = service(
        "stay", need=np.array([5.0, 0]), way=Way("own", "egen", (Use("bed", 100, (0.7, 0.3)),)), limit_weeks=0
    )
    found = propose(problem([stay], [room("bed", minutes=100, weeks=2)], weeks=2))
    first, second = found.plan.production["stay", "own"]
    assert 70 * first == pytest.approx(100)
    assert 70 * second + 30 * first == pytest.approx(100)


def test_sessions_are_whole_and_opened_where_they_pay():
    """Twenty wait past the limit and ten fit; a session holds four and costs 1 000 kr: three hold the rest."""
    waiting = service(need=0, minutes=10, weeks=1, queue=20.0, due=flat(20, 1), limit_weeks=1)
    extra = Extra("session", flat(5, 1), 40.0, 100_000.0, whole=True)
    found = propose(problem([waiting], [room(minutes=100, extras=(extra,))]))
    assert found.status is Status.BEST
    assert found.plan.extras["room", "session"] == pytest.approx([3])
    assert found.judgement.value.cost_ore == 300_000


def test_care_is_bought_only_where_waiting_weighs_more():
    def bought(price):
        ways = (Way("own", "egen", (Use("room", 10.0),)), Way("EXT", "EXT", (), 100.0 * price, 5.0))
        waiting = service(need=0, weeks=1, ways=ways, queue=20.0, due=flat(20, 1), limit_weeks=1)
        return propose(problem([waiting])).plan.production["s", "EXT"][0]

    assert bought(900) == pytest.approx(5)
    assert bought(1100) == pytest.approx(0)


def test_another_site_is_used_within_the_limit_for_journeys():
    def at_other_site(limit):
        ways = (
            Way("own", "egen", (Use("room", 10.0),)),
            Way("north", "Norra", (Use("north", 10.0),), travel_minutes=45.0),
        )
        waiting = service(need=0, weeks=1, ways=ways, queue=20.0, due=flat(20, 1), limit_weeks=1)
        both = [room(minutes=100), room("north", minutes=100)]
        return propose(problem([waiting], both, travel_limit_minutes=limit)).plan.production["s", "north"][0]

    assert at_other_site(None) == at_other_site(45.0) == pytest.approx(10)
    assert at_other_site(44.0) == pytest.approx(0)


def test_leave_is_given_in_the_weeks_with_least_to_do():
    """A week of leave, at most half away at once, in three weeks: those who cannot wait fill the middle one."""
    waiting = service(need=np.array([1.0, 10, 1]), limit_weeks=0)
    nurse = PlannedResource("room", "room", flat(100, 3), leave=(Leave(100.0, 0, 2, 0.5),))
    found = propose(problem([waiting], [nurse], weeks=3))
    assert found.plan.leave["room"] == pytest.approx([50, 0, 50])
    assert found.judgement.value.late == pytest.approx(0)


def test_production_is_even_per_working_day():
    """Thirty-eight must be treated in four weeks, one of four days: ten in each full week, eight in the short one."""
    dear = Way("own", "egen", (Use("room", 10.0),), 1_000.0)
    waiting = service(need=0, weeks=4, way=dear, queue=38.0, due=np.array([0, 0, 0, 38.0]), limit_weeks=9)
    days = np.array([5.0, 4, 5, 5])
    weighed = Weights(waiting=0.0)
    found = propose(problem([waiting], [room(minutes=1000, weeks=4)], weeks=4, working_days=days, weights=weighed))
    assert found.plan.production["s", "own"] == pytest.approx([10, 8, 10, 10])
    assert found.judgement.value.change == pytest.approx(0)


@pytest.mark.parametrize(("minutes", "hours"), [(60, 3), (180, 0)])
def test_overtime_without_a_known_cost_is_used_where_waiting_weighs_more(minutes, hours):
    """An hour weighs 500, a person a week past the limit 1 000 (and 10 for waiting): two hours pay, three do not."""
    late = service(need=0, minutes=minutes, queue=3.0, due=flat(3, 1), limit_weeks=1)
    extra = Extra("overtime", flat(600, 1))
    found = propose(problem([late], [room(minutes=0, extras=(extra,))]))
    assert found.judgement.value.unpriced_hours == pytest.approx(hours)


def test_what_is_impossible_says_which_rules_clash_and_what_to_give_up():
    """Twenty must be treated and ten fit: capacity clashes with the guarantee; 100 minutes are the least to give."""
    waiting = service("Operation", need=0, queue=20.0, due=flat(20, 1), limit_weeks=1)
    found = propose(problem([waiting], guarantee_from=0, budget_ore=1e9))
    assert found.status is Status.IMPOSSIBLE
    assert found.plan is None
    assert found.judgement is None
    assert found.gap is None
    assert set(found.clash) == {"capacity_holds", "guarantee_holds"}
    (given,) = found.relaxations
    assert given.rule == "capacity_holds"  # 100 minutes are an hour and two thirds, less than ten people
    assert given.amount == pytest.approx(100)
    assert str(given.sentence) == "room, 2026-W10: 100,0 minuter till behövs."


def test_only_one_rule_is_given_up_where_one_is_enough():
    """Alone, one list would rather have minutes and the other be late; minutes for both are one rule, not two."""
    short = service("short", need=0, minutes=1, queue=60.0, due=flat(60, 1), limit_weeks=1)
    long = service("long", need=0, minutes=600, queue=1.0, due=flat(1, 1), limit_weeks=1, resource="hall")
    rooms = [room(minutes=0), room("hall", minutes=0)]
    found = propose(problem([short, long], rooms, guarantee_from=0, budget_ore=1e9))  # a budget: one part
    assert found.status is Status.IMPOSSIBLE
    assert len({item.rule for item in found.relaxations}) == 1
    assert len(found.relaxations) == 2


def test_an_hour_more_is_never_more_patients_than_it_holds():
    """Where a plan is even an hour less would break it, and its price would be eight patients."""
    waiting = service(need=10, minutes=43, weeks=6, queue=20.0, due=np.array([10.0, 10, 0, 0, 0, 0]), limit_weeks=2)
    found = propose(problem([waiting], [room(minutes=430, weeks=6)], weeks=6))
    assert found.shadow_prices
    assert all(price.patients <= 60 / 43 + 1e-9 for price in found.shadow_prices)


def test_no_time_is_an_outcome_of_its_own():
    many = [
        service(f"s{n}", need=0, minutes=7 + n % 5, weeks=10, queue=50.0, due=flat(5, 10), limit_weeks=1)
        for n in range(60)
    ]
    extra = Extra("session", flat(3, 10), 37.0, 11_111.0, whole=True)
    found = propose(problem(many, [room(minutes=500, weeks=10, extras=(extra,))], weeks=10), Limits(seconds=1e-6))
    assert found.status is Status.OUT_OF_TIME
    assert found.plan is None


def test_the_same_problem_gives_the_same_plan():
    first, second = propose(clinic()), propose(clinic())
    for key, values in first.plan.production.items():
        assert values.tolist() == second.plan.production[key].tolist()
