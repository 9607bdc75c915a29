"""A small clinic in FHIR, made for the tests; each test takes what it needs and changes what it is about."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vardbalans.data.findings import Finding, Gathered
from vardbalans.data.read import COMMAND_LINE, Limits, read_fhir, source_file

Resource = dict[str, Any]

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SNOMED = "http://snomed.info/sct"
PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
SAMORDNINGSNUMMER = "http://electronichealth.se/identifier/samordningsnummer"
HSA = "urn:oid:1.2.752.29.4.19"
TOLVAN = f"{PERSONNUMMER}|191212121212"
"""The key of the patient whose number Skatteverket gives out for tests."""


def concept(code: str, display: str, system: str = SNOMED) -> Resource:
    """Return a code with its name."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def to(reference: str) -> Resource:
    """Return a reference by address."""
    return {"reference": reference}


def organisation() -> list[Resource]:
    """Return a region with a division, a clinic with a reception, a ward with a room, a service and a doctor."""
    return [
        {"resourceType": "Organization", "id": "R", "name": "Region Prov"},
        {"resourceType": "Organization", "id": "D", "name": "Opererande", "partOf": to("Organization/R")},
        {
            "resourceType": "Organization",
            "id": "K",
            "identifier": [{"system": HSA, "value": "SE2321000131-K1"}],
            "name": "Ortopeden",
            "partOf": to("Organization/D"),
            "address": [{"city": "Provstad", "country": "SE"}],
        },
        {"resourceType": "Organization", "id": "M", "name": "Mottagningen", "partOf": to("Organization/K")},
        {
            "resourceType": "Location",
            "id": "A1",
            "name": "Avdelning 1",
            "physicalType": concept("wa", "Ward", "http://terminology.hl7.org/CodeSystem/location-physical-type"),
            "managingOrganization": to("Organization/K"),
        },
        {"resourceType": "Location", "id": "A1-3", "name": "Sal 3", "partOf": to("Location/A1")},
        {
            "resourceType": "HealthcareService",
            "id": "NB",
            "name": "Nybesök ortopedi",
            "providedBy": to("Organization/M"),
            "type": [concept("185387006", "New patient consultation")],
        },
        {
            "resourceType": "PractitionerRole",
            "id": "L",
            "practitioner": to("Practitioner/P1"),
            "organization": to("Organization/M"),
            "code": [{"text": "läkare"}],
        },
    ]


def patient(**more: Any) -> Resource:
    """Return a person with a personal number."""
    return {
        "resourceType": "Patient",
        "id": "1",
        "identifier": [{"system": PERSONNUMMER, "value": "191212121212"}],
        "gender": "male",
        "birthDate": "1912-12-12",
        **more,
    }


def encounter(**more: Any) -> Resource:
    """Return a visit to the reception."""
    return {
        "resourceType": "Encounter",
        "id": "E1",
        "status": "finished",
        "class": {"system": ACT, "code": "AMB"},
        "type": [concept("11429006", "Consultation")],
        "subject": to("Patient/1"),
        "period": {"start": "2026-05-17T08:00:00+02:00", "end": "2026-05-17T08:40:00+02:00"},
        "serviceProvider": to("Organization/M"),
        **more,
    }


def stay(**more: Any) -> Resource:
    """Return a stay on the ward."""
    return (
        encounter(
            id="S1",
            **{"class": {"system": ACT, "code": "IMP"}},
            priority=concept("EM", "emergency", "http://terminology.hl7.org/CodeSystem/v3-ActPriority"),
            serviceProvider=to("Organization/K"),
            location=[{"location": to("Location/A1-3"), "status": "completed"}],
        )
        | more
    )


def appointment(**more: Any) -> Resource:
    """Return a booking with the service."""
    return {
        "resourceType": "Appointment",
        "id": "B1",
        "status": "booked",
        "start": "2026-05-17T08:00:00+02:00",
        "end": "2026-05-17T08:45:00+02:00",
        "created": "2026-04-01T10:00:00+02:00",
        "basedOn": [to("ServiceRequest/Q1")],
        "participant": [
            {"actor": to("Patient/1"), "status": "accepted"},
            {"actor": to("HealthcareService/NB"), "status": "accepted"},
            {"actor": to("PractitionerRole/L"), "status": "accepted"},
        ],
        **more,
    }


def referral(**more: Any) -> Resource:
    """Return a referral to the service."""
    return {
        "resourceType": "ServiceRequest",
        "id": "Q1",
        "status": "active",
        "intent": "order",
        "priority": "routine",
        "code": concept("185387006", "New patient consultation"),
        "subject": to("Patient/1"),
        "authoredOn": "2026-03-20",
        "performer": [to("Organization/M")],
        **more,
    }


def schedule(**more: Any) -> Resource:
    """Return the time book of the service."""
    return {"resourceType": "Schedule", "id": "T", "actor": [to("HealthcareService/NB")], **more}


def slot(**more: Any) -> Resource:
    """Return a free time."""
    return {
        "resourceType": "Slot",
        "id": "T1",
        "schedule": to("Schedule/T"),
        "status": "free",
        "start": "2026-05-18T08:00:00+02:00",
        "end": "2026-05-18T08:45:00+02:00",
        **more,
    }


def clinic() -> list[Resource]:
    """Return the whole clinic with one of everything."""
    return [*organisation(), patient(), referral(), schedule(), slot(), appointment(), encounter(), stay()]


def ndjson(resources: Sequence[Resource]) -> bytes:
    """Return *resources* as bulk data, a line each."""
    return b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in resources)


def bundle(resources: Sequence[Resource], **more: Any) -> Resource:
    """Return *resources* as a collection."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": item} for item in resources], **more}


class Read:
    """What came of a delivery: rows by table without those values that are null, and all findings."""

    def __init__(self, folder: Path, files: Mapping[str, bytes | Sequence[Resource]], limits: Limits = COMMAND_LINE):
        paths = []
        for name, content in files.items():
            paths.append(folder / name)
            paths[-1].write_bytes(content if isinstance(content, bytes) else ndjson(content))
        self.drafts = list(read_fhir(paths, [source_file(path) for path in paths], limits))
        gathered = Gathered()
        for draft in self.drafts:
            gathered.add(draft.findings)
        self.findings: list[Finding] = gathered.findings()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of *table*, without values that are null and without where they come from."""
        rows = [row for draft in self.drafts if draft.table == table for row in draft.rows.to_pylist()]
        return [{k: v for k, v in row.items() if v is not None and not k.startswith("_")} for row in rows]

    def row(self, table: str) -> dict[str, Any]:
        """Return the only row of *table*."""
        (row,) = self.rows(table)
        return row

    def codes(self) -> list[tuple[str, int | None, str, str]]:
        """Return file, row, column and code of every finding but those that tell of elements passed over."""
        return [(f.file, f.row, f.column, f.code) for f in self.findings if f.code != "elements_unread"]

    def severities(self) -> dict[str, str]:
        """Return how serious each code found is."""
        return {finding.code: finding.severity for finding in self.findings}
