"""Rates by age, sex and area: what is kept of large cells, what small ones lean on, and that the sum stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vardbalans.engine.need.rates import cell_rates, drawn_together, strength
from vardbalans.engine.sampling import stream

SHAPE = (4, 2, 3)


def test_the_belief_in_the_curve_by_hand():
    """None and twenty where ten and ten were expected: 2 · 100 / (10 + 100/α) = 1 gives α = 10/19."""
    counts, expected = np.array([0.0, 20.0]), np.array([10.0, 10.0])
    assert strength(counts, expected, 1) == pytest.approx(10 / 19)
    assert drawn_together(counts, expected, 1) == pytest.approx([0.05, 1.95])


def test_cells_that_differ_by_chance_alone_are_taken_as_alike():
    assert strength(np.array([9.0, 12.0, 10.0]), np.array([10.0, 11.0, 10.0]), 1) == np.inf
    assert drawn_together(np.array([9.0, 12.0, 10.0]), np.array([10.0, 11.0, 10.0]), 1).tolist() == [1, 1, 1]


def test_true_rates_come_back_and_small_areas_lean_on_the_curve():
    """Rates rise with age. In the small area each cell's own count is worse than what the others tell."""
    ages = np.array([0.1, 0.2, 0.5, 1.0])[:, None, None] * np.ones((4, 2, 2))
    people = np.ones((4, 2, 1)) * np.array([20_000, 10.0])
    drawn = stream(1, "rates").poisson(ages * people).astype(float)
    found = cell_rates(drawn, people)
    assert found[..., 0] == pytest.approx(ages[..., 0], rel=0.05)
    own, leaning = (np.abs(rates[..., 1] - ages[..., 1]).mean() for rates in (drawn / people, found))
    assert leaning < 0.25 * own


def test_a_cell_that_is_large_and_unlike_keeps_its_own_rate():
    counts = np.full((5, 2, 2), 1000.0)
    counts[2, 1, 1] = 3000.0
    assert cell_rates(counts, np.full((5, 2, 2), 10_000.0))[2, 1, 1] == pytest.approx(0.3, rel=0.03)


def test_without_contacts_need_follows_the_number_of_people():
    assert np.array_equal(cell_rates(np.zeros(SHAPE), np.ones(SHAPE)), np.ones(SHAPE))


counted = arrays(np.float64, SHAPE, elements=st.integers(0, 200).map(float))
lived = arrays(np.float64, SHAPE, elements=st.integers(0, 5000).map(float)).filter(lambda cells: cells.sum() > 0)


@settings(max_examples=100, deadline=None)
@given(counted, lived)
def test_rates_give_back_what_was_counted_and_are_never_negative(counts, people):
    counts = np.where(people > 0, counts, 0)
    found = cell_rates(counts, people)
    assert np.all(np.isfinite(found))
    assert np.all(found >= 0)
    if counts.any():
        assert (found * people).sum() == pytest.approx(counts.sum())


@settings(max_examples=100, deadline=None)
@given(counted, arrays(np.float64, SHAPE, elements=st.floats(0.1, 300)))
def test_a_ratio_lies_between_its_own_and_one(counts, expected):
    found, own = drawn_together(counts, expected, 1), counts / expected
    assert np.all(found >= np.minimum(own, 1) - 1e-9)
    assert np.all(found <= np.maximum(own, 1) + 1e-9)


@settings(max_examples=50, deadline=None)
@given(counted, lived, st.permutations(range(3)))
def test_the_order_of_areas_plays_no_part(counts, people, order):
    assert cell_rates(counts[..., order], people[..., order]) == pytest.approx(cell_rates(counts, people)[..., order])
