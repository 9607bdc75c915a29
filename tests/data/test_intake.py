"""A delivery is looked at first and stored whole or not at all; bad input changes nothing."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from vardbalans.data.intake import FileChanged, ImportRefused, NoSuchPath, Preview, commit, prepare
from vardbalans.data.lake import HeadMoved, Lake, Version
from vardbalans.data.tables import TABLES
from vardbalans.data.write import write_workbook

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
UNITS = "unit_id;name;level\nK1;Kirurgen;clinic\nA1;Avdelning 1;ward\n"
SERVICES = "service_id;name;unit_id;kind;guarantee\nS1;Nybesök;K1;first_visit;first_visit\n"
CONTACTS = (
    "contact_id;patient_key;unit_id;service_id;starts_at;status;age\n"
    "1;P1;K1;S1;2026-05-17 08:00;performed;57\n2;P2;K1;S1;2026-05-18 08:00;performed;61\n"
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "store")


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A sound delivery of three files, with what explains it beside them."""
    folder = tmp_path / "delivery"
    (folder / "2026").mkdir(parents=True)
    (folder / "units.csv").write_text(UNITS)
    (folder / "services.csv").write_text(SERVICES)
    (folder / "2026" / "contacts.csv").write_text(CONTACTS)
    (folder / "truth.json").write_text("{}")
    (folder / "README.txt").write_text("Läs mig")
    (folder / ".gömd.csv").write_text("x")
    return folder


def _prepare(lake: Lake, *paths: Path) -> Preview:
    return prepare(lake, paths, today=TODAY)


def _stored(lake: Lake, *paths: Path) -> Version:
    return commit(lake, _prepare(lake, *paths), by="Astrid", at=AT)


def test_a_preview_counts_and_stores_nothing(lake: Lake, delivery: Path) -> None:
    """Tables come in the contract's order; files that explain are not read."""
    preview = _prepare(lake, delivery)
    assert preview.findings == ()
    assert preview.summary() == {
        "units": {"rows": 2, "new": 2, "changed": 0, "unchanged": 0, "removed": 0},
        "services": {"rows": 1, "new": 1, "changed": 0, "unchanged": 0, "removed": 0},
        "contacts": {"rows": 2, "new": 2, "changed": 0, "unchanged": 0, "removed": 0},
    }
    assert [file.name for file in preview.files] == ["contacts.csv", "services.csv", "units.csv"]
    assert lake.head() is None


def test_a_commit_stores_all_tables_as_one_version(lake: Lake, delivery: Path) -> None:
    """Rows know their file and row, the version knows who and what."""
    version = _stored(lake, delivery)
    assert (version.number, version.by) == (1, "Astrid")
    assert {name: table.rows for name, table in version.tables.items()} == {"units": 2, "services": 1, "contacts": 2}
    assert {file.name for file in version.files} == {"contacts.csv", "services.csv", "units.csv"}
    rows = lake.read("contacts", columns=["contact_id", "starts_at", "_file", "_row"]).sort_by("contact_id").to_pylist()
    assert rows[1] == {
        "contact_id": "2",
        "starts_at": datetime(2026, 5, 18, 6, tzinfo=UTC),
        "_file": "contacts.csv",
        "_row": 3,
    }


def test_the_same_files_twice_change_nothing(lake: Lake, delivery: Path) -> None:
    """No new version, and the preview says so beforehand."""
    first = _stored(lake, delivery)
    preview = _prepare(lake, delivery)
    assert {name: (counts["new"], counts["changed"]) for name, counts in preview.summary().items()} == {
        "units": (0, 0),
        "services": (0, 0),
        "contacts": (0, 0),
    }
    assert commit(lake, preview, by="Bo", at=AT) == first


def test_a_later_delivery_may_refer_to_what_is_stored(lake: Lake, delivery: Path) -> None:
    """Contacts alone are enough once units and services are there; changed and new rows are told apart."""
    _stored(lake, delivery)
    more = delivery / "2026" / "contacts.csv"
    more.write_text(CONTACTS.replace("61", "62") + "3;P3;K1;S1;2026-05-19 08:00;booked;4\n")
    preview = _prepare(lake, more)
    assert preview.summary() == {"contacts": {"rows": 3, "new": 1, "changed": 1, "unchanged": 1, "removed": 0}}
    assert commit(lake, preview, by="Bo", at=AT).number == 2
    assert sorted(lake.read("contacts", columns=["age"])["age"].to_pylist()) == [4, 57, 62]


def test_the_fingerprint_follows_content_and_what_it_is_compared_with(lake: Lake, delivery: Path) -> None:
    """The same delivery has the same fingerprint; another row, or a new version, another."""
    first = _prepare(lake, delivery).fingerprint
    assert _prepare(lake, delivery).fingerprint == first
    _stored(lake, delivery / "units.csv")
    assert _prepare(lake, delivery).fingerprint != first
    (delivery / "units.csv").write_text(UNITS + "A2;x;ward\n")
    assert len({first, _prepare(lake, delivery).fingerprint}) == 2


def test_a_preview_made_before_someone_elses_commit_is_refused(lake: Lake, delivery: Path) -> None:
    """What was approved is no longer what would happen."""
    preview = _prepare(lake, delivery)
    _stored(lake, delivery / "units.csv")
    with pytest.raises(HeadMoved):
        commit(lake, preview, by="Astrid", at=AT)
    assert set(lake.head().tables) == {"units"}


