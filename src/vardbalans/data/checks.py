"""Checks of typed rows against the contract: every finding with file, row, column, code, severity and sentence.

All checks are SQL predicates over the rows, counted in one pass by DuckDB; only predicates that are broken are
looked at row by row, and no more than :data:`~vardbalans.data.findings.LISTED` rows a file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import duckdb
import pyarrow as pa

from vardbalans.data.findings import (
    LISTED,
    Finding,
    Severity,
    Spot,
    has_errors,
    listing,
    shown,
    sorted_findings,
)
from vardbalans.data.memory import Rows, sql_over
from vardbalans.data.personal import looks_personal, personal_id, shaped_personal
from vardbalans.data.rules import ROW_RULES
from vardbalans.data.tables import Column, Table
from vardbalans.engine.messages import Message

__all__ = [
    "UNREADABLE",
    "Checked",
    "Finding",
    "Severity",
    "check_rows",
    "check_table",
    "choices_text",
    "has_errors",
    "sorted_findings",
]

UNREADABLE = pa.schema([("column", pa.string()), ("_file", pa.string()), ("_row", pa.int64())])
"""Cells that held something a reader could not type: they are empty in the rows, but not missing."""

_YEARS_AHEAD = 10


@dataclass(frozen=True)
class _Check:
    """A predicate that is true where something is wrong, and what to say about the value there.

    *suspect* is a cheaper predicate that is true at least where *broken* is; the first pass uses it.
    """

    column: str
    code: str
    severity: Severity
    broken: str
    sentence: Callable[[str], Message]
    value: str = "''"
    once_per_value: bool = False
    suspect: str = ""


@dataclass(frozen=True)
class Checked:
    """What was found in a table's rows, and how many rows an error stands in."""

    findings: list[Finding]
    rejected: int


def check_table(
    table: Table,
    rows: Rows,
    known: Mapping[str, pa.Array | str],
    *,
    today: date | None,
    unreadable: Rows | None = None,
) -> list[Finding]:
    """Check *rows* of *table* (all files of a delivery together, registry schema) and return what was found.

    *today* sets which dates are plausible; None leaves dates unchecked (a source that is yet to be mapped). *known*
    maps a table's name to the ids that can be referred to, those of the delivery included, as values or as SQL with
    a column ``id``. *unreadable* lists cells that were not empty although the rows have null there (schema
    :data:`UNREADABLE`; ``_row`` null when the file lacks the column).
    """
    return check_rows(table, rows, known, today=today, unreadable=unreadable).findings


def check_rows(
    table: Table,
    rows: Rows,
    known: Mapping[str, pa.Array | str],
    *,
    today: date | None,
    unreadable: Rows | None = None,
) -> Checked:
    """Do as :func:`check_table`, and count the rows that an error stands in."""
    bad = UNREADABLE.empty_table() if unreadable is None else unreadable
    with sql_over(given=rows, unreadable=bad) as con:
        con.execute(f"create temp view rows as {_without_zone(table)}")
        for name in {column.reference for column in table.columns if column.reference}:
            _register_ids(con, f"known_{name}", known.get(name, pa.array([], pa.string())))
        broken = _broken(con, list(_checks(table, today)), today)
        found = [item for check in broken for item in _findings(con, check, today)]
        found += _duplicates(con, table) if table.key else []
        if table.name == "conversions" and not has_errors(found):
            # Only this table asks the engine, which takes longer to load than most imports take.
            from vardbalans.data.loops import loop_findings  # noqa: PLC0415

            found += loop_findings(con)
        errors = [check.broken for check in broken if check.severity == "error"]
        sound = not has_errors(found) and unreadable is None
        return Checked(sorted_findings(found), 0 if sound else _rejected(con, table, errors, today))


def _register_ids(con: duckdb.DuckDBPyConnection, name: str, ids: pa.Array | str) -> None:
    if isinstance(ids, str):
        con.execute(f"create temp view {name} as {ids}")
    else:
        con.register(name, pa.table({"id": ids}))


def _rejected(con: duckdb.DuckDBPyConnection, table: Table, errors: list[str], today: date | None) -> int:
    """Return how many rows break a rule with an error, hold a cell that cannot be read, or repeat a key."""
    key = ", ".join(f'"{name}"' for name in table.key)
    again = f"row_number() over (partition by {key} order by _file, _row) > 1" if key else "false"
    wrong = " or ".join(
        f"coalesce({predicate}, false)"
        for predicate in (*errors, "(_file, _row) in (select _file, _row from unreadable where _row is not null)")
    )
    sql = f"select count(*) filter (where wrong or again) from (select {wrong} as wrong, {again} as again from rows)"
    return int((con.execute(sql, _parameters(sql, today)).fetchone() or (0,))[0])


