"""How wide past misses make a forecast: pooled scores, drawn to what is usual where luck or odd months made them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.need.distribution import PRIOR_SCORES, USUAL_WIDTH, Scores

TENTHS = np.array([0.1, 0.9])
USUAL = 1.084


def student(size: int, wide: float) -> np.ndarray:
    """Return *size* values spread as Student's t with four degrees of freedom and deviation *wide*."""
    levels = (np.arange(size) + 0.5) / size
    alpha = 4 * levels * (1 - levels)  # the quantile function in closed form (Shaw 2006)
    return wide * np.sign(levels - 0.5) * np.sqrt(2 * (np.cos(np.arccos(np.sqrt(alpha)) / 3) / np.sqrt(alpha) - 1))


def width(scores: Scores) -> float:
    low, high = scores.at(TENTHS)
    return float(high - low)


def test_many_scores_as_wide_as_the_model_says_stay_so() -> None:
    pooled = Scores.pooled(student(10_000, 1.0))
    assert pooled.at(np.array([0.95])) == pytest.approx(1.507, rel=0.01)
    assert width(pooled.drawn_in(4, 10_000, USUAL)) == pytest.approx(width(pooled), rel=0.01)


def test_wider_than_usual_from_few_origins_is_mostly_chance_of_a_few_odd_months() -> None:
    """A third wider than the model says, seen from four origins, is half believed."""
    a_third_wider = Scores.pooled(student(10_000, 1.35))
    assert np.log(width(a_third_wider.drawn_in(4, 500, USUAL)) / width(Scores.pooled(student(10_000, 1.0)))) < 0.17


def test_narrower_than_usual_is_believed_of_many_series_and_hardly_of_one() -> None:
    """No month makes all series' misses narrow: half the usual width of many is so, of one it may be luck."""
    narrow = Scores.pooled(student(10_000, 0.5))
    assert width(narrow.drawn_in(4, 500, USUAL)) == pytest.approx(width(narrow), rel=0.01)
    assert width(narrow.drawn_in(4, 18, USUAL)) == pytest.approx(width(narrow), rel=0.03)
    widths = [width(narrow.drawn_in(4, series, USUAL)) for series in (500, 18, 5, 1)]
    assert widths == sorted(widths)
    assert widths[-1] > 1.2 * widths[0]


@pytest.mark.parametrize("usual", USUAL_WIDTH.values())
def test_a_width_is_drawn_towards_what_is_usual_for_its_frequency(usual: float) -> None:
    """Normal scores a fifth too wide, seen once: nearer to the usual width than to their own."""
    own = 1.2 * usual
    drawn = Scores.pooled(np.random.default_rng(1).normal(0, own / 1.2816, 10_000)).drawn_in(1, 10_000, usual)
    assert abs(width(drawn) / 2 - usual) < abs(width(drawn) / 2 - own)


def test_more_origins_are_believed_more() -> None:
    pooled = Scores.pooled(student(10_000, 1.35))
    widths = [width(pooled.drawn_in(origins, 10_000, USUAL)) for origins in (1, 4, 16, 64)]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(width(pooled), rel=0.03)


def test_few_scores_take_their_shape_from_the_normal_and_their_width_from_themselves() -> None:
    """Twenty scores beside a hundred normal ones of one's own deviation would only hear those."""
    few = Scores.pooled(student(20, 0.3))
    assert width(few) == pytest.approx(0.3 * 2 * 1.084, rel=0.1)
    assert PRIOR_SCORES > 20


def test_without_scores_the_models_own_deviation_is_used() -> None:
    none = Scores.pooled(np.full((3, 4), np.nan))
    assert none.drawn_in(0, 0, USUAL) is none
    assert none.at(TENTHS) == pytest.approx([-1.2816, 1.2816], abs=0.01)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.integers(1, 8), st.floats(0.1, 10), st.floats(0.2, 5))
def test_the_median_stays_zero_and_the_order_of_levels_holds(
    misses: list[float], origins: int, wide: float, moved: float
) -> None:
    scores = Scores.pooled(wide * np.array(misses) + moved).drawn_in(origins, len(misses), USUAL)
    assert scores.at(np.array([0.5])) == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(scores.values) >= 0)
    assert np.all(np.isfinite(scores.values))
