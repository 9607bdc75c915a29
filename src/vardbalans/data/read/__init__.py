"""Readers: a file on disk becomes drafts, one per table, with findings. No reader knows the store.

A file is matched to a table by its name (``contacts_2025.csv``, sheet ``Vårdkontakter``) or through a profile, which
is a source's own column mapping kept as data.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from vardbalans.data.findings import Finding, shown
from vardbalans.data.read.ahead import in_order
from vardbalans.data.read.delimited import Block, Layout, blocks, layout_of, sheet_of
from vardbalans.data.read.draft import (
    COMMAND_LINE,
    UPLOAD,
    Draft,
    Limits,
    RawSheet,
    Refused,
    about_file,
    file_sha256,
    unmatched,
)
from vardbalans.data.read.fhir import SUFFIXES as FHIR_SUFFIXES
from vardbalans.data.read.fhir import is_fhir, read_fhir
from vardbalans.data.read.header_rows import Sought
from vardbalans.data.read.matching import removed_from, table_named
from vardbalans.data.read.parquet import read_parquet
from vardbalans.data.read.profiles import Profile, mapped, over_parts, profile_named, profiles
from vardbalans.data.read.sie import read_sie
from vardbalans.data.read.typing import draft_of
from vardbalans.data.read.workbooks import read_workbook
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Table
from vardbalans.engine.messages import Message

__all__ = [
    "COMMAND_LINE",
    "SUFFIXES",
    "UPLOAD",
    "Draft",
    "Limits",
    "Profile",
    "is_fhir",
    "is_readable",
    "profile_named",
    "profiles",
    "read_fhir",
    "read_file",
    "source_file",
]

SUFFIXES = (".xlsx", ".csv", ".csv.gz", ".tsv", ".txt", ".parquet", ".se", ".si", ".sie", *FHIR_SUFFIXES)
"""Names that can be read, by their end."""


def is_readable(path: Path) -> bool:
    """Tell whether the file's name ends as one that can be read."""
    return path.name.casefold().endswith(SUFFIXES)


def source_file(path: Path) -> SourceFile:
    """Return the name, fingerprint and size of the file at *path*."""
    return SourceFile(path.name, file_sha256(path), path.stat().st_size)


def read_file(
    path: Path,
    profile: Profile | str | None = None,
    *,
    file: SourceFile | None = None,
    limits: Limits = COMMAND_LINE,
) -> Generator[Draft]:
    """Yield the drafts of the file at *path*: of each table it holds one, or more of a large file, part by part.

    Findings say what could not be read. *profile* is a source mapping, or the name of a shipped one. A file that
    gives no rows for any table comes back as one draft with ``table == ""``. *file* is what :func:`source_file` tells,
    where that is known. Raises BadInput for an unknown profile.
    The FHIR files of a delivery refer to one another and are read together, by :func:`read_fhir`.
    """
    file = file or source_file(path)
    chosen = profile_named(profile) if isinstance(profile, str) else profile
    try:
        yield from _drafts(path, file, chosen, limits)
    except Refused as refused:
        yield unmatched(file, [refused.finding])


def _drafts(path: Path, file: SourceFile, profile: Profile | None, limits: Limits) -> Iterator[Draft]:
    name = path.name.casefold()
    if is_fhir(path):
        yield from read_fhir([path], [file], limits)
    elif profile:
        yield from over_parts(_through_profile(path, profile, file, limits), profile)
    elif name.endswith(".xlsx"):
        yield from _workbook(path, file)
    elif name.endswith((".se", ".si", ".sie")):
        yield from read_sie(path, file, limits)
    elif name.endswith(".parquet"):
        yield from read_parquet(path, _table(path), file, limits)
    elif is_readable(path):
        removed = removed_from(_stem(path))
        table = removed or _table(path)
        layout = layout_of(path, _stem(path), limits, sought=Sought((table,)))
        drafts = _by_block(path, layout, lambda sheet: [draft_of(sheet, table, file)])
        yield from (replace(draft, removes=bool(removed)) for draft in _told_if_empty(drafts, table))
    else:
        raise Refused(
            about_file(
                file.name,
                "unknown_format",
                "error",
                Message(
                    "Filer av det här slaget kan inte läsas. Använd xlsx, csv, parquet, SIE (.se, .si) eller FHIR "
                    "(.json, .ndjson)."
                ),
            )
        )


