"""Parts of a measure: they are judged by the plan of the whole, unless they have one of their own."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from vardbalans.data.improving.register import register_of
from vardbalans.data.improving.told import told
from vardbalans.data.lake import Lake
from vardbalans.data.tables import TABLES

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def measure(name, part_of=None):
    row = {"measure_id": name, "name": name, "unit_id": "K", "point": "care_need", "factor": 0.9, "status": "pilot"}
    return row | {"starts": date(2026, 3, 1), "part_of": part_of}


def plan(name, indicator, at=NOW):
    row = {"measure_id": name, "fixed_at": at, "indicator": indicator, "better": "lower"}
    return row | {"periods_after": 6, "author": "Verksamhetschef"}


@pytest.fixture
def entries(tmp_path):
    tables = {
        "measures": [measure("W"), measure("P", "W"), measure("Q", "W"), measure("X", "gone"), measure("Y")],
        "measure_plans": [plan("W", "inflow"), plan("Q", "minutes")],
    }
    lake = Lake(tmp_path)
    made = {
        name: pa.Table.from_pylist([row | {"_file": "f", "_row": 1} for row in rows], TABLES[name].schema())
        for name, rows in tables.items()
    }
    head = lake.commit(made, by="test", at=NOW)
    with lake.connect(head.number) as connection:
        return {row.measure_id: row for row in register_of(connection, set(head.tables), {})}


def test_a_part_shares_the_plan_of_the_whole_unless_it_has_its_own(entries):
    shared = told(entries["P"])["plan"]
    assert shared == told(entries["W"])["plan"]
    assert shared["of"] == "W"
    assert told(entries["Q"])["plan"]["indicator"] == "minutes"
    assert told(entries["Q"])["plan"]["of"] == "Q"
    assert entries["X"].plan is None
    assert entries["Y"].plan is None
