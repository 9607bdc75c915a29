"""The second factor, sessions and raised rights: what stops whom, and what the log keeps of it."""

import hmac
import re
from datetime import timedelta
from importlib.util import find_spec

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.web.fakes import PASSPHRASE
from vardbalans.web.configuration import read
from vardbalans.web.people import actions, attempts
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, User
from vardbalans.web.people.permissions import Role
from vardbalans.web.signing import factors, totp, visits
from vardbalans.web.signing.models import RaisedRights, RecoveryCode, SecondFactor, Visit

pytestmark = pytest.mark.django_db
RFC_SECRET = b"12345678901234567890"


@pytest.fixture(autouse=True)
def _store(settings, tmp_path) -> None:
    settings.STORE = tmp_path


@pytest.fixture
def at(monkeypatch):
    """Return a function that says what time it is for codes, in seconds after the start."""
    start = timezone.now()

    def say(seconds: float):
        moment = start + timedelta(seconds=seconds)
        monkeypatch.setattr(factors.timezone, "now", lambda: moment)
        return moment

    return say


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))


def code_of(user: User, ahead: int = 0) -> str:
    secret = factors._decrypted(SecondFactor.objects.get(user=user))
    return totp.code_at(secret, int(factors.timezone.now().timestamp()) // totp.PERIOD_S + ahead)


def with_factor(user: User) -> list[str]:
    factors.propose(user=user)
    return factors.confirm(user=user, code=code_of(user, -1))


def entered(username: str = "anna") -> Client:
    client = Client()
    client.post("/people/log-in/", {"username": username, "passphrase": PASSPHRASE})
    return client


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds, code) -> None:
    assert totp.code_at(RFC_SECRET, seconds // totp.PERIOD_S) == code
    assert totp.matching_step(RFC_SECRET, code, seconds) == seconds // totp.PERIOD_S


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**40))
def test_codes_are_those_the_rfc_writes_out(secret, step) -> None:
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & (2**31 - 1)
    assert totp.code_at(secret, step) == f"{number % 10**6:06d}"


@given(st.integers(-10, 10), st.integers(10, 10**6))
def test_a_code_counts_a_period_early_or_late_and_no_more(off, step) -> None:
    at = step * totp.PERIOD_S + 7
    found = totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, step + off), at)
    assert (found == step + off) if abs(off) <= 1 else (found is None or abs(found - step) <= 1)


def test_set_up_log_in_and_replay(person, region, at) -> None:
    anna = person("anna", (Role.READER, "u0"))
    client = entered()
    assert client.get("/account/factor/set-up/").content.decode().count("<code>") == 0, "nothing is made by GET"
    client.post("/account/factor/new/")
    page = client.get("/account/factor/set-up/").content.decode()
    secret = factors.proposed(anna)
    assert totp.written(secret) in page
    assert ("data:image/svg+xml" in page) == (find_spec("qrcode") is not None)
    assert "stämmer inte" in client.post("/account/factor/set-up/", {"code": "000000"}).content.decode()
    shown = client.post("/account/factor/set-up/", {"code": code_of(anna)}).content.decode()
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", shown)
    assert len(codes) == factors.CODES
    at(60)
    client = entered()
    assert client.get("/units/u0/balance/").url == "/account/factor/", "nothing before the code"
    assert client.get("/people/passphrase/").url == "/account/factor/", "the passphrase neither"
    code = code_of(anna)
    assert client.post("/account/factor/", {"code": code}).status_code == 302
    assert client.get("/units/u0/balance/").status_code == 200
    other = entered()
    assert other.post("/account/factor/", {"code": code}).status_code == 200, "a code counts once"
    assert other.get("/units/u0/balance/").url == "/account/factor/"
    assert other.post("/account/factor/", {"code": codes[0].lower()}).status_code == 302
    again = entered()
    assert again.post("/account/factor/", {"code": codes[0]}).status_code == 200, "and so does a recovery code"
    assert factors.codes_left(anna) == factors.CODES - 1
    wanted = (Event.FACTOR_SET, Event.FACTOR_PASSED, Event.FACTOR_REFUSED, Event.RECOVERY_CODE_USED)
    assert set(wanted) <= set(events())


def test_the_secret_is_not_readable_in_the_database(person) -> None:
    anna = person("anna")
    codes = with_factor(anna)
    kept = bytes(SecondFactor.objects.get().secret)
    secret = factors._decrypted(SecondFactor.objects.get())
    assert secret not in kept
    assert not RecoveryCode.objects.filter(code_hash__in=[code.replace("-", "") for code in codes]).exists()
    bo = person("bo")
    SecondFactor.objects.filter(user=anna).update(user=bo)
    with pytest.raises(factors.BadInput):
        factors._decrypted(SecondFactor.objects.get())


