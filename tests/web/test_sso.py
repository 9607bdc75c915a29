"""Single sign-on against providers of our own: who comes in, with which roles, and what is refused."""

import zlib
from base64 import b64decode, b64encode
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils import timezone
from lxml import etree
from pydantic import SecretStr

from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, RoleAssignment, User
from vardbalans.web.people.permissions import Role
from vardbalans.web.signing import sso
from vardbalans.web.signing.models import Assertion, Mapping, RaisedRights, Visit

providers = pytest.importorskip("tests.web.identity_providers", reason="the extra sso is not installed")
pytestmark = pytest.mark.django_db
BASE = "http://testserver"


def mapping(value: str = "ort", role: Role = Role.PLANNER, unit_id: str = "u0", **more: object) -> Mapping:
    given = {"claim": "uppdrag", "value": value, "role": role, "unit_id": unit_id, "reason": "prov"}
    return Mapping.objects.create(**given | {"valid_from": date(2026, 1, 1)} | more)


@pytest.fixture
def oidc(settings, region):
    with providers.open_id_provider() as provider:
        settings.CONFIGURATION = settings.CONFIGURATION.model_copy(
            update={
                "oidc_issuer": provider.issuer,
                "oidc_client_id": providers.CLIENT,
                "oidc_client_secret": SecretStr(providers.SECRET),
                "oidc_name": "Regionens inloggning",
            }
        )
        yield provider


def come(provider, client: Client | None = None, **change: object):
    """Go to the provider and back; return the client and the answer."""
    client = client or Client()
    provider.change = change
    started = client.get("/account/oidc/?next=/units/u0/balance/")
    assert started.status_code == 302
    return client, client.get("/account/oidc/back/", provider.authorized(started.url))


def test_one_with_a_mapped_mission_comes_in_with_its_role(oidc) -> None:
    mapping()
    assert "Regionens inloggning" in Client().get("/people/log-in/").content.decode()
    client, answer = come(oidc)
    assert answer.url == "/units/u0/balance/"
    assert client.get("/units/u0/balance/").status_code == 200
    assert client.get("/units/u3/balance/").status_code == 404
    user = User.objects.get()
    assert (user.display_name, user.has_usable_password()) == ("Anna Ask", False)
    assert "person-1" not in user.username
    assert list(user.roles.values_list("role", "unit_id")) == [(Role.PLANNER, "u0")]
    assert Visit.objects.get().single_sign_on
    come(oidc)
    assert (User.objects.count(), RoleAssignment.objects.count()) == (1, 1), "once more makes nothing new"


@pytest.mark.parametrize(
    "row",
    [
        {"value": "other"},
        {"claim": "name", "value": "Anna Ask"},
        {"valid_to": date(2026, 1, 2)},
        {"valid_from": date(2999, 1, 1)},
    ],
)
def test_without_a_mapping_that_holds_no_account_is_made(row, oidc) -> None:
    mapping(**row)
    _client, answer = come(oidc)
    assert answer.status_code == 403
    assert "Inga av dina uppdrag" in answer.content.decode()
    assert not User.objects.exists()
    assert AuditEvent.objects.get().event == Event.SSO_REFUSED


def test_roles_follow_the_claims_at_each_log_in(oidc) -> None:
    first, second = mapping(), mapping("kir", Role.READER, "u1", valid_to=timezone.localdate())
    come(oidc)
    oidc.claims["uppdrag"] = ["kir", 7, None]
    come(oidc)
    user = User.objects.get()
    assert list(user.roles.values_list("role", "unit_id", "valid_to")) == [(Role.READER, "u1", second.valid_to)]
    RoleAssignment.objects.update(valid_from=timezone.localdate() - timedelta(3))
    oidc.claims["uppdrag"] = "ort"
    come(oidc)
    yesterday = timezone.localdate() - timedelta(1)
    assert set(user.roles.values_list("unit_id", "valid_to")) == {("u1", yesterday), ("u0", None)}
    assert first.given.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1_000_000_000},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": "x" * 400},
        {"aud": [providers.CLIENT, "another"], "azp": "another"},
    ],
)
def test_a_token_that_is_not_for_us_now_is_refused(change, oidc) -> None:
    mapping()
    client, answer = come(oidc, **change)
    assert answer.status_code == 403
    assert not User.objects.exists()
    assert client.get("/units/u0/balance/").status_code == 302


