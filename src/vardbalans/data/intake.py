"""From files to a new version of the store, in two steps: look first (:func:`prepare`), then store (:func:`commit`).

::

    BadInput
    ├── ImportRefused   the delivery has findings that stop it; carries them
    ├── FileChanged     a file is not the one that was previewed
    └── NoSuchPath      there is nothing at a path
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.checks import check_table
from vardbalans.data.findings import Finding, has_errors, sorted_findings
from vardbalans.data.identity.keyring import Keyring
from vardbalans.data.identity.masking import masked
from vardbalans.data.identity.numbers import names_person
from vardbalans.data.identity.pseudonyms import pseudonymised
from vardbalans.data.lake import Difference, Lake, Version
from vardbalans.data.read import COMMAND_LINE, Draft, Limits, is_readable, read_file
from vardbalans.data.read.draft import about_file, file_sha256
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["FileChanged", "ImportRefused", "NoSuchPath", "Preview", "commit", "prepare"]

_EXPLAINING = ("readme", "truth")
"""Files and folders in a delivery whose names begin so explain it and are not read."""


class ImportRefused(BadInput):
    """The delivery has errors; :attr:`findings` lists everything that was found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        count = sum(item.severity == "error" for item in findings)
        super().__init__(
            Message("Inget lästes in: leveransen har {count} fel. Rätta dem och försök igen.", count=count)
        )


class FileChanged(BadInput):
    """A file was changed between preview and commit."""


class NoSuchPath(BadInput):
    """A path that does not exist was given."""


@dataclass(frozen=True)
class Preview:
    """What a delivery would do to the store, before anything is stored.

    *tables* are all rows of the delivery per table; *differences* count new, changed and unchanged rows against
    version *base* (None: an empty store) and are empty when a finding stops the import. *fingerprint* is the same
    for the same files, profile and base.
    """

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]
    tables: Mapping[str, pa.Table]
    differences: Mapping[str, Difference]
    paths: tuple[Path, ...]
    files: tuple[SourceFile, ...]
    base: int | None
    fingerprint: str

    @property
    def has_errors(self) -> bool:
        """Tell whether any finding stops the import."""
        return has_errors(self.findings)

    def summary(self) -> dict[str, dict[str, int]]:
        """Return the counts per table: rows delivered, and new, changed and unchanged ones where compared."""
        return {
            name: {"rows": len(rows)} | (asdict(self.differences[name]) if name in self.differences else {})
            for name, rows in self.tables.items()
        }


def prepare(
    lake: Lake, paths: Sequence[Path], profile: str | None = None, *, today: date, limits: Limits = COMMAND_LINE
) -> Preview:
    """Read and check *paths* (folders with all they hold) and compare them with the store; nothing is stored.

    Keys of people become pseudonyms as soon as a file is read. *profile* names a source mapping for every file. Raises
    NoSuchPath, BadInput for an unknown profile, and what :attr:`Lake.keyring` does.
    """
    head = lake.head()
    found: list[Finding] = []
    drafts, kept, files = _read(list(_unnamed(paths, today, found)), profile, limits, found)
    keyring = lake.keyring
    drafts = [_pseudonymous(draft, keyring, today) for draft in drafts]
    tables = _joined(drafts)
    found += [_on_sheet(item, draft.table) for draft in drafts for item in draft.findings]
    found += _checked(lake, drafts, tables, today)
    differences = (
        {} if has_errors(found) else {name: lake.compare(name, rows, TABLES[name].key) for name, rows in tables.items()}
    )
    base = head.number if head else None
    return Preview(
        tuple(drafts),
        tuple(sorted_findings(found)),
        tables,
        differences,
        tuple(kept),
        tuple(files),
        base,
        _fingerprint(files, profile, head),
    )


def commit(lake: Lake, preview: Preview, *, by: str, at: datetime) -> Version:
    """Store what *preview* shows as one version and return it; the head, when there is nothing new in it.

    Raises ImportRefused when a finding stops it, FileChanged, and HeadMoved when someone stored a version since.
    """
    if preview.has_errors:
        raise ImportRefused(preview.findings)
    for path, file in zip(preview.paths, preview.files, strict=True):
        if not path.is_file() or file_sha256(path) != file.sha256:
            raise FileChanged(
                Message("{file} har ändrats sedan förhandsgranskningen. Förhandsgranska igen.", file=file.name)
            )
    return lake.commit(
        preview.tables, by=by, at=at, originals=preview.paths, files=preview.files, expected_head=preview.base
    )


def _unnamed(paths: Sequence[Path], today: date, found: list[Finding]) -> Iterator[Path]:
    """Yield the files at *paths*, less those that are named after a person: the name is kept with every row."""
    for path in _files(paths):
        if names_person(path.name, today):
            named = Message("Filens namn innehåller något som ser ut som ett personnummer. Döp om filen.")
            found.append(about_file(masked(path.name), "personal_number", "error", named))
        else:
            yield path


