"""The chain by example: small worlds where every number can be worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from tests.strategies import CALENDAR, HISTORY, WEEKS, flat_series, inputs, recipe, room, series, service, waiting_list
from vardbalans.data.results import Results
from vardbalans.data.results.document import document
from vardbalans.engine.errors import MissingFactor
from vardbalans.engine.explain import Source
from vardbalans.engine.flow import Linked, estimate_conversions
from vardbalans.engine.inputs import Adjustment, Conversion, ListState, Ratio
from vardbalans.engine.periods import Period
from vardbalans.engine.scenario import Settings, run

DAYS = CALENDAR.working_days_of(WEEKS)
SETTINGS = Settings(draws=200, seed=1)


def _resource(outcome, name="room"):
    return next(row for row in outcome.resources if row.resource.resource_id == name)


def _service(outcome, name="s"):
    return next(row for row in outcome.services if row.item.service.service_id == name)


def test_need_times_minutes_against_sets_times_minutes_times_utilisation():
    """10.5 visits of 90 minutes a day fill exactly 3 rooms of 420 minutes used to 75 per cent."""
    outcome = run(inputs([service(need=flat_series(52.5))], [room()], [recipe()]), SETTINGS)
    row = _resource(outcome)
    assert row.available.mean == pytest.approx(3 * 420 * 0.75 * DAYS)
    assert row.required == pytest.approx(row.available.mean, rel=0.03)
    assert _service(outcome).balance.feasible.sum() == pytest.approx(10.5 * DAYS.sum(), rel=0.03)


def test_the_norm_of_twenty_patients_a_week_and_practitioner():
    """Norrbotten's adult psychiatry: 20 patients · 6 practitioners · 44 weeks = 5 280."""
    assert 20 * 6 * 44 == 5280
    room_of_six = room(sets=6, minutes=240, utilisation=1.0)
    outcome = run(inputs([service(need=flat_series(120))], [room_of_six], [recipe(minutes=60)]), SETTINGS)
    ordinary = [index for index, days in enumerate(DAYS) if days == 5][:44]
    assert (_resource(outcome).available.mean[ordinary] / 60).sum() == pytest.approx(5280)


def test_the_bottleneck_is_the_least_of_the_resource_set():
    """A surgeon 90, a theatre 110 and a nurse team 110 minutes: the theatre has the least time for what it must do."""
    rooms = [room("surgeon", sets=2), room("theatre", sets=1.5), room("nurses", sets=2)]
    recipes = [recipe("s", "surgeon", 90), recipe("s", "theatre", 110), recipe("s", "nurses", 110)]
    outcome = run(inputs([service(need=flat_series(40))], rooms, recipes), SETTINGS)
    found = _service(outcome).balance
    assert set(found.binding) == {"theatre"}
    by_hand = np.minimum.reduce(
        [
            np.ones(len(WEEKS)),
            *[
                _resource(outcome, name).available.mean / _resource(outcome, name).required
                for name in ("surgeon", "theatre", "nurses")
            ],
        ]
    )
    assert found.feasible == pytest.approx(found.required * by_hand)


def test_producing_what_is_required_takes_the_list_to_its_target():
    need = flat_series(30).values
    state = waiting_list(need, need, queue=800.0)
    outcome = run(inputs([service(state=state, limit_days=90)], [room()], [recipe()]), SETTINGS)
    plan, demand = _service(outcome).plan, _service(outcome).demand
    assert plan.target_queue == pytest.approx(plan.hold_per_week * 90 / 7 / 4)
    assert plan.queue + _service(outcome).forecast.mean.sum() - demand.mean.sum() == pytest.approx(plan.target_queue)


@pytest.mark.parametrize(("goal", "left"), [("hold", 800), ("halve", 400)])
def test_hold_and_halve(goal, left):
    need = flat_series(30).values
    state = waiting_list(need, need, queue=800.0)
    outcome = run(inputs([service(state=state, limit_days=90)], [room()], [recipe()]), replace(SETTINGS, goal=goal))
    end = 800 + _service(outcome).forecast.mean.sum() - _service(outcome).demand.mean.sum()
    assert end == pytest.approx(left)


def test_a_list_below_its_target_is_held_and_not_filled():
    need = flat_series(30).values
    outcome = run(
        inputs([service(state=waiting_list(need, need, 10.0), limit_days=90)], [room()], [recipe()]), SETTINGS
    )
    assert _service(outcome).plan.relief_per_week == 0


