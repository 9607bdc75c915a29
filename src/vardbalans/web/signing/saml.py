"""SAML 2.0: a request to the identity provider of a metadata file, and a response whose assertion is signed by it.

The response comes by a form from another site, which brings no cookie of ours along. So it is verified and kept when it
comes, once (an assertion that came before is a replay), and its browser is sent on with a token; it counts only in the
session that asked. ``python3-saml`` of the extra ``sso`` verifies.
"""

import logging
import secrets
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people.tokens import hashed
from vardbalans.web.signing.models import Assertion
from vardbalans.web.signing.sso import Identity, Refused, listed, subject_of

__all__ = ["ask", "identity_of", "metadata", "received"]

_LOG = logging.getLogger(__name__)
_WAITS = timedelta(minutes=2)


def ask(request: HttpRequest) -> tuple[str, str]:
    """Return the address to send the browser to, and the id of the question. Raises Refused."""
    client = _client(request)
    address = client.login()
    return address, client.get_last_request_id()


def received(request: HttpRequest) -> str:
    """Verify and keep the response that came; return the token its browser goes on with. Raises Refused."""
    client = _client(request)
    try:
        client.process_response()
    except (_part("errors").OneLogin_Saml2_Error, ValueError) as error:
        raise _untrusted(type(error).__name__) from error
    if client.get_errors() or not client.is_authenticated():
        _LOG.warning("a SAML response was refused: %s", client.get_last_error_reason())
        raise _untrusted(", ".join(client.get_errors()) or "not_authenticated")
    question, assertion = client.get_last_response_in_response_to(), client.get_last_assertion_id()
    if not question or not assertion:
        raise Refused(Message("Inloggningen ska börja här, inte hos den som intygar."))
    token, issuer = secrets.token_urlsafe(32), client.get_settings().get_idp_data()["entityId"]
    try:
        with transaction.atomic():
            Assertion.objects.create(
                assertion_id=assertion[:300],
                request_id=question[:300],
                token_hash=hashed(token),
                issuer=issuer,
                subject=subject_of(client.get_nameid()),
                attributes=client.get_attributes(),
            )
    except IntegrityError as error:
        raise Refused(Message("Intyget är redan använt. Börja om.")) from error
    return token


def identity_of(token: str, question: str) -> Identity:
    """Return whom the assertion of *token* is about, once, to the session that asked *question*. Raises Refused."""
    found = Assertion.objects.filter(
        token_hash=hashed(token), request_id=question, received_at__gt=timezone.now() - _WAITS
    )
    if not question or not found.filter(used_at=None).update(used_at=timezone.now()):
        raise Refused(Message("Svaret hör inte till din inloggning. Börja om."))
    kept = found.get()
    names = listed(kept.attributes.get(settings.CONFIGURATION.sso_display_name, []))
    wanted = settings.CONFIGURATION.sso_claim_names
    claims = {claim: listed(kept.attributes[claim]) for claim in wanted if claim in kept.attributes}
    return Identity(kept.issuer, kept.subject, names[0] if names else "", claims)


def metadata(request: HttpRequest) -> bytes:
    """Return our metadata, for the identity provider."""
    found: bytes | str = (
        _part("settings").OneLogin_Saml2_Settings(_settings(request), sp_validation_only=True).get_sp_metadata()
    )
    return found.encode() if isinstance(found, str) else found


def _client(request: HttpRequest) -> Any:

    here = {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": request.path,
        "get_data": {},
        "post_data": request.POST.dict(),
    }
    try:
        return _part("auth").OneLogin_Saml2_Auth(here, _settings(request))
    except (_part("errors").OneLogin_Saml2_Error, OSError) as error:
        raise Refused(Message("SAML är inte rätt inställt: {why}.", why=error)) from error


def _settings(request: HttpRequest) -> dict[str, Any]:
    known = _part("constants").OneLogin_Saml2_Constants

    def here(name: str) -> str:
        return request.build_absolute_uri(reverse(name))

    path = Path(settings.CONFIGURATION.saml_metadata or "")
    return {
        "strict": True,
        "sp": {
            "entityId": settings.CONFIGURATION.saml_entity_id or here("signing:saml_metadata"),
            "assertionConsumerService": {"url": here("signing:saml_acs"), "binding": known.BINDING_HTTP_POST},
            "NameIDFormat": known.NAMEID_UNSPECIFIED,
        },
        "idp": _provider(path, path.stat().st_mtime_ns),
        "security": {
            "wantAssertionsSigned": True,
            "wantNameId": True,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": True,  # a host inside an organisation may have a name without a dot
        },
    }


@lru_cache(maxsize=2)
def _provider(path: Path, _changed: int) -> dict[str, Any]:

    found: dict[str, Any] = (
        _part("idp_metadata_parser").OneLogin_Saml2_IdPMetadataParser.parse(path.read_bytes()).get("idp", {})
    )
    if not found.get("entityId"):
        raise BadInput(Message("Filen {path} är inte metadata för en SAML-intygsutgivare.", path=path))
    return found


def _untrusted(why: str) -> Refused:
    return Refused(Message("Intyget om vem du är går inte att lita på ({why}).", why=why))


def _part(name: str) -> Any:
    """Return a module of the extra, loaded when it is used."""
    return import_module(f"onelogin.saml2.{name}")
