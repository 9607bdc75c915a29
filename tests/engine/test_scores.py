"""How wide past misses make a forecast: pooled scores, drawn to what is usual where luck or odd months made them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.need.distribution import NORMAL_WIDTH, PRIOR_SCORES, USUAL_WIDTH, Scores

TENTHS = np.array([0.1, 0.9])
USUAL = 1.084


def student(series: int, wide: float, misses: int = 20) -> np.ndarray:
    """Return *misses* of each of *series*, spread as Student's t with four degrees of freedom and deviation *wide*."""
    size = series * misses
    levels = (np.arange(size) + 0.5) / size
    alpha = 4 * levels * (1 - levels)  # the quantile function in closed form (Shaw 2006)
    values = np.sign(levels - 0.5) * np.sqrt(2 * (np.cos(np.arccos(np.sqrt(alpha)) / 3) / np.sqrt(alpha) - 1))
    return wide * values.reshape(misses, series).T


def width(scores: Scores) -> float:
    low, high = scores.at(TENTHS)
    return float(high - low)


def drawn(misses: np.ndarray, origins: int = 4, usual: float = USUAL) -> float:
    """Return the width that is believed of *misses*."""
    return width(Scores.pooled(misses).drawn_in(misses, origins, usual))


def test_many_scores_as_wide_as_the_model_says_stay_so() -> None:
    misses = student(500, 1.0)
    assert Scores.pooled(misses).at(np.array([0.95])) == pytest.approx(1.507, rel=0.01)
    assert drawn(misses) == pytest.approx(width(Scores.pooled(misses)), rel=0.01)


def test_wider_than_usual_from_few_origins_is_mostly_chance_of_a_few_odd_months() -> None:
    """A third wider than the model says, seen from four origins, is half believed."""
    assert np.log(drawn(student(500, 1.35)) / width(Scores.pooled(student(500, 1.0)))) < 0.17


def test_narrower_than_usual_is_believed_of_many_series_and_hardly_of_one() -> None:
    """No month makes all series' misses narrow: half the usual width of many is so, of one it may be luck."""
    seen = width(Scores.pooled(student(500, 0.5)))
    assert drawn(student(500, 0.5)) == pytest.approx(seen, rel=0.01)
    assert drawn(student(18, 0.5)) == pytest.approx(seen, rel=0.04)
    widths = [drawn(student(series, 0.5)) / width(Scores.pooled(student(series, 0.5))) for series in (500, 18, 5, 1)]
    assert widths == sorted(widths)
    assert widths[-1] > 1.2 * widths[0]


def test_few_misses_are_believed_less_than_many() -> None:
    """Four misses of a series tell less of it than twenty."""
    one, four = student(3, 0.5), student(3, 0.5, misses=4)
    assert drawn(four) / width(Scores.pooled(four)) > 1.05 * drawn(one) / width(Scores.pooled(one))


def test_a_level_that_was_missed_is_taken_away_of_many_series_and_half_of_one() -> None:
    """All series shifted alike: next time they need not be. A single series that is off is its own."""
    many, one = student(500, 1.0), student(1, 1.0)
    assert width(Scores.pooled(many + 2)) == pytest.approx(width(Scores.pooled(many)), rel=0.01)
    assert width(Scores.pooled(one + 2)) > 1.3 * width(Scores.pooled(one))


@pytest.mark.parametrize("usual", [*USUAL_WIDTH.values(), NORMAL_WIDTH])
def test_a_width_is_drawn_towards_what_is_usual(usual: float) -> None:
    """Normal scores a fifth too wide, seen once: nearer to the usual width than to their own."""
    own = 1.2 * usual
    misses = np.random.default_rng(1).normal(0, own / NORMAL_WIDTH, (500, 20))
    assert abs(drawn(misses, 1, usual) / 2 - usual) < abs(drawn(misses, 1, usual) / 2 - own)


def test_more_origins_are_believed_more() -> None:
    misses = student(500, 1.35)
    widths = [drawn(misses, origins) for origins in (1, 4, 16, 64)]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(width(Scores.pooled(misses)), rel=0.03)


def test_few_scores_take_their_shape_from_the_normal_and_their_width_from_themselves() -> None:
    """Twenty scores beside a hundred normal ones of one's own deviation would only hear those."""
    few = Scores.pooled(student(1, 0.3))
    assert width(few) == pytest.approx(0.3 * 2 * USUAL, rel=0.1)
    assert PRIOR_SCORES > 20


def test_without_scores_the_models_own_deviation_is_used() -> None:
    misses = np.full((3, 4), np.nan)
    none = Scores.pooled(misses)
    assert none.drawn_in(misses, 0, USUAL) is none
    assert none.at(TENTHS) == pytest.approx([-NORMAL_WIDTH, NORMAL_WIDTH], abs=0.01)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.integers(1, 8), st.floats(0.1, 10), st.floats(0.2, 5))
def test_the_median_stays_zero_and_the_order_of_levels_holds(
    misses: list[float], origins: int, wide: float, moved: float
) -> None:
    seen = wide * np.array([misses]) + moved
    scores = Scores.pooled(seen).drawn_in(seen, origins, USUAL)
    assert scores.at(np.array([0.5])) == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(scores.values) >= 0)
    assert np.all(np.isfinite(scores.values))
