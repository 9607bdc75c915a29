"""The effect of a measure: known effects are found, none are not claimed, and power keeps what it promises."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.effects import controlled, counts, panel
from vardbalans.engine.effects.funnel import expected_counts, funnel
from vardbalans.engine.effects.interrupted import Form, Series, design, effect
from vardbalans.engine.effects.persistence import Errors, estimate, is_shown
from vardbalans.engine.effects.placebo import placebo_in_time
from vardbalans.engine.effects.power import Noise, detectable, periods_needed, power
from vardbalans.engine.effects.staggered import Panel, staggered
from vardbalans.engine.effects.synthetic import placebo_in_units, synthetic
from vardbalans.engine.effects.verdict import Interval, verdict
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.sampling import stream

MONTHS = np.arange(48)


def monthly(values, **more):
    return Series(np.arange(len(values)), np.asarray(values, dtype=float), season=12, **more)


def drawn(seed, ratio=1.0, after=12, level=200.0, **more):
    """Monthly counts with season, overdispersion and likeness of neighbours."""
    return monthly(counts(stream(seed, "test"), 48 - after, after, level, ratio, **more))


# One series


def test_no_noise_gives_the_step_itself():
    level = 1000 * np.exp(0.1 * np.sin(2 * np.pi * MONTHS / 12) + 0.002 * MONTHS)
    found = effect(monthly(np.round(1e6 * level * np.where(MONTHS >= 30, 0.8, 1.0))), 30)
    assert found.step.estimate == pytest.approx(0.8, rel=1e-6)
    assert found.verdict == "shown"
    difference = effect(monthly(np.round(level, 1) + 5.0 * (MONTHS >= 30)), 30, Form("gaussian", harmonics=2))
    assert difference.step.scale == "difference"
    assert difference.step.estimate == pytest.approx(5, abs=2)


@pytest.mark.parametrize("values", [np.full(40, 7.0), np.full(40, 3.7), np.arange(40) * 0.3 + 0.1])
@pytest.mark.parametrize("form", [None, Form("gaussian", harmonics=2)])
def test_a_series_without_any_variation_shows_nothing(values, form):
    """What the arithmetic rounds away is neither an error of the model nor an effect."""
    found = effect(monthly(values), 24, form)
    assert found.verdict == "not_shown"
    assert found.step.estimate == pytest.approx(1.0 if found.step.scale == "ratio" else 0.0, abs=1e-12)
    others = {name: values * factor + factor for name, factor in (("a", 1.3), ("b", 0.7), ("c", 2.1))}
    assert synthetic(values, others, 24).verdict == "not_shown"


def test_independent_errors_give_the_textbooks_t_interval():
    """With the correlation held at zero the mixture is ordinary least squares: scipy says the same."""
    from scipy import stats  # noqa: PLC0415

    generator = stream(1, "ols")
    x, y = np.arange(20.0), generator.normal(size=20)
    found = estimate(
        y[:, None], np.column_stack([np.ones(20), x]), np.array([0.0, 1.0]), Errors(np.ones(20), np.zeros(1))
    )
    line = stats.linregress(x, y)
    reach = stats.t.ppf(0.975, 18) * line.stderr
    assert found.centre[0] == pytest.approx(line.slope)
    assert (found.low[0], found.high[0]) == pytest.approx((line.slope - reach, line.slope + reach), abs=1e-9)


@given(st.integers(0, 10_000), st.floats(-3, 3), st.floats(0.1, 10))
@settings(max_examples=20)
def test_an_interval_moves_with_the_effect_and_scales_with_the_unit(seed, move, scale):
    outcomes = stream(seed, "move").normal(size=(30, 1))
    columns = design(Series(np.arange(30), np.ones(30), season=12), 18, 1)
    contrast, errors = np.eye(columns.shape[1])[1], Errors.along(np.arange(30))
    found = estimate(outcomes, columns, contrast, errors)
    moved = estimate((outcomes + move * columns[:, 1:2]) * scale, columns, contrast, errors)
    assert moved.low[0] == pytest.approx((found.low[0] + move) * scale, abs=1e-6)
    assert moved.high[0] == pytest.approx((found.high[0] + move) * scale, abs=1e-6)
    assert bool(is_shown(outcomes, columns, contrast, errors)[0]) == (found.low[0] > 0 or found.high[0] < 0)


def test_the_textbooks_interval_of_other_values_than_counts_is_students():
    import statsmodels.api as sm  # noqa: PLC0415 - heavy

    values = 50 + stream(5, "students").normal(size=12)
    series = Series(np.arange(12), values)
    fit = sm.OLS(values, design(series, 7, 0)).fit()
    found = effect(series, 7, Form("gaussian")).step
    assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int()[1]))


def test_likeness_of_neighbours_makes_the_interval_wider():
    errors = stream(4, "alike").normal(size=60)
    alike = errors.copy()
    for month in range(1, 60):
        alike[month] = 0.8 * alike[month - 1] + 0.6 * errors[month]
    plain, found = effect(monthly(50 + errors), 36), effect(monthly(50 + alike), 36)
    assert found.correlation > plain.correlation + 0.2
    textbook = effect(monthly(50 + alike), 36, Form("gaussian"))
    assert textbook.robust.high - textbook.robust.low > 1.3 * (textbook.step.high - textbook.step.low)


def test_a_named_model_must_convince_both_ways():
    """A random walk: the textbook's interval sees a step; with neighbours' likeness counted in it is not shown."""
    walks = [
        effect(monthly(100 + stream(seed, "walk").normal(size=48).cumsum()), 30, Form("gaussian")) for seed in range(20)
    ]
    textbook = sum(walk.step.leaves_out_none for walk in walks)
    assert textbook >= 8
    assert sum(walk.verdict == "shown" for walk in walks) <= textbook / 2


def test_the_slope_is_centred_at_the_start():
    level = np.exp(5 + 0.01 * MONTHS + np.where(MONTHS >= 30, -0.2 + 0.03 * (MONTHS - 29), 0.0))
    found = effect(monthly(np.round(1e5 * level)), 30, Form("poisson", slope=True))
    assert found.step.estimate == pytest.approx(math.exp(-0.2), rel=1e-4)
    assert found.slope.estimate == pytest.approx(math.exp(0.03), rel=1e-4)


def test_a_denominator_and_a_control_take_away_what_they_explain():
    inhabitants = np.where(MONTHS >= 30, 2000.0, 1000.0)
    per = effect(monthly(np.round(inhabitants * 0.4), denominators=inhabitants), 30)
    assert per.step.estimate == pytest.approx(1, abs=0.01)
    generator = stream(3, "control")
    weather = generator.normal(size=48) * 10
    outcome = 200 + 1.2 * weather + generator.normal(size=48) + 5.0 * (MONTHS >= 30)
    with_control = effect(monthly(outcome, controls={"weather": weather}), 30, Form("gaussian", harmonics=0))
    without = effect(monthly(outcome), 30, Form("gaussian", harmonics=0))
    assert with_control.robust.low <= 5 <= with_control.robust.high
    assert with_control.verdict == "shown"
    assert with_control.robust.high - with_control.robust.low < (without.robust.high - without.robust.low) / 3


def test_a_gap_is_left_out_and_counts_as_time():
    series = drawn(5, 0.7)
    known = np.ones(48, dtype=bool)
    known[[10, 11, 40]] = False
    whole, gapped = effect(series, 36), effect(series.part(known), 36)
    assert gapped.before == 34
    assert gapped.step.estimate == pytest.approx(whole.step.estimate, rel=0.1)
    zeroed = effect(replace(series, values=series.values * known), 36)
    assert zeroed.dispersion > 3 * gapped.dispersion


def test_negative_binomial_and_quasi_poisson_agree_where_both_fit():
    series = drawn(6, 0.7)
    models = [effect(series, 36, Form(model, harmonics=2)) for model in ("quasipoisson", "negative_binomial")]
    assert models[0].step.estimate == pytest.approx(models[1].step.estimate, rel=0.05)
    assert models[1].alpha > 0
    assert models[0].dispersion > 1.5
    assert models[1].dispersion == pytest.approx(1, abs=0.4)
    poisson = effect(monthly(stream(1, "p").poisson(50, 48)), 36, Form("negative_binomial"))
    assert poisson.alpha < 0.02


@pytest.mark.parametrize(
    ("values", "start", "form", "error", "words"),
    [
        ([1.5] * 24, 12, Form("poisson"), BadInput, "hela tal"),
        ([-1.0] * 24, 12, Form("quasipoisson"), BadInput, "inget under noll"),
        ([3.0] * 24, 24, None, Impossible, "räknas"),
        ([3.0] * 24, 0, None, Impossible, "räknas"),
        ([3.0] * 6, 3, Form("gaussian", harmonics=2), Impossible, "räknas"),
        ([3.0] * 12 + [0.0] * 12, 12, None, Impossible, "räknas"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_reason(values, start, form, error, words):
    with pytest.raises(error, match=words) as raised:
        effect(monthly(values), start, form)
    assert error is BadInput or raised.value.reasons


def test_a_control_must_be_above_zero_for_counts_and_a_denominator_always():
    with pytest.raises(BadInput, match="weather"):
        effect(monthly([5.0] * 24, controls={"weather": np.zeros(24)}), 12)
    with pytest.raises(BadInput, match="Nämnaren"):
        effect(monthly([5.0] * 24, denominators=np.zeros(24)), 12)


def test_placebo_in_time_uses_the_time_before_alone():
    series = drawn(7, 0.5)
    found = placebo_in_time(series, 36)
    assert found.tried >= 6
    assert found.shown <= 2
    assert placebo_in_time(series.part(series.positions < 36), 36) == found
    assert placebo_in_time(drawn(7), 8).tried == 0


# A small version of benchmarks/effects.py, which makes 2 000 runs of each


def test_no_effect_is_claimed_in_a_twentieth_and_power_keeps_its_promise():
    noise = Noise(np.array([200.0]), 3.0, 0.3)
    size = detectable(36, 12, noise)
    false, found, covered, runs = 0, 0, 0, 120
    for run in range(runs):
        false += effect(drawn(run, season=0.0), 36).verdict == "shown"
        seen = effect(drawn(run, size, season=0.0), 36)
        found += seen.verdict == "shown"
        covered += seen.step.low <= size <= seen.step.high
    assert false / runs <= 0.11
    assert 0.7 <= found / runs <= 0.9
    assert covered / runs >= 0.9


def test_power_grows_with_effect_and_time_and_falls_with_noise():
    noise = Noise(np.array([200.0]), 3.0, 0.3)
    by_size = [power(size, 36, 12, noise) for size in (1.0, 0.9, 0.8, 0.7)]
    assert by_size == sorted(by_size)
    assert by_size[0] == pytest.approx(0.05, abs=0.02)
    assert power(0.8, 36, 24, noise) > power(0.8, 36, 6, noise)
    assert power(0.8, 36, 12, replace(noise, dispersion=6.0)) < power(0.8, 36, 12, noise)
    assert power(0.8, 36, 12, noise) == power(0.8, 36, 12, noise)
    assert power(-2.0, 36, 12, replace(noise, counts=False)) > 0.1


def test_how_long_one_must_measure_is_the_shortest_time_that_is_enough():
    noise = Noise(np.array([400.0]), 3.0, 0.2)
    needed = periods_needed(0.75, 36, noise)
    assert power(0.75, 36, needed, noise) >= 0.8 > power(0.75, 36, needed - 1, noise)
    assert periods_needed(0.99, 36, noise, most=24) is None
    with pytest.raises(BadInput):
        power(0.0, 36, 12, noise)
    with pytest.raises(BadInput):
        Noise(np.array([0.0]), 1.0, 0.0)


# Many units


def test_staggered_starts_find_effects_that_differ_and_grow_where_fixed_effects_would_not():
    truth, panels = [], []
    for seed in range(12):
        made, true = panel(stream(seed, "staggered"), ratio=0.7)
        panels.append(staggered(made, times=(0, 6)))
        truth.append(true)
    covered = sum(found.overall.low <= true <= found.overall.high for found, true in zip(panels, truth, strict=True))
    assert covered >= 10
    assert all(found.verdict == "shown" for found in panels)
    assert np.mean([found.overall.estimate for found in panels]) == pytest.approx(np.mean(truth), rel=0.03)
    growing = np.mean([[found.by_time[time].estimate for time in (0, 6)] for found in panels], axis=0)
    assert growing[1] < growing[0] - 0.1  # planted: in full after half a year
    assert sum(found.before.leaves_out_none for found in panels) <= 2


def test_without_noise_each_units_own_effect_comes_out():
    level = np.outer([100.0, 200.0, 50.0], np.exp(0.05 * np.arange(12)))
    ratios = {"a": 0.5, "b": 0.8}
    made = level.copy()
    made[0, 4:] *= 0.5
    made[1, 8:] *= 0.8
    found = staggered(Panel(("a", "b", "c"), made, (4, 8, None)))
    assert {name: row.estimate for name, row in found.by_unit.items()} == pytest.approx(ratios, rel=1e-6)
    gone = level[0, 4:].sum() + level[1, 8:].sum()
    assert found.overall.estimate == pytest.approx((made[0, 4:].sum() + made[1, 8:].sum()) / gone, rel=1e-6)
    moved = staggered(Panel(("a", "b", "c"), level + 3.0 * (made < level), (4, 8, None), counts=False))
    assert moved.overall.estimate == pytest.approx(3, abs=20)
    assert moved.overall.scale == "difference"


@pytest.mark.parametrize("ratio", [0.3, 2.5])
def test_the_interval_of_a_large_effect_is_as_wide_as_the_counts_there_make_it(ratio):
    covered, widths = 0, []
    for seed in range(40):
        generator = stream(seed, "large effect")
        means = np.full((5, 18), 50.0)
        means[0, 8:], means[1, 12:] = 50 * ratio, 50 * ratio
        found = staggered(Panel(tuple("abcde"), generator.poisson(means).astype(float), (8, 12, None, None, None)))
        covered += found.overall.low <= ratio <= found.overall.high
        widths.append(math.log(found.overall.high / found.overall.low))
    assert covered >= 34
    least = 2 * 1.96 / math.sqrt(50 * ratio * 16)  # were the level without the measure known
    assert least < np.mean(widths) < 2 * least + 0.2


def test_a_unit_without_any_event_before_has_no_ratio_and_one_with_none_after_nearly_none():
    values = stream(3, "no events").poisson(8, (6, 24)).astype(float)
    values[0, :10], values[1, 12:], values[5] = 0, 0, 0
    found = staggered(Panel(tuple("abcdef"), values, (10, 12, 14, None, None, None)))
    assert found.left_out == ("a", "f")
    assert set(found.by_unit) == {"b", "c"}
    gone = found.by_unit["b"]
    assert 0 < gone.low < gone.estimate < gone.high < 0.5
    assert 0.2 < found.overall.low < found.overall.estimate < 1
    with pytest.raises(Impossible):
        staggered(Panel(tuple("abcdef"), values, (10, None, None, None, None, None)))


def test_periods_without_anyone_to_compare_with_are_left_out_and_units_without_a_before_refused():
    values = np.full((2, 20), 10.0) + stream(1, "two").normal(size=(2, 20))
    found = staggered(Panel(("a", "b"), values, (8, 14), counts=False))
    assert set(found.by_unit) == {"a"}  # from period 14 on nobody is without it
    with pytest.raises(Impossible) as raised:
        staggered(Panel(("a", "b"), values, (0, None), counts=False))
    assert "a saknar perioder före" in str(raised.value.reasons[0])
    with pytest.raises(Impossible):
        staggered(Panel(("a", "b"), values, (None, None), counts=False))
    with pytest.raises(BadInput):
        Panel(("a",), values, (1,))


def others_and_own(seed, step=0.0, ratio=False):
    generator = stream(seed, "synthetic")
    common = generator.normal(size=48).cumsum()
    rows = 50 + 8 * np.arange(6)[:, None] + np.linspace(0.5, 1.5, 6)[:, None] * common + generator.normal(size=(6, 48))
    own = rows[1:].mean(axis=0) - 20 + step * (MONTHS >= 36)
    others = {str(number): row for number, row in enumerate(rows[1:])}
    return (np.exp(own / 50), {name: np.exp(row / 50) for name, row in others.items()}) if ratio else (own, others)


def test_a_synthetic_control_has_convex_weights_and_finds_the_step():
    own, others = others_and_own(1, step=-6)
    own = own + stream(2, "own").normal(size=48) * 0.5
    found = synthetic(own, others, 36)
    assert sum(found.weights.values()) == pytest.approx(1)
    assert all(weight >= 0 for weight in found.weights.values())
    assert found.effect.low <= -6 <= found.effect.high
    assert found.verdict == "shown"
    assert found.probability <= 0.05
    nothing = synthetic(own + 6 * (MONTHS >= 36), others, 36)
    assert nothing.verdict == "not_shown"
    assert nothing.probability > 0.05
    assert found.effect.estimate == pytest.approx(nothing.effect.estimate - 6)
    placebo = placebo_in_units(others, 36)
    assert placebo.tried == 5
    assert placebo.shown <= 1


def test_a_synthetic_control_claims_no_effect_where_there_is_none():
    """With season, shared shocks, and noise that is alike from month to month; see benchmarks/effects.py."""
    runs, shown = 300, 0
    for run in range(runs):
        own, *rest = controlled(stream(run, "none"), 4, 24, 12, correlation=0.3, drift=0.0)
        shown += synthetic(own, {str(number): row for number, row in enumerate(rest)}, 24).verdict == "shown"
    assert shown / runs <= 0.085


def test_a_single_other_unit_leaves_the_published_t_test_on_the_difference():
    """One other unit has the weight one: what remains is the test on blocks of the difference itself."""
    own, other = stream(8, "t").normal(size=(2, 36))
    gap, start, block = own - other, 24, 8
    effects = np.array([gap[start:].mean() - gap[first : first + block].mean() for first in (0, 8, 16)])
    error = math.sqrt(1 + 3 * block / 12) * effects.std(ddof=1) / math.sqrt(3)
    found = synthetic(own, {"other": other}, start).effect
    reach = 4.302653 * error  # the 97.5 % quantile of t with two degrees of freedom
    assert (found.low, found.high) == pytest.approx((effects.mean() - reach, effects.mean() + reach), rel=1e-6)


@given(st.integers(0, 1000), st.floats(-20, 20), st.floats(0.1, 10))
@settings(max_examples=15)
def test_a_synthetic_controls_interval_moves_with_the_effect_and_scales_with_the_unit(seed, move, scale):
    own, others = others_and_own(seed)
    found = synthetic(own, others, 36)
    changed = synthetic((own + move * (MONTHS >= 36)) * scale, {key: row * scale for key, row in others.items()}, 36)
    for end in ("low", "high"):
        assert getattr(changed.effect, end) == pytest.approx((getattr(found.effect, end) + move) * scale, abs=1e-5)


def test_a_ratio_of_a_synthetic_control_is_that_of_logarithms():
    own, others = others_and_own(3, step=5, ratio=True)
    found = synthetic(own, others, 36, ratio=True)
    assert found.effect.scale == "ratio"
    assert found.effect.estimate == pytest.approx(math.exp(0.1), rel=0.02)
    with pytest.raises(BadInput):
        synthetic(own - 100, others, 36, ratio=True)
    with pytest.raises(Impossible):
        synthetic(own[:18], {name: row[:18] for name, row in others.items()}, 12)
    with pytest.raises(Impossible):
        synthetic(own, {}, 36)


# Units side by side


def test_case_mix_is_taken_away_and_the_sum_stays():
    cases = np.array([[100.0, 10.0], [10.0, 100.0], [50.0, 50.0]])
    observed = cases * np.array([0.1, 0.4])
    expected = expected_counts(observed, cases)
    assert expected == pytest.approx(observed.sum(axis=1))
    assert expected_counts(observed[::-1], cases).sum() == pytest.approx(observed.sum())
    assert expected_counts(np.zeros((2, 2)), np.array([[0.0, 1.0], [0.0, 2.0]])).tolist() == [0, 0]
    with pytest.raises(BadInput):
        expected_counts(observed, cases[:2])


def test_a_funnel_accuses_few_by_chance_and_still_few_when_units_differ():
    generator = stream(1, "funnel")
    expected = generator.uniform(50, 800, 200)
    chance = funnel(generator.poisson(expected).astype(float), expected)
    assert chance.between < 0.002
    assert sum(place != "within" for place in chance.places) <= 20
    differing = generator.poisson(expected * np.exp(generator.normal(0, 0.2, 200))).astype(float)
    found = funnel(differing, expected)
    assert found.overdispersion > 3
    assert found.between == pytest.approx(0.04, abs=0.02)
    assert sum(place in {"low", "high"} for place in found.places) <= 6
    by_chance_alone = np.abs(2 * (np.sqrt(differing) - np.sqrt(expected))) > 3.09
    assert by_chance_alone.sum() > 60
    far = differing.copy()
    far[0] = expected[0] * 3
    assert funnel(far, expected).places[0] == "high"
    small, large = np.argsort(expected)[[0, -1]]
    assert found.upper[1, small] > found.upper[1, large] > found.upper[0, large] > 1 > found.lower[0, large]


def test_small_units_are_not_judged():
    found = funnel(np.array([0.0, 50.0, 60.0, 40.0]), np.array([4.9, 50.0, 50.0, 50.0]))
    assert found.places[0] == "small"
    assert np.isnan(found.ratio[0])
    assert found.places[1] == "within"
    with pytest.raises(BadInput):
        funnel(np.array([1.0, 50.0]), np.array([1.0, 50.0]))


def test_the_written_rule():
    assert verdict(Interval(0.9, 0.8, 0.99, "ratio")) == "shown"
    assert verdict(Interval(0.9, 0.8, 1.0, "ratio")) == "not_shown"
    assert verdict(Interval(2, 0.5, 3, "difference")) == "shown"
    assert verdict(Interval(2, 0.5, 3, "difference"), Interval(2, -0.5, 4, "difference")) == "not_shown"
