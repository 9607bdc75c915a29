"""What FHIR's codes mean in the data contract: tables, so that they can be read and changed as data.

Sources: HL7 FHIR R4 (4.0.1) value sets, HL7 v3 ActCode and RoleCode, v2 tables 0007, SNOMED CT, the Swedish base
profiles of HL7 Sweden (1.1.0) and Inera's list of OIDs. ``docs/reference/fhir.md`` says the same in sentences.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeVar

from vardbalans.data.identity.numbers import systems
from vardbalans.data.read.fhir.structs import CodeableConcept

__all__ = [
    "ADMIT_SOURCES",
    "APPOINTMENT_STATUS",
    "CANCELLED_BY",
    "CLASSES",
    "ENCOUNTER_STATUS",
    "FORMS",
    "HSA_ID",
    "KINDS",
    "NOT_CARE",
    "NOT_WAITED_FOR",
    "ORDERS",
    "ORGANIZATION_LEVELS",
    "PERSON_SYSTEMS",
    "PLACE_LEVELS",
    "PRIORITIES",
    "PROTECTED",
    "REFERRAL_STATUS",
    "SLOT_STATUS",
    "SYSTEM_NAMES",
    "Class",
    "cancelled_by",
    "found",
    "has_any",
]

Meaning = TypeVar("Meaning")
SNOMED = "http://snomed.info/sct"

_NATIONAL = ("personnummer", "samordningsnummer", "nationellt-reservnummer", "lma-nummer")
_URIS = {system.name: system.uris for system in systems()}

PERSON_SYSTEMS: Mapping[str, tuple[int, str]] = {
    uri: (rank, _URIS[name][0]) for rank, name in enumerate(_NATIONAL, start=1) for uri in _URIS[name]
} | {
    # So spelt in earlier versions of the base profile.
    "http://electronichealth.se/identifier/nationelltReservnumer": (3, _URIS["nationellt-reservnummer"][0])
}
"""Systems of national numbers: which goes first when a person has several, and the system's one name here."""

HSA_ID = frozenset({*_URIS["hsa-id"], "urn:oid:1.2.752.29.6.2.1"})
"""Systems of HSA-ids: the base profile's, and those of older specifications."""

SYSTEM_NAMES: Mapping[str, str] = {
    SNOMED: "sct",
    "urn:oid:1.2.752.129.2.2.1.3": "hsa",
    "urn:oid:1.2.752.116.1.3.6": "sosnyk",
    "http://terminology.hl7.org/CodeSystem/service-type": "hl7",
    "http://loinc.org": "loinc",
}
"""Short names of code systems in the ids of services; other systems stand there in full."""

PROTECTED = frozenset({"sekretessmarkering", "skyddadFolkbokforing", "protected-information"})
"""Security labels of persons whose details are protected; the last one is from earlier versions of the profile."""


class Class(NamedTuple):
    """What an encounter class means: the table it belongs to, and how the patient was met."""

    table: Literal["contacts", "stays"]
    form: str | None = None


_ONSITE, _HOME, _OPEN, _STAY = Class("contacts", "onsite"), Class("contacts", "home"), Class("contacts"), Class("stays")
CLASSES: Mapping[str, Class] = {
    "AMB": _ONSITE,
    "EMER": _ONSITE,
    "HH": _HOME,
    "FLD": _OPEN,
    "VR": _OPEN,
    "PRENC": _OPEN,
    "IMP": _STAY,
    "ACUTE": _STAY,
    "NONAC": _STAY,
    "OBSENC": _STAY,
    "SS": _STAY,
    # HSA vård- och omsorgsform: öppen vård, sluten vård, hemsjukvård
    "01": _ONSITE,
    "02": _STAY,
    "03": _HOME,
    # The words of earlier FHIR versions
    "ambulatory": _ONSITE,
    "outpatient": _ONSITE,
    "emergency": _ONSITE,
    "home": _HOME,
    "field": _OPEN,
    "virtual": _OPEN,
    "inpatient": _STAY,
}
"""Encounter classes. VR says only that they did not meet in one place: form is then told by the type, or not at all."""

FORMS: Mapping[tuple[str, str], str] = {
    (SNOMED, "185317003"): "phone",
    (SNOMED, "386472008"): "phone",
    (SNOMED, "448337001"): "video",
    (SNOMED, "308720009"): "message",
    (SNOMED, "439708006"): "home",
}
"""Types of encounter that tell how the patient was met; they go before the class."""

