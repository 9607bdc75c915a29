"""Everything that went in comes out again, readable without us, and goes in elsewhere as it was."""

import hashlib
import json
import string
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.lake_rows import AT, bed, contact, contacts, rows
from tests.data.random_rows import ANY, random_rows
from vardbalans.data.findings import has_errors
from vardbalans.data.lake import Lake, UnknownName, UnknownVersion, Version
from vardbalans.data.read import parquet, read_file
from vardbalans.data.tables import TABLES
from vardbalans.data.write import export as export_room
from vardbalans.data.write.export import ExportFailed, export


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "store")


def imported(folder: Path, root: Path) -> tuple[Lake, Version]:
    """Import an exported folder into an empty store, as it is read."""
    parts: dict[str, list[pa.Table]] = {}
    for path in sorted(folder.glob("*.parquet")):
        for draft in read_file(path):
            assert not has_errors(draft.findings), draft.findings
            parts.setdefault(draft.table, []).append(draft.rows)
    lake = Lake(root)
    return lake, lake.commit({name: pa.concat_tables(found) for name, found in parts.items()}, by="Bo", at=AT)


def stored(lake: Lake, table: str, version: int | None = None) -> list[str]:
    """Return every row, with origin, as text in a fixed order."""
    return sorted(map(str, lake.read(table, version).to_pylist()))


