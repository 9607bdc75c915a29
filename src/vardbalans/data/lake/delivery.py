"""Rows on their way into the lake: typed, checked and compared on disk, so that no delivery is too large for memory.

A delivery's files have the form of the lake's own data files: where every row is new they are taken as they are.
"""

import fcntl
import os
import shutil
import weakref
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from vardbalans.data.lake.changes import Change, conformed
from vardbalans.data.tables import TABLES

__all__ = ["Delivery", "RowFiles"]

_GROUP_ROWS = 100_000
_FILE_BYTES = 32 << 20


class RowFiles:
    """Rows of one form, gathered and written as Parquet files in *folder*."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.count = 0
        self.files: list[str] = []
        self._folder = folder
        self._pending: list[pa.Table] = []
        self._waiting = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Take in *rows* (of the schema)."""
        self.count += rows.num_rows
        self._waiting += rows.num_rows
        self._pending.append(rows)
        if self._waiting >= _GROUP_ROWS:
            self._write()

    def finish(self) -> None:
        """Write what waits and end the last file."""
        if self._waiting:
            self._write()
        self._end_file()

    def _write(self) -> None:
        if self._writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.files.append(str(self._folder / f"{len(self.files):06d}.parquet"))
            self._writer = pq.ParquetWriter(self.files[-1], self.schema, compression="zstd", **_encodings(self.schema))
        self._writer.write_table(pa.concat_tables(self._pending))
        self._pending, self._waiting = [], 0
        if Path(self.files[-1]).stat().st_size >= _FILE_BYTES:
            self._end_file()

    def _end_file(self) -> None:
        if self._writer:
            self._writer.close()
            self._writer = None


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """Return how columns are best written: numbers and instants as steps, ids as they are, all else by dictionary."""
    stepped = [field.name for field in schema if pa.types.is_int64(field.type) or pa.types.is_timestamp(field.type)]
    ids = {field.name for field in schema if field.name.endswith(("_id", "_key"))}
    return {
        "use_dictionary": [name for name in schema.names if name not in {*stepped, *ids}],
        "column_encoding": dict.fromkeys(stepped, "DELTA_BINARY_PACKED"),
        "write_statistics": stepped,  # least and largest help a query by time to skip; for texts they tell little
    }


class Delivery:
    """All rows of a delivery, in a folder of its own under *parent* that goes when the delivery does.

    ``rows`` holds new and corrected rows per table, ``gone`` keys of rows to be removed. *changes* is what they would
    change in version *base* (None: an empty store), once the lake has compared them.
    """

    def __init__(self, parent: Path) -> None:
        _remove_abandoned(parent)
        self.folder = parent / uuid4().hex
        self.folder.mkdir(parents=True)
        held = _hold(self.folder)
        self.close = weakref.finalize(self, _remove, self.folder, held)
        self.rows: dict[str, RowFiles] = {}
        self.gone: dict[str, pa.Table] = {}
        self.gone_files: dict[str, str] = {}
        self.changes: Mapping[str, Change] | None = None
        self.base: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.close()

    def add(self, table: str, rows: pa.Table) -> None:
        """Take in *rows* of *table* (registry schema). Raises UnfitRows."""
        if table not in self.rows:
            self.rows[table] = RowFiles(self.folder / table, TABLES[table].schema())
        self.rows[table].add(conformed(TABLES[table], rows))

    def remove(self, table: str, rows: pa.Table) -> None:
        """Take in rows whose keys are to be removed from *table*."""
        earlier = [self.gone[table]] if table in self.gone else []
        self.gone[table] = pa.concat_tables([*earlier, rows])

    def finish(self) -> None:
        """End all files; nothing more can be taken in."""
        for rows in self.rows.values():
            rows.finish()
        for name, keys in self.gone.items():
            self.gone_files[name] = str(self.folder / f"gone_{name}.parquet")
            pq.write_table(keys, self.gone_files[name])

    @property
    def tables(self) -> Sequence[str]:
        """Return the tables the delivery says something of, in the contract's order."""
        return [name for name in TABLES if name in self.rows or name in self.gone]

    def counts(self) -> dict[str, int]:
        """Return the number of delivered rows per table, removals included."""
        found: dict[str, int] = defaultdict(int)
        for name in self.tables:
            found[name] += self.rows[name].count if name in self.rows else 0
            found[name] += len(self.gone[name]) if name in self.gone else 0
        return dict(found)


def _hold(folder: Path) -> int:
    """Return a handle that is locked as long as the process lives, so that the folder is known to be in use."""
    handle = os.open(folder / ".held", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _remove(folder: Path, handle: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


def _remove_abandoned(parent: Path) -> None:
    """Remove the deliveries of processes that died."""
    for folder in parent.iterdir() if parent.is_dir() else ():
        try:
            handle = os.open(folder / ".held", os.O_RDWR)
        except OSError:
            continue  # being made, or being removed, by another process
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        _remove(folder, handle)
