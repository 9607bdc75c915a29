"""Early warning by example: planted shortages are told of in time, and a region in balance is left alone."""

from dataclasses import replace

import numpy as np
import pytest

from tests.strategies import (
    CALENDAR,
    HISTORY,
    LONG_AGO,
    START,
    WEEKS,
    flat_series,
    inputs,
    recipe,
    room,
    series,
    service,
    waiting_list,
)
from vardbalans.engine.catalogue import Dated, Opening, Resource
from vardbalans.engine.early_warning import early, warnings_of
from vardbalans.engine.inputs import Measured, Ratio, ResourceInput, WarningRule
from vardbalans.engine.periods import weeks_from
from vardbalans.engine.scenario import Settings, run

DAYS = CALENDAR.working_days_of(weeks_from(START, HISTORY))
MINUTES = 45
RULE = WarningRule()


def opened(minutes, closed=range(0), left=1.0):
    """A room open *minutes* each weekday, but only the share *left* in the weeks at the places *closed*."""
    usual = [Opening(1, minutes, False, LONG_AGO, weekday=day) for day in range(1, 6)]
    cut = [
        Opening(1, minutes * left, False, LONG_AGO, weekday=day, week=str(WEEKS[place]))
        for place in closed
        for day in range(1, 6)
    ]
    return tuple(usual + cut)


def region(seed, margin=0.05, closed=range(0), left=1.0, size=6):
    """*size* services of 20 to 200 a week with chance of their own, each with a room that has *margin* to spare."""
    rng = np.random.default_rng(seed)
    services, rooms, recipes = [], [], []
    for place, level in enumerate(np.exp(rng.uniform(np.log(20), np.log(200), size))):
        counts = rng.negative_binomial(level * DAYS / 5 / 0.5, 1 / 1.5)  # variance 1.5 times the mean
        services.append(replace(service(f"s{place}", need=series(counts)), minutes=Measured(MINUTES, 0.35, 1000)))
        openings = opened(level / 5 * MINUTES * (1 + margin), closed, left)
        resource = Resource(f"r{place}", f"Rum {place}", "clinic", "room", 480)
        rooms.append(ResourceInput(resource, CALENDAR, openings, (Dated(LONG_AGO, 1.0),)))
        recipes.append(recipe(f"s{place}", f"r{place}", MINUTES))
    return inputs(services, rooms, recipes)


def warned(world, now=WEEKS[0], draws=300):
    return early(warnings_of(run(world, Settings(draws, 1))), now, world.warning_rule)


def test_a_planted_shortage_six_weeks_ahead_is_warned_for_in_time():
    """Eight weeks with a quarter of the capacity gone: told at least four weeks ahead in 80 % of the cases."""
    found = [
        {row.warning.subject_id for row in warned(region(seed, closed=range(6, 14), left=0.75)) if row.weeks_left <= 8}
        for seed in range(10)
    ]
    assert sum(map(len, found)) / (10 * 6) >= 0.8


def test_a_region_in_balance_is_left_alone():
    """Without any margin every second week is short by chance: still under half a warning per 100 resource-weeks."""
    warnings = sum(len(warned(region(seed, margin=0.0))) for seed in range(10))
    assert warnings / (10 * 6 * (len(WEEKS) - RULE.ahead_weeks)) * 100 < 0.5
    assert sum(len(warned(region(seed, margin=0.05))) for seed in range(5)) == 0


def test_what_begins_sooner_than_four_weeks_is_now_and_no_early_warning():
    world = region(1, closed=range(2, 20), left=0.4, size=1)
    assert warned(world) == ()
    assert [row.first_week for row in warnings_of(run(world, Settings(100)))] == [str(WEEKS[2])]


def test_a_warning_goes_over_into_now_as_time_goes():
    world = region(1, closed=range(6, 14), left=0.4, size=1)
    left = [[row.weeks_left for row in warned(world, now)] for now in (WEEKS[0], WEEKS[2], WEEKS[3])]
    assert left == [[6], [4], []]


