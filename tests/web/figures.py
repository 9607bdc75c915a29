"""The figures of a page's tables, read as a reader would: which cell holds one, and whether it leads to its reasons."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

_FIGURE = re.compile(r"[+−▲▼± ]*\d")
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
            self._links.append(unescape(held.get("href", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "thead":
            self._in_head = False
        elif tag in ("td", "th") and self._open:
            text = " ".join(self._text.split())
            if self._in_head:
                self._heads.append(text)
            elif tag == "td" and self._numeric and _FIGURE.match(text):
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
