"""Resource sets: what all of a set allows, and alternative sets as ways to produce."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import WEEKS, flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.engine.capacity import doable, doable_by_day
from vardbalans.engine.catalogue import Resource, ResourceSet, Unit
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import Contract
from vardbalans.engine.leeway import ExtraTime, Leeway, Performer, StaffLoan
from vardbalans.engine.plan.check import judge
from vardbalans.engine.plan.data import Plan
from vardbalans.engine.plan.solve import propose
from vardbalans.engine.proposal import OWN, Terms, problem_of
from vardbalans.engine.scenario import Settings, run

SETTINGS = Settings(draws=50, seed=1)
MINUTES = {"surgeon": 90.0, "theatre": 110.0, "nurse": 110.0}


def test_a_set_does_what_its_scarcest_resource_allows():
    """Surgeon 900 / 90 = 10, theatre 990 / 110 = 9, nurse 880 / 110 = 8; then the surgeon has 450: 5."""
    available = {
        "surgeon": np.array([900.0, 450.0]),
        "theatre": np.array([990.0, 990.0]),
        "nurse": np.array([880.0, 880.0]),
    }
    found, binding = doable(MINUTES, available)
    assert found.tolist() == [8, 5]
    assert binding == ("nurse", "surgeon")


def test_no_slot_without_all_three_on_the_same_day():
    """Each has time for five in the week, but the nurse is not there on the surgeon's days."""
    weekdays = {"surgeon": [1, 0, 0, 0, 0], "theatre": [1, 1, 0, 0, 0], "nurse": [0, 0, 1, 1, 1]}
    available = {name: np.array([[*days, 0, 0]]) * 5 * MINUTES[name] / sum(days) for name, days in weekdays.items()}
    together, _ = doable(MINUTES, {name: values.sum(axis=1) for name, values in available.items()})
    assert together == pytest.approx([5])
    assert doable_by_day(MINUTES, available)[0].tolist() == [0]


def test_days_that_all_are_closed_bind_nothing():
    """The nurse is the scarcer on two days, the surgeon on three; nobody works at the weekend."""
    found, binding = doable_by_day(
        {"nurse": 10.0, "surgeon": 10.0},
        {"nurse": np.array([[10, 10, 90, 90, 90, 0, 0.0]]), "surgeon": np.array([[90, 90, 20, 20, 20, 0, 0.0]])},
    )
    assert (found.tolist(), binding) == ([1 + 1 + 2 + 2 + 2], ("surgeon",))


@given(st.lists(st.floats(0, 1e4), min_size=21, max_size=21), st.floats(0.1, 10))
def test_days_apart_allow_no_more_than_the_week_and_scale_does_not_matter(values, scale):
    available = dict(zip(MINUTES, np.array(values).reshape(3, 1, 7), strict=True))
    by_day, _ = doable_by_day(MINUTES, available)
    by_week, _ = doable(MINUTES, {name: row.sum(axis=1) for name, row in available.items()})
    assert by_day <= by_week + 1e-9
    scaled, _ = doable_by_day(
        {name: scale * each for name, each in MINUTES.items()}, {name: scale * row for name, row in available.items()}
    )
    assert scaled == pytest.approx(by_day)


def test_an_empty_set_and_an_absent_resource_are_refused():
    with pytest.raises(BadInput, match="minst en resurs"):
        doable({}, {})
    with pytest.raises(MissingFactor, match="nurse"):
        doable(MINUTES, {"surgeon": np.ones(1), "theatre": np.ones(1)})


def _visits(queue=600.0):
    need = flat_series(30).values
    return service("visit", state=waiting_list(need, need, queue), limit_days=90)


ORDINARY = recipe("visit", "doctor", 30.0)
BY_NURSE = (
    replace(recipe("visit", "nurse", 40.0), set_id="nurse"),
    replace(recipe("visit", "room", 45.0), set_id="nurse"),
)
ROOMS = [room("doctor", sets=1, utilisation=0.5), room("nurse", sets=2), room("room", sets=2)]


def _outcome(terms=(), recipes=(ORDINARY, *BY_NURSE)):
    return run(replace(inputs([_visits()], ROOMS, recipes), resource_sets=tuple(terms)), SETTINGS)


