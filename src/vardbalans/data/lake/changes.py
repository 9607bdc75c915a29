"""What a delivery changes in a table, found and written by DuckDB without loading the table.

Rows are matched by key (an empty key value matches an empty one). A row that says the same in every declared column
is unchanged and keeps the source it came from; otherwise the delivered row takes its place; the rest are new. A row
is removed only where its key is given as gone.

On the connection a change leaves, for table ``t``: the view ``incoming_t`` (delivered rows), and where keys met
``fresh_t`` (keys of the rows to write) and ``former_t`` (keys of the stored rows that go).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import duckdb
import pyarrow as pa

from vardbalans.data.lake.content import NOTHING, SUMS, Content, digest
from vardbalans.data.lake.durable import install
from vardbalans.data.lake.errors import DuplicateKeys, UnfitRows
from vardbalans.data.tables import Table
from vardbalans.engine.messages import Message

__all__ = [
    "Change",
    "Difference",
    "Incoming",
    "conformed",
    "content_added",
    "find_change",
    "keep_keys",
    "parquet",
    "present",
    "stored_rows",
    "take_up",
    "with_keys",
    "write_change",
]

_FILE_BYTES = "32MB"  # small enough that a few changed rows rewrite little, large enough to scan fast
_GROUP_ROWS = 122_880
_SMALL_ROWS = 100_000
_MANY_SMALL = 16


Incoming: TypeAlias = pa.Table | Sequence[str]
"""Delivered rows: in memory, or as Parquet files of the table's own form."""


@dataclass(frozen=True)
class Difference:
    """How many delivered rows are new, changed and unchanged, and how many stored ones are removed."""

    new: int
    changed: int
    unchanged: int
    removed: int = 0


@dataclass(frozen=True)
class Change:
    """What a delivery does to *table*: how many rows, the content it adds, and the content that goes.

    What only adds is not read to look at it: *added* is None until it is asked for (:func:`content_added`).
    *files* are the stored ones it was compared with, *incoming* the delivered rows. *keys* tells where ``fresh`` and
    ``former`` are kept when they outlive the connection.
    """

    table: Table
    files: Sequence[str]
    difference: Difference
    added: Content | None
    replaced: Content = NOTHING
    incoming: Incoming = ()
    keys: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether the delivery says nothing the table does not already say."""
        return self.difference.new == self.difference.changed == self.difference.removed == 0

    @property
    def is_all(self) -> bool:
        """Tell whether every delivered row is new and none goes, so that no key needs to be looked up again."""
        return self.difference.changed == self.difference.unchanged == self.difference.removed == 0


def conformed(table: Table, rows: pa.Table) -> pa.Table:
    """Return *rows* in the table's own column order and types. Raises UnfitRows."""
    schema = table.schema()
    given, wanted = set(rows.column_names), set(schema.names)
    if given != wanted:
        raise UnfitRows(
            Message(
                "Raderna till {table} har inte tabellens kolumner. Saknas: {missing}. Okända: {unknown}.",
                table=table.name,
                missing=", ".join(sorted(wanted - given)) or "–",
                unknown=", ".join(sorted(given - wanted)) or "–",
            )
        )
    try:
        return rows.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UnfitRows(
            Message("Raderna till {table} har fel typ: {reason}", table=table.name, reason=str(error))
        ) from error


def with_keys(table: Table, rows: pa.Table) -> pa.Table:
    """Return *rows* as they are. Raises UnfitRows where a required part of the key is empty."""
    for column in table.columns:
        if column.key and column.required and rows[column.name].null_count:
            raise UnfitRows(
                Message(
                    "Nyckelkolumnen {column} i {table} är tom på någon rad. Fyll i den.",
                    column=column.name,
                    table=table.name,
                )
            )
    return rows


