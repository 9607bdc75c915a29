"""What is judged, as a DuckDB connection: a stored version, or a delivery that is only looked at.

The tables are views by name; ``before.<table>`` are the store's rows as they were before, where there are any.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import duckdb

from vardbalans.data.lake import Delivery, Lake
from vardbalans.data.tables import TABLES

__all__ = ["delivered", "present", "stored"]

MEMORY = "600MB"
"""DuckDB's share of the gigabyte that judging may take; beyond it it spills to disk."""

_THREADS = 2


@contextmanager
def stored(lake: Lake, version: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to *version* with the version it was made from as ``before``. Raises UnknownVersion."""
    at = lake.version(version)
    with closing(lake.connect(version, memory_limit=MEMORY, threads=_THREADS)) as con:
        if at.parent is not None:
            _before(con, lake, at.parent)
        yield con


@contextmanager
def delivered(lake: Lake, delivery: Delivery) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to the rows of *delivery* (finished) with the store's newest version as ``before``.

    Tables that the delivery leaves out are those of the store, so that what was delivered is seen against them.
    """
    head = lake.head()
    with closing(lake.connect(memory_limit=MEMORY, threads=_THREADS)) as con:
        for name, rows in delivery.rows.items():
            if rows.files:
                con.execute(f'create or replace view "{name}" as {_rows_of(rows.files)}')
        if head is not None:
            _before(con, lake, head.number)
        yield con


def present(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the tables of the contract that *con* has, those of the store as it was with ``before.`` before them."""
    found = con.execute("select table_schema, table_name from information_schema.tables").fetchall()
    known = [(schema, name) for schema, name in found if name in TABLES]
    return frozenset(name if schema == "main" else f"{schema}.{name}" for schema, name in known)


def _before(con: duckdb.DuckDBPyConnection, lake: Lake, version: int) -> None:
    con.execute("create schema before")
    for name in lake.version(version).tables:
        con.execute(f'create view before."{name}" as {_rows_of(lake.files(name, version))}')


def _rows_of(files: Sequence[str]) -> str:
    names = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"select * from read_parquet([{names}], union_by_name = true)"
