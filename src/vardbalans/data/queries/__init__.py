"""Questions to the lake, one plain SQL file each; DuckDB answers them over the views of a data version."""

from importlib.resources import files

import duckdb
import pyarrow as pa

__all__ = ["ask"]


def ask(connection: duckdb.DuckDBPyConnection, question: str, **values: object) -> pa.Table:
    """Run ``<question>.sql`` with *values* bound by name and return the rows."""
    text = files(__package__).joinpath(f"{question}.sql").read_text(encoding="utf-8")
    return connection.sql(text, params=values).to_arrow_table()