def test_lost_slots_are_offered_again():
    kept = service(need=flat_series(40))
    lost = replace(kept, lost_slots=Ratio(200, 2000))
    before, after = (run(inputs([item], [room()], [recipe()]), SETTINGS) for item in (kept, lost))
    assert _resource(after).required == pytest.approx(_resource(before).required / 0.9)


def test_treating_the_list_brings_surgery_after_the_lag():
    need = flat_series(30).values
    visit = service("visit", state=waiting_list(need, need, 800.0), limit_days=90)
    surgery = service("surgery", need=flat_series(10))
    link = Conversion("visit", "surgery", 0.4, 0.35, 0.45, (0.0, 0.0, 1.0), Source.of("referrals"))
    rooms, recipes = [room("a"), room("b")], [recipe("visit", "a"), recipe("surgery", "b")]
    outcome = run(inputs([visit, surgery], rooms, recipes, [link]), SETTINGS)
    plan = _service(outcome, "visit").plan
    above_last_year = (plan.goal_per_week - plan.treated_per_week) * len(WEEKS) * DAYS / DAYS.sum()
    brought = next(p.activities for p in _service(outcome, "surgery").demand.parts if p.code == "induced")
    assert brought[:2].tolist() == [0, 0]
    assert brought[2:] == pytest.approx(0.4 * above_last_year[:-2])


def flowing(upstream=100, linked=40, draws=2000, seed=1):
    """A list of 800 that is treated over the year, and surgery that follows a share told by *upstream* visits."""
    need = flat_series(30).values
    visit = service("visit", state=waiting_list(need, need, 800.0), limit_days=90)
    pair = Linked("visit", "surgery", "", upstream, np.array([0.0, float(linked)]), Source.of("referrals"))
    rooms, recipes = [room("a"), room("b", sets=1.36)], [recipe("visit", "a"), recipe("surgery", "b")]
    world = inputs([visit, service("surgery", need=flat_series(10))], rooms, recipes, estimate_conversions([pair]))
    return run(world, Settings(draws, seed))


