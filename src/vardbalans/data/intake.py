"""From files to a new version of the store, in two steps: look first (:func:`prepare`), then store (:func:`commit`).

::

    BadInput
    ├── ImportRefused   the delivery has findings that stop it; carries them
    └── NoSuchPath      there is nothing at a path
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from vardbalans.data.checks import UNREADABLE, check_rows
from vardbalans.data.findings import Finding, Gathered, has_errors
from vardbalans.data.identity.masking import masked
from vardbalans.data.identity.numbers import names_person
from vardbalans.data.identity.pseudonyms import Pseudonymiser
from vardbalans.data.lake import Delivery, Difference, FileChanged, Lake, MonthTotal, RowFiles, Version
from vardbalans.data.memory import give_back
from vardbalans.data.read import (
    COMMAND_LINE,
    Draft,
    Limits,
    Profile,
    is_fhir,
    is_readable,
    read_fhir,
    read_file,
    source_file,
)
from vardbalans.data.read.ahead import in_order
from vardbalans.data.read.draft import about_file
from vardbalans.data.read.profiles.kept import Profiles
from vardbalans.data.removals import check_removals
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = [
    "FileChanged",
    "ImportRefused",
    "NoSuchPath",
    "Preview",
    "Progress",
    "commit",
    "delivered",
    "prepare",
    "require_preview",
]

_EXPLAINING = ("readme", "truth", "dirty_truth", "schema.json", "version.json")
"""Files and folders in a delivery whose names begin so explain it and are not read."""


class ImportRefused(BadInput):
    """The delivery has errors; :attr:`findings` lists everything that was found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        count = sum(item.severity == "error" for item in findings)
        super().__init__(
            Message("Inget lästes in: leveransen har {count} fel. Rätta dem och försök igen.", count=count)
        )


class NoSuchPath(BadInput):
    """A path that does not exist was given."""


Progress = Callable[[float, Message], None]
"""Told how far the work has come (0 to 1) and what is being done; may raise to stop it."""


@dataclass(frozen=True)
class Preview:
    """What a delivery would do to the store, before anything is stored.

    *delivery* holds its rows on disk until the preview is closed or forgotten. *differences* count new, changed,
    unchanged and removed rows against version *base* (None: an empty store) and are empty when a finding stops the
    import; *rejected* then counts the rows per table that an error stands in. *fingerprint* is the same for the same
    files, profile and base.
    """

    findings: tuple[Finding, ...]
    delivery: Delivery
    differences: Mapping[str, Difference]
    rejected: Mapping[str, int]
    paths: tuple[Path, ...]
    files: tuple[SourceFile, ...]
    base: int | None
    fingerprint: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.delivery.close()

    @property
    def has_errors(self) -> bool:
        """Tell whether any finding stops the import."""
        return has_errors(self.findings)

    def months(self, lake: Lake) -> list[MonthTotal]:
        """Return the totals per table, unit and month that the delivery changes; empty when a finding stops it."""
        return lake.month_totals(self.delivery)

    def summary(self) -> dict[str, dict[str, int]]:
        """Return the counts per table: rows delivered, and new, changed, unchanged and removed ones where compared."""
        return {
            name: {"rows": count}
            | (asdict(self.differences[name]) if name in self.differences else {})
            | ({"rejected": self.rejected[name]} if name in self.rejected else {})
            for name, count in self.delivery.counts().items()
        }


def prepare(
    lake: Lake,
    paths: Sequence[Path],
    profile: str | None = None,
    *,
    today: date,
    limits: Limits = COMMAND_LINE,
    progress: Progress = lambda _done, _what: None,
) -> Preview:
    """Read and check *paths* (folders with all they hold) and compare them with the store; nothing is stored.

    Memory does not grow with the files. Keys of people become pseudonyms as soon as a part of a file is read.
    *profile* names a source mapping, the store's own or one shipped, for every file. Raises NoSuchPath, BadInput for an
    unknown profile, and what :attr:`Lake.keyring` does.
    """
    head, kept = lake.head(), Profiles(lake.root)
    reading = _Reading(lake, progress, today)
    reading.read(tuple(delivered(paths)), kept.named(profile) if profile else None, limits)
    give_back()
    rejected = _check(lake, reading, today)
    found = reading.found.findings()
    if not has_errors(found):
        progress(0.9, Message("Jämför med det som är sparat."))
        lake.weigh(reading.delivery)
    changes = reading.delivery.changes or {}
    return Preview(
        tuple(found),
        reading.delivery,
        {name: change.difference for name, change in changes.items()},
        rejected if has_errors(found) else {},
        tuple(path for path, _ in reading.kept.values()),
        tuple(file for _, file in reading.kept.values()),
        head.number if head else None,
        _fingerprint([file for _, file in reading.kept.values()], kept.text(profile) if profile else "", head),
    )


