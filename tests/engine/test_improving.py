"""A measure followed: which method, when the verdict is taken, what status follows, and what a plan can use."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vardbalans.engine.effects.placebo import Placebo
from vardbalans.engine.effects.verdict import Interval
from vardbalans.engine.errors import BadInput
from vardbalans.engine.improving import (
    AnalysisPlan,
    Effects,
    Followed,
    Outcomes,
    follow,
    method_of,
    month_of,
    month_text,
    planned_factor,
    status_by_rule,
)
from vardbalans.engine.messages import Message

FIRST = month_of(date(2024, 1, 1))
START = date(2026, 1, 15)


def plan(after=6, fixed=date(2025, 12, 1), stop_after=None, **more):
    return AnalysisPlan("A", "no_show_share", "lower", after, fixed, stop_after, **more)


def panel(ratio=1.0, units=6, periods=36, start=24, seed=3, *, begun=1, counts=True):
    """Return an indicator of *units*, the first *begun* of which have *ratio* of it from place *start* on."""
    rng = np.random.default_rng(seed)
    sizes = np.full((units, periods), 400.0)
    level = np.full((units, periods), 0.2)
    level[:begun, start:] *= ratio
    values = rng.binomial(400, level).astype(float) if counts else 30 * level / 0.2 + rng.normal(0, 0.5, level.shape)
    return Outcomes(tuple(f"U{number}" for number in range(units)), FIRST, values, sizes, counts)


def test_months_are_written_as_they_are_counted():
    assert [month_text(month_of(date(2026, month, 9))) for month in (1, 12)] == ["2026-01", "2026-12"]


@pytest.mark.parametrize(
    ("outcomes", "starts", "method"),
    [
        (panel(), {"U0": 20, "U1": 24}, "staggered"),
        (panel(), {"U0": 24}, "staggered"),
        (panel(units=2), {"U0": 24}, "interrupted"),
        (panel(counts=False), {"U0": 24}, "synthetic"),
        (panel(counts=False, units=3), {"U0": 24}, "interrupted"),
        (panel(counts=False, periods=19), {"U0": 10}, "interrupted"),
        (panel(counts=False), {"U0": 24, "U1": 24}, "interrupted"),
    ],
)
def test_the_method_is_chosen_by_the_written_rule(outcomes, starts, method):
    assert method_of(outcomes, starts)[0] == method


@pytest.mark.parametrize("begun", [3, 1])
def test_a_unit_that_no_ratio_can_be_told_of_is_noted_and_does_not_stop_the_rest(begun):
    """By itself where all began at once (none after the start), and against others (none before)."""
    found = panel(0.6, units=3 if begun == 3 else 6, begun=begun)
    found.values[0, slice(24, 36) if begun == 3 else slice(0, 24)] = 0
    starts = dict.fromkeys(("U0", "U1", "U2") if begun == 3 else ("U0", "U1"), START)
    told = follow(found, starts, plan())
    assert told.method == ("interrupted" if begun == 3 else "staggered")
    assert set(told.latest.by_unit) == set(starts) - {"U0"}
    assert [note.values["unit"] for note in told.latest.notes] == ["U0"]


@pytest.mark.parametrize("method", [None, "interrupted", "synthetic"])
def test_what_worked_is_found_by_every_method_and_measured(method):
    found = follow(panel(0.6), {"U0": START}, plan(method=method))
    assert found.latest.overall.low <= 0.6 <= found.latest.overall.high
    assert found.latest.by_unit["U0"].estimate == pytest.approx(found.latest.overall.estimate)
    assert found.worked("lower")
    assert not found.harmed("lower")
    assert not found.worked("higher")
    assert found.harmed("higher")
    assert status_by_rule("pilot", [START], FIRST + 35, plan(), found)[0] == "measured"


def test_units_of_different_starts_have_an_effect_each():
    outcomes = panel(0.6, begun=2)
    outcomes.values[1, 24:30] = panel(1.0).values[1, 24:30]  # the second begins half a year later
    found = follow(outcomes, {"U0": START, "U1": date(2026, 7, 1)}, plan(after=3))
    assert found.method == "staggered"
    assert set(found.latest.by_unit) == {"U0", "U1"}
    assert all(row.high < 1 for row in found.latest.by_unit.values())


def test_a_unit_yet_to_begin_is_a_comparison():
    found = follow(panel(0.6), {"U0": START, "U1": date(2027, 5, 1)}, plan())
    assert set(found.latest.by_unit) == {"U0"}
    assert found.decides == month_of(START) + 6


def test_before_the_plans_time_nothing_is_decided_however_clear_it_is():
    found = follow(panel(0.5).until(28), {"U0": START}, plan(after=6))
    assert found.latest.overall.high < 1
    assert found.decided is None
    assert status_by_rule("pilot", [START], FIRST + 27, plan(), found)[0] == "pilot"
    assert any("2026-06" in str(reason) for reason in found.reasons)


def test_the_verdict_is_taken_once():
    """An effect that comes later than the plan's time does not make the measure measured."""
    late = panel(1.0)
    late.values[0, 30:] = panel(0.4, start=0).values[0, 30:]
    found = follow(late, {"U0": START}, plan(after=6))
    assert found.latest.overall.high < 1
    assert found.decided.overall.high >= 1
    assert not found.worked("lower")


