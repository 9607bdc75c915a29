"""SQL over Arrow tables in memory, without a database."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

__all__ = ["sql_over"]


@contextmanager
def sql_over(**tables: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a DuckDB connection in which each Arrow table can be queried by its name; closed afterwards."""
    with duckdb.connect() as con:
        # Long queries would draw a progress bar on stdout, where only the command's answer may be.
        con.execute("set enable_progress_bar = false")
        for name, table in tables.items():
            con.register(name, table)
        yield con
