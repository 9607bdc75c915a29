"""Patients and the time book as FHIR R4 ndjson, one file per resource type.

Units and services are referred to by the region's own identifiers, for they are delivered in ``organisation.xlsx``.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa

__all__ = ["PATIENT_SYSTEM", "TABLES", "write_fhir"]

TABLES = ("patients", "slots")
"""The tables that only FHIR tells of."""

_OWN = "https://mellanalv.example"
PATIENT_SYSTEM = f"{_OWN}/patient"
_LABELS = "http://electronichealth.se/CodeSystem/SecurityLabel"
_SLOT_STATUS = {"free": "free", "booked": "busy", "blocked": "busy-unavailable"}
_ZONE = ZoneInfo("Europe/Stockholm")

Resource = dict[str, Any]


def write_fhir(folder: Path, tables: Mapping[str, pa.Table]) -> list[Path]:
    """Write ``patients`` and ``slots`` of *tables* to *folder* (made if need be) and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    slots = tables["slots"]
    return [
        _write(folder / "Patient.ndjson", _patients(tables["patients"])),
        _write(folder / "Schedule.ndjson", _schedules(slots)),
        _write(folder / "Slot.ndjson", _slots(slots)),
    ]


def _write(path: Path, resources: Iterable[Resource]) -> Path:
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(resource) + b"\n" for resource in resources)
    return path


def _patients(rows: pa.Table) -> Iterator[Resource]:
    for row in rows.to_pylist():
        system, _, number = row["patient_key"].partition("|")
        resource = {
            "resourceType": "Patient",
            "id": number,
            "identifier": [{"system": system, "value": number}],
            "gender": row["sex"],
            "birthDate": str(row["birth_year"]),
            "address": [{"use": "home", "district": row["municipality"]}],
        }
        if row["deceased"]:
            resource["deceasedDateTime"] = row["deceased"].isoformat()
        if row["protected"]:
            resource["meta"] = {"security": [{"system": _LABELS, "code": "sekretessmarkering"}]}
        yield resource


def _schedules(slots: pa.Table) -> Iterator[Resource]:
    pairs = sorted(set(zip(slots["unit_id"].to_pylist(), slots["service_id"].to_pylist(), strict=True)))
    for unit, service in pairs:
        yield {
            "resourceType": "Schedule",
            "id": service,
            "actor": [_named("Location", "unit", unit), _named("HealthcareService", "service", service)],
        }


def _named(kind: str, register: str, value: str) -> Resource:
    """Return a reference by identifier to something that stands in another file."""
    return {"type": kind, "identifier": {"system": f"{_OWN}/{register}", "value": value}}


def _slots(rows: pa.Table) -> Iterator[Resource]:
    for row in rows.to_pylist():
        yield {
            "resourceType": "Slot",
            "id": row["slot_id"],
            "schedule": {"reference": f"Schedule/{row['service_id']}"},
            "status": _SLOT_STATUS[row["status"]],
            "start": row["starts_at"].astimezone(_ZONE).isoformat(),
            "end": row["ends_at"].astimezone(_ZONE).isoformat(),
        }
