"""Texts to days, instants and periods, in the forms that Swedish people, systems and spreadsheets use.

What can mean one day only is read; what can mean several (``03/04/2026``, ``260517``) gets a code and is never guessed.
"""

import re
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.memory import sql_over
from vardbalans.data.read.codes import Cells
from vardbalans.engine.errors import BadPeriod
from vardbalans.engine.periods import Period

__all__ = ["LOCAL_ZONE", "MONTHS", "SERIALS", "datetimes", "days", "local_instants", "periods"]

LOCAL_ZONE = "Europe/Stockholm"

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari february feb febr",
            "mars march mar",
            "april apr",
            "maj may",
            "juni june jun",
            "juli july jul",
            "augusti august aug",
            "september sep sept",
            "oktober october okt oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
"""Names of the months in Swedish and English, also shortened, in lower case: name to number."""

_DAY_ZERO = date(1899, 12, 30)  # so that day 61 is 1900-03-01: spreadsheets count a 29 February 1900 that never was
_UNIX_ZERO = float((date(1970, 1, 1) - _DAY_ZERO).days)
SERIALS = range((date(1980, 1, 1) - _DAY_ZERO).days, (date(2100, 1, 1) - _DAY_ZERO).days)
"""Day numbers of the 1900 system that are plausible as dates in a delivery: 1980 up to and with 2099."""

_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_NAMED = re.compile(r"(?:den )?(\d{1,2})(?::?e)?\.? ?([a-z]+)\.?,? ?(\d{4})", re.IGNORECASE | re.ASCII)
_NAMED_FIRST = re.compile(r"([a-z]+)\.? (\d{1,2}),? (\d{4})", re.IGNORECASE | re.ASCII)
_SWEDISH = re.compile(r"(\d{1,2})/(\d{1,2})[ -](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d\d)([-/.]?)(\d\d)\2(\d\d)", re.ASCII)
_WEEKS = (
    re.compile(r"(?P<year>\d{4})[ -]?(?:w|v\.?|vecka) ?(?P<week>\d{1,2})", re.IGNORECASE | re.ASCII),
    re.compile(r"(?:w|v\.?|vecka) ?(?P<week>\d{1,2})(?:, ?|[ /-])(?P<year>\d{4})", re.IGNORECASE | re.ASCII),
)
_MONTHS = (
    re.compile(r"(?P<name>[a-z]+)\.?,?[ -](?P<year>\d{4})", re.IGNORECASE | re.ASCII),
    re.compile(r"(?P<year>\d{4})[ -](?P<name>[a-z]+)\.?", re.IGNORECASE | re.ASCII),
    re.compile(r"(?P<year>\d{4})(?:[-/]|-?M)(?P<number>\d\d)", re.IGNORECASE | re.ASCII),
)
_SIX_DIGITS = re.compile(r"(\d{4})(\d\d)", re.ASCII)

_Day = tuple[date | None, str | None]
# A day that was read, and a code: of what is wrong when the day is None, else of what should be told.

_DATE = r"^(\d{4})-?(\d\d)-?(\d\d)(?:[ T]00:00(?::00(?:[.]0+)?)?)?$"
_TIME = r"^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:[.]\d{1,9})?)?) ?(Z|z|[+-]\d\d:?\d\d)?)?$"
_CLOCK = r"(?P<hour>\d{1,2})[:.]?(?P<minute>\d\d)(?:[:.]?(?P<second>\d\d)(?:[.,](?P<rest>\d{1,9}))?)?"
_ZONE = r" ?(?P<zone>Z|[+-]\d\d:?\d\d)?"
_TOGETHER = rf"(?i)^(?P<day>\d{{8}}){_CLOCK}{_ZONE}$"
_APART = rf"(?i)^(?P<day>.+?)(?:,? |T)(?:kl\.? ?)?{_CLOCK}{_ZONE}$"
_SERIAL_TIME = r"^\d{5}(?:[.,]\d+)?$"


def days(distinct: pa.Array) -> Cells:
    """Return distinct texts as dates."""
    sql = f"""
        select case when regexp_matches(value, '{_DATE}')
            then try_cast(regexp_replace(value, '{_DATE}', '\\1-\\2-\\3') as date) end as day from texts
    """
    values = _column(_query(sql, distinct), "day")
    odd = pc.and_(pc.is_valid(distinct), pc.is_null(values))
    if not pc.any(odd).as_py():
        return Cells(values, pa.nulls(len(values), pa.string()))
    read, told = _days_of(_spaced(pc.if_else(odd, distinct, None)))
    return Cells(pc.coalesce(values, read), told)


def datetimes(texts: pa.Array) -> Cells:
    """Return texts as instants: with an offset as it says, without one as local time."""
    moments = _iso_moments(texts)
    if moments is not None:
        return local_instants(moments)
    plain = pc.match_substring_regex(texts, _TIME)
    if pc.all(pc.fill_null(plain, True)).as_py():
        return _instants(texts)
    odd = _spaced(pc.if_else(plain, None, texts))
    serial = _serial_times(odd)
    written, told = _written_times(pc.if_else(pc.is_null(serial), odd, None))
    cells = _instants(pc.coalesce(pc.if_else(plain, texts, None), serial, written))
    told = pc.if_else(pc.is_valid(serial), "serial_date", told)
    return Cells(cells.values, pc.coalesce(cells.codes, told))


