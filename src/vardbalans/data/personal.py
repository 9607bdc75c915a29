"""What looks like a Swedish personal or coordination number, as one SQL predicate.

Ten or twelve digits, with or without ``-`` or ``+`` before the last four, that stand alone (no letter or digit
next to them), have a possible date (days 61-91 in coordination numbers) and a right check digit (Luhn over the
last ten). Source: Skatteverket, SKV 704 and SKV 707.
"""

__all__ = ["looks_personal", "shaped_personal"]

_NUMBER = (
    r"(?:^|[^0-9A-Za-z])(?:18|19|20)?"
    r"(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])[-+]?\d{4})"
    r"(?:$|[^0-9A-Za-z])"
)


def shaped_personal(column: str) -> str:
    """Return the cheap SQL predicate that is true wherever :func:`looks_personal` is, and seldom elsewhere."""
    return f"(length({column}) >= 10 and regexp_matches({column}, '{_NUMBER}'))"


def looks_personal(column: str) -> str:
    """Return the SQL predicate that is true where the text *column* holds what looks like a personal number."""
    digits = f"try_cast(regexp_replace(regexp_extract({column}, '{_NUMBER}', 1), '[-+]', '') as bigint)"
    return f"(case when {shaped_personal(column)} then {_luhn(digits)} else false end)"


def _luhn(number: str) -> str:
    """Return SQL for: the ten digits of *number* (a bigint) have a right check digit."""
    terms = []
    for place in range(10):
        digit = f"(({number} // {10**place}) % 10)"
        # Every second digit from the right is doubled, and its own digits are added.
        terms.append(digit if place % 2 == 0 else f"(2 * {digit}) // 10 + (2 * {digit}) % 10")
    return f"({' + '.join(terms)}) % 10 = 0"
