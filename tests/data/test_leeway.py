"""What a plan may use, from a data version to the engine: every column, what is absent, and who is unlike."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from tests.data.demo_region import small
from vardbalans.data.lake import Lake
from vardbalans.data.load.leeway import leeway_of
from vardbalans.data.tables import TABLES, planning
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.leeway import ExtraTime, LeaveRule, Performer, StaffLoan

SINCE = date(2026, 1, 1)
UNITS = {
    "D": Unit("D", "Divisionen", "division"),
    "K": Unit("K", "Kliniken", "clinic", "D"),
    "M": Unit("M", "Mottagningen", "unit", "K"),
}
ROWS = {
    "units": [
        {"unit_id": name, "name": unit.name, "level": unit.level, "site": "Norr" if name == "K" else None}
        for name, unit in UNITS.items()
    ],
    "resources": [
        {"resource_id": name, "name": name, "unit_id": "M", "kind": "staff", "competence": skill, "shift_minutes": 480}
        for name, skill in (("R1", "läkare"), ("R2", "läkare"), ("R3", "sjuksköterska"))
    ],
    "extra_time": [
        {
            "resource_id": "R1",
            "kind": "session",
            "minutes": 480.0,
            "cost_ore": 900_000,
            "weekly_most": 2.0,
            "whole": True,
            "valid_from": SINCE,
            "source": "avtal",
        }
    ],
    "leave_rules": [
        {
            "resource_id": "R1",
            "date_from": SINCE,
            "date_to": date(2026, 8, 31),
            "minutes": 2400.0,
            "most_share": 0.25,
            "source": "avtal",
        }
    ],
    "travel": [{"from_site": "Norr", "to_site": "Söder", "minutes": 50.0}],
    "performers": [
        {"service_id": "A", "performer_service": "B", "weekly_most": 5.0, "valid_from": SINCE, "source": "avtal"}
    ],
    "staff_loans": [
        {"from_resource": "R1", "to_resource": other, "weekly_minutes": 960.0, "valid_from": SINCE, "source": "avtal"}
        for other in ("R2", "R3")
    ],
}


@pytest.fixture
def leeway(tmp_path):
    """Return what is loaded from the tables, those of *without* left out."""

    def _leeway(*without):
        lake = Lake(tmp_path / "-".join(("store", *without)))
        tables = {
            name: pa.Table.from_pylist(
                [row | {"_file": name, "_row": n} for n, row in enumerate(rows, 2)], schema=TABLES[name].schema()
            )
            for name, rows in ROWS.items()
            if name not in without
        }
        version = lake.commit(tables, by="test", at=datetime(2026, 3, 1, tzinfo=UTC))
        with lake.connect(version.number) as connection:
            return leeway_of(connection, set(version.tables), UNITS)

    return _leeway


def test_every_row_is_loaded_as_it_stands(leeway):
    found = leeway()
    assert found.extra_time == (ExtraTime("R1", "session", 480.0, 900_000, 2.0, True, SINCE, None, "avtal"),)
    assert found.leave_rules == (LeaveRule("R1", SINCE, date(2026, 8, 31), 2400.0, 0.25, "avtal"),)
    assert found.performers == (Performer("A", "B", "", 5.0, None, SINCE, None, "avtal"),)
    assert found.staff_loans == (StaffLoan("R1", "R2", 960.0, SINCE, None, "avtal"),)
    assert found.travel == {("Norr", "Söder"): 50.0}
    assert found.sites == {"K": "Norr", "M": "Norr"}


def test_staff_of_another_competence_are_not_lent_and_it_is_said(leeway):
    (note,) = leeway().notes
    assert "R1" in str(note)
    assert "R3" in str(note)


@pytest.mark.parametrize("table", [table.name for table in planning.TABLES])
def test_a_table_that_is_absent_switches_off_only_that(leeway, table):
    whole, found = leeway(), leeway(table)
    assert TABLES[table].needed_for in found.notes
    for name in ("extra_time", "leave_rules", "travel", "performers", "staff_loans"):
        assert getattr(found, name) == (type(getattr(whole, name))() if name == table else getattr(whole, name))


def test_the_demo_region_has_some_of_each() -> None:
    tables = small(1).tables
    assert all(tables[table.name].num_rows > 0 for table in planning.TABLES)
    kinds = set(tables["extra_time"]["kind"].to_pylist())
    assert kinds == {"overtime", "agency", "session"}
