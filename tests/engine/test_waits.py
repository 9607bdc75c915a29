"""How long people wait: percentiles as spreadsheets have them, both ways of counting, and small numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.waitlist.waits import (
    PERCENTILES,
    Waits,
    histogram,
    protected,
    quantiles,
    spreads,
    within_target,
)


def waits(days, stopped=None, deviates=None, limit=90.0, left=None) -> Waits:
    size = len(days)
    return Waits(
        np.array(days, dtype=np.int64),
        np.zeros(size, dtype=np.int64) if stopped is None else np.array(stopped, dtype=np.int64),
        np.zeros(size, dtype=bool) if deviates is None else np.array(deviates, dtype=bool),
        np.full(size, limit) if np.isscalar(limit) else np.array(limit, dtype=float),
        np.full(size, np.nan) if left is None else np.array(left, dtype=float),
    )


def alone(rows: Waits):
    """Return the spreads of one group, as plain numbers by way."""
    found = spreads(rows, np.zeros(len(rows), dtype=np.int64), 1)
    return {
        way: (int(each.people[0]), float(each.percentiles[0, 0]), float(each.within[0])) for way, each in found.items()
    }


def test_the_same_base_gives_three_figures():
    """Two of four have stops: one chose to wait (100 days, 20 of them stopped), one waited for medical reasons."""
    rows = waits([40, 60, 100, 130], [0, 0, 20, 30], [False, False, True, True])
    assert alone(rows) == {"included": (4, 80.0, 0.5), "excluded": (2, 50.0, 1.0), "law": (4, 70.0, 0.75)}


def test_without_deviations_the_others_stops_are_not_taken_away():
    """Another region's time is no deviation: who has it is counted, by all days waited."""
    assert alone(waits([100], [20], [False])) == {"included": (1, 100, 0), "excluded": (1, 100, 0), "law": (1, 80, 1)}


def test_the_limits_own_day_is_within():
    assert alone(waits([90, 91]))["included"][2] == 0.5


def test_each_wait_is_held_against_the_limit_that_held_for_it():
    """History under 90 days, and those who came after it became 60; one before there was any."""
    assert alone(waits([80, 80, 80], limit=[90, 60, np.nan]))["included"] == (3, 80.0, 0.5)


def test_nobody_has_no_figures_and_that_is_not_zero():
    found = spreads(waits([5]), np.array([1]), 3)["included"]
    assert found.people.tolist() == [0, 1, 0]
    assert np.isnan(found.percentiles[:, [0, 2]]).all()
    assert np.isnan(found.within[[0, 2]]).all()
    assert np.isnan(spreads(waits([5], limit=np.nan), np.array([0]), 1)["law"].within[0])


def test_target_dates_are_held_against_their_own_day():
    people, within = within_target(waits([1, 2, 3, 4], left=[0, -1, np.nan, 5]), np.array([0, 0, 0, 1]), 2)
    assert people.tolist() == [2, 1]
    assert within.tolist() == [0.5, 1.0]


def test_the_intervals_are_the_national_ones():
    days = np.array([0, 30, 31, 90, 91, 365, 366, 900])
    assert histogram(days, np.zeros(8, dtype=np.int64), 1).tolist() == [[2, 1, 1, 1, 0, 1, 2]]


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([20, 30], set()),
        ([0, 30], set()),
        # One small count would follow from the sum: the smallest beside it goes too.
        ([3, 30, 8], {0, 2}),
        # Two small ones hide each other, unless they are small together.
        ([3, 4, 30], {0, 1}),
        ([1, 2, 30, 9], {0, 1, 3}),
        ([3], {0}),
    ],
)
def test_small_numbers_are_hidden_with_what_gives_them_away(counts, hidden):
    assert protected(counts, 5) == hidden


groups_of_days = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 700)), min_size=1, max_size=60)


@given(groups_of_days)
def test_the_percentiles_are_those_of_a_spreadsheet(drawn):
    groups, days = (np.array(column, dtype=np.int64) for column in zip(*drawn, strict=True))
    found = quantiles(days, groups, 5, PERCENTILES)
    for group in range(5):
        mine = days[groups == group]
        expected = np.quantile(mine, PERCENTILES) if len(mine) else np.full(len(PERCENTILES), np.nan)
        assert np.allclose(found[:, group], expected, equal_nan=True)


@given(groups_of_days, st.integers(0, 300))
def test_a_longer_limit_never_makes_fewer_within(drawn, limit):
    groups, days = (np.array(column, dtype=np.int64) for column in zip(*drawn, strict=True))
    short, long = (
        spreads(waits(days, limit=float(each)), groups, 5)["included"].within for each in (limit, limit + 10)
    )
    assert np.all((long >= short) | np.isnan(short))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=9), st.integers(1, 20))
def test_no_small_number_can_be_worked_out(counts, below):
    hidden = protected(counts, below)
    assert all(count == 0 or count >= below for place, count in enumerate(counts) if place not in hidden)
    together = sum(counts[place] for place in hidden)
    # Where the sum itself may be told, it leaves no small count, and no single one.
    if hidden and sum(counts) >= below:
        assert together >= below
        assert len(hidden) > 1 or len(counts) == 1 or sum(count > 0 for count in counts) == 1
