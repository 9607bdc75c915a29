"""The weekly review: the recorded order, who can be offered a slot, and what each choice leaves on the list."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.waitlist.review import Effect, Waiter, review
from vardbalans.engine.waitlist.rules import Limit, Stop

LAW = Limit(
    "treatment", 90, date(2017, 4, 1), "HSF", "decided", frozenset({"medical"}), services=frozenset({"treatment"})
)
TODAY = date(2026, 5, 4)


def waiter(key, days, priority="2", target=None, limits=(LAW,), stops=()):
    target_date = None if target is None else TODAY + timedelta(target)
    since = TODAY - timedelta(days)
    return Waiter(key, priority, target_date, since, tuple((limit, since) for limit in limits), stops)


def keys(found):
    return [choice.candidate.waiter.key for choice in found.choices]


def test_the_order_is_as_recorded_whatever_it_does_to_the_guarantee():
    """Two weeks' wait of the first class goes before one who passes the limit tomorrow."""
    found = review(
        [
            waiter("about to pass", 89),
            waiter("urgent", 14, "1"),
            waiter("no class", 300, None),
            waiter("target", 5, "2", 3),
        ],
        [TODAY],
        TODAY,
        ["1", "2"],
    )
    assert keys(found) == ["urgent", "target", "about to pass", "no class"]
    assert [each.waiter.key for _, each in found.offered] == ["urgent"]


def test_what_each_choice_leaves_on_the_list():
    end = TODAY + timedelta(7)
    found = review([waiter("passing", 85), waiter("past", 100), waiter("early", 10)], [TODAY, end], TODAY, ["2"])
    assert found.none == Effect(within=1, past=2, passing=1, unlimited=0)
    effects = {choice.candidate.waiter.key: choice.if_chosen for choice in found.choices}
    assert effects == {
        "passing": Effect(1, 1, 0, 0),
        "past": Effect(1, 1, 1, 0),
        "early": Effect(0, 2, 1, 0),
    }
    assert found.in_order == Effect(1, 0, 0, 0)
    assert [choice.candidate.late for choice in found.choices] == [True, False, False]


def test_the_limits_own_day_is_within_and_the_next_is_past():
    last = [TODAY + timedelta(number) for number in (4, 5, 6)]
    found = [review([waiter("a", 85), waiter("b", 300, "1")], [end], TODAY, ["1", "2"]) for end in last]
    assert [each.in_order.past for each in found] == [0, 0, 1]
    assert [each.in_order.passing for each in found] == [0, 0, 1]


def test_the_cost_of_the_order_stands_beside_the_limits_own():
    found = review([waiter("urgent", 5, "1"), waiter("passing", 88, "2")], [TODAY + timedelta(7)], TODAY, ["1", "2"])
    assert (found.in_order.past, found.by_limit.past) == (1, 0)


def test_who_is_in_a_stop_cannot_be_offered_a_slot():
    stop = Stop("medical", TODAY - timedelta(3), TODAY + timedelta(3))
    waiters = [waiter("stopped", 50, "1", stops=(stop,)), waiter("next", 10)]
    found = review(waiters, [TODAY + timedelta(1), TODAY + timedelta(4)], TODAY, ["1", "2"])
    assert [(day, each.waiter.key) for day, each in found.offered] == [
        (TODAY + timedelta(1), "next"),
        (TODAY + timedelta(4), "stopped"),
    ]
    first = found.choices[0].candidate
    assert (first.stopped, first.counted, first.due) == (True, 46, TODAY + timedelta(47))


def test_a_patients_choice_without_evidence_keeps_nobody_from_an_offer():
    law = replace(LAW, stops=frozenset({"patient_choice"}))
    choice = Stop("patient_choice", TODAY - timedelta(3), TODAY + timedelta(3), informed=True, declined=False)
    found = review([waiter("asked for later", 50, limits=(law,), stops=(choice,))], [TODAY], TODAY, ["2"])
    assert [each.stopped for _, each in found.offered] == [False]


def test_each_limit_has_a_start_of_its_own():
    """Ninety days from the decision ten days ago, and sixty from a referral fifty days ago: ten days are left."""
    whole = replace(LAW, measure="whole", days=60, start="issued")
    limits = ((LAW, TODAY - timedelta(10)), (whole, TODAY - timedelta(50)))
    one = Waiter("a", "1", None, TODAY - timedelta(50), limits)
    (choice,) = review([one], [TODAY], TODAY, ["1"]).choices
    assert (choice.candidate.days, choice.candidate.counted) == (50, 50)
    assert choice.candidate.due == TODAY + timedelta(10)


def test_of_several_limits_the_first_to_pass_counts_and_without_one_nothing_does():
    agreed = replace(LAW, measure="child", days=30)
    found = review([waiter("child", 10, limits=(LAW, agreed)), waiter("none", 10, limits=())], [TODAY], TODAY, ["2"])
    assert [choice.candidate.due for choice in found.choices] == [TODAY + timedelta(20), None]
    assert found.none == Effect(1, 0, 0, 1)


@pytest.mark.parametrize("slots", [[], [TODAY - timedelta(1)]])
def test_slots_must_be_free_and_ahead(slots):
    with pytest.raises(BadInput, match="ledig tid"):
        review([waiter("a", 1)], slots, TODAY, ["1"])


lists = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from(["1", "2", "3", None]),
        st.one_of(st.none(), st.integers(-30, 60)),
        st.booleans(),
        st.one_of(st.none(), st.tuples(st.integers(-100, 20), st.integers(0, 60))),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(lists, st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_what_a_choice_leaves_is_the_review_without_that_one(drawn, days):
    waiters = [
        waiter(
            str(number),
            waited,
            priority,
            target,
            (LAW,) if limited else (),
            () if stop is None else (Stop("medical", TODAY + timedelta(stop[0]), TODAY + timedelta(sum(stop))),),
        )
        for number, (waited, priority, target, limited, stop) in enumerate(drawn)
    ]
    slots = [TODAY + timedelta(number) for number in days]
    found = review(waiters, slots, TODAY, ["1", "2", "3"])
    assert sorted(keys(found)) == sorted(waiter.key for waiter in waiters)
    for choice in found.choices:
        others = [other for other in waiters if other.key != choice.candidate.waiter.key]
        assert choice.if_chosen == review(others, slots, TODAY, ["1", "2", "3"]).none
    for effect in (found.none, found.in_order, found.by_limit):
        assert effect.passing <= effect.past
    # Whoever gets a slot, as many are left; nobody is offered two, and nobody in a stop is offered one.
    left = [sum([e.within, e.past, e.unlimited]) for e in (found.in_order, found.none)]
    assert left[1] - left[0] == len(found.offered) <= len(slots)
    assert found.by_limit.past <= found.none.past


@given(lists)
def test_no_one_of_a_later_class_stands_before_an_earlier(drawn):
    waiters = [waiter(str(number), *row[:3]) for number, row in enumerate(drawn)]
    found = review(waiters, [TODAY], TODAY, ["1", "2", "3"])
    classes = [choice.candidate.waiter.priority or "9" for choice in found.choices]
    assert classes == sorted(classes)