def commit(lake: Lake, preview: Preview, *, by: str, at: datetime) -> Version:
    """Store what *preview* shows as one version and return it; the head, when there is nothing new in it.

    Raises ImportRefused when a finding stops it, FileChanged, and HeadMoved when someone stored a version since.
    """
    if preview.has_errors:
        raise ImportRefused(preview.findings)
    return lake.commit(
        preview.delivery, by=by, at=at, originals=preview.paths, files=preview.files, expected_head=preview.base
    )


def require_preview(preview: Preview, fingerprint: str) -> None:
    """Refuse *preview* where it is not the one with *fingerprint* that someone has approved. Raises FileChanged."""
    if preview.fingerprint != fingerprint:
        raise FileChanged(
            Message("Filerna, profilen eller lagret har ändrats sedan förhandsgranskningen. Förhandsgranska igen.")
        )


class _Reading:
    """Files being read: their rows go to *delivery*, what is found to *found*, the files that count to *kept*."""

    def __init__(self, lake: Lake, progress: Progress, today: date) -> None:
        self.delivery = lake.delivery()
        self.progress = progress
        self._today = today
        self._pseudonyms = Pseudonymiser(lake.keyring, today)
        self.found = Gathered()
        self.kept: dict[str, tuple[Path, SourceFile]] = {}
        self.unreadable: dict[str, RowFiles] = {}
        self._tables: dict[str, set[str]] = defaultdict(set)
        self._seen: dict[str, set[tuple[object, ...]]] = defaultdict(set)

    def read(self, paths: Sequence[Path], profile: Profile | None, limits: Limits) -> None:
        """Read all files, those of FHIR together; the same content under two names is read once."""
        unnamed = [path for path in paths if self._names_nobody(path)]
        alone = [path for path in unnamed if not is_fhir(path)]
        together = [path for path in unnamed if is_fhir(path)]
        files = self._told(unnamed)
        total, done = max(sum(file.size for file in files.values()), 1), 0
        for path in alone:
            self.progress(0.8 * done / total, Message("Läser {file}.", file=path.name))
            self._read(path, read_file(path, profile, file=files[path], limits=limits))
            done += files[path].size
        if together:
            self.progress(0.8 * done / total, Message("Läser {file}.", file=together[0].name))
            self._read_fhir({path: files[path] for path in together}, limits)
        self.delivery.finish()
        for cells in self.unreadable.values():
            cells.finish()
        if not paths:
            self.found.add(
                [
                    about_file(
                        "",
                        "no_files",
                        "error",
                        Message("Här finns inga filer som kan läsas. Lägg dit xlsx, csv, parquet eller SIE."),
                    )
                ]
            )

    def _names_nobody(self, path: Path) -> bool:
        """Tell whether the file may be read: its name is kept with every row."""
        if not names_person(path.name, self._today):
            return True
        named = Message("Filens namn innehåller något som ser ut som ett personnummer. Döp om filen.")
        self.found.add([about_file(masked(path.name), "personal_number", "error", named)])
        return False

    def _told(self, paths: Sequence[Path]) -> dict[Path, SourceFile]:
        """Return what each file is, told side by side."""
        with ThreadPoolExecutor(2) as pool:
            told = {path: pool.submit(source_file, path) for path in paths}
            pa.array([])  # with its first array Arrow loads pandas: as well while files are hashed
            files = {}
            try:
                for path, future in told.items():
                    self.progress(0.0, Message("Läser {file}.", file=path.name))
                    files[path] = future.result()
            finally:
                pool.shutdown(cancel_futures=True)  # who stops the import need not wait for the other files
            return files

    def _read(self, path: Path, drafts: Generator[Draft]) -> None:
        with closing(drafts):
            first = next(drafts)
            file = first.file
            if file.size and first.table in self._tables[file.sha256]:
                self.found.add([_same_file(file.name, self.kept[file.sha256][1].name)])
                return
            self.kept.setdefault(file.sha256, (path, file))
            # One thread, so that what it remembers of pseudonyms needs no lock.
            for draft in in_order(self._pseudonymised, chain([first], drafts), threads=1):
                self._take(draft)

    def _read_fhir(self, files: Mapping[Path, SourceFile], limits: Limits) -> None:
        """Read the FHIR files of the delivery, which refer to one another."""
        given: dict[Path, SourceFile] = {}
        for path, file in files.items():
            if file.size and file.sha256 in self.kept:
                self.found.add([_same_file(file.name, self.kept[file.sha256][1].name)])
            else:
                self.kept.setdefault(file.sha256, (path, file))
                given[path] = file
        with closing(read_fhir(list(given), list(given.values()), limits)) as drafts:
            for draft in in_order(self._pseudonymised, drafts, threads=1):
                self._take(draft)

    def _pseudonymised(self, draft: Draft) -> Draft:
        if not draft.table:
            return draft
        return replace(draft, rows=self._pseudonyms.pseudonymised(draft.rows, TABLES[draft.table]))

    def _take(self, draft: Draft) -> None:
        """Keep one draft: its rows, its findings, and which cells were not empty though their value is."""
        self.found.add(_on_sheet(item, draft.table) for item in draft.findings)
        self._tables[draft.file.sha256].add(draft.table)
        if not draft.table:
            return
        if draft.removes:
            self.delivery.remove(draft.table, draft.rows)
            return
        self.delivery.add(draft.table, self._unseen(draft) if draft.distinct else draft.rows)
        if draft.unreadable.num_rows:
            if draft.table not in self.unreadable:
                folder = self.delivery.folder / "unreadable" / draft.table
                self.unreadable[draft.table] = RowFiles(folder, UNREADABLE)
            self.unreadable[draft.table].add(draft.unreadable)

    def _unseen(self, draft: Draft) -> pa.Table:
        """Return the rows of *draft* whose keys have not come before."""
        seen = self._seen[draft.table]
        keys = list(zip(*(draft.rows[name].to_pylist() for name in TABLES[draft.table].key), strict=True))
        fresh = [key not in seen for key in keys]
        seen.update(keys)
        return draft.rows.filter(pa.array(fresh, pa.bool_()))


