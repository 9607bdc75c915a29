"""Identifiers of people as (system, value): recognised, validated, and written in one form each.

``900222-2397``, ``19900222-2397`` and ``199002222397`` are one identity: (personnummer, 199002222397). Ten digits leave
the century open; the mark gives it: a plus from the year in which the person turns a hundred (folkbokföringslagen
18 §), else the latest date that is not in the future. Twelve digits say it themselves. The systems and the patterns of
those without a check digit are data, in ``systems.toml``. What none of them fits is an id of its own source: (local,
the text). A source that knows better writes ``system|value``, as FHIR does.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from vardbalans.data.memory import sql_over
from vardbalans.data.personal import MARKS, check_digit_holds

__all__ = ["LOCAL", "PERSONAL", "System", "identifiers", "names_person", "over_identifiers", "systems"]

LOCAL = "local"
"""The system of ids that only their source can explain."""

PERSONAL = ("personnummer", "samordningsnummer")
"""The two national systems whose numbers hold a date and a check digit."""

_DIGITS = re.compile(rf"(?<![0-9A-Za-z])\d{{6,8}}[{MARKS}]?\d{{4}}(?![0-9A-Za-z])")
_SPACES = r"\s\x{00a0}\x{2009}\x{202f}"
_CLOCK_TIME = re.compile(r"([01]\d|2[0-3])[0-5]\d")
_DASHES = MARKS.replace("+", "")


@dataclass(frozen=True)
class System:
    """A system of identifiers; what its fields mean stands at the head of ``systems.toml``."""

    name: str
    region: str
    pattern: str
    uris: tuple[str, ...]
    example: str
    source: str


@cache
def systems() -> tuple[System, ...]:
    """Return every known system, in the order in which they are tried."""
    rows = tomllib.loads((files(__package__) / "systems.toml").read_text(encoding="utf-8"))["system"]
    return tuple(System(**{**row, "uris": tuple(row["uris"])}) for row in rows)


def identifiers(texts: pa.Array, today: date) -> pa.Table:
    """Return the identifier in each text, as columns ``system`` and ``value`` in the same order; null for null.

    *today* decides the century of ten digits.
    """
    return over_identifiers(texts, today, "system, value")


def over_identifiers(texts: pa.Array, today: date, columns: str, **parameters: bytes) -> pa.Table:
    """Return SQL *columns*, made of ``system`` and ``value``, for the identifier in each text, in the same order."""
    with sql_over(threads=1, texts=pa.table({"text": texts})) as con:
        query = f"select {columns} from ({_sql()})"
        return con.sql(query, params=_clock(today) | parameters).to_arrow_table()


def names_person(name: str, today: date) -> bool:
    """Tell whether a file's *name* holds a personal number.

    One name in ten with a date and a time (``contacts_20261122-0630.csv``) would: those of the last ten years are
    taken for what they most likely are.
    """
    texts = _DIGITS.findall(name)
    found = identifiers(pa.array(texts), today).to_pylist() if texts else []
    numbers = [row["value"] for row in found if row["system"] in PERSONAL]
    return any(int(number[:4]) < today.year - 10 or not _CLOCK_TIME.fullmatch(number[8:]) for number in numbers)


def _clock(today: date) -> dict[str, Any]:
    return {"century": today.year // 100 * 100, "year": today.year % 100, "day": int(f"{today:%y%m%d}")}


@cache
def _sql() -> str:
    """Return the query over ``texts``, step by step: what is stated, the plain number, its date, the identifier."""
    known = ", ".join(f"'{system.name}'" for system in systems())
    personal = "|".join(system.pattern for system in systems() if system.name in PERSONAL)
    others = [system for system in systems() if system.name not in PERSONAL]
    fits = " ".join(f"when regexp_full_match(number, '{one.pattern}') then '{one.name}'" for one in others)
    names = " ".join(f"when '{uri.lower()}' then '{one.name}'" for one in systems() for uri in (one.name, *one.uris))
    return f"""
        with stated as (
            select text, case when strpos(text, '|') > 1 then split_part(text, '|', 1) else '' end as said
            from texts
        ), plain as (
            select case lower(said) {names} else said end as said,
                case said when '' then text else substr(text, length(said) + 2) end as body,
                case when regexp_full_match(body, '[!-~]*') then body
                    else regexp_replace(regexp_replace(body, '[{_SPACES}]', '', 'g'), '[{_DASHES}]', '-', 'g')
                    end as number
            from stated
        ), digits as (
            select said, body, number, case when regexp_full_match(number, '{personal}')
                then replace(replace(number, '-', ''), '+', '') end as digits, right(digits, 10)::bigint as ten,
                ten // 10000 % 100 as marked_day, marked_day - case when marked_day > 60 then 60 else 0 end as day
            from plain
        ), dated as (
            select said, body, number, digits, marked_day,
                case when length(digits) = 12 then left(digits, 4)::bigint
                    when contains(number, '+') then $century + ten // 100000000
                        - case when ten // 100000000 > $year then 200 else 100 end
                    else $century + ten // 100000000
                        - case when ten // 1000000 * 100 + day > $day then 100 else 0 end
                    end as year,
                {check_digit_holds("ten")} and ten // 10 % 1000 > 0
                    and day <= day(last_day(make_date(year, ten // 1000000 % 100, 1))) as sound
            from digits
        ), named as (
            select body, number, digits, year, case
                when sound and said in ('', {", ".join(f"'{name}'" for name in PERSONAL)})
                    then case when marked_day > 60 then '{PERSONAL[1]}' else '{PERSONAL[0]}' end
                when said <> '' then said
                when regexp_full_match(number, '{"|".join(f"({one.pattern})" for one in others)}')
                    then case {fits} end
                else '{LOCAL}' end as system, sound
            from dated
        )
        select case when body is not null then system end as system,
            case when sound and system in ('{PERSONAL[0]}', '{PERSONAL[1]}') then year || right(digits, 8)
                when system in ({known}) then regexp_replace(split_part(number, '/', 1), '[-+]', '', 'g')
                else body end as value
        from named
    """
