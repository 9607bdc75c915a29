"""Changes to the rows of a table that remember what they were for: cells set, rows copied, rows taken away."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Edits"]

_MARK = "_mark"


class Edits:
    """Changes to *table*, made all at once by :meth:`apply`. A row has one fault only."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table.append_column(_MARK, pa.nulls(len(table), pa.string()))
        self._cells: dict[str, dict[int, Any]] = defaultdict(dict)
        self._copies: list[tuple[int, dict[str, Any]]] = []
        self._dropped = np.zeros(len(table), dtype=bool)

    @property
    def untouched(self) -> NDArray[np.bool_]:
        """Return which rows are neither dropped nor changed."""
        left = ~self._dropped
        for cells in self._cells.values():
            left[list(cells)] = False
        return left

    def set(self, row: int, mark: str | None, **values: object) -> None:
        """Set cells of *row*; *mark* says what for (None: the row itself is not at fault)."""
        for column, value in {_MARK: mark, **values}.items():
            self._cells[column][row] = value

    def copy(self, row: int, mark: str | None, **values: object) -> None:
        """Add a copy of *row* with other *values*; *mark* says what for."""
        self._copies.append((row, {_MARK: mark, **values}))

    def drop(self, rows: Iterable[int]) -> None:
        """Take *rows* away."""
        self._dropped[list(rows)] = True

    def apply(self, order: str) -> tuple[pa.Table, dict[int, str]]:
        """Return the changed table by the column *order* (equal ones as they came), and row → mark."""
        copies = self.table.take(pa.array([row for row, _ in self._copies], pa.int64()))
        cells: dict[str, dict[int, Any]] = defaultdict(dict)
        for number, (_, values) in enumerate(self._copies):
            for column, value in values.items():
                cells[column][number] = value
        kept = _with(self.table, self._cells).filter(pa.array(~self._dropped))
        whole = pa.concat_tables([kept, _with(copies, cells)])
        whole = whole.take(pc.sort_indices(whole[order]))
        marks = {row: mark for row, mark in enumerate(whole[_MARK].to_pylist()) if mark}
        return whole.drop_columns(_MARK).combine_chunks(), marks


def _with(table: pa.Table, cells: Mapping[str, Mapping[int, Any]]) -> pa.Table:
    for column, values in cells.items():
        place = table.schema.get_field_index(column)
        field = table.schema.field(place)
        mask = np.zeros(len(table), dtype=bool)
        mask[list(values)] = True
        new = pa.array([values[row] for row in sorted(values)], field.type)
        table = table.set_column(place, field, pc.replace_with_mask(table[column].combine_chunks(), mask, new))
    return table
