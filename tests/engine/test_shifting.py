"""Tasks handed over and non-clinical time moved: by hand, against the largest flow, and sums that must stay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from vardbalans.engine.capacity import move_time, shift_tasks
from vardbalans.engine.errors import BadInput

minutes = st.floats(-500, 500)
weeks = st.integers(1, 9)


def test_a_nurse_takes_over_what_she_has_time_for():
    """The doctor lacks 120, of which 90 could be done by a nurse who has 60 and takes a quarter longer: 48 and 60."""
    found = shift_tasks(np.array([-120.0, 30.0]), np.array([60.0, 60.0]), np.array([90.0, 90.0]), efficiency=0.8)
    assert found.moved.tolist() == [48, 0]
    assert found.taken.tolist() == [60, 0]
    assert found.giver_after.tolist() == [-72, 30]
    assert found.receiver_after.tolist() == [0, 60]
    assert found.by_efficiency == pytest.approx(12)


@given(st.integers(0, 10**6), weeks, st.floats(0.2, 3))
def test_the_sum_of_work_changes_by_the_efficiency_alone(seed, count, efficiency):
    rng = np.random.default_rng(seed)
    giver, receiver = rng.uniform(-500, 500, (2, count))
    movable = rng.uniform(0, 500, count)
    found = shift_tasks(giver, receiver, movable, efficiency)
    before, after = giver + receiver, found.giver_after + found.receiver_after
    assert (before - after).sum() == pytest.approx(found.by_efficiency, abs=1e-6)
    assert found.taken * efficiency == pytest.approx(found.moved)
    assert (found.moved <= movable + 1e-9).all()
    assert (np.minimum(found.receiver_after, 0) >= np.minimum(receiver, 0) - 1e-9).all()  # no new shortage
    same = shift_tasks(giver, receiver, movable, 1.0)
    assert same.by_efficiency == 0


def test_a_wish_is_carried_out_even_where_it_does_harm_but_not_beyond_what_can_be_moved():
    found = shift_tasks(np.zeros(1), np.zeros(1), np.array([90.0]), wanted=np.array([90.0]))
    assert found.receiver_after.tolist() == [-90]
    with pytest.raises(BadInput, match="högst"):
        shift_tasks(np.zeros(1), np.zeros(1), np.array([90.0]), wanted=np.array([91.0]))
    with pytest.raises(BadInput, match="Effektiviteten"):
        shift_tasks(np.zeros(1), np.zeros(1), np.zeros(1), efficiency=0)


def moves_of(found):
    return [(move.origin, move.target, pytest.approx(move.minutes, abs=1e-4)) for move in found.moves]


def test_time_leaves_the_peak_for_the_nearest_room():
    """Week 3 lacks 100 and has 80 to move; week 2, beside it, has room for 30, and the rest goes two weeks away."""
    balance = np.array([50.0, 30.0, -100.0, 0.0, 200.0])
    none_else = np.array([0.0, 0.0, 80.0, 0.0, 0.0])
    found = move_time(balance, none_else, 2)
    assert {move[:2] for move in moves_of(found)} <= {(2, 0), (2, 1), (2, 4)}
    assert (2, 1, 30) in moves_of(found)
    assert (found.short_before, found.short_after, found.gain) == pytest.approx((100, 20, 80))
    near = move_time(balance, none_else, 1)
    assert moves_of(near) == [(2, 1, 30)]
    assert near.after == pytest.approx([50, 0, -70, 0, 200])


def test_a_week_passes_its_own_time_on_to_make_room():
    """Week 1 lacks 40, week 2 has no room but 60 of its own to hand on to week 3."""
    found = move_time(np.array([-40.0, 0.0, 100.0]), np.array([50.0, 60.0, 0.0]), 1)
    assert moves_of(found) == [(0, 1, 40), (1, 2, 40)]
    assert found.after == pytest.approx([0, 0, 60], abs=1e-4)


def test_nothing_moves_where_nothing_is_short():
    assert move_time(np.array([0.0, 10.0]), np.full(2, 50.0), 1).moves == ()


def test_a_minute_is_worth_what_can_be_used_of_it():
    found = move_time(np.array([-80.0, 400.0]), np.full(2, 300.0), 1, np.full(2, 0.8))
    assert found.moves[0].minutes == pytest.approx(100)
    assert found.after == pytest.approx([0, 320])


def _most_covered(balance, movable, window):
    """The same as a flow: what is short → periods, through those that pass time on → what is to spare."""
    count = len(balance)
    capacity = np.zeros((3 * count + 2, 3 * count + 2), np.int32)
    source, sink = 3 * count, 3 * count + 1
    for week in range(count):
        # A week's node, then what it sends, then what it has received.
        capacity[source, week] = max(0, -balance[week])
        capacity[week, count + week] = movable[week]
        capacity[2 * count + week, sink] = max(0, balance[week])
        capacity[2 * count + week, week] = 10**6  # handed on, as far as it has time of its own
        for other in range(max(0, week - window), min(count, week + window + 1)):
            if other != week:
                capacity[count + week, 2 * count + other] = 10**6
    return maximum_flow(csr_array(capacity), source, sink).flow_value


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 4))
def test_no_flow_covers_more_of_the_shortage(seed, count, window):
    rng = np.random.default_rng(seed)
    balance, movable = rng.integers(-100, 100, count), rng.integers(0, 80, count)
    found = move_time(balance.astype(float), movable.astype(float), window)
    assert found.gain == pytest.approx(_most_covered(balance, movable, window), abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 6))
def test_moved_time_is_conserved_and_makes_no_new_shortage(seed, count, window):
    rng = np.random.default_rng(seed)
    balance, movable, rates = rng.uniform(-100, 100, count), rng.uniform(0, 80, count), rng.uniform(0.3, 1, count)
    found = move_time(balance, movable, window, rates)
    time = np.zeros(count)
    sent = np.zeros(count)
    for move in found.moves:
        assert 0 < abs(move.origin - move.target) <= window
        time[move.origin] -= move.minutes
        time[move.target] += move.minutes
        sent[move.origin] += move.minutes
    assert time.sum() == pytest.approx(0, abs=1e-6)
    assert found.after == pytest.approx(balance - time * rates)
    assert (np.minimum(found.after, 0) >= np.minimum(balance, 0) - 1e-4).all()
    assert (sent <= movable + 1e-4).all()
    assert found.gain >= -1e-6


@pytest.mark.parametrize(
    "arguments",
    [
        (np.zeros(2), np.zeros(3), 1),
        (np.zeros(2), np.array([-1.0, 0.0]), 1),
        (np.zeros(2), np.zeros(2), 0),
        (np.array([np.nan, 0.0]), np.zeros(2), 1),
        (np.zeros(2), np.zeros(2), 1, np.array([0.0, 1.0])),
    ],
)
def test_nonsense_is_refused(arguments):
    with pytest.raises(BadInput):
        move_time(*arguments)