def _same_file(name: str, other: str) -> Finding:
    return about_file(
        name,
        "same_file",
        "info",
        Message("Filen har samma innehåll som {other} och lästes bara en gång.", other=other),
    )


def delivered(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files at *paths* that an import reads: folders with all they hold, less what explains it.

    Raises NoSuchPath.
    """
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


def _check(lake: Lake, reading: _Reading, today: date) -> dict[str, int]:
    """Check each table over all files of the delivery at once; return the rows an error stands in, per table."""
    rejected = {}
    for name, rows in reading.delivery.rows.items():
        reading.progress(0.8, Message("Kontrollerar {table}.", table=TABLES[name].title))
        known = {
            column.reference: _known(lake, reading.delivery, column.reference)
            for column in TABLES[name].columns
            if column.reference
        }
        unreadable = reading.unreadable[name].files if name in reading.unreadable else None
        given = rows.files or rows.schema.empty_table()
        checked = check_rows(TABLES[name], given, known, today=today, unreadable=unreadable)
        reading.found.add(_on_sheet(item, name) for item in checked.findings)
        rejected[name] = checked.rejected
    reading.found.add(check_removals(lake, reading.delivery))
    return rejected


def _known(lake: Lake, delivery: Delivery, table: str) -> str:
    """Return SQL for the ids of *table* that can be referred to: those of the delivery and those already stored."""
    files = [*(delivery.rows[table].files if table in delivery.rows else ()), *lake.files(table)]
    if not files:
        return "select null::varchar as id where false"
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    key = f'"{TABLES[table].key[0]}"'
    gone = delivery.gone_files.get(table, "").replace("'", "''")
    staying = f" where {key} not in (select {key} from read_parquet('{gone}'))" if gone else ""
    return f"select distinct {key} as id from read_parquet([{names}], union_by_name = true){staying}"


def _on_sheet(finding: Finding, table: str) -> Finding:
    """Return *finding* with the sheet named in its sentence: a workbook has a row 17 on every sheet."""
    if not table or not finding.file.casefold().endswith(".xlsx"):
        return finding
    return replace(finding, message=Message("Bladet {sheet}. {what}", sheet=TABLES[table].title, what=finding.message))


def _fingerprint(files: Sequence[SourceFile], profile: str, head: Version | None) -> str:
    """Return the sha256 over the files' content, the profile's text and the version compared with."""
    parts = sorted(f"{file.sha256} {file.name}" for file in files)
    return hashlib.sha256("\n".join([*parts, profile, head.fingerprint if head else ""]).encode()).hexdigest()
