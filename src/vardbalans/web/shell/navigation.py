"""The pages by name, in the order of the frame's menu: Socialstyrelsen's words first, then the rest.

A page belongs to the one whose *views* hold its view's name or the beginning of it. Another part of the program adds
its page here; nothing else has to know of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_somewhere

__all__ = ["PAGES", "Page", "page_of", "pages_for"]


@dataclass(frozen=True)
class Page:
    """One kind of page.

    *at* is the view of the reader's whole scope, *at_unit* that of one unit (empty: it has none). *is_first*: it stands
    before the others. *has_figures*: its figures are those of the newest run, and say how fresh they are. *has_period*:
    it shows the weeks that the address asks for; *shows_run*: it shows all weeks of the run, whatever is asked for.
    The frame names no period on another page, only carries it along. *asks*: who sees it in the menu (None: everyone
    logged in).
    """

    key: str
    name: str | Promise
    at: str
    at_unit: str
    views: tuple[str, ...]
    is_first: bool = False
    has_figures: bool = True
    has_period: bool = False
    shows_run: bool = False
    asks: Permission | None = None

    def address(self, unit_id: str = "", period: dict[str, str] | None = None) -> str:
        """Return where it is, for *unit_id* where it has a page for each unit, in *period*."""
        path = reverse(self.at_unit, args=[unit_id]) if unit_id and self.at_unit else reverse(self.at)
        return f"{path}?{urlencode(period)}" if period else path


PAGES = (
    Page(
        "need",
        _("Behov"),
        "insight:need",
        "insight:need_unit",
        ("insight:need", "insight:flow", "intake:adjust"),
        is_first=True,
        shows_run=True,
    ),
    Page(
        "capacity",
        _("Kapacitet"),
        "insight:capacity",
        "insight:capacity_unit",
        ("insight:capacity",),
        is_first=True,
        has_period=True,
    ),
    Page("balance", _("Balans"), "insight:balances", "insight:balance", ("insight:balance",), True, has_period=True),
    Page("plan", _("Plan"), "planning:plans", "planning:plans_unit", ("planning:",), True),
    Page("follow_up", _("Uppföljning"), "following:start", "following:unit", ("following:",), True),
    Page("now", _("Att göra"), "rhythm:now", "rhythm:now_unit", ("rhythm:",), has_figures=False),
    Page(
        "overview",
        _("Översikt"),
        "insight:overview",
        "insight:unit",
        ("insight:overview", "insight:unit"),
        has_period=True,
    ),
    Page("waits", _("Väntelista"), "insight:waits", "insight:waits_unit", ("insight:waits",), shows_run=True),
    Page("measures", _("Åtgärder"), "improving:measures", "improving:measures_unit", ("improving:",)),
    Page("beds", _("Vårdplatser"), "insight:beds", "insight:beds_unit", ("insight:beds",)),
    Page("cost", _("Ekonomi"), "insight:cost", "insight:cost_unit", ("insight:cost", "costing:"), has_figures=False),
    Page("data", _("Data"), "intake:data", "", ("intake:",), has_figures=False),
    Page(
        "administration",
        _("Administration"),
        "administering:people",
        "",
        ("administering:", "api:"),
        has_figures=False,
        asks=Permission.ROLES_MANAGE,
    ),
)


def page_of(view: str) -> Page | None:
    """Return the page that the view called *view* belongs to, the one that names most of it; None for none."""
    found = [(len(start), page) for page in PAGES for start in page.views if view.startswith(start)]
    return max(found, key=lambda each: each[0])[1] if found else None


def pages_for(user: User | AnonymousUser, pages: Iterable[Page] = PAGES) -> tuple[Page, ...]:
    """Return those of *pages* that *user* sees in the menu."""
    return tuple(page for page in pages if page.asks is None or holds_somewhere(user, page.asks))
