"""When a shortage is an episode, from when to when, and how large it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.episodes import list_episodes, shortages
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import WarningRule

RULE = WarningRule(risk=0.7, weeks=3)


def weeks_found(risks, rule=RULE):
    """Episodes of a resource that is short by 10 in that share of 100 draws, and has 10 over in the others."""
    draws = np.where(np.arange(100)[:, None] < np.round(np.array(risks) * 100), 10.0, -10.0)
    return [(row.first, row.last) for row in shortages(draws.mean(axis=0), draws, rule)]


@pytest.mark.parametrize(
    ("risks", "found"),
    [
        ([0.9, 0.9, 0.1, 0.1], []),
        ([0.1, 0.9, 0.9, 0.9, 0.1], [(1, 3)]),
        ([0.7, 0.7, 0.7], []),  # at the limit is not above it
        ([0.9, 0.9, 0.9, 0.1, 0.1, 0.9], [(0, 5)]),  # two quiet weeks do not end it
        ([0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9], [(0, 2), (6, 8)]),
        ([0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9], [(0, 2)]),
        ([0.9, 0.9, 0.1, 0.9, 0.9, 0.1], []),
    ],
)
def test_three_weeks_in_a_row_begin_an_episode_and_three_quiet_ones_end_it(risks, found):
    assert weeks_found(risks) == found


def test_size_is_the_gap_of_all_weeks_and_certainty_that_of_the_sum():
    """Short by 10, 20 and 30 hours as expected; each draw is 100 h off all three weeks together or none."""
    gap = np.array([10.0, 20.0, 30.0])
    draws = gap + np.array([[-1.0, -1.0, -100.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    (row,) = shortages(gap, draws, RULE)
    assert (row.first, row.last, row.size, row.certainty) == (0, 2, 60.0, 0.8)
    assert (row.low, row.high) == pytest.approx(tuple(np.quantile(draws.sum(axis=1), [0.05, 0.95])))


def test_a_lists_size_is_how_far_over_it_is_in_its_worst_week():
    queue = np.array([90.0, 110.0, 130.0, 120.0])
    (row,) = list_episodes(queue, queue + np.array([[-5.0], [0.0], [5.0]]), 100.0, RULE)
    assert (row.first, row.last, row.size) == (1, 3, 30.0)
    assert (row.low, row.high, row.certainty) == pytest.approx((25.5, 34.5, 1.0))


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 5))
def test_episodes_are_apart_and_begin_and_end_above_the_limit(risks, weeks):
    found = weeks_found(risks, WarningRule(risk=0.7, weeks=weeks)) if risks else []
    above = np.round(np.array(risks) * 100) > 70
    for first, last in found:
        assert above[first : first + weeks].all()
        assert above[last]
        assert last - first + 1 >= weeks
    for (_, end), (start, _) in pairwise(found):
        assert start - end > weeks
    streaks = "".join("x" if row else "." for row in above)
    assert ("x" * weeks in streaks) == bool(found)


@pytest.mark.parametrize("wrong", [{"risk": 1.2}, {"weeks": 0}, {"ahead_weeks": -1}])
def test_a_rule_that_cannot_be_is_refused(wrong):
    with pytest.raises(BadInput):
        WarningRule(**wrong)
