"""Every figure in the tables of Behov, Väntelista, Balans, Kapacitet and Plan leads to why, or says why it does not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web import fakes
from tests.web.test_need import EVENTS, TESTED, YEARS
from tests.web.test_planning import WEEKS
from vardbalans.data.results.need_reasons import NEED_FIGURES
from vardbalans.data.results.service_reasons import SERVICE_FIGURES
from vardbalans.engine.orders import Answer, Order
from vardbalans.web.insight import addresses, subjects
from vardbalans.web.insight.selectors import Reader
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Role
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning import actions, agreement, orders
from vardbalans.web.planning.actions import Key, Wanted
from vardbalans.web.planning.models import StepKind

pytestmark = pytest.mark.django_db
SERVICE = "?service=s1"
PAGES = (
    "/units/u0/need/",
    f"/units/u0/need/service/{SERVICE}",
    f"/units/u0/need/service/{SERVICE}&period=month",
    "/units/u0/waits/",
    f"/units/u0/waits/service/{SERVICE}&group=priority",
    f"/units/u0/waits/service/{SERVICE}&group=sex",
    "/units/u0/balance/",
    "/units/k0/capacity/",
    f"/units/u0/capacity/{SERVICE}&pool=u0-r0&pool=u0-r1",
    "plan",
    "plan/balance/?resource=u0-r0",
)
"""The pages; those of the plan are below its own address."""
EXEMPT = {
    ("test-table", 0): "which earlier forecast the row is of: a number, no figure",
    ("test-table", 1): "an earlier forecast, made anew by the method told above; its outcome leads to its rows",
    ("test-table", 2): "the interval of that forecast",
    ("test-table", 5): "the outcome of the year before, which has a row of its own or is older than what is kept",
    ("groups-table", None): "nobody in the group: nothing to explain",
    ("identity", 0): "the sum of the periods, each of which leads to its own account",
    ("map", 0): "how many of the row's weeks are short: each week stands beside it and leads to its own reasons",
    ("plan-grid", None): "typed by a planner, or computed anew as one types: the row's name leads to each week",
    ("", 0): "the number that an event has in the chart",
}
"""(table, place of the cell; None: any) → why a figure there leads nowhere."""
FIGURE = re.compile(r"^[▲▼● ]*[+−]?\d(?!\d{3}-\d\d-\d\d)")


@dataclass
class Cell:
    """A cell of data: its table, its place in the row, its text and the addresses in it."""

    table: str
    place: int
    text: str = ""
    links: list[str] = field(default_factory=list)


class Tables(HTMLParser):
    """The cells of data of a page's tables, each told by its table's id, else its region's, class or section."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[Cell] = []
        self._names: list[str] = []
        self._section, self._place, self._open = "", 0, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "section":
            self._section = given.get("id", "")
        elif tag == "table":
            kind = next((name for name in ("identity", "map") if name in given.get("class", "").split()), "")
            self._names.append(given.get("id") or kind or self._section)
        elif tag == "tr":
            self._place = 0
        elif tag == "td":
            self.cells.append(Cell(self._names[-1], self._place))
            self._place, self._open = self._place + 1, True
        elif tag == "a" and self._open:
            self.cells[-1].links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._names.pop()
        elif tag == "td":
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.cells[-1].text += data


def cells_of(response) -> list[Cell]:
    page = Tables()
    page.feed(response.content.decode())
    return page.cells


def unexplained(cells: list[Cell]) -> Iterator[str]:
    """Yield the figures that lead nowhere and are not exempt."""
    for cell in cells:
        text = cell.text.strip()
        exempt = {(cell.table, cell.place), (cell.table, None)} & EXEMPT.keys()
        if FIGURE.match(text) and not cell.links and not exempt:
            yield f"{cell.table}[{cell.place}]: {text}"


@pytest.fixture
def pages(log_in, region, monkeypatch):
    """Return a function that fetches one of :data:`PAGES`, where everything there is to tell is told."""
    _lake, results = region
    run = results.run
    last = fakes.LAST_WEEK
    past = [{"period": str(last.next(n - 103)), "value": 19.0} for n in range(104)]
    told = fakes.need_row("u0")
    years = YEARS | {"adjustments": 1, "rows": [row | {"adjusted": 2.0} for row in YEARS["rows"]]}
    told["weeks"]["past"] = past
    run.told[0] = told | {"years": years, "backtest": TESTED, "annotated": EVENTS}
    site = {"unit_id": "u1", "n": 40}
    run.listed[0] = fakes.list_row("u0", sites=[site], history=fakes.list_row("u0")["history"])
    results.run.lists[0]["identity"] = run.listed[0]["history"]
    order = Order(
        "u0",
        "s1",
        2027,
        900.0,
        (Answer(datetime(2026, 11, 2, tzinfo=UTC), "countered", "Chef", 800.0, "Brist på rum"),),
    )
    monkeypatch.setattr(fakes.FakeLake, "head", lambda _lake: fakes.Head(tables={"orders": None}))
    monkeypatch.setattr(orders, "orders_of_year", lambda _year: {"s1": (order,)})
    monkeypatch.setattr(subjects, "orders_of", lambda *_asked: {("u0", "s1", 2027): order})
    client = log_in((Role.PLANNER, "region"))
    plans: list[str] = []

    def fetch(page: str):
        if not page.startswith("plan"):
            return client.get(page)
        if not plans:
            anna = User.objects.get(username="anna")
            version = agreement.plan_make(unit_id="u0", year=2027, name="Plan", by=anna)
            wanted = {Key("s1", week): Wanted(Decimal(12)) for week in WEEKS[:40]}
            actions.cells_set(version=version, cells=wanted, kind=StepKind.TYPED, base=0, by=anna)
            plans.append(f"/plan/{version.pk}/")
        return client.get(plans[0] + page.removeprefix("plan").lstrip("/"))

    fetch.client = client
    return fetch


