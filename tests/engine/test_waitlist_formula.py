"""Waiting lists in steady state, against the published numbers of the NHS-R method."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import series
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import ListState, Series
from vardbalans.engine.periods import Period
from vardbalans.engine.waitlist import formula

rate = st.floats(0.1, 1e4)


def test_published_numbers():
    """NHSRwaitinglist's own tests; the pressure there mixes days and weeks, here both are in one unit."""
    assert formula.load(30, 27) == pytest.approx(1.11111111, abs=1e-8)
    assert formula.mean_wait_weeks(52, 4) == 13
    assert formula.mean_wait_weeks(52, 6) == pytest.approx(8.6666667, abs=1e-7)
    assert formula.target_queue(30, 52, 4) == 390
    assert formula.target_queue(30, 50, 6) == pytest.approx(250)
    assert formula.relief_capacity(30, 1200, 390, 26) == pytest.approx(61.153846, abs=1e-6)
    assert formula.target_capacity(30, 52, 1.1, 1.2, 3) == pytest.approx(30.076442, abs=1e-6)
    assert formula.target_capacity(30, 52) == pytest.approx(30.07692308, abs=1e-8)
    assert formula.pressure(63, 52) == pytest.approx(2.42307692, abs=1e-8)


def test_more_published_numbers():
    """The other values in NHSRwaitinglist's tests of the same functions (MIT); its rows are calls here."""
    rows = (
        (formula.load, [(35, 27), (30, 25), (52, 42)], [1.2962963, 1.2, 1.23809524]),
        (formula.mean_wait_weeks, [(35, 4), (30, 4), (52, 6)], [8.75, 7.5, 8.6666667]),
        (formula.target_queue, [(30, 52), (30, 50), (30, 50, 6)], [390, 375, 250]),
        (formula.relief_capacity, [(33, 800, 200, 30), (35, 250, 100, 15)], [53, 45]),
        (formula.pressure, [(42, 24), (55, 50)], [3.5, 2.2]),
        (
            formula.target_capacity,
            [(30, 52, 1.1, 1.4, 3), (42, 65, 1.2, 1.5, 2), (35, 50, 1.3, 1.6, 1)],
            [30.0914423, 42.0567692, 35.0425],
        ),
    )
    for of, given_to, published in rows:
        assert [of(*arguments) for arguments in given_to] == pytest.approx(published, abs=1e-7), of.__name__


def test_a_relief_below_zero_is_told_as_the_formula_has_it():
    assert formula.relief_capacity(30, 10, 390, 1) == -350


def test_the_swedish_guarantee_of_90_days():
    weeks = 90 / 7
    assert formula.mean_wait_weeks(weeks) * 7 == pytest.approx(22.5)
    assert formula.target_queue(30, weeks) == pytest.approx(96.43, abs=0.005)


@given(rate, rate, st.floats(1, 200))
def test_production_at_relief_capacity_meets_the_target_in_time(demand, queue, weeks):
    target = formula.target_queue(demand, 13)
    produced = formula.relief_capacity(demand, queue, target, weeks) * weeks
    assert queue + demand * weeks - produced == pytest.approx(target, rel=1e-6, abs=1e-6)


def test_relief_is_needed_above_twice_the_target():
    assert not formula.relief_needed(780, 390)
    assert formula.relief_needed(781, 390)


@pytest.mark.parametrize(
    "call", [lambda: formula.load(30, 0), lambda: formula.relief_capacity(30, 9, 3, 0), lambda: formula.pressure(1, 0)]
)
def test_a_division_by_nothing_is_named(call):
    with pytest.raises(BadInput, match="över noll"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: formula.load(1e308, 1e-308),
        lambda: formula.target_capacity(30, 52, float("nan")),
        lambda: formula.target_capacity(30, 52, -1),
        lambda: formula.target_capacity(30, 52, 1e200),
        lambda: formula.target_capacity(30, 1e-320),
        lambda: formula.mean_wait_weeks(float("inf")),
        lambda: formula.relief_capacity(30, 1200, float("nan"), 26),
        lambda: formula.pressure(-1, 52),
    ],
)
def test_what_is_no_number_or_gives_none_is_refused(call):
    with pytest.raises(BadInput):
        call()


@pytest.mark.parametrize(
    ("removals", "published"),
    [
        ([8], [1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 2, 2, 2, 2, 3]),
        ([8, 15], [1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 2, 2, 2, 1, 2]),
        ([], [1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4]),
    ],
)
def test_the_queue_day_by_day(removals, published):
    """Referrals 1, 4, 10 and 16 January 2024, with one removal, two and none (NHSRwaitinglist)."""
    start = Period.parse("2024-01-01")
    came, left = np.zeros(16), np.zeros(16)
    came[[0, 3, 9, 15]] = 1
    left[[day - 1 for day in removals]] = 1
    waiting = np.cumsum(came - left)
    assert waiting.tolist() == published
    source = Source.of("referrals")
    state = ListState(
        Series(start, came, source), Series(start, left, source), Series(start, waiting, source), None, 0.0
    )
    assert [row.residual for row in formula.identity(state)] == [0.0] * 16


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 999)), min_size=2, max_size=30))
def test_the_identity_holds_exactly_and_what_is_unexplained_has_its_own_line(months):
    inflow, treated, waiting = (series(list(column)) for column in zip(*months, strict=True))
    rows = formula.identity(ListState(inflow, treated, waiting))
    assert len(rows) == len(months) - 1  # the first month's opening is not known
    for row in rows:
        assert row.opening + row.inflow - row.treated - row.residual == row.closing
