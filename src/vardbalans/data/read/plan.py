"""A plan in a file (``service_id,week,production``): made by hand, or what ``plan propose`` wrote."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from vardbalans.data.findings import LISTED, Finding, Gathered, has_errors, shown
from vardbalans.data.read.delimited import read_delimited
from vardbalans.data.read.draft import COMMAND_LINE, Draft, Refused, file_sha256
from vardbalans.data.read.header_rows import Sought
from vardbalans.data.read.typing import draft_of
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import Column, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["Cell", "PlanFile", "read_plan"]

_TABLE = Table(
    "plan",
    "Plan",
    "En rad per vårdtjänst och vecka.",
    "serier",
    Message("Utan plan finns inget att pröva."),
    (
        Column("service_id", "text", True, "Vårdtjänsten.", "Vårdtjänst-id"),
        Column("week", "period", True, "Veckan, till exempel 2026-W05.", "Vecka"),
        Column("production", "number", True, "Antal planerade.", "Produktion", unit="antal"),
        Column("way_id", "text", False, "Sättet den görs på; tomt när den görs på sitt eget.", "Sätt"),
    ),
    date(1900, 1, 1),
)
_EXTRA = ("resource_id", "kind", "week", "pieces")
_LEAVE = ("resource_id", "", "week", "minutes")
_LOANS = ("resource_id", "to_resource", "week", "minutes")


@dataclass(frozen=True)
class Cell:
    """One figure of a plan: slots of a service, or pieces of extra time, leave or loans of a resource.

    *kind* is the way, the kind of extra time, or who borrows. *row* is None in a document.
    """

    row: int | None
    owner: str
    week: Period
    value: float
    kind: str | None = None


@dataclass(frozen=True)
class PlanFile:
    """The cells of a plan, its extra time, leave and loans, and what was found; no cells where an error was.

    *unplanned* are the services that a document says it has no plan for.
    """

    findings: list[Finding]
    cells: tuple[Cell, ...] = ()
    extras: tuple[Cell, ...] = ()
    leave: tuple[Cell, ...] = ()
    loans: tuple[Cell, ...] = ()
    unplanned: frozenset[str] = frozenset()


def read_plan(path: Path) -> PlanFile:
    """Read a csv, or the JSON document of ``plan propose``. Raises BadInput for a file that is not there."""
    if not path.is_file():
        raise BadInput(Message("Filen {file} finns inte.", file=path))
    if path.suffix.lower() == ".json":
        return _document(path)
    try:
        drafts = list(_drafts(path))
    except Refused as refused:
        return PlanFile([refused.finding])
    gathered = Gathered()
    for draft in drafts:
        gathered.add(draft.findings)
    table = pa.concat_tables(draft.rows for draft in drafts)
    rows = [dict(zip(table.column_names, row, strict=True)) for row in zip(*table.to_pydict().values(), strict=True)]
    cells, wrong = _cells(path.name, rows, ("service_id", "way_id", "week", "production"))
    found = [*gathered.findings(), *wrong[:LISTED], *_twice(path.name, cells)]
    return PlanFile(found) if has_errors(found) else PlanFile(found, tuple(cells))


def _drafts(path: Path) -> Iterator[Draft]:
    """Yield the file's parts, with rows numbered as in the whole file."""
    file, above = SourceFile(path.name, file_sha256(path), path.stat().st_size), 0
    for sheet in read_delimited(path, path.name.split(".")[0], COMMAND_LINE, sought=Sought((_TABLE,))):
        yield draft_of(sheet, _TABLE, file).further_down(above)
        above += sheet.size


def _document(path: Path) -> PlanFile:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        names = ("plan", "extra", "leave", "loans", "unplanned")
        plan, *more, unplanned = ([dict(row) for row in document.get(name, [])] for name in names)
        document["plan"]
    except (ValueError, KeyError, TypeError, AttributeError):
        what = Message(
            "Filen är inget plandokument. Ge dokumentet från plan propose --json, eller en csv med kolumnerna "
            "service_id, week och production."
        )
        return PlanFile([Finding(path.name, None, "", "not_a_plan", "error", what)])
    cells, wrong = _cells(path.name, plan, ("service_id", "way_id", "week", "production"))
    others = [_cells(path.name, rows, names) for rows, names in zip(more, (_EXTRA, _LEAVE, _LOANS), strict=True)]
    wrong += [finding for _, found in others for finding in found]
    found = [*wrong[:LISTED], *_twice(path.name, cells)]
    if has_errors(found):
        return PlanFile(found)
    skipped = frozenset(str(row.get("service_id")) for row in unplanned)
    extras, leave, loans = (tuple(rows) for rows, _ in others)
    return PlanFile(found, tuple(cells), extras, leave, loans, skipped)


def _cells(
    file: str, rows: Sequence[Mapping[str, Any]], names: tuple[str, str, str, str]
) -> tuple[list[Cell], list[Finding]]:
    """Return the rows as cells, and a finding for each that cannot be read as one."""
    owner, kind, week, value = names
    cells, wrong = [], []
    for row in rows:
        given, at = row.get(value), row.get("_row")
        for name in (owner, week, value):
            if row.get(name) in (None, ""):
                what = Message("Raden saknar {column}. Fyll i den, eller ta bort raden.", column=name)
                wrong.append(Finding(file, at, name, "required", "error", what))
                break
        else:
            try:
                period = Period.parse(str(row[week]))
            except BadInput as error:
                wrong.append(Finding(file, at, week, "period", "error", error.message))
                continue
            if period.frequency != "week":
                what = Message("{week} är ingen vecka. Skriv till exempel 2026-W05.", week=shown(str(row[week])))
                wrong.append(Finding(file, at, week, "not_a_week", "error", what))
            elif isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
                what = Message("{value} är inget antal från noll. Rätta värdet.", value=shown(str(given)))
                wrong.append(Finding(file, at, value, "not_a_count", "error", what))
            else:
                cells.append(Cell(at, str(row[owner]), period, float(given), row.get(kind) or None))
    return cells, wrong


def _twice(file: str, cells: Sequence[Cell]) -> list[Finding]:
    seen: set[tuple[str, str | None, Period]] = set()
    found = []
    for cell in cells:
        key = (cell.owner, cell.kind, cell.week)
        if key in seen:
            what = Message(
                "{service} har {week} två gånger. Ta bort den ena, eller summera dem.",
                service=shown(cell.owner),
                week=str(cell.week),
            )
            found.append(Finding(file, cell.row, "week", "week_twice", "error", what))
        seen.add(key)
    return found[:LISTED]
