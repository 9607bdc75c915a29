"""A clinic's FHIR R4 export as ndjson: as many contacts as asked for, and the people, referrals and bookings they need.

Resources carry what servers write beside what is read (meta, narrative, texts), for that is what takes the time.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["write_fhir"]

_START = datetime(2024, 1, 1, 7, tzinfo=UTC)
_UNITS, _DOCTORS = 12, 60
_SNOMED = "http://snomed.info/sct"
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CLASSES = (("AMB", "ambulatory"), ("VR", "virtual"), ("HH", "home health"))

Resource = dict[str, Any]


def write_fhir(folder: Path, size: int | str, seed: int) -> None:
    """Write one file per resource type with *size* contacts, a fifth as many people and half as many referrals."""
    count = int(size)
    people = max(1, count // 5)
    rng = np.random.default_rng(seed)
    who, unit, form, minutes = (rng.integers(0, high, count).tolist() for high in (people, _UNITS, 3, 20 * 30_000))
    delivery = folder / "fhir"
    delivery.mkdir()
    kinds: dict[str, tuple[int, Callable[[int], Resource]]] = {
        "Organization": (_UNITS, _unit),
        "HealthcareService": (_UNITS, _service),
        "PractitionerRole": (_DOCTORS, _role),
        "Patient": (people, _patient),
        "ServiceRequest": (-(-count // 2), lambda n: _referral(n, who[2 * n], unit[2 * n], minutes[2 * n])),
        "Appointment": (count, lambda n: _booking(n, who[n], unit[n], minutes[n])),
        "Encounter": (count, lambda n: _contact(n, who[n], unit[n], minutes[n], form[n])),
    }
    for kind, (times, made) in kinds.items():
        with (delivery / f"{kind}.ndjson").open("w", encoding="utf-8") as stream:
            stream.writelines(_lines(kind, times, made))


def _lines(kind: str, times: int, made: Callable[[int], Resource]) -> Iterator[str]:
    for number in range(times):
        resource = {
            "resourceType": kind,
            "id": f"{kind[:1]}{number}",
            "meta": {"versionId": "1", "lastUpdated": _START.isoformat(), "source": "#bench"},
            "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{kind} {number}</div>'},
            **made(number),
        }
        yield json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n"


def _to(kind: str, number: int) -> Resource:
    return {"reference": f"{kind}/{kind[:1]}{number}"}


def _concept(code: str, display: str, system: str = _SNOMED) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _unit(number: int) -> Resource:
    above = {"partOf": _to("Organization", 0)} if number else {}
    return {"active": True, "name": f"Mottagning {number}", **above}


def _service(number: int) -> Resource:
    kind = _concept("185387006", "New patient consultation")
    return {"active": True, "name": f"Nybesök {number}", "providedBy": _to("Organization", number), "type": [kind]}


def _role(number: int) -> Resource:
    unit = _to("Organization", number % _UNITS)
    return {
        "practitioner": {"reference": f"Practitioner/D{number}"},
        "organization": unit,
        "code": [{"text": "läkare"}],
    }


def _patient(number: int) -> Resource:
    return {
        "identifier": [{"use": "usual", "system": "https://bench.example/patient", "value": f"{number:08d}"}],
        "name": [{"use": "official", "family": f"Efternamn{number}", "given": [f"Förnamn{number}"]}],
        "gender": ("female", "male")[number % 2],
        "birthDate": f"{1930 + number % 90}-05-17",
        "address": [{"use": "home", "line": ["Storgatan 1"], "district": f"14{number % 80:02d}", "country": "SE"}],
    }


def _referral(number: int, who: int, unit: int, minutes: int) -> Resource:
    return {
        "status": "completed",
        "intent": "order",
        "priority": ("routine", "urgent")[number % 7 == 0],
        "code": _concept("183644000", "Orthopaedic referral"),
        "subject": _to("Patient", who),
        "authoredOn": (_START + timedelta(minutes=minutes) - timedelta(days=40)).isoformat(),
        "performer": [_to("HealthcareService", unit)],
        "reasonCode": [
            _concept(f"M{10 + number % 80}", "Sjukdom i rörelseorganen", "http://hl7.org/fhir/sid/icd-10-se")
        ],
    }


def _booking(number: int, who: int, unit: int, minutes: int) -> Resource:
    start = _START + timedelta(minutes=minutes)
    return {
        "status": ("fulfilled", "noshow")[number % 19 == 0],
        "serviceType": [_concept("185387006", "New patient consultation")],
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "created": (start - timedelta(days=20)).isoformat(),
        "participant": [
            {"actor": _to("Patient", who), "status": "accepted"},
            {"actor": _to("HealthcareService", unit), "status": "accepted"},
        ],
    }


def _contact(number: int, who: int, unit: int, minutes: int, form: int) -> Resource:
    start = _START + timedelta(minutes=minutes)
    code, display = _CLASSES[form]
    return {
        "identifier": [{"system": "https://bench.example/contact", "value": f"{number:09d}"}],
        "status": "finished",
        "class": {"system": _ACT, "code": code, "display": display},
        "type": [_concept("185387006", "New patient consultation")],
        "subject": {**_to("Patient", who), "display": f"Förnamn{who} Efternamn{who}"},
        "participant": [{"individual": {"reference": f"Practitioner/D{number % _DOCTORS}", "display": "Läkare"}}],
        "appointment": [_to("Appointment", number)],
        "basedOn": [] if number % 2 else [_to("ServiceRequest", number // 2)],
        "period": {"start": start.isoformat(), "end": (start + timedelta(minutes=25)).isoformat()},
        "reasonCode": [
            _concept(f"M{10 + number % 80}", "Sjukdom i rörelseorganen", "http://hl7.org/fhir/sid/icd-10-se")
        ],
        "serviceProvider": _to("Organization", unit),
    }
