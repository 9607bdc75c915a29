"""Where the rows of a delivery wait until all of it is read: tables in DuckDB, on disk what memory does not hold."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from vardbalans.data.read.cells import LOCAL_ZONE
from vardbalans.data.read.fhir.rows import STAGED, schema_of

__all__ = ["Staging", "opened"]

_BUFFERED = 20_000
_HANDING_OVER = "100MB"
_SETTINGS = {
    # A second thread would need as much memory again.
    "memory_limit": "300MB",
    "threads": 1,
    "preserve_insertion_order": False,
    "enable_progress_bar": False,
    # Or the tables, which are read once or twice, would be packed again and again while they grow.
    "wal_autocheckpoint": "1TB",
}


class Staging:
    """Rows by kind in the schema ``staged``; what is made of them stands in the schema ``made``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._buffers: dict[str, list[pa.Table]] = defaultdict(list)
        connection.execute("create schema staged; create schema made")
        for kind, name in STAGED.items():
            self.create(f"staged.{name}", schema_of(kind))

    def add(self, name: str, rows: pa.Table) -> None:
        """Stage *rows* in the table *name*."""
        buffer = self._buffers[name]
        buffer.append(rows)
        if sum(part.num_rows for part in buffer) >= _BUFFERED:
            self._flush(name)

    def flush(self) -> None:
        """Stage what is still buffered."""
        for name in list(self._buffers):
            self._flush(name)

    def create(self, name: str, schema: pa.Schema, rows: Iterable[Sequence[Any]] = ()) -> None:
        """Make the table *name* with *rows*."""
        self.connection.register("incoming", _table(schema, list(rows)))
        self.connection.execute(f"create table {name} as from incoming")
        self.connection.unregister("incoming")

    def run(self, script: str) -> None:
        """Run ``<script>.sql``."""
        self.connection.execute(files(__package__).joinpath(f"{script}.sql").read_text(encoding="utf-8"))

    def keep_only(self, tables: Collection[str]) -> None:
        """Forget all but what was made of *tables*, and need less memory: what is left is only handed over."""
        made = self.connection.execute("select table_name from duckdb_tables() where schema_name = 'made'").fetchall()
        for (name,) in made:
            if name not in tables:
                self.connection.execute(f"drop table made.{name}")
        self.connection.execute("drop schema staged cascade")
        self.connection.execute(f"set memory_limit = '{_HANDING_OVER}'")

    def _flush(self, name: str) -> None:
        if parts := self._buffers.pop(name, []):
            self.connection.register("incoming", pa.concat_tables(parts))
            self.connection.execute(f"insert into staged.{name} from incoming")
            self.connection.unregister("incoming")


@contextmanager
def opened() -> Iterator[Staging]:
    """Give an empty staging. What it has on disk is readable by its owner only, and removed afterwards."""
    with TemporaryDirectory(prefix="vardbalans-") as folder, duckdb.connect() as connection:
        for name, value in {**_SETTINGS, "temp_directory": folder, "TimeZone": LOCAL_ZONE}.items():
            connection.execute(f"set {name} = '{value}'")
        yield Staging(connection)


def _table(schema: pa.Schema, rows: list[Any]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    return pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
