"""Files that stay: flushed to disk, moved in place whole, written by one process at a time."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from vardbalans.data.sources import SourceFile

__all__ = ["exclusive", "fingerprint_of", "flush", "install", "keep_original", "staging"]

_CHUNK_BYTES = 1 << 20


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the one writer's place; others wait. The kernel frees it when the process dies, however it dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty *folder* for files in the making; remove it after. Call only while holding the lock.

    What a killed process left in it is removed first: nothing refers to a staged file.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def flush(*paths: Path) -> None:
    """Wait until each file or folder is on disk."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def install(staged: Path, target: Path) -> None:
    """Move a *staged* file to *target*, whole and on disk before it gets its name."""
    made = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    flush(staged)
    staged.replace(target)
    flush(target.parent, *(folder.parent for folder in made))


def keep_original(source: Path, originals: Path, folder: Path) -> SourceFile:
    """Copy *source* to ``originals/<sha256>/<name>`` by way of the staging *folder*."""
    staged, digest, size = folder / uuid4().hex, hashlib.sha256(), 0
    with source.open("rb") as reading, staged.open("wb") as writing:
        while chunk := reading.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += writing.write(chunk)
    install(staged, originals / digest.hexdigest() / source.name)
    return SourceFile(source.name, digest.hexdigest(), size)


def fingerprint_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    with path.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()
