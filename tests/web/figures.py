"""The figures of a page's tables, read as a reader would: each leads to its reasons, or is named here with why not."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

from django.test import Client

_FIGURE = re.compile(r"[+−▲▼± ]*\d")
_SHARE = re.compile(r"[+−]?\d+(,\d+)?\s%")
EXEMPT_COLUMNS = {
    "50 % intervall": "the spread of the figure beside it",
    "80 % intervall": "the spread of the figure beside it, whose reasons tell its ends",
    "90 % intervall": "the spread of the figure beside it, whose reasons tell its ends",
    "95 % intervall": "the spread of the figure beside it, whose reasons tell its ends",
    "Signaler efter starten": "the signals of the control chart above it, month by month",
    "Veckor": "how many weeks a resource is short: its name leads to the balance of each",
    "Troligt, 95 %": "what an earlier forecast held for likely: it is compared with, never added",
}
EXEMPT_TABLES = {
    "held-table": "how earlier forecasts held: the method's record over all wards",
    "pattern-table": "what the model takes of all wards together",
    "controls-title": "checks on the run, each told in words beside it",
    "unmatched-title": "rows that belong to no contact, told by kind and unit: the kind is what they come from",
    "chart-title": "what the control chart of a measure draws month by month; its effect is explained",
    "kinds": "counts by kind within the outliers, which are explained",
    "spread-title": "how many units an effect is shown in; each unit's is on the measure's page",
}
"""A cell that begins as a number: a name, a date in words or a dash does not."""


class Cell(NamedTuple):
    """A cell with a figure: the table's id, or the heading it is labelled by, its column, its text and its links."""

    table: str
    column: str
    text: str
    links: tuple[str, ...]


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Cell] = []
        self._label, self._table, self._heads, self._place = "", "", [], 0
        self._open, self._text, self._links, self._numeric, self._in_head = "", "", [], False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "div" and "aria-labelledby" in held:
            self._label = held["aria-labelledby"]
        elif tag == "table":
            self._table, self._heads = held.get("id") or self._label, []
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._place = 0
        elif tag in ("td", "th"):
            self._open, self._text, self._links = tag, "", []
            self._numeric = "n" in held.get("class", "").split()
        elif tag == "a" and self._open:
            self._links.append(held.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "thead":
            self._in_head = False
        elif tag in ("td", "th") and self._open:
            text = " ".join(self._text.split())
            if self._in_head:
                self._heads.append(text)
            elif tag == "td" and _FIGURE.match(text) and (self._numeric or _SHARE.match(text)):
                column = self._heads[self._place] if self._place < len(self._heads) else ""
                self.found.append(Cell(self._table, column, text, tuple(self._links)))
            self._place, self._open = self._place + 1, ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self._text += data


def figures_of(page: str) -> list[Cell]:
    """Return every cell of the page's tables that holds a figure."""
    tables = _Tables()
    tables.feed(page)
    return tables.found


def assert_explained(client: Client, address: str, *, followed: int = 25) -> None:
    """Fail for a figure of the page that leads nowhere without being exempt, and for reasons that do not sum to it.

    Of the links, *followed* are opened, spread over the page.
    """
    response = client.get(address)
    assert response.status_code == 200, address
    figures = figures_of(response.content.decode())
    assert figures, f"{address} has no figures"
    bare = {
        (figure.table, figure.column, figure.text) for figure in figures if not figure.links and not _is_exempt(figure)
    }
    assert not bare, f"{address}: figures without reasons {sorted(bare)}"
    links = list(dict.fromkeys(link for figure in figures for link in figure.links if "/why/" in link))
    for link in links[:: max(1, len(links) // followed)]:
        page = client.get(link)
        assert page.status_code == 200, link
        assert abs(remainder_of(page.content.decode())) < 0.06, link


def _is_exempt(figure: Cell) -> bool:
    return re.sub(r"-\d+", "", figure.table) in EXEMPT_TABLES or figure.column in EXEMPT_COLUMNS


def remainder_of(page: str) -> float:
    """Return what a page of reasons says that the terms leave of the figure."""
    row = re.search(r'<tr class="rest">.*?</tr>', page, re.DOTALL)
    assert row, "the page has no terms"
    said = re.sub(r"<[^>]+>", " ", row[0]).split("inte förklarar")[1]
    return float(re.sub(r"\s", "", unescape(said)).replace(",", ".").replace("−", "-"))