def test_five_wrong_codes_lock_for_a_quarter(person, at) -> None:
    anna = person("anna")
    with_factor(anna)
    for _try in range(factors.MOST_WRONG):
        with pytest.raises(factors.BadInput):
            factors.passes(user=anna, code="abcdef")
    at(60)
    with pytest.raises(factors.BadInput, match="Vänta 15 minuter"):
        factors.passes(user=anna, code=code_of(anna))
    at(60 + 15 * 60)
    factors.passes(user=anna, code=code_of(anna))
    assert SecondFactor.objects.get().wrong == 0


def test_an_address_that_guesses_codes_is_stopped(person, region, monkeypatch) -> None:
    monkeypatch.setitem(attempts.LIMITS, "factor", 2)
    anna = person("anna")
    with_factor(anna)
    client = entered()
    pages = [client.post("/account/factor/", {"code": "abcdef"}).content.decode() for _ in range(3)]
    assert "från din adress" in pages[2]
    assert events().count(Event.FACTOR_REFUSED) == 2


def test_a_role_may_ask_for_a_factor(person, region, settings) -> None:
    settings.CONFIGURATION = settings.CONFIGURATION.model_copy(update={"second_factor_roles": "administrator"})
    anna = person("anna", (Role.ADMINISTRATOR, ALL_UNITS))
    person("bo", (Role.READER, "u0"))
    assert entered("bo").get("/units/u0/balance/").status_code == 200
    client = entered()
    assert client.get("/").url == "/account/factor/set-up/"
    client.post("/account/factor/new/")
    client.post("/account/factor/set-up/", {"code": code_of(anna, -1)})
    assert client.get("/").status_code == 200
    answer = client.post("/account/factor/remove/", {"code": code_of(anna)})
    assert answer.status_code == 422
    assert "Din roll kräver" in answer.content.decode()
    assert factors.has_factor(anna)


def test_a_session_from_before_the_factor_ends_with_it(person, region, settings) -> None:
    """Someone with the passphrase alone waits at the set-up; they must not be let through by another's code."""
    settings.CONFIGURATION = settings.CONFIGURATION.model_copy(update={"second_factor_roles": "administrator"})
    anna = person("anna", (Role.ADMINISTRATOR, ALL_UNITS))
    stolen, client = entered(), entered()
    assert stolen.get("/").url == "/account/factor/set-up/"
    client.post("/account/factor/new/")
    client.post("/account/factor/set-up/", {"code": code_of(anna, -1)})
    assert client.get("/").status_code == 200
    assert stolen.get("/").url.startswith("/people/log-in/")


def test_a_session_ends_after_twelve_hours_however_it_was_changed(person, region) -> None:
    person("anna", (Role.READER, "u0"))
    client = entered()
    Visit.objects.update(began_at=timezone.now() - timedelta(hours=11, minutes=59))
    assert client.get("/units/u0/balance/").status_code == 200
    Visit.objects.update(began_at=timezone.now() - timedelta(hours=12))
    assert client.get("/units/u0/balance/").url.startswith("/people/log-in/")


def test_one_takes_ones_own_factor_away_with_a_code(person, region) -> None:
    anna = person("anna")
    with_factor(anna)
    client = entered()
    client.post("/account/factor/", {"code": code_of(anna)})
    assert client.post("/account/factor/remove/", {"code": "000000"}).status_code == 422
    assert client.post("/account/factor/remove/", {"code": code_of(anna, 1)}).status_code == 302
    assert not factors.has_factor(anna)
    assert events()[-1] == Event.FACTOR_REMOVED


def test_sessions_are_told_and_ended(person, region) -> None:
    anna = person("anna", (Role.READER, "u0"))
    here, there = entered(), Client(headers={"user-agent": "Annan webbläsare"})
    there.post("/people/log-in/", {"username": "anna", "passphrase": PASSPHRASE})
    page = here.get("/account/").content.decode()
    assert "Annan webbläsare" in page
    assert there.get("/units/u0/balance/").status_code == 200
    here.post("/account/sessions/end/", {"session": "others"})
    assert there.get("/units/u0/balance/").url.startswith("/people/log-in/")
    assert here.get("/units/u0/balance/").status_code == 200
    assert [visit.ended_at is None for visit in Visit.objects.order_by("pk")] == [True, False]
    other = person("bo")
    entered("bo")
    foreign = Visit.objects.get(user=other)
    assert here.post("/account/sessions/end/", {"session": foreign.pk}).status_code == 404
    assert here.post("/account/sessions/end/", {"session": "x"}).status_code == 404
    here.post("/people/log-out/")
    assert not visits.open_visits(anna).exists()


