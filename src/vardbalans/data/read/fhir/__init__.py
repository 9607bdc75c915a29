"""HL7 FHIR R4: bulk ndjson, Bundles and single resources to drafts of the contract's tables.

The FHIR files of a delivery are read together, since what one refers to may lie in another. They are read once, line
by line, into a staging on disk; the rows are then made by SQL, so that memory does not grow with the files. What
each element becomes is told in ``docs/reference/fhir.md``.
"""

from collections.abc import Generator, Sequence
from pathlib import Path

from vardbalans.data.read.draft import Draft, Limits, Refused, unmatched
from vardbalans.data.read.fhir.directory import Directory
from vardbalans.data.read.fhir.documents import SUFFIXES, json_texts
from vardbalans.data.read.fhir.drafts import drafts_of
from vardbalans.data.read.fhir.making import make
from vardbalans.data.read.fhir.notes import Notes
from vardbalans.data.read.fhir.reading import Reader
from vardbalans.data.read.fhir.staging import opened
from vardbalans.data.sources import SourceFile

__all__ = ["SUFFIXES", "is_fhir", "read_fhir"]

_IN_MEMORY = 50_000_000
"""Bytes of JSON whose rows are kept in memory until all is read; of more, they are kept on disk."""
_PACKED = 20  # how many times larger a gzip file is taken to be


def is_fhir(path: Path) -> bool:
    """Tell whether the file's name ends as FHIR files' do."""
    return path.name.casefold().endswith(SUFFIXES)


def _is_large(paths: Sequence[Path]) -> bool:
    return sum(path.stat().st_size * (_PACKED if path.suffix == ".gz" else 1) for path in paths) > _IN_MEMORY


def read_fhir(paths: Sequence[Path], files: Sequence[SourceFile], limits: Limits) -> Generator[Draft]:
    """Yield the drafts of all *paths*, whose names and fingerprints are *files*, as one delivery.

    A table comes as one draft or more per file. A file that has something to be told of it, or gives no rows, comes
    as a draft with ``table == ""`` too.
    """
    notes = [Notes(file.name) for file in files]
    with opened(on_disk=_is_large(paths)) as store:
        directory = Directory()
        for number, (path, said) in enumerate(zip(paths, notes, strict=True)):
            reader = Reader(number, said, store, directory)
            try:
                for line, content in json_texts(path, limits, said):
                    reader.read(line, content)
            except Refused as refused:
                said.whole.append(refused.finding)
        make(store, directory, notes)
        given = set()
        for draft in drafts_of(store, files):
            given.add(draft.file)
            yield draft
    for file, said in zip(files, notes, strict=True):
        findings = list(said.findings())
        if findings or file not in given:
            yield unmatched(file, findings)
