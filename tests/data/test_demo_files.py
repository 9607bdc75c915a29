"""The files of the demo can be read back to the very same rows, and every planted fault is found where it stands."""

import json
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from tests.data.demo_region import IDS, TODAY
from vardbalans.data.checks import check_table
from vardbalans.data.demo import generate, write, write_dirty
from vardbalans.data.demo.faults import IMPORT
from vardbalans.data.read import COMMAND_LINE, Draft, is_fhir, is_readable, read_fhir, read_file, source_file
from vardbalans.data.tables import TABLES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the small region's files."""
    made = tmp_path_factory.mktemp("demo")
    write(made, "small", 7)
    return made


def drafts_of(paths: list[Path]) -> dict[str, list[Draft]]:
    """Return the drafts of all *paths* by table; those of FHIR are read together, and need not give rows each."""
    fhir = [path for path in paths if is_fhir(path) and "truth" not in path.name]
    drafts = [draft for path in paths if not is_fhir(path) for draft in read_file(path)]
    together = read_fhir(fhir, [source_file(path) for path in fhir], COMMAND_LINE)
    found: dict[str, list[Draft]] = {}
    for draft in (*drafts, *(draft for draft in together if draft.table or draft.findings)):
        found.setdefault(draft.table, []).append(draft)
    return found


def test_reading_gives_back_every_row_without_a_finding(folder: Path) -> None:
    drafts = drafts_of([path for path in sorted(folder.rglob("*")) if is_readable(path)])
    demo = generate("small", 7)
    assert set(drafts) == set(demo.tables)
    for name, table in demo.tables.items():
        assert [finding for draft in drafts[name] for finding in draft.findings] == []
        read = pa.concat_tables(draft.rows for draft in drafts[name]).select(table.column_names)
        assert read.equals(table), name
    assert json.loads((folder / "truth.json").read_text("utf-8")) == json.loads(json.dumps(demo.truth))


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for path in write(tmp_path, "small", 7):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes(), path.name


def test_a_workbook_is_dated_by_the_data_and_not_by_the_clock(folder: Path) -> None:
    for path in folder.glob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            properties = archive.read("docProps/core.xml").decode()
        assert re.findall(r">(\d{4}-\d\d-\d\dT[^<]*)<", properties) == ["2026-10-25T00:00:00Z"] * 2


def test_another_seed_writes_other_bytes(folder: Path, tmp_path: Path) -> None:
    paths = {path: folder / path.relative_to(tmp_path) for path in write(tmp_path, "small", 8)}
    same = {path.name for path, other in paths.items() if path.read_bytes() == other.read_bytes()}
    # The organisation is the same region; everything that happens in it differs.
    unchanged = {"organisation.xlsx", "bemanning.xlsx", "styrning.xlsx", "planering.xlsx", "Schedule.ndjson"}
    assert same <= unchanged


def test_files_look_like_a_swedish_delivery(folder: Path) -> None:
    text = (folder / "employments.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfPersonnyckel;Resurs-id;Andel;")
    assert b";0,5;" in text
    ledger = (folder / "ledger_2025.se").read_bytes()
    assert "Kostnadsställe".encode("cp437") in ledger
    assert {path.name for path in folder.iterdir()} >= {"contacts_2024.parquet", "organisation.xlsx", "truth.json"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_fault_planted_for_the_import_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    paths = write_dirty(tmp_path, "small", seed)
    drafts = drafts_of(paths)
    found = {(f.file, f.row, f.column, f.code) for parts in drafts.values() for d in parts for f in d.findings}
    known = {name: pa.concat_tables(d.rows for d in drafts[name])[column] for name, column in IDS.items()}
    for name, parts in drafts.items():
        if name:
            whole, unreadable = (pa.concat_tables(getattr(d, what) for d in parts) for what in ("rows", "unreadable"))
            findings = check_table(TABLES[name], whole, known, today=TODAY, unreadable=unreadable)
            found |= {(f.file, f.row, f.column, f.code) for f in findings}
    truth = json.loads((tmp_path / "dirty_truth.json").read_text("utf-8"))
    mine = [fault for fault in truth if fault["found_by"] == IMPORT]
    assert found == {(fault["file"], fault["row"], fault["column"], fault["code"]) for fault in mine}
    assert len(mine) == 35
    assert not (tmp_path / "truth.json").exists()
