"""Control charts: published centres, limits and signals; gaps; phases; and every rule alone, at its edge."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.effects.spc import (
    RULE_SETS,
    Limits,
    Phases,
    Points,
    assurance,
    chart,
    fewest_crossings,
    longest_allowed,
)
from vardbalans.engine.effects.spc.constants import a3, b3, b4, c4
from vardbalans.engine.errors import BadInput

# NHSRplotthedots' own test series (MIT)
NOISE = [
    *(-0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123, -0.68685285),
    *(-0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716),
    *(0.70135590, -0.47279141),
]
# Montgomery, example 6.5: costs of 40 weeks, the first 20 frozen
COSTS = [
    *(310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304),
    *(305, 282, 305, 296, 314, 295, 287, 301, 298, 311, 310, 292, 305, 299, 304, 310, 304, 305, 333, 328),
]
# Montgomery, table 6.3: inside diameters of 25 samples of five piston rings, in thousandths over 74 mm
RINGS = """30 2 19 -8 8|-5 -8 1 11 4|-12 24 21 5 2|2 -4 -7 15 9|-8 7 15 -11 14|9 -6 -3 -15 -7|-5 6 -6 0 5|
-15 3 -7 15 -12|8 -5 9 5 4|-2 0 -10 7 -5|-6 -2 -6 -5 -10|4 0 7 0 -4|
-17 2 -2 -3 12|6 -33 -6 0 -16|12 14 -2 -1 7|0 -16 5 -2 -4|-6 12 -14 5 7|
6 10 18 3 0|-16 2 3 5 -3|0 10 13 20 3|-18 1 15 5 -4|4 -1 -10 6 9|10 -11 -10 9 14|15 8 -7 0 10|-18 -16 -5 17 13"""
# Montgomery, table 7.1: nonconforming cans in 30 samples of 50
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]


def ends(found, place=-1):
    return found.limits.centre[place], found.limits.lower[2, place], found.limits.upper[2, place]


def outside(found):
    return [place for signal in found.signals if signal.rule == "outside" for place in signal.points]


def series(*values):
    return Points(np.array(values, dtype=float))


def test_xmr_as_nhs_draws_it():
    found = chart("xmr", series(*NOISE))
    assert ends(found) == pytest.approx((0.1416238, -3.01138, 3.294627), rel=1e-6)
    assert found.signals == ()


def test_individual_values_and_moving_ranges():
    frozen = Phases(freeze=20)
    found = chart("i", series(*COSTS), frozen)
    assert ends(found) == pytest.approx((300.5, 279.7833, 321.2167), abs=5e-5)
    assert outside(found) == [38, 39]
    ranges = chart("mr", series(*COSTS), frozen)
    assert ends(ranges) == pytest.approx((7.78947, 0, 25.4482), abs=5e-5)
    assert outside(ranges) == [38]
    assert np.isnan(ranges.limits.values[0])


def test_means_and_deviations_of_samples():
    samples = [74 + np.array(row.split(), dtype=float) / 1000 for row in RINGS.replace("\n", "").split("|")]
    points = Points.of_samples(samples)
    assert len(points.values) == 25
    assert ends(chart("xbar", points)) == pytest.approx((74.0012, 73.9878, 74.0146), abs=5e-5)
    assert ends(chart("s", points)) == pytest.approx((0.0093995, 0, 0.0196355), abs=5e-7)


def test_samples_of_different_sizes_are_pooled():
    points = Points.of_samples([np.array([1.0, 3.0]), np.array([2.0, 4.0, 6.0]), np.array([np.nan, 5.0])])
    found = chart("s", points)
    pooled = math.sqrt((1 * 2.0 + 2 * 4.0) / 3)  # the third sample has one value and no deviation
    assert found.limits.centre[0] == pytest.approx(pooled)
    means = chart("xbar", points)
    assert means.limits.centre[0] == pytest.approx((4 + 12 + 5) / 6)
    assert means.limits.upper[2, 1] - means.limits.centre[1] == pytest.approx(1.954410 * pooled, rel=1e-5)
    assert means.limits.upper[2, 0] - means.limits.centre[0] == pytest.approx(2.658681 * pooled, rel=1e-5)


def test_shares_with_points_kept_out_of_the_limits_but_judged():
    points = Points(np.array(CANS) / 50, np.full(30, 50.0))
    found = chart("p", points, Phases(left_out=frozenset({14, 22})))
    assert ends(found) == pytest.approx((0.215, 0.0407, 0.3893), abs=5e-5)
    assert outside(found) == [14, 20, 22]
    whole = chart("p", points)
    assert whole.limits.centre[0] == pytest.approx(0.2313, abs=5e-5)
    assert sorted(outside(whole)) == [14, 22]


def test_the_constants_are_the_tables():
    sizes = np.array([2.0, 5.0, 10.0, 25.0])
    assert c4(sizes) == pytest.approx([0.7979, 0.9400, 0.9727, 0.9896], abs=5e-5)
    assert a3(sizes) == pytest.approx([2.659, 1.427, 0.975, 0.606], abs=5e-4)
    assert b3(sizes) == pytest.approx([0, 0, 0.284, 0.565], abs=5e-4)
    assert b4(sizes) == pytest.approx([3.267, 2.089, 1.716, 1.435], abs=5e-4)
    assert np.isnan(c4(np.array([1.0]))).all()


def test_limits_follow_the_denominator_and_stay_within_0_and_1():
    sizes = np.array([10.0, 100.0, 1000.0, 10.0])
    found = chart("p", Points(np.array([0.9, 0.92, 0.95, 1.0]), sizes))
    share = (9 + 92 + 950 + 10) / 1120
    assert found.limits.centre == pytest.approx([share] * 4)
    assert found.limits.lower[2] == pytest.approx(share - 3 * np.sqrt(share * (1 - share) / sizes))
    assert found.limits.upper[2, 0] == 1.0
    assert found.limits.upper[2, 2] < 1.0
    assert chart("p", Points(np.array([0.02, 0.0]), np.array([50.0, 50.0]))).limits.lower[2].tolist() == [0, 0]


def test_rates_and_counts():
    rates = chart("u", Points(np.array([2.0, 4.0, 3.0]), np.array([1.0, 2.0, 1.0])))
    assert ends(rates, 1) == pytest.approx((13 / 4, 0, 13 / 4 + 3 * math.sqrt(13 / 8)))
    counts = chart("c", series(4, 9, 5))
    assert ends(counts) == pytest.approx((6, 0, 6 + 3 * math.sqrt(6)))


@given(st.lists(st.integers(1, 400), min_size=8, max_size=30), st.floats(0.01, 100))
def test_laneys_limits_are_the_plain_ones_times_sigma_z(counts, scale):
    """And a rate per other denominators is the same chart in other units."""
    sizes = np.linspace(50, 150, len(counts))
    points = Points(np.array(counts) / sizes, sizes)
    plain, prime = (chart(kind, points, Phases(screen=False)) for kind in ("u", "up"))
    sigma = np.sqrt(plain.limits.centre / sizes)
    z = (points.values - plain.limits.centre) / sigma
    wanted = np.abs(np.diff(z)).mean() / 1.128
    assert prime.limits.upper[2] - prime.limits.centre == pytest.approx(3 * sigma * wanted)
    other = chart("up", Points(points.values / scale, sizes * scale), Phases(screen=False))
    assert other.limits.upper[2] * scale == pytest.approx(prime.limits.upper[2])
    assert [signal.points for signal in other.signals] == [signal.points for signal in prime.signals]


@pytest.mark.parametrize("kind", ["pp", "up"])
def test_a_month_that_is_missing_does_not_take_the_variation_between_points_away(kind):
    shares = np.array([0.05, 0.15, 0.04, 0.16, 0.06, 0.14, np.nan, 0.05, 0.15, 0.04, 0.16, 0.05])
    sizes = np.where(np.isnan(shares), np.nan, 400.0)
    ordinary = chart(kind[0], Points(shares, sizes)).limits
    z = (shares - ordinary.centre) / (ordinary.upper[0] - ordinary.centre)
    wanted = np.nanmean(np.abs(np.diff(z))) / 1.128
    assert wanted > 5
    prime = chart(kind, Points(shares, sizes), Phases(screen=False)).limits
    assert (prime.upper[0] - prime.centre)[0] == pytest.approx(wanted * (ordinary.upper[0] - ordinary.centre)[0])
    assert np.isnan(prime.upper[0][6])


def test_moving_ranges_have_the_mean_that_the_limits_of_the_values_are_made_of():
    """A point left out is in no range of it: the jump back from it is none."""
    points, phases = series(10, 11, 9, 10, 50, 10, 11, 9, 10), Phases(left_out=frozenset({4}), screen=False)
    values, ranges = (chart(kind, points, phases).limits for kind in ("i", "mr"))
    assert ranges.centre[0] == pytest.approx(8 / 7)
    assert values.upper[2][0] - values.centre[0] == pytest.approx(3 * ranges.centre[0] / 1.128)
    with pytest.raises(BadInput, match="minst två värden"):
        chart("mr", series(7))


def test_times_and_cases_between_events():
    hours = series(286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96)
    times = chart("t", hours)
    root = hours.values ** (1 / 3.6)
    spread = 3 * np.abs(np.diff(root)).mean() / 1.128
    assert root.mean() == pytest.approx(5.386, abs=5e-3)  # Montgomery, example 7.6
    assert ends(times) == pytest.approx((root.mean() ** 3.6, 0, (root.mean() + spread) ** 3.6))
    cases = chart("g", series(10, 20, 60, 30, 5))
    assert ends(cases) == pytest.approx((20, 0, 25 + 3 * math.sqrt(25 * 26)))
    with pytest.raises(BadInput):
        chart("t", series(3, 0, 2))


def test_large_jumps_are_screened_away_unless_asked_not_to():
    values = [10, 11] * 3 + [40] + [11, 10] * 10 + [11]
    kept, screened = (chart("xmr", series(*values), Phases(screen=screen)) for screen in (False, True))
    assert screened.limits.upper[2, 0] - screened.limits.centre[0] == pytest.approx(2.66)
    assert kept.limits.upper[2, 0] - kept.limits.centre[0] == pytest.approx(2.66 * (5 + 29 + 29 + 20) / 27)
    assert outside(screened) == [6]


@pytest.mark.parametrize(("jump", "kept"), [(4, True), (5, False)])
def test_a_range_is_an_outlier_above_3_267_mean_ranges(jump, kept):
    """Twenty ranges of one and two of the jump: their mean times 3.267 is 4.16 for four, and 4.46 for five."""
    values = [10, 11] * 5 + [11 + jump, 11] + [10, 11] * 5
    half = chart("i", series(*values)).limits
    mean = (20 + 2 * jump) / 22 if kept else 1.0
    # the range of 11 to 10 after the jump makes the twentieth
    assert half.upper[2, 0] - half.centre[0] == pytest.approx(3 * mean / 1.128, rel=0.05)


def test_a_gap_is_no_zero_and_no_range_is_taken_over_it():
    found = chart("xmr", series(5, 6, np.nan, 60, 61, np.nan))
    assert found.limits.centre[0] == pytest.approx(33)
    assert found.limits.upper[2, 0] - 33 == pytest.approx(2.66)
    assert np.isnan(found.limits.values[2])
    with pytest.raises(BadInput, match="intill varandra"):
        chart("xmr", series(5, np.nan, 6))
    with pytest.raises(BadInput, match="kända värden"):
        chart("run", series(np.nan, np.nan))


def test_each_phase_has_its_own_limits_and_signals_stay_within_it():
    values = [4.0, 6.0] * 5 + [14.0, 16.0] * 5
    whole, split = chart("xmr", series(*values)), chart("xmr", series(*values), Phases(starts=(10,)))
    assert {signal.rule for signal in whole.signals} == {"outside", "shift", "two_of_three"}
    assert split.signals == ()
    assert split.limits.centre.tolist() == [5] * 10 + [15] * 10
    assert split.starts == (0, 10)
    frozen = chart("xmr", series(*values), Phases(freeze=10))
    assert frozen.limits.centre.tolist() == [5] * 20
    assert len(outside(frozen)) == 10


def flat(*values, centre=0.0):
    """Limits one apart, so that a value is its own number of sigmas."""
    found = np.array(values, dtype=float)
    sigmas = np.array([1.0, 2.0, 3.0])[:, None] * np.ones(len(found))
    return Limits(found, np.full(len(found), centre), -sigmas, sigmas)


def said(rules, rule, *values):
    limits = flat(*values)
    places = np.flatnonzero(~np.isnan(limits.values))
    return [found.points for each in RULE_SETS[rules] for found in each(limits, places) if found.rule == rule]


GAP = math.nan


@pytest.mark.parametrize(
    ("rules", "rule", "values", "points"),
    [
        ("nhs", "outside", (3.1, 3.0, -3.1), [(0,), (2,)]),
        ("nhs", "shift", (0.1, 0.2) * 3 + (0.1,), [tuple(range(7))]),
        ("nhs", "shift", (0.1, 0.2) * 3, []),
        ("nhs", "shift", (0.1,) * 3 + (0,) + (0.1,) * 3, []),
        ("nhs", "shift", (0.1,) * 3 + (GAP,) + (0.1,) * 4, [(0, 1, 2, 4, 5, 6, 7)]),
        ("nhs", "trend", (-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3), [tuple(range(7))]),
        ("nhs", "trend", (-0.3, -0.2, -0.1, 0, 0.1, 0.2), []),
        ("nhs", "trend", (0.3, 0.2, 0.1, 0, -0.1, -0.2, -0.3), [tuple(range(7))]),
        ("nhs", "two_of_three", (2.5, 0.1, 2.5), [(0, 2)]),
        ("nhs", "two_of_three", (2.5, -0.1, 2.5), []),
        ("nhs", "two_of_three", (2.5, 3.5, 0.1), []),
        ("nhs", "two_of_three", (2.5, -2.5, 0.1), []),
        ("western_electric", "two_of_three", (2.5, -0.1, 2.5), [(0, 2)]),
        ("western_electric", "two_of_three", (2.5, 3.5, 0.1), [(0, 1)]),
        ("western_electric", "four_of_five", (1.5, 1.5, -1.5, 1.5, 1.5), [(0, 1, 3, 4)]),
        ("western_electric", "four_of_five", (1.5, 1.5, 0.5, 0.5, 1.5), []),
        ("western_electric", "shift", (0.1,) * 8, [tuple(range(8))]),
        ("western_electric", "shift", (0.1,) * 7, []),
    ],
)
def test_each_rule_at_its_edge(rules, rule, values, points):
    assert said(rules, rule, *values) == points


def test_anhoejs_limits():
    assert [(longest_allowed(n), fewest_crossings(n)) for n in (20, 24)] == [(7, 6), (8, 8)]


def test_anhoejs_signals():
    half = [1.0] * 12 + [-1.0] * 12
    found = chart("run", series(*half), rules="anhoej")
    assert {(signal.rule, signal.found, signal.limit) for signal in found.signals} == {
        ("longest_run", 12, 8),
        ("crossings", 1, 8),
    }
    assert (found.runs[0].useful, found.runs[0].longest, found.runs[0].crossings) == (24, 12, 1)
    turns = chart("run", series(*([1.0, -1.0] * 12)), rules="anhoej")
    assert turns.signals == ()
    on_the_line = chart("run", series(5, 5, 5, 5), rules="anhoej")
    assert on_the_line.runs[0].longest_allowed is None
    assert on_the_line.signals == ()


def test_chance_alone_seldom_signals_and_a_shift_of_two_sigmas_is_seen_within_three_weeks_mostly():
    drawn = np.random.default_rng(1).normal(size=(100, 40))
    false = sum(bool(chart("xmr", Points(row), Phases(freeze=24)).signals) for row in drawn)
    assert false / 100 < 0.45  # four rules over forty points: known to call wolf in a third of charts
    drawn[:, 30:] += 3
    seen = sum(
        any(30 <= place <= 32 for place in outside(chart("xmr", Points(row), Phases(freeze=30)))) for row in drawn
    )
    assert seen / 100 > 0.8


@pytest.mark.parametrize(
    ("limits", "better", "wanted"),
    [
        ((1, 3), "higher", "fail"),
        ((5, 7), "higher", "pass"),
        ((1, 5), "higher", "hit_or_miss"),
        ((1, 3), "lower", "pass"),
        ((5, 7), "lower", "fail"),
        ((1, 4), "higher", "hit_or_miss"),
    ],
)
def test_assurance_of_a_target_of_four(limits, better, wanted):
    assert assurance(*limits, 4, better) == wanted


@given(st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=40), st.floats(-1e3, 1e3), st.floats(0.1, 10))
def test_xmr_moves_and_scales_with_its_values(values, move, scale):
    values = np.round(values, 3)
    found, moved = chart("xmr", Points(values)), chart("xmr", Points(values * scale + move))
    assert moved.limits.centre == pytest.approx(found.limits.centre * scale + move, abs=1e-6)
    width = found.limits.upper[2] - found.limits.lower[2]
    assert moved.limits.upper[2] - moved.limits.lower[2] == pytest.approx(width * scale, rel=1e-6, abs=1e-6)
