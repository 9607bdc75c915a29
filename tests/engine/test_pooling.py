"""Pooling: Erlang's formulas apart and together, and the simulation against them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.capacity.pooling import Part, pooling, simulate_pooling
from vardbalans.engine.capacity.queues import Times, simulate_queue
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.queueing import blocking, mean_wait
from vardbalans.engine.sampling import stream

parts = st.lists(st.builds(Part, st.integers(1, 30), st.floats(0.01, 40)), min_size=2, max_size=4)


def test_two_wards_of_ten_by_hand():
    """Ten beds and a load of ten turn away 21.5 % (methods §9); of twice as many, 15.9 %, and nineteen 18.9."""
    found = pooling([Part(10, 10.0), Part(10, 10.0)])
    assert found.blocked_apart == pytest.approx(0.214582343107347, abs=1e-12)
    assert found.blocked_together == pytest.approx(0.158892, abs=1e-6)
    assert found.servers_leaving == 19
    assert blocking(19, 20) <= found.blocked_apart < blocking(18, 20)
    assert found.saved_leaving == 1
    assert math.isinf(found.wait_apart)
    assert found.saved_waiting == 0  # nothing settles, so nothing is saved


def test_one_queue_for_two_nurses():
    """M/M/1 at 0.8 waits four service times; M/M/2 at 1.6 waits 0.64/0.36 = 1.78."""
    found = pooling([Part(1, 0.8), Part(1, 0.8)])
    assert found.wait_apart == pytest.approx(4.0)
    assert found.wait_together == pytest.approx(0.64 / 0.36)
    assert (found.waits_apart, found.servers_waiting) == (pytest.approx(0.8), 2)


@given(parts)
def test_pooling_is_never_worse(units):
    found = pooling(units)
    assert found.blocked_together <= found.blocked_apart + 1e-12
    assert found.wait_together <= found.wait_apart * (1 + 1e-9) or math.isinf(found.wait_apart)
    assert 0 <= found.saved_leaving < found.servers_apart
    assert 0 <= found.saved_waiting < found.servers_apart
    if math.isfinite(found.wait_apart):
        assert found.waits_together <= found.waits_apart + 1e-12
        load = sum(part.load for part in units)
        assert mean_wait(found.servers_waiting, load) <= found.wait_apart * (1 + 1e-9)


def test_the_next_in_turn_takes_the_server_that_is_free_first():
    """Two servers, four people: the third waits until 3, the fourth until 4."""
    waits = simulate_queue(np.array([0.0, 1.0, 1.0, 2.0]), np.array([4.0, 2.0, 1.0, 1.0]), 2)
    assert waits.tolist() == [0, 0, 2, 2]
    gone = simulate_queue(np.array([0.0, 1.0, 1.0, 3.5]), np.array([4.0, 2.0, 1.0, 1.0]), 2, leaves=True)
    assert gone.tolist() == [0, 0, math.inf, 0]


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 200), st.booleans())
def test_a_heap_of_servers_does_what_a_sorted_list_does(seed, servers, count, leaves):
    rng = np.random.default_rng(seed)
    came, times = np.cumsum(rng.exponential(1.0, count)), rng.exponential(servers, count)
    free, waits = [0.0] * servers, []
    for at, length in zip(came, times, strict=True):
        free.sort()
        wait = max(free[0] - at, 0.0)
        waits.append(math.inf if leaves and wait else wait)
        if math.isfinite(waits[-1]):
            free[0] = at + wait + length
    assert simulate_queue(came, times, servers, leaves=leaves).tolist() == pytest.approx(waits)


UNITS = (Part(10, 8.0), Part(6, 5.0))


@pytest.mark.parametrize("cv", [None, 0.0, 0.8])
def test_who_is_turned_away_is_as_many_as_erlang_says_whatever_the_spread(cv):
    formula = pooling(UNITS)
    found = simulate_pooling(UNITS, Times(cv), "leaves", stream(3, "pool"), arrivals=20_000, runs=20)
    assert found.apart[1] <= formula.blocked_apart <= found.apart[2]
    assert found.together[1] <= formula.blocked_together <= found.together[2]
    assert found.gain[1] <= formula.blocked_apart - formula.blocked_together <= found.gain[2]


def test_waits_are_as_long_as_erlang_says_where_times_are_exponential():
    formula = pooling(UNITS)
    found = simulate_pooling(UNITS, Times(), "waits", stream(1, "pool"), arrivals=20_000, runs=30)
    assert found.apart[1] <= formula.wait_apart <= found.apart[2]
    assert found.together[1] <= formula.wait_together <= found.together[2]
    assert found.gain[1] <= formula.wait_apart - formula.wait_together <= found.gain[2]
    assert found.gain[1] > 0


def test_even_times_wait_about_half_as_long():
    """Pollaczek and Khinchine: one server at 0.8 waits 4 · (1 + cv²) / 2."""
    units = (Part(1, 0.8), Part(1, 0.8))
    found = simulate_pooling(units, Times(0.0), "waits", stream(2, "pool"), arrivals=40_000, runs=20)
    assert found.apart[1] <= 2.0 <= found.apart[2]


def test_drawn_times_have_mean_one_and_their_spread():
    drawn = Times(0.6).draw(200_000, stream(1, "times"))
    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert drawn.std() == pytest.approx(0.6, abs=0.02)


def test_nonsense_is_refused():
    for wrong in ([Part(3, 1.0)], [Part(3, 0.0), Part(2, 0.0)]):
        with pytest.raises(BadInput, match="Minst två"):
            pooling(wrong)
    with pytest.raises(BadInput):
        Part(0, 1.0)
    with pytest.raises(BadInput, match="spridning"):
        Times(-1.0)
    with pytest.raises(Impossible, match="växer"):
        simulate_pooling([Part(1, 1.0), Part(1, 0.5)], Times(), "waits", stream(1, "p"))
    with pytest.raises(BadInput, match="två simuleringar"):
        simulate_pooling(UNITS, Times(), "leaves", stream(1, "p"), runs=1)
    with pytest.raises(BadInput, match="tidsordning"):
        simulate_queue(np.array([1.0, 0.0]), np.ones(2), 1)
