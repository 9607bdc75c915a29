"""Where the rows of a delivery wait until all of it has been read: tables in DuckDB, on disk when they are large."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from vardbalans.data.read.cells import LOCAL_ZONE
from vardbalans.data.read.fhir.rows import STAGED, MoveRow, Row

__all__ = ["Staging", "opened"]

_BUFFERED = 20_000
# A second thread would need as much memory again, and the reading itself has only one.
_SETTINGS = {"memory_limit": "300MB", "threads": 1, "preserve_insertion_order": False, "enable_progress_bar": False}


class Staging:
    """Rows by kind in the schema ``staged``; what is made of them stands in the schema ``made``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._buffers: dict[type[Row], list[tuple[Any, ...]]] = {kind: [] for kind in STAGED}
        connection.execute("create schema staged; create schema made")
        for kind, name in STAGED.items():
            self.create(f"staged.{name}", _schema(kind))

    def add(self, file: int, row: int, kept: Row) -> None:
        """Stage *kept*, which stands at *row* of the file numbered *file*."""
        buffer = self._buffers[type(kept)]
        buffer.append((file, row, *kept))
        if len(buffer) >= _BUFFERED:
            self._flush(type(kept))

    def flush(self) -> None:
        """Stage what is still buffered."""
        for kind in STAGED:
            self._flush(kind)

    def create(self, name: str, schema: pa.Schema, rows: Iterable[Sequence[Any]] = ()) -> None:
        """Make the table *name* with *rows*."""
        self.connection.register("incoming", _table(schema, list(rows)))
        self.connection.execute(f"create table {name} as from incoming")
        self.connection.unregister("incoming")

    def run(self, script: str) -> None:
        """Run ``<script>.sql``."""
        self.connection.execute(files(__package__).joinpath(f"{script}.sql").read_text(encoding="utf-8"))

    def _flush(self, kind: type[Row]) -> None:
        rows = self._buffers[kind]
        if rows:
            self.connection.register("incoming", _table(_schema(kind), rows))
            self.connection.execute(f"insert into staged.{STAGED[kind]} from incoming")
            self.connection.unregister("incoming")
            rows.clear()


@contextmanager
def opened(*, on_disk: bool) -> Iterator[Staging]:
    """Give an empty staging. What it has on disk is readable by its owner only, and removed afterwards.

    Tables *on_disk* take some tenths of a second more to make, but far less memory.
    """
    with TemporaryDirectory(prefix="vardbalans-") as folder:
        place = str(Path(folder, "rows.duckdb")) if on_disk else ":memory:"
        with duckdb.connect(place) as connection:
            for name, value in {**_SETTINGS, "temp_directory": folder, "TimeZone": LOCAL_ZONE}.items():
                connection.execute(f"set {name} = '{value}'")
            yield Staging(connection)


def _schema(kind: type[Row]) -> pa.Schema:
    numbers = {"number"} if kind is MoveRow else set()
    columns = [(name, pa.int32() if name in numbers else pa.string()) for name in kind._fields]
    return pa.schema([("file", pa.int32()), ("row", pa.int64()), *columns])


def _table(schema: pa.Schema, rows: list[Any]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    return pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
