"""Texts to numbers, whole numbers, shares and öre, in the forms that Swedish and English people and systems use."""

import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.read.codes import TOO_LARGE, Cells
from vardbalans.data.tables import Column

__all__ = ["decimal_mark", "numbers"]

_PLAIN = r"^[+-]?\d{1,15}([.,]\d{1,12})?$"
_SPACES = " \u00a0\u202f\u2009'’"
_GROUPED = rf"^[+-]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+([.,]\d+)?$"
_GROUPINGS = (
    (re.compile(_GROUPED, re.ASCII), f"[{_SPACES}]"),
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}", re.ASCII), "[,]"),
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}", re.ASCII), "[.]"),
)
_LONG = re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d{1,3})?|[+-]?[.,]\d+(?:[eE][+-]?\d{1,3})?", re.ASCII)
_THREE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_NEGATIVE = re.compile(r"\((\d[^()-]*)\)|(\d[^-]*)-|-[ \u00a0](\d[^-]*)", re.ASCII)


def numbers(column: Column, distinct: pa.Array, mark: str | None, *, ore: bool) -> Cells:
    """Return distinct texts as integers, numbers or öre; *mark* is the decimal mark when it is certain.

    A minus may also be U+2212, stand last (``12-``) or be parentheses (``(12)``); thousands may be set apart by
    spaces, apostrophes, dots or commas. A text that can be read in two ways gets a code.
    """
    texts = pc.replace_substring(distinct, "\u2212", "-")
    grouped = pc.match_substring_regex(texts, _GROUPED)
    texts = pc.if_else(grouped, pc.replace_substring_regex(texts, f"[{_SPACES}]", ""), texts)
    certain = pc.and_(pc.match_substring_regex(texts, _PLAIN), pc.invert(_two_ways(texts, mark)))
    plain = pc.replace_substring(pc.if_else(certain, texts, None), ",", ".")
    odd = pc.invert(certain)
    if not pc.any(odd).as_py():
        return _of_kind(column, plain, pa.nulls(len(texts), pa.string()), ore=ore)
    parsed = [
        _odd_number(text, mark, column) if strange else (None, None)
        for text, strange in zip(texts.to_pylist(), odd.to_pylist(), strict=True)
    ]
    plain = pc.coalesce(plain, pa.array([number for number, _ in parsed], pa.string()))
    return _of_kind(column, plain, pa.array([code for _, code in parsed], pa.string()), ore=ore)


def decimal_mark(distinct: pa.Array, delimiter: str) -> str | None:
    """Return the decimal mark that the column's own values give away, or None.

    A mark with other than three digits after it, or after a zero or four digits, can only be a decimal mark. In a
    file whose columns are not kept apart by commas, a comma is always one.
    """
    telling = r"^[+-]?(\d+[{0}](\d{{1,2}}|\d{{4,}})|0[{0}]\d+|\d{{4,}}[{0}]\d+)$"
    dot = pc.any(pc.match_substring_regex(distinct, telling.format("."))).as_py()
    comma = pc.any(pc.match_substring_regex(distinct, telling.format(","))).as_py()
    if dot and not comma:
        return "."
    return "," if (comma and not dot) or (not dot and delimiter != ",") else None


def _two_ways(texts: pa.Array, mark: str | None) -> pa.Array:
    """Return where three digits after a mark could be thousands as well as decimals."""
    marks = {",": "[.]", ".": "[,]"}.get(mark or "", "[.,]")
    return pc.match_substring_regex(texts, rf"^[+-]?[1-9]\d{{0,2}}{marks}\d{{3}}$")


def _odd_number(text: str, mark: str | None, column: Column) -> tuple[str | None, str | None]:
    """Return a number that is not plain digits as plain text with a decimal point, or the code of what is wrong."""
    if column.type == "share" and text.endswith("%"):
        number, code = _odd_number(text[:-1].strip(), mark, column)
        return (f"{Decimal(number) / 100:f}", None) if number else (None, code)
    if found := _NEGATIVE.fullmatch(text):
        number, code = _odd_number((found[1] or found[2] or found[3]).strip(), mark, column)
        return (f"-{number}", None) if number else (None, code)
    for form, between in _GROUPINGS:
        if form.fullmatch(text):
            return re.sub(between, "", text).replace(",", "."), None
    if _THREE.fullmatch(text) and (mark is None or mark not in text):
        return None, "ambiguous_number"
    return (f"{Decimal(text.replace(',', '.')):f}", None) if _LONG.fullmatch(text) else (None, "not_a_number")


def _of_kind(column: Column, numbers: pa.Array, codes: pa.Array, *, ore: bool) -> Cells:
    """Return plain decimal texts as the column's kind: float, whole number, or öre."""
    numbers = pc.replace_substring_regex(numbers, r"^\+", "")
    if column.type in {"number", "share"}:
        values = numbers.cast(pa.float64())
        fits = pc.fill_null(pc.less(pc.abs(values), TOO_LARGE), True)
        return Cells(pc.if_else(fits, values, None), pc.if_else(fits, codes, "too_large"))
    in_ore = column.type == "money_kr" and not ore
    fits = pc.match_substring_regex(numbers, r"^-?\d{1,15}([.]\d{1,12})?$")
    exact = pc.if_else(fits, numbers, None).cast(pa.decimal128(28, 12))
    scaled = pc.multiply(exact, pa.scalar(Decimal(100 if in_ore else 1), pa.decimal128(3, 0)))
    whole = pc.if_else(pc.equal(pc.round(scaled), scaled), scaled, None).cast(pa.int64())
    failed = pc.and_(pc.is_valid(numbers), pc.is_null(whole))
    long = pc.match_substring_regex(numbers, r"^-?0*[1-9]\d{15}")
    code = pc.if_else(long, "too_large", "too_many_decimals" if in_ore else "not_an_integer")
    return Cells(whole, pc.if_else(failed, code, codes))
