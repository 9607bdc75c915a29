"""Remaining stays and the discharge clock: planted curves are found, and small groups lean on their parent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.beds.clock import DischargeClock, even_clock, measured_clock
from vardbalans.engine.beds.stay import fit_stays
from vardbalans.engine.errors import BadInput

PACES = st.lists(st.floats(0.01, 5), min_size=168, max_size=168).map(np.array)


def fitted(stays, ended=None, entered=None, group=None, parents=(1, -1)):
    stays = np.asarray(stays, float)
    return fit_stays(
        np.zeros(len(stays)) if entered is None else entered,
        stays,
        np.ones(len(stays), bool) if ended is None else ended,
        np.zeros(len(stays), np.int64) if group is None else group,
        parents,
    )


@given(PACES, st.lists(st.floats(-2000, 5000), min_size=1, max_size=20).map(np.array))
def test_the_clock_can_be_read_backwards_and_never_goes_back(pace, moments):
    clock = DischargeClock(pace)
    assert np.allclose(clock.moment(clock.reading(moments)), moments, atol=1e-6)
    ordered = np.sort(moments)
    assert (np.diff(clock.reading(ordered)) >= 0).all()
    assert np.allclose(clock.reading(moments + 168) - clock.reading(moments), pace.sum())


def test_the_clock_of_the_wall_changes_nothing():
    moments = np.linspace(-300, 900, 50)
    assert np.allclose(even_clock().reading(moments), moments)


def test_a_planted_pace_is_measured():
    pace = np.tile(np.repeat([0.2, 1.8, 1.0], 8), 7)
    pace[120:] *= 0.4
    patients = np.full(168, 3000.0)
    discharges = np.random.default_rng(1).poisson(patients / 100 * pace)
    found = measured_clock(discharges.astype(float), patients)
    assert found.pace.mean() == pytest.approx(1)
    assert np.corrcoef(found.pace, pace)[0, 1] > 0.95
    closer = found.weekend_like_weekdays(1.0)
    assert closer.pace[120:].sum() == pytest.approx(2 * found.pace[:120].sum() / 5)
    assert np.array_equal(closer.pace[:120], found.pace[:120])
    assert np.allclose(found.weekend_like_weekdays(0.0).pace, found.pace)


def test_rounds_at_weekends_never_make_stays_longer():
    pace = np.ones(168)
    pace[120:144] = 1.2
    pace[144:] = 0.5
    closer = DischargeClock(pace).weekend_like_weekdays(0.5)
    assert np.allclose(closer.pace[120:144], 1.2)
    assert np.allclose(closer.pace[144:], 0.75)


@pytest.mark.parametrize("pace", [np.ones(24), -np.ones(168), np.zeros(168), np.full(168, np.nan)])
def test_a_clock_that_cannot_be_is_refused(pace):
    with pytest.raises(BadInput):
        DischargeClock(pace)


def test_an_hour_that_nobody_lay_there_in_is_refused():
    with pytest.raises(BadInput):
        measured_clock(np.ones(168), np.zeros(168))


def test_the_mean_and_the_remaining_stay_of_a_lognormal():
    rng = np.random.default_rng(2)
    stays = rng.lognormal(4, 0.8, 40_000)
    curves = fitted(stays)
    assert curves.mean_hours(0) == pytest.approx(stays.mean(), rel=0.02)
    for lain, more in ((0, 24), (48, 24), (120, 72), (300, 100)):
        there = stays > lain
        share = (stays > lain + more).sum() / there.sum()
        error = 4 * np.sqrt(share * (1 - share) / there.sum()) + 0.012  # spans are some hours wide
        assert float(curves.still(0, np.array(lain), np.array(more))) == pytest.approx(share, abs=error)
    levels = np.array([0.1, 0.5, 0.9])
    assert np.allclose(curves.quantiles(0, levels), np.quantile(stays, levels), rtol=0.06)


def test_who_is_still_there_or_lay_there_before_does_not_bend_the_curve():
    rng = np.random.default_rng(3)
    stays = rng.lognormal(4, 0.8, 40_000)
    seen = rng.uniform(10, 200, len(stays))
    censored = fitted(np.minimum(stays, seen), ended=stays <= seen)
    entered = rng.uniform(0, 100, len(stays)) * (rng.random(len(stays)) < 0.5)
    late = stays > entered
    truncated = fitted(stays[late], entered=entered[late])
    whole = fitted(stays)
    lain = np.array([0.0, 24, 72])
    for other in (censored, truncated):
        found = other.still(0, lain, np.full(3, 48.0))
        assert np.allclose(found, whole.still(0, lain, np.full(3, 48.0)), atol=0.015)
    # The test can fail: taking those still there as discharged makes stays much shorter.
    naive = fitted(np.minimum(stays, seen))
    assert naive.still(0, np.zeros(1), np.full(1, 48.0))[0] < whole.still(0, np.zeros(1), np.full(1, 48.0))[0] - 0.05


def test_a_small_group_leans_on_its_parent_and_a_large_one_does_not():
    rng = np.random.default_rng(4)
    sizes = [5, 4000, 4000, 4000]
    scales = [200.0, 150.0, 75.0, 50.0]
    stays = np.concatenate([rng.exponential(scale, size) for scale, size in zip(scales, sizes, strict=True)])
    group = np.repeat(np.arange(4), sizes)
    curves = fitted(stays, group=group, parents=(4, 4, 4, 4, -1))
    own = stays[group == 0].mean()
    parent = curves.mean_hours(4)
    assert abs(curves.mean_hours(0) - parent) < abs(own - parent)
    assert [curves.mean_hours(at) for at in (1, 2, 3)] == pytest.approx([150, 75, 50], rel=0.08)
    alike = fitted(rng.exponential(80, len(stays)), group=group, parents=(4, 4, 4, 4, -1))
    assert alike.strength[4] > 20 * curves.strength[4]


def test_a_group_of_many_discharges_keeps_its_mean_stay_though_each_span_has_few():
    """Weighed span by span, each of few discharges, three wards would lie almost alike: 110 hours all of them."""
    rng = np.random.default_rng(6)
    means, sizes = np.array([95.0, 110.0, 125.0]), [700, 400, 1500]
    lain = [mean * rng.lognormal(-0.18, 0.6, size) for mean, size in zip(means, sizes, strict=True)]
    curves = fitted(np.concatenate(lain), group=np.repeat(np.arange(3), sizes), parents=(3, 3, 3, -1))
    for group, own in enumerate(lain):
        assert curves.mean_hours(group) == pytest.approx(own.mean(), rel=0.025)


def test_spans_nobody_has_been_seen_in_go_on():
    curves = fitted([5.0, 7.0, 9.0])
    assert np.isfinite(curves.mean_hours(0))
    assert 0 < float(curves.still(0, np.array(1000.0), np.array(24.0))) < 1


@pytest.mark.parametrize(("stays", "ended"), [([-1.0], [True]), ([5.0], [False])])
def test_stays_that_cannot_be_or_tell_nothing_are_refused(stays, ended):
    with pytest.raises(BadInput):
        fitted(stays, ended=np.array(ended))
