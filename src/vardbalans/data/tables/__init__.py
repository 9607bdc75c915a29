"""The data contract: every table and column that can be brought in, declared once.

Templates, checks, reference pages and the demo region are made from :data:`TABLES`. A table is matched to a file
by its name or its Swedish title; a table that is absent switches off what needs it (:func:`absent_sentences`).
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from vardbalans.data.tables import capacity, care, economy, foundation, improving, planning, series, steering
from vardbalans.data.tables.contract import GROUPS, ORIGIN, Column, Table, Type
from vardbalans.engine.messages import Message

__all__ = ["GROUPS", "ORIGIN", "TABLES", "Column", "Table", "Type", "absent_sentences"]

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for room in (foundation, capacity, planning, care, series, economy, steering, improving)
        for table in room.TABLES
    }
)
"""Every table of the contract by name; referred tables come before those that refer to them where possible."""


def absent_sentences(present: Collection[str], wanted: Iterable[str] = tuple(TABLES)) -> tuple[Message, ...]:
    """Return one sentence per table of *wanted* that is not among the names *present*: what is off without it."""
    return tuple(TABLES[name].needed_for for name in wanted if name not in present)
