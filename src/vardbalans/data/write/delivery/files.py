"""The delivered fields, typed and in order, and the files of a delivery."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.read.draft import file_sha256
from vardbalans.data.tables import Column, Table
from vardbalans.data.write.delivery.mapping import Field, FieldMapping, Part
from vardbalans.data.write.sheets import write_csv, write_sheets
from vardbalans.engine.messages import Message

__all__ = ["CONTROL", "delivered", "written"]

CONTROL = Table(
    "control",
    "Kontroll",
    "Väntelistan genom månaden enligt lagret, och vad leveransen har av den.",
    "",
    Message(""),
    tuple(
        Column(name, "text" if name.endswith("_id") else "integer", True, meaning, header)
        for name, header, meaning in (
            ("service_id", "Vårdtjänst-id", "Vårdtjänsten."),
            ("unit_id", "Enhets-id", "Enheten."),
            ("opening", "Väntande vid start", "Väntande när månaden började."),
            ("inflow", "Inflöde", "Nya på listan."),
            ("treated", "Behandlade", "Lämnade listan behandlade."),
            ("removed", "Avgångar", "Lämnade listan av annat skäl."),
            ("closing", "Väntande vid slut", "Start + inflöde − behandlade − avgångar."),
            ("completed", "Levererade genomförda", "Rader i filen över genomförda; lika med behandlade."),
            ("waiting", "Levererade väntande", "Rader i filen över väntande."),
            ("not_begun", "Inte börjat vänta", "På listan, men väntan mäts från en senare eller okänd dag."),
        )
    ),
)
"""The control summary as a table that the writers understand: delivered waiting + not begun = closing."""


def delivered(mapping: FieldMapping, part: Part, waits: pa.Table) -> pa.Table:
    """Return one file's rows with their origin: its fields, numbered in the order of their own content.

    Equal rows cannot be told apart, so the number says nothing of whom a row is about.
    """
    mine = pc.and_(pc.equal(waits["part"], part), waits["has_begun"])
    rows = waits.filter(mine)
    fields = mapping.fields_of(part)
    origin = {name: rows[name] for name in ("_file", "_row")}
    made = pa.table({one.name: _cells(one, rows) for one in fields if one.value != "number"} | origin)
    made = made.sort_by([(name, "ascending") for name in made.column_names])
    numbers = pa.array(np.arange(1, len(made) + 1))
    columns = [numbers if one.value == "number" else made[one.name] for one in fields]
    return pa.Table.from_arrays([*columns, *(made[name] for name in origin)], schema=mapping.table(part).schema())


def _cells(one: Field, rows: pa.Table) -> pa.ChunkedArray | pa.Array:
    """Return the values of a field as they are delivered; a value without a code stays, for the checks to tell of."""
    if one.constant:
        return pa.repeat(pa.scalar(one.constant), len(rows))
    values = rows[one.value]
    if one.format == "compact_date":
        return pc.strftime(values, "%Y%m%d")
    if one.codes:
        distinct = pc.unique(values.drop_null())
        codes = pa.array([one.codes.get(text, text) for text in distinct.to_pylist()], pa.string())
        return codes.take(pc.index_in(values, distinct))
    return values.cast(one.column.stored)


def written(
    folder: Path,
    month: str,
    sheets: Sequence[tuple[str, Table, pa.Table]],
    control: Mapping[str, Any],
    mapping: tuple[str, bytes],
) -> list[Path]:
    """Write a delivery's files beside each other, move them into *folder* when all are there, and return their paths.

    *sheets* are csv name, table and rows, and together the workbook; *control* becomes ``kontroll_<month>.json`` and
    lists the other files with their sha256; *mapping* is the name and content of the mapping's own file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as staged:
        place = Path(staged)
        paths = [write_csv(place / f"{name}_{month}.csv", table, rows) for name, table, rows in sheets]
        paths.append(write_sheets(place / f"vantetider_{month}.xlsx", [(table, rows) for _, table, rows in sheets]))
        paths.append(place / mapping[0])
        paths[-1].write_bytes(mapping[1])
        listed = [{"name": path.name, "sha256": file_sha256(path)} for path in paths]
        paths.append(place / f"kontroll_{month}.json")
        text = json.dumps({**control, "files": listed}, ensure_ascii=False, indent=2)
        paths[-1].write_text(text + "\n", encoding="utf-8")
        return [path.replace(folder / path.name) for path in paths]
