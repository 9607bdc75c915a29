"""How many come: chance is not followed, and what has really moved is."""

import numpy as np
import pytest

from vardbalans.engine.beds.rates import level, level_spread, week_shape

DAYS = 728


def test_a_week_without_a_pattern_is_told_as_nearly_even():
    counts = np.random.default_rng(1).poisson(3.0, (200, 168)).astype(float)
    apart = week_shape(counts).reshape(200, 7, 24).mean(axis=2) - 1
    seen = counts.reshape(200, 7, 24).sum(axis=2) / counts.sum(axis=1, keepdims=True) * 7 - 1
    assert np.allclose(week_shape(counts).mean(axis=1), 1)
    assert np.sqrt((apart**2).mean()) < 0.6 * np.sqrt((seen**2).mean())


def test_a_week_with_a_pattern_keeps_it():
    hours = np.where(np.arange(24) == 7, 1.0, 0.0)
    true = np.concatenate([np.tile(hours, 5), np.zeros(48)])
    found = week_shape(100 * true[None])[0].reshape(7, 24)
    assert found[:5, 7] == pytest.approx(168 / 5, rel=0.05)
    assert found[5:].sum() < 0.02 * found.sum()
    assert np.allclose(week_shape(np.zeros((1, 168))), 1)


def test_chance_alone_leaves_the_level_at_the_year_and_a_change_is_followed():
    rng = np.random.default_rng(2)
    even = rng.poisson(2.0, (30, DAYS)).astype(float)
    year, late = even[:, -364:].mean(axis=1), even[:, -56:].mean(axis=1)
    kept = np.sum((level(even) - year) * (late - year)) / np.sum((late - year) ** 2)
    assert 0 <= kept < 0.25
    # A third more since half a year: the latest weeks know it, the year does not.
    moved = even.copy()
    moved[:5] = rng.poisson(np.where(np.arange(DAYS) < DAYS - 180, 4.0, 12.0), (5, DAYS))
    assert np.abs(level(moved)[:5] - 12).mean() < 0.35 * np.abs(moved[:5, -364:].mean(axis=1) - 12).mean()
    assert np.all(level_spread(moved)[:5] > 0.1)
    assert np.median(level_spread(even)) < 0.15


def test_few_days_have_a_mean_and_no_spread():
    few = np.full((2, 60), 3.0)
    assert np.allclose(level(few), 3.0)
    assert np.allclose(level_spread(few), 0.0)
