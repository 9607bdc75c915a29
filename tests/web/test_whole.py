"""Whole slots from the optimiser's fractions: what the fractions keep, the whole ones keep; judged without a solver."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.planning import plan, problem, problems, room, service
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Link, Plan, Use, Way
from vardbalans.engine.plan.flow import trimmed
from vardbalans.web.planning.whole import whole_slots


@st.composite
def fractional(draw):
    """Return a problem, and a plan of fractions that takes no more than there is and nobody who does not wait."""
    whole = draw(problems())
    share = draw(st.floats(0, 1))
    made = {}
    room_left = {row.resource_id: np.array(row.available) for row in whole.resources}
    for row in whole.services:
        most = np.min([room_left[use.resource_id] / use.minutes for use in row.ways[0].uses], axis=0)
        made[row.service_id, "own"] = share * most
        for use in row.ways[0].uses:
            room_left[use.resource_id] = room_left[use.resource_id] - share * most * use.minutes
    return whole, trimmed(whole, Plan(made))


@given(fractional())
@settings(max_examples=60, deadline=None)
def test_whole_slots_break_no_rule_that_the_fractions_keep(pair) -> None:
    whole, made = pair
    names = {row.service_id for row in whole.services}
    found = whole_slots(whole, made, names, range(len(whole.weeks)), ())
    slots = Plan({(name, "own"): np.zeros(len(whole.weeks)) for name in names})
    for (name, week), value in found.items():
        slots.production[name, "own"][week] = value
    broken = {row.rule for row in judge(whole, slots).breaches}
    assert broken <= {row.rule for row in judge(whole, made).breaches}
    for name in names:
        ahead = np.cumsum(slots.production[name, "own"]) - np.cumsum(made.production[name, "own"])
        assert ahead.max() <= 1e-5, "never ahead of the fractions"


def test_what_is_left_over_is_carried_to_a_whole_slot() -> None:
    whole = problem([service(queue=10.0, weeks=4)], weeks=4)
    found = whole_slots(whole, plan(s=[0.5, 0.5, 1.25, 0.75]), {"s"}, range(4), ())
    assert [found["s", week] for week in range(4)] == [0, 1, 1, 1]


def test_locked_weeks_and_the_services_of_others_are_left() -> None:
    whole = problem([service(queue=10.0, weeks=2), service("t", queue=5.0, weeks=2)], weeks=2)
    found = whole_slots(whole, plan(s=[1.5, 1.5], t=[1.5, 1.5]), {"s"}, range(2), {("s", 0)})
    assert found == {("s", 1): 1}


def test_a_slot_waits_for_a_week_that_its_resources_have_room_in() -> None:
    tight = room(minutes=np.array([15.0, 15.0, 20.0]))
    whole = problem([service(queue=10.0, weeks=3)], [tight], weeks=3)
    found = whole_slots(whole, plan(s=[1.5, 1.5, 1.5]), {"s"}, range(3), ())
    assert [found["s", week] for week in range(3)] == [1, 1, 2]


def test_what_is_bought_takes_no_room_and_stays_take_it_in_the_weeks_after() -> None:
    stay = Way("own", "egen", (Use("room", 10.0, (0.5, 0.5)),))
    whole = problem(
        [service(ways=(stay, Way("bought", "köpt")), queue=10.0, weeks=2)], [room(minutes=10.0, weeks=2)], weeks=2
    )
    made = Plan({("s", "own"): np.array([1.0, 1.0]), ("s", "bought"): np.array([1.5, 1.5])})
    found = whole_slots(whole, made, {"s"}, range(2), ())
    assert [found["s", week] for week in range(2)] == [2, 2], "a fifth would be done in one's own beds, which are full"


def test_nobody_is_planned_for_who_does_not_come_because_fewer_are_treated_before() -> None:
    before, after = service("x", queue=9.0, weeks=4, resource="a"), service("y", weeks=4, resource="b")
    rooms = [room("a", minutes=9.0, weeks=4), room("b", weeks=4)]
    whole = problem([before, after], rooms, weeks=4, links=(Link("x", "y", 1.0, (0.0, 1.0)),))
    found = whole_slots(whole, plan(x=[0.9, 0.9, 0.0, 0.0], y=[0.0, 0.9, 0.9, 0.0]), {"x", "y"}, range(4), ())
    assert set(found.values()) == {0}, "a whole slot of x has no room, so nobody comes to y"
