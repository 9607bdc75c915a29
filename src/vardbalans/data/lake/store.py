"""The store's fact tables: commit, read as of a version, query, trace back, verify."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from vardbalans.data.identity.keyring import Keyring
from vardbalans.data.lake.changes import (
    Change,
    Difference,
    conformed,
    content_added,
    find_change,
    keep_keys,
    stored_rows,
    take_up,
    with_keys,
    write_change,
)
from vardbalans.data.lake.content import NOTHING, SUMS, Content, digest, fingerprint_of_tables
from vardbalans.data.lake.delivery import Delivery
from vardbalans.data.lake.delta import commit_files, data_files, open_at
from vardbalans.data.lake.durable import exclusive, staging
from vardbalans.data.lake.errors import (
    HeadMoved,
    NothingToStore,
    UnfitRows,
    UnknownName,
    UnknownOriginal,
    UnknownVersion,
)
from vardbalans.data.lake.months import MonthTotal, month_totals
from vardbalans.data.lake.originals import Originals
from vardbalans.data.lake.trace import LOCAL, conditions
from vardbalans.data.lake.versions import Pointer, TableVersion, Version, read_version
from vardbalans.data.sources import SourceFile
from vardbalans.data.tables import TABLES, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["ANY_HEAD", "Lake", "Mismatch", "SourceRows"]

ANY_HEAD: Final = -1
"""Given as *expected_head*: commit on top of whatever the head is."""

_WRITER_MEMORY = "512MB"


@dataclass(frozen=True)
class SourceRows:
    """*count* rows answer the question; *rows* are the first of them by file and row, as column → value."""

    count: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Mismatch:
    """Something stored is not what its version says. *kind* is version, table or original."""

    kind: str
    name: str
    expected: str
    found: str

    @property
    def message(self) -> Message:
        """Return the sentence."""
        return Message(
            "{name} stämmer inte: {expected} väntades, {found} fanns.",
            name=self.name,
            expected=self.expected,
            found=self.found,
        )


class Lake:
    """The versioned fact tables under *root*. Reading never waits; one commit at a time is made, others queue.

    Do not fork a process that has used a lake (Delta's runtime does not survive it): start workers by spawn.
    """

    def __init__(self, root: Path, keyring: Keyring | None = None) -> None:
        """Open the store at *root*; *keyring* stands in for the key that the environment names."""
        self.root = Path(root)
        self._folder = self.root / "lake"
        self._pointer = Pointer(self._folder / "_versions")
        self._originals = Originals(self.root, keyring, lambda: not self._pointer.paths())

    # Versions

    def head(self) -> Version | None:
        """Return the newest version; None for an empty store."""
        paths = self._pointer.paths()
        return read_version(paths[max(paths)]) if paths else None

    def required_head(self) -> Version:
        """Return the newest version. Raises BadInput for an empty store."""
        head = self.head()
        if head is None:
            raise BadInput(
                Message("Det finns inga data i {store}. Importera först: vardbalans import FIL.", store=self.root)
            )
        return head

    def versions(self) -> list[Version]:
        """Return every version, oldest first."""
        return [read_version(path) for _, path in sorted(self._pointer.paths().items())]

    def version(self, number: int) -> Version:
        """Return version *number*. Raises UnknownVersion."""
        paths = self._pointer.paths()
        if number not in paths:
            raise UnknownVersion(Message("Version {number} finns inte i lagret.", number=number))
        return read_version(paths[number])

    # Keys and originals

    @property
    def keyring(self) -> Keyring:
        """Return the store's keys; a store without versions takes the key there is, or has one made.

        Raises KeyMissing, KeyUnsound, WrongKey.
        """
        return self._originals.keyring()

    def key_trouble(self) -> Message | None:
        """Return why the originals kept here cannot be opened; None when they can, or there are none."""
        return self._originals.trouble()

    def original(self, wanted: str) -> SourceFile:
        """Return the kept original with this sha256, or the last one of this name. Raises UnknownOriginal."""
        for version in reversed(self.versions()):
            for file in version.files:
                if wanted in (file.sha256, file.name) and file.sha256 in version.kept:
                    return file
        raise UnknownOriginal(Message("Lagret har inget original som heter {name}.", name=wanted))

    def open_original(self, sha256: str) -> Iterator[bytes]:
        """Yield the content of a kept original, piece by piece. Raises SealBroken, and what :attr:`keyring` does.

        A cut may show only at the end: keep what comes apart until then.
        """
        return self._originals.open(sha256)

    # Reading

    def files(self, table: str, version: int | None = None) -> list[str]:
        """Return the Parquet files of *table* at *version* (head where None); empty where the table is absent."""
        _declared(table)
        return self._files(table, self._at(version))

    def read(self, table: str, version: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of *table* at *version* in the declared schema (only *columns*, where given)."""
        declared = _declared(table)
        wanted = declared.schema()
        if columns is not None:
            _require_columns(table, columns)
            wanted = pa.schema([wanted.field(name) for name in columns])
        if not (files := self.files(table, version)):
            return wanted.empty_table()
        names = ", ".join(f'"{name}"' for name in wanted.names)
        with closing(self._duckdb("UTC", None, None)) as con:
            rows = con.sql(f"SELECT {names} FROM {stored_rows(con, declared, files)}").to_arrow_table()
        return rows.cast(wanted)

    def connect(
        self, version: int | None = None, *, memory_limit: str | None = None, threads: int | None = None
    ) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB connection with one view per table present at *version*; local time is Stockholm's.

        The caller closes it. *memory_limit* is DuckDB's text (``2GB``); beyond it DuckDB spills to disk.
        """
        at = self._at(version)
        con = self._duckdb(LOCAL.key, memory_limit, threads)
        for name in at.tables if at else ():
            rows = stored_rows(con, TABLES[name], self._files(name, at))
            con.execute(f'CREATE VIEW "{name}" AS SELECT * FROM {rows}')
        return con

    def sources(self, table: str, where: Mapping[str, str], version: int | None = None, limit: int = 50) -> SourceRows:
        """Return the rows of *table* whose columns, as text, equal *where*; how many, and the first *limit*.

        Times are compared as Stockholm text (``2026-05-17 08:30:00+02``). Where the table has a main date the
        pseudo-column ``week`` (``2026-W05``) picks the ISO week it lies in. Raises UnknownName, BadPeriod.
        """
        declared, at = _declared(table), self._at(version)
        condition, values = conditions(declared, where, at.tables if at else ())
        if at is None or table not in at.tables:
            return SourceRows(0, [])
        with closing(self.connect(version)) as con:
            # One scan: the count comes with the first rows.
            found = con.sql(
                f'SELECT *, count(*) OVER () AS _count FROM "{table}" WHERE {condition} '
                f"ORDER BY _file, _row LIMIT {int(limit)}",
                params=values,
            ).to_arrow_table()
            if not len(found):
                total = con.sql(f'SELECT count(*) FROM "{table}" WHERE {condition}', params=values).fetchall()
                return SourceRows(total[0][0], [])
        return SourceRows(found["_count"][0].as_py(), found.drop_columns("_count").to_pylist())

    # Writing

    def delivery(self) -> Delivery:
        """Return an empty delivery, kept on disk in the store until it is closed, stored or forgotten."""
        return Delivery(self._folder / ".incoming")

    def weigh(self, delivery: Delivery) -> None:
        """Find what *delivery* would change in the head. Its keys must be known to be distinct."""
        head = self.head()
        found = {}
        with closing(self._writer()) as con:
            for name in delivery.tables:
                incoming = delivery.rows[name].files if name in delivery.rows else ()
                gone = delivery.gone.get(name)
                stored = head.tables[name].content if head and name in head.tables else None
                change = find_change(
                    con, TABLES[name], incoming, self._files(name, head), gone=gone, stored=stored, distinct=True
                )
                found[name] = keep_keys(con, change, delivery.folder / "keys" / name)
        delivery.changes, delivery.base = found, head.number if head else None

    def month_totals(self, delivery: Delivery) -> list[MonthTotal]:
        """Return what a weighed *delivery* does to the totals per table, unit and month."""
        with closing(self._writer()) as con:
            return [total for change in (delivery.changes or {}).values() for total in month_totals(con, change)]

    def compare(self, table: str, rows: pa.Table, key: Sequence[str] = ()) -> Difference:
        """Return how many of *rows* would be new, changed and unchanged against the head; nothing is stored."""
        _require_columns(table, key)
        declared = _declared(table)
        with closing(self._writer()) as con:
            files = self._files(table, self.head())
            return find_change(con, declared, with_keys(declared, conformed(declared, rows)), files, key).difference

    def commit(
        self,
        tables: Mapping[str, pa.Table] | Delivery,
        *,
        by: str,
        at: datetime,
        originals: Sequence[Path] = (),
        files: Sequence[SourceFile] = (),
        expected_head: int | None = ANY_HEAD,
    ) -> Version:
        """Store the rows of all *tables* as one new version and return it; all or nothing.

        Rows are matched by the table's key: same content leaves the stored row, other content replaces it, the
        rest are added. Where nothing is new, changed or removed the head is returned. A weighed delivery is stored on
        the version it was weighed against or not at all. *originals* are kept; *files* names the sources that were
        read, of which some may not be among them. *expected_head* (None: an empty store) guards a preview. When this
        returns the version survives
        kill -9 and power loss.

        Raises HeadMoved, FileChanged, DuplicateKeys, UnfitRows, UnknownName, NothingToStore.
        """
        if at.tzinfo is None:
            raise UnfitRows(Message("Tidpunkten {at} saknar tidszon.", at=at))
        with (
            exclusive(self._folder / ".lock"),
            staging(self._folder / ".staging") as folder,
            closing(self._writer()) as con,
        ):
            head = self.head()
            _require_head(head, expected_head)
            changes = [change for change in self._changes(con, tables, head) if not change.is_empty]
            if not changes:
                return _unchanged(head)
            with ThreadPoolExecutor(1) as pool:  # sealing takes one processor, and writing need not wait for it
                keeping = pool.submit(self._originals.keep, originals, folder, files)
                written = {change.table.name: self._write(con, change, head, folder) for change in changes}
                kept = keeping.result()
            version = _next(head, by, at, written, kept, files)
            self._pointer.append(version, folder / "version.parquet")
        return version

    def _changes(
        self, con: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table] | Delivery, head: Version | None
    ) -> list[Change]:
        if isinstance(tables, Delivery):
            _require_head(head, tables.base)
            found = list((tables.changes or {}).values())
            for change in found:
                take_up(con, change)
            return found
        fitted = {name: conformed(_declared(name), given) for name, given in tables.items() if len(given)}
        rows = {name: with_keys(TABLES[name], given) for name, given in fitted.items()}
        return [find_change(con, TABLES[name], rows[name], self._files(name, head)) for name in sorted(rows)]

    def _write(
        self, con: duckdb.DuckDBPyConnection, change: Change, head: Version | None, folder: Path
    ) -> TableVersion:
        name = change.table.name
        before = head.tables.get(name) if head else None
        home = self._folder / name
        table = open_at(home, change.table.schema(), before.delta_version if before else None)
        content = (before.content if before else NOTHING) + content_added(con, change)
        content -= change.replaced
        added, removed = write_change(con, change, home, folder / name)  # takes the delivery's files away
        return TableVersion(commit_files(table, home, added, removed), content.rows, content.fingerprint)

    # Verifying

    def verify(self, version: int | None = None) -> list[Mismatch]:
        """Recompute what *version* says of its tables and of every original up to it; return what differs.

        Without the key (:meth:`key_trouble`) originals are only looked for, not read.
        """
        at = self._at(version)
        if at is None:
            return []
        found = [wrong for name in sorted(at.tables) if (wrong := self._verify_table(name, at))]
        if (whole := fingerprint_of_tables(at.tables)) != at.fingerprint:
            found.append(Mismatch("version", str(at.number), at.fingerprint, whole))
        originals = {
            (file.sha256, file.name)
            for earlier in self.versions()
            if earlier.number <= at.number
            for file in earlier.files
            if file.sha256 in earlier.kept
        }
        differing = self._originals.differing({sha256 for sha256, _ in originals})
        found += [
            Mismatch("original", name, sha256, differing[sha256])
            for sha256, name in sorted(originals)
            if sha256 in differing
        ]
        return found

    def _verify_table(self, name: str, at: Version) -> Mismatch | None:
        said = at.tables[name]
        expected = f"{said.rows} {said.fingerprint}"
        with closing(self._writer()) as con:
            try:
                relation = stored_rows(con, TABLES[name], self._files(name, at))
                sums = con.sql(f"SELECT {SUMS} FROM (SELECT {digest(TABLES[name])} AS digest FROM {relation})")
                content = Content(*sums.fetchall()[0])
            except (duckdb.Error, DeltaError, OSError) as error:
                return Mismatch("table", name, expected, str(error))
        found = f"{content.rows} {content.fingerprint}"
        return None if found == expected else Mismatch("table", name, expected, found)

    # Shared

    def _at(self, version: int | None) -> Version | None:
        return self.head() if version is None else self.version(version)

    def _files(self, table: str, at: Version | None) -> list[str]:
        if at is None or table not in at.tables:
            return []
        return list(data_files(self._folder / table, at.tables[table].delta_version))

    def _writer(self) -> duckdb.DuckDBPyConnection:
        return self._duckdb("UTC", _WRITER_MEMORY, None)

    def _duckdb(self, zone: str, memory_limit: str | None, threads: int | None) -> duckdb.DuckDBPyConnection:
        scratch = self._folder / ".scratch" / uuid4().hex  # DuckDB makes it when it spills, and removes it
        scratch.parent.mkdir(parents=True, exist_ok=True)
        config: dict[str, Any] = {
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        given = {"memory_limit": memory_limit, "threads": threads}
        config |= {name: str(value) for name, value in given.items() if value is not None}
        con = duckdb.connect(config=config)
        con.execute(f"SET TimeZone = '{zone}'")
        con.execute("SET enable_progress_bar = false")  # it would be drawn on stdout, amid the JSON
        return con


def _declared(table: str) -> Table:
    if table not in TABLES:
        raise UnknownName(Message("Tabellen {table} finns inte i datakontraktet.", table=table))
    return TABLES[table]


def _require_columns(table: str, names: Sequence[str]) -> None:
    known = _declared(table).schema().names
    for name in names:
        if name not in known:
            raise UnknownName(Message("Kolumnen {column} finns inte i {table}.", column=name, table=table))


def _require_head(head: Version | None, expected: int | None) -> None:
    number = head.number if head else None
    if expected not in (ANY_HEAD, number):
        raise HeadMoved(
            Message(
                "Någon annan har läst in data under tiden: lagret är nu på version {now}, inte {expected}. "
                "Förhandsgranska igen.",
                now=number or "–",
                expected=expected or "–",
            )
        )


def _unchanged(head: Version | None) -> Version:
    if head is None:
        raise NothingToStore(Message("Leveransen har inga rader och lagret är tomt, så det finns inget att spara."))
    return head


def _next(
    head: Version | None,
    by: str,
    at: datetime,
    written: Mapping[str, TableVersion],
    kept: Sequence[SourceFile],
    files: Sequence[SourceFile],
) -> Version:
    tables = {**(head.tables if head else {}), **written}
    named = tuple(dict.fromkeys((*kept, *files)))
    version = Version(
        1, at, by, None, fingerprint_of_tables(tables), tables, named, frozenset(file.sha256 for file in kept)
    )
    return replace(version, number=head.number + 1, parent=head.number) if head else version
