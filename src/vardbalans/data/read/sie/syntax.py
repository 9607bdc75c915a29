"""The words of SIE: fields on a line, object lists, amounts, days, periods. Whatever is wrong raises ValueError."""

import re
from datetime import date

__all__ = ["BLANK", "Objects", "amount_ore", "day", "fields", "month", "objects_of", "pairs", "year_index"]

BLANK = " \t\r\n\x00\x1a\ufeff"
"""What may surround a line; the last three are the end-of-file mark of old systems, padding and a byte order mark."""

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,13})(?:[.,]([0-9]*))?")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_ESCAPE = re.compile(r'\\(["\\])')
_CLOSING = {'"': '"', "{": "}"}


class Objects(str):
    """A field that stood in braces: its inside, as written."""

    __slots__ = ()


def _lexer(inside: str) -> re.Pattern[str]:
    """Return the pattern of one field as written, where a quoted text is made of *inside*.

    What is opened ends with the line at the latest and nothing is tried twice (``*+``), so that no line, however
    broken, takes more than one pass. The last alternative is a brace that was never opened.
    """
    text = rf'"(?:{inside})*+(?:"|$)'
    return re.compile(rf'{text}|\{{(?:{text}|[^}}"])*+(?:\}}|$)|[^\s"{{}}]++|\}}')


_ESCAPED = _lexer(r'[^"\\]|\\.')
_PLAIN = _lexer(r'[^"]')


def fields(line: str) -> list[str]:
    r"""Return the fields of *line*, quotes taken off; a field in braces comes as :class:`Objects`.

    A quotation mark inside a text is written ``\"``. Where that reading leaves a text open, as in ``"C:\files\"``
    from programs that do not write it so, the backslash is an ordinary character.
    """
    if "\\" not in line:
        return _split(_PLAIN, line)
    try:
        return [_ESCAPE.sub(r"\1", item) if type(item) is str else item for item in _split(_ESCAPED, line)]
    except ValueError:
        return _split(_PLAIN, line)


def _split(lexer: re.Pattern[str], line: str) -> list[str]:
    found: list[str] = []
    for item in lexer.findall(line):
        if item[0] not in '"{}':
            found.append(item)
        elif len(item) == 1 or item[-1] != _CLOSING[item[0]]:
            raise ValueError(line)
        else:
            found.append(item[1:-1] if item[0] == '"' else Objects(item[1:-1]))
    return found


def pairs(objects: str) -> list[tuple[str, str]]:
    """Return the dimensions and objects in the inside of an object list; those without an object are left out."""
    items = fields(objects)
    return [(dimension, item) for dimension, item in zip(items[::2], items[1::2], strict=True) if item]


def objects_of(field: str) -> list[tuple[str, str]]:
    """Return the pairs of a field that must be an object list."""
    if not isinstance(field, Objects):
        raise ValueError(field)  # noqa: TRY004 - the field's form is wrong, not the caller's
    return pairs(field)


def amount_ore(text: str) -> int:
    """Return an amount of kronor in öre. More decimals than two must be zeros."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    sign, kronor, decimals = found[1], found[2], found[3] or ""
    if decimals[2:].strip("0"):
        raise ValueError(text)
    return int(f"{sign}{kronor}{decimals[:2]:0<2}")


def day(text: str) -> date:
    """Return the day written as 20250131 or 2025-01-31."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found[1]), int(found[3]), int(found[4]))


def month(text: str) -> date:
    """Return the first day of the period written as 202501; a day is taken for its month."""
    return day(f"{text[:6]}01" if text.isdigit() else text).replace(day=1)


def year_index(text: str) -> int:
    """Return the index of an accounting year: 0 is the file's own, -1 the one before."""
    if not re.fullmatch(r"[+-]?[0-9]{1,3}", text):
        raise ValueError(text)
    return int(text)
