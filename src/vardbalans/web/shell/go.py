"""Where one can go: pages, units and services that a person may see, by the words they type."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.web.insight import selectors
from vardbalans.web.insight.period import chosen
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.models import User
from vardbalans.web.people.units import by_name
from vardbalans.web.shell.navigation import PAGES, pages_for

__all__ = ["KINDS", "MOST", "Group", "Place", "places"]

KINDS = ("pages", "units", "services")
MOST = 200
"""Places of one kind that are listed at once; a word more finds the rest."""


class Place(NamedTuple):
    """One place: its name, where it lies, and its address."""

    name: str
    hint: str
    address: str


class Group(NamedTuple):
    """The places of one kind that were found: *places* are the first of *total*."""

    kind: str
    name: str
    total: int
    places: tuple[Place, ...]


def places(user: User | AnonymousUser, asked: Mapping[str, str], most: int = MOST) -> tuple[Group, ...]:
    """Return what *user* may go to, by kind; a kind of which nothing was found is left out.

    *asked*: ``q`` words of the name or of where it lies, ``kind`` one kind alone, ``page`` and ``unit`` where one comes
    from, and the period; the links keep those that they can.
    """
    words = asked.get("q", "")[:100].casefold().split()
    reader = selectors.reader(user)
    finders = {"pages": _pages, "units": _units, "services": _services}
    names = {"pages": _("Sidor"), "units": _("Enheter"), "services": _("Vårdtjänster")}
    groups = []
    for kind in KINDS:
        if asked.get("kind") in KINDS and asked["kind"] != kind:
            continue
        found = [place for place in finders[kind](user, reader, asked) if _matches(place, words)]
        # What begins with the words stands before what only holds them.
        found.sort(key=lambda place: not place.name.casefold().startswith(" ".join(words)))
        if found:
            groups.append(Group(kind, names[kind], len(found), tuple(found[:most])))
    return tuple(groups)


def _matches(place: Place, words: list[str]) -> bool:
    text = f"{place.name} {place.hint}".casefold()
    return all(word in text for word in words)


def _pages(user: User | AnonymousUser, reader: selectors.Reader, asked: Mapping[str, str]) -> Iterator[Place]:
    unit_id = asked.get("unit", "") if asked.get("unit") in reader.scope else ""
    hint = reader.tree.units[unit_id].name if unit_id else ""
    for page in pages_for(user):
        yield Place(str(page.name), hint if page.at_unit else "", page.address(unit_id, chosen(asked).asked))


def _units(_user: User | AnonymousUser, reader: selectors.Reader, asked: Mapping[str, str]) -> Iterator[Place]:
    from_page = next((page for page in PAGES if page.key == asked.get("page") and page.at_unit), None)
    page = from_page or next(page for page in PAGES if page.key == "overview")
    period = chosen(asked).asked
    for unit in sorted((reader.tree.units[key] for key in reader.scope), key=by_name):
        above = " › ".join(each.name for each in reader.path(unit.unit_id)[:-1])
        yield Place(unit.name, above, page.address(unit.unit_id, period))


def _services(_user: User | AnonymousUser, reader: selectors.Reader, asked: Mapping[str, str]) -> Iterator[Place]:
    run = selectors.latest_run()
    if run is None or not run.tells_need:
        return
    listed = asked.get("page") == "waits" and run.tells_waits
    rows = run.waiting_lists(reader.scope) if listed else run.needs(reader.scope)
    view = "insight:waits_service" if listed else "insight:need_service"
    for row in sorted(rows, key=lambda row: swedish_order(row["service_name"])):
        unit = reader.tree.units[row["unit_id"]]
        address = f"{reverse(view, args=[row['unit_id']])}?{urlencode({'service': row['service_id']})}"
        yield Place(row["service_name"], unit.name, address)
