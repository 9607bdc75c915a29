"""Production needed by a date: against the closed form on cumulative curves, and against the projection itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.waiting_lists import BY_PRIORITY, simple
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.waitlist.calibrate import next_stock
from vardbalans.engine.waitlist.lists import Capacity, WaitingList
from vardbalans.engine.waitlist.needed import production_needed
from vardbalans.engine.waitlist.run import project

counts = st.lists(st.integers(0, 30), min_size=30, max_size=30)


def in_order(waiting, arrivals, **more):
    return WaitingList(
        "a", np.array([waiting]), np.array([arrivals]), (Capacity("egen", np.zeros(len(arrivals))),), **more
    )


def closed_form(waiting, arrivals, by, limit):
    """Without removals: all who came before the limit's weeks must be treated by then. Exact on cumulative curves."""
    steps = len(arrivals)
    came = np.cumsum(np.concatenate([waiting[::-1], arrivals]))  # by the step they came in, the oldest first
    due = np.array([came[len(waiting) + t - limit] if len(waiting) + t >= limit else 0 for t in range(steps)])
    until = due[by] / (by + 1)
    # What there is to treat may run out on the way, but never among those who are due.
    after = [(due[t] - max(due[by], 0)) / (t - by) for t in range(by + 1, steps)]
    return until, max(after, default=0.0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=25), counts, st.integers(0, 29), st.integers(1, 15))
def test_it_is_the_closed_form_on_cumulative_curves_where_nobody_is_removed(waiting, arrivals, by, limit):
    item = in_order(waiting, arrivals, limit_days=limit * 7 - 1)
    found = production_needed(item, item.referred, by=by)
    until, after = closed_form(waiting, arrivals, by, limit)
    # Production in the first weeks may find nobody to treat: then the closed form asks for too little.
    assert found.until[0] >= until - 3e-3
    if until * (by + 1) <= sum(waiting):
        if until >= max(after, np.mean(arrivals)):
            assert found.until[0] == pytest.approx(until, abs=3e-3)
        else:
            assert found.until[0] == found.hold[0]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=25),
    counts,
    st.integers(0, 29),
    st.integers(1, 15),
    st.sampled_from([0.0, 0.01, 0.1]),
)
def test_production_never_jumps_up_after_the_date(waiting, arrivals, by, limit, hazard):
    """Short lists too: their slack is not used up, so that as much as comes and stays is treated all along."""
    item = in_order(waiting, arrivals, limit_days=limit * 7 - 1, hazard=np.array([hazard]))
    found = production_needed(item, item.referred, by=by)
    assert found.until[0] >= found.hold[0] >= np.mean(arrivals) * (1 - hazard) ** (limit - 1) - 3e-3
    assert found.relief[0] >= 0
    # It is enough: with that production, and nobody leaving, the list is within its limit from the date on.
    stays = in_order(waiting, arrivals, limit_days=limit * 7 - 1)
    enough = production_needed(stays, stays.referred, by=by)
    whole = np.ceil(np.cumsum(np.where(np.arange(30) <= by, enough.until[0], enough.hold[0]) + 3e-3))
    late = replace(stays, capacities=(Capacity("egen", np.diff(whole, prepend=0)),))
    within = project([late]).lists["a"].waiting.share_within.mean[by:]
    assert np.nanmin(np.append(within, 1.0)) > 1 - 1e-6


def test_a_list_well_within_its_limit_needs_what_comes_and_no_relief():
    arrivals = np.full((3, 52), 20)
    short = WaitingList("a", np.array([[20] * 4]), arrivals, (Capacity("egen", np.zeros(52)),), limit_days=90)
    found = production_needed(short, arrivals, by=25)
    assert found.until == pytest.approx(20)
    assert found.hold == pytest.approx(20)
    assert (found.relief == 0).all()
    leaves = replace(short, hazard=np.array([0.01]))
    assert production_needed(leaves, arrivals, by=25).hold == pytest.approx(20 * 0.99**12)


@pytest.mark.parametrize("in_turn", [1.0, 0.8])
def test_the_projection_at_that_production_is_within_the_limit_in_the_week_and_after_it(in_turn):
    arrivals = np.random.default_rng(4).poisson(20, (1, 80))
    item = WaitingList(
        "a",
        np.array([[20] * 40]),
        arrivals,
        (Capacity("egen", np.zeros(80)),),
        hazard=np.array([0.004]),
        limit_days=90,
        in_order=in_turn,
    )
    needed = production_needed(item, arrivals, by=39, share=0.99)

    def projected(factor):
        produced = factor * np.where(np.arange(80) <= 39, needed.until[0], needed.hold[0])
        many = np.repeat(arrivals, 50, axis=0)
        return project(
            [
                WaitingList(
                    "a", item.waiting, many, (Capacity("egen", produced),), hazard=item.hazard, limit_days=90,
                    in_order=in_turn,
                )
            ],
            share=0.99,
        ).lists["a"]  # fmt: skip

    assert projected(1.03).within.at(0.9) <= 39
    assert projected(1.03).waiting.share_within.mean[39:].min() >= 0.985
    assert (projected(0.95).within.reached > 39).all()


