"""The weekly review of a list: who can be offered the next free slots, in recorded order, and what each choice does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.data.quality.rules import ON_LIST, RULES
from vardbalans.data.waits_review import review_of
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web import clock, store
from vardbalans.web.people.selectors import OutOfScope
from vardbalans.web.translate import kept, said

__all__ = ["AskedReview", "Review", "asked_review", "review"]

Row = Mapping[str, Any]
ROWS_SHOWN = 200
SLOTS = 10
MOST_SLOTS = 100
_SENTENCES = {name: RULES[table, name].message for table, name in ON_LIST}


@dataclass(frozen=True)
class AskedReview:
    """What is reviewed, as the address says it: the *count* next free slots, or those on *days*.

    *problem* says what in it cannot be read.
    """

    service: str
    count: int
    days: tuple[date, ...]
    text: str
    problem: str

    @property
    def address(self) -> dict[str, str]:
        """Return what names the review in an address."""
        found = {"service": self.service, "count": "" if self.count == SLOTS else str(self.count), "days": self.text}
        return {name: value for name, value in found.items() if value}


class Offer(NamedTuple):
    """One who waits: the stored row, what choosing this one does to the guarantee, and what is doubted, in words."""

    row: Row
    does: str
    doubts: tuple[str, ...]


class Outcome(NamedTuple):
    """Who is left on the day of the last slot after a way of giving the slots, or none."""

    key: str
    name: str
    effect: Row


@dataclass(frozen=True)
class Review:
    """The review as the page shows it. *total* is how many wait, of whom *offers* are the first."""

    slots: tuple[str, ...]
    offers: tuple[Offer, ...]
    total: int
    outcomes: tuple[Outcome, ...]
    version: int

    @property
    def conclusion(self) -> str:
        """Return what the recorded order does, in a sentence."""
        past = {outcome.key: outcome.effect["past"] for outcome in self.outcomes}
        told = ngettext(
            "Med {count} tid i registrerad ordning är {past} efter gränsen den {day}; utan någon tid {none}.",
            "Med {count} tider i registrerad ordning är {past} efter gränsen den {day}; utan någon tid {none}.",
            len(self.slots),
        ).format(count=len(self.slots), past=past["in_order"], day=self.slots[-1], none=past["none"])
        if past["by_limit"] < past["in_order"]:
            told += " " + _("I gränsernas ordning vore de {past}; det är en jämförelse, inget förslag.").format(
                past=past["by_limit"]
            )
        return told


def asked_review(query: Mapping[str, str]) -> AskedReview:
    """Return the review that *query* asks for: ``service``, and ``count`` or ``days`` (dates divided by spaces)."""
    text = " ".join(query.get("days", "").replace(",", " ").split())[:1200]
    days, problem = [], ""
    for word in text.split():
        try:
            days.append(date.fromisoformat(word))
        except ValueError:
            problem = problem or _("{word} är ingen dag. Skriv dagar som 2027-02-09, med mellanslag emellan.").format(
                word=word
            )
    if len(days) > MOST_SLOTS:
        problem = _("Skriv högst {count} dagar.").format(count=MOST_SLOTS)
    given = query.get("count", "")
    count = min(max(int(given), 1), MOST_SLOTS) if given.isdecimal() and len(given) < 4 else SLOTS
    return AskedReview(query.get("service", ""), count, tuple(days), text, problem)


def review(asked: AskedReview, unit_id: str) -> Review | Message:
    """Return the review of the newest data today, or the sentence that says why there is none.

    Raises OutOfScope where the newest data have given the service to another unit than *unit_id*.
    """
    lake = store.lake()
    try:
        found = review_of(
            lake, lake.required_head(), asked.service, today=clock.today(), slots=asked.days, count=asked.count
        )
    except BadInput as error:
        return error.message
    if found["unit_id"] != unit_id:
        raise OutOfScope(asked.service)
    names = {
        "none": _("Ingen får en tid"),
        "in_order": _("I registrerad ordning"),
        "by_limit": _("I gränsernas ordning, som jämförelse"),
    }
    none = found["effects"]["none"]
    return Review(
        slots=tuple(found["slots"]),
        offers=tuple(
            Offer(row, _does(row, none), tuple(said(kept(_SENTENCES[name])) for name in row["doubts"]))
            for row in found["rows"][:ROWS_SHOWN]
        ),
        total=len(found["rows"]),
        outcomes=tuple(Outcome(key, name, found["effects"][key]) for key, name in names.items()),
        version=found["version"],
    )


def _does(row: Row, none: Row) -> str:
    """Return what giving one person a slot does to the guarantee, against giving nobody one."""
    chosen = row["if_chosen"]
    if row["in_stop"]:
        return _("Är i uppehåll och kan inte erbjudas tiden")
    if chosen["passing"] < none["passing"]:
        return _("Hinner före gränsen: en färre som passerar den")
    if chosen["past"] < none["past"]:
        return _("En färre efter gränsen")
    if chosen["within"] < none["within"]:
        return _("Skulle vara inom gränsen ändå")
    return _("Har ingen gräns")
