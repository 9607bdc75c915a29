"""Measures by example and by property: what one does to each link of the chain, and what it leaves alone."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import CALENDAR, WEEKS, flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.engine.benefit import HourValue, benefits
from vardbalans.engine.catalogue import Dated, Resource
from vardbalans.engine.choose import choose, in_balance
from vardbalans.engine.compare import compare, phases
from vardbalans.engine.errors import BadInput, Impossible, MissingFactor
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Conversion, Measured, Ratio, ResourceInput, Staffing
from vardbalans.engine.measures import Interval, Measure, added_by, in_agreed_plan, ramp, switched
from vardbalans.engine.scenario import Settings, run

SETTINGS = Settings(draws=200, seed=1)
FIRST = WEEKS[0].start


def certain(value):
    return Interval(value, value, value)


def measure(parameter="need", factor=0.9, measure_id="A", **more):
    effect = factor if isinstance(factor, Interval) or factor is None else certain(factor)
    more = {"unit_id": "clinic", "starts": FIRST, **more}
    return Measure(measure_id, measure_id, parameter=parameter, factor=effect, **more)


def nurses(fte=4.0, absence=0.1):
    weeks = len(WEEKS)
    staffing = Staffing(np.full(weeks, fte), np.full(53, absence), np.zeros(weeks))
    return ResourceInput(
        Resource("nurses", "nurses", "clinic", "staff", 480), CALENDAR, (), (Dated(date(2020, 1, 6), 0.8),), staffing
    )


def world(limit_days):
    """A clinic: visits with a list in a room with nurses, and operations that follow from them."""
    rng = np.random.default_rng(3)
    inflow = rng.poisson(40, 156).astype(float)
    state = waiting_list(inflow, np.full(156, 38.0), 300.0)
    whole = inputs(
        [
            service("visit", state=state, limit_days=limit_days, lost_slots=Ratio(8, 100)),
            service("operation", need=flat_series(10)),
            service("other", need=flat_series(20)),
        ],
        [room(sets=4), nurses(), room("theatre", sets=1), room("elsewhere")],
        [
            recipe("visit", minutes=45),
            recipe("visit", "nurses", 30),
            recipe("operation", "theatre", 110),
            recipe("other", "elsewhere", 60),
        ],
        [
            Conversion("visit", "operation", 0.2, 0.1, 0.3, (0.0, 1.0), Source.of("conversions")),
            Conversion("other", "operation", 0.1, 0.05, 0.15, (0.0, 1.0), Source.of("conversions")),
        ],
    )
    return replace(whole, as_of=FIRST - timedelta(days=1))


def same(one, other):
    """Tell whether two outcomes have the same numbers to the last digit."""
    for left, right in zip(one.resources, other.resources, strict=True):
        for name in ("required", "required_quantiles", "available_quantiles", "p_short", "year_balance", "year_spread"):
            np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
        np.testing.assert_array_equal(left.available.mean, right.available.mean)
        assert left.p_year_met == right.p_year_met
        assert [part.code for part in left.parts] == [part.code for part in right.parts]
    for left, right in zip(one.services, other.services, strict=True):
        np.testing.assert_array_equal(left.demand.draws, right.demand.draws)
        np.testing.assert_array_equal(left.balance.feasible, right.balance.feasible)
        assert (left.capacity_per_week, left.p_short_hold, left.plan) == (
            right.capacity_per_week,
            right.p_short_hold,
            right.plan,
        )
        assert (left.coming_list is None) == (right.coming_list is None)
        if left.coming_list:
            np.testing.assert_array_equal(left.coming_list.queue, right.coming_list.queue)
    assert one.growth == other.growth
    assert one.notes == other.notes


WORLD = world(90)
BASELINE = run(WORLD, SETTINGS)

ALL = {
    "need": measure("need", Interval(0.9, 0.8, 1.0), service_id="visit"),
    "activities": measure("activities", 0.9, service_id="visit"),
    "lost_share": measure("lost_share", 0.75, service_id="visit"),
    "minutes": measure("minutes", 0.9, service_id="visit"),
    "sets": measure("sets", 1.5, resource_id="theatre"),
    "time": measure("time", 1.1, resource_id="room"),
    "utilisation": measure("utilisation", 1.1, resource_id="room"),
    "absence": measure("absence", 0.5, resource_id="nurses"),
}


def test_a_scenario_without_measures_is_the_baseline_exactly():
    same(run(WORLD, SETTINGS, ()), BASELINE)
    found = compare(BASELINE, run(WORLD, SETTINGS, (), BASELINE))
    assert (found.resources, found.services) == ((), ())


@pytest.mark.parametrize("name", ALL)
def test_what_is_computed_anew_is_what_the_whole_chain_gives(name):
    whole = run(WORLD, SETTINGS, [ALL[name]])
    part = run(WORLD, SETTINGS, [ALL[name]], BASELINE)
    same(whole, part)
    changed = {row.resource.resource_id for row in compare(BASELINE, part).resources}
    assert changed, name
    assert "elsewhere" not in changed


def test_all_measures_at_once_sum_to_the_change_they_make():
    rows = [replace(row, measure_id=name) for name, row in ALL.items()]
    after = run(WORLD, SETTINGS, rows, BASELINE)
    same(run(WORLD, SETTINGS, rows), after)
    for row in after.resources:
        assert np.sum([part.amount for part in row.parts], axis=0) == pytest.approx(row.required)
        assert np.sum([part.minutes for part in row.available.parts], axis=0) == pytest.approx(row.available.mean)
    for change in compare(BASELINE, after).resources:
        assert change.figure.remainder == pytest.approx(0, abs=1e-6)
        assert change.low <= change.balance.change <= change.high


def test_less_need_moves_required_production_by_its_arithmetic():
    """Without a list, ten per cent less need is ten per cent fewer activities and minutes."""
    after = run(WORLD, SETTINGS, [measure("need", 0.9, service_id="other")], BASELINE)
    before, now = BASELINE.resource("elsewhere"), after.resource("elsewhere")
    assert now.required == pytest.approx(0.9 * before.required)
    added = next(part for part in now.parts if part.code == "measure:A")
    assert added.amount == pytest.approx(-0.1 * before.required)


def test_less_need_upstream_sends_less_downstream():
    after = run(WORLD, SETTINGS, [measure("need", 0.5, service_id="visit")], BASELINE)
    assert after.resource("theatre").required.sum() < BASELINE.resource("theatre").required.sum()


def test_less_need_without_a_list_sends_its_share_less_after_its_lag():
    after = run(WORLD, SETTINGS, [measure("need", 0.5, service_id="other")], BASELINE)
    less = after.service("other").demand.mean - BASELINE.service("other").demand.mean
    change = after.service("operation").demand.mean - BASELINE.service("operation").demand.mean
    assert change[1:] == pytest.approx(0.1 * less[:-1])
    assert change[0] == pytest.approx(0)


def test_a_quarter_fewer_lost_slots_of_eight_per_cent():
    """Of 100 slots 92 were used and now 94: the same visits take 92/94 of the slots, 2.2 per cent more per slot."""
    after = run(WORLD, SETTINGS, [ALL["lost_share"]], BASELINE)
    assert after.service("visit").demand.mean == pytest.approx(BASELINE.service("visit").demand.mean * 92 / 94)
    assert after.service("visit").demand.per_slot / BASELINE.service("visit").demand.per_slot == pytest.approx(
        np.full(len(WEEKS), 94 / 92)
    )


def test_fewer_activities_for_the_same_need_keep_the_list_on_its_way():
    """Where all can be produced the list ends where it would have, with a tenth fewer slots."""
    plenty = replace(WORLD, resources=tuple(_with_sets(row, 50) for row in WORLD.resources))
    before = run(plenty, SETTINGS)
    after = run(plenty, SETTINGS, [ALL["activities"]], before)
    assert after.service("visit").demand.mean == pytest.approx(0.9 * before.service("visit").demand.mean)
    assert after.service("visit").coming_list.queue == pytest.approx(before.service("visit").coming_list.queue)


def _with_sets(row, sets):
    if row.staffing:
        return replace(row, staffing=replace(row.staffing, fte=row.staffing.fte * sets))
    return replace(row, openings=tuple(replace(opening, sets=float(sets)) for opening in row.openings))


def test_posts_are_added_to_posts_and_absence_gives_time_back():
    """4 posts and 1 more are five quarters of the time; of 10 % absence half is 95/90 of it."""
    more = measure("sets", None, resource_id="nurses", added=certain(1.0))
    after = run(WORLD, SETTINGS, [more], BASELINE).resource("nurses")
    assert after.available.mean == pytest.approx(BASELINE.resource("nurses").available.mean * 5 / 4)
    present = run(WORLD, SETTINGS, [ALL["absence"]], BASELINE).resource("nurses")
    assert present.available.mean == pytest.approx(BASELINE.resource("nurses").available.mean * 95 / 90)


def test_no_more_than_all_of_the_time_can_be_used():
    after = run(WORLD, SETTINGS, [measure("utilisation", 2.0, resource_id="room")], BASELINE).resource("room")
    assert after.available.mean == pytest.approx(BASELINE.resource("room").available.mean / 0.75)


def test_the_ramp_by_the_day():
    """Two weeks of ramp: the first day a fourteenth, the last day all, and nothing before or after."""
    row = measure(ramp_weeks=2, ends=FIRST + timedelta(days=27))
    assert [row.reached(FIRST + timedelta(days=day)) for day in (-1, 0, 6, 13, 14, 27, 28)] == pytest.approx(
        [0, 1 / 14, 7 / 14, 1, 1, 1, 0]
    )
    assert measure().reached(FIRST) == 1
    wednesday = measure(starts=WEEKS[4].start + timedelta(days=2))
    assert CALENDAR.working_days(WEEKS[4]) == 5
    assert ramp(wednesday, WEEKS, CALENDAR)[3:6] == pytest.approx([0, 3 / 5, 1])


def test_what_was_in_the_data_already_is_not_counted_again():
    old = measure("need", 0.9, service_id="other", starts=WORLD.as_of - timedelta(days=700))
    after = run(WORLD, SETTINGS, [old], BASELINE)
    assert compare(BASELINE, after).resources == ()
    assert any("A" in str(note) and "ingår redan i data" in str(note) for note in after.notes)
    ended = replace(old, ends=WEEKS[9].end - timedelta(days=1))
    row = run(WORLD, SETTINGS, [ended], BASELINE).service("other").demand.mean / BASELINE.service("other").demand.mean
    assert row[:10] == pytest.approx(np.ones(10))
    assert row[10:] == pytest.approx(np.full(len(WEEKS) - 10, 1 / 0.9))


def test_only_what_is_measured_counts_in_the_agreed_plan():
    rows = [measure(measure_id=status, status=status) for status in ("idea", "pilot", "measured", "in_plan", "stopped")]
    assert [row.status for row in in_agreed_plan(rows)] == ["measured", "in_plan"]


def test_two_factors_multiply_and_each_says_what_it_added():
    rows = [
        measure("need", 0.8, "A", service_id="other"),
        measure("minutes", 0.5, "B", service_id="other"),
    ]
    before, after = BASELINE.resource("elsewhere"), run(WORLD, SETTINGS, rows, BASELINE).resource("elsewhere")
    assert after.required == pytest.approx(0.4 * before.required)
    added = {part.code: part.amount.sum() / before.required.sum() for part in after.parts if ":" in part.code}
    assert added == pytest.approx({"measure:A": -0.2, "measure:B": -0.4})


def test_an_interval_is_drawn_within_its_bounds_around_what_is_expected():
    interval = Interval(0.9, 0.85, 1.0)
    drawn = interval.drawn(np.linspace(0, 1, 10_001))
    assert (drawn.min(), drawn.max()) == (0.85, 1.0)
    assert drawn.mean() == pytest.approx(0.9, abs=1e-4)
    with pytest.raises(BadInput, match=r"0\.95 ≤ 0\.9"):
        Interval(0.9, 0.95, 1.0)


def test_a_paired_difference_is_known_better_than_two_futures_apart():
    row = measure("minutes", Interval(0.9, 0.88, 0.92), service_id="visit")
    found = compare(BASELINE, run(WORLD, SETTINGS, [row], BASELINE)).resources[0]
    other = run(WORLD, Settings(draws=200, seed=2), [row]).resource(found.resource.resource_id)
    apart = other.year_balance - BASELINE.resource(found.resource.resource_id).year_balance
    low, high = np.quantile(apart, (0.05, 0.95))
    assert found.high - found.low < (high - low) / 3
    with pytest.raises(BadInput, match="samma data"):
        compare(BASELINE, run(WORLD, Settings(draws=200, seed=2)))


def test_a_crisis_is_switched_on_and_off_as_one():
    on, off = WEEKS[10].start, WEEKS[20].start
    rows = switched([ALL["sets"], replace(ALL["need"], measure_id="B")], on, off)
    found = compare(BASELINE, run(WORLD, SETTINGS, rows, BASELINE))
    spans = {row.name: row for row in phases(found, on, off) if row.resource.resource_id == "theatre"}
    assert list(spans) == ["before", "during", "after"]
    edges = spans["before"].last, spans["during"].first, spans["after"].first
    assert edges == tuple(map(str, (WEEKS[9], WEEKS[10], WEEKS[20])))
    assert spans["during"].balance.change > 0
    supply = run(WORLD, SETTINGS, rows, BASELINE).resource("theatre").available.mean
    usual = BASELINE.resource("theatre").available.mean
    assert supply[:10] == pytest.approx(usual[:10])
    assert supply[10:20] == pytest.approx(1.5 * usual[10:20])
    assert supply[20:] == pytest.approx(usual[20:])
    with pytest.raises(BadInput, match="slås inte på"):
        switched(rows, off, on)


def test_vehicles_by_year():
    """6 in 2026, 26 more in 2027 and 20 more in 2028."""
    rows = [
        measure("sets", None, str(year), added=certain(float(count)), starts=date(year, 1, 1), resource_id="cars")
        for year, count in ((2026, 6), (2027, 26), (2028, 20))
    ]
    assert [added_by(rows, date(year, 12, 31)) for year in (2025, 2026, 2027, 2028)] == [0, 6, 32, 52]


@given(factor=st.floats(0.1, 2.0), more=st.floats(1.01, 2.0))
def test_more_of_a_factor_gives_more_and_in_proportion(factor, more):
    small, large = (
        run(WORLD, SETTINGS, [measure("minutes", value, service_id="other")], BASELINE).resource("elsewhere")
        for value in (factor, factor * more)
    )
    assert large.required == pytest.approx(more * small.required)
    assert (large.p_short >= small.p_short).all()
    assert (large.year_balance <= small.year_balance).all()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"unit_id": "nowhere"}, "enheten nowhere finns inte"),
        ({"service_id": "nothing"}, "vårdtjänsten nothing finns inte"),
        ({"resource_id": "nothing"}, "resursen nothing finns inte"),
    ],
)
def test_a_target_that_is_not_there_is_said(bad, says):
    with pytest.raises(BadInput, match=says):
        run(WORLD, SETTINGS, [measure(**bad)], BASELINE)


def test_what_cannot_be_is_refused():
    with pytest.raises(BadInput, match="två gånger"):
        run(WORLD, SETTINGS, [measure(), measure()], BASELINE)
    with pytest.raises(BadInput, match="antingen"):
        measure(factor=None)
    with pytest.raises(BadInput, match="bara läggas till resurser"):
        measure("minutes", None, added=certain(1.0))
    with pytest.raises(BadInput, match="vilken resurs"):
        measure("sets", None, added=certain(1.0))
    with pytest.raises(BadInput, match="Nuläget"):
        run(WORLD, SETTINGS, [], run(WORLD, SETTINGS, [measure()], BASELINE))
    with pytest.raises(BadInput, match="slutar innan"):
        measure(ends=FIRST - timedelta(days=1))
    with pytest.raises(BadInput, match="under noll"):
        measure(factor=-0.1)
    with pytest.raises(BadInput, match="infasningen"):
        measure(ramp_weeks=-1)
    with pytest.raises(MissingFactor, match="absence för theatre"):
        run(WORLD, SETTINGS, [measure("absence", 0.5, resource_id="theatre")], BASELINE)
    with pytest.raises(MissingFactor, match="förlorade tider"):
        run(WORLD, SETTINGS, [measure("lost_share", 0.5, service_id="other")], BASELINE)
    with pytest.raises(BadInput, match="alla tider"):
        run(WORLD, SETTINGS, [measure("lost_share", 20.0, service_id="visit")], BASELINE)


def test_a_measure_that_has_nothing_to_act_on_is_said():
    """No recipe is per day of stay, and visits take nothing of the theatre."""
    rows = [
        measure("stay_days", 0.9, "A", service_id="visit"),
        measure("minutes", 0.9, "B", service_id="visit", resource_id="theatre"),
        measure("minutes", 0.9, "C", service_id="visit"),
    ]
    said = [str(note) for note in run(WORLD, SETTINGS, rows, BASELINE).notes if "Åtgärden" in str(note)]
    assert [note.split()[1] for note in said] == ["B", "A"]


def test_a_shorter_stay_takes_less_of_what_is_taken_by_the_day():
    ward = room("beds", sets=30, minutes=1440)
    stays = service("stay", need=flat_series(10), kind="inpatient", stay_days=Measured(4.0, 0.5, 500))
    small = inputs([stays], [ward, room()], [recipe("stay", "beds", 1440, per="day"), recipe("stay", "room", 60)])
    small = replace(small, as_of=FIRST - timedelta(days=1))
    before = run(small, SETTINGS)
    after = run(small, SETTINGS, [measure("stay_days", 0.75, service_id="stay")], before)
    assert after.resource("beds").required == pytest.approx(0.75 * before.resource("beds").required)
    assert after.resource("room").required == pytest.approx(before.resource("room").required)


def test_a_measure_on_a_whole_unit_passes_by_what_it_cannot_change():
    after = run(WORLD, SETTINGS, [measure("absence", 0.5)], BASELINE)
    assert {row.resource.resource_id for row in compare(BASELINE, after).resources} == {"nurses"}


def test_the_cheapest_set_that_holds_in_the_chain_is_chosen():
    """One dear measure is enough alone, two cheap ones together for less; one without a price is left out."""
    tight = replace(WORLD, resources=tuple(_with_sets(row, 0.5) for row in WORLD.resources))
    base = run(tight, SETTINGS)
    short = base.resource("elsewhere").required.sum() / base.resource("elsewhere").available.mean.sum()
    rows = [
        measure("time", 1.1 * short**0.5, "A", resource_id="elsewhere", cost_ore=10_000_00),
        measure("sets", 1.1 * short**0.5, "B", resource_id="elsewhere", cost_ore=10_000_00),
        measure("minutes", 0.8 / short, "C", service_id="other", cost_ore=50_000_00),
        measure("need", 0.1, "D", service_id="other"),
        measure("time", 1.001, "E", resource_id="elsewhere", cost_ore=100_00),
    ]
    found = choose(base, rows, ["elsewhere"], probability=0.9)
    assert [row.measure_id for row in found.best.measures] == ["A", "B"]
    assert found.best.cost_ore == pytest.approx(2 * 10_000_00 * 364 / 365.25, abs=2)
    assert found.best.probability == in_balance(run(tight, SETTINGS, rows[:2]), ["elsewhere"]) >= 0.9
    assert [row.measure_id for row in found.runner_up.measures] == ["C"]
    assert "D" in str(found.left_out[0])
    assert found.probability.before < 0.1
    with pytest.raises(Impossible) as told:
        choose(base, rows, ["elsewhere"], probability=0.9, budget_ore=5_000_00)
    assert any("budget" in str(reason) for reason in told.value.reasons)
    with pytest.raises(BadInput, match="Sannolikheten"):
        choose(base, rows, ["elsewhere"], probability=0)
    with pytest.raises(BadInput, match="inga resurser"):
        choose(base, rows, [], probability=0.9)


def test_a_set_that_holds_only_since_effects_multiply_is_found():
    """Two cheap measures make the time 1.04 times what is required, their sum would not; a dear one is enough."""
    tight = replace(WORLD, resources=tuple(_with_sets(row, 0.3) for row in WORLD.resources))
    base = run(tight, SETTINGS)
    short = base.resource("elsewhere").required.sum() / base.resource("elsewhere").available.mean.sum()
    assert 2 * 1.02 * short**0.5 - 1 < 0.97 * short
    cheap = [
        measure(name, 1.02 * short**0.5, f"{name}-more", resource_id="elsewhere", cost_ore=10_000_00)
        for name in ("time", "sets")
    ]
    dear = measure("minutes", 0.8 / short, "C", service_id="other", cost_ore=50_000_00)
    found = choose(base, [*cheap, dear], ["elsewhere"], probability=0.5)
    assert {row.measure_id for row in found.best.measures} == {"time-more", "sets-more"}
    assert found.bound_ore == found.best.cost_ore
    assert [row.measure_id for row in found.runner_up.measures] == ["C"]


def test_a_set_that_only_adds_up_on_paper_is_ruled_out():
    """Two measures that each halve the same minutes take away a half and a quarter, not all: the sum deceives."""
    tight = replace(WORLD, resources=tuple(_with_sets(row, 0.5) for row in WORLD.resources))
    base = run(tight, SETTINGS)
    row = base.resource("elsewhere")
    least = row.available.mean.sum() / row.required.sum()
    factor = 1 - 0.52 * (1 - least)  # twice this is more than enough, but twice over it is multiplied
    pair = [
        measure("minutes", factor, name, service_id="other", cost_ore=100_00, starts=FIRST + timedelta(days=7 * n))
        for n, name in enumerate("AB")
    ]
    sure = measure("minutes", 0.5 * least, "C", service_id="other", cost_ore=900_00)
    together = run(tight, SETTINGS, pair, base)
    assert in_balance(together, ["elsewhere"]) < 0.5
    found = choose(base, [*pair, sure], ["elsewhere"], probability=0.5)
    assert "C" in [chosen.measure_id for chosen in found.best.measures]


def test_benefits_are_what_is_freed_and_recovered():
    rows = [replace(ALL["lost_share"], measure_id="L"), measure("minutes", 0.5, "M", service_id="visit")]
    found = compare(BASELINE, run(WORLD, SETTINGS, rows, BASELINE))
    hours, days, slots, ore = benefits(found, HourValue())
    before, after = (outcome.resource("nurses").required.sum() for outcome in (found.before, found.after))
    assert hours.expected == pytest.approx((before - after) / 60)
    assert slots.expected == pytest.approx(0.02 * found.after.service("visit").demand.mean.sum())
    assert (days.expected, days.shown) == (0, False)
    assert ore.expected == pytest.approx(hours.expected * 250_00)
    assert hours.shown
    assert hours.low < hours.expected < hours.high