def test_an_uncertain_share_is_seen_in_the_risk_and_not_in_the_expectation():
    sure, unsure = (_resource(flowing(size, size * 2 // 5), "b") for size in (100_000, 10))
    assert unsure.required == pytest.approx(sure.required, rel=1e-12)
    width = [np.ptp(row.required_quantiles, axis=0)[2:].mean() for row in (sure, unsure)]
    assert width[1] > 1.1 * width[0]
    assert abs(unsure.p_short - sure.p_short).max() > 0.01


def test_another_seed_moves_the_shares_drawn_and_not_the_demand_expected():
    one, other = (flowing(20, 8, seed=seed) for seed in (1, 2))
    assert (_service(one, "surgery").demand.mean == _service(other, "surgery").demand.mean).all()
    assert (_service(one, "surgery").demand.draws != _service(other, "surgery").demand.draws).any()


def test_ten_per_cent_more_produced_upstream_is_that_share_more_downstream_after_the_lag():
    """The list asks for more than last year's 30 a week; downstream gets its share of just that, two weeks later."""
    need = flat_series(30).values
    base = service("visit", state=waiting_list(need, need, 800.0))
    ten_more = replace(base, waiting_list=waiting_list(need, need / 1.1, 800.0))
    link = Conversion("visit", "surgery", 0.4, 0.4, 0.4, (0.0, 0.0, 1.0), Source.of("referrals"))
    surgery = service("surgery", need=flat_series(20))
    rooms, recipes = [room("a"), room("b")], [recipe("visit", "a"), recipe("surgery", "b")]
    before, after = (run(inputs([item, surgery], rooms, recipes, [link]), SETTINGS) for item in (base, ten_more))
    more = _service(after, "surgery").demand.mean - _service(before, "surgery").demand.mean
    plans = [_service(outcome, "visit").plan for outcome in (before, after)]
    upstream = plans[0].treated_per_week - plans[1].treated_per_week
    assert upstream == pytest.approx(plans[1].treated_per_week * 0.1)
    assert more[:2] == pytest.approx([0, 0])
    assert more[2:] == pytest.approx(0.4 * upstream * (DAYS * len(WEEKS) / DAYS.sum())[:-2])


def test_holding_a_list_that_grew_brings_what_downstream_has_not_seen():
    """15 come, 10 are treated: holding takes 15, half as much again, and downstream gets half as much more."""
    visit = service("visit", state=waiting_list(flat_series(15).values, flat_series(10).values, 2000.0))
    surgery = service("surgery", need=flat_series(10))
    link = Conversion("visit", "surgery", 1.0, 1.0, 1.0, (1.0,), Source.of("referrals"))
    rooms, recipes = [room("a"), room("b")], [recipe("visit", "a"), recipe("surgery", "b")]
    outcome = run(inputs([visit, surgery], rooms, recipes, [link]), SETTINGS)
    brought = next(p.activities for p in _service(outcome, "surgery").demand.parts if p.code == "induced")
    assert brought.mean() == pytest.approx(5, rel=0.05)


@pytest.mark.parametrize(("treated", "left", "hold"), [(60, -50, 150), (50, -50, 150), (0, 95, 5), (90, 10, 90)])
def test_holding_takes_what_the_lists_own_account_says(treated, left, hold):
    """100 come in; *left* leave uncounted (below zero: come uncounted): hold = inflow − left, treated or not."""
    inflow, done = flat_series(100).values, flat_series(treated).values
    waiting = 50_000 + np.cumsum(inflow - done - flat_series(left).values)
    state = ListState(series(inflow), series(done), series(waiting))
    outcome = run(inputs([service(state=state)]), SETTINGS)
    assert _service(outcome).plan.hold_per_week == pytest.approx(hold, rel=0.04, abs=2)


def test_lost_slots_lie_outside_observed_production():
    """50 booked, 40 kept, a steady state: what is kept is needed and what is kept can be done."""
    steady = replace(service(need=flat_series(40)), lost_slots=Ratio(500, 2500))
    outcome = run(inputs([steady]), SETTINGS)
    assert _resource(outcome, "observed:s").required == pytest.approx(flat_of(40), rel=0.05)
    assert _service(outcome).capacity_per_week == pytest.approx(flat_of(40).mean(), rel=0.05)


def flat_of(level):
    return level * DAYS / 5


def test_a_recipe_per_session_adds_to_the_one_per_activity():
    """45 minutes a visit and 30 minutes of preparation per 480-minute shift of visits: 45 · (1 + 30 / 480)."""
    recipes = [recipe(minutes=45), recipe(minutes=30, per="session")]
    with_preparation = run(inputs([service(need=flat_series(40))], [room(shift=480)], recipes), SETTINGS)
    without = run(inputs([service(need=flat_series(40))], [room(shift=480)], recipes[:1]), SETTINGS)
    ratio = _resource(with_preparation).required / _resource(without).required
    assert ratio == pytest.approx(np.full(len(WEEKS), 1 + 30 / 480))


def test_without_recipes_observed_production_is_the_capacity_and_it_says_so():
    outcome = run(inputs([service(need=flat_series(40))]), SETTINGS)
    row = _resource(outcome, "observed:s")
    assert (row.measure, row.resource.shift_minutes) == ("activities", None)
    assert row.available.mean == pytest.approx(8 * DAYS, rel=1e-6)
    assert "observerad produktion" in str(outcome.notes[0])


def test_missing_factors_are_listed_all_at_once():
    bare = [replace(room(name), utilisation=(), openings=()) for name in ("a", "b")]
    recipes = [recipe("s", "a"), recipe("s", "b"), recipe("s", "c")]
    with pytest.raises(MissingFactor) as caught:
        run(inputs([service(need=flat_series(40))], bare, recipes), SETTINGS)
    assert len(caught.value.missing) == 5  # two utilisations, two openings, one resource that does not exist


def test_the_steps_sum_to_every_figure():
    need = flat_series(30).values
    visit = replace(service(state=waiting_list(need, need * 0.95, 800.0), limit_days=90), lost_slots=Ratio(100, 2000))
    found = document(run(inputs([visit], [room()], [recipe()]), SETTINGS))
    assert len(found["steps"]) == 2 * len(WEEKS)
    assert {step["remainder"] for step in found["steps"]} == {0.0}
    assert {term["code"] for term in found["steps"][0]["terms"]} == {"need", "removals", "waiting_list", "lost"}


def test_one_seed_one_outcome_and_another_seed_moves_only_draws():
    world = inputs([service(need=flat_series(40))], [room()], [recipe()])
    one, same, other = (document(run(world, Settings(200, seed))) for seed in (1, 1, 2))
    assert one == same
    for mine, theirs in zip(one["rows"], other["rows"], strict=True):
        assert (mine["required"], mine["available"]) == (theirs["required"], theirs["available"])
    assert [row["required_q95"] for row in one["rows"]] != [row["required_q95"] for row in other["rows"]]


def test_the_order_of_services_and_recipes_is_irrelevant():
    services = [service(name, need=flat_series(level)) for name, level in (("a", 20), ("b", 30), ("c", 5))]
    recipes = [recipe(name) for name in "abc"]
    forth = run(inputs(services, [room()], recipes), SETTINGS)
    back = run(inputs(services[::-1], [room()], recipes[::-1]), SETTINGS)
    assert _resource(forth).required == pytest.approx(_resource(back).required, rel=1e-12)
    assert _resource(forth).p_short == pytest.approx(_resource(back).p_short, abs=1e-12)


def test_more_capacity_never_makes_a_shortage_more_likely():
    chances = [
        _resource(run(inputs([service(need=flat_series(50))], [room(sets=sets)], [recipe()]), SETTINGS)).p_short.mean()
        for sets in (2, 2.5, 3, 3.5, 4)
    ]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.9
    assert chances[-1] < 0.1


def test_a_service_that_begins_does_not_hide_the_regions_growth():
    old = service("old", need=flat_series(40))
    new = service("new", need=series(flat_series(40).values[-10:], start=WEEKS[0].next(-10)))
    alone = run(inputs([old], [room()], [recipe("old")]), SETTINGS).growth
    both = run(inputs([old, new], [room()], [recipe("old"), recipe("new")]), SETTINGS).growth
    assert both == alone is not None


def test_a_service_whose_recipe_comes_later_is_counted_by_what_it_does():
    """Until the recipe holds, observed production is the capacity, and lost slots are outside both sides."""
    steady = replace(service(need=flat_series(40)), lost_slots=Ratio(500, 2500))
    later = replace(recipe(), valid_from=WEEKS[10].start)
    row = _resource(run(inputs([steady], [room()], [later]), SETTINGS), "observed:s")
    assert {part.code for part in row.parts} == {"need"}


def test_the_first_planned_week_follows_the_history():
    assert WEEKS[0] == Period.parse("2023-W44").next(HISTORY)


def _judged(**change):
    return Adjustment(
        "J1",
        "s",
        WEEKS[0].start,
        WEEKS[-1].end,
        date(2026, 10, 20),
        "Produktionsplanerare",
        "clinic",
        "Ny remissväg",
        **change,
    )


def test_a_planners_judgement_is_a_term_of_its_own_with_its_reason(tmp_path):
    """Four visits a week more of 90 minutes: 360 minutes more are required, and the figure says who thought so."""
    world = inputs([service(need=flat_series(40))], [room()], [recipe()])
    before, after = run(world, SETTINGS), run(replace(world, adjustments=(_judged(per_week=4),)), SETTINGS)
    assert _resource(after).required == pytest.approx(_resource(before).required + 360)
    assert np.array_equal(_service(after).base.mean, _service(before).forecast.mean)
    assert np.array_equal(_service(after).base.draws, _service(before).forecast.draws)
    assert _service(after).forecast.mean == pytest.approx(_service(after).base.mean + 4)
    assert np.all(_resource(after).required_quantiles > _resource(before).required_quantiles)

    stored = Results(tmp_path).store(after, at=datetime(2026, 11, 1, tzinfo=UTC))
    figure = stored.figure("clinic", "room", str(WEEKS[0]), "required")
    terms = {step["values"]["what"]: step["value"] for step in figure["terms"]}
    assert terms["planerares justering av prognosen"] == pytest.approx(360)
    assert figure["remainder"] == pytest.approx(0, abs=1e-6)
    said = [step for step in figure["inputs"] if "Ny remissväg" in step["label"]]
    assert [(step["value"], step["source"]["table"]) for step in said] == [(4, "adjustments")]
    assert "Produktionsplanerare 2026-10-20" in said[0]["label"]
    assert stored.services() == document(after)["services"]
    assert stored.services()[0]["adjustments"][0]["reason"] == "Ny remissväg"


def test_a_judged_need_makes_the_list_ask_for_more():
    need = flat_series(30).values
    item = service(state=waiting_list(need, need, 800.0), limit_days=90)
    world = inputs([item], [room()], [recipe()])
    before, after = run(world, SETTINGS), run(replace(world, adjustments=(_judged(factor=1.1),)), SETTINGS)
    assert _service(after).plan.need_per_week == pytest.approx(1.1 * _service(before).plan.need_per_week)
    assert _service(after).plan.target_queue > _service(before).plan.target_queue


def test_without_adjustments_nothing_speaks_of_them():
    """The tables and the document of a run without judgement are what they were before there was any."""
    world = inputs([service(need=flat_series(40))], [room()], [recipe()])
    other = replace(world, adjustments=(replace(_judged(per_week=4), service_id="another"),))
    plain, unmoved = document(run(world, SETTINGS)), document(run(other, SETTINGS))
    assert plain == unmoved
    assert "adjustment" not in str(plain)
