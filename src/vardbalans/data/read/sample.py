"""The first rows of a file, and what a profile makes of them: to suggest and to try profiles with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import check_table
from vardbalans.data.findings import Finding, Gathered
from vardbalans.data.read.delimited import blocks, layout_of, sheet_of
from vardbalans.data.read.draft import COMMAND_LINE, Draft, Limits, RawSheet, Refused
from vardbalans.data.read.matching import plain
from vardbalans.data.read.profiles import Profile, mapped, over_parts
from vardbalans.data.read.workbooks import read_workbook
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["SAMPLED", "Trial", "sample_of", "sheet_sample", "tried"]

SAMPLED = 5_000
"""How many rows a sample holds at most."""


@dataclass(frozen=True)
class Trial:
    """What a profile makes of a sample: rows per table, and what was found. References are not looked up."""

    rows: dict[str, int]
    findings: tuple[Finding, ...]


def sample_of(path: Path, profile: Profile | None = None, *, limits: Limits = COMMAND_LINE) -> list[RawSheet]:
    """Return the first rows of each sheet of the file at *path*; a text file is one sheet.

    With a *profile* it is read as that says. Raises BadInput where the file cannot be read so.
    """
    name = path.name.casefold()
    if not path.is_file():
        raise BadInput(Message("{path} finns inte. Kontrollera sökvägen.", path=path))
    if not name.endswith((".xlsx", ".csv", ".csv.gz", ".tsv", ".txt")):
        raise BadInput(Message("Profiler är för arbetsböcker (xlsx) och textfiler (csv, tsv, txt)."))
    try:
        sheets = _workbook(path, profile) if name.endswith(".xlsx") else [_text(path, profile, limits)]
    except Refused as refused:
        raise BadInput(refused.finding.message) from refused
    if not sheets:
        raise BadInput(Message("Arbetsboken har inga ifyllda blad."))
    return [_first_rows(sheet) for sheet in sheets]


def sheet_sample(path: Path, sheet: str | None = None) -> RawSheet:
    """Return the first rows of the sheet called *sheet*, by default the first. Raises BadInput."""
    samples = sample_of(path)
    if not sheet:
        return samples[0]
    for sample in samples:
        if plain(sample.name) == plain(sheet):
            return sample
    known = ", ".join(sample.name for sample in samples)
    raise BadInput(Message("Bladet {sheet} finns inte i arbetsboken. Där finns: {known}.", sheet=sheet, known=known))


def tried(path: Path, profile: Profile, *, today: date, limits: Limits = COMMAND_LINE) -> Trial:
    """Return what *profile* makes of the first rows of the file at *path*; *today* tells which dates are plausible.

    Raises BadInput.
    """
    file = SourceFile(path.name, "", path.stat().st_size if path.exists() else 0)
    drafts: list[Draft] = []
    for sheet in sample_of(path, profile, limits=limits):
        drafts += mapped(sheet, profile, file)
    found = Gathered()
    parts: dict[str, list[Draft]] = {}
    for draft in over_parts(drafts, profile):
        found.add(draft.findings)
        parts.setdefault(draft.table, []).append(draft)
    for name, made in parts.items():
        rows = pa.concat_tables([draft.rows for draft in made])
        unreadable = pa.concat_tables([draft.unreadable for draft in made])
        found.add(check_table(TABLES[name], rows, _referred(TABLES[name], rows), today=today, unreadable=unreadable))
    counts = {name: sum(len(draft.rows) for draft in made) for name, made in parts.items()}
    return Trial(counts, tuple(found.findings()))


def _referred(table: Table, rows: pa.Table) -> dict[str, pa.Array]:
    """Return every id that *rows* refer to as known, per table: it may stand in another file, or in the store."""
    ids: dict[str, list[pa.Array]] = {}
    for column in table.columns:
        if column.reference:
            ids.setdefault(column.reference, []).extend(rows[column.name].chunks)
    return {name: pc.unique(pa.chunked_array(chunks, pa.string())) for name, chunks in ids.items()}


def _workbook(path: Path, profile: Profile | None) -> Sequence[RawSheet]:
    if profile is None:
        return read_workbook(path)
    sheets = read_workbook(path, sought=profile.sought, sheets=profile.sheets)
    return sheets if profile.sheets else sheets[:1]


def _text(path: Path, profile: Profile | None, limits: Limits) -> RawSheet:
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    if profile is None:
        layout = layout_of(path, stem, limits)
    else:
        layout = layout_of(
            path,
            stem,
            limits,
            encoding=profile.encoding,
            delimiter=profile.delimiter,
            decimal=profile.decimal,
            sought=profile.sought,
        )
    return sheet_of(next(blocks(path, layout)), layout, path.name)


def _first_rows(sheet: RawSheet) -> RawSheet:
    columns = tuple(column.slice(0, SAMPLED) for column in sheet.columns)
    return replace(sheet, columns=columns, rows=sheet.rows.slice(0, SAMPLED))
