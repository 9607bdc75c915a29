"""Administration: invitations and roles, the log, spot-checks, parameters."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.web import deliveries, fakes
from vardbalans.data import intake
from vardbalans.data.lake import Lake
from vardbalans.engine.errors import BadInput
from vardbalans.web.administering import checks, parameters
from vardbalans.web.administering.forms import words
from vardbalans.web.administering.models import Verdict
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, LoginLink, RoleAssignment, User
from vardbalans.web.people.permissions import Role
from vardbalans.web.people.selectors import OutOfScope
from vardbalans.web.signing import factors, visits
from vardbalans.web.signing.models import RaisedRights, SecondFactor, Visit

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def raised(log_in):
    """Return a function that logs an administrator in with raised rights."""

    def make(unit_id: str = ALL_UNITS, username: str = "chef") -> Client:
        client = log_in((Role.ADMINISTRATOR, unit_id), username=username)
        visit = Visit.objects.get(user__username=username)
        RaisedRights.objects.create(visit=visit, until=timezone.now() + timedelta(minutes=5), reason="prov")
        return client

    return make


def invited(client: Client, **more: str):
    given = {"username": "cilla", "display_name": "Cilla", "role": "reader", "unit_id": "u0", "days": "3"}
    return client.post("/administration/people/", given | {"valid_from": TODAY.isoformat()} | more)


def test_an_invitation_gives_one_role_and_a_link_with_an_end(raised, region) -> None:
    client = raised("h0")
    page = invited(client, valid_to=(TODAY + timedelta(30)).isoformat()).content.decode()
    link = re.search(r"http://testserver(/people/link/[^<]+/)", page)[1]
    waiting = LoginLink.objects.get()
    assert timedelta(days=2, hours=23) < waiting.expires_at - timezone.now() <= timedelta(days=3)
    role = User.objects.get(username="cilla").roles.get()
    assert (role.unit_id, role.valid_to) == ("u0", TODAY + timedelta(30))
    assert "Cilla" in client.get("/administration/people/").content.decode()
    assert "finns redan" in invited(client).content.decode()
    assert "u7" not in client.get("/administration/people/").content.decode()
    assert invited(client, username="doris", unit_id="u7").status_code == 200
    assert not User.objects.filter(username="doris").exists(), "a unit outside one's scope is no choice"
    assert client.post(f"/administration/links/{waiting.pk}/withdraw/").status_code == 302
    assert Client().post(link).status_code == 410
    again = re.search(r"/people/link/[^<]+/", invited(client, username="doris").content.decode())[0]
    LoginLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().post(again).status_code == 410


def test_roles_are_given_and_ended_within_the_scope(raised, person, region) -> None:
    client, anna = raised("h0"), person("anna", (Role.READER, "u0"), (Role.READER, "u7"))
    page = client.get(f"/administration/people/{anna.pk}/").content.decode()
    assert "/link/" not in page, "what concerns the whole person is for the region"
    given = {"role": "planner", "unit_id": "u1", "valid_from": TODAY.isoformat()}
    assert client.post(f"/administration/people/{anna.pk}/roles/", given).status_code == 302
    assert client.post(f"/administration/people/{anna.pk}/roles/", given | {"unit_id": "u7"}).status_code == 422
    early = given | {"valid_to": (TODAY - timedelta(1)).isoformat()}
    assert client.post(f"/administration/people/{anna.pk}/roles/", early).status_code == 422
    foreign = RoleAssignment.objects.get(user=anna, unit_id="u7")
    mine = RoleAssignment.objects.get(user=anna, unit_id="u0")
    assert client.post(f"/administration/people/{anna.pk}/roles/{foreign.pk}/end/").status_code == 404
    assert client.post(f"/administration/people/{anna.pk}/roles/{mine.pk}/end/").status_code == 302
    mine.refresh_from_db()
    assert mine.valid_to == TODAY
    for what in ("link", "close", "reset"):
        assert client.post(f"/administration/people/{anna.pk}/{what}/", {"reason": "prov"}).status_code == 403


def test_a_role_that_has_ended_stays_ended_and_one_to_come_is_taken_back(raised, person, region) -> None:
    client, anna = raised(), person("anna", (Role.READER, "u0"))
    last, first = TODAY - timedelta(9), TODAY + timedelta(9)
    ended, coming = (
        anna.roles.get(),
        RoleAssignment.objects.create(user=anna, role="planner", unit_id="u1", valid_from=first),
    )
    RoleAssignment.objects.filter(pk=ended.pk).update(valid_to=last)
    for role in (ended, coming):
        assert client.post(f"/administration/people/{anna.pk}/roles/{role.pk}/end/").status_code == 302
    assert list(anna.roles.values_list("pk", "valid_to")) == [(ended.pk, last)]
    assert AuditEvent.objects.get(event=Event.ROLE_ENDED).target == "anna:planner"


def test_every_event_of_the_log_has_words() -> None:
    assert [event for event in Event if words(event) == event.replace("_", " ")] == []


def test_the_region_closes_accounts_ends_sessions_and_resets_factors(
    raised, person, region, settings, tmp_path
) -> None:
    settings.STORE = tmp_path
    client, anna, there = raised(), person("anna", (Role.READER, "u0")), Client()
    there.post("/people/log-in/", {"username": "anna", "passphrase": fakes.PASSPHRASE})
    SecondFactor.objects.create(user=anna, secret=b"x", confirmed_at=timezone.now())
    assert client.post(f"/administration/people/{anna.pk}/reset/", {"reason": ""}).status_code == 422
    assert client.post(f"/administration/people/{anna.pk}/reset/", {"reason": "Tappad telefon"}).status_code == 302
    assert not factors.has_factor(anna)
    assert AuditEvent.objects.get(event=Event.FACTOR_RESET).reason == "Tappad telefon"
    assert there.get("/units/u0/balance/").url.startswith("/people/log-in/")
    there.post("/people/log-in/", {"username": "anna", "passphrase": fakes.PASSPHRASE})
    visit = visits.open_visits(anna).get()
    assert client.post(f"/administration/people/{anna.pk}/sessions/{visit.pk}/end/").status_code == 302
    assert there.get("/account/").status_code == 302
    assert client.post(f"/administration/people/{anna.pk}/close/", {"reason": "Slutat"}).status_code == 302
    assert client.post(f"/administration/people/{anna.pk}/link/").status_code == 422
    refused = Client().post("/people/log-in/", {"username": "anna", "passphrase": fakes.PASSPHRASE})
    assert refused.status_code == 200
    assert client.post(f"/administration/people/{anna.pk}/close/", {"reason": "Åter"}).status_code == 302
    assert User.objects.get(username="anna").is_active
    me = User.objects.get(username="chef")
    for what in ("close", "reset", "link"):
        assert client.post(f"/administration/people/{me.pk}/{what}/", {"reason": "x"}).status_code == 422


def test_the_log_shows_ones_scope_and_what_is_asked_for(log_in, person, region) -> None:
    anna = person("anna")
    record(Event.PATIENT_ROWS_READ, by=anna, unit_id="u0", target="contacts 1/2", reason="Kontroll")
    record(Event.PATIENT_ROWS_READ, by=anna, unit_id="u7", target="contacts 3/4", reason="Annat")
    record(Event.IMPORTED, by=None, unit_id=ALL_UNITS, target="version 3")
    below, whole = (
        log_in((Role.ADMINISTRATOR, "h0"), username="bo"),
        log_in((Role.ADMINISTRATOR, ALL_UNITS), username="eva"),
    )
    page = below.get("/administration/log/").content.decode()
    assert "contacts 1/2" in page
    assert "contacts 3/4" not in page
    assert "version 3" not in page
    page = whole.get("/administration/log/").content.decode()
    assert all(text in page for text in ("contacts 1/2", "contacts 3/4", "version 3", "minst 5 år", "kommandoraden"))
    assert "3 väntar på försegling" in page
    for query, there, gone in (
        ("event=imported", "version 3", "contacts"),
        ("who=anna", "contacts 1/2", "version 3"),
        ("unit=h0", "contacts 1/2", "contacts 3/4"),
        (f"date_to={TODAY - timedelta(1)}", "Inga händelser", "contacts"),
        (f"date_from={TODAY}&date_to={TODAY}", "contacts 1/2", "Inga händelser"),
    ):
        page = whole.get(f"/administration/log/?{query}").content.decode()
        assert there in page, query
        assert gone not in page, query


def readings(by: User, count: int, unit_id: str = "u0") -> None:
    for number in range(count):
        record(Event.PATIENT_ROWS_READ, by=by, unit_id=unit_id, target=f"contacts {number}", reason="Kontroll")


def test_a_spot_check_is_drawn_judged_and_kept(log_in, person, region) -> None:
    readings(person("anna"), 12)
    readings(User.objects.get(username="anna"), 3, "u7")
    client = log_in((Role.ADMINISTRATOR, "h0"), username="bo")
    form = {"unit_id": "h0", "date_from": TODAY.isoformat(), "date_to": TODAY.isoformat(), "size": "5"}
    answer = client.post("/administration/checks/", form)
    check = checks.checks_for(User.objects.get(username="bo")).get()
    assert answer.url == f"/administration/checks/{check.pk}/"
    assert (check.population, check.rows.count()) == (12, 5)
    assert set(check.rows.values_list("event__unit_id", flat=True)) == {"u0"}
    row, other = check.rows.all()[:2]
    address = f"{answer.url}rows/{row.pk}/"
    assert client.post(address, {"verdict": "unjustified", "note": ""}).status_code == 422
    assert client.post(address, {"verdict": "unjustified", "note": "Fråga chefen"}).status_code == 302
    assert client.post(f"{answer.url}rows/{other.pk}/", {"verdict": "justified"}).status_code == 302
    row.refresh_from_db()
    assert (row.verdict, row.note, row.judged_by.username) == (Verdict.UNJUSTIFIED, "Fråga chefen", "bo")
    told = list(AuditEvent.objects.order_by("pk").values_list("event", "reason"))[-3:]
    assert [event for event, _reason in told] == [Event.CHECK_DRAWN, Event.CHECK_JUDGED, Event.CHECK_JUDGED]
    assert "Fråga chefen" in client.get(answer.url).content.decode()
    listed = client.get("/administration/checks/").content.decode()
    assert 'data-name="Anmärkningar">1<' in listed
    elsewhere = log_in((Role.ADMINISTRATOR, "u7"), username="eva")
    assert elsewhere.get(answer.url).status_code == 404
    assert elsewhere.post(address, {"verdict": "justified"}).status_code == 404
    assert elsewhere.post("/administration/checks/", form).status_code == 200, "a foreign unit is no choice"


def test_a_sample_is_the_same_for_the_same_seed_and_nobody_judges_their_own(person, region) -> None:
    chief = person("bo", (Role.ADMINISTRATOR, ALL_UNITS))
    with pytest.raises(BadInput, match="Inga läsningar"):
        checks.draw(unit_id=ALL_UNITS, first=TODAY, last=TODAY, size=3, by=chief)
    readings(chief, 30)
    one, same = (checks.draw(unit_id=ALL_UNITS, first=TODAY, last=TODAY, size=5, by=chief, seed=7) for _ in range(2))
    assert list(one.rows.values_list("event", flat=True)) == list(same.rows.values_list("event", flat=True))
    with pytest.raises(BadInput, match="någon annan"):
        checks.judge(check=one, row_id=one.rows.all()[0].pk, verdict=Verdict.JUSTIFIED, note="", by=chief)
    with pytest.raises(OutOfScope):
        checks.draw(unit_id="no-such-unit", first=TODAY, last=TODAY, size=5, by=chief)


@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 2**31 - 1))
def test_what_is_drawn_is_a_set_of_those_there_are(there, size, seed) -> None:
    ids = [10 * number for number in range(there)]
    drawn = checks.drawn_ids(ids, size, seed)
    assert len(set(drawn)) == len(drawn) == min(size, there)
    assert set(drawn) <= set(ids)
    assert drawn == sorted(drawn)


def test_each_reading_is_drawn_as_often_as_another() -> None:
    ids = list(range(10))
    counts = [sum(number in checks.drawn_ids(ids, 3, seed) for seed in range(1000)) for number in ids]
    assert all(abs(count - 300) < 75 for count in counts), "five standard deviations"


def test_parameters_are_listed_with_source_and_how_they_stand(log_in, region) -> None:
    page = log_in((Role.READER, "u0")).get("/administration/parameters/").content.decode()
    assert "HSLF-FS 2016:40 4 kap. 9 §" in page
    assert "gäller nu" in page
    assert "Nytt värde" not in page


def test_a_value_replaces_one_that_is_given_in_another_unit() -> None:
    """85 procent is instead of 0.9 andel; a risk of early warning is not instead of its weeks."""

    def subject(kind: str, unit: str) -> tuple[str, ...]:
        return parameters.Parameter(kind, "x", "", 1.0, unit, fakes.TODAY, "y").subject

    assert subject("occupancy", "andel") == subject("occupancy", "procent")
    assert subject("early_warning", "andel") == subject("early_warning", "procent")
    assert len({subject("early_warning", unit) for unit in ("andel", "veckor", "veckor_fram")}) == 3


def test_a_new_value_is_a_new_row_of_a_new_version(log_in, work, settings, tmp_path, monkeypatch) -> None:
    from vardbalans.web import store  # noqa: PLC0415

    lake = Lake(tmp_path / "store")
    preview = intake.prepare(lake, deliveries.write(tmp_path / "files", deliveries.REGION), today=fakes.TODAY)
    intake.commit(lake, preview, by="Natten", at=timezone.now())
    monkeypatch.setattr(store, "lake", lambda: lake)
    client = log_in((Role.ANALYST, ALL_UNITS), username="ada")
    form = {"kind": "log_retention", "applies_to": "", "name": "Loggar", "value": "7,5", "unit": "år"}
    form |= {"valid_from": fakes.TODAY.isoformat(), "source": "Regionens beslut 12", "reason": "Ny gallringsplan"}
    assert client.post("/administration/parameters/new/", form | {"value": "sju"}).status_code == 422
    answer = client.post("/administration/parameters/new/", form)
    assert "asked=" in answer.url
    before = lake.required_head().number
    [job] = [job for job in work() if job.kind == parameters.CHANGE]
    assert job.state == "done", job.error
    assert lake.required_head().number > before
    [own] = [item for item in parameters.listed() if item.by]
    assert (own.value, own.source, own.by, own.standing) == (7.5, "Regionens beslut 12", "Ada", "now")
    national = [item for item in parameters.listed() if item.kind == "log_retention" and not item.by]
    assert [item.standing for item in national] == ["past"], "still there"
    assert parameters.retention_years() == 7
    later = own.valid_from + timedelta(1)
    for value, years in ((6, 6), (3, 5)):
        rows = [*national, replace(own, standing="past"), replace(own, value=value, valid_from=later)]
        monkeypatch.setattr(parameters, "listed", lambda rows=rows: rows)
        assert parameters.retention_years() == years, "the region's own is what holds now, the law's the least"
    monkeypatch.undo()
    monkeypatch.setattr(store, "lake", lambda: lake)
    told = AuditEvent.objects.get(event=Event.PARAMETER_CHANGED)
    assert told.reason == "Ny gallringsplan"
    page = client.get(answer.url).content.decode()
    assert "Regionens beslut 12" in page
