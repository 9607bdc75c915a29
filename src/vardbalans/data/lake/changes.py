"""What a delivery changes in a table, found and written by DuckDB without loading the table.

Rows are matched by key (an empty key value matches an empty one). A row that says the same in every declared column
is unchanged and keeps the source it came from; otherwise the delivered row takes its place; the rest are new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa

from vardbalans.data.lake.content import NOTHING, SUMS, Content, digest
from vardbalans.data.lake.durable import install
from vardbalans.data.lake.errors import DuplicateKeys, UnfitRows
from vardbalans.data.tables import Table
from vardbalans.engine.messages import Message

__all__ = ["Change", "Difference", "conformed", "find_change", "parquet", "stored_rows", "write_change"]

_FILE_BYTES = "32MB"  # small enough that a few changed rows rewrite little, large enough to scan fast
_GROUP_ROWS = 122_880
_SMALL_ROWS = 100_000
_MANY_SMALL = 16


@dataclass(frozen=True)
class Difference:
    """How many delivered rows are new, changed and unchanged."""

    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Change:
    """What a delivery does to *table*: how many rows, the content it adds, and the content it replaces."""

    table: Table
    files: Sequence[str]
    difference: Difference
    added: Content
    replaced: Content = NOTHING

    @property
    def is_empty(self) -> bool:
        """Tell whether the delivery says nothing the table does not already say."""
        return self.added.rows == 0

    @property
    def is_all(self) -> bool:
        """Tell whether every delivered row is new, so that no key needs to be looked up again."""
        return self.difference.changed == 0 and self.difference.unchanged == 0


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
        fitted = rows.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UnfitRows(
            Message("Raderna till {table} har fel typ: {reason}", table=table.name, reason=str(error))
        ) from error
    for column in table.columns:
        if column.key and column.required and fitted[column.name].null_count:
            raise UnfitRows(
                Message(
                    "Nyckelkolumnen {column} i {table} är tom på någon rad. Fyll i den.",
                    column=column.name,
                    table=table.name,
                )
            )
    return fitted


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
    con: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table, files: Sequence[str], key: Sequence[str] = ()
) -> Change:
    """Return what *rows* (conformed) change in the table stored as *files*. Raises DuplicateKeys.

    Leaves on *con* the view ``incoming_<table>`` and, where keys met, the table ``fresh_<table>`` of keys to write.
    """
    key = tuple(key) or table.key
    con.register(f"incoming_{table.name}", rows)
    _refuse_duplicates(con, table, key)
    if not files or not _any_known(con, table, files, key):
        con.execute(f"CREATE TEMP TABLE fresh_{table.name} (none INTEGER)")
        return Change(table, files, Difference(len(rows), 0, 0), _content(con, f"incoming_{table.name}", table))
    _tell_apart(con, table, files, key)
    fresh = f"fresh_{table.name}"
    added = _sums(con, f"SELECT {SUMS} FROM {fresh}")
    replaced = _sums(con, f"SELECT {SUMS} FROM (SELECT former AS digest FROM {fresh} WHERE changed)")
    difference = Difference(added.rows - replaced.rows, replaced.rows, len(rows) - added.rows)
    return Change(table, files, difference, added, replaced)


def _tell_apart(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str], key: Sequence[str]) -> None:
    """Make ``fresh_<table>``: key, digest, changed?, former digest, of every delivered row that is not as stored."""
    name, columns = table.name, ", ".join(f'"{column}"' for column in key)
    con.execute(
        f"CREATE TEMP TABLE former_{name} AS SELECT {columns}, {digest(table)} AS digest FROM "
        f"{stored_rows(con, table, files)} s SEMI JOIN incoming_{name} i ON {_same(table, key, 's', 'i')}"
    )
    con.execute(
        f"CREATE TEMP TABLE fresh_{name} AS "
        f"SELECT i.*, f.digest IS NOT NULL AS changed, f.digest AS former "
        f"FROM (SELECT {columns}, {digest(table)} AS digest FROM incoming_{name}) i "
        f"LEFT JOIN former_{name} f ON {_same(table, key, 'i', 'f')} "
        f"WHERE f.digest IS NULL OR f.digest <> i.digest"
    )
    con.execute(f"DROP TABLE former_{name}")


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

    Only files that hold a changed row are rewritten, and small ones once they are many. *staged* is an empty folder.
    """
    touched = _files_with_changes(con, change) | _too_many_small(con, change)
    query = _incoming(change)
    if touched:
        kept = stored_rows(con, change.table, sorted(touched))
        query = f"SELECT s.* FROM {kept} s {_less_changed(change)} UNION ALL {query}"
    staged.mkdir()
    con.execute(
        f"COPY ({query}) TO '{str(staged).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd, "
        f"ROW_GROUP_SIZE {_GROUP_ROWS}, FILE_SIZE_BYTES '{_FILE_BYTES}')"
    )
    added = []
    for path in sorted(staged.iterdir()):
        added.append(f"{uuid4().hex}.parquet")
        install(path, folder / added[-1])
    return added, [Path(name).name for name in sorted(touched)]


def _incoming(change: Change) -> str:
    name, table = change.table.name, change.table
    query = f"SELECT i.* FROM incoming_{name} i"
    return query if change.is_all else f"{query} SEMI JOIN fresh_{name} f ON {_same(table, table.key, 'i', 'f')}"


def _less_changed(change: Change) -> str:
    if not change.difference.changed:
        return ""
    same = _same(change.table, change.table.key, "s", "f")
    return f"ANTI JOIN (SELECT * FROM fresh_{change.table.name} WHERE changed) f ON {same}"


def _files_with_changes(con: duckdb.DuckDBPyConnection, change: Change) -> set[str]:
    if not change.difference.changed:
        return set()
    same = _same(change.table, change.table.key, "s", "f")
    found = con.sql(
        f"SELECT DISTINCT s.filename FROM {stored_rows(con, change.table, change.files, ', filename = true')} s "
        f"SEMI JOIN (SELECT * FROM fresh_{change.table.name} WHERE changed) f ON {same}"
    ).fetchall()
    return {name for (name,) in found}


def _too_many_small(con: duckdb.DuckDBPyConnection, change: Change) -> set[str]:
    if len(change.files) < _MANY_SMALL:
        return set()
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in change.files)
    query = f"SELECT file_name FROM parquet_file_metadata([{names}]) WHERE num_rows < {_SMALL_ROWS}"
    small = {name for (name,) in con.sql(query).fetchall()}
    return small if len(small) >= _MANY_SMALL else set()
