"""HL7's own R4 examples and a Synthea bundle: foreign resources come in without a crash and with sensible rows."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data.fhir_delivery import Read
from vardbalans.data.read.fhir.structs import RESOURCES

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "fhir"
EXAMPLES, SYNTHEA = FOLDER / "hl7_r4_examples.zip", FOLDER / "synthea" / "synthea.bundle.json"
pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason=f"the public data file {EXAMPLES.name} is not here")


@pytest.fixture(scope="module")
def examples() -> dict[str, bytes]:
    """Return every example by name."""
    with zipfile.ZipFile(EXAMPLES) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".json")}


@pytest.fixture(scope="module")
def found(examples: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Return what comes of the examples of single resources, read as one delivery."""
    single = {name: content for name, content in examples.items() if not name.startswith("Bundle-")}
    return Read(tmp_path_factory.mktemp("hl7"), single)


def test_every_example_is_read_or_told_why_not(examples: dict[str, bytes], found: Read) -> None:
    """None is unreadable; resources that are not used say so."""
    assert {finding.code for finding in found.findings} & {"bad_json", "wrong_element", "not_fhir", "too_deep"} == set()
    files = {draft.file.name for draft in found.drafts}
    assert files == {name for name in examples if not name.startswith("Bundle-")}
    unused = {finding.file for finding in found.findings if finding.code == "unused"}
    assert {name for name in files if name.split("-")[0] not in RESOURCES} <= unused


def test_people_units_and_times_of_the_examples(found: Read) -> None:
    """Each patient once, by a key with its system; levels by partOf; slots by the schedule's place."""
    keys = [row["patient_key"] for row in found.rows("patients")]
    assert len(keys) == len(set(keys)) > 20
    assert all("|" in key for key in keys)
    assert "urn:oid:1.2.36.146.595.217.0.1|12345" in keys
    units = {row["unit_id"]: row for row in found.rows("units")}
    assert (units["f001"]["level"], units["f002"]["level"], units["f002"]["parent_id"]) == ("region", "clinic", "f001")
    assert {row["status"] for row in found.rows("slots")} == {"free", "booked", "blocked"}
    assert {row["unit_id"] for row in found.rows("slots")} == {"f001"}


def test_contacts_stays_and_referrals_of_the_examples(found: Read) -> None:
    """The booked examples, the home visit at a place that is no unit, the stay with an emergency before it."""
    contacts = {row["contact_id"]: row for row in found.rows("contacts")}
    assert contacts["Appointment/2docs"]["status"] == "booked"
    assert contacts["Appointment/example"]["referral_id"] == "myringotomy"
    assert (contacts["home"]["form"], contacts["home"]["age"]) == ("home", 40)
    assert contacts["home"]["starts_at"] == datetime(2015, 1, 17, 6, tzinfo=UTC)
    stays = {row["stay_id"]: row for row in found.rows("stays")}
    assert stays["emerg"]["acute"] is True
    assert stays["f203"]["clinic_id"] == "2"
    referrals = {row["referral_id"]: row for row in found.rows("referrals")}
    assert str(referrals["myringotomy"]["target_date"]) == "2014-03-14"
    told = {(f.file, f.column) for f in found.findings if f.code == "missing_element"}
    assert {("Encounter-home.json", "unit_id"), ("Encounter-f001.json", "starts_at")} <= told


def test_bundles_of_every_type_come_in(examples: dict[str, bytes], tmp_path: Path) -> None:
    """Documents, messages, transactions, histories and search pages, each read alone."""
    for number, (name, content) in enumerate(examples.items()):
        if name.startswith("Bundle-"):
            folder = tmp_path / str(number)
            folder.mkdir()
            codes = {code for *_, code in Read(folder, {name: content}).codes()}
            assert not codes & {"bad_json", "wrong_element", "not_fhir", "too_deep", "too_long"}, name


@pytest.mark.skipif(not SYNTHEA.exists(), reason=f"the public data file {SYNTHEA.name} is not here")
def test_a_synthea_bundle_becomes_a_visit_of_a_dead_patient(tmp_path: Path) -> None:
    """In the words of an earlier FHIR: the class is spelt out, links are by urn:uuid."""
    found = Read(tmp_path, {SYNTHEA.name: SYNTHEA.read_bytes()})
    patient, contact = found.row("patients"), found.row("contacts")
    assert contact["patient_key"] == patient["patient_key"]
    assert (contact["form"], contact["status"], str(patient["deceased"])) == ("onsite", "performed", "1982-10-05")
    assert contact["unit_id"] == found.row("units")["unit_id"] == found.row("services")["unit_id"]
    assert {finding.severity for finding in found.findings} == {"info"}