def parquet(files: Sequence[str], extra: str = "") -> str:
    """Return SQL that scans data files; *extra* are further arguments, each led by a comma."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    return f"read_parquet([{names}], union_by_name = true{extra})"


def stored_rows(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str], extra: str = "") -> str:
    """Return SQL for the stored rows of *table*: declared columns in order, empty where a file is older than one."""
    found = set(con.sql(f"SELECT * FROM {parquet(files)} LIMIT 0").columns)
    columns = [
        f'"{field.name}"' if field.name in found else f'NULL::{_sql_type(field.type)} AS "{field.name}"'
        for field in table.schema()
    ]
    return f"(SELECT {', '.join(columns)}{', filename' if extra else ''} FROM {parquet(files, extra)})"


def _sql_type(arrow: pa.DataType) -> str:
    if pa.types.is_timestamp(arrow):
        return "TIMESTAMPTZ"
    return {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "date32[day]": "DATE", "bool": "BOOLEAN"}[
        str(arrow)
    ]


def find_change(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    incoming: Incoming,
    files: Sequence[str],
    key: Sequence[str] = (),
    gone: pa.Table | None = None,
    *,
    stored: Content | None = None,
    distinct: bool = False,
) -> Change:
    """Return what *incoming* (conformed) changes in the table stored as *files*. Raises DuplicateKeys.

    *gone* holds keys of rows to remove. *stored* is the content of *files*, where known. *distinct*: no key is known
    to stand twice.
    """
    key = tuple(key) or table.key
    present(con, table, incoming)
    if not distinct:
        _refuse_duplicates(con, table, key)
    delivered = f"incoming_{table.name}"
    rows = _count(con, delivered)
    few = bool(files) and 2 * rows < _count(con, parquet(files))
    if not files or (gone is None and few and not _any_known(con, table, files, key)):
        return Change(table, files, Difference(rows, 0, 0), None, incoming=incoming)
    if (
        gone is None
        and stored
        and stored.rows == rows
        and _content(con, delivered, table).fingerprint == stored.fingerprint
    ):
        return Change(table, files, Difference(0, 0, rows), NOTHING, incoming=incoming)
    _tell_apart(con, table, files, key, gone, few=few)
    fresh, former = f"fresh_{table.name}", f"former_{table.name}"
    added, replaced = _sums(con, f"SELECT {SUMS} FROM {fresh}"), _sums(con, f"SELECT {SUMS} FROM {former}")
    changed = _count(con, f"{former} WHERE NOT removed")
    difference = Difference(added.rows - changed, changed, rows - added.rows, replaced.rows - changed)
    return Change(table, files, difference, added, replaced, incoming)


def content_added(con: duckdb.DuckDBPyConnection, change: Change) -> Content:
    """Return the content of the rows that *change*, presented on *con*, writes."""
    return change.added or _content(con, f"incoming_{change.table.name}", change.table)


def present(con: duckdb.DuckDBPyConnection, table: Table, incoming: Incoming) -> None:
    """Make the delivered rows the view ``incoming_<table>`` on *con*."""
    name = f"incoming_{table.name}"
    if isinstance(incoming, pa.Table):
        con.register(name, incoming)
    elif incoming:
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM {parquet(incoming)}")
    else:
        con.register(name, table.schema().empty_table())


def keep_keys(con: duckdb.DuckDBPyConnection, change: Change, folder: Path) -> Change:
    """Return *change* with its keys kept in *folder*, for a connection to come."""
    if change.is_all or change.is_empty:
        return change
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("fresh", "former"):
        con.execute(
            f"COPY (SELECT * EXCLUDE digest FROM {name}_{change.table.name}) "
            f"TO '{_literal(folder / name)}.parquet' (FORMAT parquet)"
        )
    return replace(change, keys=folder)


def take_up(con: duckdb.DuckDBPyConnection, change: Change) -> None:
    """Make on *con* the views that *change* left on the connection it was found with."""
    present(con, change.table, change.incoming)
    if change.keys:
        for name in ("fresh", "former"):
            kept = f"read_parquet('{_literal(change.keys / name)}.parquet')"
            con.execute(f"CREATE VIEW {name}_{change.table.name} AS SELECT * FROM {kept}")


def _tell_apart(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    files: Sequence[str],
    key: Sequence[str],
    gone: pa.Table | None,
    *,
    few: bool,
) -> None:
    """Make ``fresh_<table>`` and ``former_<table>``: key and digest of rows to write, and of stored rows that go.

    A digest says the key too, so a delivered row is unchanged just where its digest is stored: only digests are held
    against each other, and keys only of what is fresh. *few*: the delivery is small beside the table.
    """
    name, columns = table.name, ", ".join(f'"{column}"' for column in key)
    con.register(f"gone_{name}", gone if gone is not None else table.schema().empty_table())
    stored = stored_rows(con, table, files)
    met = f"SEMI JOIN incoming_{name} i ON {_same(table, key, 's', 'i')}" if few else ""
    con.execute(
        f"CREATE TEMP TABLE fresh_{name} AS SELECT * "
        f"FROM (SELECT {columns}, {digest(table)} AS digest FROM incoming_{name}) i "
        f"ANTI JOIN (SELECT {digest(table)} AS digest FROM {stored} s {met}) m ON i.digest = m.digest"
    )
    con.execute(
        f"CREATE TEMP TABLE former_{name} AS SELECT {columns}, {digest(table)} AS digest, false AS removed FROM "
        f"{stored} s SEMI JOIN fresh_{name} f ON {_same(table, key, 's', 'f')} "
        f"UNION ALL SELECT {columns}, {digest(table)} AS digest, true AS removed FROM "
        f"{stored} s SEMI JOIN gone_{name} g ON {_same(table, key, 's', 'g')}"
    )


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(con.sql(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")


def _same(table: Table, key: Sequence[str], left: str, right: str) -> str:
    required = {column.name for column in table.columns if column.required}
    signs = {column: "=" if column in required else "IS NOT DISTINCT FROM" for column in key}
    return " AND ".join(f'{left}."{column}" {sign} {right}."{column}"' for column, sign in signs.items())


def _any_known(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str], key: Sequence[str]) -> bool:
    same = _same(table, key, "s", "i")
    query = f"SELECT count(*) FROM {stored_rows(con, table, files)} s SEMI JOIN incoming_{table.name} i ON {same}"
    return bool(con.sql(query).fetchall()[0][0])


def _refuse_duplicates(con: duckdb.DuckDBPyConnection, table: Table, key: Sequence[str]) -> None:
    columns = ", ".join(f'"{column}"' for column in key)
    twice = con.sql(
        f"SELECT {columns}, min(_row), max(_row) FROM incoming_{table.name} "
        f"GROUP BY {columns} HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    ).fetchall()
    if twice:
        *values, first, last = twice[0]
        raise DuplicateKeys(
            Message(
                "{table} har samma nyckel ({key}) på rad {first} och rad {last}. Ta bort den ena.",
                table=table.name,
                key=", ".join(map(str, values)),
                first=first,
                last=last,
            )
        )


def _content(con: duckdb.DuckDBPyConnection, relation: str, table: Table) -> Content:
    return _sums(con, f"SELECT {SUMS} FROM (SELECT {digest(table)} AS digest FROM {relation})")


def _sums(con: duckdb.DuckDBPyConnection, query: str) -> Content:
    return Content(*con.sql(query).fetchall()[0])


def write_change(
    con: duckdb.DuckDBPyConnection, change: Change, folder: Path, staged: Path
) -> tuple[list[str], list[str]]:
    """Write the changed table's new data files into *folder*; return the names to add and to remove.

    Only files that hold a row that goes are rewritten, and small ones once they are many. *staged* is an empty folder.
    """
    touched = _files_with_former(con, change) | _too_many_small(con, change)
    if change.is_all and not touched and not isinstance(change.incoming, pa.Table):
        return [_installed(Path(name), folder) for name in change.incoming], []
    query = _incoming(change)
    if touched:
        kept = stored_rows(con, change.table, sorted(touched))
        query = f"SELECT s.* FROM {kept} s {_less_former(change)} UNION ALL {query}"
    staged.mkdir()
    con.execute(
        f"COPY ({query}) TO '{_literal(staged)}' (FORMAT parquet, COMPRESSION zstd, "
        f"ROW_GROUP_SIZE {_GROUP_ROWS}, FILE_SIZE_BYTES '{_FILE_BYTES}')"
    )
    added = [_installed(path, folder) for path in sorted(staged.iterdir())]
    return added, [Path(name).name for name in sorted(touched)]


def _installed(path: Path, folder: Path) -> str:
    name = f"{uuid4().hex}.parquet"
    install(path, folder / name)
    return name


def _incoming(change: Change) -> str:
    name, table = change.table.name, change.table
    query = f"SELECT i.* FROM incoming_{name} i"
    return query if change.is_all else f"{query} SEMI JOIN fresh_{name} f ON {_same(table, table.key, 'i', 'f')}"


def _less_former(change: Change) -> str:
    if change.is_all:
        return ""
    return f"ANTI JOIN former_{change.table.name} f ON {_same(change.table, change.table.key, 's', 'f')}"


def _files_with_former(con: duckdb.DuckDBPyConnection, change: Change) -> set[str]:
    if not change.replaced.rows:
        return set()
    same = _same(change.table, change.table.key, "s", "f")
    found = con.sql(
        f"SELECT DISTINCT s.filename FROM {stored_rows(con, change.table, change.files, ', filename = true')} s "
        f"SEMI JOIN former_{change.table.name} f ON {same}"
    ).fetchall()
    return {name for (name,) in found}


def _too_many_small(con: duckdb.DuckDBPyConnection, change: Change) -> set[str]:
    if len(change.files) < _MANY_SMALL:
        return set()
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in change.files)
    query = f"SELECT file_name FROM parquet_file_metadata([{names}]) WHERE num_rows < {_SMALL_ROWS}"
    small = {name for (name,) in con.sql(query).fetchall()}
    return small if len(small) >= _MANY_SMALL else set()
