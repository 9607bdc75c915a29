"""FHIR R4: what each resource becomes, how references are followed, and who a person is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.fhir_delivery import (
    HSA,
    PERSONNUMMER,
    SAMORDNINGSNUMMER,
    TOLVAN,
    Read,
    Resource,
    appointment,
    bundle,
    clinic,
    concept,
    encounter,
    ndjson,
    organisation,
    patient,
    referral,
    schedule,
    slot,
    stay,
    to,
)
from vardbalans.data.demo import write
from vardbalans.data.intake import commit, prepare
from vardbalans.data.lake import Lake
from vardbalans.data.read.fhir import codes, drafts, staging
from vardbalans.data.read.fhir.structs import RESOURCES

TABLES = ("units", "services", "patients", "contacts", "referrals", "stays", "slots")


def read(folder: Path, *resources: Resource) -> Read:
    """Return what comes of *resources* in one file, with the organisation in another."""
    return Read(folder, {"organisation.ndjson": organisation(), "rows.ndjson": resources})


@pytest.mark.parametrize("resource", clinic(), ids=lambda item: f"{item['resourceType']}-{item['id']}")
def test_our_own_resources_are_valid_fhir(resource: Resource) -> None:
    """The independent model of R4 accepts them."""
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_the_demos_resources_are_valid_fhir(tmp_path: Path) -> None:
    """Every line of what the demo writes."""
    paths = [path for path in write(tmp_path, "small", 1) if path.suffix == ".ndjson"]
    lines = [(path.stem, line) for path in paths for line in path.read_bytes().splitlines()]
    assert 500 < len(lines) < 3000
    for kind, line in lines:
        get_fhir_model_class(kind).model_validate_json(line)


def test_a_whole_clinic_becomes_rows_of_every_table(tmp_path: Path) -> None:
    """Every table, every link; the visit carries out the booking and has its id."""
    found = Read(tmp_path, {"all.ndjson": [*clinic()[:-2], encounter(appointment=[to("Appointment/B1")]), stay()]})
    assert found.codes() == [("all.ndjson", 8, "", "no_share")]
    assert found.rows("contacts") == [
        {
            "contact_id": "Appointment/B1",
            "patient_key": TOLVAN,
            "unit_id": "M",
            "service_id": "NB",
            "referral_id": "Q1",
            "booked_at": datetime(2026, 4, 1, 8, tzinfo=UTC),
            "starts_at": datetime(2026, 5, 17, 6, tzinfo=UTC),
            "ends_at": datetime(2026, 5, 17, 6, 40, tzinfo=UTC),
            "status": "performed",
            "form": "onsite",
            "age": 113,
            "sex": "male",
            "profession": "läkare",
        }
    ]
    assert found.rows("stays") == [
        {
            "stay_id": "S1",
            "patient_key": TOLVAN,
            "clinic_id": "K",
            "ward_id": "Location/A1",
            "admitted": datetime(2026, 5, 17, 6, tzinfo=UTC),
            "discharged": datetime(2026, 5, 17, 6, 40, tzinfo=UTC),
            "acute": True,
        }
    ]
    assert found.rows("referrals") == [
        {
            "referral_id": "Q1",
            "patient_key": TOLVAN,
            "unit_id": "M",
            "service_id": "NB",
            "issued": date(2026, 3, 20),
            "priority": "routine",
        }
    ]
    assert found.rows("slots") == [
        {
            "slot_id": "T1",
            "unit_id": "M",
            "service_id": "NB",
            "starts_at": datetime(2026, 5, 18, 6, tzinfo=UTC),
            "ends_at": datetime(2026, 5, 18, 6, 45, tzinfo=UTC),
            "status": "free",
        }
    ]
    assert found.row("patients") == {"patient_key": TOLVAN, "birth_year": 1912, "sex": "male", "protected": False}
    assert found.rows("services") == [
        {"service_id": "NB", "name": "Nybesök ortopedi", "unit_id": "M", "kind": "first_visit", "guarantee": "none"}
    ]


# The organisation


def test_units_have_a_level_by_their_place_in_the_tree(tmp_path: Path) -> None:
    """Wards are told by their type; the room is no unit; HSA-id, town and country come along."""
    units = {row.pop("unit_id"): row for row in read(tmp_path).rows("units")}
    assert {name: (row["level"], row.get("parent_id")) for name, row in units.items()} == {
        "R": ("region", None),
        "D": ("division", "R"),
        "K": ("clinic", "D"),
        "M": ("unit", "K"),
        "Location/A1": ("ward", "K"),
    }
    assert units["K"] == {
        "name": "Ortopeden",
        "level": "clinic",
        "parent_id": "D",
        "site": "Provstad",
        "hsa_id": "SE2321000131-K1",
        "country": "SE",
    }


def test_a_lone_organisation_is_a_clinic_and_a_lone_place_a_unit(tmp_path: Path) -> None:
    """With nothing around them; insurers and kinds of places are no units."""
    found = Read(
        tmp_path,
        {
            "a.ndjson": [
                {"resourceType": "Organization", "id": "V", "name": "Hälsocentralen"},
                {"resourceType": "Location", "id": "H", "description": "Huset"},
                {"resourceType": "Organization", "id": "I", "type": [concept("ins", "x", "y")]},
                {"resourceType": "Location", "id": "hem", "mode": "kind"},
            ]
        },
    )
    assert [(row["unit_id"], row["name"], row["level"]) for row in found.rows("units")] == [
        ("V", "Hälsocentralen", "clinic"),
        ("Location/H", "Huset", "unit"),
    ]
    assert found.severities() == {"not_care": "info", "not_a_place": "info"}


def test_a_unit_above_itself_is_told(tmp_path: Path) -> None:
    """Nothing hangs; both resources are named."""
    circle = [
        {"resourceType": "Organization", "id": a, "name": a, "partOf": to(f"Organization/{b}")} for a, b in ("xy", "yx")
    ]
    found = Read(tmp_path, {"a.ndjson": circle})
    (finding,) = found.findings
    assert (finding.code, finding.severity, finding.row) == ("circular", "error", 1)
    assert "2 enheter" in str(finding.message)


def test_what_lies_outside_the_delivery_keeps_its_id(tmp_path: Path) -> None:
    """It may have come before, or stand in another file under the same id."""
    found = Read(
        tmp_path,
        {
            "a.ndjson": [
                encounter(id="1", serviceProvider=to("https://server.example/fhir/Organization/77/_history/2")),
                encounter(id="2", serviceProvider={"identifier": {"system": HSA, "value": "SE1-A"}}),
                encounter(id="3", serviceProvider=None, location=[{"location": to("Location/R5")}]),
            ]
        },
    )
    assert [row["unit_id"] for row in found.rows("contacts")] == ["77", "SE1-A", "Location/R5"]
    assert found.rows("units") == []


def test_a_service_is_derived_from_the_code_and_the_unit(tmp_path: Path) -> None:
    """Service type before type before class; a HealthcareService with the code at the unit is the service."""
    found = read(
        tmp_path,
        encounter(id="1"),
        encounter(id="2", serviceType=concept("0145", "Ortopedi", "urn:oid:1.2.752.129.2.2.1.3")),
        encounter(id="3", type=[concept("185387006", "New patient consultation")]),
        encounter(id="4", type=[]),
        encounter(id="5", type=[{"text": "Mottagning  kväll"}]),
        encounter(id="6", type=[concept("390906007", "Follow-up encounter")]),
    )
    assert [row["service_id"] for row in found.rows("contacts")] == [
        "M|sct:11429006",
        "M|hsa:0145",
        "NB",
        "M|class:AMB",
        "M|text:mottagning kväll",
        "M|sct:390906007",
    ]
    assert {row["service_id"]: (row["name"], row["kind"]) for row in found.rows("services")} == {
        "NB": ("Nybesök ortopedi", "first_visit"),
        "M|sct:11429006": ("Consultation", "contact"),
        "M|hsa:0145": ("Ortopedi", "contact"),
        "M|class:AMB": ("AMB", "contact"),
        "M|text:mottagning kväll": ("Mottagning kväll", "contact"),
        "M|sct:390906007": ("Follow-up encounter", "follow_up"),
    }


# Contacts


@pytest.mark.parametrize(
    ("changed", "status", "form"),
    [
        ({}, "performed", "onsite"),
        ({"status": "planned"}, "booked", "onsite"),
        ({"status": "in-progress", "class": {"code": "EMER"}}, "performed", "onsite"),
        ({"class": {"code": "HH"}}, "performed", "home"),
        ({"class": {"code": "VR"}}, "performed", None),
        ({"class": {"code": "VR"}, "type": [concept("185317003", "Telephone encounter")]}, "performed", "phone"),
        ({"class": {"system": "urn:oid:1.2.752.129.2.2.1.13", "code": "01"}}, "performed", "onsite"),
    ],
)
def test_an_encounter_is_a_contact(changed: Resource, status: str, form: str | None, tmp_path: Path) -> None:
    """Status and class; how they met is not guessed from VR alone."""
    row = read(tmp_path, patient(), encounter(**changed)).row("contacts")
    assert (row["status"], row.get("form")) == (status, form)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "booked"),
        ({"status": "fulfilled"}, "performed"),
        ({"status": "checked-in"}, "performed"),
        ({"status": "noshow"}, "no_show"),
        ({"status": "cancelled", "cancelationReason": concept("pat-cpp", "x", "r")}, "cancelled_patient"),
        ({"status": "cancelled", "cancelationReason": concept("prov-pers", "x", "r")}, "cancelled_provider"),
    ],
)
def test_an_appointment_without_a_visit_is_a_contact(changed: Resource, status: str, tmp_path: Path) -> None:
    """Its end is planned: of one that was kept it says nothing about how long the visit took."""
    row = read(tmp_path, patient(), appointment(**changed)).row("contacts")
    assert (row["contact_id"], row["status"], "ends_at" in row) == ("Appointment/B1", status, status == "booked")


def test_a_booking_and_its_visit_are_one_row_in_the_store(tmp_path: Path) -> None:
    """What was delivered as booked last week is replaced by the visit, not added to it."""
    booked = read(tmp_path, patient(), appointment()).row("contacts")
    visits = [
        encounter(id="E2", appointment=[to("Appointment/B1")], period={"start": "2026-05-17T09:00:00+02:00"}),
        encounter(appointment=[to("Appointment/B1")]),
    ]
    rows = read(tmp_path, patient(), appointment(status="fulfilled"), *visits).rows("contacts")
    assert [row["contact_id"] for row in rows] == ["E2", booked["contact_id"]]
    # The same without the appointment in the delivery.
    assert [row["contact_id"] for row in read(tmp_path, patient(), *visits).rows("contacts")] == [
        "E2",
        "Appointment/B1",
    ]


def test_an_appointment_gets_unit_and_times_from_its_slot(tmp_path: Path) -> None:
    """Where the participants do not tell."""
    bare = appointment(participant=[{"actor": to("Patient/1"), "status": "accepted"}], slot=[to("Slot/T1")])
    del bare["start"], bare["end"]
    row = read(tmp_path, patient(), schedule(), slot(), bare).row("contacts")
    assert (row["unit_id"], row["service_id"], row["starts_at"]) == ("M", "NB", datetime(2026, 5, 18, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    ("resource", "code", "severity"),
    [
        (encounter(status="cancelled"), "cancelled_by_unknown", "warning"),
        (appointment(status="cancelled"), "cancelled_by_unknown", "warning"),
        (appointment(status="proposed"), "not_decided", "info"),
        (appointment(participant=[{"actor": to("Location/A1"), "status": "accepted"}]), "not_a_patient", "info"),
        (encounter(status="entered-in-error"), "entered_in_error", "info"),
        (encounter(status="klar"), "unknown_status", "warning"),
        (encounter(**{"class": {"code": "?"}}), "unknown_class", "warning"),
        (encounter(subject=to("Group/1")), "not_a_patient", "info"),
        (encounter(modifierExtension=[{"url": "https://x.example/inte", "valueBoolean": True}]), "modifier", "warning"),
        (stay(status="planned"), "not_begun", "info"),
        (referral(intent="proposal"), "not_decided", "info"),
        (referral(status="draft"), "not_decided", "info"),
        (referral(doNotPerform=True), "not_to_be_done", "info"),
        (referral(category=[concept("108252007", "Laboratory procedure")]), "not_waited_for", "info"),
        (referral(status="completed"), "closed_without_day", "warning"),
        (slot(status="entered-in-error"), "entered_in_error", "info"),
        ({"resourceType": "Observation", "id": "1", "status": "final"}, "unused", "info"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["resourceType"],
)
def test_what_becomes_no_row_is_counted(resource: Resource, code: str, severity: str, tmp_path: Path) -> None:
    """One line per file, resource and reason, with how many and where the first is."""
    found = read(tmp_path, patient(), resource, resource | {"id": "andra"})
    assert [found.rows(table) for table in ("contacts", "stays", "referrals", "slots")] == [[], [], [], []]
    (finding,) = [f for f in found.findings if f.file == "rows.ndjson"]
    assert (finding.code, finding.severity, finding.row) == (code, severity, 2)
    assert str(finding.message).startswith(f"{resource['resourceType']}: 2 ")


# Referrals


@pytest.mark.parametrize(
    ("more", "closed", "reason"),
    [
        ([referral()], None, None),
        ([referral(status="on-hold")], None, None),
        ([referral(status="completed", occurrenceDateTime="2026-04-28")], date(2026, 4, 28), "treated"),
        ([referral(status="completed"), encounter(basedOn=[to("ServiceRequest/Q1")])], date(2026, 5, 17), "treated"),
        ([referral(status="completed"), appointment(status="fulfilled")], date(2026, 5, 17), "treated"),
        (
            [referral(status="completed", meta={"lastUpdated": "2026-04-30T22:30:00Z"}), appointment()],
            date(2026, 5, 1),
            "treated",
        ),
        ([referral(status="revoked", meta={"lastUpdated": "2026-04-02T08:00:00Z"})], date(2026, 4, 2), "other"),
    ],
)
def test_a_referral_is_closed_when_the_wait_ends(
    more: list[Resource], closed: date | None, reason: str | None, tmp_path: Path
) -> None:
    """By the visit, else by when it was to occur, else by the last change; days are Swedish."""
    row = read(tmp_path, patient(), *more).row("referrals")
    assert (row.get("closed"), row.get("closed_reason")) == (closed, reason)


def test_a_referral_knows_where_it_was_decided_and_its_last_day(tmp_path: Path) -> None:
    """The encounter is a contact under the id that the contact has."""
    found = read(
        tmp_path,
        patient(),
        encounter(appointment=[to("Appointment/B1")]),
        referral(
            encounter=to("Encounter/E1"), occurrencePeriod={"end": "2026-09-01"}, authoredOn="2026-03-20T23:30:00Z"
        ),
    )
    row = found.row("referrals")
    assert row["origin_contact_id"] == found.row("contacts")["contact_id"] == "Appointment/B1"
    assert (row["target_date"], row["issued"]) == (date(2026, 9, 1), date(2026, 3, 21))


# Stays


def test_a_stay_is_a_row_per_ward_in_turn(tmp_path: Path) -> None:
    """Rooms of one ward are one stay there; a reserved bed is none; the first row keeps the encounter's id."""
    moves = [
        ("Location/A1-3", "completed", "08:00", "10:00"),
        ("Location/A2", "reserved", "08:00", "12:00"),
        ("Location/A1", "completed", "10:00", "12:00"),
        ("Location/A2", "active", "12:00", None),
    ]
    at = [
        {
            "location": to(place),
            "status": status,
            "period": {"start": f"2026-05-17T{start}:00+02:00"}
            | ({"end": f"2026-05-17T{end}:00+02:00"} if end else {}),
        }
        for place, status, start, end in moves
    ]
    ward = {"resourceType": "Location", "id": "A2", "name": "Avdelning 2", "physicalType": concept("wa", "Ward", "t")}
    lying = stay(status="in-progress", location=at, period={"start": "2026-05-17T07:30:00+02:00"})
    rows = read(tmp_path, ward, patient(), lying).rows("stays")
    assert [(row["stay_id"], row["ward_id"], row["admitted"].hour, row.get("discharged")) for row in rows] == [
        ("S1", "Location/A1", 5, datetime(2026, 5, 17, 10, tzinfo=UTC)),
        ("S1/2", "Location/A2", 10, None),
    ]


