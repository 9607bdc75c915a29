"""The choice of measures against trying every set, and the arithmetic of the benefit register."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.benefit import Benefit, HourValue, fewer_of, total, visits_made_room_for, worth
from vardbalans.engine.cheapest import sets_by_cost
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import Interval


def cheapest(*programme):
    return next(sets_by_cost(*programme), None)


def by_trying_all(base, gains, prices, probability, budget):
    """Return the cost of the cheapest set; None where none will do."""
    found = []
    for taken in product((False, True), repeat=len(prices)):
        balance = base + gains[list(taken)].sum(axis=0)
        cost = prices[list(taken)].sum()
        if (balance >= -1e-9).all(axis=1).mean() >= probability - 1e-9 and (budget is None or cost <= budget):
            found.append((cost, sum(taken)))
    return min(found, default=None)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.integers(1, 2),
    st.sampled_from([0.5, 0.8, 0.95, 1.0]),
    st.sampled_from([None, 0, 400, 1000]),
)
def test_the_choice_is_the_cheapest_of_all_sets(seed, count, resources, probability, budget):
    rng = np.random.default_rng(seed)
    base = rng.normal(-100, 60, (40, resources))
    gains = rng.normal(60, 60, (count, 40, resources))
    prices = rng.integers(0, 500, count).astype(float)
    expected = by_trying_all(base, gains, prices, probability, budget)
    picked = cheapest(base, gains, prices, probability, budget)
    found = None if picked is None else (prices[picked].sum(), picked.sum())
    assert found == expected


def test_nothing_is_taken_where_there_is_balance_already():
    assert not cheapest(np.ones((10, 1)), np.ones((2, 10, 1)), np.array([1.0, 2.0]), 1.0).any()


def test_sets_come_in_order_of_cost():
    """Both measures close the gap alone; within 50 kronor nothing does."""
    base, gains, prices = np.full((10, 1), -5.0), np.full((2, 10, 1), 6.0), np.array([100.0, 300.0])
    sets = [taken.tolist() for taken in sets_by_cost(base, gains, prices, 1.0)]
    assert sets == [[True, False], [False, True], [True, True]]
    assert cheapest(base, gains, prices, 1.0, 50) is None


def test_published_benefits():
    """A quarter fewer no-shows of 88 Mkr is 22 Mkr; 500 000 hours of 250 kr are 125 Mkr (Region Västerbotten)."""
    assert fewer_of(88_000_000_00, Interval(0.75, 0.75, 0.75)).expected == 22_000_000_00
    hours = Benefit("hours", 500_000, 400_000, 600_000)
    assert worth(hours, HourValue()).expected == 125_000_000_00
    assert visits_made_room_for(100, 30, 45) == 66
    with pytest.raises(BadInput, match="över noll"):
        visits_made_room_for(100, 30, 0)


def test_what_covers_zero_is_not_shown_and_in_no_sum():
    unsure = fewer_of(100, Interval(0.9, 0.7, 1.1))
    assert not unsure.shown
    assert fewer_of(100, Interval(0.9, 0.8, 0.95)).shown
    assert total([unsure]) is None
    assert total([unsure, Benefit("ore", 5.0, 1.0, 9.0), Benefit("ore", -2.0, -3.0, -1.0)]) == 3.0
    assert not Benefit("ore", 5.0, 0.0, 9.0).shown