def test_a_warning_tells_when_how_much_how_sure_and_what_binds():
    world = region(3, closed=range(6, 14), left=0.4, size=1)
    outcome = run(world, Settings(500))
    (found,) = early(warnings_of(outcome), WEEKS[0], RULE)
    warning, resource = found.warning, outcome.resources[0]
    assert (warning.first_week, warning.last_week, found.weeks_left) == (str(WEEKS[6]), str(WEEKS[13]), 6)
    assert warning.size == pytest.approx(-resource.balance[6:14].sum())
    assert warning.low < warning.size < warning.high
    assert warning.certainty == 1.0
    assert (warning.binding_id, warning.services) == ("r0", ("s0",))
    figure = warning.figure()
    assert figure.remainder == pytest.approx(0, abs=1e-6)
    assert [step.value for step in figure.terms] == pytest.approx(
        [resource.required[6:14].sum(), -resource.available.mean[6:14].sum()]
    )


def test_the_resource_that_binds_is_named_where_two_are_short():
    """A surgeon and a theatre are both short from week 6; the theatre is shorter and holds surgery back."""
    cut = [(name, opened(52.5 / 5 * 90, range(6, 20), left)) for name, left in (("surgeon", 0.7), ("theatre", 0.4))]
    rooms = [replace(room(name, utilisation=1.0), openings=openings) for name, openings in cut]
    world = inputs([service(need=flat_series(50))], rooms, [recipe("s", name) for name, _ in cut])
    found = {row.warning.subject_id: row.warning for row in warned(world)}
    assert set(found) == {"surgeon", "theatre"}
    assert {warning.binding_id for warning in found.values()} == {"theatre"}


def test_what_binds_is_what_binds_in_the_weeks_of_the_warning():
    """The theatre is short from week 6, the surgeon for longer from week 25: each warning names its own."""
    need = 52.5 / 5 * 90
    cut = {"surgeon": opened(need, range(25, 50), 0.4), "theatre": opened(need, range(6, 16), 0.4)}
    rooms = [replace(room(name, utilisation=1.0), openings=openings) for name, openings in cut.items()]
    world = inputs([service(need=flat_series(50))], rooms, [recipe("s", name) for name in cut])
    found = {row.warning.subject_id: row.warning for row in warned(world)}
    assert {name: warning.binding_id for name, warning in found.items()} == {name: name for name in cut}


def test_the_largest_and_surest_comes_first():
    found = warned(region(2, closed=range(6, 14), left=0.5))
    weights = [row.warning.weight for row in found]
    assert len(weights) > 3
    assert weights == sorted(weights, reverse=True)
    first = found[0].warning
    assert first.weight == pytest.approx(first.certainty * first.size / first.need_per_week)


def test_a_list_that_outgrows_its_limit_is_warned_for_with_people_over():
    """30 a week come in and the room takes 15: a list that fits today is twice what fits after some weeks."""
    need = flat_series(30).values
    clinic = service(state=waiting_list(need, need, 60.0), limit_days=90)
    world = inputs([clinic], [room(sets=1, minutes=15 / 5 * 90, utilisation=1.0)], [recipe()])
    found = next(row for row in warned(world) if row.warning.kind == "waiting_list")
    outcome = run(world, Settings(300, 1)).services[0]
    limit = 2 * outcome.plan.hold_per_week * 90 / 7 / 4
    assert outcome.coming_list.limit == pytest.approx(limit)
    assert outcome.coming_list.queue[found.weeks_left - 1] < 1.05 * limit < outcome.coming_list.queue[-1]
    assert found.warning.size == pytest.approx(outcome.coming_list.queue.max() - limit)
    assert (found.warning.measure, found.warning.binding_id) == ("people", "room")
    assert found.warning.figure().remainder == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("lost", [None, Ratio(200, 2000)])
def test_the_coming_list_ends_at_its_target_when_all_is_produced(lost):
    """A slot that is booked and not used treats nobody."""
    need = flat_series(30).values
    clinic = replace(service(state=waiting_list(need, need, 800.0), limit_days=90), lost_slots=lost)
    outcome = run(inputs([clinic], [room(sets=9)], [recipe()]), Settings(50)).services[0]
    assert outcome.coming_list.queue[-1] == pytest.approx(outcome.plan.target_queue)


def test_another_seed_warns_for_the_same_size():
    world = region(3, closed=range(6, 14), left=0.4, size=1)
    sizes = {warnings_of(run(world, Settings(200, seed)))[0].size for seed in (1, 2, 3)}
    assert len(sizes) == 1
