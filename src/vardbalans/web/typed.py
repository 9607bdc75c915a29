"""Read a number as people write and paste it in Sweden; what cannot be read is refused, never guessed.

Groups by space, U+00A0, U+202F or ``'``; decimal comma or point; ``−``, ``-`` or ``(12)`` for minus; ``12,3 %``.
``1.234`` may be a thousand or a little more than one, so it is asked about; so is ``1,234`` in English. The table of
cases in tests/web/numbers.json is the definition, for this module and for static/planning/numbers.js.
"""

import re
from decimal import Decimal

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["MISSING_MARKS", "read_count", "read_number"]

MISSING_MARKS = frozenset({"", "-", "–", "—", "−", ".", "..", "x", "saknas", "#n/a", "#saknas!", "n/a", "null"})
"""Texts that say that there is no number."""
_LARGEST, _FINEST = Decimal(10) ** 9, Decimal("0.01")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?=[.,]|$)", re.ASCII)
_PLAIN = re.compile(r"\d{1,15}(?:[.,]\d{1,9})?|[.,]\d{1,9}", re.ASCII)
_BOTH = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:,\d{3})+\.\d+", re.ASCII)
_EITHER = re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3}){2,}", re.ASCII)


def read_number(text: str, language: str = "sv") -> Decimal | None:
    """Return the number that *text* writes; None for a mark that says it is missing.

    A per cent is returned as a share. Raises BadInput with a sentence for what is no number or can be read in two ways.
    """
    plain = text.strip(" \t\r\n\u00a0\u202f")
    if plain.casefold() in MISSING_MARKS:
        return None
    body, share = (plain[:-1].rstrip(" \u00a0\u202f"), True) if plain.endswith("%") else (plain, False)
    body, minus = _unsigned(body)
    value = _magnitude(body, text, language)
    value = value.scaleb(-2) if share else value
    return -value if minus and value else value


def read_count(text: str, language: str = "sv") -> Decimal | None:
    """Return the count from zero, with at most two decimals, that *text* writes; None for a missing one.

    Raises BadInput with a sentence for anything else.
    """
    value = read_number(text, language)
    if text.rstrip().endswith("%"):
        raise BadInput(Message("”{text}” är procent. Skriv ett antal.", text=text[:40]))
    if value is not None and not (0 <= value <= _LARGEST and value == value.quantize(_FINEST)):
        raise BadInput(Message("{value}: skriv ett antal från noll, med högst två decimaler.", value=text[:40]))
    return value


def _unsigned(body: str) -> tuple[str, bool]:
    if body.startswith("(") and body.endswith(")"):
        return body[1:-1].strip(), True
    if body[:1] in {"-", "−", "–"}:
        return body[1:].lstrip(" \u00a0\u202f"), True
    return body.removeprefix("+"), False


def _magnitude(body: str, text: str, language: str) -> Decimal:
    if found := _GROUPED.match(body):
        body = re.sub(r"[ \u00a0\u202f']", "", found[0]) + body[found.end() :]
    elif _BOTH.fullmatch(body):
        point = max(body.rfind("."), body.rfind(","))
        body = re.sub(r"[.,]", "", body[:point]) + "." + body[point + 1 :]
    elif _EITHER.fullmatch(body) or (language != "sv" and re.fullmatch(r"\d{1,3},\d{3}", body, re.ASCII)):
        raise BadInput(
            Message("”{text}” kan läsas på två sätt. Skriv utan punkt eller komma mellan tusental.", text=text[:40])
        )
    if not _PLAIN.fullmatch(body):
        raise BadInput(Message("”{text}” är inget tal.", text=text[:40]))
    return Decimal(body.replace(",", "."))
