"""The theatres of a site from a planning problem: days, minutes, acute care, and what the staff suffice for."""

from dataclasses import replace

import pytest

from tests.strategies import flat_series, inputs, recipe, room, service, waiting_list
from vardbalans.engine.catalogue import Resource, Unit
from vardbalans.engine.leeway import Leeway
from vardbalans.engine.proposal import Terms, problem_of
from vardbalans.engine.scenario import Settings, run
from vardbalans.engine.theatres import sites_of

UNITS = {name: Unit(name, name, "unit") for name in "ab"}


def outcome_of(sites, staff_sets=4.0, rooms="ab"):
    """Two specialties with three theatres a day each, 420 minutes at 75 %, and staff of their own."""
    items, resources, recipes = [], [], []
    for name in rooms:
        need = flat_series(10).values
        planned = service(f"{name}-op", state=waiting_list(need, need, 20.0), limit_days=90, kind="surgery")
        acute = service(f"{name}-acute", need=flat_series(5), kind="surgery")
        items += [planned, acute]
        team = room(f"{name}-team", sets=staff_sets)
        resources += [
            room(f"{name}-sal", unit_id=name),
            replace(team, resource=Resource(f"{name}-team", f"{name}-team", name, "staff", 420)),
        ]
        recipes += [recipe(row.service.service_id, f"{name}-sal", 100.0) for row in (planned, acute)]
        recipes += [recipe(row.service.service_id, f"{name}-team", 100.0) for row in (planned, acute)]
    given = inputs(items, resources, recipes)
    return run(replace(given, units=UNITS, leeway=Leeway(sites=sites)), Settings(draws=10))


def sites_in(*args, **more):
    outcome = outcome_of(*args, **more)
    return sites_of(problem_of(outcome, Terms()), outcome.inputs)


def test_a_site_has_its_specialties_rooms_and_days():
    (site,) = sites_in({"a": "Norr", "b": "Norr"})
    assert (site.name, site.rooms, site.now) == ("Norr", (6,) * 5, {"a-sal": (3,) * 5, "b-sal": (3,) * 5})
    first = site.specialties[0]
    assert (first.name, first.minutes, first.day_minutes) == ("a-sal", 100, pytest.approx(315))
    assert first.acute_minutes == pytest.approx(480, rel=0.1)
    assert (first.queue, first.limit_weeks) == (20, 12)


@pytest.mark.parametrize(("sets", "most"), [(2.0, 3), (6.0, 5)])
def test_as_many_can_be_staffed_as_now_or_as_the_staff_suffice_for(sets, most):
    """Six teams a day are less than six over a year with its holidays; two teams have three theatres now."""
    (site,) = sites_in({"a": "Norr", "b": "Norr"}, staff_sets=sets)
    assert site.specialties[0].most == (most,) * 5


def test_theatres_of_different_sites_or_of_one_specialty_are_not_shared():
    assert sites_in({"a": "Norr", "b": "Söder"}) == ()
    assert sites_in({"a": "Norr"}, rooms="a") == ()
    assert sites_in({}) == ()