def test_what_is_changed_after_the_start_waits_from_the_change():
    assert plan(6, date(2025, 12, 1)).decides([START]) == month_of(START) + 6
    assert plan(6, date(2026, 9, 10)).decides([START]) == month_of(date(2026, 9, 1)) + 6
    found = follow(panel(0.6), {"U0": START}, plan(6, date(2026, 9, 10)))
    assert found.decided is None


@given(st.integers(1, 24), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(24, 60))
def test_a_plan_has_the_same_fingerprint_until_something_in_it_changes(after, fixed, stop):
    base = plan(after, fixed, stop)
    assert base.fingerprint == plan(after, fixed, stop).fingerprint
    others = [
        plan(after + 1, fixed, stop + 1),
        plan(after, fixed, stop + 1),
        plan(after, date(2031, 1, 1), stop),
        plan(after, fixed, stop, comparison=("U1",)),
        plan(after, fixed, stop, method="staggered"),
    ]
    assert base.fingerprint not in {row.fingerprint for row in others}


def test_a_plan_that_ends_before_its_verdict_is_refused():
    with pytest.raises(BadInput):
        plan(12, stop_after=6)
    with pytest.raises(BadInput):
        plan(0)


def test_a_measure_without_any_values_is_refused():
    with pytest.raises(BadInput):
        follow(panel(), {"elsewhere": START}, plan())


def decided(estimate, low, high, latest=None):
    """Return a measure followed to its verdict."""
    rows = [
        Effects(Interval(*each, "ratio"), {}, Placebo(0, 0))
        for each in ((estimate, low, high), latest or (estimate, low, high))
    ]
    return Followed("interrupted", Message("x"), rows[1], rows[0], month_of(START) + 6, 24, 12)


@pytest.mark.parametrize(
    ("status", "followed", "stop", "becomes"),
    [
        ("pilot", decided(0.8, 0.7, 0.9), None, "measured"),
        ("idea", decided(0.8, 0.7, 0.9), None, "measured"),
        ("in_plan", decided(0.8, 0.7, 0.9), None, "in_plan"),
        ("stopped", decided(0.8, 0.7, 0.9), None, "stopped"),
        ("pilot", decided(0.9, 0.7, 1.1), None, "pilot"),
        ("pilot", decided(0.9, 0.7, 1.1), 12, "stopped"),
        ("pilot", decided(0.9, 0.7, 1.1), 13, "pilot"),
        ("pilot", decided(1.2, 1.1, 1.3), 24, "stopped"),
        ("pilot", decided(1.2, 1.1, 1.3), None, "pilot"),
        ("measured", decided(0.8, 0.7, 0.9, (0.9, 0.7, 1.1)), None, "pilot"),
        ("in_plan", decided(0.8, 0.7, 0.9, (0.9, 0.7, 1.1)), None, "pilot"),
        ("pilot", None, 12, "pilot"),
    ],
)
def test_the_status_follows_the_written_rule(status, followed, stop, becomes):
    """Twelve months after the start, which the verdict was to be taken six months after."""
    found, why = status_by_rule(status, [START], month_of(START) + 11, plan(stop_after=stop), followed)
    assert found == becomes
    assert str(why).endswith(".")


def test_what_has_not_begun_or_has_no_plan_stays():
    assert status_by_rule("idea", [START], month_of(START) - 1, plan(), None)[0] == "idea"
    assert status_by_rule("idea", [START], month_of(START), None, None)[0] == "pilot"


def test_a_third_fewer_of_four_fifths_of_lost_slots_is_so_much_of_all():
    found = planned_factor("lost_share", "no_show_share", Interval(2 / 3, 0.5, 0.9, "ratio"), 0.8)
    assert (found.expected, found.low, found.high) == pytest.approx((1 - 0.8 / 3, 0.6, 0.92))


def test_what_the_indicator_does_not_say_no_plan_gets():
    ratio = Interval(0.8, 0.7, 0.9, "ratio")
    assert planned_factor("minutes", "minutes", ratio, None).expected == 0.8
    assert planned_factor("minutes", "no_show_share", ratio, 0.5) is None
    assert planned_factor("lost_share", "no_show_share", ratio, None) is None
    assert planned_factor("minutes", "minutes", Interval(0.8, 0.7, float("inf"), "ratio"), None) is None
    assert planned_factor("minutes", "minutes", Interval(-2, -3, -1, "difference"), None) is None
