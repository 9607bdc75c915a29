"""The programming interface: who is let in, to what, and that it says what the pages say."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.web import fakes
from vardbalans.web.api import actions
from vardbalans.web.api.models import Integration
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.people.selectors import NotPermitted, OutOfScope
from vardbalans.web.planning.agreement import plan_make
from vardbalans.web.planning.models import Step
from vardbalans.web.signing.models import RaisedRights, Visit

pytestmark = pytest.mark.django_db
READ = (Permission.BALANCE_READ,)


class Caller:
    """A system that calls with its token."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path, query=None, **headers):
        return self.client.get(f"/api/v1{path}", query or {}, headers=self.headers | headers)

    def post(self, path, body=None, **headers):
        kind = {"content_type": "application/json"}
        return self.client.post(f"/api/v1{path}", body or {}, headers=self.headers | headers, **kind)


@pytest.fixture
def made(person):
    """Return a function that makes an integration by an administrator of all units and returns its caller."""
    chief = person("chef", (Role.ADMINISTRATOR, ALL_UNITS))

    def make(*permissions, unit_id="u0", name="Journalen", days=30):
        expires = timezone.now() + timedelta(days=days)
        found = actions.integration_make(
            name=name, unit_id=unit_id, permissions=permissions or READ, expires_at=expires, by=chief
        )
        return Caller(found.token)

    return make


def test_only_the_hash_of_a_token_is_kept_and_each_use_is_counted(made, region) -> None:
    caller = made()
    token = caller.headers["Authorization"].removeprefix("Bearer ")
    kept = Integration.objects.get()
    assert token not in str({field.name: getattr(kept, field.name) for field in Integration._meta.fields})
    assert (kept.hint, kept.uses, kept.last_used_at) == (token[-4:], 0, None)
    for _call in range(3):
        assert caller.get("/units").status_code == 200
    kept.refresh_from_db()
    assert kept.uses == 3
    assert kept.last_used_at is not None
    assert not kept.account.is_active
    assert not kept.account.has_usable_password()


def test_making_and_revoking_are_in_the_trail_and_a_revoked_token_opens_nothing(made, region, person) -> None:
    caller, chief = made(), AuditEvent.objects.get(event=Event.INTEGRATION_MADE).actor
    assert caller.get("/units").status_code == 200
    for _press in range(2):
        actions.integration_revoke(integration=Integration.objects.get(), by=chief)
    assert AuditEvent.objects.filter(event=Event.INTEGRATION_REVOKED, actor=chief).count() == 1
    refused = caller.get("/units")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert Integration.objects.get().uses == 1


def test_a_token_that_has_gone_out_opens_nothing(made, region) -> None:
    caller = made()
    long_ago = timezone.now() - timedelta(days=2)
    Integration.objects.update(made_at=long_ago, expires_at=long_ago + timedelta(days=1))
    assert caller.get("/units").status_code == 401


def test_a_system_calls_no_more_often_than_it_may(made, region) -> None:
    caller = made()
    Integration.objects.update(per_minute=2)
    answers = [caller.get("/me") for _call in range(4)]
    if {answer.status_code for answer in answers} == {200}:  # the minute turned in between
        answers = [caller.get("/me") for _call in range(4)]
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "60"
    cache.clear()
    assert caller.get("/me").status_code == 200


def test_who_may_make_a_token_and_for_how_long(person, region) -> None:
    chief, anna = person("chef", (Role.ADMINISTRATOR, "h0")), person("anna", (Role.ANALYST, ALL_UNITS))
    given = {"name": "A", "permissions": READ, "expires_at": timezone.now() + timedelta(days=1)}
    for by, unit_id, refusal in (
        (chief, "u3", OutOfScope),
        (chief, ALL_UNITS, NotPermitted),
        (anna, "u0", NotPermitted),
    ):
        with pytest.raises(refusal):
            actions.integration_make(unit_id=unit_id, by=by, **given)
    for wrong in (
        {"permissions": (Permission.ROLES_MANAGE,)},
        {"permissions": ()},
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"expires_at": timezone.now() + actions.LONGEST + timedelta(days=1)},
    ):
        with pytest.raises(actions.BadInput):
            actions.integration_make(unit_id="u0", by=chief, **(given | wrong))
    assert not Integration.objects.exists()


PATHS = ["/units", "/services", "/need", "/waits", "/balance", "/plans", "/need/periods", "/waits/periods", "/why"]


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_foreign_unit_does_not_exist(path, made, region) -> None:
    asked = {"service": "s1", "resource": "u7-r0", "week": fakes.WEEKS[0], "figure": "required"}
    for unit_id in ("u7", "no-such-unit", "region"):
        answer = made_once(made).get(path, asked | {"unit": unit_id})
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), unit_id