def test_a_new_passphrase_ends_the_other_sessions(person, region) -> None:
    anna, new = person("anna", (Role.READER, "u0")), PASSPHRASE + " ny"
    here, there = entered(), entered()
    here.post("/people/passphrase/", {"present": PASSPHRASE, "passphrase": new, "again": new})
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").url.startswith("/people/log-in/")
    anna.refresh_from_db()
    assert visits.open_visits(anna).count() == 1


def test_rights_are_raised_for_a_while_with_a_reason_and_a_proof(person, region, monkeypatch) -> None:
    person("anna", (Role.ADMINISTRATOR, ALL_UNITS))
    client = entered()
    invite = {"username": "cilla", "display_name": "Cilla", "role": "reader", "unit_id": "u0", "days": "1"}
    invite["valid_from"] = timezone.localdate().isoformat()
    raising = {"reason": "Ny medarbetare", "minutes": "15", "proof": PASSPHRASE}
    assert client.post("/administration/people/", invite).url.startswith("/account/raise/")
    assert client.post("/account/raise/", raising | {"proof": "fel"}).status_code == 200
    assert client.post("/account/raise/", raising | {"reason": ""}).status_code == 200
    assert not RaisedRights.objects.exists()
    assert client.post("/account/raise/", raising).status_code == 302
    assert client.post("/administration/people/", invite).status_code == 200
    assert User.objects.get(username="cilla").roles.get().unit_id == "u0"
    other = entered()
    doris = invite | {"username": "doris"}
    assert other.post("/administration/people/", doris).status_code == 302, "this session alone"
    RaisedRights.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert client.post("/administration/people/", doris).status_code == 302, "it ends by itself"
    assert not User.objects.filter(username="doris").exists()
    client.post("/account/raise/", raising)
    client.post("/account/raise/end/")
    assert client.post("/administration/people/", doris).status_code == 302
    assert events().count(Event.RIGHTS_RAISED) == 2
    assert AuditEvent.objects.filter(event=Event.RIGHTS_RAISED)[0].reason == "Ny medarbetare"
    assert Event.RIGHTS_LOWERED in events()


def test_one_with_a_factor_proves_it_by_a_code(person, region) -> None:
    anna = person("anna", (Role.ADMINISTRATOR, ALL_UNITS))
    with_factor(anna)
    client = entered()
    client.post("/account/factor/", {"code": code_of(anna)})
    raising = {"reason": "Prov", "minutes": "15"}
    assert client.post("/account/raise/", raising | {"proof": PASSPHRASE}).status_code == 200
    assert client.post("/account/raise/", raising | {"proof": code_of(anna, 1)}).status_code == 302


def test_a_one_time_link_does_not_go_round_the_factor(person, region) -> None:
    anna, client = person("anna", (Role.READER, "u0")), Client()
    with_factor(anna)
    link = actions.login_link(user=anna, base_url="http://testserver", by=None).removeprefix("http://testserver")
    assert client.post(link).url == "/people/passphrase/"
    assert client.get("/people/passphrase/").url == "/account/factor/"
    assert client.get("/account/factor/").status_code == 200
    assert client.post("/account/factor/", {"code": code_of(anna)}).status_code == 302
    assert client.get("/units/u0/balance/").url == "/people/passphrase/"
    assert client.get("/people/passphrase/").status_code == 200


def test_what_is_over_is_forgotten_after_a_month(person, region) -> None:
    anna = person("anna")
    entered()
    Visit.objects.create(user=anna, began_at=timezone.now() - timedelta(days=31), proof="x")
    visits.tidy()
    assert Visit.objects.count() == 1
    assert AuditEvent.objects.exists()


def test_a_misspelt_role_stops_the_start() -> None:
    for roles in ("", "administrator", "administrator, analyst", ",".join(Role.values)):
        read({"VARDBALANS_SECOND_FACTOR_ROLES": roles})
    for roles in ("administrators", "admin", "reader;planner"):
        with pytest.raises(factors.BadInput):
            read({"VARDBALANS_SECOND_FACTOR_ROLES": roles})
