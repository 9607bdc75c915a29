"""The field mapping of a delivery, which is data: which fields, from what, in which format.

The receiver's specification changes and ours is a draft, so nothing of it stands in code. The shipped file
``vantetider-utkast.toml`` explains itself and is what a region copies and corrects.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from vardbalans.data.tables import Column, Table, Type
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message

__all__ = [
    "AREA_VALUES",
    "PARTS",
    "VALUES",
    "_DRAFT",
    "BadMapping",
    "Field",
    "FieldMapping",
    "MappingFile",
    "Part",
    "read_mapping",
]

_DRAFT = "vantetider-utkast.toml"

Part = Literal["completed", "waiting"]
Format = Literal["text", "integer", "date", "compact_date"]

PARTS: Mapping[Part, str] = {"completed": "Genomförda", "waiting": "Väntande"}
"""The two files of a delivery, with the Swedish titles of their sheets."""

VALUES: Mapping[str, Type] = {
    "number": "integer",
    "month": "text",
    "flow": "text",
    "start": "date",
    "end": "date",
    "as_of": "date",
    "days": "integer",
    "days_stopped": "integer",
    "days_counted": "integer",
    "deviation": "text",
    "unit_id": "text",
    "unit_name": "text",
    "hsa_id": "text",
    "mvo": "text",
    "specialty": "text",
    "service_id": "text",
    "service_name": "text",
    "kind": "text",
    "form": "text",
    "priority": "text",
    "sex": "text",
    "age": "integer",
    "municipality": "text",
}
"""What a field may be made from. No key of a person, a referral or a contact is among them."""

AREA_VALUES = ("mvo", "specialty")
"""Those that the mapping itself gives, by unit and date."""

_NEEDS: Mapping[Format, Type] = {"text": "text", "integer": "integer", "date": "date", "compact_date": "date"}

Name = Annotated[str, Meta(pattern=r"^[^\W\d_][\w -]*$", max_length=60)]
Code = Annotated[str, Meta(pattern=r"^[^']*$", max_length=60)]


class BadMapping(BadInput):
    """A mapping file cannot be read, or contradicts itself."""


class _Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the mapping's parts: an unknown key is a mistake, and told."""


class Flow(_Part, frozen=True):
    """Between which points a wait is measured: services under *guarantee*, from the referral's date *start*."""

    code: Code
    guarantee: Literal["first_visit", "treatment"]
    start: Literal["issued", "decided"]


class Area(_Part, frozen=True):
    """A unit's medical area and specialty from *valid_from* through *valid_to*, for one service or all of them."""

    unit_id: str
    valid_from: date
    valid_to: date | None = None
    service_id: str = ""
    mvo: str | None = None
    specialty: str | None = None


class Below(_Part, frozen=True):
    """Counts below this are hidden in the summary: within the region, and to others."""

    inside: Annotated[int, Meta(ge=0)]
    outside: Annotated[int, Meta(ge=0)]


class Field(_Part, frozen=True, rename={"value": "from"}):
    """One field of the delivered files: from a value of :data:`VALUES`, or a constant."""

    name: Name
    meaning: str
    format: Format
    value: str = ""
    constant: str = ""
    required: bool = False
    allowed: dict[Code, str] = {}
    codes: dict[str, Code] = {}
    files: tuple[Part, ...] = tuple(PARTS)

    @property
    def column(self) -> Column:
        """Return the field as a column that the checks and writers understand."""
        kind: Type = "text" if self.format == "compact_date" else _NEEDS[self.format]
        choices = self.allowed or {code: value for value, code in self.codes.items()}
        return Column(self.name, kind, self.required, self.meaning, self.name, tuple(choices.items()))


class FieldMapping(_Part, frozen=True, rename={"flows": "flow", "fields": "field", "areas": "area"}):
    """A whole mapping, as its TOML file says."""

    name: str
    version: str
    draft: bool
    valid_from: date
    source: str
    due_day: Annotated[int, Meta(ge=1, le=28)]
    intervals: Annotated[tuple[int, ...], Meta(min_length=1)]
    interval_value: Literal["days", "days_counted"]
    suppress_below: Below
    flows: Annotated[tuple[Flow, ...], Meta(min_length=1)]
    deviations: dict[Literal["patient_choice", "medical", "other_region"], Code]
    fields: Annotated[tuple[Field, ...], Meta(min_length=1)]
    areas: tuple[Area, ...] = ()
    valid_to: date | None = None

    def fields_of(self, part: Part) -> tuple[Field, ...]:
        """Return the fields of one file, in order."""
        return tuple(one for one in self.fields if part in one.files)

    def table(self, part: Part) -> Table:
        """Return one file as a table of a contract, which the checks and writers understand."""
        columns = tuple(one.column for one in self.fields_of(part))
        return Table(f"delivered_{part}", PARTS[part], self.source, "", Message(""), columns)


@dataclass(frozen=True)
class MappingFile:
    """A mapping and the file it was read from."""

    mapping: FieldMapping
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Return the sha256 of the file's bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def read_mapping(path: Path | None = None) -> MappingFile:
    """Return the mapping in the file at *path*, or the shipped draft. Raises BadMapping."""
    name = path.name if path else _DRAFT
    try:
        content = path.read_bytes() if path else files(__package__).joinpath(_DRAFT).read_bytes()
        mapping = msgspec.convert(tomllib.loads(content.decode()), FieldMapping)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadMapping(
            Message("Mappningen {file} går inte att läsa: {reason}", file=name, reason=str(error))
        ) from error
    for wrong in _contradictions(mapping):
        raise BadMapping(Message("Mappningen {file}: {what}", file=name, what=wrong))
    return MappingFile(mapping, name, content)


def _contradictions(mapping: FieldMapping) -> list[Message]:
    names = [one.name.casefold() for one in mapping.fields]
    found = [
        Message("fältet {name} finns två gånger. Ta bort det ena.", name=name)
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if list(mapping.intervals) != sorted(set(mapping.intervals)) or mapping.intervals[0] < 0:
        found.append(Message("intervallens gränser ska vara stigande."))
    guarantees = [flow.guarantee for flow in mapping.flows]
    if len(guarantees) > len(set(guarantees)):
        found.append(Message("två flöden gäller samma vårdgaranti. Ta bort det ena."))
    return found + [wrong for one in mapping.fields if (wrong := _wrong(one))]


def _wrong(one: Field) -> Message | None:
    if bool(one.value) == bool(one.constant):
        return Message("fältet {name} ska ha antingen from eller constant.", name=one.name)
    if one.value and one.value not in VALUES:
        return Message(
            "fältet {name} har from = {value}, som inte finns. Välj något av: {known}.",
            name=one.name,
            value=one.value,
            known=", ".join(VALUES),
        )
    if _NEEDS[one.format] != (VALUES[one.value] if one.value else "text"):
        return Message("fältet {name} kan inte ha formatet {format}.", name=one.name, format=one.format)
    if (one.codes or one.allowed) and one.format != "text":
        return Message("fältet {name}: bara text kan ha allowed eller codes.", name=one.name)
    return None
