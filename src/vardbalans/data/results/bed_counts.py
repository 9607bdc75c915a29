"""The counted beds of a run as a table: one row per unit and category, with its history and the year ahead."""

import json
from collections.abc import Collection
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

    Few who lie elsewhere, by the rule of *day*, are not told, nor the sums that they could be told from: ``is_quiet``.
    """
    if "bed_counts" not in head.tables:
        return None
    with closing(lake.connect(head.number)) as connection:
        rows, _ = counted_rows(connection, set(head.tables), _HORIZON)
        below = small_numbers_on(connection, set(head.tables), day)["inside"]
    few = {row["category"] for row in rows if 0 < (row["outliers"] or 0) < below}
    return pa.Table.from_pylist([_row(row, few, below) for row in rows if row["unit_id"]], _SCHEMA)


def _row(row: dict[str, Any], few: Collection[str], below: int) -> dict[str, str]:
    outliers = row.pop("outliers") or 0
    is_quiet = 0 < outliers < below or (row["units"] is not None and row["category"] in few)
    told = row | {"is_quiet": is_quiet}
    if is_quiet:
        told["outliers_per_100"] = None
    return {"unit_id": row["unit_id"], "category": row["category"], "told": json.dumps(told, ensure_ascii=False)}
