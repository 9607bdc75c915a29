"""The counted beds of a run as a table: one row per unit and category, with its history and the year ahead."""

import json
from contextlib import closing
from datetime import date
from typing import Any

import pyarrow as pa

from vardbalans.data.bed_counts_run import counted_rows
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.rules import small_numbers_on

__all__ = ["bed_counts_table"]

_HORIZON = 12
_SCHEMA = pa.schema([("unit_id", pa.string()), ("category", pa.string()), ("told", pa.string())])


def bed_counts_table(lake: Lake, head: Version, day: date) -> pa.Table | None:
    """Return what :func:`~vardbalans.data.bed_counts_run.counted_rows` tells; None for a version without counts.

    Few who lie elsewhere, by the rule of *day*, are not told: ``is_quiet``.
    """
    if "bed_counts" not in head.tables:
        return None
    with closing(lake.connect(head.number)) as connection:
        rows, _ = counted_rows(connection, set(head.tables), _HORIZON)
        below = small_numbers_on(connection, set(head.tables), day)["inside"]
    return pa.Table.from_pylist([_row(row, below) for row in rows if row["unit_id"]], _SCHEMA)


def _row(row: dict[str, Any], below: int) -> dict[str, str]:
    told = row | {"is_quiet": 0 < (row.pop("outliers") or 0) < below}
    if told["is_quiet"]:
        told["outliers_per_100"] = None
    return {"unit_id": row["unit_id"], "category": row["category"], "told": json.dumps(told, ensure_ascii=False)}
