"""A delivery on its way in lies on disk in the lake's own form, and goes when nobody holds it any more."""

import gc
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vardbalans.data.lake import HeadMoved, Lake, UnfitRows
from vardbalans.data.tables import TABLES

AT = datetime(2026, 11, 22, tzinfo=UTC)
UNITS = TABLES["units"].schema()


def _units(first: int, count: int, name: str = "Enhet") -> pa.Table:
    rows = [
        {"unit_id": f"U{n}", "name": name, "level": "ward", "_file": "u.csv", "_row": n}
        for n in range(first, first + count)
    ]
    return pa.Table.from_pylist(rows, schema=UNITS)


def _weighed(lake: Lake, *parts: pa.Table):
    delivery = lake.delivery()
    for rows in parts:
        delivery.add("units", rows)
    delivery.finish()
    lake.weigh(delivery)
    return delivery


def test_where_every_row_is_new_the_deliverys_files_become_the_lakes(tmp_path):
    """Nothing is written a second time; two parts of one table end up as one file."""
    lake = Lake(tmp_path)
    delivery = _weighed(lake, _units(0, 3), _units(3, 2))
    (file,) = delivery.rows["units"].files
    inode = Path(file).stat().st_ino
    version = lake.commit(delivery, by="Astrid", at=AT)
    assert version.tables["units"].rows == 5
    assert [Path(name).stat().st_ino for name in lake.files("units")] == [inode]
    assert lake.verify() == []


def test_a_delivery_and_rows_in_memory_come_to_the_same(tmp_path):
    """New, changed and unchanged rows: the same counts, content and fingerprint either way."""
    one, other = Lake(tmp_path / "one"), Lake(tmp_path / "other")
    for lake in (one, other):
        lake.commit({"units": _units(0, 4)}, by="Astrid", at=AT)
    rows = pa.concat_tables([_units(0, 2), _units(2, 1, "Nytt namn"), _units(9, 1)])
    delivery = _weighed(one, rows)
    assert delivery.changes["units"].difference == other.compare("units", rows)
    first, second = one.commit(delivery, by="Bo", at=AT), other.commit({"units": rows}, by="Bo", at=AT)
    assert first.fingerprint == second.fingerprint
    assert one.read("units").sort_by("unit_id").equals(other.read("units").sort_by("unit_id"))
    assert one.verify() == other.verify() == []


def test_what_was_weighed_against_an_older_version_is_refused(tmp_path):
    lake = Lake(tmp_path)
    delivery = _weighed(lake, _units(0, 1))
    lake.commit({"units": _units(5, 1)}, by="Bo", at=AT)
    with pytest.raises(HeadMoved):
        lake.commit(delivery, by="Astrid", at=AT)
    assert lake.read("units")["unit_id"].to_pylist() == ["U5"]


def test_rows_of_another_form_are_refused_at_the_door(tmp_path):
    with Lake(tmp_path).delivery() as delivery, pytest.raises(UnfitRows):
        delivery.add("units", _units(0, 1).drop_columns("name"))


def test_a_forgotten_delivery_leaves_nothing(tmp_path):
    lake = Lake(tmp_path)
    delivery = _weighed(lake, _units(0, 1))
    folder = delivery.folder
    assert folder.is_dir()
    del delivery
    gc.collect()
    assert not folder.exists()


def test_the_delivery_of_a_killed_process_is_removed_by_the_next_and_a_living_one_is_left(tmp_path):
    """The lock of the folder is the kernel's: it falls with its process."""
    code = "\n".join(
        [
            "import sys, time; from pathlib import Path; from vardbalans.data.lake import Lake",
            "delivery = Lake(Path(sys.argv[1])).delivery()",
            "print(delivery.folder, flush=True); time.sleep(600)",
        ]
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        folder = Path(process.stdout.readline().strip())
        with Lake(tmp_path).delivery():
            assert folder.is_dir()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with Lake(tmp_path).delivery() as mine:
        assert not folder.exists()
        assert mine.folder.is_dir()


def test_many_rows_end_up_in_several_groups_with_plain_ids(tmp_path, monkeypatch):
    """A column of ids is not kept as a dictionary of itself."""
    monkeypatch.setattr("vardbalans.data.lake.delivery._GROUP_ROWS", 10)
    delivery = _weighed(Lake(tmp_path), *(_units(10 * n, 10) for n in range(4)))
    meta = pq.read_metadata(delivery.rows["units"].files[0])
    assert (meta.num_rows, meta.num_row_groups) == (40, 4)
    encodings = {
        meta.row_group(0).column(n).path_in_schema: meta.row_group(0).column(n).encodings
        for n in range(meta.num_columns)
    }
    assert not any("DICTIONARY" in name for name in encodings["unit_id"])
    assert any("DICTIONARY" in name for name in encodings["level"])