@pytest.mark.parametrize(
    ("changed", "acute"),
    [
        ({}, True),
        ({"priority": concept("EL", "elective", "p")}, False),
        ({"priority": None, "classHistory": [{"class": {"code": "EMER"}, "period": {"start": "2026-05-17"}}]}, True),
        ({"priority": None, "hospitalization": {"admitSource": concept("emd", "x", "s")}}, True),
        ({"priority": None, "basedOn": [to("ServiceRequest/Q1")]}, False),
        ({"priority": None, "class": {"code": "ACUTE"}}, None),
    ],
)
def test_an_admission_is_acute_when_the_source_says_so(changed: Resource, acute: bool | None, tmp_path: Path) -> None:
    """The class ACUTE is about the care, not about how it began; what is not told is not guessed."""
    found = read(tmp_path, patient(), stay(**changed))
    assert found.row("stays").get("acute") is acute
    assert ("rows.ndjson", 2, "acute", "missing_element") in found.codes() or acute is not None


# References


def wrapped(resources: list[Resource]) -> Resource:
    """Return a transaction Bundle in which nothing has an id and all refer by urn:uuid."""
    urls = {f"{item['resourceType']}/{item['id']}": f"urn:uuid:{n:036d}" for n, item in enumerate(resources)}

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: urls.get(item, item) if key == "reference" else moved(item) for key, item in value.items()}
        return [moved(item) for item in value] if isinstance(value, list) else value

    entries = [
        {"fullUrl": url, "resource": {k: v for k, v in moved(item).items() if k != "id"}}
        for url, item in zip(urls.values(), resources, strict=True)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_references_within_a_bundle_by_uuid(tmp_path: Path) -> None:
    """The links are the same as by address."""
    found = Read(
        tmp_path, {"b.json": ndjson([wrapped([*clinic()[:-2], encounter(appointment=[to("Appointment/B1")])])])}
    )
    assert [code for *_, code in found.codes()] == ["no_share"]
    (contact,) = found.rows("contacts")
    assert contact["patient_key"] == TOLVAN
    assert contact["unit_id"] in {row["unit_id"] for row in found.rows("units")}
    assert contact["referral_id"] == found.row("referrals")["referral_id"]
    assert found.row("slots")["service_id"] == found.row("services")["service_id"] == contact["service_id"]


def test_references_to_what_a_resource_contains(tmp_path: Path) -> None:
    """A contained patient is a patient, and a contained organisation a unit."""
    inside = encounter(
        contained=[patient(id="p"), {"resourceType": "Organization", "id": "o", "name": "Filialen"}],
        subject=to("#p"),
        serviceProvider=to("#o"),
    )
    found = Read(tmp_path, {"a.ndjson": [inside]})
    assert found.codes() == []
    assert found.row("contacts")["patient_key"] == found.row("patients")["patient_key"] == TOLVAN
    assert found.row("contacts")["unit_id"] == found.row("units")["unit_id"] == "Encounter-E1#o"


def test_references_by_identifier(tmp_path: Path) -> None:
    """Whether the target is in the delivery, or only its identifier is known; also as a conditional reference."""
    own = {"identifier": [{"system": "https://prov.example/remiss", "value": "7"}]}
    found = read(
        tmp_path,
        patient(),
        referral(
            **own, performer=[{"type": "Organization", "identifier": {"system": HSA, "value": "SE2321000131-K1"}}]
        ),
        encounter(
            subject=to(f"Patient?identifier={PERSONNUMMER}|19121212-1212"),
            basedOn=[{"type": "ServiceRequest", "identifier": own["identifier"][0]}],
        ),
        encounter(id="E2", subject={"identifier": {"system": "urn:oid:1.2.752.129.2.1.3.1", "value": "191212121212"}}),
        encounter(id="E3", subject={"identifier": {"system": SAMORDNINGSNUMMER, "value": "196109732393"}}),
    )
    assert found.row("referrals")["unit_id"] == "K"
    contacts = {row["contact_id"]: row for row in found.rows("contacts")}
    assert contacts["E1"]["referral_id"] == "Q1"
    assert [contacts[name]["patient_key"] for name in ("E1", "E2", "E3")] == [
        TOLVAN,
        TOLVAN,
        f"{SAMORDNINGSNUMMER}|196109732393",
    ]
    assert "unknown_patient" not in found.severities()


def test_a_patient_who_is_not_delivered_is_told(tmp_path: Path) -> None:
    """The key is all that is known, and will not meet the person's other keys."""
    found = read(tmp_path, encounter(), encounter(id="E2", subject=to("Patient/9")))
    assert [row["patient_key"] for row in found.rows("contacts")] == ["source-id|1", "source-id|9"]
    assert found.severities()["unknown_patient"] == "warning"


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_how_a_delivery_is_cut_into_files_changes_no_row(data: st.DataObject, tmp_path: Path) -> None:
    """In any order, in any number of files, as ndjson, gzip-free Bundles or lines of Bundles."""
    whole = [*clinic(), patient(id="2", identifier=[]), encounter(id="E9", subject=to("Patient/2"))]
    want = Read(tmp_path, {"whole.ndjson": whole})
    shuffled = data.draw(st.permutations(whole))
    where = data.draw(st.lists(st.integers(0, 3), min_size=len(whole), max_size=len(whole)))
    files: dict[str, bytes] = {}
    for number in sorted(set(where)):
        part = [item for item, at in zip(shuffled, where, strict=True) if at == number]
        form: Callable[[list[Resource]], bytes] = data.draw(
            st.sampled_from([ndjson, lambda part: ndjson([bundle(part)])])
        )
        files[f"{number}.{data.draw(st.sampled_from(['json', 'ndjson']))}"] = form(part)
    found = Read(tmp_path, files)
    for table in TABLES:
        assert sorted(found.rows(table), key=repr) == sorted(want.rows(table), key=repr)


def test_the_newest_version_of_a_resource_counts(tmp_path: Path) -> None:
    """Whatever the order; the others are counted, and an Organization that comes with every page is one unit."""

    def version(day: str, **more: Any) -> Resource:
        return encounter(meta={"lastUpdated": f"2026-05-{day}T12:00:00Z"}, **more)

    organization = {"resourceType": "Organization", "id": "M", "name": "Mottagningen"}
    found = Read(
        tmp_path,
        {
            "1.ndjson": [organization, patient(), version("18")],
            "2.ndjson": [organization, version("17", status="planned")],
        },
    )
    assert found.row("contacts")["status"] == "performed"
    assert len(found.rows("units")) == 1
    assert found.codes() == [("2.ndjson", 1, "", "older"), ("2.ndjson", 2, "", "older")]


# Who a person is


@pytest.mark.parametrize(
    ("identifiers", "key"),
    [
        ([("https://x.example/mrn", "7"), (PERSONNUMMER, "191212121212")], TOLVAN),
        ([(PERSONNUMMER, "19121212-1212")], TOLVAN),
        ([("urn:oid:1.2.752.129.2.1.3.1", "191212121212")], TOLVAN),
        ([(SAMORDNINGSNUMMER, "196109732393"), (PERSONNUMMER, "191212121212")], TOLVAN),
        (
            [
                ("http://electronichealth.se/identifier/nationelltReservnumer", "98240301aa06"),
                ("https://a.example", "1"),
            ],
            "http://electronichealth.se/identifier/nationelltReservnummer|98240301AA06",
        ),
        (
            [("https://b.example", "1"), ("http://electronichealth.se/identifier/LMA-nummer", "50-123456/1")],
            "http://electronichealth.se/identifier/LMA-nummer|50123456/1",
        ),
        ([("https://b.example", "2"), ("https://a.example", "1")], "https://a.example|1"),
        ([(None, "17")], "source-id|1"),
        ([], "source-id|1"),
    ],
)
def test_a_person_is_known_by_one_key(identifiers: list[tuple[str | None, str]], key: str, tmp_path: Path) -> None:
    """In the written order of systems; an identifier without a system says nothing outside its file."""
    listed = [{"system": system, "value": value} if system else {"value": value} for system, value in identifiers]
    found = read(tmp_path, patient(identifier=listed), encounter())
    assert found.row("patients")["patient_key"] == found.row("contacts")["patient_key"] == key


def test_an_old_number_leads_to_the_person(tmp_path: Path) -> None:
    """A number in use goes before an old one, but both are the same person; so is a Patient that was replaced."""
    listed = [
        {"system": SAMORDNINGSNUMMER, "value": "196109732393", "use": "old"},
        {"system": "https://a.example", "value": "1", "use": "temp"},
        {"system": "https://b.example", "value": "2"},
    ]
    old = patient(id="0", identifier=[], link=[{"other": to("Patient/1"), "type": "replaced-by"}])
    found = read(
        tmp_path,
        patient(identifier=[*listed, {"system": PERSONNUMMER, "value": "191212121212"}]),
        old,
        encounter(id="1", subject={"identifier": {"system": SAMORDNINGSNUMMER, "value": "196109732393"}}),
        encounter(id="2", subject=to("Patient/0")),
    )
    assert {row["patient_key"] for row in found.rows("contacts")} == {TOLVAN}
    assert found.row("patients")["patient_key"] == TOLVAN


def test_an_identifier_that_two_people_share_is_nobodys(tmp_path: Path) -> None:
    """A family's insurance number must not make them one."""
    family = {"system": "https://forsakring.example", "value": "F1"}
    people = [
        patient(identifier=[family, {"system": PERSONNUMMER, "value": "191212121212"}]),
        patient(id="2", identifier=[family, {"system": SAMORDNINGSNUMMER, "value": "196109732393"}]),
    ]
    found = read(tmp_path, *people, encounter(subject={"identifier": family}))
    assert found.row("contacts")["patient_key"] == "https://forsakring.example|F1"
    assert len(found.rows("patients")) == 2


def test_what_a_patient_becomes(tmp_path: Path) -> None:
    """Year, sex, municipality, death and protection; name, address and telephone are in no value and no sentence."""
    secret = patient(
        name=[{"family": "Hemlig", "given": ["Person"]}],
        telecom=[{"system": "phone", "value": "0701234567"}],
        address=[
            {"use": "old", "district": "1480"},
            {"use": "home", "line": ["Hemligvägen 1"], "city": "Provstad", "district": "0180"},
        ],
        deceasedDateTime="2026-05-19T22:30:00Z",
        meta={
            "security": [
                {"system": "http://electronichealth.se/CodeSystem/SecurityLabel", "code": "skyddadFolkbokforing"}
            ]
        },
    )
    found = read(tmp_path, secret)
    assert found.row("patients") == {
        "patient_key": TOLVAN,
        "birth_year": 1912,
        "sex": "male",
        "municipality": "0180",
        "deceased": date(2026, 5, 20),
        "protected": True,
    }
    said = " ".join(str(finding.message) for finding in found.findings)
    assert "name (1), telecom (1)" in said
    assert not any(word in said for word in ("Hemlig", "070", "191212121212"))


def test_the_municipality_of_an_extension_goes_before_the_address(tmp_path: Path) -> None:
    """Any extension that says it is one; four digits only."""
    coded = {"url": "https://x.example/StructureDefinition/municipality-code", "valueCoding": {"code": "1480"}}
    row = read(tmp_path, patient(extension=[coded], address=[{"district": "0180"}])).row("patients")
    assert row["municipality"] == "1480"
    assert "municipality" not in read(tmp_path, patient(address=[{"district": "Solna"}])).row("patients")


def test_a_death_without_a_day_is_told(tmp_path: Path) -> None:
    """The contract has only the day; it is not made up."""
    found = read(tmp_path, patient(deceasedBoolean=True), patient(id="2", identifier=[], deceasedBoolean=False))
    assert ("rows.ndjson", 1, "", "death_without_day") in found.codes()
    assert not any("deceased" in row for row in found.rows("patients"))


# Slots


@pytest.mark.parametrize(
    ("status", "stored"),
    [("free", "free"), ("busy", "booked"), ("busy-tentative", "booked"), ("busy-unavailable", "blocked")],
)
def test_slots_have_a_status(status: str, stored: str, tmp_path: Path) -> None:
    """The schedule may lie in another file and name unit and service by their identifiers only."""
    named = [
        {"type": kind, "identifier": {"system": "https://prov.example", "value": value}}
        for kind, value in (("Location", "M-1"), ("HealthcareService", "S-1"), ("Device", "RUM-1"))
    ]
    found = Read(tmp_path, {"Slot.ndjson": [slot(status=status)], "Schedule.ndjson": [schedule(actor=named)]})
    row = found.row("slots")
    assert (row["status"], row["unit_id"], row["service_id"], row["resource_id"]) == (stored, "M-1", "S-1", "RUM-1")
    assert found.rows("units") == found.rows("services") == []


def test_the_files_of_a_delivery_are_read_together(tmp_path: Path) -> None:
    """Also by an import; the same file under two names is read once, and what explains a delivery not at all."""
    folder = tmp_path / "delivery"
    folder.mkdir()
    for name, content in {
        "Slot.ndjson": [slot()],
        "Slot-kopia.ndjson": [slot()],
        "schedule.json": [schedule()],
        "organisation.ndjson": organisation(),
        "dirty_truth.json": [],
    }.items():
        (folder / name).write_bytes(ndjson(content))
    with prepare(Lake(tmp_path / "store"), [folder], today=date(2026, 11, 22)) as preview:
        assert {finding.code for finding in preview.findings} == {"no_share", "same_file"}
        assert preview.summary()["slots"] == {"rows": 1, "new": 1, "changed": 0, "unchanged": 0, "removed": 0}
        assert {file.name for file in preview.files} == {"Slot-kopia.ndjson", "organisation.ndjson", "schedule.json"}


def test_a_person_is_one_in_fhir_and_in_other_files(tmp_path: Path) -> None:
    """The store knows the patient of a csv file and of a FHIR resource by the same pseudonym."""
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "fhir.ndjson").write_bytes(ndjson([*organisation(), patient(), encounter()]))
    (folder / "stays.csv").write_text(
        "stay_id;patient_key;clinic_id;ward_id;admitted;acute\nS7;19121212-1212;K;Location/A1;2026-05-17 08:00;ja\n"
    )
    lake = Lake(tmp_path / "store")
    with prepare(lake, [folder], today=date(2026, 11, 22)) as preview:
        assert not preview.has_errors
        commit(lake, preview, by="test", at=datetime(2026, 11, 22, tzinfo=UTC))
    keys = {lake.read(name)["patient_key"].to_pylist()[0] for name in ("patients", "contacts", "stays")}
    assert len(keys) == 1
    assert "1912" not in keys.pop()


