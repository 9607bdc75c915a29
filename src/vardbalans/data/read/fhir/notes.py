"""What is said about one FHIR file: rows that could not be read, one by one, and what was left out, counted.

There is one line per file, resource and reason, however many rows it holds.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vardbalans.data.findings import LISTED, Finding, Severity, Spot, listing
from vardbalans.engine.messages import Message

__all__ = ["LEFT_OUT", "UNREADABLE", "Notes"]

Counted = Callable[[str, int], Message]
_SHOWN_ELEMENTS = 12
_MOST_KINDS = 300
_OTHERS = "…"
"""Stands for names beyond those that are kept apart, and for what is no name of an element."""
_ELEMENT = re.compile(r"_?[a-z][A-Za-z]{1,59}")

UNREADABLE: dict[str, Callable[[str], Message]] = {
    "bad_json": lambda _: Message("Här finns ingen hel JSON. Exportera filen på nytt; den kan vara avbruten."),
    "not_utf8": lambda _: Message("Texten är inte skriven i UTF-8. Exportera filen som UTF-8."),
    "too_deep": lambda _: Message("Innehållet är nästlat djupare än någon FHIR-resurs är. Exportera filen på nytt."),
    "too_long": lambda _: Message("Raden eller en text i den är längre än vad som tas emot. Rätta exporten."),
    "not_fhir": lambda _: Message("Här finns ingen FHIR-resurs: resourceType saknas. Exportera FHIR R4 som JSON."),
    "wrong_element": lambda element: Message(
        "Elementet {element} har fel slag av värde. Rätta exporten så att den följer FHIR R4.", element=element
    ),
}
"""What makes a row unreadable, all of them errors; the value is the element."""

LEFT_OUT: dict[str, tuple[Severity, Counted]] = {
    "unused": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader lästes inte; den sortens resurs används inte.", resource=resource, count=count
        ),
    ),
    "no_share": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader blev inga anställningar, för FHIR säger inte hur stor del av heltid någon "
            "arbetar. De används för att hitta enhet och yrke.",
            resource=resource,
            count=count,
        ),
    ),
    "entered_in_error": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} felregistrerade rader (entered-in-error) lästes inte.", resource=resource, count=count
        ),
    ),
    "not_decided": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader är förslag eller utkast och lästes inte.", resource=resource, count=count
        ),
    ),
    "not_begun": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} planerade inskrivningar har inte börjat och lästes inte.",
            resource=resource,
            count=count,
        ),
    ),
    "not_a_patient": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader gäller ingen enskild patient och lästes inte.", resource=resource, count=count
        ),
    ),
    "not_to_be_done": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader säger vad som inte ska göras (doNotPerform) och lästes inte.",
            resource=resource,
            count=count,
        ),
    ),
    "not_waited_for": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} beställningar av laboratorieprov är ingen väntelista och lästes inte.",
            resource=resource,
            count=count,
        ),
    ),
    "not_care": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader är försäkringsgivare, skolor och annat som inte ger vård; de lästes inte.",
            resource=resource,
            count=count,
        ),
    ),
    "not_a_place": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader beskriver ett slags plats (mode kind) och ingen enhet; de lästes inte.",
            resource=resource,
            count=count,
        ),
    ),
    "older": (
        "info",
        lambda resource, count: Message(
            "{resource}: {count} rader finns i en senare version i leveransen; den senaste används.",
            resource=resource,
            count=count,
        ),
    ),
    "deleted": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} poster ber att något ska tas bort (DELETE) och lästes inte. Lämna nycklarna i en fil "
            "vars namn börjar med delete_.",
            resource=resource,
            count=count,
        ),
    ),
    "modifier": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} rader har modifierExtension, som kan ändra vad raden betyder, och lästes inte. "
            "Exportera utan sådana tillägg.",
            resource=resource,
            count=count,
        ),
    ),
    "cancelled_by_unknown": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} avbokade rader säger inte om patienten eller vården avbokade, och lästes inte. "
            "Ta med cancelationReason på Appointment.",
            resource=resource,
            count=count,
        ),
    ),
    "unknown_status": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} rader har en status som inte är känd, och lästes inte. Använd statuskoderna i "
            "FHIR R4.",
            resource=resource,
            count=count,
        ),
    ),
    "unknown_class": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} rader har en class som inte är känd, och lästes inte. Använd koderna i v3 ActCode, "
            "till exempel AMB eller IMP.",
            resource=resource,
            count=count,
        ),
    ),
    "closed_without_day": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} avslutade rader säger inte när väntan tog slut, och lästes inte. Ta med "
            "occurrence[x], en Encounter med basedOn eller meta.lastUpdated.",
            resource=resource,
            count=count,
        ),
    ),
    "death_without_day": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} avlidna saknar dödsdag och lästes som levande. Ta med deceasedDateTime.",
            resource=resource,
            count=count,
        ),
    ),
    "unknown_patient": (
        "warning",
        lambda resource, count: Message(
            "{resource}: {count} rader pekar på patienter som inte finns i leveransen. De kan inte kopplas till "
            "samma person i andra filer; leverera Patient tillsammans med dem.",
            resource=resource,
            count=count,
        ),
    ),
    "circular": (
        "error",
        lambda resource, count: Message(
            "{resource}: {count} enheter är överordnade sig själva genom partOf. Rätta partOf.",
            resource=resource,
            count=count,
        ),
    ),
}
"""What is counted per resource: how serious it is, and the sentence."""


@dataclass
class Notes:
    """What is said about *file*, gathered while it is read."""

    file: str
    whole: list[Finding] = field(default_factory=list)
    _spots: dict[tuple[str, str], list[Spot]] = field(default_factory=dict)
    _totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _firsts: dict[tuple[str, str], int] = field(default_factory=dict)
    _unread: dict[str, dict[str, int]] = field(default_factory=dict)

    def unreadable(self, code: str, row: int, element: str = "") -> None:
        """Note that *row* cannot be read."""
        self._totals[code, element] += 1
        spots = self._spots.setdefault((code, element), [])
        if len(spots) < LISTED:
            spots.append(Spot(self.file, row, element))

    def left_out(self, reason: str, resource: str, row: int, count: int = 1) -> None:
        """Note that *count* rows of *resource*, the first at *row*, became nothing."""
        key = (reason, resource)
        if key not in self._counts and len(self._counts) >= _MOST_KINDS:
            key = (reason, _OTHERS)
        self._counts[key] += count
        self._firsts.setdefault(key, row)

    def unread(self, resource: str, names: Iterable[str], count: int = 1) -> None:
        """Note the elements of *count* rows of *resource* that nothing is read of."""
        counts = self._unread.setdefault(resource, {})
        for name in names:
            told = name
            if name not in counts and (len(counts) >= _MOST_KINDS or not _ELEMENT.fullmatch(name)):
                told = _OTHERS
            counts[told] = counts.get(told, 0) + count

    def add(self, later: "Notes") -> None:
        """Take in what was noted of a part of the file that follows."""
        self._totals += later._totals
        for kind, spots in later._spots.items():
            mine = self._spots.setdefault(kind, [])
            mine += spots[: LISTED - len(mine)]
        for (reason, resource), count in later._counts.items():
            self.left_out(reason, resource, later._firsts[reason, resource], count)
        for resource, counts in later._unread.items():
            for name, count in counts.items():
                self.unread(resource, [name], count)

    def findings(self) -> Iterator[Finding]:
        """Yield everything said about the file."""
        yield from self.whole
        for (code, element), spots in self._spots.items():
            total = {self.file: self._totals[code, element]}
            yield from listing(spots, total, element, code, "error", UNREADABLE[code])
        for (reason, resource), count in self._counts.items():
            severity, sentence = LEFT_OUT[reason]
            first = self._firsts[reason, resource]
            yield Finding(self.file, first, "", reason, severity, sentence(resource, count))
        for resource, names in self._unread.items():
            yield Finding(self.file, None, "", "elements_unread", "info", _unread_sentence(resource, names))


def _unread_sentence(resource: str, names: Mapping[str, int]) -> Message:
    shown = [f"{name} ({count})" for name, count in sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))]
    more = [_OTHERS] if len(shown) > _SHOWN_ELEMENTS else []
    return Message(
        "{resource}: dessa element används inte och lästes inte: {elements}.",
        resource=resource,
        elements=", ".join(shown[:_SHOWN_ELEMENTS] + more),
    )
