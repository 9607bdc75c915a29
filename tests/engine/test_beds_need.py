"""How many beds: by share, guide value and blocking; what pooling gains; and the census per 100 open beds."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.engine.planning import plan, problem, room, service
from vardbalans.engine.beds.census import Count, figures, together
from vardbalans.engine.beds.need import (
    GuideValue,
    beds_for_guide,
    beds_for_share,
    guide_on,
    need_of_beds,
    offered_load,
    pooling_gain,
)
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Use, Way
from vardbalans.engine.plan.solve import propose

GUIDE = GuideValue(0.9, date(2023, 1, 1), "test")
LOADS = st.lists(st.floats(0.1, 200), min_size=1, max_size=6)


@given(LOADS, st.floats(0.5, 0.999))
def test_the_beds_are_enough_for_the_share_and_one_fewer_is_not(loads, share):
    beds = beds_for_share(np.array(loads), share)
    assert stats.poisson.cdf(beds, loads).mean() >= share
    assert beds == 0 or stats.poisson.cdf(beds - 1, loads).mean() < share


@given(LOADS, st.floats(0.001, 0.5))
def test_pooled_wards_need_no_more_beds(loads, blocked):
    gain = pooling_gain(loads, blocked)
    assert gain.value >= 0
    assert gain.remainder == pytest.approx(0, abs=1e-9)


def test_published_beds_for_blocking_and_the_guide_value():
    """Loads and beds of checks: 20 Erlang needs 26 beds for 5 per cent, 28 for 2."""
    found = {figure.name: figure for figure in need_of_beds(np.array([20.0]), GUIDE, 0.95, 0.05)}
    assert found["beds_for_blocking"].value == 26
    assert found["beds_for_guide"].value == 23  # 22.2…
    assert found["beds_for_share"].value == stats.poisson.ppf(0.95, 20)
    assert all(figure.remainder == pytest.approx(0) for figure in found.values())
    assert beds_for_guide(np.array([18.0]), GUIDE) == 20
    assert offered_load(4.0, 5.0) == 20.0


def test_a_season_takes_more_beds_than_its_mean():
    assert beds_for_share(np.array([10.0, 30.0]), 0.95) > beds_for_share(np.array([20.0, 20.0]), 0.95)


def test_the_guide_value_in_force():
    newer = GuideValue(0.85, date(2026, 1, 1), "region")
    assert guide_on([newer, GUIDE], date(2025, 12, 31)) is GUIDE
    assert guide_on([newer, GUIDE], date(2026, 1, 1)) is newer
    with pytest.raises(BadInput):
        guide_on([newer], date(2025, 1, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: beds_for_share(np.array([5.0]), 1.0),
        lambda: beds_for_share(np.array([-1.0]), 0.9),
        lambda: beds_for_share(np.array([np.nan]), 0.9),
        lambda: beds_for_guide(np.array([5.0]), GuideValue(0.0, date(2023, 1, 1), "")),
        lambda: offered_load(-1, 2),
        lambda: pooling_gain([1.0], 0.0),
        lambda: Count(3, 0, 4, 0, 5, 5),
        lambda: Count(-1, 0, 0, 0, 5, 5),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(BadInput):
        wrong()


# The census


def test_closed_beds_are_in_no_denominator_and_are_shown():
    count = Count(18, 2, 3, 1, 16, 20)
    assert (count.closed, count.occupancy) == (4, 18 / 16)
    assert count.overcrowded_per_100 == pytest.approx(12.5)
    assert count.outliers_per_100 == pytest.approx(18.75)
    found = figures(count, Source.of("stays"), Source.of("beds"))
    assert [figure.value for figure in found] == pytest.approx([18 / 16, 12.5, 18.75])
    assert all(figure.remainder == pytest.approx(0) for figure in found)
    assert {step.value for figure in found for step in figure.inputs} == {18, 16, 4}


def test_a_free_bed_in_one_ward_is_none_in_another():
    both = together([Count(12, 2, 0, 0, 10, 10), Count(5, 0, 1, 2, 10, 12)])
    assert (both.overcrowded, both.occupied, both.available, both.closed) == (2, 17, 20, 2)
    unknown = together([both, Count(1, None, 0, 0, None, None)])
    assert unknown.available is None
    assert unknown.outliers_per_100 is unknown.occupancy is None
    assert figures(unknown, Source.of("stays"), Source.of("beds")) == ()


# Beds in the plan


def test_no_operation_is_planned_without_its_bed():
    """Theatre time for 10 a week; a ward of 3 beds with three days each, partly in the week after."""
    day = 1440.0
    operation = service(
        need=np.full(4, 10.0), way=Way("own", "egen", (Use("theatre", 60.0), Use("bed", 3 * day, (0.7, 0.3)))), weeks=4
    )
    resources = (room("theatre", minutes=600.0, weeks=4), room("bed", minutes=3 * 7 * day, weeks=4))
    asked = problem([operation], resources, weeks=4)
    found = propose(asked).plan
    done = next(iter(found.production.values()))
    in_bed = 3 * day * (0.7 * done + 0.3 * np.concatenate([[0.0], done[:-1]]))
    assert (in_bed <= 3 * 7 * day + 1e-6).all()
    assert 25 < done.sum() < 40  # the beds bind, not the theatre
    assert judge(asked, plan(s=[10, 10, 10, 10])).breaches
