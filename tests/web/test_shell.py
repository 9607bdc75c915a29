"""Headers, cookies, health, errors and static files."""

import pytest
from django.test import Client
from django.urls import reverse

from vardbalans.web.people.permissions import Role
from vardbalans.web.shell.statics import MarkedStatics

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/people/log-in/", "/livez", "/no-such-page", "/static/vardbalans.css"])
def test_headers_are_on_every_answer(path, db) -> None:
    response = Client().get(path)
    assert response["Content-Security-Policy"] == CSP
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    response.close()


def test_pages_are_not_kept_by_caches(log_in, region) -> None:
    assert log_in((Role.READER, "region")).get("/")["Cache-Control"] == "no-store"


def test_no_inline_script_or_style(log_in, region) -> None:
    client = log_in((Role.READER, "region"))
    for path in ("/", "/units/u0/balance/", "/people/passphrase/", "/accessibility/"):
        page = client.get(path).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page
        assert " onclick" not in page


def test_live_and_ready(client: Client, db, settings, tmp_path) -> None:
    settings.STORE = tmp_path
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "checks": {"database": True, "store": True}}
    settings.STORE = tmp_path / "gone"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["checks"]["store"]) == (503, False)


def test_error_pages_speak_to_people(client: Client, log_in, region, monkeypatch) -> None:
    missing = client.get("/no-such-page")
    assert (missing.status_code, "Sidan finns inte" in missing.content.decode()) == (404, True)
    refused = log_in((Role.READER, "u0")).post("/units/u0/why/patient-rows/", {})
    assert (refused.status_code, "behörighet" in refused.content.decode()) == (403, True)
    broken = Client(raise_request_exception=False)
    monkeypatch.setattr("vardbalans.web.shell.views.JsonResponse", None)
    failed = broken.get("/livez")
    assert (failed.status_code, "Något gick fel hos oss" in failed.content.decode()) == (500, True)
    assert "Traceback" not in failed.content.decode()


def test_a_wrong_method_is_told_of_in_words(client: Client, db) -> None:
    answer = client.get("/language/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Sidan kan inte öppnas så här" in answer.content.decode()


def test_a_form_from_elsewhere_is_refused(db) -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("people:log_in"), {"username": "a", "passphrase": "b"})
    assert response.status_code == 403
    assert "Formuläret kunde inte tas emot" in response.content.decode()


def test_an_unknown_host_is_refused(db, settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    assert Client(headers={"host": "evil.example"}).get("/people/log-in/").status_code == 400


def test_static_addresses_carry_their_content() -> None:
    address = MarkedStatics(base_url="/static/").url("vardbalans.css")
    assert address.startswith("/static/vardbalans.css?v=")
    assert len(address.split("=")[1]) == 12
    assert MarkedStatics(base_url="/static/").url("none.css") == "/static/none.css"
