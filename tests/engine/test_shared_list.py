"""One list for several units: the same people and slots, and those who came the same week wait alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.shared_list import Cohort, served, shared_list

few = settings(max_examples=60, deadline=None)


def test_by_hand():
    """North has 6 and treats 1 a week, south has 2 and treats 3: apart north's last waits past the end."""
    cohorts = [Cohort("north", "2", -1, 6.0), Cohort("south", "2", -1, 2.0)]
    found = shared_list(cohorts, {"north": np.ones(2), "south": np.array([3.0, 3.0])})
    assert found.apart.waits["north", "2", -1] == pytest.approx((1 * 1 + 1 * 2 + 4 * 3) / 6)
    assert found.apart.waits["south", "2", -1] == pytest.approx(1)
    # Together four are treated in each week, three quarters of them north's.
    assert found.together.waits["north", "2", -1] == found.together.waits["south", "2", -1] == pytest.approx(1.5)
    assert found.together.left == {"north": 0, "south": 0}
    assert found.together.treated["north", "south"] == pytest.approx(4)
    assert (found.moved, found.apart.spread > 1, found.together.spread) == (pytest.approx(4), True, pytest.approx(0))
    assert found.together.wait_of("north") == pytest.approx(1.5)
    assert found.together.wait_of("east") == 0


def test_priority_goes_before_the_week_and_nobody_is_treated_before_they_come():
    cohorts = [Cohort("n", "1", 1, 2.0), Cohort("n", "2", -5, 2.0)]
    found = served(cohorts, {"n": np.array([1.0, 2.0, 1.0])})
    assert found.waits["n", "1", 1] == 0
    assert found.waits["n", "2", -5] == pytest.approx((5 + 7) / 2)


def test_a_unit_without_slots_of_its_own_is_refused_by_name():
    with pytest.raises(BadInput, match="east"):
        shared_list([Cohort("east", "1", 0, 1.0)], {"n": np.ones(1)})
    with pytest.raises(BadInput, match="negativt"):
        Cohort("n", "1", 0, -1.0)


@st.composite
def lists(draw):
    weeks = draw(st.integers(1, 6))
    homes = ["x", "y", "z"][: draw(st.integers(1, 3))]
    cohorts = [
        Cohort(home, draw(st.sampled_from("123")), draw(st.integers(-4, weeks - 1)), float(draw(st.integers(0, 9))))
        for home in homes
        for _ in range(draw(st.integers(0, 4)))
    ]
    return cohorts, {home: np.array([float(draw(st.integers(0, 9))) for _ in range(weeks)]) for home in homes}


@few
@given(lists())
def test_people_are_conserved_and_nobody_treats_more_than_it_can(case):
    cohorts, slots = case
    found = shared_list(cohorts, slots)
    for row in (found.apart, found.together):
        assert sum(row.treated.values()) + sum(row.left.values()) == pytest.approx(sum(c.count for c in cohorts))
        for unit, values in slots.items():
            assert sum(n for (_, by), n in row.treated.items() if by == unit) <= values.sum() + 1e-6
    assert sum(found.together.treated.values()) >= sum(found.apart.treated.values()) - 1e-6
    assert all(home == by for home, by in found.apart.treated)


@few
@given(lists())
def test_with_one_list_those_of_a_priority_who_came_the_same_week_wait_alike(case):
    found = shared_list(*case)
    assert found.together.spread == pytest.approx(0, abs=1e-6)
    assert found.together.spread <= found.apart.spread + 1e-6


@few
@given(lists())
def test_one_unit_alone_has_the_same_list_either_way(case):
    cohorts, slots = case
    alone = {"x": slots["x"]}
    found = shared_list([row for row in cohorts if row.home == "x"], alone)
    assert found.apart.waits == found.together.waits
    assert found.moved == 0
