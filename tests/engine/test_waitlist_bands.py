"""Columns that have changed places are found, by what was published or by history; right files are left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.waitlist.bands import band_quantile, shift_against_history, shift_against_published

BANDS = 30


def lists(rows: int = 120, seed: int = 1) -> np.ndarray:
    """Return waiting people per row and band: each list falls off at a pace of its own."""
    rng = np.random.default_rng(seed)
    pace = rng.uniform(4, 14, rows)[:, None]
    people = rng.integers(60, 3000, rows)[:, None]
    shape = np.exp(-np.arange(BANDS) / pace)
    return rng.poisson(people * shape / shape.sum(axis=1, keepdims=True)).astype(float)


def published(counts: np.ndarray) -> dict[float, np.ndarray]:
    """Return medians and 95th percentiles with one decimal."""
    return {share: np.round(band_quantile(counts, share), 1) for share in (0.5, 0.95)}


def turned(counts: np.ndarray, bands: list[int], order: list[int]) -> np.ndarray:
    """Return *counts* (last axis: bands) with the columns *bands* filled from *order*."""
    changed = counts.copy()
    changed[..., bands] = counts[..., order]
    return changed


def test_the_published_example_of_a_binned_list() -> None:
    # Twenty of a hundred wait under two weeks: the fiftieth is 30/80 into the third week (NHSRtt).
    assert band_quantile(np.array([[10.0, 10, 80, 0]]), 0.5)[0] == pytest.approx(2.375)


def test_published_percentiles_of_binned_lists() -> None:
    """NHSRtt's tests of a binned list, its last month a whole one: here a last, open band with nobody in it."""
    five = np.array([[10.0, 20, 30, 20, 20, 0]])
    assert band_quantile(five, 0.0)[0] == 0
    assert band_quantile(five, 1.0)[0] == 5
    assert band_quantile(five, 0.5)[0] == pytest.approx(2 + 20 / 30)
    assert band_quantile(five, 0.92)[0] == pytest.approx(4 + 12 / 20)
    assert band_quantile(np.array([[10.0, 0, 30, 20, 20, 0]]), 0.5)[0] == pytest.approx(3)
    assert band_quantile(np.full((1, 11), [1.0] * 10 + [0]), 0.92)[0] == pytest.approx(9.2)
    # Its manual's steady state: the 92nd percentile after 4.139275 months.
    steady = np.array([[8868.7730, 6339.8509, 4366.6996, 2860.8979, 1604.6385, 589.2571, 0, 0]])
    assert band_quantile(steady, 0.92)[0] == pytest.approx(4.139275, abs=1e-6)


def test_who_waits_in_the_open_band_has_no_quantile() -> None:
    assert np.isnan(band_quantile(np.array([[1.0, 2, 30], [0, 0, 0]]), 0.5)).all()


@given(st.lists(st.integers(0, 40), min_size=3, max_size=8).filter(lambda counts: sum(counts[:-1]) > counts[-1] + 1))
def test_a_quantile_lies_in_the_band_that_holds_it(counts) -> None:
    found = band_quantile(np.array([counts], dtype=float), 0.5)[0]
    band = int(np.searchsorted(np.cumsum(counts), sum(counts) / 2))
    assert band <= found <= band + 1


@pytest.mark.parametrize("seed", range(5))
def test_a_right_file_agrees_with_what_was_published(seed) -> None:
    counts = lists(seed=seed)
    assert shift_against_published(counts, published(counts)) is None
    one_row_wrong = published(counts)
    one_row_wrong[0.5][3] += 1
    assert shift_against_published(counts, one_row_wrong) is None


@pytest.mark.parametrize("first", [3, 4, 6])
@pytest.mark.parametrize("turn", [[1, 2, 0], [2, 0, 1], [1, 0, 2]])
def test_three_columns_rotated_are_named_with_where_theirs_stand(first, turn) -> None:
    counts = lists()
    bands = [first, first + 1, first + 2]
    found = shift_against_published(turned(counts, bands, [first + n for n in turn]), published(counts))
    assert found is not None
    assert set(found.bands) <= set(bands)
    right = lists()
    wrong = turned(counts, bands, [first + n for n in turn])
    assert np.array_equal(turned(wrong, list(found.bands), list(found.found_in)), right)


def test_columns_that_no_percentile_falls_in_cannot_be_told_apart() -> None:
    counts = lists()
    assert shift_against_published(turned(counts, [0, 1], [1, 0]), published(counts)) is None


def test_three_columns_far_apart_are_found_if_not_put_right() -> None:
    counts = lists()
    found = shift_against_published(turned(counts, [3, 9, 17], [9, 17, 3]), published(counts))
    assert found is not None
    assert found.broken > 0.3 * found.tested


def test_a_file_whose_columns_all_moved_is_put_back() -> None:
    counts = lists()
    found = shift_against_published(np.roll(counts, 3, axis=1), published(counts))
    assert found is not None
    assert len(found.bands) == BANDS
    assert found.found_in[:3] == (3, 4, 5)


def days(count: int = 8, seed: int = 1) -> np.ndarray:
    """Return lists of several days, seven wide bands."""
    return np.array([lists(seed=seed + 7 * day)[:, :28].reshape(-1, 7, 4).sum(axis=2) for day in range(count)])


@pytest.mark.parametrize("seed", range(5))
def test_a_day_like_the_others_is_left_alone(seed) -> None:
    history = days(seed=100 * seed)
    assert shift_against_history(history[0], history[1:]) is None
    assert shift_against_history(history[0][:1], history[1:, :1]) is None


@pytest.mark.parametrize("first", range(4))
def test_three_bands_rotated_are_found_by_history(first) -> None:
    history = days()
    bands = [first, first + 1, first + 2]
    wrong = turned(history[0], bands, [first + 1, first + 2, first])
    found = shift_against_history(wrong, history[1:])
    assert found is not None
    assert np.array_equal(turned(wrong, list(found.bands), list(found.found_in)), history[0])


def test_a_list_that_grows_old_is_no_shift() -> None:
    history = days()
    older = history[0] * np.linspace(0.5, 2.0, 7)
    assert shift_against_history(older, history[1:]) is None