def _through_profile(path: Path, profile: Profile, file: SourceFile, limits: Limits) -> Iterator[Draft]:
    """Yield the drafts of a file in a source's own columns, part by part."""
    if path.name.casefold().endswith(".xlsx"):
        sheets = read_workbook(path, sought=profile.sought, sheets=profile.sheets)
        for sheet in sheets if profile.sheets else sheets[:1]:
            yield from mapped(sheet, profile, file)
        return
    layout = layout_of(
        path,
        _stem(path),
        limits,
        encoding=profile.encoding,
        delimiter=profile.delimiter,
        decimal=profile.decimal,
        sought=profile.sought,
    )
    yield from _by_block(path, layout, partial(mapped, profile=profile, file=file))


def _by_block(path: Path, layout: Layout, drafts_of: Callable[[RawSheet], list[Draft]]) -> Iterator[Draft]:
    """Yield the drafts of a text file, block by block, with rows numbered as in the whole file."""

    def read(block: Block) -> tuple[list[Draft], int]:
        sheet = sheet_of(block, layout, path.name)
        return drafts_of(sheet), sheet.size

    above = 0
    for drafts, size in in_order(read, blocks(path, layout)):
        yield from (draft.further_down(above) for draft in drafts)
        above += size


def _told_if_empty(drafts: Iterator[Draft], table: Table) -> Iterator[Draft]:
    """Yield *drafts*; the only one of a file without rows tells so."""
    first = next(drafts)
    following = next(drafts, None)
    if not first.rows.num_rows and following is None:
        nothing = Message(
            "Tabellen {title} har rubriker men inga rader. Fyll i raderna, eller ta bort filen.", title=table.title
        )
        first.findings.append(about_file(first.file.name, "no_rows", "warning", nothing))
    yield first
    if following:
        yield following
        yield from drafts


def _workbook(path: Path, file: SourceFile) -> Iterator[Draft]:
    """Yield a draft per sheet. A single sheet with any name is taken for the table the file is named after."""
    sheets = read_workbook(path)
    if not sheets:
        raise Refused(
            about_file(
                file.name,
                "empty_file",
                "error",
                Message("Arbetsboken har inga ifyllda blad. Fyll i mallen och spara den på nytt."),
            )
        )
    alone = table_named(_stem(path)) if len(sheets) == 1 else None
    for sheet in sheets:
        removed = removed_from(sheet.name) or (removed_from(_stem(path)) if len(sheets) == 1 else None)
        if table := removed or table_named(sheet.name) or alone:
            drafts = _told_if_empty(iter([draft_of(sheet, table, file)]), table)
            yield from (replace(draft, removes=bool(removed)) for draft in drafts)
        else:
            yield unmatched(file, [_unknown_sheet(file.name, sheet.name)])


def _unknown_sheet(file: str, sheet: str) -> Finding:
    return about_file(
        file,
        "unknown_sheet",
        "error",
        Message(
            "Bladet {sheet} hör inte till någon tabell. Döp det efter en tabell, till exempel {example}, eller ta bort "
            "det.",
            sheet=shown(sheet),
            example=TABLES["contacts"].title,
        ),
    )


def _table(path: Path) -> Table:
    """Return the table the file is named after. Raises Refused."""
    table = table_named(_stem(path))
    if table is None:
        raise Refused(
            about_file(
                path.name,
                "unknown_table",
                "error",
                Message(
                    "Filens namn hör inte till någon tabell. Döp den efter tabellen, till exempel contacts_2025.csv, "
                    "eller välj en profil."
                ),
            )
        )
    return table


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").rsplit(".", 1)[0]
