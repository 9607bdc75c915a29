"""What is kept of the resources that describe the organisation: units, services, roles and time books."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vardbalans.data.read.fhir.codes import HSA_ID, NOT_CARE, ORGANIZATION_LEVELS, PLACE_LEVELS, found, has_any
from vardbalans.data.read.fhir.extract import LeftOut, code_key, kind_of
from vardbalans.data.read.fhir.references import Links, target
from vardbalans.data.read.fhir.structs import (
    Address,
    HealthcareService,
    Identifier,
    Location,
    Organization,
    PractitionerRole,
    Reference,
    Resource,
    Schedule,
)

__all__ = ["RECORDED", "Book", "Origin", "Record", "Role", "Service", "Unit", "record_of"]

Text = str | None


class Origin(NamedTuple):
    """Where something stands: the number of the file in the delivery, and the row."""

    file: int
    row: int


@dataclass(frozen=True, slots=True)
class Unit:
    """An Organization or a Location; *above* is what it is part of, *manager* the organisation that has a place.

    *level* is None where only the place in the tree tells.
    """

    origin: Origin
    unit_id: Text
    name: Text
    above: Text = None
    manager: Text = None
    level: Text = None
    hsa_id: Text = None
    site: Text = None
    country: Text = None


@dataclass(frozen=True, slots=True)
class Service:
    """A HealthcareService at the first of *places* that is a unit; *keys* are the codes it is asked for by."""

    origin: Origin
    service_id: Text
    name: Text
    places: tuple[str, ...]
    kind: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A PractitionerRole."""

    origin: Origin
    practitioner: Text
    places: tuple[str, ...]
    profession: Text


@dataclass(frozen=True, slots=True)
class Book:
    """A Schedule."""

    origin: Origin
    actors: tuple[str, ...]
    service_key: Text
    service_name: Text
    kind: Text


Record = Unit | Service | Role | Book


def record_of(resource: Resource, links: Links, origin: Origin) -> Record:
    """Return what is kept of *resource*. Raises LeftOut."""
    if resource.modifier_extension:
        raise LeftOut("modifier")
    return RECORDED[type(resource)](resource, links, origin)


def _organization(resource: Organization, links: Links, origin: Origin) -> Unit:
    if has_any(NOT_CARE, resource.type):
        raise LeftOut("not_care")
    address = resource.address[0] if resource.address else None
    return Unit(
        origin,
        resource.id,
        resource.name or resource.id,
        above=target(resource.part_of, "Organization", links),
        level=found(ORGANIZATION_LEVELS, resource.type),
        hsa_id=_hsa_id(resource.identifier),
        site=address.city if address else None,
        country=_country(address),
    )


def _location(resource: Location, links: Links, origin: Origin) -> Unit:
    if resource.mode == "kind":
        raise LeftOut("not_a_place")
    return Unit(
        origin,
        f"Location/{resource.id}" if resource.id else None,
        resource.name or resource.description or resource.id,
        above=target(resource.part_of, "Location", links),
        manager=target(resource.managing_organization, "Organization", links),
        level=found(PLACE_LEVELS, (resource.physical_type, *resource.type)),
        hsa_id=_hsa_id(resource.identifier),
        site=resource.address.city if resource.address else None,
        country=_country(resource.address),
    )


def _service(resource: HealthcareService, links: Links, origin: Origin) -> Service:
    keys = (code_key([concept])[0] for concept in resource.type)
    places = (target(resource.provided_by, "Organization", links), *_all(resource.location, "Location", links))
    return Service(
        origin,
        resource.id,
        resource.name or code_key((*resource.type, *resource.category))[1] or resource.id,
        tuple(place for place in places if place),
        kind_of((*resource.type, *resource.category)) or "contact",
        tuple(key for key in keys if key),
    )


def _role(resource: PractitionerRole, links: Links, origin: Origin) -> Role:
    organization = target(resource.organization, "Organization", links)
    places = (
        *((organization,) if organization else ()),
        *_all(resource.location, "Location", links),
        *_all(resource.healthcare_service, "HealthcareService", links),
    )
    return Role(origin, target(resource.practitioner, "Practitioner", links), places, code_key(resource.code)[1])


def _book(resource: Schedule, links: Links, origin: Origin) -> Book:
    return Book(
        origin, _all(resource.actor, "", links), *code_key(resource.service_type), kind_of(resource.service_type)
    )


def _all(references: Iterable[Reference], kind: str, links: Links) -> tuple[str, ...]:
    return tuple(text for item in references if (text := target(item, kind, links)))


def _hsa_id(identifiers: Iterable[Identifier]) -> Text:
    return next((item.value for item in identifiers if item.system in HSA_ID and item.value), None)


def _country(address: Address | None) -> Text:
    """Return the country where it is an ISO 3166 code."""
    text = (address.country if address else None) or ""
    if not (text.isascii() and text.isupper() and len(text) in {2, 3}):
        return None
    return "SE" if text == "SWE" else text


RECORDED: Mapping[type[Resource], Callable[[Any, Links, Origin], Record]] = {
    Organization: _organization,
    Location: _location,
    HealthcareService: _service,
    PractitionerRole: _role,
    Schedule: _book,
}
"""The resources that describe the organisation."""
