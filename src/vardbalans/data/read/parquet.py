"""Parquet: columns are typed already, so a wrong type is one finding about the column.

A file is read in batches, so that one of any size takes little memory. A file that this product has exported itself
bears :data:`OURS`; its rows keep the origin and the values they were stored with.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vardbalans.data.checks import UNREADABLE
from vardbalans.data.findings import Finding
from vardbalans.data.read.cells import Cells, local_instants, typed
from vardbalans.data.read.codes import TOO_LARGE
from vardbalans.data.read.draft import Draft, Limits, Refused, about_file
from vardbalans.data.read.matching import Heading, headings
from vardbalans.data.read.typing import Read, assembled
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import ORIGIN, Column, Table
from vardbalans.engine.messages import Message

__all__ = ["BATCH_ROWS", "OURS", "read_parquet"]

OURS = "vardbalans"
"""The key in a parquet file's metadata that tells that the file is an export of our own."""

BATCH_ROWS = 200_000
"""How many rows a draft holds at most."""

_BUFFER_BYTES = 1 << 20  # a column is read through a window, however large its row group is
_WHOLE = 2.0**63

_KINDS = {
    "text": "text",
    "period": "text",
    "integer": "heltal",
    "number": "tal",
    "share": "tal",
    "money_kr": "tal",
    "date": "datum",
    "datetime": "tidpunkt",
    "boolean": "ja/nej",
}


def read_parquet(path: Path, table: Table, file: SourceFile, limits: Limits) -> Iterator[Draft]:
    """Yield the rows of the parquet file at *path*, at most :data:`BATCH_ROWS` a draft. Raises Refused."""
    _guard(path, limits)
    schema = pq.read_schema(path)
    ours = _is_ours(schema)
    names = [name for name in schema.names if name not in {field.name for field in ORIGIN}]
    matched, found = headings(table, names, file.name)
    read = [names[heading.index] for heading in matched] + [field.name for field in ORIGIN if ours]
    first = 2
    for batch in _batches(path, schema, read):
        if not batch.num_rows:
            found.append(_no_rows(file.name))
        draft = _draft(table, matched, batch, pa.arange(first, first + batch.num_rows), file, ours=ours)
        # What is said of a column's type or heading is said once; what is said of a cell belongs to its batch.
        said = draft.findings if first == 2 else [item for item in draft.findings if item.row != 1]
        yield replace(draft, findings=found + said)
        found = []
        first += batch.num_rows


def _is_ours(schema: pa.Schema) -> bool:
    return OURS.encode() in (schema.metadata or {}) and all(
        field.name in schema.names and schema.field(field.name).type == field.type for field in ORIGIN
    )


def _batches(path: Path, schema: pa.Schema, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield the columns *names* in batches; one empty batch for a file without rows."""
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES) as reader:
            if not reader.metadata.num_rows:
                empty = pa.schema([schema.field(schema.names.index(name)) for name in names])
                yield pa.RecordBatch.from_pylist([], empty)
            yield from reader.iter_batches(BATCH_ROWS, columns=names)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise Refused(_broken(path)) from error


def _draft(
    table: Table, matched: list[Heading], batch: pa.RecordBatch, rows: pa.Array, file: SourceFile, *, ours: bool
) -> Draft:
    """Return one batch as a draft. *rows* are its row numbers in the file."""
    found, read = [], {}
    for index, heading in enumerate(matched):
        array = batch.column(index)
        if ours and array.type == heading.column.stored:
            cells: Cells | None = _sound(array)
        else:
            cells = _cells(heading, array)
        if cells is None:
            found.append(_wrong_type(file.name, heading.column, array.type))
        else:
            read[heading.column.name] = Read(cells, _as_text(array, cells))
    draft = assembled(table, read, rows, file, found)
    return _with_origin(draft, batch, rows) if ours else draft


def _with_origin(draft: Draft, batch: pa.RecordBatch, rows: pa.Array) -> Draft:
    """Return *draft* with the file and row that each row of *batch* says it came from, where it says so."""
    file = pc.coalesce(batch.column("_file"), draft.file.name)
    row = pc.coalesce(batch.column("_row"), rows)
    named = draft.rows.drop_columns(["_file", "_row"]).append_column(ORIGIN[0], file).append_column(ORIGIN[1], row)
    cells = draft.unreadable.filter(pc.is_valid(draft.unreadable["_row"]))
    places = pc.subtract(cells["_row"], rows[0]) if len(rows) else cells["_row"]
    absent = draft.unreadable.filter(pc.is_null(draft.unreadable["_row"]))["column"].to_pylist()
    files = pc.unique(file).to_pylist()
    unreadable = [
        pa.table([cells["column"], file.take(places), row.take(places)], schema=UNREADABLE),
        pa.Table.from_pylist([{"column": name, "_file": one} for name in absent for one in files], UNREADABLE),
    ]
    return replace(draft, rows=named, unreadable=pa.concat_tables(unreadable))


def _guard(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if not size:
        raise Refused(
            about_file(path.name, "empty_file", "error", Message("Filen är tom (0 byte). Exportera den på nytt."))
        )
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused(_broken(path)) from error
    unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if size > limits.packed or unpacked > limits.unpacked:
        raise Refused(
            about_file(
                path.name,
                "too_large",
                "error",
                Message("Filen är större uppackad än vad som tas emot. Dela upp den, till exempel per år."),
            )
        )


def _no_rows(file: str) -> Finding:
    return about_file(
        file,
        "no_rows",
        "warning",
        Message("Filen har kolumner men inga rader. Kontrollera urvalet i exporten."),
    )


def _broken(path: Path) -> Finding:
    return about_file(
        path.name,
        "broken_parquet",
        "error",
        Message("Filen är ingen hel parquet-fil. Exportera eller hämta den på nytt."),
    )


def _cells(heading: Heading, array: pa.Array) -> Cells | None:
    """Return *array* as the contract's type where that loses nothing, else None."""
    column = heading.column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type):
        return _sound(pa.nulls(len(array), column.stored))
    if column.type in {"text", "period"}:
        return _texts(column, array)
    if column.type == "datetime":
        return _instants(array)
    if column.type == "money_kr":
        return _money(array, in_ore=heading.in_ore)
    if column.type in {"boolean", "date"}:
        right = pa.types.is_boolean if column.type == "boolean" else pa.types.is_date
        return _sound(array.cast(column.stored)) if right(array.type) else None
    return _numbers(array, whole=column.type == "integer")


