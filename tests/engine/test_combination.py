"""How methods are weighed: by past misses, an own year and everyone's, and never on a gain that chance would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.need.combination import POOL, chosen_weights


def missed(series=40, misses=30, second=0.5, seed=1):
    """Outcomes, and two methods' forecasts: the first misses by noise, the second by *second* times as much."""
    rng = np.random.default_rng(seed)
    outcomes = rng.normal(1, 0.1, (series, misses))
    errors = rng.normal(0, 0.1, (2, series, misses)) * np.array([1.0, second])[:, None, None]
    return outcomes + errors, outcomes


def test_what_misses_half_as_much_in_all_series_gets_most_of_the_weight():
    forecasts, outcomes = missed()
    assert chosen_weights(forecasts, outcomes, 40)[:, 1].mean() > 0.6


def test_a_gain_that_chance_would_give_is_not_believed():
    """A method that is the other but for a tenth misses less, but not by what forty series tell from nothing."""
    forecasts, outcomes = missed(second=0.97)
    tied = np.stack([forecasts[0], 0.9 * forecasts[0] + 0.1 * forecasts[1]])
    assert np.all(chosen_weights(tied, outcomes, 40)[:, 0] == 1)
    assert chosen_weights(tied, outcomes, 10**6)[:, 1].mean() > 0.5


def test_a_long_own_history_outweighs_the_others():
    forecasts, outcomes = missed(series=20, misses=4 * POOL, second=2.0)
    forecasts[1, 0] = outcomes[0]
    weights = chosen_weights(forecasts, outcomes, 20)
    assert weights[0, 1] == 1
    assert weights[1:, 1].mean() < 0.3


def test_without_outcomes_the_first_method_has_all_the_weight():
    forecasts, outcomes = missed(3, 5)
    assert chosen_weights(forecasts, np.full_like(outcomes, np.nan), 3) == pytest.approx(np.tile([1.0, 0.0], (3, 1)))


@given(st.floats(0.01, 100), st.permutations(range(12)))
def test_neither_unit_nor_order_plays_a_part(times, order):
    forecasts, outcomes = missed(12, 20)
    weights = chosen_weights(forecasts, outcomes, 12)
    assert np.array_equal(chosen_weights(forecasts * times, outcomes * times, 12), weights)
    assert np.array_equal(chosen_weights(forecasts[:, order], outcomes[order], 12), weights[order])