KINDS: Mapping[tuple[str, str], str] = {
    (SNOMED, "103696004"): "first_visit",
    (SNOMED, "185387006"): "first_visit",
    (SNOMED, "185389009"): "follow_up",
    (SNOMED, "390906007"): "follow_up",
    (SNOMED, "363679005"): "examination",
    (SNOMED, "387713003"): "surgery",
}
"""Codes that tell what kind a service is; without one it is another contact."""

ENCOUNTER_STATUS: Mapping[str, str] = {
    "planned": "booked",
    "arrived": "performed",
    "triaged": "performed",
    "in-progress": "performed",
    "onleave": "performed",
    "finished": "performed",
}
APPOINTMENT_STATUS: Mapping[str, str] = {
    "booked": "booked",
    "arrived": "performed",
    "checked-in": "performed",
    "fulfilled": "performed",
    "noshow": "no_show",
}
SLOT_STATUS: Mapping[str, str] = {
    "free": "free",
    "busy": "booked",
    "busy-tentative": "booked",
    "busy-unavailable": "blocked",
}
REFERRAL_STATUS: Mapping[str, str] = {
    "active": "waiting",
    "on-hold": "waiting",
    "completed": "treated",
    "revoked": "other",
}
"""What a status means; those that are not here leave the row out, with a count."""

ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
"""Intents of requests that someone waits for; plans and proposals are not decided yet."""

NOT_WAITED_FOR = frozenset({"108252007", "laboratory", "LAB"})
"""Categories of requests that are no waiting list: laboratory tests."""

CANCELLED_BY: Mapping[str, str] = {
    "pat": "cancelled_patient",
    "prov": "cancelled_provider",
    "maint": "cancelled_provider",
    "meds-inc": "cancelled_provider",
    "oth-int": "cancelled_provider",
    "oth-nu": "cancelled_provider",
}
"""Beginnings of HL7's cancellation reasons; the others do not tell whose the cancellation was."""

PRIORITIES: Mapping[str, bool] = {
    # v3 ActPriority
    "EM": True,
    "UR": True,
    "S": True,
    "EL": False,
    "R": False,
    "P": False,
    # v2 0007 admission type; R means the same in both
    "A": True,
    "E": True,
    "U": True,
    "C": False,
    # SNOMED CT
    "25876001": True,
    "103391001": True,
    "394848005": False,
    "50811001": False,
}
"""Priorities of admissions: true when acute. The class ACUTE says what the care is like, not how it began."""

ADMIT_SOURCES: Mapping[str, bool] = {"emd": True}
"""Where the patient came from, as far as it tells whether the admission was acute."""

NOT_CARE = frozenset({"ins", "pay", "edu", "reli", "crs", "bus"})
"""Types of organisation that give no care: insurers, payers, schools, congregations, researchers, other business."""

ORGANIZATION_LEVELS: Mapping[str, str] = {"dept": "clinic", "team": "unit"}
"""Types of organisation that tell the level; for the others the place in the tree does."""

PLACE_LEVELS: Mapping[str, str] = {
    "wa": "ward",
    "HU": "ward",
    "ICU": "ward",
    "CCU": "ward",
    "PEDU": "ward",
    "PEDICU": "ward",
    "PEDNICU": "ward",
    "PHU": "ward",
    "RHU": "ward",
    "BMTU": "ward",
    "225738002": "theatre",
}
"""Physical types and types of places that are units of their own; other places stand for the unit around them."""


def cancelled_by(reason: CodeableConcept | None) -> str | None:
    """Return the contact status that a cancellation *reason* means, None when it does not tell whose it was."""
    codes = [coding.code or "" for coding in reason.coding] if reason else []
    return next(
        (
            status
            for code in codes
            for begin, status in CANCELLED_BY.items()
            if code == begin or code.startswith(f"{begin}-")
        ),
        None,
    )


def found(table: Mapping[str, Meaning], concepts: Iterable[CodeableConcept | None]) -> Meaning | None:
    """Return what the first known code in *concepts* means in *table*."""
    for concept in concepts:
        for coding in concept.coding if concept else ():
            if coding.code is not None and coding.code in table:
                return table[coding.code]
    return None


def has_any(codes: frozenset[str], concepts: Iterable[CodeableConcept]) -> bool:
    """Tell whether *concepts* have any of *codes*."""
    return any(coding.code in codes for concept in concepts for coding in concept.coding)
