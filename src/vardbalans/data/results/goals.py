"""The goal tree of a run as a table: one row per unit and indicator, each unit after its parent."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

__all__ = ["goals_table"]

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("unit_id", "unit_name", "level", "parent_id")),
        ("depth", pa.int64()),
        ("indicator", pa.string()),
        *((name, pa.float64()) for name in ("own", "part", "whole", "value", "target")),
        *((name, pa.string()) for name in ("direction", "status")),
    ]
)


def goals_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return *rows* of :func:`~vardbalans.data.goals_run.goal_rows` as they are stored."""
    return pa.Table.from_pylist(list(rows), schema=_SCHEMA)
