"""One resource to the few texts of it that the tables need.

What no row can be made of raises :class:`LeftOut` with the reason; what is merely missing is None.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from vardbalans.data.read.fhir.codes import (
    ADMIT_SOURCES,
    APPOINTMENT_STATUS,
    CLASSES,
    ENCOUNTER_STATUS,
    FORMS,
    KINDS,
    NOT_WAITED_FOR,
    ORDERS,
    PRIORITIES,
    PROTECTED,
    REFERRAL_STATUS,
    SLOT_STATUS,
    SYSTEM_NAMES,
    cancelled_by,
    found,
    has_any,
)
from vardbalans.data.read.fhir.references import SOURCE_ID, Links, person_tokens, target, token
from vardbalans.data.read.fhir.rows import (
    AppointmentRow,
    EncounterRow,
    MoveRow,
    PatientRow,
    ReferralRow,
    Row,
    SlotRow,
    TokenRow,
)
from vardbalans.data.read.fhir.structs import (
    Appointment,
    CodeableConcept,
    Encounter,
    Extension,
    Patient,
    Period,
    Reference,
    Resource,
    ServiceRequest,
    Slot,
)

__all__ = ["DIED", "LeftOut", "code_key", "extracted", "kind_of"]

DIED = "?"
"""Stands where a person is said to be dead but not since when."""

_MUNICIPALITY = re.compile(r"(?:municipality|kommun)[^/]*$", re.IGNORECASE)
_FOUR_DIGITS = re.compile(r"\d{4}")
_NAME = 80
_NO_HOME = frozenset({"old", "temp", "work", "billing"})
_CANCELLED = "cancelled_by_unknown"
_NOT_DECIDED = dict.fromkeys(("proposed", "pending", "waitlist", "draft"), "not_decided")
_REASONS = {"entered-in-error": "entered_in_error", "cancelled": _CANCELLED, **_NOT_DECIDED}


class LeftOut(Exception):
    """A resource that becomes no row; the argument is the reason, a key of ``notes.LEFT_OUT``."""


def extracted(resource: Resource, links: Links) -> list[Row]:
    """Return what is kept of *resource*. Raises LeftOut."""
    if resource.modifier_extension:
        raise LeftOut("modifier")
    return _EXTRACT[type(resource)](resource, links)


def code_key(concepts: Iterable[CodeableConcept | None]) -> tuple[str | None, str | None]:
    """Return the first code of *concepts* as ``system:code`` and its name; a text stands for a code that lacks."""
    for concept in concepts:
        if concept is None:
            continue
        for coding in concept.coding:
            if coding.code:
                return _key(coding.system, coding.code, coding.display or concept.text or coding.code)
        if concept.text:
            text = " ".join(concept.text.split())[:_NAME]
            return f"text:{text.casefold()}", text
    return None, None


@lru_cache(maxsize=4096)
def _key(system: str | None, code: str, name: str) -> tuple[str, str]:
    known = SYSTEM_NAMES.get(system or "", system)
    return (f"{known}:{code}" if known else code), name[:_NAME]


def kind_of(concepts: Iterable[CodeableConcept | None]) -> str | None:
    """Return the kind of service that a code of *concepts* tells, None when none does."""
    return _of_pair(KINDS, concepts)


def _of_pair(table: Mapping[tuple[str, str], str], concepts: Iterable[CodeableConcept | None]) -> str | None:
    for concept in concepts:
        if concept is None:
            continue
        for coding in concept.coding:
            if meaning := table.get((coding.system or "", coding.code or "")):
                return meaning
    return None


def _status(meanings: Mapping[str, str], status: str | None) -> str:
    if status is None or status not in meanings:
        raise LeftOut(_REASONS.get(status or "", "unknown_status"))
    return meanings[status]


def _first(references: Iterable[Reference | None], kind: str, links: Links) -> str | None:
    for item in references:
        if text := target(item, kind, links):
            return text
    return None


def _by_type(references: Iterable[Reference | None], kind: str, links: Links) -> dict[str, str]:
    """Return the first of *references* to each type of resource."""
    found: dict[str, str] = {}
    for item in references:
        if text := target(item, kind, links):
            found.setdefault(text.partition("?")[0].partition("/")[0], text)
    return found


def _preferred(found: Mapping[str, str], kinds: tuple[str, ...]) -> str | None:
    for kind in kinds:
        if kind in found:
            return found[kind]
    return None


def _named(resource: Resource) -> str | None:
    return token(resource.identifier[0]) if resource.identifier else None


def _person(subject: Reference | None, links: Links) -> str | None:
    person = target(subject, "Patient", links)
    if person and not person.startswith("Patient"):
        raise LeftOut("not_a_patient")
    return person


def _patient(patient: Patient, links: Links) -> list[Row]:
    tokens = person_tokens(patient.identifier)
    replacing = (link.other for link in patient.link if link.type == "replaced-by")
    labels = {label.code for label in patient.meta.security} if patient.meta else set()
    own = f"{SOURCE_ID}|{patient.id}" if patient.id else None
    row = PatientRow(
        id=patient.id,
        updated=patient.updated,
        key=tokens[0] if tokens else own,
        replaced_by=_first(replacing, "Patient", links),
        birth=patient.birth_date,
        sex=patient.gender,
        municipality=_municipality(patient),
        deceased=patient.deceased_date_time or (DIED if patient.deceased_boolean else None),
        protected="ja" if labels & PROTECTED else "nej",
    )
    return [row, *(TokenRow(named, f"Patient/{patient.id}") for named in tokens)]


def _municipality(patient: Patient) -> str | None:
    """Return the Swedish code of the home municipality: of an extension, else of the address."""
    homes = [address for address in patient.address if address.use not in _NO_HOME]
    homes.sort(key=lambda address: address.use != "home")
    extensions = [*patient.extension, *(item for address in homes for item in address.extension)]
    codes = [code for item in extensions if _MUNICIPALITY.search(item.url) for code in _codes(item)]
    codes += [address.district for address in homes if address.district]
    return next((code for code in codes if _FOUR_DIGITS.fullmatch(code)), None)


def _codes(item: Extension) -> Iterator[str]:
    concept = item.value_codeable_concept
    codings = [item.value_coding] if item.value_coding else concept.coding if concept else []
    yield from (text for text in (item.value_code, item.value_string, *(c.code for c in codings)) if text)


def _encounter(encounter: Encounter, links: Links) -> list[Row]:
    code = (encounter.class_.code if encounter.class_ else None) or ""
    if code not in CLASSES:
        raise LeftOut("unknown_class")
    table, form = CLASSES[code]
    is_stay = table == "stays"
    status = _status(ENCOUNTER_STATUS, encounter.status)
    if is_stay and status == "booked":
        raise LeftOut("not_begun")
    period = encounter.period or Period()
    service_key, service_name = code_key((encounter.service_type,))
    type_key, type_name = code_key(encounter.type)
    row = EncounterRow(
        id=encounter.id,
        updated=encounter.updated,
        token=_named(encounter),
        home=table,
        status="finished" if is_stay and encounter.status == "finished" else status,
        form=_of_pair(FORMS, encounter.type) or form,
        patient=_person(encounter.subject, links),
        provider=target(encounter.service_provider, "Organization", links),
        place=_first([item.location for item in encounter.location], "Location", links),
        appointment=_first(encounter.appointment, "Appointment", links),
        referral=_first(encounter.based_on, "ServiceRequest", links),
        starts=period.start,
        ends=period.end,
        service_key=service_key,
        service_name=service_name,
        type_key=type_key or f"class:{code}",
        type_name=type_name or (encounter.class_.display if encounter.class_ else None) or code,
        kind=kind_of((encounter.service_type, *encounter.type)),
        role=_first([item.individual for item in encounter.participant], "Practitioner", links),
        acute=_acute(encounter) if is_stay else None,
    )
    return [row, *_moves(encounter, links)] if is_stay else [row]


def _acute(encounter: Encounter) -> str | None:
    """Return ja or nej where priority, an earlier class, the source or a booking tells, else None."""
    acute = found(PRIORITIES, [encounter.priority])
    if acute is None and any(item.class_ and item.class_.code == "EMER" for item in encounter.class_history):
        acute = True
    if acute is None and encounter.hospitalization:
        acute = found(ADMIT_SOURCES, [encounter.hospitalization.admit_source])
    if acute is None and (encounter.appointment or encounter.based_on):
        acute = False
    return None if acute is None else "ja" if acute else "nej"


def _moves(encounter: Encounter, links: Links) -> Iterator[Row]:
    for number, item in enumerate(encounter.location):
        place = target(item.location, "Location", links)
        if place and item.status not in {"planned", "reserved"}:
            period = item.period or Period()
            yield MoveRow(encounter.id, number, place, period.start, period.end)


def _appointment(appointment: Appointment, links: Links) -> list[Row]:
    cancelled = cancelled_by(appointment.cancelation_reason) if appointment.status == "cancelled" else None
    actors = _by_type([item.actor for item in appointment.participant], "", links)
    if "Patient" not in actors:
        raise LeftOut("not_a_patient")
    service_key, service_name = code_key(appointment.service_type)
    row = AppointmentRow(
        id=appointment.id,
        updated=appointment.updated,
        token=_named(appointment),
        status=cancelled or _status(APPOINTMENT_STATUS, appointment.status),
        patient=actors["Patient"],
        place=_preferred(actors, ("HealthcareService", "Location", "PractitionerRole", "Practitioner")),
        role=_preferred(actors, ("PractitionerRole", "Practitioner")),
        slot=_first(appointment.slot, "Slot", links),
        referral=_first(appointment.based_on, "ServiceRequest", links),
        starts=appointment.start,
        ends=appointment.end,
        booked=appointment.created,
        service_key=service_key,
        service_name=service_name,
        kind=kind_of(appointment.service_type),
    )
    return [row]


def _referral(request: ServiceRequest, links: Links) -> list[Row]:
    if request.do_not_perform:
        raise LeftOut("not_to_be_done")
    if has_any(NOT_WAITED_FOR, request.category):
        raise LeftOut("not_waited_for")
    if request.intent is not None and request.intent not in ORDERS:
        raise LeftOut("not_decided")
    occurrence = request.occurrence_period or Period()
    performers = _by_type(request.performer, "Organization", links)
    service_key, service_name = code_key((request.code, *request.category))
    row = ReferralRow(
        id=request.id,
        updated=request.updated,
        token=_named(request),
        status=_status(REFERRAL_STATUS, request.status),
        patient=_person(request.subject, links),
        place=_preferred(performers, ("HealthcareService", "Organization", "PractitionerRole", "Practitioner"))
        or _first(request.location_reference, "Location", links),
        encounter=target(request.encounter, "Encounter", links),
        issued=request.authored_on,
        occurs=request.occurrence_date_time or occurrence.end,
        priority=request.priority,
        service_key=service_key,
        service_name=service_name,
        kind=kind_of((request.code, *request.category)),
    )
    return [row]


def _slot(slot: Slot, links: Links) -> list[Row]:
    service_key, service_name = code_key(slot.service_type)
    row = SlotRow(
        id=slot.id,
        updated=slot.updated,
        token=_named(slot),
        status=_status(SLOT_STATUS, slot.status),
        schedule=target(slot.schedule, "Schedule", links),
        starts=slot.start,
        ends=slot.end,
        service_key=service_key,
        service_name=service_name,
        kind=kind_of(slot.service_type),
    )
    return [row]


_EXTRACT: Mapping[type[Resource], Callable[[Any, Links], list[Row]]] = {
    Patient: _patient,
    Encounter: _encounter,
    Appointment: _appointment,
    ServiceRequest: _referral,
    Slot: _slot,
}
