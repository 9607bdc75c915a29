"""Every kind of planted fault is found in the dirty copy, and next to nothing is called wrong in the clean one.

What is measured: of the places planted in the dirty copy (rows, and periods of series) the share that the import's
checks or the quality rules name by file and row, or by series and period. In the clean copy, the share of broken rows
among rows tested, each rule's tests counted; and the share of odd periods among the periods of series tested.
"""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.data.demo_region import TODAY, small
from tests.data.quality_rows import connection
from vardbalans.data import intake
from vardbalans.data.demo import generate, write_dirty
from vardbalans.data.demo.bands import waiting_by_band
from vardbalans.data.demo.faults import IMPORT
from vardbalans.data.demo.soil import soil
from vardbalans.data.lake import Lake
from vardbalans.data.quality import Report, delivered, judge
from vardbalans.data.quality.rules import RULES
from vardbalans.engine.periods import Period

CARE = ("contacts", "referrals", "stays", "operations")
PLACED = timedelta(days=14)
"""By how much a lasting change may be placed elsewhere than it was planted."""


def with_origin(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return *tables* with a file and row per row."""
    return {
        name: table.append_column("_file", pa.array([name] * len(table), pa.string())).append_column(
            "_row", pa.array(range(2, len(table) + 2), pa.int64())
        )
        for name, table in tables.items()
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_all_that_is_planted_is_found(seed: int, tmp_path: Path) -> None:
    truth = json.loads(write_dirty(tmp_path / "dirty", "small", seed)[-1].read_text(encoding="utf-8"))
    lake = Lake(tmp_path / "store")
    with (
        intake.prepare(lake, [tmp_path / "dirty"], today=TODAY) as preview,
        delivered(lake, preview.delivery) as con,
    ):
        # Rows are late against the clean copy.
        con.execute("create schema before")
        for name, table in with_origin({name: small(seed).tables[name] for name in CARE}).items():
            con.register(f"_before_{name}", table)
            con.execute(f'create view before.{name} as select * from "_before_{name}"')
        report = judge(con, TODAY)
        missed = [fault for fault in truth if not is_found(fault, preview.findings, report)]
    assert len(truth) > 120
    assert len(missed) <= 0.01 * len(truth), missed
    assert all(fault["found_by"] != IMPORT for fault in missed)


def is_found(fault, findings, report: Report) -> bool:
    """Tell whether *fault* is named where it was planted."""
    if fault["found_by"] == IMPORT:
        place = (fault["file"], fault["row"], fault["column"], fault["code"])
        return place in {(item.file, item.row, item.column, item.code) for item in findings}
    if fault["row"] is not None:
        place = (fault["file"], fault["row"], fault["code"])
        return place in {(row["file"], row["row"], row["rule"]) for row in report.rows.to_pylist()}
    named = {"rule": fault["code"], **{name: fault[name] for name in ("table", "unit_id", "service_id")}}
    told = [row["period"] for row in report.alarms.to_pylist() if all(row[name] == named[name] for name in named)]
    if fault["code"] == "level_shift":
        wanted = Period.parse(fault["period"]).start
        return any(abs(Period.parse(period).start - wanted) <= PLACED for period in told)
    return fault["period"] in told


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_clean_copy_is_hardly_called_wrong(seed: int) -> None:
    tables = small(seed).tables
    with connection(with_origin(tables | {"waiting": waiting_by_band(tables)})) as con:
        report = judge(con, TODAY)
    for kind, limit in (("rows", 0.001), ("series", 0.002)):
        mine = [item for item in report.rules() if item.rule.kind == kind]
        assert sum(item.broken for item in mine) <= limit * sum(item.tested for item in mine), kind
        assert max(item.broken / item.tested for item in mine if item.tested > 1000) < 0.01
    for score in report.scores:
        assert score.value > 97, score.name


def test_every_kind_is_planted_by_seed_and_where_the_list_says() -> None:
    tables = generate("small", 5).tables
    one, same, other = (soil(tables, seed) for seed in (5, 5, 6))
    assert all(table.equals(same.tables[name]) for name, table in one.tables.items())
    assert (one.rows, one.series) == (same.rows, same.series)
    assert one.rows != other.rows
    kinds = Counter(mark.partition(":")[0] for marks in one.rows.values() for mark in marks.values())
    kinds += Counter(broken.code for broken in one.series)
    late = {f"late_{name}" for name in ("referrals", "stays", "operations")}
    of_quality = {name for _, name in RULES} - {rule.name for rule in RULES.values() if rule.broken}
    # The rules that are the same for another column or table, and the import's own, are planted once.
    unplanted = of_quality - set(kinds) - late - {name for name in of_quality if name.startswith("missing_more_")}
    # No two units of the demo offer the same service.
    assert unplanted == {"treated_elsewhere_on_list"}
    for name in ("still_booked", "impossible_age", "late_contacts", "booked_after_start", "closed_before_issued"):
        assert kinds[name] >= 3
    contacts = one.tables["contacts"]
    for row, mark in one.rows["contacts"].items():
        if mark == "impossible_age":
            assert contacts["age"][row].as_py() == 114
    assert contacts["starts_at"].combine_chunks().equals(contacts.sort_by("starts_at")["starts_at"].combine_chunks())