@settings(deadline=None, max_examples=25)
@given(counts, st.integers(1, 28), st.floats(0.8, 1.0))
def test_a_later_date_or_a_smaller_share_never_takes_more_until_then(arrivals, by, share):
    item = in_order([10] * 20, arrivals, limit_days=60, hazard=np.array([0.01]))
    whole = production_needed(item, item.referred, by=by)
    assert production_needed(item, item.referred, by=by, share=share).until[0] <= whole.until[0] + 3e-3
    twice = in_order([20] * 20, [2 * n for n in arrivals], limit_days=60, hazard=np.array([0.01]))
    assert production_needed(twice, twice.referred, by=by).until[0] == pytest.approx(2 * whole.until[0], abs=3e-3)


def test_priority_classes_take_what_the_last_of_them_needs():
    item = simple(waiting=(10,) * 30, classes=BY_PRIORITY, limit_days=90, draws=3, steps=40)
    found = production_needed(item, item.referred, by=20)
    one = simple(waiting=(10,) * 30, limit_days=90, draws=3, steps=40)
    assert (found.until >= production_needed(one, one.referred, by=20).until - 3e-3).all()


def test_the_parts_the_cost_and_the_interval():
    arrivals = np.random.default_rng(1).poisson(10, (200, 60))
    item = WaitingList("a", np.array([[10] * 40]), arrivals, (Capacity("egen", np.zeros(60)),), limit_days=90)
    found = production_needed(item, arrivals, by=25, price_ore=1000)
    assert found.figure().remainder == pytest.approx(0, abs=1e-9)
    assert found.relief == pytest.approx(found.until - found.hold)
    relief, steady = found.cost_ore()
    assert relief == pytest.approx(found.relief.mean() * 26 * 1000)
    assert steady == pytest.approx(found.hold.mean() * 1000)
    assert found.enough(0.5)[0] < found.enough(0.95)[0]
    assert production_needed(item, arrivals, by=25).cost_ore() is None


def test_weeks_with_half_the_working_days_produce_half():
    item = in_order([10] * 20, [10] * 20, limit_days=34)
    even = production_needed(item, item.referred, by=9)
    half = production_needed(item, item.referred, by=9, profile=np.full(20, 0.5))
    assert half.until[0] == pytest.approx(2 * even.until[0], abs=3e-3)
    assert half.ordinary_steps == 5


def test_a_list_without_a_limit_or_a_date_outside_is_refused():
    item = in_order([1], [1, 1])
    with pytest.raises(BadInput, match="ingen gräns"):
        production_needed(item, item.referred, by=1)
    limited = in_order([1], [1, 1], limit_days=90)
    with pytest.raises(BadInput, match="utanför"):
        production_needed(limited, limited.referred, by=2)


def test_where_nothing_can_be_produced_it_is_said():
    item = in_order([10] * 20, [10] * 20, limit_days=34)
    with pytest.raises(Impossible, match="ingen arbetsdag"):
        production_needed(item, item.referred, by=9, profile=np.zeros(20))
    late = production_needed(item, item.referred, by=9, profile=np.r_[np.zeros(9), np.ones(11)])
    assert late.until[0] == pytest.approx(25 * 10, abs=3e-3)  # all in the one week there is


@pytest.mark.parametrize("share", [0.7, 0.8, 0.85])
def test_a_share_within_a_number_of_months_agrees_with_the_stock_and_flow_model(share):
    """What NHSRtt calls the optimal flat capacity: by lot, in months, the wanted share has waited under three."""
    waiting, referred, steps = [150, 140, 130, 120, 110, 100], 110, 12
    item = in_order(waiting, [referred] * steps, limit_days=3 * 30 - 1, in_order=0.0)
    found = production_needed(item, item.referred, by=steps - 1, share=share, step_days=30)
    assert found.until[0] > found.hold[0]
    shares = []
    for capacity in (found.until[0], found.until[0] - 0.1):
        still = np.array(waiting, float)
        for _ in range(steps):
            _, _, still = next_stock(still, referred, capacity, np.zeros(6), np.ones(6))
        shares.append(still[:3].sum() / still.sum())
    assert shares[0] == pytest.approx(share, abs=1e-4)
    assert shares[1] < share
