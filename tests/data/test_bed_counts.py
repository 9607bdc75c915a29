"""Counted beds: what is missing is not zero, sums are of the same units throughout, and rules tell what cannot be."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from vardbalans.data.bed_counts_run import counted_of
from vardbalans.data.lake import Lake
from vardbalans.data.results.bed_counts import bed_counts_table
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput

MONTHS = [f"{2022 + number // 12}-{number % 12 + 1:02d}" for number in range(48)]
SEASON = 1 + 0.06 * np.cos(2 * np.pi * np.arange(48) / 12)
"""Fullest in January."""


def count(unit, period, available, occupied, category="somatik", outliers=None):
    return {
        "unit_id": unit, "category": category, "period": period, "available": available, "occupied": occupied,
        "overcrowded": None, "outliers": outliers, "counted": "at_06", "source": None,
    }  # fmt: skip


def commit(folder, counts):
    levels = (("r", "region", None), ("a", "clinic", "r"), ("b", "clinic", "r"), ("c", "ward", "b"))
    units = [
        {"unit_id": name, "name": name.upper(), "level": level, "parent_id": parent} for name, level, parent in levels
    ]
    tables = {}
    for name, rows in (("units", units), ("bed_counts", counts)):
        schema = TABLES[name].schema()
        origin = {"_file": name}
        full = [row | origin | {"_row": at} for at, row in enumerate(rows, 2)]
        tables[name] = pa.Table.from_pylist(full, schema)
    lake = Lake(folder)
    return lake, lake.commit(tables, by="test", at=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Four years: a of 100 beds, 5 percentage points fuller in the last year; b with holes; c a ward of b's."""
    rng = np.random.default_rng(1)
    rows = []
    for at, month in enumerate(MONTHS):
        level = (80 + 5 * (at >= 36)) * SEASON[at] + rng.normal(0, 0.5)
        rows.append(count("a", month, 100.0, level, outliers=2.5))
        if at not in (10, 11):
            rows.append(count("b", month, 50.0, None if at == 20 else 40 * SEASON[at]))
        rows.append(count("c", month, 20.0, 16.0 * SEASON[at]))
        rows.append(count("a", month, 10.0, 9.0, category="psykiatri"))
    return commit(tmp_path_factory.mktemp("counts"), rows)


def told(found):
    return {(row["unit_id"], row["category"]): row for row in found["rows"]}


def test_occupancy_its_change_and_the_year_ahead(stored):
    row = told(counted_of(stored[0].root))["a", "somatik"]
    assert row["period"] == "2025-12"
    assert row["occupancy"] == pytest.approx(row["occupied"] / 100)
    assert row["occupancy_of_year"] == pytest.approx(0.85, abs=0.01)
    assert row["change_in_a_year"] == pytest.approx(0.05, abs=0.006)
    assert row["outliers_per_100"] == 2.5
    ahead = row["ahead"]
    assert ahead["periods"][0] == "2026-01"
    assert len(ahead["periods"]) == 12
    mean, low, high = (np.array(ahead["occupancy"][name]) for name in ("mean", "q05", "q95"))
    assert (low < mean).all()
    assert (mean < high).all()
    assert np.argmax(mean) in (0, 11)
    assert np.argmin(mean) in (5, 6, 7)
    truth = 0.85 * (1 + 0.06 * np.cos(2 * np.pi * np.arange(12) / 12))
    assert ((low < truth) & (truth < high)).sum() >= 10
    assert np.mean(high - low) < 0.2
    assert row["figures"][0]["remainder"] == pytest.approx(0)


def test_what_is_missing_is_not_zero(stored):
    found = counted_of(stored[0].root)
    row = told(found)["b", "somatik"]
    assert [
        month for month, value in zip(row["periods"], row["history"]["occupied"], strict=True) if value is None
    ] == [
        "2022-11",
        "2022-12",
        "2023-09",
    ]
    assert row["occupancy_of_year"] == pytest.approx(0.8, abs=0.001)
    assert [note["code"] for note in found["findings"]].count("missing_periods") == 1


def test_sums_are_of_the_topmost_who_count_and_of_the_same_units_throughout(stored):
    rows = told(counted_of(stored[0].root))
    everyone = rows["r", "somatik"]
    assert everyone["units"] == 1  # b has holes, and the ward c is in b's count
    assert everyone["history"]["occupied"] == rows["a", "somatik"]["history"]["occupied"]
    assert ("b", "psykiatri") not in rows
    assert rows["r", "psykiatri"]["occupied"] == 9.0
    assert rows["c", "somatik"]["units"] is None


def test_one_unit_or_none(stored, tmp_path):
    found = counted_of(stored[0].root, unit="a", category="psykiatri", horizon=3)
    assert [(row["unit_id"], len(row["ahead"]["periods"])) for row in found["rows"]] == [("a", 3)]
    with pytest.raises(BadInput, match="finns för x"):
        counted_of(stored[0].root, unit="x")
    lake, _ = commit(tmp_path, [])
    other = Lake(tmp_path / "without")
    other.commit({"units": lake.read("units", 1)}, by="test", at=datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(BadInput, match="räknade vårdplatser"):
        counted_of(other.root)


def test_a_run_tells_few_outliers_to_nobody(stored):
    table = bed_counts_table(*stored, date(2026, 1, 1))
    rows = {(row["unit_id"], row["category"]): json.loads(row["told"]) for row in table.to_pylist()}
    assert ("", "somatik") not in rows
    assert rows["a", "somatik"]["is_quiet"]
    assert rows["a", "somatik"]["outliers_per_100"] is None
    assert "outliers" not in rows["a", "somatik"]
    assert not rows["c", "somatik"]["is_quiet"]
    assert rows["r", "somatik"]["is_quiet"]  # the sum of few is few