# Out and in again


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_whatever_is_stored_is_the_same_elsewhere(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Counts, fingerprints and origins are equal for any rows of every table, odd texts and empty tables included."""
    folder = tmp_path_factory.mktemp("export")
    given_rows = {
        name: data.draw(random_rows(table, ANY, smallest=name == "units", with_origin=True))
        for name, table in TABLES.items()
    }
    lake = Lake(folder / "store")
    version = lake.commit(given_rows, by="Ada", at=AT)
    export(lake, folder / "out")
    other, made = imported(folder / "out", folder / "other")
    assert made.fingerprint == version.fingerprint
    assert {name: (table.rows, table.fingerprint) for name, table in made.tables.items()} == {
        name: (table.rows, table.fingerprint) for name, table in version.tables.items()
    }
    assert [name for name in TABLES if stored(other, name) != stored(lake, name)] == []


def test_an_older_version_comes_out_as_it_was(lake: Lake, tmp_path: Path) -> None:
    lake.commit({"contacts": contacts([1, 2], "januari.csv")}, by="Ada", at=AT)
    lake.commit({"contacts": contacts([2, 3], "februari.csv", status="no_show")}, by="Bo", at=AT)
    lake.commit({"beds": rows("beds", [bed(1, 18)])}, by="Bo", at=AT)
    done = export(lake, tmp_path / "out", 1)
    other, made = imported(tmp_path / "out", tmp_path / "other")
    assert made.fingerprint == done.version.fingerprint == lake.version(1).fingerprint
    assert stored(other, "contacts") == stored(lake, "contacts", 1)
    assert list(done.tables) == ["contacts"]
    other, made = imported(export(lake, tmp_path / "head").folder, tmp_path / "third")
    assert made.fingerprint == lake.head().fingerprint
    assert set(other.read("contacts")["_file"].to_pylist()) == {"januari.csv", "februari.csv"}


def test_a_column_that_the_contract_gained_later_changes_nothing(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for rows stored before it, nor for a folder exported before it."""
    full = TABLES["beds"]
    older = type(full)(full.name, full.title, full.meaning, full.group, full.needed_for, full.columns[:-1])
    registry = dict(TABLES) | {"beds": older}
    for room in ("lake.store", "write.export"):
        monkeypatch.setattr(f"vardbalans.data.{room}.TABLES", registry)
    version = lake.commit({"beds": rows("beds", [bed(1, 18)]).drop_columns("closed_reason")}, by="Ada", at=AT)
    export(lake, tmp_path / "before")
    registry["beds"] = full
    export(lake, tmp_path / "after")
    assert "closed_reason" not in pq.read_schema(tmp_path / "before" / "beds.parquet").names
    assert "closed_reason" in pq.read_schema(tmp_path / "after" / "beds.parquet").names
    for name in ("before", "after"):
        assert imported(tmp_path / name, tmp_path / f"store {name}")[1].fingerprint == version.fingerprint


def test_a_large_table_comes_in_parts_and_is_read_in_batches(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No part, draft or row group is the table; together they are."""
    monkeypatch.setattr(export_room, "_PART_BYTES", "1KB")
    monkeypatch.setattr(export_room, "_GROUP_ROWS", 2048)
    monkeypatch.setattr(parquet, "BATCH_ROWS", 1500)
    version = lake.commit({"contacts": contacts(range(9000), "januari.csv")}, by="Ada", at=AT)
    done = export(lake, tmp_path / "out")
    names = [file["name"] for file in done.tables["contacts"]["files"]]
    assert names == [f"contacts_{number:03d}.parquet" for number in range(1, len(names) + 1)]
    assert len(names) > 2
    assert sum(file["rows"] for file in done.tables["contacts"]["files"]) == 9000
    drafts = [draft for name in names for draft in read_file(tmp_path / "out" / name)]
    assert len(drafts) > len(names)
    assert max(len(draft.rows) for draft in drafts) == 1500
    assert [row for draft in drafts for row in draft.rows["_row"].to_pylist()] == list(range(2, 9002))
    assert imported(tmp_path / "out", tmp_path / "other")[1].fingerprint == version.fingerprint


def test_the_same_version_gives_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    lake.commit({"contacts": contacts(range(50)), "beds": rows("beds", [bed(1, 18)])}, by="Ada", at=AT)
    one, two = (export(lake, tmp_path / name).folder for name in ("one", "two"))
    assert {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in two.iterdir()
    }


# Read without us


def test_the_fingerprints_can_be_recomputed_from_the_folder_alone(lake: Lake, tmp_path: Path) -> None:
    """As README.md says, with nothing of ours: the version, every table and every file."""
    given_rows = [contact(1, drg_weight=-0.5, age=0, diagnosis="Åsa;=1:"), contact(2)]
    stay = {"stay_id": "1", "patient_key": "P", "clinic_id": "K", "ward_id": "A", "admitted": AT, "acute": True}
    tables = {
        "contacts": rows("contacts", given_rows),
        "beds": rows("beds", [bed(1, 18)]),
        "stays": rows("stays", [stay]),
    }
    lake.commit(tables, by="Ada", at=AT)
    folder = export(lake, tmp_path / "out").folder
    said = json.loads((folder / "version.json").read_text(encoding="utf-8"))
    lines = ""
    for name in sorted(said["tables"]):
        table = said["tables"][name]
        content = pa.concat_tables([pq.read_table(folder / file["name"]) for file in table["files"]]).to_pylist()
        assert _fingerprint(content) == table["fingerprint"]
        assert [hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest() for file in table["files"]] == [
            file["sha256"] for file in table["files"]
        ]
        lines += f"{name}\t{len(content)}\t{table['fingerprint']}\n"
    assert hashlib.sha256(lines.encode()).hexdigest() == said["fingerprint"]


def _fingerprint(content: list[dict[str, Any]]) -> str:
    numbers = [
        int.from_bytes(hashlib.md5(_row_text(row).encode(), usedforsecurity=False).digest(), "little")
        for row in content
    ]
    upper, lower = (sum(number >> shift & (2**64 - 1) for number in numbers) % 2**64 for shift in (64, 0))
    return f"{upper:016x}{lower:016x}"


def _row_text(row: Mapping[str, Any]) -> str:
    given = {name: row[name] for name in sorted(row) if name not in {"_file", "_row"} and row[name] is not None}
    texts = [value for value in given.values() if isinstance(value, str)]
    return "".join(_tag(name) + _stated(value) for name, value in given.items()) + "|" + "".join(texts)


def _tag(name: str) -> str:
    number = int.from_bytes(hashlib.md5(name.encode(), usedforsecurity=False).digest(), "little") % 26**3
    return "".join(string.ascii_uppercase[digit] for digit in (number // 676, number // 26 % 26, number % 26))


def _stated(value: Any) -> str:
    if isinstance(value, str):
        return str(len(value.encode()))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return str((value - datetime(1970, 1, 1, tzinfo=value.tzinfo)) // timedelta(microseconds=1))
    if isinstance(value, date):
        return str((value - date(1970, 1, 1)).days)
    return str(value)


def test_other_tools_read_the_rows_with_their_origin(lake: Lake, tmp_path: Path) -> None:
    lake.commit({"contacts": contacts([1, 2], "januari.csv")}, by="Ada", at=AT)
    path = export(lake, tmp_path / "out").folder / "contacts.parquet"
    frame = pd.read_parquet(path)
    assert frame["_file"].tolist() == ["januari.csv"] * 2
    assert str(frame["starts_at"][0]) == "2026-01-26 08:01:00+00:00"
    with duckdb.connect() as con:
        found = con.sql(f"SELECT contact_id, _row FROM '{path}' ORDER BY ALL").fetchall()
    assert found == [("C1", 2), ("C2", 3)]


def test_the_schema_describes_every_column_of_every_table() -> None:
    """From the registry, origin included; limits and units are those of what is stored."""
    described = {table["name"]: table for table in export_room.schema(tuple(TABLES))["tables"]}
    for name, table in TABLES.items():
        columns = {column["name"]: column for column in described[name]["columns"]}
        assert {column: entry["type"] for column, entry in columns.items()} == {
            field.name: str(field.type) for field in table.schema()
        }
        assert all(entry["meaning"] for entry in columns.values())
        assert described[name]["key"] == list(table.key)
    assert {"öre"} == {column["unit"] for column in described["budget"]["columns"] if column["name"] == "amount_ore"}
    assert described["beds"]["columns"][0]["references"] == "units.unit_id"
    assert described["contacts"]["columns"][1]["identity"] == "patient"


def test_the_version_names_its_sources_and_the_readme_is_in_both_languages(lake: Lake, tmp_path: Path) -> None:
    for number, name in enumerate(("januari.csv", "februari.csv", "mars.csv")):
        (tmp_path / name).write_text(name)
        lake.commit({"contacts": contacts([number], name)}, by="Ada", at=AT, originals=[tmp_path / name])
    folder = export(lake, tmp_path / "out", 2).folder
    said = json.loads((folder / "version.json").read_text(encoding="utf-8"))
    assert (said["version"], said["by"], said["at"], said["complete"]) == (2, "Ada", AT.isoformat(), True)
    assert [(file["version"], file["name"], file["kept"]) for file in said["sources"]] == [
        (1, "januari.csv", True),
        (2, "februari.csv", True),
    ]
    assert said["sources"][0]["sha256"] == hashlib.sha256(b"januari.csv").hexdigest()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "Mappen är en hel kopia" in readme
    assert "The folder is a whole copy" in readme


# What is left out and what is refused


def test_some_tables_only_and_it_says_so(lake: Lake, tmp_path: Path) -> None:
    lake.commit({"contacts": contacts([1]), "beds": rows("beds", [bed(1, 18)])}, by="Ada", at=AT)
    done = export(lake, tmp_path / "out", tables=["beds", "stays"])
    assert list(done.tables) == ["beds"]
    assert [(item.file, item.code, item.severity) for item in done.findings] == [("stays", "no_rows", "warning")]
    assert {path.name for path in done.folder.iterdir()} == {"README.md", "beds.parquet", "schema.json", "version.json"}
    assert json.loads((done.folder / "version.json").read_text(encoding="utf-8"))["complete"] is False


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="Lagret är tomt"):
        export(lake, tmp_path / "out")
    lake.commit({"contacts": contacts([1]), "beds": rows("beds", [bed(1, 18)])}, by="Ada", at=AT)
    with pytest.raises(UnknownVersion):
        export(lake, tmp_path / "out", 7)
    with pytest.raises(UnknownName, match="Tabellen wishes"):
        export(lake, tmp_path / "out", tables=["wishes"])
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("x")
    with pytest.raises(ExportFailed, match="inte tom"):
        export(lake, tmp_path / "taken")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine.txt"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportFailed, match="gick inte att skriva"):
        export(lake, tmp_path / "file" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "store", "taken"]


def test_a_damaged_store_is_not_exported_as_if_it_were_whole(lake: Lake, tmp_path: Path) -> None:
    lake.commit({"contacts": contacts([1]), "beds": rows("beds", [bed(1, 18)])}, by="Ada", at=AT)
    (path,) = map(Path, lake.files("beds"))
    pq.write_table(rows("beds", [bed(1, 19)]), path)
    with pytest.raises(ExportFailed, match="beds är inte som version 1 säger"):
        export(lake, tmp_path / "out")
    path.unlink()
    with pytest.raises(ExportFailed, match="gick inte att skriva"):
        export(lake, tmp_path / "out")
    assert [name.name for name in tmp_path.iterdir()] == ["store"]


# Reading our own files


def test_only_a_file_with_our_mark_keeps_its_origin(lake: Lake, tmp_path: Path) -> None:
    """Columns called _file and _row in anyone else's file mean nothing to us."""
    lake.commit({"beds": rows("beds", [bed(1, 18)], "januari.csv")}, by="Ada", at=AT)
    path = export(lake, tmp_path / "out").folder / "beds.parquet"
    content = pq.read_table(path)
    pq.write_table(content.replace_schema_metadata(None), tmp_path / "beds_2.parquet")
    pq.write_table(content.set_column(content.num_columns - 1, "_row", pa.array(["2"])), tmp_path / "beds_3.parquet")
    nameless = content.set_column(content.num_columns - 2, "_file", pa.array([None], pa.string()))
    pq.write_table(nameless, tmp_path / "beds_4.parquet")
    files = [path, *(tmp_path / f"beds_{number}.parquet" for number in (2, 3, 4))]
    drafts = [draft for file in files for draft in read_file(file)]
    assert [draft.findings for draft in drafts] == [[]] * 4
    assert [draft.rows["_file"].to_pylist() for draft in drafts] == [
        ["januari.csv"],
        ["beds_2.parquet"],
        ["beds_3.parquet"],
        ["beds_4.parquet"],
    ]


def test_a_cell_of_ours_that_cannot_be_read_is_told_by_its_origin(lake: Lake, tmp_path: Path) -> None:
    """What the checks must not call missing stands where the row says it came from."""
    lake.commit({"beds": rows("beds", [bed(1, 18), bed(2, 17)], "januari.csv")}, by="Ada", at=AT)
    path = export(lake, tmp_path / "out").folder / "beds.parquet"
    content = pq.read_table(path).drop_columns("ward_id")
    index = content.schema.get_field_index("available")
    pq.write_table(content.set_column(index, "available", pa.array([18.0, 17.5])), path)
    (draft,) = read_file(path)
    assert {(item.row, item.column, item.code) for item in draft.findings} == {
        (1, "ward_id", "missing_column"),
        (3, "available", "not_an_integer"),
    }
    assert draft.unreadable.to_pylist() == [
        {"column": "available", "_file": "januari.csv", "_row": 3},
        {"column": "ward_id", "_file": "januari.csv", "_row": None},
    ]


def test_what_is_said_of_a_heading_is_said_once_however_many_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)
    path = tmp_path / "beds.parquet"
    table = rows("beds", [bed(day, 18) for day in range(1, 6)]).drop_columns(["_file", "_row"])
    table = table.set_column(1, "date", pa.array(["2026-05-01"] * 5)).append_column("colour", pa.array(["red"] * 5))
    pq.write_table(table, path)
    drafts = list(read_file(path))
    assert [draft.rows["_row"].to_pylist() for draft in drafts] == [[2, 3], [4, 5], [6]]
    assert [(item.row, item.column, item.code) for draft in drafts for item in draft.findings] == [
        (1, "colour", "unknown_column"),
        (1, "date", "wrong_type"),
    ]


def test_a_file_without_rows_says_so_once(tmp_path: Path) -> None:
    path = tmp_path / "beds.parquet"
    pq.write_table(rows("beds", []), path)
    (draft,) = read_file(path)
    assert ([item.code for item in draft.findings], len(draft.rows)) == (["no_rows"], 0)


def test_a_page_that_is_broken_in_the_middle_refuses_the_file(tmp_path: Path) -> None:
    path = tmp_path / "contacts.parquet"
    pq.write_table(contacts(range(5000)), path, row_group_size=1000)
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = b"\0" * (len(content) // 2 - 4)
    path.write_bytes(content)
    (draft,) = read_file(path)
    assert (draft.table, [item.code for item in draft.findings]) == ("", ["broken_parquet"])


@pytest.mark.parametrize(
    ("column", "values", "read"),
    [
        ("available", pa.array([2**64 - 1, 5], pa.uint64()), [None, 5]),
        ("available", pa.array([1e30, 5.0]), [None, 5]),
        ("physical", pa.array([2**63, 2**53 + 1], pa.uint64()), [None, 2**53 + 1]),
    ],
)
def test_a_number_too_large_to_hold_is_a_finding(
    column: str, values: pa.Array, read: list[int | None], tmp_path: Path
) -> None:
    content = {"ward_id": pa.array(["A", "B"]), "date": pa.array([date(2026, 5, 1)] * 2)}
    content |= {"physical": pa.array([1, 1]), "available": pa.array([1, 1])} | {column: values}
    pq.write_table(pa.table(content), tmp_path / "beds.parquet")
    (draft,) = read_file(tmp_path / "beds.parquet")
    assert draft.rows[column].to_pylist() == read
    assert [(item.row, item.column, item.code) for item in draft.findings] == [(2, column, "too_large")]
