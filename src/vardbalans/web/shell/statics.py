"""Static files at addresses that change with their content, so that a browser may keep them for long."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage

__all__ = ["MarkedStatics"]


class MarkedStatics(StaticFilesStorage):
    """Adds ``?v=`` and a mark of the file's content to its address."""

    def url(self, name: str | None) -> str:
        """Return the address of *name* with its mark; the plain address when the file is not there."""
        path = finders.find(name) if name else None
        return f"{super().url(name)}?v={_mark(path, Path(path).stat().st_mtime_ns)}" if path else super().url(name)


@lru_cache(maxsize=64)
def _mark(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
