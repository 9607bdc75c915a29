"""SQL over Arrow tables in memory and Parquet files on disk, without a database."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import TypeAlias
from uuid import uuid4

import duckdb
import pyarrow as pa

__all__ = ["Rows", "give_back", "sql_over"]

Rows: TypeAlias = pa.Table | Sequence[str]
"""Rows in memory, or the Parquet files (one at least) that hold them."""

_MEMORY = "512MB"


class _Here(threading.local):
    database: duckdb.DuckDBPyConnection | None = None


_here = _Here()
"""Each thread keeps a DuckDB of its own: starting one takes longer than most questions to it."""


@contextmanager
def sql_over(*, threads: int | None = None, **tables: Rows) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a DuckDB connection in which each table can be queried by its name; closed afterwards.

    It keeps within a limit of memory, beyond which it spills to a temporary folder. *threads* is one where rows must
    come back in the order they were given: several may hand over their parts in another. What is created on the
    connection must be temporary, for others follow on the same DuckDB.
    """
    with _connection(small=all(isinstance(rows, pa.Table) for rows in tables.values())) as con:
        con.execute("reset threads" if threads is None else f"set threads = {threads}")
        for name, rows in tables.items():
            if isinstance(rows, pa.Table):
                con.register(name, rows)
            else:
                files = ", ".join("'" + str(file).replace("'", "''") + "'" for file in rows)
                con.execute(f'create temp view "{name}" as select * from read_parquet([{files}])')
        yield con


def give_back() -> None:
    """Give back the memory that Arrow keeps for rows to come, after many have passed."""
    pa.default_memory_pool().release_unused()


def _connection(*, small: bool) -> duckdb.DuckDBPyConnection:
    if not small:
        return _started()  # what it took is given back when it is closed
    if _here.database is None:
        _here.database = _started()
    return _here.database.cursor()


def _started() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    # Long queries would draw a progress bar on stdout, where only the command's answer may be.
    con.execute("set enable_progress_bar = false")
    con.execute(f"set memory_limit = '{_MEMORY}'")
    # DuckDB makes the folder when it spills, and removes it.
    con.execute(f"set temp_directory = '{Path(gettempdir()) / f'vardbalans-{uuid4().hex}'}'")
    return con