def _broken(con: duckdb.DuckDBPyConnection, checks: list[_Check], today: date | None) -> list[_Check]:
    """Return the checks that some row breaks, found in one pass over the rows."""
    counted = ", ".join(f"count(*) filter (where {check.suspect or check.broken})" for check in checks)
    counts = con.execute(f"select {counted} from rows", _parameters(counted, today)).fetchone() or ()
    return [check for check, count in zip(checks, counts, strict=True) if count]


def _findings(con: duckdb.DuckDBPyConnection, check: _Check, today: date | None) -> list[Finding]:
    """Return the findings of one broken check, capped per file."""
    one_each = "distinct on (_file, value)" if check.once_per_value else ""
    sql = f"""
        with broken as (
            select {one_each} _file, _row, cast({check.value} as varchar) as value
            from rows where {check.broken} order by _file, value, _row
        )
        select _file, _row, value, count(*) over (partition by _file) from broken
        qualify row_number() over (partition by _file order by _row) <= {LISTED} order by _file, _row
    """
    spots = con.execute(sql, _parameters(sql, today)).fetchall()
    return listing(
        [Spot(file, row, value) for file, row, value, _ in spots],
        {file: total for file, _, _, total in spots},
        check.column,
        check.code,
        check.severity,
        check.sentence,
    )


def _parameters(sql: str, today: date | None) -> dict[str, date]:
    return {"today": today} if today and "$today" in sql else {}


def _checks(table: Table, today: date | None) -> Iterator[_Check]:
    """Yield every check of *table*, column by column, then the rules about whole rows."""
    for column in table.columns:
        if column.required:
            yield _missing(column)
        if column.choices:
            yield _not_allowed(column)
        elif column.type == "text" and not column.identity and not column.reference:
            yield _personal(column)
        if column.minimum is not None or column.maximum is not None:
            yield _outside(column)
        if today and column.type in {"date", "datetime", "period"}:
            yield _implausible(column, table.first_day, date(today.year + _YEARS_AHEAD, 12, 31))
        if column.reference:
            yield _unknown(column)
    for rule in ROW_RULES.get(table.name, ()):
        yield _Check(rule.column, rule.name, rule.severity, rule.broken, partial(_said, rule.message))


def _said(message: Message, _value: str) -> Message:
    return message


def _missing(column: Column) -> _Check:
    cell = f"from unreadable where \"column\" = '{column.name}' and _row is"
    broken = (
        f"({_quoted(column)} is null and _file not in (select _file {cell} null)"
        f" and (_file, _row) not in (select _file, _row {cell} not null))"
    )
    return _Check(
        column.file_name,
        "missing_value",
        "error",
        broken,
        lambda _: Message("{header} saknas. Fyll i ett värde.", header=column.header),
        suspect=f"{_quoted(column)} is null",
    )


def choices_text(meanings: Mapping[str, str]) -> str:
    """Return allowed values, value → meaning, as sentences list them."""
    return ", ".join(f"{value} ({meaning})" for value, meaning in meanings.items())


def _not_allowed(column: Column) -> _Check:
    allowed = ", ".join(f"'{value}'" for value in column.allowed)
    listed = choices_text(dict(column.choices))
    return _Check(
        column.file_name,
        "not_allowed",
        "error",
        f"{_quoted(column)} not in ({allowed})",
        lambda value: Message(
            "{header} kan inte vara {value}. Välj något av: {allowed}.",
            header=column.header,
            value=value,
            allowed=listed,
        ),
        _quoted(column),
        once_per_value=True,
    )


def _personal(column: Column) -> _Check:
    # Keys of people are pseudonyms by now, and ids of another table are looked at there. Other ids may look like a
    # personal number by chance; free text may not.
    is_id = column.key or column.name.endswith("_id")
    return _Check(
        column.file_name,
        "personal_number",
        "error",
        personal_id(_quoted(column)) if is_id else looks_personal(_quoted(column)),
        lambda _: Message(
            "{header} innehåller något som ser ut som ett personnummer eller samordningsnummer. Byt det mot en "
            "pseudonym innan filen läses in.",
            header=column.header,
        ),
        suspect=shaped_personal(_quoted(column)),
    )


def _outside(column: Column) -> _Check:
    scale = 100 if column.type == "money_kr" else 1
    limits = []
    if column.minimum is not None:
        limits.append(f"{_quoted(column)} < {column.minimum * scale}")
    if column.maximum is not None:
        limits.append(f"{_quoted(column)} > {column.maximum * scale}")
    value = _quoted(column) if scale == 1 else f"{_quoted(column)} / {scale}"
    return _Check(
        column.file_name,
        "outside_limits",
        "error",
        f"({' or '.join(limits)})",
        lambda found: _outside_sentence(column, found),
        value,
    )


