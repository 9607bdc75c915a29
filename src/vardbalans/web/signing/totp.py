"""Time-based one-time codes (RFC 6238 over RFC 4226): six digits, thirty seconds, HMAC-SHA-1, as apps read them."""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote

__all__ = ["DIGITS", "PERIOD_S", "code_at", "matching_step", "new_secret", "provisioning_uri", "written"]

DIGITS = 6
PERIOD_S = 30
_DRIFT = 1
"""How many periods a phone's clock may be off, either way."""


def new_secret() -> bytes:
    """Return 160 random bits, the length RFC 4226 recommends."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of the period *step*, counted from 1970."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, code: str, at: float) -> int | None:
    """Return the period that *code* belongs to, at the time *at* in seconds since 1970; None when it is wrong."""
    now = int(at) // PERIOD_S
    steps = range(now - _DRIFT, now + _DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(code_at(secret, step), code)), None)


def written(secret: bytes) -> str:
    """Return *secret* as it is typed into an app: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def provisioning_uri(secret: bytes, username: str, issuer: str = "Vårdbalans") -> str:
    """Return the ``otpauth`` address an app reads from a QR code."""
    key = written(secret).replace(" ", "")
    label = f"{quote(issuer)}:{quote(username)}"
    return f"otpauth://totp/{label}?secret={key}&issuer={quote(issuer)}&digits={DIGITS}&period={PERIOD_S}"