def test_a_file_changed_after_the_preview_is_refused(lake: Lake, delivery: Path) -> None:
    """The person approved other content."""
    preview = _prepare(lake, delivery)
    (delivery / "units.csv").write_text(UNITS + "A2;x;ward\n")
    with pytest.raises(FileChanged, match=r"units\.csv"):
        commit(lake, preview, by="Astrid", at=AT)
    assert lake.head() is None


def test_the_same_content_under_two_names_is_read_once(lake: Lake, delivery: Path) -> None:
    """Otherwise every row would be a duplicate of itself."""
    (delivery / "contacts_kopia.csv").write_text(CONTACTS)
    (delivery / "2026" / "contacts.csv").rename(delivery / "contacts_2026.csv")
    (delivery / "contacts_kopia.csv").rename(delivery / "contacts_2027.csv")
    preview = _prepare(lake, delivery)
    assert [(item.file, item.code, item.severity) for item in preview.findings] == [
        ("contacts_2027.csv", "same_file", "info")
    ]
    assert preview.summary()["contacts"]["rows"] == 2


def test_a_duplicate_is_found_across_files(lake: Lake, delivery: Path) -> None:
    """The finding names the other file."""
    (delivery / "contacts_2025.csv").write_text(CONTACTS.replace("57", "58"))
    found = _prepare(lake, delivery).findings
    assert {(item.file, item.code) for item in found} == {("contacts_2025.csv", "duplicate_key")}
    assert "rad 2 i contacts.csv" in str(found[0].message)


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def fault(folder: Path) -> None:
        (path,) = folder.rglob(name)
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return fault


def _add(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 30_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        (_replace("units.csv", "level", "nivåer"), ("units.csv", 1, "level", "missing_column")),
        (_replace("contacts.csv", ";61", ";sextioett"), ("contacts.csv", 3, "age", "not_a_number")),
        (_replace("contacts.csv", "2026-05-18", "1026-05-18"), ("contacts.csv", 3, "starts_at", "implausible_date")),
        (_replace("contacts.csv", "P2;K1", "P2;K9"), ("contacts.csv", 3, "unit_id", "unknown_reference")),
        (_replace("contacts.csv", "2;P2", "1;P2"), ("contacts.csv", 3, "contact_id", "duplicate_key")),
        (_replace("contacts.csv", "2;P2", "19121212-1212;P2"), ("contacts.csv", 3, "contact_id", "personal_number")),
        (_replace("units.csv", "Avdelning 1", "191212121212"), ("units.csv", 3, "name", "personal_number")),
        (_add("beds 19121212-1212.csv", b""), ("beds •••.csv", None, "", "personal_number")),
        (_add("beds.csv", b""), ("beds.csv", 1, "", "empty_file")),
        (_add("beds.xlsx", b""), ("beds.xlsx", None, "", "empty_file")),
        (_add("beds.xlsx", _bomb()), ("beds.xlsx", None, "", "archive_bomb")),
        (_add("beds.csv", "Å".encode("cp437") + b";b\n1;2\n"), ("beds.csv", None, "", "unknown_encoding")),
        (_add("anteckningar_om_allt.csv", b"a;b\n1;2\n"), ("anteckningar_om_allt.csv", None, "", "unknown_table")),
    ],
    ids=lambda value: value[3] if isinstance(value, tuple) else "",
)
def test_bad_input_is_told_and_changes_nothing(
    fault: Callable[[Path], None], finding: tuple[str, int | None, str, str], lake: Lake, delivery: Path
) -> None:
    """One fault in one file: exactly that error, nothing compared, nothing stored, the head where it was."""
    head = _stored(lake, delivery / "units.csv")
    fault(delivery)
    preview = _prepare(lake, delivery)
    errors = [item for item in preview.findings if item.severity == "error"]
    assert [(item.file, item.row, item.column, item.code) for item in errors] == [finding]
    assert preview.has_errors
    assert preview.differences == {}
    with pytest.raises(ImportRefused) as refused:
        commit(lake, preview, by="Astrid", at=AT)
    assert refused.value.findings == preview.findings
    assert refused.value.exit_code == 3
    assert lake.head() == head
    assert len(list((lake.root / "originals").iterdir())) == 1


def test_headings_alone_are_a_warning_and_change_nothing(lake: Lake, delivery: Path) -> None:
    """An empty template among full ones stops nobody."""
    head = _stored(lake, delivery)
    (delivery / "beds.csv").write_text("ward_id;date;physical;available\n")
    preview = _prepare(lake, delivery)
    assert [(item.file, item.code, item.severity) for item in preview.findings] == [("beds.csv", "no_rows", "warning")]
    assert commit(lake, preview, by="Astrid", at=AT) == head


def test_a_path_with_nothing_in_it(lake: Lake, tmp_path: Path) -> None:
    """A folder without files is a finding; a path that is not there is wrong usage."""
    (tmp_path / "tom").mkdir()
    assert [item.code for item in _prepare(lake, tmp_path / "tom").findings] == ["no_files"]
    with pytest.raises(NoSuchPath, match="saknas"):
        _prepare(lake, tmp_path / "saknas")


def test_a_finding_in_a_workbook_names_the_sheet(lake: Lake, tmp_path: Path) -> None:
    """Every sheet has a row 2."""
    rows = pa.Table.from_pylist([{"unit_id": "K1", "level": "clinic"}], schema=TABLES["units"].schema())
    path = write_workbook(tmp_path / "allt.xlsx", {"units": rows})
    (found,) = _prepare(lake, path).findings
    assert (found.file, found.row, found.column) == ("allt.xlsx", 2, "name")
    assert str(found.message).startswith("Bladet Enheter. Namn saknas")