def periods(distinct: pa.Array) -> Cells:
    """Return distinct texts as periods. Six digits are a month, unless the column holds weeks written so."""
    texts = _spaced(distinct).to_pylist()
    numbered = [found for text in texts if text and (found := _SIX_DIGITS.fullmatch(text))]
    weekly = any(int(found[2]) > 12 for found in numbered)
    read = [_period(text, weekly=weekly) if text else (None, None) for text in texts]
    return Cells(
        pa.array([period for period, _ in read], pa.string()), pa.array([code for _, code in read], pa.string())
    )


def _iso_moments(texts: pa.Array) -> pa.Array | None:
    """Return texts that all are ``2026-05-17 08:30`` or longer and without offset, as most systems write; else None."""
    shortest = pc.min(pc.utf8_length(texts)).as_py()
    if shortest is None or shortest < len("2026-05-17 08:30"):
        return None
    try:
        return texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None


def local_instants(moments: pa.Array) -> Cells:
    """Return local times without offset (timestamp[us]) as instants in UTC, with codes where the clocks change."""
    values = pc.assume_timezone(moments, LOCAL_ZONE, ambiguous="earliest", nonexistent="latest")
    codes = pa.nulls(len(moments), pa.string())
    # Years may be any that a system writes for "until further notice", or mistypes.
    years = [year for year in pc.unique(pc.year(moments)).to_pylist() if year and MINYEAR <= year <= MAXYEAR]
    days = pa.array([day for year in years for day in _changes(year)], pa.date32())
    changing = pc.fill_null(pc.is_in(moments.cast(pa.date32()), days), False)
    if pc.any(changing).as_py():
        codes = pc.replace_with_mask(codes, changing, _change_codes(moments.filter(changing), values.filter(changing)))
    return Cells(values.cast(pa.timestamp("us", tz="UTC")), codes)


def _change_codes(moments: pa.Array, values: pa.Array) -> pa.Array:
    """Return a code where a local time does not exist, or comes twice, and was read as *values*."""
    last = pc.assume_timezone(moments, LOCAL_ZONE, ambiguous="latest", nonexistent="latest")
    return pc.if_else(
        pc.not_equal(pc.local_timestamp(values), moments),
        "nonexistent_time",
        pc.if_else(pc.not_equal(last, values), "ambiguous_time", pa.scalar(None, pa.string())),
    )


@cache
def _changes(year: int) -> tuple[date, ...]:
    """Return the days of *year* on which the clocks change."""
    zone = ZoneInfo(LOCAL_ZONE)
    first, last = max(date(year, 1, 1).toordinal() - 1, date.min.toordinal()), date(year, 12, 31).toordinal()
    days = [date.fromordinal(number) for number in range(first, last + 1)]
    ahead = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return tuple(day for day, before, now in zip(days[1:], ahead, ahead[1:], strict=False) if now != before)


def _instants(texts: pa.Array) -> Cells:
    """Return texts of the plain form as instants, the others as errors."""
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


