"""The organisation as FHIR tells it: which unit and which service a reference means.

An Organization is a unit. A Location is one when it is a ward or a theatre, or when nothing lies around it; other
places (rooms, beds, buildings) stand for the ward around them, else for the organisation that manages them. A
reference to something outside the delivery keeps its id: it may have been delivered before, or stand in another file.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from vardbalans.data.read.fhir.records import Book, Origin, Record, Role, Service, Unit
from vardbalans.data.read.fhir.references import BY_IDENTIFIER

__all__ = ["Directory", "Found", "TimeBook"]

Text = str | None


class Found(NamedTuple):
    """What a reference means: a unit, a service, someone's profession; None where it does not tell."""

    unit_id: Text = None
    service_id: Text = None
    profession: Text = None


class TimeBook(NamedTuple):
    """What a Schedule says of its slots."""

    unit_id: Text = None
    service_id: Text = None
    resource_id: Text = None
    service_key: Text = None
    service_name: Text = None
    kind: Text = None


class Directory:
    """Every Organization, Location, HealthcareService, PractitionerRole and Schedule of a delivery, by reference."""

    def __init__(self) -> None:
        self._units: dict[str, Unit] = {}
        self._services: dict[str, Service] = {}
        self._roles: dict[str, Role] = {}
        self._books: dict[str, Book] = {}
        self._roles_of: dict[Text, list[str]] = defaultdict(list)
        self._by_token: dict[str, list[str]] = defaultdict(list)
        self._updated: dict[str, str] = {}
        self._known: dict[str, Found] = {}

    def __len__(self) -> int:
        return len(self._updated)

    def add(self, reference: str, record: Record, tokens: Iterable[str], updated: Text) -> bool:
        """Keep *record* as what *reference* and the identifiers *tokens* mean; return False when it was there already.

        Of two versions the one *updated* last is kept, and the one read last when neither tells.
        """
        before = self._updated.get(reference)
        if before is not None and (updated or "") < before:
            return False
        self._updated[reference] = updated or ""
        match record:
            case Unit():
                self._units[reference] = record
            case Service():
                self._services[reference] = record
            case Book():
                self._books[reference] = record
            case Role():
                self._roles[reference] = record
                self._roles_of[record.practitioner].append(reference)
        for token in tokens:
            self._by_token[token].append(reference)
        return before is None

    def find(self, reference: Text) -> Found:
        """Return what *reference* means."""
        if reference is None:
            return Found()
        if reference not in self._known:
            self._known[reference] = self._find(self._addressed(reference))
        return self._known[reference]

    def time_books(self) -> Iterator[tuple[str, TimeBook]]:
        """Yield every Schedule, by its address and by its identifiers."""
        for reference, book in self._books.items():
            yield reference, self._time_book(book)
        for token, references in self._by_token.items():
            if references[0] in self._books:
                yield f"Schedule{BY_IDENTIFIER}{token}", self._time_book(self._books[references[0]])

    def offered(self) -> Iterator[tuple[Text, str, Text]]:
        """Yield (unit, code, service) of the services that the delivery describes."""
        for reference, service in self._services.items():
            for key in service.keys:
                yield self.find(reference).unit_id, key, service.service_id

    def unit_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of ``units``: the organisations, and the places that are units."""
        heights = self._heights()
        for reference, unit in self._units.items():
            if reference.startswith("Organization/"):
                level, above = unit.level or self._level(reference, heights), unit.above
            else:
                around, above = self._around(reference)
                if around != unit.unit_id:
                    continue
                level = unit.level or "unit"
            yield _row(
                unit.origin,
                reference,
                unit_id=unit.unit_id,
                name=unit.name,
                level=level,
                parent_id=self.find(above).unit_id,
                site=unit.site,
                hsa_id=unit.hsa_id,
                country=unit.country,
            )

    def service_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of ``services`` that the delivery describes."""
        for reference, service in self._services.items():
            yield _row(
                service.origin,
                reference,
                service_id=service.service_id,
                name=service.name,
                unit_id=self.find(reference).unit_id,
                kind=service.kind,
                guarantee="none",
            )

    def circles(self) -> Iterator[tuple[str, Origin]]:
        """Yield type and place of every unit that lies above itself."""
        for reference, unit in self._units.items():
            top = list(self._chain(reference))[-1]
            if self._units[top].above == reference:
                yield reference.partition("/")[0], unit.origin

    def _addressed(self, reference: str) -> str:
        """Return the address of what a reference by identifier means, and other references as they are."""
        kind, by, token = reference.partition(BY_IDENTIFIER)
        candidates = self._by_token.get(token, ()) if by else ()
        same = [item for item in candidates if item.startswith(f"{kind}/")]
        return next(iter((*same, *candidates)), reference)

    def _find(self, reference: str) -> Found:
        if reference in self._units:
            return self._place(reference)
        if reference in self._services:
            service = self._services[reference]
            return Found(self._first_unit(service.places), service.service_id)
        if reference in self._roles:
            return self._agreed([self._roles[reference]])
        if reference in self._roles_of:
            return self._agreed([self._roles[item] for item in self._roles_of[reference]])
        return _outside(reference)

    def _place(self, reference: str) -> Found:
        if reference.startswith("Organization/"):
            return Found(self._units[reference].unit_id)
        around, above = self._around(reference)
        return Found(around) if around else self.find(above)

    def _around(self, reference: str) -> tuple[Text, Text]:
        """Return the unit that a place is or lies in, if any, and the reference to what is above that."""
        chain = [self._units[item] for item in self._chain(reference)]
        manager = next((place.manager for place in chain if place.manager), None)
        above = manager or (chain[-1].above if chain[-1].above not in self._units else None)
        ward = next((place.unit_id for place in chain if place.level), None)
        return (ward or (None if above else chain[-1].unit_id)), above

    def _first_unit(self, references: Iterable[str]) -> Text:
        return next((unit for item in references if (unit := self.find(item).unit_id)), None)

    def _agreed(self, roles: list[Role]) -> Found:
        """Return the unit, service and profession that all roles of one person agree on."""
        units = {self._first_unit(role.places) for role in roles}
        services = {self.find(place).service_id for role in roles for place in role.places} - {None}
        return Found(_only(units), _only(services), _only({role.profession for role in roles}))

    def _time_book(self, book: Book) -> TimeBook:
        actors = [self.find(actor) for actor in book.actors]
        devices = (actor.partition("|")[2] for actor in book.actors if actor.startswith(f"Device{BY_IDENTIFIER}"))
        return TimeBook(
            next((actor.unit_id for actor in actors if actor.unit_id), None),
            next((actor.service_id for actor in actors if actor.service_id), None),
            next(devices, None),
            book.service_key,
            book.service_name,
            book.kind,
        )

    def _chain(self, reference: str) -> Iterator[str]:
        """Yield *reference* and the units above it by partOf, each once."""
        seen: set[str] = set()
        at: Text = reference
        while at in self._units and at not in seen:
            yield at
            seen.add(at)
            at = self._units[at].above

    def _heights(self) -> dict[str, int]:
        """Return how many levels of units lie below each."""
        heights: dict[str, int] = defaultdict(int)
        for reference in self._units:
            for height, above in enumerate(self._chain(reference)):
                heights[above] = max(heights[above], height)
        return heights

    def _level(self, reference: str, heights: Mapping[str, int]) -> str:
        """Return the level by the place in the tree: the top is a region, the leaves units, what has them clinics."""
        above, height = self._units[reference].above, heights[reference]
        if above is None:
            return "region" if height else "clinic"
        if height:
            return "clinic" if height == 1 else "division"
        return "clinic" if above in self._units and self._units[above].above is None else "unit"


def _outside(reference: str) -> Found:
    """Return what a reference to something that is not in the delivery means; what is contained has no other place."""
    if "#" in reference:
        return Found()
    kind, by, token = reference.partition(BY_IDENTIFIER)
    kind, _, value = (kind, "", token.partition("|")[2]) if by else reference.partition("/")
    if kind == "Organization":
        return Found(unit_id=value)
    if kind == "Location":
        return Found(unit_id=value if by else reference)
    return Found(service_id=value) if kind == "HealthcareService" else Found()


def _only(values: set[Text]) -> Text:
    return next(iter(values)) if len(values) == 1 else None


def _row(origin: Origin, reference: str, **values: Text) -> dict[str, Any]:
    return {"file": origin.file, "row": origin.row, "resource": reference.partition("/")[0], **values}
