"""Versions of the store: one row in one Delta table points at every fact table's Delta version.

That row is the moment of truth of an import. Readers resolve everything through it, so a fact table that was
written by an import which then died is never seen.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from vardbalans.data.lake.content import Content
from vardbalans.data.lake.delta import Identity, commit_files, data_files, identity, mend, newest_entry, open_at
from vardbalans.data.lake.durable import install
from vardbalans.data.sources import SourceFile

__all__ = ["Pointer", "TableVersion", "Version"]

_SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("by", pa.string()),
        ("parent", pa.int64()),
        ("fingerprint", pa.string()),
        ("tables", pa.string()),
        ("files", pa.string()),
    ]
)


@dataclass(frozen=True)
class TableVersion:
    """A fact table in one version: which Delta version, how many rows, and their fingerprint."""

    delta_version: int
    rows: int
    fingerprint: str

    @property
    def content(self) -> Content:
        """Return what the rows say, as a number that others can be added to and subtracted from."""
        return Content.parse(self.rows, self.fingerprint)


@dataclass(frozen=True)
class Version:
    """One version of the store.

    *files* are those this version was imported from; *kept* the sha256 of those whose original is in the store.
    """

    number: int
    at: datetime
    by: str
    parent: int | None
    fingerprint: str
    tables: Mapping[str, TableVersion]
    files: tuple[SourceFile, ...] = ()
    kept: frozenset[str] = field(default=frozenset(), repr=False)


class Pointer:
    """The Delta table of versions in *folder*. Each version is a data file of one row, named by its number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self) -> dict[int, Path]:
        """Return number → data file of every committed version, oldest first."""
        return dict(_paths_at(self.folder, newest_entry(self.folder)))

    def append(self, version: Version, staged: Path) -> None:
        """Commit *version*, by way of a file at *staged*. When this returns the version is on disk."""
        table = open_at(self.folder, _SCHEMA, self._head_delta_version())
        pq.write_table(pa.Table.from_pylist([_row(version)], _SCHEMA), staged)
        path = self.folder / f"{version.number:012d}.parquet"
        install(staged, path)
        commit_files(table, self.folder, [path.name])

    def _head_delta_version(self) -> int | None:
        # The pointer is its own truth: nothing refers to an older state of it, so there is nothing to restore.
        mend(self.folder)
        return DeltaTable(self.folder).version() if DeltaTable.is_deltatable(str(self.folder)) else None


@lru_cache(maxsize=8)
def _paths_at(folder: Path, _entry: Identity | None) -> Mapping[int, Path]:
    # The log is only added to, so its newest entry tells all of it. A page asks for the head many times a second.
    mend(folder)
    if not DeltaTable.is_deltatable(str(folder)):
        return {}
    return {int(path.stem): path for path in map(Path, data_files(folder))}


def read_version(path: Path) -> Version:
    """Return the version stored in the data file at *path*."""
    return _version_in(path, identity(path))


@lru_cache(maxsize=64)
def _version_in(path: Path, _identity: Identity) -> Version:
    # A version never changes; the file's identity tells a store that was deleted and made anew.
    row = pq.ParquetFile(path).read().to_pylist()[0]
    tables = {name: TableVersion(**value) for name, value in json.loads(row["tables"]).items()}
    entries = json.loads(row["files"])
    return Version(
        row["number"],
        row["at"],
        row["by"],
        row["parent"],
        row["fingerprint"],
        MappingProxyType(tables),
        tuple(SourceFile(entry["name"], entry["sha256"], entry["size"]) for entry in entries),
        frozenset(entry["sha256"] for entry in entries if entry["kept"]),
    )


def _row(version: Version) -> dict[str, object]:
    files = [asdict(file) | {"kept": file.sha256 in version.kept} for file in version.files]
    tables = {name: asdict(table) for name, table in sorted(version.tables.items())}
    return {
        "number": version.number,
        "at": version.at,
        "by": version.by,
        "parent": version.parent,
        "fingerprint": version.fingerprint,
        "tables": json.dumps(tables),
        "files": json.dumps(files),
    }
