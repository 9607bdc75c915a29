"""HL7 FHIR R4: bulk ndjson, Bundles and single resources to drafts of the contract's tables.

The FHIR files of a delivery are read together, since what one refers to may lie in another. They are read once, batch
by batch, into a staging; the rows are then made by SQL, so that memory does not grow with the files. What each element
becomes is told in ``docs/reference/fhir.md``.
"""

import os
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from vardbalans.data.read.draft import Draft, Limits, Refused, about_file, unmatched
from vardbalans.data.read.fhir.directory import Directory
from vardbalans.data.read.fhir.documents import SUFFIXES, Text, json_texts
from vardbalans.data.read.fhir.drafts import drafts_of
from vardbalans.data.read.fhir.helper import parts_of
from vardbalans.data.read.fhir.making import make
from vardbalans.data.read.fhir.notes import Notes
from vardbalans.data.read.fhir.reading import Batch, Described
from vardbalans.data.read.fhir.staging import Staging, opened
from vardbalans.data.sources import SourceFile
from vardbalans.engine.messages import Message

__all__ = ["SUFFIXES", "is_fhir", "read_fhir"]

MOST = 500_000
"""How many resources about the organisation are kept in memory; no country has that many units and roles."""
_BATCH = 4 << 20
"""Bytes of JSON that are read at a time."""
_LARGE = 30_000_000
"""Bytes of JSON that take longer to read than a second process takes to start."""
_PACKED = 20  # how many times larger a gzip file is taken to be


def is_fhir(path: Path) -> bool:
    """Tell whether the file's name ends as FHIR files' do."""
    return path.name.casefold().endswith(SUFFIXES)


def read_fhir(paths: Sequence[Path], files: Sequence[SourceFile], limits: Limits) -> Generator[Draft]:
    """Yield the drafts of all *paths*, whose names and fingerprints are *files*, as one delivery.

    A table comes as one draft or more per file. A file that has something to be told of it, or gives no rows, comes
    as a draft with ``table == ""`` too.
    """
    notes = [Notes(file.name) for file in files]
    with opened() as store:
        directory = Directory()
        _stage(paths, limits, notes, store, directory)
        make(store, directory, notes)
        given = set()
        for draft in drafts_of(store, files):
            given.add(draft.file)
            yield draft
    for file, said in zip(files, notes, strict=True):
        findings = list(said.findings())
        if findings or file not in given:
            yield unmatched(file, findings)


def _stage(paths: Sequence[Path], limits: Limits, notes: Sequence[Notes], store: Staging, directory: Directory) -> None:
    """Read all *paths* into *store*, *directory* and *notes*. What one file is refused for, others are not."""
    given_up: set[int] = set()
    batches = _batches(paths, limits, notes, given_up)
    with closing(parts_of(batches, helped=_is_large(paths) and (os.cpu_count() or 1) > 1)) as parts:
        for part in parts:
            if part.number in given_up:
                continue
            for name, rows in part.tables.items():
                store.add(name, rows)
            said = notes[part.number]
            said.add(part.notes)
            try:
                for described in part.described:
                    _describe(described, directory, said)
            except Refused as refused:
                said.whole.append(refused.finding)
                given_up.add(part.number)


def _is_large(paths: Sequence[Path]) -> bool:
    return sum(path.stat().st_size * (_PACKED if path.suffix == ".gz" else 1) for path in paths) > _LARGE


def _batches(
    paths: Sequence[Path], limits: Limits, notes: Sequence[Notes], given_up: Collection[int]
) -> Iterator[Batch]:
    """Yield the texts of *paths*, some megabytes at a time, except for the rest of those *given_up* on."""
    for number, (path, said) in enumerate(zip(paths, notes, strict=True)):
        texts: list[Text] = []
        size = 0
        try:
            for text in json_texts(path, limits, said):
                texts.append(text)
                size += len(text[1])
                if size >= _BATCH:
                    yield Batch(number, said.file, texts)
                    texts, size = [], 0
                    if number in given_up:
                        break
        except Refused as refused:
            said.whole.append(refused.finding)
        if texts:
            yield Batch(number, said.file, texts)


def _describe(described: Described, directory: Directory, said: Notes) -> None:
    """Keep one resource about the organisation. Raises Refused when there are too many."""
    kind, row = described.reference.partition("/")[0], described.record.origin.row
    if not directory.add(described.reference, described.record, described.tokens, described.updated):
        said.left_out("older", kind, row)
    elif kind == "PractitionerRole":
        said.left_out("no_share", kind, row)
    if len(directory) > MOST:
        raise Refused(
            about_file(
                said.file,
                "too_many_units",
                "error",
                Message("Leveransen har fler enheter, roller och tidböcker än {most}. Dela upp den.", most=MOST),
            )
        )
