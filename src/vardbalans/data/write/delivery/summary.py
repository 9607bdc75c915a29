"""How many waited how long: counts per interval, small ones hidden so that no other count gives them away."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from vardbalans.data.tables import Column, Table
from vardbalans.data.write.delivery.mapping import PARTS, FieldMapping
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.waits import protected

__all__ = ["hidden", "summary", "summary_table"]

Counts = list[list[int]]


def labels(bounds: Sequence[int]) -> list[str]:
    """Return the intervals that upper *bounds* divide days into, the last one open: 0–30, 31–60 … 366+."""
    firsts = [0, *(bound + 1 for bound in bounds)]
    return [f"{first}–{last}" for first, last in zip(firsts, bounds, strict=False)] + [f"{firsts[-1]}+"]


def summary_table(mapping: FieldMapping) -> Table:
    """Return the summary as a table that the writers understand."""
    meaning = "Antal; tom ruta är ett antal som inte visas."
    columns = [
        Column("part", "text", True, "Genomförda eller väntande.", "Underlag"),
        Column("flow", "text", True, "Flödets kod.", "Flöde"),
        Column("unit_id", "text", False, "Enheten; tomt för alla tillsammans.", "Enhet"),
        *(Column(name, "integer", False, meaning, f"{name} dagar") for name in labels(mapping.intervals)),
    ]
    return Table("summary", "Sammanställning", meaning, "", Message(""), tuple(columns))


def summary(mapping: FieldMapping, waits: pa.Table, below: int) -> pa.Table:
    """Return counts per part, flow and unit (all units first) and interval; those under *below* are empty."""
    wanted = ["part", "flow", "unit_id", mapping.interval_value]
    counts = Counter(
        (part, flow, unit, bisect_left(mapping.intervals, days))
        for part, flow, unit, days in zip(*(waits[name].to_pylist() for name in wanted), strict=True)
        if days is not None
    )
    rows: list[list[object]] = []
    for part, title in PARTS.items():
        for flow in (flow.code for flow in mapping.flows):
            units = sorted({key[2] for key in counts if key[:2] == (part, flow)})
            places = range(len(mapping.intervals) + 1)
            lines = hidden([[counts[part, flow, unit, place] for place in places] for unit in units], below)
            rows += [[title, flow, unit, *line] for unit, line in zip([None, *units], lines, strict=False)]
    schema = pa.schema([(column.name, column.stored) for column in summary_table(mapping).columns])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def hidden(table: Counts, below: int) -> list[list[int | None]]:
    """Return the sums over *table*'s rows and then the rows, small counts (from 1 to under *below*) as None.

    Where the sum is shown and what is hidden under it could be worked out (one count, or counts that are small
    together), the smallest count beside them is hidden too; where there is none, the sum is.
    """
    columns = [_column(column, below) for column in zip(*table, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _column(counts: Sequence[int], below: int) -> list[int | None]:
    total = sum(counts)
    small = protected(counts, below)
    told = len(small) == 1 or 0 < sum(counts[place] for place in small) < below
    shown: list[int | None] = [None if place in small else count for place, count in enumerate(counts)]
    return [None if told or 0 < total < below else total, *shown]
