"""From a sheet of texts to a draft: match the headings, type each column, say what could not be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import UNREADABLE
from vardbalans.data.findings import LISTED, Finding, Severity, Spot, listing
from vardbalans.data.read.cells import NOTED, SENTENCES, Cells, is_missing, typed
from vardbalans.data.read.draft import Draft, RawSheet
from vardbalans.data.read.matching import Heading, headings
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import Column, Table
from vardbalans.engine.messages import Message

__all__ = ["Read", "assembled", "draft_of"]


@dataclass(frozen=True)
class Read:
    """One column as read: its typed cells, and the texts they came from (for findings)."""

    cells: Cells
    texts: pa.Array

    def at(self, places: pa.Array) -> Self:
        """Return the cells at *places*."""
        codes = self.cells.codes
        codes = pa.nulls(len(places), codes.type) if codes.null_count == len(codes) else codes.take(places)
        texts = pa.DictionaryArray.from_arrays(places, self.texts)
        return replace(self, cells=Cells(self.cells.values.take(places), codes), texts=texts)


def draft_of(sheet: RawSheet, table: Table, file: SourceFile) -> Draft:
    """Return the typed draft of *sheet* as rows of *table*; what its headings lack is told of its first part."""
    matched, findings = headings(table, sheet.headers, file.name)
    found = list(sheet.findings)
    if sheet.first:
        found += [replace(item, row=sheet.header_row) for item in findings]
    read = {heading.column.name: _read(sheet, heading, file.name, found) for heading in matched}
    return assembled(table, read, sheet.rows, file, found)


def assembled(
    table: Table, read: Mapping[str, Read], rows: pa.Array, file: SourceFile, findings: Sequence[Finding]
) -> Draft:
    """Return a draft from read columns; columns not read are empty, and a required one is marked as not readable."""
    size = len(rows)
    values = [
        read[column.name].cells.values if column.name in read else pa.nulls(size, column.stored)
        for column in table.columns
    ]
    origin = [pa.repeat(pa.scalar(file.name), size), rows]
    found = list(findings)
    for name, item in read.items():
        found += _cell_findings(table.column(name), item, rows, file.name)
    parts = [_unreadable(name, item.cells, rows, file.name) for name, item in read.items()]
    absent = [column.name for column in table.columns if column.name not in read]
    parts.append(pa.table([absent, [file.name] * len(absent), [None] * len(absent)], schema=UNREADABLE))
    return Draft(table.name, pa.table([*values, *origin], schema=table.schema()), found, file, pa.concat_tables(parts))


def _read(sheet: RawSheet, heading: Heading, file: str, found: list[Finding]) -> Read:
    """Return one column's typed cells; missing-value marks are emptied, and counted in *found*."""
    column, texts = heading.column, sheet.columns[heading.index]
    # Where few values come again and again, each is looked at once.
    encoded = texts.dictionary_encode() if _repeats(column) else None
    texts, marks = _emptied(column, encoded.dictionary if encoded else texts, escaped=bool(sheet.delimiter))
    read = Read(typed(column, texts, sheet.decimal, sheet.delimiter, ore=heading.in_ore), texts)
    if encoded:
        read, marks = read.at(encoded.indices), marks.take(encoded.indices)
    if count := pc.sum(marks).as_py():
        found.append(
            Finding(
                file,
                None,
                column.file_name,
                "missing_marks",
                "info",
                Message(
                    "{header}: {count} celler med tecken som –, x eller saknas lästes som tomma.",
                    header=column.header,
                    count=count,
                ),
            )
        )
    return read


def _repeats(column: Column) -> bool:
    """Tell whether *column* is one of codes, numbers, days or periods; ids, texts and instants are seldom alike."""
    return bool(column.choices) or column.type not in {"text", "datetime", "boolean"}


def _emptied(column: Column, texts: pa.Array, *, escaped: bool) -> tuple[pa.Array, pa.Array]:
    """Return *texts* trimmed, null where empty or a mark for a missing value, and where those marks were."""
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    if escaped and pc.any(pc.starts_with(texts, "'")).as_py():
        # Our own csv files put an apostrophe before what a spreadsheet would take for a formula.
        texts = pc.replace_substring_regex(texts, r"^'('*[=+@-])", r"\1")
    marks = pc.fill_null(is_missing(column, texts), False)
    return (pc.if_else(marks, None, texts) if pc.any(marks).as_py() else texts), marks


def _cell_findings(column: Column, read: Read, rows: pa.Array, file: str) -> Iterator[Finding]:
    """Yield a finding per cell with a code, capped per code."""
    codes, texts = read.cells.codes, read.texts
    for code in pc.unique(pc.drop_null(codes)).to_pylist():
        places = pc.indices_nonzero(pc.fill_null(pc.equal(codes, code), False))
        first = places.slice(0, LISTED)
        spots = [
            Spot(file, row, text)
            for row, text in zip(rows.take(first).to_pylist(), texts.take(first).to_pylist(), strict=True)
        ]
        severity: Severity = "warning" if code in NOTED else "error"
        yield from listing(
            spots, {file: len(places)}, column.file_name, code, severity, partial(SENTENCES[code], column)
        )


def _unreadable(name: str, cells: Cells, rows: pa.Array, file: str) -> pa.Table:
    lost = rows.filter(pc.and_(pc.is_valid(cells.codes), pc.is_null(cells.values)))
    return pa.table(
        [pa.repeat(pa.scalar(name), len(lost)), pa.repeat(pa.scalar(file), len(lost)), lost], schema=UNREADABLE
    )
