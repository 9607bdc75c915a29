"""Texts to typed values, column by column. No cell is guessed: what cannot be read for certain gets a code.

Work is done on whole arrays, or once per distinct text; only odd texts are looked at one by one in Python.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.memory import sql_over
from vardbalans.data.tables import Column
from vardbalans.engine.errors import BadPeriod
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["LOCAL_ZONE", "SENTENCES", "Cells", "is_missing", "local_instants", "typed"]

LOCAL_ZONE = "Europe/Stockholm"

_EXCEL_MISSING = ("#n/a", "#na", "#saknas!")
_MARKERS = ("–", "—", "-", "x", "saknas", "null", "na", "n/a", *_EXCEL_MISSING)
_YES = frozenset({"ja", "j", "yes", "y", "true", "sant", "1"})
_NO = frozenset({"nej", "n", "no", "false", "falskt", "0"})
_WEEK = re.compile(r"(\d{4})-?[WwVv](\d{1,2})")

_PLAIN = r"^[+-]?\d{1,15}([.,]\d{1,12})?$"
_SPACES = " \u00a0\u202f\u2009"
_GROUPED = re.compile(rf"([+-]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+)([.,]\d+)?")
_ENGLISH = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}")
_DOTTED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_LONG = re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d{1,3})?|[+-]?[.,]\d+(?:[eE][+-]?\d{1,3})?")


@dataclass(frozen=True)
class Cells:
    """Typed *values* and, for every cell, the code of what is wrong with it (null when nothing is).

    Codes in :data:`NOTED` keep their value; under all others the value is null.
    """

    values: pa.Array
    codes: pa.Array


NOTED = frozenset({"ambiguous_time", "nonexistent_time", "date_without_time"})
"""Codes of cells that were read, but in a way the person should know of."""

SENTENCES: Mapping[str, Callable[[Column, str], Message]] = {
    "not_a_number": lambda column, value: Message(
        "{header}: {value} är inget tal. Skriv bara siffror, till exempel {example}.",
        header=column.header,
        value=value,
        example=column.example,
    ),
    "ambiguous_number": lambda column, value: Message(
        "{header}: {value} kan betyda både tusental och decimaler. Skriv tal utan tusenavskiljare och med "
        "decimalkomma.",
        header=column.header,
        value=value,
    ),
    "not_an_integer": lambda column, value: Message(
        "{header}: {value} är inget heltal. Skriv ett tal utan decimaler.", header=column.header, value=value
    ),
    "too_many_decimals": lambda column, value: Message(
        "{header}: {value} har fler än två decimaler. Skriv kronor och hela ören.", header=column.header, value=value
    ),
    "not_a_date": lambda column, value: Message(
        "{header}: {value} är inget datum. Skriv som 2026-05-17.", header=column.header, value=value
    ),
    "not_a_datetime": lambda column, value: Message(
        "{header}: {value} är ingen tidpunkt. Skriv som 2026-05-17 08:30.", header=column.header, value=value
    ),
    "not_a_boolean": lambda column, value: Message(
        "{header}: {value} är varken ja eller nej. Skriv ja eller nej.", header=column.header, value=value
    ),
    "not_a_period": lambda column, value: Message(
        "{header}: {value} är ingen period. Skriv vecka 2026-W05, månad 2026-05 eller dag 2026-05-17.",
        header=column.header,
        value=value,
    ),
    "ambiguous_time": lambda column, value: Message(
        "{header}: {value} finns två gånger den natten (sommartiden slutar). Den lästes som sommartid; skriv "
        "+01:00 efter om det var vintertid.",
        header=column.header,
        value=value,
    ),
    "nonexistent_time": lambda column, value: Message(
        "{header}: {value} finns inte den natten (sommartiden börjar). Den lästes en timme senare.",
        header=column.header,
        value=value,
    ),
    "date_without_time": lambda column, value: Message(
        "{header}: {value} saknar klockslag. Den lästes som midnatt.", header=column.header, value=value
    ),
}


def is_missing(column: Column, texts: pa.Array) -> pa.Array:
    """Return where trimmed *texts* hold a mark for a missing value (``–``, ``x``, ``saknas``, ``#N/A`` …).

    In columns of free text and ids only Excel's own marks count: there ``x`` may be a value.
    """
    markers = _EXCEL_MISSING if column.type == "text" and not column.choices else _MARKERS
    return pc.is_in(pc.utf8_lower(texts), pa.array(markers))


def typed(column: Column, texts: pa.Array, decimal: str | None, delimiter: str = "", *, ore: bool = False) -> Cells:
    """Return *texts* (trimmed strings, null when empty) as values of *column*.

    *decimal* is the decimal mark when it is certain; otherwise it is told from the values, and a number that could
    be read in two ways gets a code. *ore*: a money column whose file already holds öre.
    """
    if column.type == "datetime":
        return _datetimes(texts)
    if column.type == "text" and not column.choices:
        return Cells(texts, pa.nulls(len(texts), pa.string()))
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    if column.type in {"integer", "number", "share", "money_kr"}:
        mark = decimal or _decimal_mark(distinct, delimiter)
        cells = _numbers(column, distinct, mark, ore=ore)
    elif column.type == "date":
        cells = _dates(distinct)
    else:
        cells = _each(column, distinct)
    return Cells(cells.values.take(encoded.indices), cells.codes.take(encoded.indices))


def _each(column: Column, distinct: pa.Array) -> Cells:
    """Return distinct texts of a choice, period or boolean column, each looked up or parsed."""
    if column.choices:
        names = {value.casefold(): value for value, _ in column.choices}
        names |= {meaning.casefold(): value for value, meaning in column.choices}
        # A value outside the list stays as it is; the check for allowed values tells about it.
        known = [names.get(text.casefold(), text) for text in distinct.to_pylist()]
        return Cells(pa.array(known, pa.string()), pa.nulls(len(known), pa.string()))
    read, code = (_boolean, "not_a_boolean") if column.type == "boolean" else (_period, "not_a_period")
    values = [read(text) for text in distinct.to_pylist()]
    return Cells(
        pa.array(values, column.stored),
        pa.array([code if value is None else None for value in values], pa.string()),
    )


def _boolean(text: str) -> bool | None:
    word = text.casefold()
    return True if word in _YES else False if word in _NO else None


def _period(text: str) -> str | None:
    if found := _WEEK.fullmatch(text):
        text = f"{found[1]}-W{int(found[2]):02d}"
    try:
        return str(Period.parse(text))
    except BadPeriod:
        return None


def _decimal_mark(distinct: pa.Array, delimiter: str) -> str | None:
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


def _numbers(column: Column, distinct: pa.Array, mark: str | None, *, ore: bool) -> Cells:
    """Return distinct texts as integers, numbers or öre."""
    texts = pc.replace_substring(distinct, "\u2212", "-")
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


def _two_ways(texts: pa.Array, mark: str | None) -> pa.Array:
    """Return where three digits after a mark could be thousands as well as decimals."""
    marks = {",": "[.]", ".": "[,]"}.get(mark or "", "[.,]")
    return pc.match_substring_regex(texts, rf"^[+-]?[1-9]\d{{0,2}}{marks}\d{{3}}$")


def _odd_number(text: str, mark: str | None, column: Column) -> tuple[str | None, str | None]:
    """Return a number that is not plain digits as plain text with a decimal point, or the code of what is wrong."""
    if column.type == "share" and text.endswith("%"):
        number, code = _odd_number(text[:-1].strip(), mark, column)
        return (f"{Decimal(number) / 100:f}", None) if number else (None, code)
    if found := _GROUPED.fullmatch(text):
        return re.sub(rf"[{_SPACES}]", "", found[1]) + (found[2] or "").replace(",", "."), None
    if _ENGLISH.fullmatch(text):
        return text.replace(",", ""), None
    if _DOTTED.fullmatch(text):
        return text.replace(".", "").replace(",", "."), None
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", text) and (mark is None or mark not in text):
        return None, "ambiguous_number"
    return (f"{Decimal(text.replace(',', '.')):f}", None) if _LONG.fullmatch(text) else (None, "not_a_number")


def _of_kind(column: Column, numbers: pa.Array, codes: pa.Array, *, ore: bool) -> Cells:
    """Return plain decimal texts as the column's kind: float, whole number, or öre."""
    numbers = pc.replace_substring_regex(numbers, r"^\+", "")
    if column.type in {"number", "share"}:
        values = numbers.cast(pa.float64())
        finite = pc.fill_null(pc.is_finite(values), True)
        return Cells(pc.if_else(finite, values, None), pc.if_else(finite, codes, "not_a_number"))
    in_ore = column.type == "money_kr" and not ore
    fits = pc.match_substring_regex(numbers, r"^-?\d{1,15}([.]\d{1,12})?$")
    exact = pc.if_else(fits, numbers, None).cast(pa.decimal128(28, 12))
    scaled = pc.multiply(exact, pa.scalar(Decimal(100 if in_ore else 1), pa.decimal128(3, 0)))
    whole = pc.if_else(pc.equal(pc.round(scaled), scaled), scaled, None).cast(pa.int64())
    failed = pc.and_(pc.is_valid(numbers), pc.is_null(whole))
    return Cells(whole, pc.if_else(failed, "too_many_decimals" if in_ore else "not_an_integer", codes))


_DATE = r"^(\d{4})-?(\d\d)-?(\d\d)(?:[ T]00:00(?::00(?:[.]0+)?)?)?$"
_TIME = r"^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:[.]\d{1,6})?)?) ?(Z|z|[+-]\d\d:?\d\d)?)?$"


def _dates(distinct: pa.Array) -> Cells:
    """Return distinct texts as dates: 2026-05-17, 20260517, or either with a time of midnight."""
    sql = f"""
        select case when regexp_matches(value, '{_DATE}')
            then try_cast(regexp_replace(value, '{_DATE}', '\\1-\\2-\\3') as date) end as day from texts
    """
    values = _column(_query(sql, distinct), "day")
    failed = pc.and_(pc.is_valid(distinct), pc.is_null(values))
    return Cells(values, pc.if_else(failed, "not_a_date", pa.scalar(None, pa.string())))


def _datetimes(texts: pa.Array) -> Cells:
    """Return texts as instants: with an offset as it says, without one as local time."""
    sql = f"""
        with parts as (select regexp_extract(value, '{_TIME}', ['day', 'clock', 'zone']) as part from texts)
        select try_cast(nullif(part.day || ' ' || coalesce(nullif(part.clock, ''), '00:00'), ' 00:00') as timestamp)
                as moment,
            part.day <> '' and part.clock = '' as without_time,
            case when part.zone in ('Z', 'z') then 0 when part.zone = '' then null
                else (case when part.zone like '-%' then -1 else 1 end)
                    * (60 * substr(part.zone, 2, 2)::int + right(part.zone, 2)::int) end as ahead
        from parts
    """
    read = _query(sql, texts)
    moments, ahead = _column(read, "moment"), _column(read, "ahead")
    local = local_instants(pc.if_else(pc.is_null(ahead), moments, None))
    shift = pc.multiply(pc.fill_null(ahead, 0).cast(pa.int64()), 60_000_000).cast(pa.duration("us"))
    given = pc.subtract(moments, shift).cast(pa.timestamp("us", tz="UTC"))
    values = pc.if_else(pc.is_null(ahead), local.values, given)
    failed = pc.and_(pc.is_valid(texts), pc.is_null(values))
    codes = pc.if_else(failed, "not_a_datetime", local.codes)
    noted = pc.and_(pc.fill_null(_column(read, "without_time"), False), pc.is_null(codes))
    return Cells(values, pc.if_else(noted, "date_without_time", codes))


def local_instants(moments: pa.Array) -> Cells:
    """Return local times without offset (timestamp[us]) as instants in UTC, with codes where the clocks change."""
    last = pc.assume_timezone(moments, LOCAL_ZONE, ambiguous="latest", nonexistent="latest")
    values = pc.assume_timezone(moments, LOCAL_ZONE, ambiguous="earliest", nonexistent="latest")
    moved = pc.not_equal(pc.local_timestamp(values), moments)
    codes = pc.if_else(
        pc.fill_null(moved, False),
        "nonexistent_time",
        pc.if_else(pc.fill_null(pc.not_equal(last, values), False), "ambiguous_time", pa.scalar(None, pa.string())),
    )
    return Cells(values.cast(pa.timestamp("us", tz="UTC")), codes)


def _query(sql: str, texts: pa.Array) -> pa.Table:
    """Return the result of *sql* over one-column table ``texts(value)``, in the same order."""
    with sql_over(texts=pa.table({"value": texts})) as con:
        return con.sql(sql).to_arrow_table().combine_chunks()


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)
