"""Rows leave the store only when a delivery says so by key, and never what something else still needs."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from vardbalans.data.intake import Preview, commit, prepare
from vardbalans.data.lake import Lake, Version

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
FILES = {
    "units.csv": "unit_id;name;level\nK1;Kirurgen;clinic\nA1;Avdelning 1;ward\n",
    "services.csv": "service_id;name;unit_id;kind;guarantee\nS1;Nybesök;K1;first_visit;first_visit\n",
    "contacts.csv": "contact_id;patient_key;unit_id;service_id;starts_at;status\n"
    "1;P1;K1;S1;2026-05-31 23:30;performed\n2;P2;K1;S1;2026-06-01 08:00;performed\n",
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "store")
    _stored(lake, tmp_path, FILES)
    return lake


def _prepared(lake: Lake, folder: Path, files: dict[str, str]) -> Preview:
    paths = []
    for name, text in files.items():
        paths.append(folder / name)
        paths[-1].write_text(text)
    return prepare(lake, paths, today=TODAY)


def _stored(lake: Lake, folder: Path, files: dict[str, str]) -> Version:
    return commit(lake, _prepared(lake, folder, files), by="Astrid", at=AT)


@pytest.mark.parametrize("name", ["delete_contacts.csv", "ta bort vårdkontakter.csv", "01 Ta bort Vårdkontakter.csv"])
def test_a_row_is_removed_by_its_key_and_stays_in_the_version_before(name, lake, tmp_path):
    """The name of the file says that its keys are to go; the preview counts them."""
    preview = _prepared(lake, tmp_path, {name: "contact_id\n1\n"})
    assert preview.findings == ()
    assert preview.summary()["contacts"] == {"rows": 1, "new": 0, "changed": 0, "unchanged": 0, "removed": 1}
    version = commit(lake, preview, by="Astrid", at=AT)
    assert version.tables["contacts"].rows == 1
    assert lake.read("contacts", columns=["contact_id"])["contact_id"].to_pylist() == ["2"]
    assert len(lake.read("contacts", version.number - 1)) == 2
    assert lake.verify() == []


def test_removing_twice_changes_nothing_and_says_so(lake, tmp_path):
    _stored(lake, tmp_path, {"delete_contacts.csv": "contact_id\n1\n"})
    preview = _prepared(lake, tmp_path, {"delete_contacts.csv": "contact_id\n1\n"})
    assert [(item.row, item.code, item.severity) for item in preview.findings] == [(2, "nothing_to_remove", "warning")]
    assert commit(lake, preview, by="Astrid", at=AT) == lake.head()


def test_rows_come_into_a_new_store_beside_a_removal(tmp_path):
    new = Lake(tmp_path / "new")
    preview = _prepared(new, tmp_path, {**FILES, "delete_contacts.csv": "contact_id\n3\n"})
    assert [(item.code, item.severity) for item in preview.findings] == [("nothing_to_remove", "warning")]
    assert preview.summary()["contacts"] | {"rows": 2} == {
        "rows": 2,
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
    }
    assert commit(new, preview, by="Astrid", at=AT).tables["contacts"].rows == 2


def test_a_sheet_can_remove_while_its_neighbour_adds(lake, tmp_path):
    """One workbook corrects: a contact goes, another comes."""
    book = Workbook()
    book.active.title = "Ta bort vårdkontakter"
    book.active.append(["Kontakt-id"])
    book.active.append(["1"])
    sheet = book.create_sheet("Vårdkontakter")
    for row in (
        FILES["contacts.csv"].splitlines()[0].split(";"),
        ["3", "P3", "K1", "S1", "2026-06-02 08:00", "performed"],
    ):
        sheet.append(row)
    book.save(tmp_path / "rättelse.xlsx")
    preview = prepare(lake, [tmp_path / "rättelse.xlsx"], today=TODAY)
    assert preview.summary()["contacts"] == {"rows": 2, "new": 1, "changed": 0, "unchanged": 0, "removed": 1}
    commit(lake, preview, by="Astrid", at=AT)
    assert sorted(lake.read("contacts", columns=["contact_id"])["contact_id"].to_pylist()) == ["2", "3"]


def test_what_is_needed_stays(lake, tmp_path):
    """A unit that contacts and services refer to cannot go; a ward that nothing needs can."""
    preview = _prepared(lake, tmp_path, {"delete_units.csv": "unit_id\nK1\nA1\n"})
    assert {(item.row, item.code, item.severity) for item in preview.findings} == {(2, "still_needed", "error")}
    assert _stored(lake, tmp_path, {"delete_units.csv": "unit_id\nA1\n"}).tables["units"].rows == 1


def test_all_that_hangs_together_can_go_in_one_delivery(lake, tmp_path):
    """Contacts, service and clinic in the same import leave nothing that refers to what is gone."""
    version = _stored(
        lake,
        tmp_path,
        {
            "delete_units.csv": "unit_id\nK1\n",
            "delete_services.csv": "service_id\nS1\n",
            "delete_contacts.csv": "contact_id\n1\n2\n",
        },
    )
    assert {name: table.rows for name, table in version.tables.items()} == {"units": 1, "services": 0, "contacts": 0}
    assert lake.verify() == []


def test_what_is_removed_cannot_be_referred_to(lake, tmp_path):
    files = {"delete_units.csv": "unit_id\nA1\n", "beds.csv": "ward_id;date;physical;available\nA1;2026-05-01;10;9\n"}
    found = _prepared(lake, tmp_path, files).findings
    assert ("beds.csv", 2, "unknown_reference") in {(item.file, item.row, item.code) for item in found}


def test_a_row_both_removed_and_given_is_a_contradiction(lake, tmp_path):
    files = {"delete_contacts.csv": "contact_id\n1\n", "contacts.csv": FILES["contacts.csv"]}
    found = _prepared(lake, tmp_path, files).findings
    assert [(item.file, item.row, item.code) for item in found] == [("delete_contacts.csv", 2, "removed_and_given")]


def test_the_preview_shows_totals_per_unit_and_month_before_and_after(lake, tmp_path):
    """One contact moves from May to June (local time), one is removed, one comes: May 1 → 0, June 1 → 2."""
    moved = (
        FILES["contacts.csv"].splitlines()[0]
        + "\n1;P1;K1;S1;2026-06-30 23:59;performed\n3;P3;K1;S1;2026-06-02 08:00;performed\n"
    )
    preview = _prepared(lake, tmp_path, {"contacts.csv": moved, "delete_contacts.csv": "contact_id\n2\n"})
    totals = {(total.unit_id, total.month): (total.before, total.after) for total in preview.months(lake)}
    assert totals == {("K1", "2026-05"): (1, 0), ("K1", "2026-06"): (1, 2)}
    commit(lake, preview, by="Astrid", at=AT)
    with lake.connect() as con:
        counted = con.sql("select strftime(starts_at, '%Y-%m'), count(*) from contacts group by 1").fetchall()
    assert counted == [("2026-06", 2)]
