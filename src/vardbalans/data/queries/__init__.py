"""Questions to the lake, one plain SQL file each; DuckDB answers them over the views of a data version."""

from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

__all__ = ["ask", "keep", "quoted", "text_of"]


def ask(connection: duckdb.DuckDBPyConnection, question: str, **values: object) -> pa.Table:
    """Run ``<question>.sql`` with *values* bound by name and return the rows."""
    return connection.sql(text_of(question), params=values).to_arrow_table()


def keep(connection: duckdb.DuckDBPyConnection, question: str, table: str, **values: object) -> None:
    """Run ``<question>.sql`` with *values* bound by name and keep the rows on the connection as temporary *table*."""
    connection.execute(f"create or replace temp table {table} as {text_of(question)}", values)


def text_of(question: str) -> str:
    """Return the SQL of a question."""
    return files(__package__).joinpath(f"{question}.sql").read_text(encoding="utf-8")


def quoted(path: Path) -> str:
    """Return *path* as it stands between the quotes of SQL, for statements that take no values."""
    return str(path).replace("'", "''")