def test_a_token_signed_by_someone_else_or_by_a_shared_secret_is_refused(oidc) -> None:
    mapping()
    oidc.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert come(oidc)[1].status_code == 403
    oidc.signing_key, oidc.algorithm = providers.SECRET * 3, "HS256"
    assert come(oidc)[1].status_code == 403
    oidc.signing_key, oidc.algorithm = None, "none"
    assert come(oidc)[1].status_code == 403
    assert not User.objects.exists()


def test_the_answer_counts_once_in_the_session_that_asked(oidc) -> None:
    mapping()
    client = Client()
    started = client.get("/account/oidc/")
    answer = oidc.authorized(started.url)
    assert Client().get("/account/oidc/back/", answer).status_code == 403, "another browser"
    assert client.get("/account/oidc/back/", answer | {"state": "another"}).status_code == 403
    assert client.get("/account/oidc/back/", answer).status_code == 403, "what was kept is used up"
    answer = oidc.authorized(client.get("/account/oidc/").url)
    assert client.get("/account/oidc/back/", answer | {"iss": "https://another.example"}).status_code == 403
    answer = oidc.authorized(client.get("/account/oidc/").url)
    assert client.get("/account/oidc/back/", {"error": "access_denied", "state": answer["state"]}).status_code == 403
    assert not User.objects.exists()


def test_no_address_of_a_browser_is_fetched_nor_followed(oidc) -> None:
    mapping()
    client, answer = Client(), None
    started = client.get("/account/oidc/?next=https://evil.example/")
    answer = client.get("/account/oidc/back/", oidc.authorized(started.url))
    assert answer.url == "/"
    assert {path.split("/")[1] for path in oidc.asked} == {".well-known", "keys"}
    out = client.get("/account/oidc/out/").url
    assert out.startswith(
        f"{oidc.issuer}/out?client_id={providers.CLIENT}&post_logout_redirect_uri=http%3A%2F%2Ftestserver"
    )


def test_a_provider_that_does_not_answer_or_is_not_https_gives_a_sentence(oidc, settings) -> None:
    for issuer in (f"{oidc.issuer}/missing", "http://idp.example"):
        settings.CONFIGURATION = settings.CONFIGURATION.model_copy(update={"oidc_issuer": issuer})
        answer = Client().get("/account/oidc/")
        assert answer.status_code == 403
        assert "Den som intygar" in answer.content.decode()


def test_a_closed_account_stays_closed(oidc) -> None:
    mapping()
    come(oidc)
    User.objects.update(is_active=False)
    assert come(oidc)[1].status_code == 403
    assert not User.objects.get().is_active


def test_who_comes_by_single_sign_on_makes_no_passphrase(oidc) -> None:
    """With one they could log in when the provider no longer lets them, with the roles of the day before."""
    mapping()
    client, _answer = come(oidc)
    given = {"passphrase": "en lång lösenfras", "again": "en lång lösenfras"}
    assert client.post("/people/passphrase/", given).status_code == 403
    assert not User.objects.get().has_usable_password()
    assert "/people/passphrase/" not in client.get("/account/").content.decode()


def test_a_mapping_that_has_ended_stays_ended_and_one_to_come_is_taken_back(region, log_in) -> None:
    client, today = log_in((Role.ADMINISTRATOR, ALL_UNITS)), timezone.localdate()
    RaisedRights.objects.create(visit=Visit.objects.get(), until=timezone.now() + timedelta(minutes=5), reason="prov")
    ended, coming = mapping(valid_to=today - timedelta(9)), mapping("kir", valid_from=today + timedelta(9))
    for row in (ended, coming):
        assert client.post(f"/administration/mappings/{row.pk}/end/").status_code == 302
    assert list(Mapping.objects.values_list("pk", "valid_to")) == [(ended.pk, ended.valid_to)]
    assert AuditEvent.objects.filter(event=Event.MAPPING_ENDED).count() == 1


