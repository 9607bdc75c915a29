"""Resource sets: what all of a set allows, and alternative sets as ways to produce."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import WEEKS, flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.engine.capacity import doable, doable_by_day
from vardbalans.engine.catalogue import ResourceSet
from vardbalans.engine.errors import BadInput, MissingFactor
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
