"""Everything out again: one version of the store as parquet files that any tool reads, with what explains them.

::

    README.md       what this is and how to read it, in Swedish and English
    version.json    number, time, who, fingerprints, and the files the rows first came from
    schema.json     every table and column: type, unit, meaning, key, references
    contacts.parquet, or contacts_001.parquet, contacts_002.parquet … for a large table

The folder appears when it is whole: every file has been read back, and says what the version says. Rows bear the file
and row they came from (``_file``, ``_row``), and keep them when the folder is imported elsewhere.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError

from vardbalans.data.findings import Finding
from vardbalans.data.lake import Lake, UnknownName, Version
from vardbalans.data.lake.content import SUMS, Content, digest
from vardbalans.data.lake.durable import flush
from vardbalans.data.read.draft import file_sha256
from vardbalans.data.read.parquet import OURS
from vardbalans.data.tables import TABLES, Column, Table
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = ["ExportFailed", "Exported", "export", "schema"]

FORMAT = 2
"""The layout of the folder; raised when a reader of an older one would go wrong."""

_PART_BYTES = "256MB"
_GROUP_ROWS = 122_880
_MEMORY = "1GB"  # beyond it DuckDB spills to disk
_ORIGIN = {
    "_file": ("Filen raden först kom från.", "The file the row first came from."),
    "_row": ("Raden i den filen, räknad som i ett kalkylblad.", "The row in that file, counted as a spreadsheet does."),
}


class ExportFailed(BadInput):
    """The version could not be written whole; nothing is left behind."""


@dataclass(frozen=True)
class Exported:
    """What was written: *tables* by name with ``rows``, ``fingerprint`` and ``files``, and what was found."""

    folder: Path
    version: Version
    tables: Mapping[str, Mapping[str, Any]]
    findings: tuple[Finding, ...]


def export(lake: Lake, folder: Path, version: int | None = None, tables: Sequence[str] = ()) -> Exported:
    """Write *version* (the head where None), or only its *tables*, into the new *folder*.

    Takes bounded memory. Raises UnknownVersion, UnknownName, and ExportFailed where the store is empty, the folder is
    taken, the disk is full, or what was written is not what the version says.
    """
    at = lake.head() if version is None else lake.version(version)
    if at is None:
        raise ExportFailed(Message("Lagret är tomt, så det finns inget att exportera. Importera data först."))
    for name in tables:
        if name not in TABLES:
            raise UnknownName(Message("Tabellen {table} finns inte i datakontraktet.", table=name))
    chosen = [name for name in TABLES if name in at.tables and (not tables or name in tables)]
    with _staged(folder) as staged, closing(lake.connect(at.number, memory_limit=_MEMORY)) as con:
        written = {name: _write(con, at, TABLES[name], staged) for name in chosen}
        _write_json(staged / "version.json", _version(lake, at, written))
        _write_json(staged / "schema.json", schema(chosen))
        text = files(__package__).joinpath("export_readme.md").read_text(encoding="utf-8")
        (staged / "README.md").write_text(text, encoding="utf-8")
        flush(*staged.iterdir(), staged)
    return Exported(folder, at, written, tuple(_empty(name, at) for name in tables if name not in at.tables))


def _empty(table: str, at: Version) -> Finding:
    message = Message(
        "{table} har inga rader i version {version}; ingen fil skrevs.", table=TABLES[table].title, version=at.number
    )
    return Finding(table, None, "", "no_rows", "warning", message)


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """Give a folder beside *folder* to write in; it gets its name when all is well, and is removed otherwise."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFailed(Message("{folder} finns redan och är inte tom. Välj en ny mapp.", folder=folder))
    staged = folder.parent / f".{folder.name}-{uuid4().hex}"
    try:
        staged.mkdir(mode=0o700, parents=True)  # rows about patients
        yield staged
        staged.replace(folder)
        flush(folder.parent)
    except (OSError, duckdb.Error, DeltaError) as error:
        raise ExportFailed(Message("Exporten gick inte att skriva: {reason}", reason=str(error))) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write(con: duckdb.DuckDBPyConnection, at: Version, table: Table, folder: Path) -> dict[str, Any]:
    """Write one table and read it back; return its entry in ``version.json``."""
    said = at.tables[table.name]
    mark = {"format": FORMAT, "table": table.name, "version": at.number, "fingerprint": said.fingerprint}
    parts = folder / table.name
    con.execute(
        f'COPY (SELECT * FROM "{table.name}") TO {_text(parts)} (FORMAT parquet, COMPRESSION zstd, '
        f"ROW_GROUP_SIZE {_GROUP_ROWS}, FILE_SIZE_BYTES '{_PART_BYTES}', FILENAME_PATTERN '{{i}}', "
        f"KV_METADATA {{{OURS}: {_text(json.dumps(mark))}}})"
    )
    paths = _named(parts, table.name)
    names = ", ".join(_text(path) for path in paths)
    query = f"SELECT {SUMS} FROM (SELECT {digest(table)} AS digest FROM read_parquet([{names}]))"
    content = Content(*con.sql(query).fetchall()[0])
    if (content.rows, content.fingerprint) != (said.rows, said.fingerprint):
        raise ExportFailed(
            Message(
                "{table} är inte som version {version} säger, så inget exporterades. Kör vardbalans doctor.",
                table=table.name,
                version=at.number,
            )
        )
    entries = [
        {
            "name": path.name,
            "sha256": file_sha256(path),
            "size": path.stat().st_size,
            "rows": pq.read_metadata(path).num_rows,
        }
        for path in paths
    ]
    return {"rows": said.rows, "fingerprint": said.fingerprint, "files": entries}


