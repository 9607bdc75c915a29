"""One Delta table in a folder: its data files at a version, and commits that add and remove files.

The Parquet files are written and flushed by us before the Delta commit names them, so a commit that survives a
power cut never names a file that did not. Commits are never retried on top of someone else's.
"""

import json
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.transaction import AddAction, RemoveAction

from vardbalans.data.lake.durable import flush

__all__ = ["Identity", "commit_files", "data_files", "identity", "mend", "newest_entry", "open_at"]

Identity = tuple[str, int, int]
"""What tells a file from every other that has had its name: the name, its inode, and when it was written."""

_ONCE = CommitProperties(max_commit_retries=0)
# A checkpoint is written after its commit, unflushed; a torn one would hide good commits. Logs are small: do without.
_BARE = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_KEEP_ALL = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}


def open_at(folder: Path, schema: pa.Schema, version: int | None) -> DeltaTable:
    """Return the table in *folder* with its head showing what it showed at *version* (None: no rows at all).

    What a crash left behind the version is set aside by a restore. The table is made where absent, and columns
    that *schema* has gained are added. Call only while holding the lock.
    """
    mend(folder)
    if DeltaTable.is_deltatable(str(folder)):
        table = DeltaTable(folder)
    else:
        table = DeltaTable.create(folder, schema, configuration=_KEEP_ALL, commit_properties=_ONCE)
        flush(folder, folder.parent)
    referenced = version or 0
    if table.version() != referenced:
        table.restore(referenced, commit_properties=_ONCE, post_commithook_properties=_BARE)
        table = DeltaTable(folder)
    return _with_columns(table, folder, schema)


def _with_columns(table: DeltaTable, folder: Path, schema: pa.Schema) -> DeltaTable:
    known = {field.name for field in table.schema().fields}
    gained = [field for field in Schema.from_arrow(schema).fields if field.name not in known]
    if not gained:
        return table
    table.alter.add_columns(gained, commit_properties=_ONCE, post_commithook_properties=_BARE)
    return DeltaTable(folder)


def commit_files(table: DeltaTable, folder: Path, added: Sequence[str], removed: Sequence[str] = ()) -> int:
    """Commit data files already in *folder* (by name) and return the Delta version, flushed."""
    actions: list[AddAction | RemoveAction] = [_add(folder / name) for name in added]
    actions += [RemoveAction(name, True, int(time.time() * 1000)) for name in removed]
    table.create_write_transaction(
        actions, "append", table.schema(), commit_properties=_ONCE, post_commithook_properties=_BARE
    )
    table.update_incremental()
    flush(*_logs(folder), folder / "_delta_log")
    return table.version()


def _add(path: Path) -> AddAction:
    stat = path.stat()
    stats = json.dumps({"numRecords": pq.read_metadata(path).num_rows})
    return AddAction(path.name, stat.st_size, {}, int(stat.st_mtime * 1000), True, stats)


def data_files(folder: Path, version: int | None = None) -> tuple[str, ...]:
    """Return the paths of the data files at *version* (the head where None), in a fixed order."""
    if version is None:
        return _paths(folder, DeltaTable(folder))
    return _files_at(folder, version, identity(folder / "_delta_log" / f"{version:020d}.json"))


@lru_cache(maxsize=1024)
def _files_at(folder: Path, version: int, _identity: Identity) -> tuple[str, ...]:
    # A committed version never changes; the log file's identity tells a store that was deleted and made anew.
    return _paths(folder, DeltaTable(folder, version=version))


def _paths(folder: Path, table: DeltaTable) -> tuple[str, ...]:
    # file_uris percent-encodes the folder; our own files are flat and plainly named.
    return tuple(sorted(str(folder / uri.rsplit("/", 1)[-1]) for uri in table.file_uris()))


def mend(folder: Path) -> None:
    """Remove a last log entry that a power cut left torn. A live writer never shows one: entries appear whole."""
    for log in reversed(list(_logs(folder))):
        if not _is_torn(log):
            return
        log.unlink()


def newest_entry(folder: Path) -> Identity | None:
    """Return what tells the newest entry of the log from every other; None where there is none."""
    newest = max(_logs(folder), default=None)
    return None if newest is None else identity(newest)


def identity(path: Path) -> Identity:
    """Return what tells the file at *path* from every other."""
    stat = path.stat()
    return path.name, stat.st_ino, stat.st_mtime_ns


def _logs(folder: Path) -> Iterator[Path]:
    return iter(sorted((folder / "_delta_log").glob("[0-9]*.json")))


def _is_torn(log: Path) -> bool:
    lines = log.read_bytes().splitlines()
    try:
        return not [json.loads(line) for line in lines]
    except ValueError:
        return True
