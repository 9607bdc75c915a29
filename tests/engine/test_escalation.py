"""What is told higher up: by the size of a shortfall, and where nobody does anything about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.escalation import levels_up, raised_to

STEPS = (0.3, 0.6)


@pytest.mark.parametrize(
    ("share", "acted_on", "levels"),
    [(0.2, True, 0), (0.2, False, 1), (0.31, True, 1), (0.61, True, 2), (0.61, False, 3)],
)
def test_a_larger_shortfall_is_told_higher_up(share, acted_on, levels):
    assert levels_up(share, STEPS, acted_on=acted_on) == levels


@given(st.floats(0, 5), st.floats(0, 5), st.booleans())
def test_more_is_never_told_lower_down(one, other, acted_on):
    less, more = sorted((one, other))
    assert levels_up(less, STEPS, acted_on=acted_on) <= levels_up(more, STEPS, acted_on=acted_on) <= len(STEPS) + 1


def test_it_is_told_along_the_path_and_no_higher_than_the_top():
    path = ("R", "D", "K")
    assert [raised_to(path, levels) for levels in range(5)] == [None, "D", "R", "R", "R"]
    assert raised_to(("R",), 2) is None
    assert raised_to((), 1) is None