def _days_of(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return odd texts of a date column as dates and codes; a clock time beside the day is left out."""
    day, code = _read_days(texts)
    parts = pc.extract_regex(pc.if_else(pc.equal(code, "not_a_date"), texts, None), _APART)
    beside, beside_code = _read_days(pc.struct_field(parts, "day"))
    beside = pc.if_else(pc.is_null(beside_code), beside, None)
    # What stands beside the day is left out only when it is a clock time.
    clock = pc.is_valid(_instants(_joined(pc.if_else(pc.is_valid(beside), "2000-01-01", None), parts)).values)
    code = pc.if_else(_is(beside_code, "ambiguous_date"), beside_code, code)
    return pc.coalesce(day, pc.if_else(clock, beside, None)), pc.if_else(clock, "time_left_out", code)


def _written_times(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return odd texts of a datetime column in the plain form, null with a code where that cannot be done."""
    together, apart = pc.extract_regex(texts, _TOGETHER), pc.extract_regex(texts, _APART)
    first = pc.coalesce(pc.struct_field(together, "day"), pc.struct_field(apart, "day"))
    day, split = _read_days(first)
    alone, whole = _read_days(pc.if_else(pc.is_null(day), texts, None))
    parts = pc.if_else(pc.is_valid(together), together, apart)
    written = pc.coalesce(_joined(day.cast(pa.string()), parts), alone.cast(pa.string()))
    ambiguous = pc.or_(_is(split, "ambiguous_date"), _is(whole, "ambiguous_date"))
    code = pc.if_else(ambiguous, "ambiguous_date", "not_a_datetime")
    return written, pc.if_else(pc.and_(pc.is_valid(texts), pc.is_null(written)), code, None)


def _joined(day: pa.Array, parts: pa.Array) -> pa.Array:
    """Return plain texts of *day* and the clock in *parts*; null where either is missing."""
    hour, minute, second, rest, zone = (
        pc.struct_field(parts, name) for name in ("hour", "minute", "second", "rest", "zone")
    )
    second, rest = (pc.if_else(pc.equal(part, ""), "00", part) for part in (second, rest))
    clock = pc.binary_join_element_wise(pc.utf8_lpad(hour, 2, "0"), minute, second, ":")
    return pc.binary_join_element_wise(
        pc.binary_join_element_wise(day, clock, " "), pc.binary_join_element_wise(rest, pc.utf8_upper(zone), ""), "."
    )


def _serial_times(texts: pa.Array) -> pa.Array:
    """Return a spreadsheet's day numbers with fractions as plain local times, to the second; others null."""
    alike = pc.if_else(pc.match_substring_regex(texts, _SERIAL_TIME), pc.replace_substring(texts, ",", "."), None)
    numbers = alike.cast(pa.float64())
    plausible = pc.and_(pc.greater_equal(numbers, SERIALS.start), pc.less(numbers, SERIALS.stop))
    seconds = pc.round(pc.multiply(pc.subtract(pc.if_else(plausible, numbers, None), _UNIX_ZERO), 86_400.0))
    return seconds.cast(pa.int64()).cast(pa.timestamp("s")).cast(pa.string())


def _read_days(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return texts without clock time as dates and codes, each distinct text looked at once."""
    encoded = texts.dictionary_encode()
    read = [_day(text) for text in encoded.dictionary.to_pylist()]
    days, codes = pa.array([day for day, _ in read], pa.date32()), pa.array([code for _, code in read], pa.string())
    return days.take(encoded.indices), codes.take(encoded.indices)


def _day(text: str) -> _Day:
    """Return the day a text without clock time means, or a code."""
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) in SERIALS:
        return _DAY_ZERO + timedelta(days=int(found[1])), "serial_date"
    if found := _YEAR_LAST.fullmatch(text):
        return _one_of(_valid(found[4], found[3], found[1]), _valid(found[4], found[1], found[3]))
    if found := _SHORT_YEAR.fullmatch(text):
        first, _, middle, last = found.groups()
        orders = ((first, middle, last), (last, middle, first), (last, first, middle))
        return None, "ambiguous_date" if any(_valid(f"20{year}", *rest) for year, *rest in orders) else "not_a_date"
    return _one_of(_unmistakable(text))


def _unmistakable(text: str) -> date | None:
    """Return the day in a form that says which part is the year, the month and the day."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _valid(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(text):
        return _valid(*found.groups())
    if found := _SWEDISH.fullmatch(text):
        return _valid(found[3], found[2], found[1])
    if found := _NAMED.fullmatch(text):
        return _valid(found[3], MONTHS.get(found[2].lower(), 0), found[1])
    if found := _NAMED_FIRST.fullmatch(text):
        return _valid(found[3], MONTHS.get(found[1].lower(), 0), found[2])
    return None


def _valid(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _one_of(*readings: date | None) -> _Day:
    """Return the only day among *readings*, or the code that says there is none or several."""
    possible = {day for day in readings if day}
    if len(possible) == 1:
        return possible.pop(), None
    return None, "ambiguous_date" if possible else "not_a_date"


def _period(text: str, *, weekly: bool) -> tuple[str | None, str | None]:
    """Return the period a text means as it is stored, or the code of what is wrong."""
    if weekly and _SIX_DIGITS.fullmatch(text):
        return None, "ambiguous_period"
    try:
        return str(Period.parse(_written_out(text))), None
    except BadPeriod:
        day, code = _day(text)
    if day and code is None:
        return str(day), None
    return None, code if code == "ambiguous_date" else "not_a_period"


def _written_out(text: str) -> str:
    """Return a week or month in the stored form, ``2026-W05`` or ``2026-05``; other texts as they are."""
    if found := _SIX_DIGITS.fullmatch(text):
        return f"{found[1]}-{found[2]}"
    for form in _WEEKS:
        if found := form.fullmatch(text):
            return f"{found['year']}-W{int(found['week']):02d}"
    for form in _MONTHS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            number = int(parts["number"]) if "number" in parts else MONTHS.get(parts["name"].lower(), 0)
            return f"{parts['year']}-{number:02d}"
    return text


def _spaced(texts: pa.Array) -> pa.Array:
    """Return *texts* with plain spaces where people and spreadsheets put no-break and narrow ones."""
    return pc.replace_substring_regex(texts, r"[\x{a0}\x{202f}\x{2009}]", " ")


def _is(codes: pa.Array, code: str) -> pa.Array:
    return pc.fill_null(pc.equal(codes, code), False)


def _query(sql: str, texts: pa.Array) -> pa.Table:
    """Return the result of *sql* over one-column table ``texts(value)``, in the same order."""
    with sql_over(threads=1, texts=pa.table({"value": texts})) as con:
        return con.sql(sql).to_arrow_table().combine_chunks()


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)