def _read(
    paths: Sequence[Path], profile: str | None, limits: Limits, found: list[Finding]
) -> tuple[list[Draft], list[Path], list[SourceFile]]:
    """Return all drafts, and the files they came from; the same content under two names is read once."""
    drafts: list[Draft] = []
    kept: dict[str, tuple[Path, SourceFile]] = {}
    for path in paths:
        read = read_file(path, profile, limits=limits)
        file = read[0].file
        tables = {draft.table for draft in read}
        if (
            file.sha256 in kept
            and file.size
            and tables <= {draft.table for draft in drafts if draft.file.sha256 == file.sha256}
        ):
            found.append(
                about_file(
                    file.name,
                    "same_file",
                    "info",
                    Message(
                        "Filen har samma innehåll som {other} och lästes bara en gång.", other=kept[file.sha256][1].name
                    ),
                )
            )
        else:
            kept.setdefault(file.sha256, (path, file))
            drafts += read
    if not kept and not has_errors(found):
        found.append(
            about_file(
                str(paths[0].name) if paths else "",
                "no_files",
                "error",
                Message("Här finns inga filer som kan läsas. Lägg dit xlsx, csv, parquet eller SIE."),
            )
        )
    return drafts, [path for path, _ in kept.values()], [file for _, file in kept.values()]


def _pseudonymous(draft: Draft, keyring: Keyring, today: date) -> Draft:
    if not draft.table:
        return draft
    return replace(draft, rows=pseudonymised(draft.rows, TABLES[draft.table], keyring, today=today))


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (inner for inner in sorted(path.rglob("*")) if _is_delivered(inner, path))
        elif path.exists():
            yield path
        else:
            raise NoSuchPath(Message("{path} finns inte. Kontrollera sökvägen.", path=path))


def _is_delivered(path: Path, folder: Path) -> bool:
    names = [part.casefold() for part in path.relative_to(folder).parts]
    return path.is_file() and is_readable(path) and not any(name.startswith((".", *_EXPLAINING)) for name in names)


def _joined(drafts: Sequence[Draft]) -> dict[str, pa.Table]:
    """Return the rows per table over all files, in the order the contract lists tables."""
    parts: dict[str, list[pa.Table]] = defaultdict(list)
    for draft in drafts:
        if draft.table:
            parts[draft.table].append(draft.rows)
    return {name: pa.concat_tables(parts[name]) for name in TABLES if name in parts}


def _checked(lake: Lake, drafts: Sequence[Draft], tables: Mapping[str, pa.Table], today: date) -> Iterator[Finding]:
    """Yield what the checks find, each table over all files of the delivery at once."""
    known = _Known(lake, tables)
    for name, rows in tables.items():
        unreadable = pa.concat_tables([draft.unreadable for draft in drafts if draft.table == name])
        checked = check_table(TABLES[name], rows, known.of(TABLES[name]), today=today, unreadable=unreadable)
        yield from (_on_sheet(item, name) for item in checked)


def _on_sheet(finding: Finding, table: str) -> Finding:
    """Return *finding* with the sheet named in its sentence: a workbook has a row 17 on every sheet."""
    if not table or not finding.file.casefold().endswith(".xlsx"):
        return finding
    return replace(finding, message=Message("Bladet {sheet}. {what}", sheet=TABLES[table].title, what=finding.message))


class _Known:
    """The ids that can be referred to: those of the delivery and those already stored. Each is looked up once."""

    def __init__(self, lake: Lake, tables: Mapping[str, pa.Table]) -> None:
        self._lake = lake
        self._tables = tables
        self._ids: dict[str, pa.Array] = {}

    def of(self, table: Table) -> dict[str, pa.Array]:
        """Return the ids per table that *table* refers to."""
        return {column.reference: self._of(column.reference) for column in table.columns if column.reference}

    def _of(self, name: str) -> pa.Array:
        if name not in self._ids:
            key = TABLES[name].key[0]
            chunks = self._lake.read(name, columns=[key])[key].chunks
            if name in self._tables:
                chunks = chunks + self._tables[name][key].chunks
            self._ids[name] = pc.unique(pa.chunked_array(chunks, pa.string()))
        return self._ids[name]


def _fingerprint(files: Sequence[SourceFile], profile: str | None, head: Version | None) -> str:
    """Return the sha256 over the files' content, the profile and the version compared with."""
    parts = sorted(f"{file.sha256} {file.name}" for file in files)
    return hashlib.sha256("\n".join([*parts, profile or "", head.fingerprint if head else ""]).encode()).hexdigest()
