"""The lake: versioned fact tables, where one import is one commit over all its tables.

:class:`Lake` is the way in. The design and what it promises: ``docs/explanation/lake.md``.
"""

from vardbalans.data.lake.changes import Difference
from vardbalans.data.lake.delivery import Delivery, RowFiles
from vardbalans.data.lake.errors import (
    DuplicateKeys,
    FileChanged,
    HeadMoved,
    NothingToStore,
    UnfitRows,
    UnknownName,
    UnknownOriginal,
    UnknownVersion,
)
from vardbalans.data.lake.months import MonthTotal
from vardbalans.data.lake.store import ANY_HEAD, Lake, Mismatch, SourceRows
from vardbalans.data.lake.versions import TableVersion, Version
from vardbalans.data.sources import SourceFile

__all__ = [
    "ANY_HEAD",
    "Delivery",
    "Difference",
    "DuplicateKeys",
    "FileChanged",
    "HeadMoved",
    "Lake",
    "Mismatch",
    "MonthTotal",
    "NothingToStore",
    "RowFiles",
    "SourceFile",
    "SourceRows",
    "TableVersion",
    "UnfitRows",
    "UnknownName",
    "UnknownOriginal",
    "UnknownVersion",
    "Version",
]