def _text(value: object) -> str:
    """Return *value* as an SQL text."""
    return "'" + str(value).replace("'", "''") + "'"


def _named(parts: Path, name: str) -> list[Path]:
    """Move the files in the folder *parts* up and name them after the table; return their paths in order."""
    found = sorted(parts.iterdir(), key=lambda path: int(path.stem))
    if len(found) == 1:
        names = [f"{name}.parquet"]
    else:
        names = [f"{name}_{number:03d}.parquet" for number in range(1, len(found) + 1)]
    paths = [path.replace(parts.parent / new) for path, new in zip(found, names, strict=True)]
    parts.rmdir()
    return paths


def _version(lake: Lake, at: Version, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return ``version.json``: *sources* are the files of this version and of those before it, oldest first."""
    sources = [
        {"version": earlier.number, **asdict(file), "kept": file.sha256 in earlier.kept}
        for earlier in lake.versions()
        if earlier.number <= at.number
        for file in earlier.files
    ]
    return {
        "product": "Vårdbalans",
        "format": FORMAT,
        "version": at.number,
        "at": at.at.isoformat(),
        "by": at.by,
        "fingerprint": at.fingerprint,
        "complete": set(tables) == set(at.tables),
        "tables": tables,
        "sources": sources,
    }


def schema(tables: Sequence[str]) -> dict[str, Any]:
    """Return ``schema.json`` for *tables*: what the contract says of them and of their columns, as stored."""
    return {"product": "Vårdbalans", "format": FORMAT, "tables": [_table(TABLES[name]) for name in tables]}


def _table(table: Table) -> dict[str, Any]:
    origin = [
        {"name": name, "type": str(table.schema().field(name).type), "meaning": swedish, "meaning_en": english}
        for name, (swedish, english) in _ORIGIN.items()
    ]
    return {
        "name": table.name,
        "title": table.title,
        "meaning": table.meaning,
        "key": list(table.key),
        "columns": [_column(column) for column in table.columns] + origin,
    }


def _column(column: Column) -> dict[str, Any]:
    """Return what is known of a column; limits and unit are those of the stored value."""
    scale = 100 if column.type == "money_kr" else 1
    limits = {"minimum": column.minimum, "maximum": column.maximum}
    described = {
        "name": column.name,
        "title": column.header,
        "kind": column.type,
        "type": str(column.stored),
        "unit": "öre" if column.type == "money_kr" else column.unit,
        "meaning": column.meaning,
        "required": column.required,
        "key": column.key,
        "references": f"{column.reference}.{TABLES[column.reference].key[0]}" if column.reference else "",
        "values": dict(column.choices),
        "identity": column.identity,
    }
    return described | {name: limit * scale for name, limit in limits.items() if limit is not None}


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