def test_an_ended_mapping_ends_the_roles_it_gave(oidc, person) -> None:
    row = mapping()
    come(oidc)
    chief, client = person("chef", (Role.ADMINISTRATOR, ALL_UNITS)), Client()
    client.force_login(chief, "django.contrib.auth.backends.ModelBackend")
    address = f"/administration/mappings/{row.pk}/end/"
    assert client.post(address).url.startswith("/account/raise/")
    RaisedRights.objects.create(visit=Visit.objects.get(user=chief), until=timezone.now() + timedelta(1), reason="prov")
    assert client.post(address).status_code == 302
    assert RoleAssignment.objects.get(given_by_claim__mapping=row).valid_to is not None
    form = {
        "claim": "uppdrag",
        "value": "kir",
        "role": "reader",
        "unit_id": "u1",
        "valid_from": "2026-01-01",
        "reason": "x",
    }
    assert client.post("/administration/mappings/", form).status_code == 302
    assert Mapping.objects.get(value="kir").made_by == chief
    assert client.get("/administration/mappings/").status_code == 200


def test_without_the_extra_the_app_says_so(oidc, monkeypatch) -> None:
    monkeypatch.setattr(sso, "find_spec", lambda _name: None)
    assert "Regionens inloggning" not in Client().get("/people/log-in/").content.decode()
    assert Client().get("/account/oidc/").status_code == 404
    assert "tillägget sso" in str(sso.lacking())


@pytest.fixture
def saml(settings, region, tmp_path):
    provider = providers.SamlProvider()
    path = tmp_path / "idp.xml"
    path.write_text(provider.metadata, "utf-8")
    settings.CONFIGURATION = settings.CONFIGURATION.model_copy(update={"saml_metadata": path})
    mapping()
    return provider


def asked(client: Client) -> str:
    """Start a log-in and return the id of the question."""
    address = client.get("/account/saml/?next=/units/u0/balance/").url
    assert address.startswith("https://idp.example/sso?SAMLRequest=")
    packed = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    return etree.fromstring(zlib.decompress(b64decode(packed), -15)).get("ID")


def sent(client: Client, response: str):
    """Bring *response* as another site's form does, without the cookies, and go on in *client*."""
    answer = Client(enforce_csrf_checks=True).post("/account/saml/acs/", {"SAMLResponse": response})
    return client.get(answer.url) if answer.status_code == 302 else answer


def test_a_signed_response_lets_in(saml) -> None:
    client = Client()
    answer = sent(client, saml.response(asked(client), BASE))
    assert answer.url == "/units/u0/balance/"
    assert client.get("/units/u0/balance/").status_code == 200
    assert User.objects.get().display_name == "Bo Bok"
    assert User.objects.get().roles.get().role == Role.PLANNER
    metadata = Client().get("/account/saml/metadata/")
    assert f"{BASE}/account/saml/acs/" in metadata.content.decode()


def test_what_is_unsigned_changed_or_not_for_us_is_refused(saml) -> None:
    ended = "2026-01-01T00:00:00Z"
    for spoilt in (
        {"signed": False},
        {"audience": "https://another.example"},
        {"ends": ended},
        {"uppdrag": "kir"},
    ):
        client = Client()
        assert sent(client, saml.response(asked(client), BASE, **spoilt)).status_code == 403
    client, other = Client(), providers.SamlProvider()
    assert sent(client, other.response(asked(client), BASE)).status_code == 403, "signed with another key"
    client = Client()
    changed = b64decode(saml.response(asked(client), BASE)).replace(b"person-2", b"person-3")
    assert sent(client, b64encode(changed).decode()).status_code == 403
    assert sent(client, "inte xml").status_code == 403
    assert sent(client, saml.response("", BASE)).status_code == 403, "nobody here asked"
    assert not User.objects.exists()


def test_a_response_counts_once_in_the_session_that_asked(saml) -> None:
    client = Client()
    response = saml.response(asked(client), BASE)
    assert sent(client, response).status_code == 302
    assert sent(client, response).status_code == 403, "replayed"
    assert sent(Client(), saml.response(asked(client), BASE)).status_code == 403, "in another browser"
    one = Client()
    answer = Client().post("/account/saml/acs/", {"SAMLResponse": saml.response(asked(one), BASE)})
    Assertion.objects.update(received_at=timezone.now() - timedelta(minutes=3))
    assert one.get(answer.url).status_code == 403, "too late"
    assert User.objects.count() == 1
