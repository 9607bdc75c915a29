"""What is written from the contract reads back as it was: csv, xlsx and parquet, every table."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.data.random_rows import random_rows
from vardbalans.data.read import Draft, read_file
from vardbalans.data.tables import GROUPS, TABLES, Table
from vardbalans.data.write.sheets import write_csv, write_parquet, write_templates, write_workbook


def _read_back(draft: Draft, table: Table, rows: pa.Table, name: str) -> None:
    assert draft.table == table.name
    assert [str(item.message) for item in draft.findings if item.severity == "error"] == []
    assert draft.rows.select(table.names).to_pylist() == rows.select(table.names).to_pylist()
    assert draft.rows["_row"].to_pylist() == list(range(2, 2 + len(rows)))
    assert set(draft.rows["_file"].to_pylist()) == {name}


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_rows_come_back_through_csv_xlsx_and_parquet(name: str, data: st.DataObject, tmp_path: Path) -> None:
    """read(write(x)) == x for any rows of any table, in each format."""
    table = TABLES[name]
    rows = data.draw(random_rows(table))
    files = [
        write_csv(tmp_path / f"{name}.csv", table, rows),
        write_workbook(tmp_path / f"{name}.xlsx", {name: rows}),
        write_parquet(tmp_path / f"{name}.parquet", table, rows),
    ]
    for path in files:
        (draft,) = read_file(path)
        _read_back(draft, table, rows, path.name)


def test_both_hours_of_the_night_when_summer_time_ends_come_back(tmp_path: Path) -> None:
    """02:30 happens twice on 2026-10-25; the offset tells which it was."""
    table = TABLES["stays"]
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    rows = pa.Table.from_pylist([_stay(moment) for moment in moments], schema=table.schema())
    for path in (write_csv(tmp_path / "stays.csv", table, rows), write_workbook(tmp_path / "a.xlsx", {"stays": rows})):
        (draft,) = read_file(path)
        assert draft.rows["admitted"].to_pylist() == moments
        assert draft.findings == []


def _stay(moment: datetime) -> dict[str, object]:
    return {"stay_id": "1", "patient_key": "P", "clinic_id": "K", "ward_id": "A", "admitted": moment, "acute": True}


@given(rows=random_rows(TABLES["units"]))
@example(
    rows=pa.Table.from_pylist([{"unit_id": "=1+1", "name": "'=x", "level": "unit"}], schema=TABLES["units"].schema())
)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_no_csv_cell_starts_as_a_formula(rows: pa.Table, tmp_path: Path) -> None:
    """A spreadsheet must never take a cell for a formula; the text still comes back as it was."""
    path = write_csv(tmp_path / "units.csv", TABLES["units"], rows)
    (draft,) = read_file(path)
    assert draft.rows["name"].to_pylist() == rows["name"].to_pylist()
    text = path.read_bytes().decode("utf-8-sig")
    cells = [cell.strip('"') for line in text.split("\r\n") for cell in line.split(";")]
    assert not [cell for cell in cells if cell[:1] in "=@\t\r" and cell]


def test_every_table_has_a_template_in_both_forms(tmp_path: Path) -> None:
    """One workbook per group with a sheet per table and a help sheet, and one csv per table; all read as empty."""
    written = write_templates(tmp_path)
    assert len(written) == len(GROUPS) + len(TABLES)
    found = set()
    for path in written:
        for draft in read_file(path):
            assert [item.code for item in draft.findings] == ["no_rows"]
            assert len(draft.rows) == 0
            found.add((path.suffix, draft.table))
    assert found == {(suffix, name) for suffix in (".xlsx", ".csv") for name in TABLES}


def test_a_csv_template_opens_in_a_swedish_spreadsheet(tmp_path: Path) -> None:
    """UTF-8 with its mark, semicolons, CRLF, Swedish headings."""
    write_templates(tmp_path)
    assert (tmp_path / "goals.csv").read_bytes() == (
        b"\xef\xbb\xbf" + "Enhets-id;Indikator;Måltal;Riktning;Giltig från\r\n".encode()
    )


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """Writers are deterministic, workbooks included."""
    table = TABLES["beds"]
    rows = pa.Table.from_pylist(
        [{"ward_id": "A", "date": date(2026, 5, 17), "physical": 20, "available": 18}], schema=table.schema()
    )
    first = write_workbook(tmp_path / "a.xlsx", {"beds": rows}).read_bytes()
    assert write_workbook(tmp_path / "b.xlsx", {"beds": rows}).read_bytes() == first
    assert zipfile.is_zipfile(tmp_path / "a.xlsx")
