"""One-time link, passphrase, lock-out, log-out; and what the audit trail keeps of them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from tests.web.fakes import PASSPHRASE
from vardbalans.web.people import actions
from vardbalans.web.people.models import AuditEvent, Event, LoginLink, User

pytestmark = pytest.mark.django_db
BASE = "http://testserver"


def path_of(link: str | None) -> str:
    assert link is not None
    return link.removeprefix(BASE)


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))


def test_the_first_run_link_logs_in_once_and_asks_for_a_passphrase(region) -> None:
    link, client = path_of(actions.first_run_link(base_url=BASE)), Client()
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "a scanner's visit must not use the link up"
    assert client.post(link).url == "/people/passphrase/"
    assert client.get("/").url == "/people/passphrase/", "nothing else until a passphrase is set"
    assert Client().post(link).status_code == 410
    answer = client.post("/people/passphrase/", {"passphrase": PASSPHRASE, "again": PASSPHRASE})
    assert answer.url == "/"
    assert client.get("/").status_code == 200
    assert actions.first_run_link(base_url=BASE) is None
    assert events()[-3:] == [Event.LINK_MADE, Event.LINK_USED, Event.PASSPHRASE_SET]


def test_a_new_first_link_replaces_the_old(region) -> None:
    old, new = (path_of(actions.first_run_link(base_url=BASE)) for _ in range(2))
    assert User.objects.count() == 1
    assert Client().post(old).status_code == 410
    assert Client().post(new).status_code == 302


def test_an_old_link_is_refused(region) -> None:
    link = path_of(actions.first_run_link(base_url=BASE))
    LoginLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().post(link).status_code == 410


def test_the_token_itself_is_not_kept(region) -> None:
    token = path_of(actions.first_run_link(base_url=BASE)).strip("/").split("/")[-1]
    kept = LoginLink.objects.get().token_hash
    assert token not in kept
    assert len(kept) == 64


@pytest.mark.parametrize("weak", ["kortfras", "lösenord1234"[:11], "123456789012", "passwordpassword"[:8]])
def test_a_weak_passphrase_is_refused(weak, log_in) -> None:
    client = log_in()
    answer = client.post("/people/passphrase/", {"passphrase": weak, "again": weak})
    assert answer.status_code == 200
    assert "problem" in answer.content.decode()
    assert Event.PASSPHRASE_SET not in events()


def test_passphrases_that_differ_are_refused(log_in) -> None:
    answer = log_in().post("/people/passphrase/", {"passphrase": PASSPHRASE, "again": PASSPHRASE + "x"})
    assert "inte lika" in answer.content.decode()


def test_argon2_keeps_the_passphrase(settings, db) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    user = actions.user_create(username="anna", display_name="Anna", by=None)
    actions.passphrase_set(user=user, passphrase=PASSPHRASE)
    assert User.objects.get().password.startswith("argon2$argon2id$")


def test_log_in_and_out(person, region) -> None:
    person("anna")
    client = Client()
    answer = client.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE, "next": "/units/u0/"})
    assert answer.url == "/units/u0/"
    assert client.get("/people/log-out/").status_code == 405, "no change by GET"
    assert client.post("/people/log-out/").status_code == 302
    assert client.get("/").status_code == 302
    assert events() == [Event.LOGGED_IN, Event.LOGGED_OUT]


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_log_in_goes_nowhere_else(wanted, person) -> None:
    person("anna")
    answer = Client().post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE, "next": wanted})
    assert answer.url == "/"


def test_five_mistakes_lock_the_name_even_for_the_right_passphrase(person) -> None:
    person("anna")
    person("bo")
    client = Client()
    answers = [client.post("/people/log-in/", {"username": "anna", "passphrase": "fel"}).status_code for _ in range(5)]
    assert answers[:4] == [200] * 4
    assert client.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE}).status_code == 429
    assert client.post("/people/log-in/", {"username": "bo", "passphrase": PASSPHRASE}).status_code == 302
    assert events().count(Event.LOG_IN_REFUSED) >= 4


def test_what_is_typed_as_an_unknown_name_is_not_kept(db) -> None:
    Client().post("/people/log-in/", {"username": "19121212-1212", "passphrase": "fel"})
    assert events() == []


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_audit_trail_only_grows(change, person) -> None:
    actions.login_link(user=person("anna"), base_url=BASE, by=None)
    rows = AuditEvent.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(reason="x") if change == "update" else rows.delete()
    assert events() == [Event.LINK_MADE]
