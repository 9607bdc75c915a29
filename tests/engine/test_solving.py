"""The five outcomes of a programme, its bound, and the price of a restriction."""

import numpy as np
import pytest

from vardbalans.engine.solving import Limits, Programme, Status


def test_the_best_has_its_bound_and_its_price():
    """Ten at 2 and 3 a piece, at most six of the cheap: 6 · 2 + 4 · 3, and one more of the cheap saves 1."""
    programme = Programme()
    x, y = programme.number(), programme.number()
    enough, few = programme.hold(10 - x - y), programme.hold(x - 6)
    programme.minimise(2 * x + 3 * y)
    found = programme.solve(Limits())
    assert found.status is Status.BEST
    assert (found.objective, found.bound) == (pytest.approx(24), pytest.approx(24))
    assert [found.value(row) for row in (x, y, 7.0)] == pytest.approx([6, 4, 7])
    assert found.price(few) == pytest.approx(-1)
    assert found.price(enough) == pytest.approx(-3)


def test_whole_numbers_are_held_where_they_ended_when_prices_are_asked():
    programme = Programme()
    sessions, made = programme.number(whole=True), programme.number()
    room = programme.hold(made - 4 * sessions)
    programme.hold(9 - made)
    programme.hold(sessions - 5)
    programme.minimise(10 * sessions + made)
    found = programme.solve(Limits())
    assert (found.value(sessions), found.objective) == (3, pytest.approx(39))
    assert found.price(room) == pytest.approx(0)  # twelve fit and nine are made


def test_what_cannot_hold_is_impossible():
    programme = Programme()
    x = programme.number()
    programme.hold(x - 1)
    programme.equal(x, 2)
    programme.minimise(x)
    assert programme.solve(Limits()).status is Status.IMPOSSIBLE


def test_a_restriction_on_numbers_alone_is_held_too():
    for excess, status in ((1.0, Status.IMPOSSIBLE), (0.0, Status.BEST)):
        programme = Programme()
        programme.hold(excess)
        assert programme.solve(Limits()).status is status


def test_what_has_no_least_is_wrong_input():
    programme = Programme()
    programme.minimise(-1 * programme.number())
    assert programme.solve(Limits()).status is Status.WRONG_INPUT


def test_numbers_that_no_solver_can_work_with_are_wrong_input():
    programme = Programme()
    made = programme.number()
    programme.hold(1e20 * made - 1.0)
    programme.minimise(-made)
    assert programme.solve(Limits()).status is Status.WRONG_INPUT


def test_a_wide_gap_is_good_enough_and_tells_what_could_be_won():
    rng = np.random.default_rng(1)
    programme = Programme()
    chosen = [programme.number(whole=True) for _ in range(30)]
    for one in chosen:
        programme.hold(one - 1)
    for _ in range(12):
        weights = rng.integers(10, 60, 30)
        programme.hold(
            float(weights.sum() * 0.61) - sum(float(w) * one for w, one in zip(weights, chosen, strict=True))
        )
    programme.minimise(sum(float(c) * one for c, one in zip(rng.integers(10, 60, 30), chosen, strict=True)))
    found = programme.solve(Limits(gap=0.9))
    assert found.status is Status.GOOD_ENOUGH
    assert found.bound < found.objective
