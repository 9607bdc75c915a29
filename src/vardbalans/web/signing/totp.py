"""Time-based one-time codes (RFC 6238 over RFC 4226): six digits, thirty seconds, HMAC-SHA-1, as apps read them."""

import base64
import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

__all__ = ["PERIOD_S", "code_at", "matching_step", "new_secret", "provisioning_uri", "written"]

PERIOD_S = 30
_DIGITS = 6
_DRIFT = 1
"""How many periods a phone's clock may be off, either way."""


def new_secret() -> bytes:
    """Return 160 random bits, the length RFC 4226 recommends."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of the period *step*, counted from 1970."""
    return _of(secret).generate(step * PERIOD_S).decode()


def matching_step(secret: bytes, code: str, at: float) -> int | None:
    """Return the period that *code* belongs to, at the time *at* in seconds since 1970; None when it is wrong."""
    now, given = int(at) // PERIOD_S, code.encode()
    steps = range(now - _DRIFT, now + _DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), given)), None)


def written(secret: bytes) -> str:
    """Return *secret* as it is typed into an app: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def provisioning_uri(secret: bytes, username: str) -> str:
    """Return the ``otpauth`` address an app reads from a QR code."""
    return _of(secret).get_provisioning_uri(username, "Vårdbalans")


def _of(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), PERIOD_S)  # noqa: S303 - what the apps know; HMAC does not rest on collisions
