"""A text file read in blocks says what it says as a whole: rows, row numbers, findings."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vardbalans.data.findings import Gathered
from vardbalans.data.read import Draft, delimited, read_file

NAMES = st.text(alphabet='aåö; "\n,\t', min_size=1, max_size=12).filter(str.strip)
LEVELS = st.sampled_from(["clinic", "ward", "fel", ""])


def _file(folder: Path, rows: list[tuple[str, str]], newline: str, encoding: str, quoting: int) -> Path:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator=newline, quoting=quoting)
    writer.writerow(["unit_id", "name", "level"])
    writer.writerows((f"U{index}", *row) for index, row in enumerate(rows))
    path = folder / "units.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def _read(path: Path, block: int) -> tuple[list[Draft], pa.Table, list[tuple[object, ...]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", block)
        drafts = list(read_file(path))
    found = Gathered()
    for draft in drafts:
        found.add(draft.findings)
    told = [(item.row, item.column, item.code, str(item.message)) for item in found.findings()]
    return drafts, pa.concat_tables(draft.rows for draft in drafts), told


@given(
    rows=st.lists(st.tuples(NAMES, LEVELS), min_size=1, max_size=30),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block=st.integers(80, 300),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_size_of_a_block_changes_nothing(rows, newline, encoding, quoting, block, tmp_path):
    """Also where blocks end inside a quoted cell with line breaks, or in the middle of a letter."""
    if newline == "\r":  # then a line feed in a cell would be taken for the end of a row
        rows = [(name.replace("\n", " "), level) for name, level in rows]
    path = _file(tmp_path, rows, newline, encoding, quoting)
    _, whole, told = _read(path, 1 << 24)
    drafts, parts, told_of_parts = _read(path, block)
    assert parts.combine_chunks().equals(whole.combine_chunks())
    assert told_of_parts == told
    assert whole.num_rows == len(rows)
    assert len(drafts) > 1 or path.stat().st_size < 10 * block


def test_broken_and_empty_lines_keep_their_numbers_over_blocks(tmp_path):
    """A line too short in the third block is told with the row a spreadsheet shows."""
    lines = ["unit_id;name;level"] + [f"U{row};Enhet;ward" for row in range(2, 40)]
    lines[10], lines[20], lines[30] = "U12", "", "U32;Enhet;ward;för mycket"
    path = tmp_path / "units.csv"
    path.write_text("\n".join(lines) + "\n")
    drafts, rows, told = _read(path, 60)
    assert len(drafts) > 5
    assert [row for row, *_ in told] == [11, 31]
    assert {code for *_, code, _ in told} == {"wrong_cell_count"}
    assert rows["_row"].to_pylist() == [row for row in range(2, 40) if row not in {11, 21, 31}]


def test_findings_of_many_blocks_are_capped_and_counted_as_of_one_file(tmp_path):
    """Fifty rows are listed and the rest counted, however many blocks they stand in."""
    path = tmp_path / "population.csv"
    path.write_text("area;sex;age;year;count\n" + "0180;female;gammal;2026;x\n" * 120)
    _, _, told = _read(path, 200)
    ages = [item for item in told if item[1] == "age"]
    assert len(ages) == 51
    assert [item for item in ages if item[0] is None] == [
        (None, "age", "not_a_number", "Samma sak på 70 rader till i kolumnen age.")
    ]
    assert [item for item in told if item[2] == "missing_marks"] == [
        (None, "count", "missing_marks", "Antal: 120 celler med tecken som –, x eller saknas lästes som tomma.")
    ]


def test_a_stray_quote_does_not_swallow_the_file(tmp_path, monkeypatch):
    """An inch mark in a cell opens nothing: the rows after it are read, in blocks of bounded size."""
    monkeypatch.setattr(delimited, "_LONGEST_ROW", 400)
    path = tmp_path / "units.csv"
    path.write_text("unit_id;name;level\n" + 'U1;Rör 5" grovt;ward\n' + "".join(f"V{n};Sal;ward\n" for n in range(200)))
    drafts, rows, told = _read(path, 100)
    assert rows.num_rows == 201
    assert told == []
    assert max(len(draft.rows) for draft in drafts) < 60


@pytest.mark.parametrize("block", [1 << 24, 64])
def test_a_file_may_end_with_a_swedish_letter(block, tmp_path):
    """A last letter of two bytes, and no line break after it, is still UTF-8."""
    path = tmp_path / "units.csv"
    path.write_text("unit_id;level;name\nU1;ward;Umeå")
    _, rows, told = _read(path, block)
    assert (rows["name"].to_pylist(), told) == (["Umeå"], [])
