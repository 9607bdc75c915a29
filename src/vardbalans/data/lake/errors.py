"""What the lake refuses.

::

    BadInput
    ├── FileChanged      a file is not the one that was read
    ├── HeadMoved        someone else committed since the preview was made
    ├── DuplicateKeys    the same key twice in one delivery
    ├── NothingToStore   no rows, and no version to answer with
    ├── UnfitRows        columns or types are not those of the table
    ├── UnknownName      no such table or column
    ├── UnknownOriginal  no such original is kept
    └── UnknownVersion   no such version
"""

from typing import Self

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = [
    "DuplicateKeys",
    "FileChanged",
    "HeadMoved",
    "NothingToStore",
    "UnfitRows",
    "UnknownName",
    "UnknownOriginal",
    "UnknownVersion",
]


class FileChanged(BadInput):
    """A file was changed after it was read: between preview and commit, say."""

    @classmethod
    def since_preview(cls, file: str) -> Self:
        """Return the error that names *file*."""
        return cls(Message("{file} har ändrats sedan förhandsgranskningen. Förhandsgranska igen.", file=file))


class HeadMoved(BadInput):
    """Someone else committed a version since the caller looked."""


class DuplicateKeys(BadInput):
    """The same key stands twice in one delivery, so it is unclear which row holds."""


class NothingToStore(BadInput):
    """The delivery has no rows and the store has no version yet."""


class UnfitRows(BadInput):
    """Rows handed in do not have the columns or types the table declares."""


class UnknownName(BadInput):
    """A table or column that the data contract does not know."""


class UnknownOriginal(BadInput):
    """No original with this sha256 or name is kept."""


class UnknownVersion(BadInput):
    """A version number that was never committed."""
