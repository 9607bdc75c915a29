"""The order that names stand in: Swedish letters after z, and numbers by their size."""

import re

__all__ = ["swedish_order"]

_PARTS = re.compile(r"(\d+)")
_LETTERS = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "é": "e", "ü": "y"})


def swedish_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts ``Sal 2`` before ``Sal 10``, and ``Ånge`` before ``Ängelholm`` before ``Öland``."""
    parts = _PARTS.split(name.casefold().translate(_LETTERS))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
