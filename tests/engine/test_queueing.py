"""Erlang's formulas against published tables, and what must hold for any servers and load."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.queueing import all_busy, blocking, blocking_by_servers, mean_queue, mean_wait, servers_needed

LOADS = st.floats(0.01, 300)
SERVERS = st.integers(1, 300)


@pytest.mark.parametrize(
    ("servers", "load", "b", "c", "wait"),
    [
        (1, 0.8, 0.44444444, 0.8, 4.0),
        (5, 4, 0.19906687, 0.55411255, 0.55411255),
        (20, 17, 0.08586033, 0.38505623, 0.12835208),
        (100, 90, 0.02695738, 0.21694048, 0.02169405),
    ],
)
def test_published_table(servers: int, load: float, b: float, c: float, wait: float) -> None:
    assert blocking(servers, load) == pytest.approx(b, abs=1e-8)
    assert all_busy(servers, load) == pytest.approx(c, abs=1e-8)
    assert mean_wait(servers, load) == pytest.approx(wait, abs=1e-8)


def test_values_of_the_methods() -> None:
    assert blocking(10, 10) == pytest.approx(0.214582343107347, abs=1e-15)
    assert all_busy(10, 8) == pytest.approx(0.409180150796444, abs=1e-15)


@pytest.mark.parametrize(
    ("load", "beds"), [(5, [8, 9, 10, 11, 14]), (20, [23, 26, 28, 30, 35]), (100, [97, 105, 113, 117, 128])]
)
def test_beds_for_a_given_blocking(load: float, beds: list[int]) -> None:
    assert [servers_needed(load, share) for share in (0.10, 0.05, 0.02, 0.01, 0.001)] == beds


def test_stroke_unit() -> None:
    """Monks et al. 2016, tables 2–3."""
    shown = [blocking(beds, 8.145493) for beds in (9, 10, 11, 12)]
    assert shown == pytest.approx([0.1806, 0.1283, 0.0867, 0.0556], abs=5e-5)


@given(SERVERS, LOADS)
def test_more_servers_block_less_and_little_holds(servers: int, load: float) -> None:
    blocked = blocking_by_servers(servers, load)
    assert np.all(np.diff(blocked) < 0) or blocked[-1] < 1e-300
    if load < servers:
        assert mean_queue(servers, load) == pytest.approx(load * mean_wait(servers, load))


@given(SERVERS, SERVERS, LOADS, LOADS)
def test_pooled_blocks_no_more_than_separate(one: int, other: int, load: float, more: float) -> None:
    apart = (load * blocking(one, load) + more * blocking(other, more)) / (load + more)
    assert blocking(one + other, load + more) <= apart + 1e-12


@given(LOADS, st.floats(0.0001, 0.9))
def test_needed_servers_are_just_enough(load: float, share: float) -> None:
    servers = servers_needed(load, share)
    assert blocking(servers, load) <= share
    assert servers == 0 or blocking(servers - 1, load) > share


@pytest.mark.parametrize(
    ("servers", "load"), [(-1, 1.0), (3, -0.1), (3, float("nan")), (3, float("inf")), (10**15, 1.0)]
)
def test_nonsense_is_refused(servers: int, load: float) -> None:
    with pytest.raises(BadInput):
        blocking(servers, load)


@pytest.mark.parametrize(("load", "share"), [(1.0, 0.0), (1.0, 1.0), (float("nan"), 0.1), (-1.0, 0.1), (1e15, 0.1)])
def test_nonsense_needs_no_servers(load: float, share: float) -> None:
    with pytest.raises(BadInput):
        servers_needed(load, share)