def test_every_figure_leads_to_why(pages) -> None:
    kinds: dict[tuple[str, ...], str] = {}
    bare = set()
    for page in PAGES:
        response = pages(page)
        assert response.status_code == 200, page
        cells = cells_of(response)
        figures = [cell for cell in cells if FIGURE.match(cell.text.strip())]
        assert len(figures) >= 5, f"{page} tells something"
        assert sorted(set(unexplained(cells))) == [], page
        bare |= {(cell.table, place) for cell in figures if not cell.links for place in (cell.place, None)}
        addresses = {address for cell in cells for address in cell.links}
        for address in sorted(each for each in addresses if "/why/" in each or "&week=" in each):
            kinds.setdefault(kind_of(address), address)
    assert not EXEMPT.keys() - bare, "no exemption is without use"
    assert len(kinds) > 30
    for address in kinds.values():
        shown = pages.client.get(address)
        assert shown.status_code == 200, address
        assert "Varför denna siffra?" in shown.content.decode()


def kind_of(address: str) -> tuple[str, ...]:
    """Return what an address asks for: one figure stands for all of its kind."""
    asked = parse_qs(urlsplit(address).query)
    return (*asked.get("figure", []), *asked.get("way", []), *asked.get("dimension", []), *sorted(asked))


def test_a_figure_without_a_link_is_found() -> None:
    page = (
        '<section id="s"><table id="t"><tr><td>12</td><td><a href="/why/">3</a></td><td>–</td></tr></table></section>'
    )
    found = Tables()
    found.feed(page)
    assert list(unexplained(found.cells)) == ["t[0]: 12"]


GROUP = {"service": "s1", "week": str(fakes.LAST_WEEK), "figure": "waiting", "dimension": "priority"}


def test_a_group_is_explained_and_a_hidden_one_is_not(log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    shown = client.get("/units/u0/why/", GROUP | {"group": "2"}).content.decode()
    assert "Nybesök, u0 · 2" in shown
    assert "Väntande: alla, med alla väntedagar." in shown
    rows = GROUP | {"group": "2", "step": "terms-0"}
    assert 'name="purpose"' not in client.get("/units/u0/why/rows/", rows).content.decode()
    analyst = log_in((Role.ANALYST, "u0"), username="analyst")
    assert 'name="purpose"' in analyst.get("/units/u0/why/rows/", rows).content.decode()
    for wrong in (
        {"group": "1"},
        {"group": "7"},
        {"way": "no"},
        {"dimension": "no"},
        {"dimension": "days", "group": "31"},
    ):
        assert client.get("/units/u0/why/", GROUP | {"group": "2"} | wrong).status_code == 404, wrong
    hidden = GROUP | {"dimension": "all", "way": "excluded"}
    assert client.get("/units/u0/why/", hidden).status_code == 404, "a way that is hidden has no reasons either"


def test_what_is_not_there_or_foreign_is_404(log_in, region) -> None:
    client = log_in((Role.READER, "u0"))
    for figure in (*NEED_FIGURES, *SERVICE_FIGURES, "queue_change", "capacity_unit", "capacity_norm", "ordered"):
        asked = {"service": "s1", "resource": "u0-r0", "kind": "staff", "figure": figure}
        is_not_there(client, asked)


def is_not_there(client, asked: dict[str, str]) -> None:
    weeks = f"{fakes.WEEKS[0]}..{fakes.WEEKS[-1]}"
    for more in ({"week": "1999"}, {"week": weeks, "service": "x", "resource": "x", "kind": "x"}):
        assert client.get("/units/u0/why/", asked | more).status_code == 404, asked | more
    assert client.get("/units/u7/why/", asked | {"week": weeks}).status_code == 404, asked


def test_a_figure_of_a_foreign_unit_is_named_without_a_link(log_in, region) -> None:
    lead = addresses.leads("u0", Reader(current_tree(), frozenset({"u0"})))
    assert lead({"figure": "balance", "resource": "u7-r0", "unit": "u7"}) == ""
    assert lead({"figure": "queue", "service": "s1"}).startswith("/units/u0/why/?figure=queue")
