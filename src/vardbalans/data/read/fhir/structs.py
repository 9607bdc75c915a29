"""The elements that are read of each FHIR R4 resource, as msgspec structs; everything else is passed over.

All elements are optional here: what is missing is told by the row it leaves without a value. Source: HL7 FHIR R4
(4.0.1), resource definitions.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct, field

__all__ = [
    "RESOURCES",
    "Appointment",
    "Bundle",
    "CodeableConcept",
    "Coding",
    "Encounter",
    "Entry",
    "HealthcareService",
    "Identifier",
    "Location",
    "Organization",
    "Patient",
    "Period",
    "PractitionerRole",
    "Reference",
    "Resource",
    "Schedule",
    "ServiceRequest",
    "Slot",
    "elements",
]


class Element(Struct, gc=False, rename="camel"):
    """A part of a resource; attributes are the standard's names in snake case."""


class Coding(Element):
    """A code of a code system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element):
    """One meaning in one or more codes, or as text only."""

    coding: list[Coding] = []
    text: str | None = None


class Identifier(Element):
    """A business identifier."""

    use: str | None = None
    system: str | None = None
    value: str | None = None


class Period(Element):
    """A span of time; either end may be open."""

    start: str | None = None
    end: str | None = None


class Reference(Element):
    """A link to another resource, by address or by identifier."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None


class Extension(Element):
    """An extension; only those that hold a code or a short text are looked into."""

    url: str = ""
    value_code: str | None = None
    value_string: str | None = None
    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None


class Meta(Element):
    """When the resource was changed, and its security labels."""

    last_updated: str | None = None
    security: list[Coding] = []


class Resource(Element):
    """What every resource has."""

    id: str | None = None
    meta: Meta | None = None
    contained: list[Raw] = []
    modifier_extension: list[Raw] = []
    identifier: list[Identifier] = []

    @property
    def updated(self) -> str | None:
        """Return when the resource was last changed."""
        return self.meta.last_updated if self.meta else None


class Address(Element):
    """Where someone lives or something lies."""

    use: str | None = None
    city: str | None = None
    district: str | None = None
    country: str | None = None
    extension: list[Extension] = []


class PatientLink(Element):
    """Another Patient resource about the same person."""

    other: Reference | None = None
    type: str | None = None


class Patient(Resource):
    """A person; names, telecom and the lines of addresses are not even decoded."""

    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    address: list[Address] = []
    link: list[PatientLink] = []
    extension: list[Extension] = []


class Participant(Element):
    """Who took part in an encounter."""

    individual: Reference | None = None


class EncounterLocation(Element):
    """Where the patient was, and when."""

    location: Reference | None = None
    status: str | None = None
    period: Period | None = None


class ClassHistory(Element):
    """An earlier class of the encounter."""

    class_: Coding | None = field(default=None, name="class")


class Hospitalization(Element):
    """How the patient came."""

    admit_source: CodeableConcept | None = None


class Encounter(Resource):
    """A contact or a stay."""

    status: str | None = None
    class_: Coding | None = field(default=None, name="class")
    class_history: list[ClassHistory] = []
    type: list[CodeableConcept] = []
    service_type: CodeableConcept | None = None
    priority: CodeableConcept | None = None
    subject: Reference | None = None
    based_on: list[Reference] = []
    participant: list[Participant] = []
    appointment: list[Reference] = []
    period: Period | None = None
    hospitalization: Hospitalization | None = None
    location: list[EncounterLocation] = []
    service_provider: Reference | None = None


class Actor(Element):
    """Who or what takes part in an appointment."""

    actor: Reference | None = None


class Appointment(Resource):
    """A booking."""

    status: str | None = None
    cancelation_reason: CodeableConcept | None = None
    service_type: list[CodeableConcept] = []
    start: str | None = None
    end: str | None = None
    created: str | None = None
    slot: list[Reference] = []
    based_on: list[Reference] = []
    participant: list[Actor] = []


class ServiceRequest(Resource):
    """A referral, or a decision on treatment."""

    status: str | None = None
    intent: str | None = None
    priority: str | None = None
    do_not_perform: bool | None = None
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    authored_on: str | None = None
    performer: list[Reference] = []
    location_reference: list[Reference] = []


class Schedule(Resource):
    """A time book."""

    service_type: list[CodeableConcept] = []
    actor: list[Reference] = []


class Slot(Resource):
    """A time in a time book."""

    service_type: list[CodeableConcept] = []
    schedule: Reference | None = None
    status: str | None = None
    start: str | None = None
    end: str | None = None


class Organization(Resource):
    """A part of the organisation."""

    type: list[CodeableConcept] = []
    name: str | None = None
    part_of: Reference | None = None
    address: list[Address] = []


class Location(Resource):
    """A place: a ward, a theatre, a room, a building."""

    name: str | None = None
    description: str | None = None
    mode: str | None = None
    type: list[CodeableConcept] = []
    physical_type: CodeableConcept | None = None
    managing_organization: Reference | None = None
    part_of: Reference | None = None
    address: Address | None = None


class HealthcareService(Resource):
    """A service that is offered."""

    name: str | None = None
    category: list[CodeableConcept] = []
    type: list[CodeableConcept] = []
    provided_by: Reference | None = None
    location: list[Reference] = []


class PractitionerRole(Resource):
    """What someone works as, and where."""

    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] = []
    location: list[Reference] = []
    healthcare_service: list[Reference] = []


class Request(Element):
    """What an entry of a transaction asks for."""

    method: str | None = None


class Entry(Element):
    """One entry of a Bundle."""

    full_url: str | None = None
    resource: Raw = Raw()
    request: Request | None = None


class Bundle(Element):
    """A Bundle of any type."""

    entry: list[Entry] = []


RESOURCES: dict[str, type[Resource]] = {
    kind.__name__: kind
    for kind in (
        Organization,
        Location,
        HealthcareService,
        PractitionerRole,
        Patient,
        Schedule,
        Slot,
        ServiceRequest,
        Appointment,
        Encounter,
    )
}
"""The resources that are read, by type."""


def elements(kind: type[Any]) -> frozenset[str]:
    """Return the names of the elements of *kind* as they stand in JSON."""
    return frozenset(item.encode_name for item in msgspec.structs.fields(kind))
