"""The choice of measures against trying every set, and the arithmetic of the benefit register."""

from itertools import islice, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.benefit import Benefit, HourValue, fewer_of, total, visits_made_room_for, worth
from vardbalans.engine.cheapest import every_set, searched_sets, sets_by_cost
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import Interval
from vardbalans.engine.solving import Limits, Programme, Status


def cheapest(*programme, search=sets_by_cost):
    found = next(search(*programme), None)
    return None if found is None else found.taken


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
    for search in (every_set, searched_sets):
        picked = cheapest(base, gains, prices, probability, budget, search=search)
        found = None if picked is None else (prices[picked].sum(), picked.sum())
        assert found == expected


def many(seed, count, resources):
    """A gap that some of *count* measures close, each of use to a few resources."""
    rng = np.random.default_rng(seed)
    base = rng.normal(-300, 60, (200, resources))
    size = rng.uniform(20, 150, (count, resources)) * (rng.random((count, resources)) < 0.5)
    gains = size[:, None, :] * rng.uniform(0.8, 1.2, (count, 200, 1))
    return base, gains, rng.integers(50, 500, count).astype(float)


@pytest.mark.parametrize("seed", range(4))
def test_the_two_searches_agree(seed):
    """In cost and size of the first ten sets, and of those that lack some of the best."""
    base, gains, prices = many(seed, 12, 2)
    best = cheapest(base, gains, prices, 0.9, search=every_set)
    for without in (None, best):
        tried, searched = (
            [
                (prices[found.taken].sum(), found.taken.sum())
                for found in islice(search(base, gains, prices, 0.9, None, without), 10)
            ]
            for search in (every_set, searched_sets)
        )
        assert tried == searched


def as_programme(base, gains, prices, probability):
    """Return the least cost by HiGHS: a measure is taken or not, and a draw may be missed, all but so many."""
    programme, limits = Programme(), Limits(30.0, 0.0)
    taken = [programme.number(whole=True) for _ in prices]
    missed = [programme.number(whole=True) for _ in base]
    for number in (*taken, *missed):
        programme.hold(number - 1)
    for draw, lacking in enumerate(-base):
        for resource, need in enumerate(lacking):
            given = sum(float(gains[i, draw, resource]) * row for i, row in enumerate(taken))
            programme.hold(float(need) - given - float(max(need, 0.0)) * missed[draw])
    programme.hold(sum(missed) - round((1 - probability) * len(base)))
    programme.minimise(sum(float(price) * row for price, row in zip(prices, taken, strict=True)))
    solved = programme.solve(limits)
    assert solved.status is Status.BEST
    return solved.objective


@pytest.mark.parametrize(("seed", "count"), [(0, 12), (1, 16), (2, 24)])
def test_the_search_and_a_mixed_integer_programme_agree_on_three_resources(seed, count):
    base, gains, prices = many(seed, count, 3)
    base, gains = base[:40], gains[:, :40]
    found = next(searched_sets(base, gains, prices, 0.9))
    assert found.bound == prices[found.taken].sum()
    assert as_programme(base, gains, prices, 0.9) == pytest.approx(prices[found.taken].sum())


def test_sixty_measures_are_weighed():
    """The bound is the cost where the search came to its end; otherwise it tells how far below it could be."""
    base, gains, prices = many(1, 60, 1)
    found = next(sets_by_cost(base, gains, prices, 0.9))
    assert found.bound == prices[found.taken].sum()
    broken_off = list(islice(searched_sets(base, gains, prices, 0.9, most=5), 3))
    for other in broken_off:
        assert other.bound <= found.bound <= prices[other.taken].sum()
        balance = base + gains[other.taken].sum(axis=0)
        assert (balance >= -1e-9).all(axis=1).mean() >= 0.9


def test_what_helps_nowhere_is_in_no_set():
    base, gains, prices = many(1, 3, 1)
    useless = np.concatenate([gains * 30, -gains[:1]])
    sets = [found.taken for found in sets_by_cost(base, useless, np.append(prices, 0.0), 0.9)]
    assert sets
    assert not any(taken[-1] for taken in sets)


def test_nothing_is_taken_where_there_is_balance_already():
    assert not cheapest(np.ones((10, 1)), np.ones((2, 10, 1)), np.array([1.0, 2.0]), 1.0).any()


def test_sets_come_in_order_of_cost():
    """Both measures close the gap alone; within 50 kronor nothing does."""
    base, gains, prices = np.full((10, 1), -5.0), np.full((2, 10, 1), 6.0), np.array([100.0, 300.0])
    sets = [found.taken.tolist() for found in sets_by_cost(base, gains, prices, 1.0)]
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
