"""Which file something came from."""

from dataclasses import dataclass

__all__ = ["SourceFile"]


@dataclass(frozen=True)
class SourceFile:
    """An original file: its *name* without folder, *sha256* of its bytes in hex, *size* in bytes."""

    name: str
    sha256: str
    size: int
