"""Waiting lists ahead: the account holds in every draw and step, order is order, and two ways of counting agree."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.waiting_lists import BY_PRIORITY, regions, simple
from vardbalans.engine.errors import BadInput
from vardbalans.engine.sampling import stream
from vardbalans.engine.waitlist import run as running
from vardbalans.engine.waitlist.lists import Capacity, PriorityClass, Referral, WaitingList
from vardbalans.engine.waitlist.needed import production_needed
from vardbalans.engine.waitlist.run import project
from vardbalans.engine.waitlist.steps import Here, simulate


def one(item, **more):
    return project([item], **more).lists[item.list_id]


def raw(lists, referrals, seed=1):
    """Every draw of all lists as one group: (flows, waits, led)."""
    draws, steps = running._shape(lists)
    names = [item.list_id for item in lists]
    arriving = np.array([np.broadcast_to(item.referred, (draws, steps)) for item in lists], np.int32)
    capacity = np.array([running._together(item.capacities, (draws, steps)) for item in lists])
    group = running.group_of(lists, steps, 7)
    led = np.zeros((len(referrals), draws, steps), np.int32)
    here = Here.of(group, draws, steps)
    simulate(stream(seed, "test"), group, arriving, capacity, running._onward(referrals, names, draws), led, here)
    return here, led, arriving


@settings(deadline=None, max_examples=60)
@given(regions(), st.integers(0, 5))
def test_the_account_holds_in_whole_people_for_every_draw_step_and_class(region, seed):
    lists, referrals = region
    here, led, arriving = raw(lists, referrals, seed)
    entered, treated, removed, waiting = here.flows
    assert here.flows.min() >= 0
    for at, item in enumerate(lists):
        own = len(item.classes)
        opening = np.broadcast_to(item.waiting.sum(axis=1)[:, None, None], (own, waiting.shape[2], 1))
        before = np.concatenate([opening, waiting[at, :own, :, :-1]], axis=2)
        assert (before + entered[at, :own] - treated[at, :own] - removed[at, :own] == waiting[at, :own]).all()
        assert (entered[at].sum(axis=0) == arriving[at] + item.moved_in).all()
    inside = [led[n] for n in range(len(referrals))]
    for at, item in enumerate(lists):
        came = sum((people for people, link in zip(inside, referrals, strict=True) if link.to_list == item.list_id), 0)
        assert (arriving[at] == item.referred + came).all()


@settings(deadline=None, max_examples=30)
@given(regions())
def test_the_means_add_up_and_the_figure_explains_itself(region):
    lists, referrals = region
    projection = project(lists, referrals)
    for item in lists:
        found = projection.lists[item.list_id]
        flows = found.flows
        came = flows["referred"] + flows["induced"] + flows["moved_in"]
        queue = item.waiting.sum() + np.cumsum(came - flows["treated"] - flows["removed"])
        assert found.queue.mean == pytest.approx(queue, abs=1e-9)
        assert found.queue_by_class.sum(axis=0) == pytest.approx(queue, abs=1e-9)
        assert sum(found.treated_at.values()) == pytest.approx(flows["treated"], abs=1e-9)
        assert abs(found.queue_figure(projection.steps - 1).remainder) < 1e-9


@settings(deadline=None, max_examples=20)
@given(regions())
def test_neither_the_order_of_lists_nor_threads_move_a_figure(region):
    lists, referrals = region
    there = project(lists, referrals, seed=3)
    with ThreadPoolExecutor(2) as executor:
        back = project(lists[::-1], referrals, seed=3, executor=executor)
    for name, found in there.lists.items():
        assert np.array_equal(found.queue.q95, back.lists[name].queue.q95, equal_nan=True)
        assert np.array_equal(found.flows["removed"], back.lists[name].flows["removed"])


_TWIN = """
import json, sys
from tests.engine.test_waitlist_run import twin
print(json.dumps(twin()))
"""


def twin():
    """A region with everything in it, as sums that tell any difference."""
    lists = [
        simple(
            "a", classes=BY_PRIORITY, hazard=np.array([0.02, 0.05]), in_order=0.7, urgent_share=0.3, limit_days=90.0
        ),
        simple(
            "b",
            referred=2,
            treated=6.4,
            moved_in=np.full(30, 2),
            moved_in_steps=25,
            limit_days=30.0,
            limit_dates=((-3, 60.0), (4, 30.0)),
            came_waited=np.array([0.3, 0.5, 0.2]),
        ),
    ]
    referrals = [Referral("a", "b", 0.6, (0.2, 0.5, 0.3)), Referral("b", "a", 0.1, (1.0,))]
    here, led, _ = raw(lists, referrals)
    weights = np.arange(1, here.flows.size + 1).reshape(here.flows.shape)
    return [int((here.flows * weights).sum()), int(led.sum()), float(np.nansum(here.waits, dtype=np.float64))]


def test_the_compiled_loops_do_what_the_plain_ones_do():
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": "src:."}
    root = Path(__file__).parents[2]
    plain = subprocess.run(
        [sys.executable, "-c", _TWIN], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert json.loads(plain.stdout) == pytest.approx(twin(), rel=1e-6)


def test_oldest_first_by_hand():
    """Five wait 0 weeks and five 3; four a week are treated, nobody comes: 3, 3, 3, 3 | 3+1, 1, 1, 1 → waits."""
    found = one(simple(waiting=(5, 0, 0, 5), referred=0, treated=4, steps=3, limit_days=27))
    assert found.queue.mean.tolist() == [6, 2, 0]
    # The five oldest have waited 4 whole weeks in the first week, one of them 5 in the next; 28 days are over 27.
    assert found.treated.share_within.mean == pytest.approx([0, 0.75, 1])
    assert found.waiting.share_within.mean[:2] == pytest.approx([5 / 6, 1])
    assert np.isnan(found.waiting.share_within.mean[2])  # nobody is left to have waited
    assert found.within.reached.tolist() == [1]
    assert found.within.at(0.95) == 1
    assert found.within.chance.tolist() == [0, 1, 1]


def test_ninety_whole_days_are_thirteen_weeks():
    assert running._limit(90, 7) == 13
    assert running._limit(90, 1) == 91
    by_week = one(simple(waiting=(0,) * 12 + (7,), referred=0, treated=0, steps=2, limit_days=90))
    assert by_week.waiting.share_within.mean.tolist() == [
        0,
        0,
    ]  # in the 13th week of waiting now, the 14th after a step
    by_day = one(simple(waiting=(0,) * 88 + (7,), referred=0, treated=0, steps=4, limit_days=90), step_days=1)
    assert by_day.waiting.share_within.mean.tolist() == [1, 1, 0, 0]


def test_who_came_before_a_limit_changed_keeps_the_old_one():
    """Ten a week, nobody treated: 27 days until step 1, 13 from then on, none for who came three steps before."""
    item = simple(waiting=(10,) * 4, referred=10, treated=0, steps=4, limit_days=27)
    dated = replace(item, limit_dates=((-3, 27.0), (1, 13.0)))
    assert one(item).waiting.share_within.mean == pytest.approx([4 / 5, 4 / 6, 4 / 7, 4 / 8])
    # Late at the ends: none; one cell of 27; two of 27; three of 27 and one of 13, of which the oldest have no limit.
    assert one(dated).waiting.share_within.mean == pytest.approx([1, 5 / 6, 5 / 7, 4 / 8])
    assert one(replace(item, limit_dates=((0, None),))).waiting.share_within.mean == pytest.approx([1] * 4)


def test_who_comes_has_waited_as_long_as_their_clock_has_gone():
    item = simple(waiting=(0,), referred=100, treated=0, steps=2, draws=50, limit_days=13)
    late = one(replace(item, came_waited=np.array([0.25, 0.75])))
    assert late.queue.mean.tolist() == [100, 200]
    assert late.waiting.share_within.mean == pytest.approx([1, 1 - 0.75 / 2], abs=0.02)
    assert late.waiting.median_days.mean[0] == pytest.approx(7 + 7 * (0.25 / 0.75), abs=0.5)
    # A hundred in the first week, to be treated within one week: in it, or in that and the next.
    week = replace(item, referred=np.array([[100, 0, 0, 0]]), limit_days=6)
    waited = replace(week, came_waited=np.array([0.0, 1.0]))
    assert production_needed(waited, week.referred, by=0).until == pytest.approx(100, abs=2e-3)
    assert production_needed(week, week.referred, by=0).until == pytest.approx(50, abs=2e-3)


def test_recorded_priority_comes_before_days_waited_and_target_dates_within_a_tier():
    item = simple(waiting=(0, 0, 0, 10), referred=0, treated=5, steps=2, classes=BY_PRIORITY)
    found = one(item)
    # 2 of class 1, then class 2, whose target date is earlier than class 3's.
    assert found.queue_by_class[:, 0].tolist() == [0, 0, 5]


def test_urgent_capacity_is_for_urgent_first_and_the_others_get_what_is_left():
    classes = (PriorityClass("planned", 0.5, tier=0), PriorityClass("urgent", 0.5, tier=1, urgent=True))
    waiting = np.array([[20], [3]])
    item = WaitingList("a", waiting, np.zeros((1, 2), int), (Capacity("egen", np.full(2, 10.0)),), classes)
    without = one(item)
    assert without.queue_by_class[:, 0].tolist() == [10, 3]
    kept = one(WaitingList(item.list_id, waiting, item.referred, item.capacities, classes, urgent_share=0.2))
    assert kept.queue_by_class.T.tolist() == [[12, 1], [3, 0]]


def test_a_shared_list_uses_its_sites_in_proportion_and_purchased_care_last():
    sites = (
        Capacity("A", np.full(4, 6.0)),
        Capacity("B", np.full(4, 3.0)),
        Capacity("köpt", np.full(4, 5.0), external=True),
    )
    found = one(simple(waiting=(20,), referred=5, treated=0, steps=4, capacities=sites))
    assert found.treated_at["A"] == pytest.approx([6, 6, 14 / 3, 10 / 3])
    assert found.treated_at["B"] == pytest.approx([3, 3, 7 / 3, 5 / 3])
    assert found.treated_at["köpt"] == pytest.approx([5, 5, 0, 0])


def test_a_shared_list_waits_less_unevenly_than_two_lists():
    rng = np.random.default_rng(1)
    came = rng.poisson(10, (2, 100, 80))
    own = [
        WaitingList(name, np.array([[10] * 4]), came[n], (Capacity(name, np.full(80, 10.4)),))
        for n, name in enumerate("ab")
    ]
    both = WaitingList("ab", np.array([[20] * 4]), came.sum(axis=0), tuple(row.capacities[0] for row in own))
    apart = project(own).lists
    together = one(both)
    worst = np.maximum(apart["a"].waiting.p90_days.q95, apart["b"].waiting.p90_days.q95)
    assert (together.waiting.p90_days.q95[20:] < worst[20:]).all()


def test_removals_follow_their_hazard():
    item = simple(waiting=(1000, 1000), referred=0, treated=0, steps=3, draws=400, hazard=np.array([0.1, 0.02]))
    found = one(item)
    first = 1000 * 0.1 + 1000 * 0.02
    second = (900 + 980) * 0.02
    error = 4 * np.sqrt([1000 * 0.09 + 1000 * 0.0196, 2000 * 0.0196]) / np.sqrt(400)
    assert np.abs(found.flows["removed"][:2] - [first, second]) == pytest.approx([0, 0], abs=error.max())


def test_ten_per_cent_more_treated_upstream_sends_ten_per_cent_more_on():
    def led(treated):
        lists = [simple("a", waiting=(5000,), referred=0, treated=treated, draws=200), simple("b", draws=200)]
        return project(lists, [Referral("a", "b", 0.4, (0.0, 0.0, 1.0))]).lists["b"].flows["induced"]

    assert led(100.0)[:2].tolist() == [0, 0]
    assert led(100.0)[2:].mean() == pytest.approx(40, rel=0.01)
    assert led(110.0)[2:].mean() / led(100.0)[2:].mean() == pytest.approx(1.1, rel=0.01)


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 15), st.floats(0, 5), st.floats(0.2, 1))
def test_more_capacity_never_means_more_who_wait_or_a_later_date(capacity, more, share):
    arrivals = np.random.default_rng(2).poisson(9, (20, 40))

    def at(rate):
        item = WaitingList("a", np.array([[9] * 20]), arrivals, (Capacity("egen", np.full(40, rate)),), limit_days=90)
        return one(item, share=share)

    less, greater = at(capacity), at(capacity + more)
    assert (greater.queue.mean <= less.queue.mean + 1e-9).all()
    assert (greater.within.reached <= less.within.reached).all()


def test_capacity_by_draw_counts_in_its_draw():
    capacity = np.repeat([[5.0], [15.0]], 10, axis=1)
    found = one(simple(draws=2, steps=10, capacities=(Capacity("egen", capacity),)))
    assert found.queue.mean[-1] == (250 + 150) / 2
    assert found.incoming.shape == (2, 10)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"waiting": (-1,)}, "hela tal från noll"),
        ({"treated": np.nan}, "kapaciteten"),
        ({"hazard": np.array([1.2])}, "andel från 0 till 1"),
        ({"in_order": 1.1}, "turordning"),
        ({"urgent_share": -0.1}, "akut"),
        ({"limit_days": -1}, "gränsen"),
        ({"limit_dates": ((0, 90.0), (3, -1.0))}, "gränsen"),
        ({"came_waited": np.array([0.5, 0.4])}, "ankomsten"),
        ({"classes": BY_PRIORITY[:2]}, "bli 1"),
        ({"moved_in": np.array([0.5] * 30)}, "hela tal"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(wrong, said):
    with pytest.raises(BadInput, match=said):
        simple(**wrong)


def test_lists_that_do_not_fit_together_are_refused():
    with pytest.raises(BadInput, match="lika många"):
        project([simple("a"), simple("b", steps=10)])
    with pytest.raises(BadInput, match="två gånger"):
        project([simple("a"), simple("a")])
    with pytest.raises(BadInput, match="saknas: z"):
        project([simple("a")], [Referral("a", "z", 1, (1.0,))])
    with pytest.raises(BadInput, match="andelen"):
        Referral("a", "b", -1, (1.0,))
    with pytest.raises(BadInput, match="bli 1"):
        Referral("a", "b", 1, (0.5,))
