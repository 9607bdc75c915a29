"""Days and shares from bands of any width: worked numbers, and people spread evenly in each band."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.waitlist.bands import band_quantile, days_at, share_within

FIRSTS = np.array([0.0, 31, 61, 91])


def test_a_median_in_uneven_bands_lies_as_far_into_its_days():
    counts = np.array([[10.0, 10, 80, 0]])
    assert days_at(FIRSTS, band_quantile(counts, 0.5))[0] == pytest.approx(61 + 0.375 * 30)


def test_who_waits_in_the_open_band_has_no_days():
    assert np.isnan(days_at(FIRSTS, band_quantile(np.array([[1.0, 0, 0, 9]]), 0.5)))[0]
    assert np.isnan(days_at(np.array([0.0]), band_quantile(np.array([[9.0]]), 0.5)))[0]


@pytest.mark.parametrize(("until", "share"), [(0, 0.0), (31, 0.25), (46, 0.375), (91, 0.75), (92, np.nan)])
def test_a_share_is_exact_at_the_edges_and_even_between(until, share):
    found = share_within(FIRSTS, np.array([[10.0, 10, 10, 10], [0, 0, 0, 0]]), until)
    assert found[0] == pytest.approx(share, nan_ok=True)
    assert np.isnan(found[1])


def test_where_nobody_is_in_the_open_band_all_are_within_what_lies_beyond():
    assert share_within(FIRSTS, np.array([[1.0, 1, 1, 0]]), 400)[0] == 1.0


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(lambda row: sum(row[:3]) > 0), st.floats(0.01, 0.99))
def test_the_share_within_a_percentile_is_the_percentile(row, share):
    counts = np.array([row], dtype=float)
    days = days_at(FIRSTS, band_quantile(counts, share))
    if np.isfinite(days[0]):
        assert share_within(FIRSTS, counts, float(days[0]))[0] == pytest.approx(share, abs=1e-6)