def _outside_sentence(column: Column, value: str) -> Message:
    if column.type == "share" and column.maximum == 1:
        return Message(
            "{header} är {value} men ska ligga mellan 0 och 1. Skriv 0,85 för 85 procent.",
            header=column.header,
            value=value,
        )
    if column.minimum is None or column.maximum is None:
        return Message(
            "{header} är {value} men får inte vara under {lowest}. Rätta värdet.",
            header=column.header,
            value=value,
            lowest=f"{column.minimum:g}",
        )
    return Message(
        "{header} är {value} men ska ligga mellan {lowest} och {highest}. Rätta värdet.",
        header=column.header,
        value=value,
        lowest=f"{column.minimum:g}",
        highest=f"{column.maximum:.12g}",
    )


def _implausible(column: Column, first: date, last: date) -> _Check:
    year = f"cast(substr(cast({_quoted(column)} as varchar), 1, 4) as integer)"
    if column.type == "period":
        broken = f"{year} not between {first.year} and {last.year}"
    else:
        # The end of the day in a datetime column is reached by comparing with the day after.
        broken = f"({_quoted(column)} < date '{first}' or {_quoted(column)} >= date '{last}' + interval 1 day)"
    return _Check(
        column.file_name,
        "implausible_date",
        "error",
        broken,
        lambda found: Message(
            "{header} hamnar år {year}, men ska ligga mellan {first} och {last}. Rätta årtalet; lämna slutdatum tomt "
            "när något gäller tills vidare.",
            header=column.header,
            year=found,
            first=first.year,
            last=last.year,
        ),
        f"year({_quoted(column)})" if column.type != "period" else year,
    )


def _unknown(column: Column) -> _Check:
    known = f"select id from known_{column.reference} where id is not null"
    return _Check(
        column.file_name,
        "unknown_reference",
        "error",
        # Nothing, not even an empty cell, is in an empty table.
        f"{_quoted(column)} is not null and {_quoted(column)} not in ({known})",
        lambda value: Message(
            "{value} i {header} finns inte i tabellen {table}. Rätta värdet, eller lägg till raden i {table}.",
            value=value,
            header=column.header,
            table=column.reference,
        ),
        _quoted(column),
        once_per_value=True,
    )


def _duplicates(con: duckdb.DuckDBPyConnection, table: Table) -> list[Finding]:
    """Return a finding per row whose key an earlier row of the delivery already has."""
    key = ", ".join(f'"{name}"' for name in table.key)
    (distinct, total) = con.execute(
        f"select (select count(*) from (select distinct {key} from rows)), (select count(*) from rows)"
    ).fetchone() or (0, 0)
    if distinct == total:
        return []
    parts = ", ".join(f"coalesce(cast(\"{name}\" as varchar), '')" for name in table.key)
    spots = con.execute(f"""
        with numbered as (
            select _file, _row, concat_ws(' · ', {parts}) as value,
                row_number() over same as number, first_value(_file) over same as file,
                first_value(_row) over same as row
            from rows window same as (partition by {key} order by _file, _row)
        )
        select _file, _row, value, file, row, count(*) over (partition by _file) from numbered where number > 1
        qualify row_number() over (partition by _file order by _row) <= {LISTED} order by _file, _row
    """).fetchall()
    firsts = {(spot[0], spot[1]): (spot[3], spot[4]) for spot in spots}
    column = ", ".join(table.column(name).file_name for name in table.key)
    found = [
        Finding(file, row, column, "duplicate_key", "error", _duplicate_sentence(shown(value), *firsts[file, row]))
        for file, row, value, *_ in spots
    ]
    more = listing(
        [Spot(*spot[:3]) for spot in spots],
        {spot[0]: spot[5] for spot in spots},
        column,
        "duplicate_key",
        "error",
        lambda value: Message("{value}", value=value),
    )
    return found + [item for item in more if item.row is None]


def _duplicate_sentence(value: str, file: str, row: int) -> Message:
    return Message(
        "{value} finns redan på rad {row} i {file}. Ta bort den ena raden, eller ge den ett eget id.",
        value=value,
        row=row,
        file=file,
    )


def _without_zone(table: Table) -> str:
    """Return SQL for the given rows with instants as plain UTC, which DuckDB compares without its time zones."""
    timed = [_quoted(column) for column in table.of_type(["datetime"])]
    plain = ", ".join(f"make_timestamp(epoch_us({name})) as {name}" for name in timed)
    return f"select * {f'replace ({plain})' if plain else ''} from given"


def _quoted(column: Column) -> str:
    return f'"{column.name}"'