def made_once(made):
    Integration.objects.all().delete()
    return made()


def test_a_token_has_its_permissions_and_no_others(made, region) -> None:
    caller = made(Permission.BALANCE_RUN, name="Räknaren")
    assert [caller.get(path).status_code for path in ("/units", "/need", "/balance")] == [403] * 3
    assert caller.post("/balance/runs").status_code == 202
    reader = made(name="Läsaren")
    assert reader.post("/balance/runs").status_code == 403
    assert reader.get("/deliveries/1").status_code == 403
    assert reader.get("/units").json()[0]["unit_id"] == "u0"
    told = reader.get("/me").json()
    assert (told["name"], told["permissions"], told["units"]) == ("Läsaren", ["balance.read"], ["u0"])


def test_refusals_have_one_shape_in_the_language_asked_for(made, region) -> None:
    caller = made()
    swedish, english = caller.get("/nowhere"), caller.get("/nowhere", **{"Accept-Language": "en-GB,sv;q=0.5"})
    for answer in (swedish, english):
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}
    assert swedish.json()["title"] == "Finns inte"
    assert english.json()["title"] == "Does not exist"
    wrong = caller.client.delete("/api/v1/units", headers=caller.headers)
    assert (wrong.status_code, wrong["Content-Type"]) == (405, "application/problem+json")
    unusable = caller.get("/jobs/0")
    assert unusable.status_code == 422
    assert unusable.json()["errors"][0]["where"] == "path.job_id"
    assert Client().get("/api/v1/units").status_code == 401


def test_a_person_reads_by_session_and_writes_with_the_token_against_forgery(log_in, region) -> None:
    client = log_in((Role.PLANNER, "u0"))
    assert client.get("/api/v1/units").json()[0]["unit_id"] == "u0"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    refused = strict.post("/api/v1/balance/runs")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    strict.get("/people/passphrase/")  # sets the cookie
    token = strict.cookies["vardbalans_csrf"].value
    assert strict.post("/api/v1/balance/runs", headers={"X-CSRFToken": token}).status_code == 202


def test_cells_are_written_once_through_the_grids_own_action(made, region, person) -> None:
    boss = person("boss", (Role.PLANNER, "u0"))
    version = plan_make(unit_id="u0", year=2027, name="Plan", by=boss)
    caller = made(Permission.BALANCE_READ, Permission.PLAN_EDIT)
    path = f"/plans/versions/{version.pk}"
    sent = {
        "base": 0,
        "token": "t1",
        "cells": [
            {"service": "s1", "week": "2027-W05", "value": "12.5"},
            {"service": "s1", "week": "2027-W06", "value": 3, "locked": True},
        ],
    }
    first, again = caller.post(f"{path}/cells", sent), caller.post(f"{path}/cells", sent)
    assert (first.status_code, first.json()["revision"], again.json()["revision"]) == (200, 1, 1)
    step = Step.objects.get()
    assert (step.by.display_name, step.changes.count()) == ("Journalen", 2)
    assert AuditEvent.objects.get(event=Event.PLAN_CHANGED).actor == step.by
    cells = {cell["week"]: cell for cell in caller.get(path).json()["cells"]}
    assert (cells["2027-W05"]["value"], cells["2027-W06"]["locked"]) == ("12.5", True)

    other = made(Permission.BALANCE_READ, Permission.PLAN_EDIT, name="Annan")
    stale = other.post(f"{path}/cells", sent | {"token": "t2"})
    assert (stale.status_code, stale["Content-Type"]) == (409, "application/problem+json")
    assert stale.json()["clashes"] == [["s1", "2027-W05"], ["s1", "2027-W06"]]
    assert stale.json()["revision"] == 1
    for cell in (
        {"service": "s1", "week": "2026-W05", "value": 1},
        {"service": "x", "week": "2027-W05", "value": 1},
        {"service": "s1", "week": "2027-W05", "value": -1},
    ):
        assert other.post(f"{path}/cells", {"base": 1, "token": "t3", "cells": [cell]}).status_code == 422
    foreign = made(Permission.BALANCE_READ, Permission.PLAN_EDIT, unit_id="u7", name="Främmande")
    assert foreign.post(f"{path}/cells", sent).status_code == foreign.get(path).status_code == 404
    assert Step.objects.count() == 1


