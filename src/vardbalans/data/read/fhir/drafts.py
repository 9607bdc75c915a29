"""Made rows, still texts, to typed drafts: one per file, table and some 60 000 rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import UNREADABLE
from vardbalans.data.findings import LISTED, Finding, Spot, listing
from vardbalans.data.read.cells import Cells, typed
from vardbalans.data.read.draft import Draft
from vardbalans.data.read.fhir.making import MADE
from vardbalans.data.read.fhir.staging import Staging
from vardbalans.data.read.typing import Read, assembled
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.engine.messages import Message

__all__ = ["ROWS", "drafts_of"]

ROWS = 60_000

_ELEMENTS: Mapping[str, Mapping[str, str]] = {
    "Organization": {"unit_id": "id", "name": "name"},
    "Location": {"unit_id": "id", "name": "name"},
    "HealthcareService": {"service_id": "id", "name": "name", "unit_id": "providedBy"},
    "Patient": {"patient_key": "identifier"},
    "Encounter": {
        "contact_id": "id",
        "stay_id": "id",
        "patient_key": "subject",
        "unit_id": "serviceProvider",
        "clinic_id": "serviceProvider",
        "ward_id": "location",
        "starts_at": "period.start",
        "admitted": "period.start",
        "discharged": "period.end",
        "acute": "priority",
    },
    "Appointment": {
        "contact_id": "id",
        "patient_key": "participant (Patient)",
        "unit_id": "participant (Location)",
        "starts_at": "start",
    },
    "ServiceRequest": {
        "referral_id": "id",
        "patient_key": "subject",
        "unit_id": "performer (Organization)",
        "service_id": "code",
        "issued": "authoredOn",
    },
    "Slot": {"slot_id": "id", "unit_id": "schedule", "starts_at": "start", "ends_at": "end"},
}
"""The element to fill in when a column that must have a value has none."""


def drafts_of(staging: Staging, files: Sequence[SourceFile]) -> Iterator[Draft]:
    """Yield the drafts of all that was made, table by table in the order the contract lists them."""
    for name in MADE:
        table = TABLES[name]
        # Sorted part by part: to sort all of a large table would take more memory than there is.
        order = [(column, "ascending") for column in ("file", "row", *table.key)]
        for batch in staging.connection.sql(f"from made.{name}").to_arrow_reader(ROWS):
            if batch.num_rows:
                yield from _drafts(table, pa.Table.from_batches([batch]).sort_by(order).combine_chunks(), files)


def _drafts(table: Table, rows: pa.Table, files: Sequence[SourceFile]) -> Iterator[Draft]:
    """Yield a draft per file of *rows*, which are in order of file."""
    texts = {column: _array(rows, column.name) for column in table.columns if column.name in rows.column_names}
    read = dict(_read(texts))
    numbers = rows["file"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]])).tolist()
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        size = end - start
        part = {name: _part(item.cells, item.texts.slice(start, size), start, size) for name, item in read.items()}
        yield _draft(table, part, rows.slice(start, size), files[numbers[start]])


def _read(texts: Mapping[Column, pa.Array]) -> Iterator[tuple[str, Read]]:
    """Yield each column as read. Dates, and times, are typed in one go: a query costs more than the reading."""
    for kind in dict.fromkeys(column.type for column in texts):
        group = [column for column in texts if column.type == kind]
        alone = [[column] for column in group]
        for columns in [group] if kind in {"date", "datetime"} else alone:
            cells = typed(columns[0], pa.concat_arrays([texts[column] for column in columns]), ".")
            for number, column in enumerate(columns):
                size = len(texts[column])
                yield column.name, _part(cells, texts[column], number * size, size)


def _array(rows: pa.Table, name: str) -> pa.Array:
    column = rows[name]
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _part(cells: Cells, texts: pa.Array, start: int, size: int) -> Read:
    return Read(Cells(cells.values.slice(start, size), cells.codes.slice(start, size)), texts)


def _draft(table: Table, read: Mapping[str, Read], rows: pa.Table, file: SourceFile) -> Draft:
    """Return the draft of one file's *rows*; a value that must be there is told by the element that lacks."""
    places = _array(rows, "row")
    found: list[Finding] = []
    lacking = [UNREADABLE.empty_table()]
    for column in table.columns:
        missing = _missing(column, read, rows)
        if missing is not None and (count := pc.sum(missing).as_py()):
            found += _findings(column, rows.filter(missing), file.name)
            names = [pa.repeat(pa.scalar(text), count) for text in (column.name, file.name)]
            lacking.append(pa.table([*names, places.filter(missing)], schema=UNREADABLE))
    draft = assembled(table, read, places, file, found)
    return replace(draft, unreadable=pa.concat_tables([draft.unreadable, *lacking]))


def _missing(column: Column, read: Mapping[str, Read], rows: pa.Table) -> pa.Array | None:
    """Return where *column* must have a value and the source gives none, None when it may be empty."""
    if column.name == "discharged":
        return _array(rows, "not_ended")
    if not column.required or column.name not in read:
        return None
    return pc.is_null(read[column.name].texts)


def _findings(column: Column, rows: pa.Table, file: str) -> Iterator[Finding]:
    """Yield what the source lacks for *column* in *rows*, by resource."""
    if column.name == "service_id":
        # The service goes by the unit; where that lacks, it has been said.
        rows = rows.filter(pc.is_valid(rows["unit_id"]))
    for resource in pc.unique(rows["resource"]).to_pylist():
        mine = rows.filter(pc.equal(rows["resource"], resource))["row"]
        yield from listing(
            [Spot(file, row) for row in mine.slice(0, LISTED).to_pylist()],
            {file: len(mine)},
            column.file_name,
            "missing_element",
            "error",
            partial(_sentence, column, resource),
        )


def _sentence(column: Column, resource: str, _value: str) -> Message:
    return Message(
        "{header} saknas: {element} är tomt i {resource}. Ta med det i exporten.",
        header=column.header,
        element=_ELEMENTS[resource][column.name],
        resource=resource,
    )