def test_alternatives_leave_the_balance_of_the_ordinary_set_as_it_was():
    with_them, without = _outcome(), _outcome(recipes=(ORDINARY,))
    one, other = with_them.resource("doctor"), without.resource("doctor")
    for name in ("required", "balance", "p_short", "year_required", "required_quantiles"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    assert with_them.service("visit").balance.binding == without.service("visit").balance.binding
    assert {row.resource.resource_id for row in without.resources} == {"doctor"}
    assert with_them.resource("nurse").required.tolist() == [0.0] * len(WEEKS)  # there, and asked for nothing
    assert with_them.resource("nurse").p_short.max() == 0


def test_an_alternative_set_is_a_way_with_its_name_limit_and_cost():
    outcome = _outcome([ResourceSet("visit", "nurse", "Sjuksköterska", 0.25, 5_000)])
    own, other = problem_of(outcome, Terms()).services[0].ways
    assert (own.way_id, own.cost_ore, [use.minutes for use in own.uses]) == (OWN, None, [30])
    assert (other.way_id, other.name, other.cost_ore) == ("nurse", "Sjuksköterska", 5_000)
    assert {use.resource_id: use.minutes for use in other.uses} == {"nurse": 40, "room": 45}
    assert other.most == pytest.approx(0.25 * outcome.service("visit").demand.mean.sum())


def test_the_optimiser_uses_the_alternative_within_its_limit_and_the_checker_agrees():
    problem = problem_of(_outcome([ResourceSet("visit", "nurse", "Sjuksköterska", 0.25, 5_000)]), Terms())
    alone = problem_of(_outcome(recipes=(ORDINARY,)), Terms())
    found, without = propose(problem), propose(alone)
    done = {way: float(values.sum()) for (_, way), values in found.plan.production.items()}
    most = problem.services[0].ways[1].most
    assert 1 < done["nurse"] <= most + 1e-6
    assert judge(problem, found.plan).breaches == ()
    assert found.judgement.value.total < without.judgement.value.total
    more = Plan({key: values * (1.01 * most / done["nurse"]) for key, values in found.plan.production.items()})
    assert "volume_within_agreement" in {breach.rule for breach in judge(problem, more).breaches}


def test_without_terms_an_alternative_has_its_id_for_a_name_and_no_limit():
    _, other = problem_of(_outcome(), Terms()).services[0].ways
    assert (other.way_id, other.name, other.most, other.cost_ore) == ("nurse", "nurse", None, None)


def test_preparation_per_shift_is_that_of_the_same_set():
    """Forty minutes each, and 42 once a shift of 420: a tenth more."""
    session = replace(recipe("visit", "nurse", 42.0, "session"), set_id="nurse")
    _, other = problem_of(_outcome(recipes=(ORDINARY, *BY_NURSE, session)), Terms()).services[0].ways
    assert {use.resource_id: use.minutes for use in other.uses}["nurse"] == pytest.approx(44)
    lonely = replace(session, set_id="other")
    with pytest.raises(MissingFactor, match="minuter per aktivitet"):
        problem_of(_outcome(recipes=(ORDINARY, *BY_NURSE, lonely)), Terms())


def test_a_share_that_is_none_is_refused():
    with pytest.raises(BadInput, match="Sjuksköterska"):
        ResourceSet("visit", "nurse", "Sjuksköterska", 1.2)


def test_a_set_that_lacks_something_is_told_and_stops_nothing():
    """The nurse has no utilisation, the room is not in the table: the plan has the ordinary set alone, and says why."""
    unknown = (BY_NURSE[0], replace(BY_NURSE[1], resource_id="cellar"))
    rooms = [ROOMS[0], replace(ROOMS[1], utilisation=())]
    outcome = run(replace(inputs([_visits()], rooms, (ORDINARY, *unknown))), SETTINGS)
    (said,) = [str(note) for note in outcome.notes if "uppsättningen nurse" in str(note)]
    assert "nyttjandegrad för nurse" in said
    assert "cellar" in said
    assert {row.resource.resource_id for row in outcome.resources} == {"doctor"}
    assert [way.way_id for way in problem_of(outcome, Terms()).services[0].ways] == [OWN]
    with pytest.raises(MissingFactor, match="nyttjandegrad för doctor"):  # the ordinary set cannot be done without
        run(inputs([_visits()], [replace(ROOMS[0], utilisation=()), *ROOMS[1:]], (ORDINARY, *BY_NURSE)), SETTINGS)


def test_of_equal_sets_the_plan_takes_the_first():
    """All have room enough for all; neither set has a cost of its own."""
    rooms = [room("doctor", sets=9), room("nurse", sets=9), room("room", sets=9)]
    second = tuple(replace(row, set_id="second") for row in BY_NURSE)
    recipes = (ORDINARY, *BY_NURSE, *second)
    found = propose(problem_of(run(inputs([_visits(60.0)], rooms, recipes), SETTINGS), Terms()))
    done = {way: float(values.sum()) for (_, way), values in found.plan.production.items()}
    assert done[OWN] > 100
    assert (done["nurse"], done["second"]) == pytest.approx((0, 0), abs=1e-6)
    assert found.judgement.value.other_sets == pytest.approx(0, abs=1e-6)
    without = replace(
        found.planned, services=(replace(found.planned.services[0], ways=found.planned.services[0].ways[1:]),)
    )
    forced = propose(without)
    done = {way: float(values.sum()) for (_, way), values in forced.plan.production.items()}
    assert done["second"] == pytest.approx(0, abs=1e-6)
    assert forced.judgement.value.other_sets == pytest.approx(done["nurse"])


EVERYTHING = Terms(extras=frozenset({"overtime"}), elsewhere=True, loans=True, probability=0.8)


def _everything():
    """A service with its own set, a set of nurses, a performer, and a provider under contract; staff lent, overtime."""
    first = date(2020, 1, 1)
    need = flat_series(30).values
    items = [
        replace(item, service=replace(item.service, unit_id=unit))
        for unit, item in (
            ("N", _visits()),
            ("S", service("other", state=waiting_list(need, need, 5.0), limit_days=90)),
        )
    ]
    doctors = [
        replace(room(name, sets=1, utilisation=0.5), resource=Resource(name, name, unit, "staff", 480))
        for name, unit in (("doctor", "N"), ("doctor-s", "S"))
    ]
    given = inputs(items, [*doctors, *ROOMS[1:]], (ORDINARY, *BY_NURSE, recipe("other", "doctor-s", 20.0)))
    leeway = Leeway(
        extra_time=(ExtraTime("doctor", "overtime", 60.0, 50_000, 1.0, False, first, None, "avtal"),),
        performers=(Performer("visit", "other", "läkare", 2.0, 40_000, first, None, "avtal"),),
        staff_loans=(StaffLoan("doctor-s", "doctor", 60.0, first, None, "avtal"),),
        sites={"N": "Norr", "S": "Söder"},
        travel={("Norr", "Söder"): 30.0},
    )
    return replace(
        given,
        units={name: Unit(name, name, "clinic") for name in "NS"},
        leeway=leeway,
        contracts=(Contract("EXT", "visit", 90_000, 50.0, first),),
        resource_sets=(ResourceSet("visit", "nurse", "Sjuksköterska", 0.1, 5_000),),
    )


PLANTED = {
    "volume_within_agreement": lambda plan: {("visit", "nurse"): plan["visit", "nurse"] + 20},
    "capacity_holds": lambda plan: {("visit", OWN): plan["visit", OWN] + 40},
    "performers_within_limit": lambda plan: {("visit", "other"): plan["visit", "other"] + 3},
    "lists_fit_surely": lambda plan: {("visit", OWN): plan["visit", OWN] + 20},
    "queue_never_negative": lambda plan: {("visit", "nurse"): plan["visit", "nurse"] + 900},
    "nothing_is_negative": lambda plan: {("visit", "nurse"): -1 - plan["visit", "nurse"]},
}


def test_own_and_other_sets_performers_contracts_extra_time_and_loans_together():
    outcome = run(_everything(), SETTINGS)
    problem = problem_of(outcome, EVERYTHING)
    ways = next(row for row in problem.services if row.service_id == "visit").ways
    assert [way.way_id for way in ways] == [OWN, "nurse", "EXT", "other"]
    found = propose(problem)
    assert found.judgement.breaches == ()
    assert found.gap == pytest.approx(0, abs=1e-4)
    done = {way: float(values.sum()) for (name, way), values in found.plan.production.items() if name == "visit"}
    assert all(value > 0 for value in done.values()), done
    assert sum(values.sum() for values in found.plan.extras.values()) > 0
    assert sum(values.sum() for values in found.plan.loans.values()) > 0
    for rule, fault in PLANTED.items():
        planted = replace(found.plan, production={**found.plan.production, **fault(found.plan.production)})
        assert rule in {breach.rule for breach in judge(problem, planted).breaches}, rule
    alone = propose(problem_of(outcome, Terms(probability=0.8)))
    assert found.judgement.value.total < alone.judgement.value.total
