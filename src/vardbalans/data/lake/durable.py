"""Files that stay: flushed to disk, moved in place whole, written by one process at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["exclusive", "flush", "install", "staging"]


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