def test_why_sums_and_rows_about_people_ask_for_right_and_purpose(made, region) -> None:
    asked = {"unit": "u0", "resource": "u0-r0", "week": fakes.WEEKS[0], "figure": "required"}
    caller = made()
    told = caller.get("/why", asked).json()
    assert told["value"] == pytest.approx(sum(term["value"] for term in told["terms"]) + told["remainder"])
    people = next(step for step in told["terms"] if step["source"] and step["source"]["patient_level"])
    assert caller.get("/why/rows", asked | {"step": people["place"]}).status_code == 403
    body = asked | {"step": people["place"], "purpose": "Kontroll av underlaget"}
    assert caller.post("/why/patient-rows", body).status_code == 403
    allowed = made(Permission.BALANCE_READ, Permission.PATIENT_ROWS_READ, name="Granskaren")
    assert allowed.post("/why/patient-rows", body | {"purpose": "kort"}).status_code == 422
    assert not AuditEvent.objects.filter(event=Event.PATIENT_ROWS_READ).exists()
    assert allowed.post("/why/patient-rows", body).json()["count"] > 0
    read = AuditEvent.objects.get(event=Event.PATIENT_ROWS_READ)
    assert (read.reason, read.subjects) == (body["purpose"], ["PATIENT-1"]), (
        "whom they are about is in the log, as of a page"
    )


def test_a_delivery_goes_through_the_pipeline_of_the_pages(made, region, work, tmp_path, settings) -> None:
    settings.STORE = tmp_path
    caller = made(Permission.DATA_IMPORT, Permission.BALANCE_READ, unit_id=ALL_UNITS)
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    nothing = caller.client.post("/api/v1/deliveries", {"profile": ""}, headers=caller.headers)
    assert (nothing.status_code, nothing.json()["errors"][0]["where"]) == (422, "sent")
    file = SimpleUploadedFile("units.csv", b"unit_id;name;level\nu0;A;unit\n")
    sent = caller.client.post("/api/v1/deliveries", {"sent": [file]}, headers=caller.headers)
    assert sent.status_code == 202, sent.content
    told = sent.json()
    assert (told["files"], told["job"]["state"], told["fingerprint"]) == (["units.csv"], "queued", None)
    assert caller.get(f"/deliveries/{told['delivery_id']}").json() == told
    assert caller.get(f"/deliveries/{told['delivery_id']}/findings").json() == []
    too_early = caller.post(f"/deliveries/{told['delivery_id']}/store", {"fingerprint": "x"})
    assert too_early.status_code == 422
    assert caller.post(f"/jobs/{told['job']['job_id']}/cancel").json()["state"] == "cancelled"


def test_the_document_names_every_operation_and_the_pages_show_it(log_in, region) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    operations = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert len(operations) >= 28
    page = log_in((Role.ADMINISTRATOR, ALL_UNITS)).get("/api/").content.decode()
    assert all(f"{method.upper()} {path}" in page for path, method in operations)
    refused = document["paths"]["/api/v1/units"]["get"]["responses"]["404"]["content"]
    assert list(refused) == ["application/problem+json"]


def test_the_page_of_integrations_shows_a_token_once(log_in, region) -> None:
    client = log_in((Role.ADMINISTRATOR, "h0"))
    form = {"name": "Labbet", "unit_id": "u0", "permissions": ["balance.read"], "last_day": "2099-01-01"}
    assert client.post("/api/integrations/", form).url.startswith("/account/raise/"), "a token outlives the session"
    RaisedRights.objects.create(visit=Visit.objects.get(), until=timezone.now() + timedelta(minutes=5), reason="prov")
    assert "inom 400 dagar" in client.post("/api/integrations/", form).content.decode()
    soon = (timezone.localdate() + timedelta(days=9)).isoformat()
    shown = client.post("/api/integrations/", form | {"last_day": soon}).content.decode()
    token = shown.split('class="token">')[1].split("<")[0]
    assert Caller(token).get("/units").status_code == 200
    page = client.get("/api/integrations/").content.decode()
    assert token not in page
    assert f"…{token[-4:]}" in page
    assert client.post("/api/integrations/", form | {"unit_id": "u7", "last_day": soon}).status_code == 422
    made = Integration.objects.get()
    far = log_in((Role.ADMINISTRATOR, "h1"), username="far")
    assert far.post(f"/api/integrations/{made.pk}/revoke/").status_code == 404
    assert "Labbet" not in far.get("/api/integrations/").content.decode()
    assert log_in((Role.ANALYST, ALL_UNITS), username="nils").get("/api/integrations/").status_code == 403
    client.post(f"/api/integrations/{made.pk}/revoke/")
    assert Caller(token).get("/units").status_code == 401
