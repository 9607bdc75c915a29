"""OpenID Connect: the authorization code flow with PKCE, state and nonce, and an id token whose signature is verified.

The addresses come from the issuer that the configuration names; none that a browser sends is fetched. The package
``jwt`` (PyJWT) of the extra ``sso`` verifies the token.
"""

import base64
import hashlib
import json
import secrets
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message as Headers
from functools import lru_cache
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from vardbalans.engine.messages import Message
from vardbalans.web.signing.sso import Identity, Refused, listed, subject_of

__all__ = ["Asked", "ask", "end_session_address", "identity_from"]

_TIMEOUT_S = 10
_MOST_BYTES = 1 << 20
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key pair only: one made with our own shared secret, or none, is refused."""
_LEEWAY_S = 30


@dataclass(frozen=True)
class Asked:
    """What was asked of the provider: kept in the session until the answer comes."""

    state: str
    nonce: str
    verifier: str
    next: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> None:
        """Follow nowhere: the provider's addresses are those it has published."""


_OPENER = urllib.request.build_opener(_NoRedirects)


def ask(redirect_uri: str, next_: str) -> tuple[str, Asked]:
    """Return the address to send the browser to, and what to keep until it comes back. Raises Refused."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    asked = Asked(state, nonce, verifier, next_)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": settings.CONFIGURATION.oidc_client_id,
        "redirect_uri": redirect_uri,
        "scope": settings.CONFIGURATION.oidc_scopes,
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return _with_query(_address("authorization_endpoint"), query), asked


def identity_from(query: Mapping[str, str], asked: Asked, redirect_uri: str) -> Identity:
    """Return whom the provider's answer *query* is about. Raises Refused."""
    if not secrets.compare_digest(query.get("state", "").encode(), asked.state.encode()):
        raise Refused(Message("Svaret hör inte till din inloggning. Börja om."))
    if "code" not in query:
        raise Refused(Message("Inloggningen avbröts hos den som intygar."))
    issuer = query.get("iss", settings.CONFIGURATION.oidc_issuer)
    if issuer != settings.CONFIGURATION.oidc_issuer:  # RFC 9207
        raise Refused(Message("Svaret kommer från en annan än den som intygar."))
    tokens = _tokens(query["code"], asked.verifier, redirect_uri)
    claims = _verified(tokens.get("id_token"), asked.nonce)
    wanted = settings.CONFIGURATION.sso_claim_names
    name = claims.get(settings.CONFIGURATION.sso_display_name, "")
    held = {claim: listed(claims[claim]) for claim in wanted if claim in claims}
    return Identity(claims["iss"], subject_of(claims["sub"]), name if isinstance(name, str) else "", held)


def end_session_address(redirect_uri: str) -> str | None:
    """Return where one logs out at the provider; None where it has no such address. Raises Refused."""
    address = _published().get("end_session_endpoint")
    if not address:
        return None
    query = {"client_id": settings.CONFIGURATION.oidc_client_id, "post_logout_redirect_uri": redirect_uri}
    return _with_query(_required_safe(address), query)


def _tokens(code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
    client, secret = settings.CONFIGURATION.oidc_client_id, settings.CONFIGURATION.oidc_client_secret
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": client,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if secret:
        pair = f"{quote(client, safe='')}:{quote(secret.get_secret_value(), safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return _fetched(urllib.request.Request(_address("token_endpoint"), urlencode(body).encode(), headers))  # noqa: S310 - the issuer's own


def _verified(token: Any, nonce: str) -> dict[str, Any]:
    import jwt  # noqa: PLC0415 - an extra

    if not isinstance(token, str):
        raise Refused(Message("Svaret saknar intyg om vem du är."))
    try:
        key = _keys(_address("jwks_uri")).get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(_ALGORITHMS),
            audience=settings.CONFIGURATION.oidc_client_id,
            issuer=settings.CONFIGURATION.oidc_issuer,
            leeway=_LEEWAY_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
    except jwt.PyJWTError as error:
        why = type(error).__name__
        raise Refused(Message("Intyget om vem du är går inte att lita på ({why}).", why=why)) from error
    if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise Refused(Message("Intyget hör inte till din inloggning. Börja om."))
    if claims.get("azp", settings.CONFIGURATION.oidc_client_id) != settings.CONFIGURATION.oidc_client_id:
        raise Refused(Message("Intyget är utfärdat för någon annan."))
    return claims


@lru_cache(maxsize=2)
def _keys(address: str) -> Any:
    import jwt  # noqa: PLC0415 - an extra

    return jwt.PyJWKClient(address, timeout=_TIMEOUT_S)


def _address(name: str) -> str:
    return _required_safe(_published().get(name))


def _published() -> dict[str, Any]:
    issuer = settings.CONFIGURATION.oidc_issuer
    found = _fetched(urllib.request.Request(_required_safe(issuer.rstrip("/") + "/.well-known/openid-configuration")))  # noqa: S310 - the configuration's
    if found.get("issuer") != issuer:
        raise Refused(Message("Den som intygar heter något annat än det som är inställt."))
    return found


def _fetched(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
            found = json.loads(answer.read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        raise Refused(Message("Den som intygar svarar inte som den ska. Försök igen om en stund.")) from error
    if not isinstance(found, dict):
        raise Refused(Message("Den som intygar svarar inte som den ska. Försök igen om en stund."))
    return found


def _required_safe(address: Any) -> str:
    """Return *address*, which must be https, or on this machine. Raises Refused."""
    parts = urlsplit(address if isinstance(address, str) else "")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}):
        return str(address)
    raise Refused(Message("Den som intygar har en adress som inte är https."))


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