def test_the_reference_page_names_every_code() -> None:
    """What is mapped in the tables of codes is told to those who deliver."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "fhir.md").read_text(encoding="utf-8")
    statuses = (codes.ENCOUNTER_STATUS, codes.APPOINTMENT_STATUS, codes.SLOT_STATUS, codes.REFERRAL_STATUS)
    told = {code for table in (*statuses, codes.CLASSES, codes.PLACE_LEVELS, codes.PRIORITIES) for code in table}
    told |= {code for _, code in (*codes.FORMS, *codes.KINDS)} | codes.NOT_CARE | codes.NOT_WAITED_FOR | codes.ORDERS
    told |= {*codes.ADMIT_SOURCES, *codes.ORGANIZATION_LEVELS, *codes.PROTECTED, *codes.HSA_ID, *RESOURCES}
    told |= {code for code in codes.CANCELLED_BY if code not in {"pat", "prov"}}
    assert {code for code in told if f"`{code}`" not in page and f"| {code} |" not in page} == set()


def test_a_large_delivery_comes_in_parts_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staged on disk and handed over some rows at a time; the findings of all parts are told once."""
    visits = [encounter(id=f"E{n}", period={"start": "2026-05-17"}) for n in range(70)]
    files = {"a.ndjson": [*organisation(), patient()], "b.ndjson": visits}
    want = Read(tmp_path, files)
    monkeypatch.setattr("vardbalans.data.read.fhir._LARGE", 0)
    monkeypatch.setattr("vardbalans.data.read.fhir._BATCH", 2000)
    monkeypatch.setattr(drafts, "ROWS", 20)
    monkeypatch.setattr(staging, "_BUFFERED", 8)
    found = Read(tmp_path, files)
    assert sum(draft.table == "contacts" for draft in found.drafts) > 1
    assert sorted(found.rows("contacts"), key=repr) == sorted(want.rows("contacts"), key=repr)
    assert [str(finding.message) for finding in found.findings] == [str(finding.message) for finding in want.findings]
    assert [f.code for f in found.findings].count("date_without_time") == 51
