"""References between resources as one text each, and the keys of people.

A reference is ``Type/id``, or ``Type?identifier=system|value`` when only an identifier is given. The same target has
the same text whether it was named by relative or absolute address, by the ``urn:uuid`` of a Bundle or as contained.
"""

import re
from collections.abc import Iterable, Mapping

from vardbalans.data.read.fhir.codes import PERSON_SYSTEMS
from vardbalans.data.read.fhir.structs import Identifier, Reference

__all__ = ["BY_IDENTIFIER", "SOURCE_ID", "Links", "person_tokens", "target", "token"]

BY_IDENTIFIER = "?identifier="
SOURCE_ID = "source-id"
"""The system of keys of people for whom the source gives no identifier: the resource's own id is the value."""

Links = Mapping[str, str]
"""Addresses that hold within one Bundle or one resource (``urn:uuid:…``, ``#…``) to ``Type/id``."""

_ADDRESS = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([^/?#|]+)(?:/_history/[^/]*)?$")
_BY_IDENTIFIER = re.compile(r"([A-Z][A-Za-z]+)\?identifier=([^|]*)\|(.+)$")
_OTHER_IDENTIFIER = 5
_WORSE = {"old": 2, "temp": 1, "secondary": 1}


def target(reference: Reference | None, kind: str, links: Links) -> str | None:
    """Return *reference* as one text, None when it names nothing. *kind* is the type where none is said."""
    if reference is None:
        return None
    if address := reference.reference:
        if not links and _is_plain(address):
            return address
        if found := _by_address(address, reference.type or kind, links):
            return found
    named = token(reference.identifier) if reference.identifier else None
    return f"{reference.type or kind}{BY_IDENTIFIER}{named}" if named else None


def _is_plain(address: str) -> bool:
    """Tell whether *address* is ``Type/id`` already: most are, and the general way takes several times longer."""
    head, _, rest = address.partition("/")
    return rest != "" and head.isalpha() and head[0].isupper() and "/" not in rest and "?" not in rest


def _by_address(address: str, kind: str, links: Links) -> str | None:
    if address in links:
        return links[address]
    if _is_plain(address):
        return address
    if found := _ADDRESS.search(address):
        return f"{found[1]}/{found[2]}"
    if found := _BY_IDENTIFIER.search(address):
        return f"{found[1]}{BY_IDENTIFIER}{token(Identifier(system=found[2], value=found[3]))}"
    return f"{kind}/{address.rpartition(':')[2]}" if address.startswith("urn:") else None


def token(identifier: Identifier) -> str | None:
    """Return *identifier* as ``system|value``, None without a value. National numbers have one system each."""
    value = (identifier.value or "").strip()
    system = (identifier.system or "").strip()
    if not value:
        return None
    if system in PERSON_SYSTEMS:
        # The plus of ten digits is kept: it says that the person has turned a hundred.
        marks = "[-+ ]" if len(re.sub("[-+ ]", "", value)) > len("1212121212") else "[- ]"
        return f"{PERSON_SYSTEMS[system][1]}|{re.sub(marks, '', value).upper()}"
    return f"{system}|{value}"


def person_tokens(identifiers: Iterable[Identifier]) -> list[str]:
    """Return the tokens of a person, the one to be known by first.

    Personnummer goes before samordningsnummer, nationellt reservnummer, LMA-nummer and all others; what is in use
    before what is temporary or old; then in order of text. An identifier without a system says nothing outside its
    own file, and is left out.
    """
    ranked = {
        (PERSON_SYSTEMS.get(item.system, (_OTHER_IDENTIFIER, ""))[0], _WORSE.get(item.use or "", 0), named)
        for item in identifiers
        if item.system and (named := token(item))
    }
    return list(dict.fromkeys(named for _, _, named in sorted(ranked)))
