"""The frame around a page: where one is, in which unit and period, how fresh the figures are, and where one can go."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.web import numbers
from vardbalans.web.insight import selectors
from vardbalans.web.insight.period import FROM, TO, chosen
from vardbalans.web.people.units import Unit
from vardbalans.web.shell.navigation import PAGES, Page, page_of, pages_for

__all__ = ["Branch", "Frame", "Link"]

SPANS = (4, 13, 26)
"""Weeks from now that can be looked at by one click."""
_EXPLAINING = ("insight:why", "insight:rows", "insight:patient_rows")
_OVERVIEW = next(page for page in PAGES if page.key == "overview")


class Link(NamedTuple):
    """One entry of a menu."""

    name: str
    address: str
    current: bool


class Branch(NamedTuple):
    """One unit of the tree shown: how deep it lies, and the page of the same kind for it."""

    unit: Unit
    depth: int
    address: str
    current: bool


class Frame:
    """What the frame of *request*'s page shows; each part is found when it is asked for."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.period = chosen(request.GET)

    @cached_property
    def page(self) -> Page | None:
        """Return which page it is; None for one that is in no menu."""
        match = self._request.resolver_match
        return page_of(match.view_name) if match else None

    @cached_property
    def _reader(self) -> selectors.Reader:
        return selectors.reader(self._request.user)

    @cached_property
    def _run(self) -> selectors.Run | None:
        return selectors.latest_run()

    @cached_property
    def unit_id(self) -> str:
        """Return the unit that the page is about: that of the address, or what the view has put on the request.

        Empty for the reader's whole scope, and for a unit outside it.
        """
        match = self._request.resolver_match
        asked = getattr(self._request, "unit_id", None) or (match.kwargs.get("unit_id") if match else None)
        return asked if asked in self._reader.scope else ""

    @cached_property
    def unit_name(self) -> str:
        """Return the name of what is looked at."""
        roots = self._reader.roots
        if self.unit_id:
            return self._reader.tree.units[self.unit_id].name
        return roots[0].name if len(roots) == 1 else _("Alla enheter")

    @property
    def first(self) -> tuple[Link, ...]:
        """Return the pages that stand first in the menu."""
        return tuple(self._link(page) for page in self._pages if page.is_first)

    @property
    def more(self) -> tuple[Link, ...]:
        """Return the other pages of the menu."""
        return tuple(self._link(page) for page in self._pages if not page.is_first)

    @cached_property
    def _pages(self) -> tuple[Page, ...]:
        return pages_for(self._request.user)

    def _link(self, page: Page) -> Link:
        return Link(str(page.name), page.address(self.unit_id, self.period.asked), page == self.page)

    def address_of(self, unit_id: str) -> str:
        """Return the page of this kind for *unit_id*, its overview where there is none of this kind, in the period."""
        page = self.page if self.page and self.page.at_unit else _OVERVIEW
        return page.address(unit_id, self.period.asked)

    @property
    def tree(self) -> tuple[Branch, ...]:
        """Return the units near the one looked at: those above it, beside them, and below it."""
        roots = self._reader.roots
        here = self.unit_id or (roots[0].unit_id if len(roots) == 1 else "")
        above = {unit.unit_id for unit in self._reader.path(here)}

        def walk(units: tuple[Unit, ...], depth: int) -> Iterator[Branch]:
            for unit in units:
                yield Branch(unit, depth, self.address_of(unit.unit_id), unit.unit_id == here)
                if unit.unit_id in above:
                    yield from walk(self._reader.tree.children(unit.unit_id), depth + 1)

        return tuple(walk(roots, 0))

    @property
    def whole(self) -> str:
        """Return the page of this kind for all units of a reader with several topmost ones; empty for another."""
        page = self.page if self.page and self.page.at_unit else _OVERVIEW
        return page.address(period=self.period.asked) if len(self._reader.roots) > 1 else ""

    @property
    def go(self) -> str:
        """Return where all pages, units and services are listed; it says where one came from."""
        asked = {"page": self.page.key if self.page else "", "unit": self.unit_id, **self.period.asked}
        kept = {name: value for name, value in asked.items() if value}
        return f"{reverse('shell:go')}?{urlencode(kept)}" if kept else reverse("shell:go")

    @cached_property
    def weeks(self) -> tuple[tuple[str, str], ...]:
        """Return the weeks that can be looked at, as (text of an address, name); none where the page has no period."""
        if self._run is None or self.page is None or not self.page.has_period:
            return ()
        return tuple((week.period, numbers.week_and_year(week.period)) for week in self._run.weeks)

    @cached_property
    def _shown(self) -> tuple[str, str] | None:
        """Return the first and last week shown; None where the page is not about the weeks of the run."""
        if self._run is None or self.page is None or not (self.page.has_period or self.page.shows_run):
            return None
        run = self._run.within(self.period) if self.weeks else self._run
        return run.weeks[0].period, run.weeks[-1].period

    @property
    def first_week(self) -> str:
        """Return the first week shown."""
        return self._shown[0] if self._shown else ""

    @property
    def last_week(self) -> str:
        """Return the last week shown."""
        return self._shown[1] if self._shown else ""

    @property
    def period_name(self) -> str:
        """Return the weeks shown, in words; empty where none are."""
        return "–".join(map(numbers.week_and_year, self._shown)) if self._shown else ""

    @property
    def spans(self) -> tuple[Link, ...]:
        """Return the periods of one click: all weeks, and those from now."""
        if self._run is None or not self.weeks:
            return ()
        start = min(self._run.first_to_come, len(self.weeks) - 1)
        found = [Link(_("Alla veckor"), self._with({}), not self.period.asked)]
        for count in SPANS:
            last = min(start + count, len(self.weeks)) - 1
            asked = {FROM: self.weeks[start][0], TO: self.weeks[last][0]}
            found.append(
                Link(_("{count} v. framåt").format(count=count), self._with(asked), self.period.asked == asked)
            )
        return tuple(found)

    @property
    def other_fields(self) -> tuple[tuple[str, str], ...]:
        """Return what the address says beside the period, for the form that chooses it."""
        asked = self._request.GET
        return tuple((name, value) for name in asked if name not in {FROM, TO} for value in asked.getlist(name))

    @property
    def period_query(self) -> str:
        """Return what the link to a page that opens at the period ends with."""
        return f"?{urlencode(self.period.asked)}" if self.period.asked else ""

    def _with(self, period: Mapping[str, str]) -> str:
        query = urlencode([*self.other_fields, *period.items()])
        return f"{self._request.path}?{query}" if query else self._request.path

    @property
    def stamp(self) -> Mapping[str, Any] | None:
        """Return the newest run's account of itself, where the page's figures are its; those that explain one too."""
        match = self._request.resolver_match
        explains = match is not None and match.view_name in _EXPLAINING
        has_figures = self.page.has_figures if self.page else explains
        return self._run.meta if self._run and has_figures else None
