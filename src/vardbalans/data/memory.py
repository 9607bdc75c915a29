"""SQL over Arrow tables in memory and Parquet files on disk, without a database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import duckdb
import pyarrow as pa

__all__ = ["Rows", "sql_over"]

Rows: TypeAlias = pa.Table | Sequence[str]
"""Rows in memory, or the Parquet files (one at least) that hold them."""

_MEMORY = "512MB"


@contextmanager
def sql_over(**tables: Rows) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a DuckDB connection in which each table can be queried by its name; closed afterwards.

    It keeps within a limit of memory, beyond which it spills to a temporary folder.
    """
    with TemporaryDirectory(prefix="vardbalans-") as spill, duckdb.connect() as con:
        # Long queries would draw a progress bar on stdout, where only the command's answer may be.
        con.execute("set enable_progress_bar = false")
        con.execute(f"set memory_limit = '{_MEMORY}'")
        con.execute(f"set temp_directory = '{Path(spill) / 'duckdb'}'")
        for name, rows in tables.items():
            if isinstance(rows, pa.Table):
                con.register(name, rows)
            else:
                files = ", ".join("'" + str(file).replace("'", "''") + "'" for file in rows)
                con.execute(f'create view "{name}" as select * from read_parquet([{files}])')
        yield con