def _sound(values: pa.Array) -> Cells:
    return Cells(values, pa.nulls(len(values), pa.string()))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numbers(array: pa.Array, *, whole: bool) -> Cells | None:
    """Return numbers; NaN is how many tools write a missing one. A float without decimals is a whole number."""
    if not _is_number(array.type):
        return None
    if pa.types.is_integer(array.type) and whole:
        return _integers(array)
    values = array.cast(pa.float64(), safe=False)
    values = pc.if_else(pc.is_nan(values), None, values)
    fits = pc.less(pc.abs(values), _WHOLE if whole else TOO_LARGE)
    fine = pc.and_(fits, pc.equal(pc.round(values), values)) if whole else fits
    kept = pc.if_else(fine, values, None).cast(pa.int64() if whole else pa.float64())
    code = pc.if_else(pc.is_finite(values), pc.if_else(fits, "not_an_integer", "too_large"), "not_a_number")
    return Cells(kept, pc.if_else(fine, pa.scalar(None, pa.string()), code))


def _integers(array: pa.Array) -> Cells:
    fits = pc.less(pc.abs(array.cast(pa.float64(), safe=False)), _WHOLE)
    values = pc.if_else(fits, array, None).cast(pa.int64())
    return Cells(values, pc.if_else(fits, pa.scalar(None, pa.string()), "too_large"))


def _texts(column: Column, array: pa.Array) -> Cells | None:
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    if not (
        pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type)
    ):
        return None
    texts = pc.utf8_trim_whitespace(array.cast(pa.string()))
    return typed(column, pc.if_else(pc.equal(texts, ""), None, texts), ".")


def _instants(array: pa.Array) -> Cells | None:
    """Return timestamps as instants; those without zone are local time."""
    if not pa.types.is_timestamp(array.type):
        return None
    if array.type.tz is not None:
        return _sound(array.cast(pa.timestamp("us", tz="UTC"), safe=False))
    return local_instants(array.cast(pa.timestamp("us"), safe=False))


def _money(array: pa.Array, *, in_ore: bool) -> Cells | None:
    """Return öre: as they are, or from kronor with at most two decimals."""
    if in_ore:
        return _integers(array) if pa.types.is_integer(array.type) else None
    if not _is_number(array.type):
        return None
    ore = pc.multiply(array.cast(pa.float64(), safe=False), 100.0)
    whole = pc.round(ore)
    fine = pc.and_(pc.less_equal(pc.abs(pc.subtract(ore, whole)), 1e-4), pc.less(pc.abs(whole), _WHOLE))
    values = pc.if_else(fine, whole, None).cast(pa.int64())
    return Cells(values, pc.if_else(fine, pa.scalar(None, pa.string()), "too_many_decimals"))


def _as_text(array: pa.Array, cells: Cells) -> pa.Array:
    """Return what findings may show: the cells as text where any cell has a code."""
    if cells.codes.null_count == len(cells.codes):
        return cells.codes
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string())


def _wrong_type(file: str, column: Column, kind: pa.DataType) -> Finding:
    return Finding(
        file,
        1,
        column.file_name,
        "wrong_type",
        "error",
        Message(
            "Kolumnen {header} har typen {kind} men ska vara {wanted}. Rätta typen i exporten.",
            header=column.header,
            kind=str(kind),
            wanted=_KINDS[column.type],
        ),
    )
