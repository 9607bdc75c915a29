"""Parquet: columns are typed already, so a wrong type is one finding about the column."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vardbalans.data.findings import Finding
from vardbalans.data.read.cells import Cells, local_instants, typed
from vardbalans.data.read.draft import Draft, Limits, Refused, about_file
from vardbalans.data.read.matching import Heading, headings
from vardbalans.data.read.typing import Read, assembled
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import ORIGIN, Column, Table
from vardbalans.engine.messages import Message

__all__ = ["read_parquet"]

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


def read_parquet(path: Path, table: Table, file: SourceFile, limits: Limits) -> Draft:
    """Return the draft of the parquet file at *path*. Raises Refused."""
    _guard(path, limits)
    try:
        with pq.ParquetFile(path) as reader:
            names = [name for name in reader.schema_arrow.names if name not in {field.name for field in ORIGIN}]
            content = reader.read(columns=names).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise Refused(_broken(path)) from error
    matched, found = headings(table, names, file.name)
    if not content.num_rows:
        found.append(
            about_file(
                file.name,
                "no_rows",
                "warning",
                Message("Filen har kolumner men inga rader. Kontrollera urvalet i exporten."),
            )
        )
    rows = pa.array(np.arange(2, 2 + content.num_rows))
    read = {}
    for heading in matched:
        column = content.column(heading.index)
        array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        cells = _cells(heading, array)
        if cells is None:
            found.append(_wrong_type(file.name, heading.column, array.type))
        else:
            read[heading.column.name] = Read(cells, _as_text(array, cells))
    return assembled(table, read, rows, file, found)


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
    if pa.types.is_integer(array.type):
        return _sound(array.cast(pa.int64() if whole else pa.float64()))
    values = array.cast(pa.float64())
    values = pc.if_else(pc.is_nan(values), None, values)
    fine = pc.is_finite(values)
    if whole:
        fine = pc.and_(fine, pc.equal(pc.round(values), values))
    kept = pc.if_else(fine, values, None).cast(pa.int64() if whole else pa.float64())
    code = "not_an_integer" if whole else "not_a_number"
    return Cells(kept, pc.if_else(fine, pa.scalar(None, pa.string()), code))


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
        return _sound(array.cast(pa.int64())) if pa.types.is_integer(array.type) else None
    if not _is_number(array.type):
        return None
    ore = pc.multiply(array.cast(pa.float64()), 100.0)
    whole = pc.round(ore)
    fine = pc.less_equal(pc.abs(pc.subtract(ore, whole)), 1e-4)
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
