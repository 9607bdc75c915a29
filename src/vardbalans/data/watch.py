"""A folder that sources write to, looked at again and again."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from vardbalans.data.intake import delivered

__all__ = ["arrivals"]

_Seen = dict[Path, tuple[int, int]]


def arrivals(
    folder: Path, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[tuple[Path, ...] | None]:
    """Yield the files of *folder* when some are new or changed and none changed since the look before; else None.

    One look every *seconds*: a file that is still being written is left until it has come to rest. The first look
    finds all files new: what is already stored changes nothing. Raises NoSuchPath.
    """
    imported: _Seen = {}
    before: _Seen | None = None
    while True:
        now = _seen(folder)
        if now and now != imported and now == before:
            yield tuple(now)
            imported = now
        else:
            yield None
        before = now
        sleep(seconds)


def _seen(folder: Path) -> _Seen:
    found = {}
    for path in delivered([folder]):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue  # moved away between the listing and the look
        found[path] = (state.st_size, state.st_mtime_ns)
    return found
