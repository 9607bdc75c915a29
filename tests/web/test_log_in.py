"""One-time link, passphrase, lock-out, log-out; and what the audit trail keeps of them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from tests.web.fakes import PASSPHRASE
from vardbalans.web.people import actions, attempts
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, LoginLink, User
from vardbalans.web.people.permissions import Role

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
    answer = client.post("/people/passphrase/", {"present": PASSPHRASE, "passphrase": weak, "again": weak})
    assert answer.status_code == 200
    assert "problem" in answer.content.decode()
    assert "lösenordet" not in answer.content.decode().lower()
    assert Event.PASSPHRASE_SET not in events()


def test_the_rules_are_said_in_our_own_words_in_both_languages(log_in) -> None:
    client = log_in()
    weak = {"present": PASSPHRASE, "passphrase": "1234", "again": "1234"}
    swedish = client.post("/people/passphrase/", weak).content.decode()
    assert "Lösenfrasen är för kort. Den ska ha minst 12 tecken." in swedish
    assert "Lösenfrasen består bara av siffror." in swedish
    client.post("/language/", {"language": "en"})
    english = client.post("/people/passphrase/", weak).content.decode()
    assert "The passphrase is too short. It must have at least 12 characters." in english
    assert "your password" not in english.lower()


def test_a_change_asks_for_the_present_passphrase(person, region) -> None:
    client, new = Client(), PASSPHRASE + " ny"
    person("anna")
    client.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE})
    for present in ({}, {"present": "fel"}):
        answer = client.post("/people/passphrase/", present | {"passphrase": new, "again": new})
        assert answer.status_code == 200
        assert "problem" in answer.content.decode()
    assert "nuvarande" in answer.content.decode()
    assert events().count(Event.LOG_IN_REFUSED) == 1
    answer = client.post("/people/passphrase/", {"present": PASSPHRASE, "passphrase": new, "again": new})
    assert answer.status_code == 302
    assert User.objects.get().check_password(new)
    assert client.get("/people/passphrase/").status_code == 200, "still logged in"


def test_after_a_one_time_link_the_forgotten_passphrase_is_not_asked_for(person, region) -> None:
    client, new = Client(), PASSPHRASE + " ny"
    client.post(path_of(actions.login_link(user=person("anna"), base_url=BASE, by=None)))
    assert "Nuvarande" not in client.get("/people/passphrase/").content.decode()
    assert client.post("/people/passphrase/", {"passphrase": new, "again": new}).status_code == 302
    assert "Nuvarande" in client.get("/people/passphrase/").content.decode(), "the link's leave is used up"


def test_guesses_of_the_present_passphrase_lock_too(person, region) -> None:
    client, new = Client(), PASSPHRASE + " ny"
    person("anna")
    client.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE})
    guess = {"present": "fel", "passphrase": new, "again": new}
    answers = [client.post("/people/passphrase/", guess).status_code for _ in range(6)]
    assert answers[-1] == 429


def test_the_first_link_is_for_an_administrator_of_all_units(person, region) -> None:
    person("anna", (Role.READER, ALL_UNITS))
    person("bo", (Role.ADMINISTRATOR, "u0"))
    assert actions.first_run_link(base_url=BASE) is not None, "neither may let others in"
    assert LoginLink.objects.get().user.username == actions.FIRST_USER
    assert set(User.objects.get(username=actions.FIRST_USER).roles.values_list("role", "unit_id")) == {
        (Role.ADMINISTRATOR, ALL_UNITS),
        (Role.ANALYST, ALL_UNITS),
    }


def test_the_first_link_revokes_nobody_elses(region) -> None:
    invite = {"display_name": "Anna", "unit_id": ALL_UNITS, "base_url": BASE}
    reader = path_of(actions.user_invite(username="lisa", role=Role.READER, **invite))
    chief = path_of(actions.user_invite(username="anna", role=Role.ADMINISTRATOR, **invite))
    link = path_of(actions.first_run_link(base_url=BASE))
    assert set(User.objects.values_list("username", flat=True)) == {"lisa", "anna"}
    assert [Client().post(address).status_code for address in (reader, chief, link)] == [302, 302, 302]


def test_passphrases_that_differ_are_refused(log_in) -> None:
    given = {"present": PASSPHRASE, "passphrase": PASSPHRASE, "again": PASSPHRASE + "x"}
    answer = log_in().post("/people/passphrase/", given)
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


def test_five_mistakes_lock_the_name_from_that_address_alone(person) -> None:
    person("anna")
    person("bo")
    client = Client()
    answers = [client.post("/people/log-in/", {"username": "anna", "passphrase": "fel"}).status_code for _ in range(5)]
    assert answers[:4] == [200] * 4
    assert client.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE}).status_code == 429
    assert client.post("/people/log-in/", {"username": "bo", "passphrase": PASSPHRASE}).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE}).status_code == 302
    assert events().count(Event.LOG_IN_REFUSED) >= 4


def test_an_address_that_guesses_without_end_is_stopped(person, monkeypatch) -> None:
    monkeypatch.setitem(attempts.LIMITS, "log_in", 3)
    person("anna")
    for name in ("a", "b", "c"):
        assert Client().post("/people/log-in/", {"username": name, "passphrase": "fel"}).status_code == 200
    right = {"username": "anna", "passphrase": PASSPHRASE}
    refused = Client().post("/people/log-in/", right)
    assert refused.status_code == 429
    assert "För många försök" in refused.content.decode()
    assert Client(REMOTE_ADDR="192.0.2.7").post("/people/log-in/", right).status_code == 302


def test_an_address_that_guesses_links_is_stopped(region, monkeypatch) -> None:
    monkeypatch.setitem(attempts.LIMITS, "link", 3)
    link = path_of(actions.first_run_link(base_url=BASE))
    assert [Client().post("/people/link/fel/").status_code for _ in range(4)] == [410, 410, 410, 429]
    assert Client().post(link).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").post(link).status_code == 302


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
