"""Rows that a delivery removes: whether they are there, and whether something still needs them.

A file or sheet whose name begins with ``delete_`` or ``ta_bort_`` before the table's holds keys of rows to remove.
"""

from collections.abc import Iterator
from typing import NamedTuple

import duckdb

from vardbalans.data.findings import LISTED, Finding, Severity, Spot, listing
from vardbalans.data.lake import Delivery, Lake
from vardbalans.data.memory import sql_over
from vardbalans.data.tables import TABLES, Table
from vardbalans.engine.messages import Message

__all__ = ["check_removals"]


class _Trouble(NamedTuple):
    """What can be wrong with a row to be removed."""

    code: str
    severity: Severity
    message: Message


_NOT_THERE = _Trouble(
    "nothing_to_remove",
    "warning",
    Message("Raden som ska tas bort finns inte i lagret. Kontrollera nyckeln, eller stryk raden ur filen."),
)
_ALSO_GIVEN = _Trouble(
    "removed_and_given",
    "error",
    Message("Samma rad både tas bort och läses in. Stryk den ur den ena filen."),
)


def check_removals(lake: Lake, delivery: Delivery) -> Iterator[Finding]:
    """Yield what is wrong with the removals of *delivery*: not there, given as well, or still referred to."""
    for name in delivery.gone:
        yield from _of_table(lake, delivery, TABLES[name])
        for other in TABLES.values():
            for column in other.columns:
                if column.reference == name and lake.files(other.name):
                    yield from _still_needed(lake, delivery, TABLES[name], other, column.name)


def _of_table(lake: Lake, delivery: Delivery, table: Table) -> Iterator[Finding]:
    same = _same_key(table, "g", "s")
    empty = table.schema().empty_table()
    given = delivery.rows[table.name].files if table.name in delivery.rows else ()
    with sql_over(gone=delivery.gone[table.name], stored=lake.files(table.name) or empty, given=given or empty) as con:
        for join, trouble in (("anti join stored", _NOT_THERE), ("semi join given", _ALSO_GIVEN)):
            yield from _listed(con, f"select g._file, g._row from gone g {join} s on {same}", table, trouble)


def _still_needed(lake: Lake, delivery: Delivery, table: Table, other: Table, column: str) -> list[Finding]:
    """Return a finding per removed row that a stored row of *other*, which stays as it is, refers to by *column*."""
    empty = other.schema().empty_table()
    given = delivery.rows[other.name].files if other.name in delivery.rows else ()
    leaving = delivery.gone.get(other.name, empty)
    needed = f"""
        select distinct g._file, g._row from gone g join stored s on s."{column}" = g."{table.key[0]}"
        where not exists (select 1 from leaving l where {_same_key(other, "s", "l")})
            and not exists (select 1 from given l where {_same_key(other, "s", "l")})
    """
    trouble = _Trouble(
        "still_needed",
        "error",
        Message(
            "Raden kan inte tas bort: tabellen {table} hänvisar till den. Ta bort eller rätta de raderna först.",
            table=other.title,
        ),
    )
    with sql_over(
        gone=delivery.gone[table.name], stored=lake.files(other.name), leaving=leaving, given=given or empty
    ) as con:
        return _listed(con, needed, table, trouble)


def _same_key(table: Table, left: str, right: str) -> str:
    return " and ".join(f'{left}."{name}" is not distinct from {right}."{name}"' for name in table.key)


def _listed(con: duckdb.DuckDBPyConnection, query: str, table: Table, trouble: _Trouble) -> list[Finding]:
    """Return a finding per row that *query* picks, capped per file."""
    rows = con.sql(f"""
        select _file, _row, count(*) over (partition by _file) from ({query})
        qualify row_number() over (partition by _file order by _row) <= {LISTED} order by _file, _row
    """).fetchall()
    column = ", ".join(table.column(name).file_name for name in table.key)
    return listing(
        [Spot(file, row) for file, row, _ in rows],
        {file: total for file, _, total in rows},
        column,
        trouble.code,
        trouble.severity,
        lambda _: trouble.message,
    )
