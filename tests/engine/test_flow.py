"""Flow between services: shares, lags, and what extra production brings downstream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.flow import estimate_conversion, induced, wilson_interval
from vardbalans.engine.inputs import Conversion

HERE = Source.of("referrals")


def _link(share=0.3, lags=(0.0, 0.5, 0.5), frm="visit", to="surgery"):
    return Conversion(frm, to, share, share, share, lags, HERE)


def test_ten_per_cent_more_upstream_raises_downstream_by_exactly_its_share():
    base = np.full(20, 40.0)
    found = induced({"visit": base * 0.1}, [_link()])["surgery"]
    assert found[0] == 0
    assert found[1] == pytest.approx(0.3 * 0.5 * 4)
    assert found[2:] == pytest.approx(np.full(18, 0.3 * 4))


@given(st.lists(st.floats(0, 100), min_size=30, max_size=30), st.floats(0, 1), st.floats(0, 1))
def test_nothing_is_lost_beyond_the_last_week(extra, first, second):
    values = np.array([*extra, *[0.0] * 10])
    found = induced({"a": values}, [_link(first, (0.2, 0.8), "a", "b"), _link(second, (0.0, 0.0, 1.0), "b", "c")])
    assert found.get("b", np.zeros(1)).sum() == pytest.approx(first * values.sum(), abs=1e-3)
    assert found.get("c", np.zeros(1)).sum() == pytest.approx(first * second * values.sum(), abs=1e-3)


def test_a_loop_that_fades_ends_and_one_that_grows_is_refused():
    around = [_link(0.5, (0.0, 1.0), "a", "b"), _link(0.5, (1.0,), "b", "a")]
    assert induced({"a": np.ones(10)}, around)["a"][3] == pytest.approx(0.25 + 0.0625 + 0.015625)
    with pytest.raises(BadInput, match="slinga"):
        induced({"a": np.ones(10)}, [_link(1.0, (1.0,), "a", "b"), _link(1.0, (1.0,), "b", "a")])


def test_wilson_interval_published():
    """Newcombe 1998, table I: 81 of 263 and 15 of 148; 0 of 20 and 1 of 29."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_estimate_gives_share_lags_and_interval():
    found = estimate_conversion("visit", "surgery", 200, np.array([10.0, 30.0, 20.0]), HERE)
    assert found.share == 0.3
    assert found.low < 0.3 < found.high
    assert found.lag_weeks == pytest.approx((1 / 6, 0.5, 1 / 3))


def test_no_link_is_said_and_not_taken_as_zero():
    with pytest.raises(BadInput, match="kan kopplas"):
        estimate_conversion("visit", "surgery", 200, np.zeros(3), HERE)
