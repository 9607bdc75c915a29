"""A kept scenario beside a plan: opened by one click, its measures turned off, read-only until made a version."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from tests.web.test_pages import words
from vardbalans.data.scenarios import KeptScenarios
from vardbalans.data.scenarios.file import Scenario
from vardbalans.web.jobs.models import Job
from vardbalans.web.people.permissions import Role
from vardbalans.web.planning import actions, agreement, trying
from vardbalans.web.planning.actions import Key, Wanted
from vardbalans.web.planning.models import StepKind, Version
from vardbalans.web.planning.weeks import weeks_of_year

pytestmark = pytest.mark.django_db
YEAR = 2027
WEEKS = weeks_of_year(YEAR)


def as_(user) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def anna(person, region):
    return person("anna", (Role.PLANNER, "u0"))


@pytest.fixture
def version(anna) -> Version:
    made = agreement.plan_make(unit_id="u0", year=YEAR, name="Plan", by=anna)
    cells = {Key("s1", week): Wanted(Decimal(20)) for week in WEEKS[:4]}
    cells[Key("s1", WEEKS[1])] = Wanted(Decimal(7), locked=True)
    actions.cells_set(version=made, cells=cells, kind=StepKind.TYPED, base=0, by=anna)
    return made


@pytest.fixture
def asked(monkeypatch, settings, tmp_path) -> list:
    """Have the engine answer with 20, 25 and 0 slots in the first weeks, and tell what it was asked."""
    settings.STORE = tmp_path
    found: list = []

    def beside(version, *, given, off, progress):
        found.append((given, list(off)))
        item = {"id": "A1", "name": "Påminnelse", "parts": 2, "status": "in_plan", "on": "A1" not in off}
        resource = {"name": "Läkare", "required": [600.0, 750.0, 0.0], "available": [600.0, 600.0, 600.0]}
        return {
            "data": 3,
            "name": given,
            "items": [item],
            "weeks": list(WEEKS[:3]),
            "services": {"s1": [20, 25, 0]},
            "resources": {"u0-r0": resource},
        }

    monkeypatch.setattr(trying, "beside", beside)
    return found


def opened(client, version, work, **given):
    answer = client.post(f"/plan/{version.pk}/scenario/open/", given)
    work()
    return answer.url, client.get(answer.url)


def test_the_scenario_stands_below_the_plan_and_what_differs_is_marked(version, anna, asked, work) -> None:
    _address, response = opened(as_(anna), version, work, given="all")
    page = response.context["page"]
    (service,) = page.services
    assert [text for text, _kind in service.plan[:4]] == ["20", "7", "20", "20"]
    assert [text for text, _kind in service.scenario[:4]] == ["20", "25", "0", ""]
    assert [kind for _text, kind in service.scenario[:4]] == ["holiday", "differs", "differs", ""], (
        "unknown is no difference"
    )
    assert (service.plan_year, service.scenario_year, service.change) == ("67", "45", -22)
    doctors = next(row for row in page.resources if row.scenario[0][0] != "–")
    assert [text for text, _kind in doctors.scenario[:4]] == ["0", "▲25", "▼100", "–"]
    assert page.reach == len(WEEKS) - 3
    assert "Påminnelse A1, 2 delar" in words(response)
    assert Version.objects.get().revision == 1, "the plan is not touched"


def test_one_click_does_not_compute_twice_and_a_measure_is_turned_off(version, anna, asked, work) -> None:
    client = as_(anna)
    first, _page = opened(client, version, work, given="all")
    again, _page = opened(client, version, work, given="all")
    assert (first, asked) == (again, [("all", [])])
    _other, page = opened(client, version, work, given="all", item=["A1"])
    assert asked[-1] == ("all", ["A1"])
    assert page.context["page"].on == 0
    opened(client, version, work, given="all", item=["A1"], on=["A1"])
    assert len(asked) == 2, "with it on it is the first one again"


def test_newer_data_make_it_be_computed_again(version, anna, asked, work, region) -> None:
    opened(as_(anna), version, work, given="all")
    region[0].number = 4
    opened(as_(anna), version, work, given="all")
    assert len(asked) == 2


def test_a_scenario_that_is_kept_is_there_to_open_and_others_are_not(version, anna, asked, work, tmp_path) -> None:
    kept = KeptScenarios(tmp_path).save(
        Scenario("Kris", ()), "Kris", author="Staben", at=datetime.now(UTC), version=3, fingerprint="x"
    )
    client = as_(anna)
    assert "Kris" in words(client.get(f"/plan/{version.pk}/scenario/"))
    opened(client, version, work, given=kept.scenario_id)
    assert asked == [(kept.scenario_id, [])]
    assert client.post(f"/plan/{version.pk}/scenario/open/", {"given": "/etc/passwd"}).status_code == 404


def test_it_is_made_a_new_version_that_keeps_locks_and_weeks_unknown(version, anna, asked, work) -> None:
    client = as_(anna)
    opened(client, version, work, given="all")
    made = client.post(f"/plan/{version.pk}/scenario/take/", {"job": Job.objects.get().pk, "name": "Kris"})
    new = Version.objects.get(number=2)
    assert made.url == f"/plan/{new.pk}/"
    assert (new.name, new.based_on) == ("Kris", version)
    values = {cell.week: (cell.value, cell.locked, cell.source) for cell in new.cells.all()}
    assert values == {
        WEEKS[0]: (20, False, "typed"),
        WEEKS[1]: (7, True, "typed"),
        WEEKS[2]: (0, False, "proposal"),
        WEEKS[3]: (20, False, "typed"),
    }
    assert {cell.value for cell in version.cells.all()} == {20, 7}, "the plan is as it was"


def test_readers_look_and_make_no_version_and_foreign_plans_are_not_there(version, anna, asked, work, log_in) -> None:
    opened(as_(anna), version, work, given="all")
    job = Job.objects.get().pk
    reader = log_in((Role.READER, "u0"), username="reader")
    assert reader.get(f"/plan/{version.pk}/scenario/?job={job}").status_code == 200
    assert reader.post(f"/plan/{version.pk}/scenario/take/", {"job": job}).status_code == 403
    foreign = log_in((Role.PLANNER, "u7"), username="foreign")
    for part in (f"scenario/?job={job}", "scenario/"):
        assert foreign.get(f"/plan/{version.pk}/{part}").status_code == 404
    assert foreign.post(f"/plan/{version.pk}/scenario/take/", {"job": job}).status_code == 404
    theirs = agreement.plan_make(unit_id="u0", year=YEAR, name="Annan", by=anna)
    assert as_(anna).get(f"/plan/{theirs.pk}/scenario/?job={job}").status_code == 404
    for text in ("nej", "9" * 40, ""):
        assert as_(anna).get(f"/plan/{version.pk}/scenario/?job={text}").status_code == 404
