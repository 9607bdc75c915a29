"""What holds for any planning problem: solver and checker agree, and better conditions never make a worse plan."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.planning import flat, problem, problems, room, service, sites
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Extra, Plan, Use, Way, Weights
from vardbalans.engine.plan.flow import trimmed
from vardbalans.engine.plan.parts import parts_of
from vardbalans.engine.plan.solve import propose
from vardbalans.engine.solving import Status

few = settings(max_examples=25, deadline=None)


def _total(whole):
    found = propose(whole)
    assert found.status is Status.BEST
    assert not found.judgement.breaches
    assert found.bound == pytest.approx(found.judgement.value.total, rel=1e-6, abs=1e-3)
    return found.judgement.value.total


def _more(whole, factor, add):
    return replace(
        whole, resources=tuple(replace(row, available=factor * row.available + add) for row in whole.resources)
    )


@few
@given(problems(), st.integers(1, 50))
def test_more_capacity_never_makes_a_worse_plan(whole, more):
    assert _total(_more(whole, 1.0, more)) <= _total(whole) + 1e-4


@few
@given(problems(), st.sampled_from([0.5, 3.0]))
def test_minutes_and_capacity_scaled_together_change_nothing(whole, factor):
    def longer(way):
        return replace(way, uses=tuple(replace(use, minutes=factor * use.minutes) for use in way.uses))

    services = tuple(replace(row, ways=tuple(map(longer, row.ways))) for row in whole.services)
    scaled = replace(_more(whole, factor, 0.0), services=services)
    assert _total(scaled) == pytest.approx(_total(whole), rel=1e-6, abs=1e-3)


@few
@given(problems(guarantee=True), st.data())
def test_checker_and_solver_agree_on_what_is_possible(whole, data):
    """A plan at random, all of it locked: the solver finds it possible exactly when the checker finds no breach."""
    weeks = len(whole.weeks)
    counts = st.lists(st.integers(0, 10), min_size=weeks, max_size=weeks)
    made = Plan({(row.service_id, "own"): np.array(data.draw(counts), dtype=float) for row in whole.services})
    if data.draw(st.booleans()):
        made = trimmed(whole, made)
    locked = {
        (name, week): float(value) for (name, _), values in made.production.items() for week, value in enumerate(values)
    }
    status = propose(replace(whole, locked=locked)).status
    assert status is (Status.IMPOSSIBLE if judge(whole, made).breaches else Status.BEST)


@few
@given(problems(guarantee=True))
def test_the_checker_accepts_what_the_solver_proposes_and_what_it_gives_up_is_enough(whole):
    found = propose(whole)
    if found.status is Status.BEST:
        assert not found.judgement.breaches
        assert found.gap < 1e-6
    else:
        assert found.status is Status.IMPOSSIBLE
        assert "guarantee_holds" in found.clash
        rules = {item.rule for item in found.relaxations}
        assert rules
        assert rules <= {"guarantee_holds", "capacity_holds"}


@few
@given(problems(), st.data())
def test_no_plan_by_hand_is_better(whole, data):
    counts = st.lists(st.integers(0, 6), min_size=len(whole.weeks), max_size=len(whole.weeks))
    made = trimmed(
        whole, Plan({(row.service_id, "own"): np.array(data.draw(counts), dtype=float) for row in whole.services})
    )
    judged = judge(whole, made)
    assert not any(breach.rule == "queue_never_negative" for breach in judged.breaches)
    if not judged.breaches:
        assert judged.value.total >= _total(whole) - 1e-3


@few
@given(problems())
def test_parts_give_the_same_plan_as_the_whole(whole):
    """A budget that never binds holds all parts together, and is solved as one."""
    parts = parts_of(whole)
    assert sorted(row.service_id for part in parts for row in part.services) == sorted(
        row.service_id for row in whole.services
    )
    assert sorted(row.resource_id for part in parts for row in part.resources) == sorted(
        row.resource_id for row in whole.resources
    )
    priced = replace(whole, budget_ore=1e12)
    assert len(parts_of(priced)) == 1
    assert _total(priced) == pytest.approx(_total(whole), rel=1e-6, abs=1e-3)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=4, max_size=4),
    st.integers(0, 4),
    st.lists(st.integers(0, 5), min_size=2, max_size=2),
)
def test_every_plan_tried_gives_the_same_best(need, queue, minutes):
    """Two services of one minute each in two weeks: unless evenness weighs, a best plan is whole, so try them all."""
    services = [
        service(
            "x",
            need=np.array(need[:2], dtype=float),
            minutes=1,
            queue=float(queue),
            limit_weeks=1,
            due=np.array([queue, 0.0]),
        ),
        service("y", need=np.array(need[2:], dtype=float), minutes=1, limit_weeks=0),
    ]
    uneven = Weights(change=0.0)
    whole = problem(services, [room(minutes=np.array(minutes, dtype=float))], weeks=2, weights=uneven)
    totals = []
    for x0, x1, y0, y1 in product(range(6), repeat=4):
        if x0 + y0 <= minutes[0] and x1 + y1 <= minutes[1]:
            made = Plan({("x", "own"): np.array([x0, x1]) * 1.0, ("y", "own"): np.array([y0, y1]) * 1.0})
            judged = judge(whole, made)
            if not judged.breaches:
                totals.append(judged.value.total)
    assert _total(whole) == pytest.approx(min(totals), abs=1e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 30), st.integers(0, 4), st.sampled_from([5.0, 7.0]))
def test_whole_sessions_are_those_that_every_number_tried_gives(queue, most, each):
    extra = Extra("session", flat(most, 1), each, 150_000.0, whole=True)
    waiting = service(queue=float(queue), minutes=1, limit_weeks=1, due=flat(queue, 1))
    whole = problem([waiting], [room(minutes=6, extras=(extra,))])
    tried = [
        judge(whole, Plan({("s", "own"): flat(min(queue, 6 + n * each), 1)}, {("room", "session"): flat(n, 1)}))
        for n in range(most + 1)
    ]
    assert _total(whole) == pytest.approx(min(row.value.total for row in tried), abs=1e-3)


@few
@given(sites(), st.integers(1, 50))
def test_more_capacity_never_makes_a_worse_plan_between_sites(whole, more):
    assert _total(_more(whole, 1.0, more)) <= _total(whole) + 1e-4


@few
@given(sites())
def test_those_who_share_a_volume_or_a_list_or_staff_are_planned_together(whole):
    priced = replace(whole, budget_ore=1e12)
    assert len(parts_of(priced)) == 1
    assert _total(priced) == pytest.approx(_total(whole), rel=1e-6, abs=1e-3)


PLANTED = {
    "capacity_holds": lambda plan: {("s", "own"): plan.production["s", "own"] + np.array([0, 5, 0])},
    "queue_never_negative": lambda plan: {("s", "own"): plan.production["s", "own"] + 500},
    "nothing_is_negative": lambda _: {("s", "own"): np.array([10, -1, 3.0])},
    "guarantee_holds": lambda _: {("s", "own"): np.zeros(3)},
    "locked_cells_kept": lambda plan: {("s", "own"): plan.production["s", "own"] - np.array([0.5, 0, 0])},
    "volume_within_agreement": lambda _: {("s", "EXT"): flat(9, 3)},
    "journeys_within_limit": lambda _: {("s", "far"): flat(1, 3)},
    "budget_holds": lambda _: {("s", "EXT"): flat(200, 3)},
}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_fault_planted_in_a_good_plan_is_found(rule):
    ways = (
        Way("own", "egen", (Use("room", 10.0),)),
        Way("EXT", "EXT", (), 100_000.0, 20.0),
        Way("far", "Norr", (), 1.0, travel_minutes=90.0),
    )
    waiting = service(need=8, weeks=3, ways=ways, queue=20.0, due=np.array([8.0, 6, 6]), limit_weeks=3)
    whole = problem(
        [waiting],
        [room(minutes=100, weeks=3)],
        weeks=3,
        guarantee_from=1,
        locked={("s", 0): 10.0},
        budget_ore=3_000_000.0,
        travel_limit_minutes=60.0,
    )
    found = propose(whole)
    assert found.status is Status.BEST
    assert not found.judgement.breaches
    planted = Plan({**found.plan.production, **PLANTED[rule](found.plan)}, found.plan.extras, found.plan.leave)
    assert rule in {breach.rule for breach in judge(whole, planted).breaches}
