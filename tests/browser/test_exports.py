"""Export = screen, row for row: every list that a page shows, as csv, as a workbook and from the interface."""

import csv
import io
import json
import urllib.request
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pytest
from openpyxl import load_workbook

from tests.browser.windows import Site
from vardbalans.web import numbers
from vardbalans.web.exports.lists import LISTS

pytestmark = pytest.mark.browser
Shown = Callable[[Any], str]


def number(decimals: int = 0, **more: Any) -> Shown:
    return lambda value: numbers.number(value, decimals, **more)


def percent(decimals: int = 0, **more: Any) -> Shown:
    return lambda value: numbers.percent(value, decimals, **more)


def text(value: Any) -> str:
    return numbers.MISSING if value is None else str(value)


def empty(value: Any) -> str:
    return "" if value is None else str(value)


class Case(NamedTuple):
    """A list, the page that shows it, the mark of its table there, and per key where it stands and how it is shown.

    The mark is given of each part, between ``|``, where the page shows the list in several tables.
    """

    name: str
    page: str
    mark: str
    shown: dict[str, tuple[int, Shown]]
    asked: str = ""


CASES = (
    Case(
        "need",
        "/units/{unit}/need/?sort=-total",
        'aria-labelledby="needs-title"',
        {
            "service": (0, text),
            "last_year": (2, number()),
            "expected": (3, number()),
            "change": (5, percent(sign=True)),
            "growth": (6, percent(1, sign=True)),
        },
        "sort=-total",
    ),
    Case(
        "waits",
        "/units/{unit}/waits/?sort=-queue",
        'aria-labelledby="waits-title"',
        {
            "service": (0, text),
            "queue": (2, number()),
            "change": (3, percent(sign=True)),
            "guarantee": (4, text),
            "waiting_within": (5, percent()),
            "waiting_median": (7, number()),
            "treated_within": (9, percent()),
            "treated_p90": (12, number()),
        },
        "sort=-queue",
    ),
    Case(
        "beds",
        "/units/{unit}/beds/?hour=7",
        'id="census-table"',
        {"unit": (0, text), "occupied": (1, number()), "available": (2, number()), "occupancy": (5, percent())},
        "hour=7",
    ),
    Case(
        "measures",
        "/units/{unit}/measures/",
        'id="measures-table"',
        {"measure": (0, text), "status": (1, text), "expected": (2, text), "verdict": (4, text), "starts": (6, text)},
    ),
    Case(
        "cost-groups",
        "/units/{unit}/cost/?by=drg",
        'id="group-table"',
        {"group": (0, text), "contacts": (1, number()), "cost": (2, number()), "mean": (3, number())},
        "by=drg",
    ),
    Case(
        "cost-centres",
        "/units/{unit}/cost/",
        'id="centres"',
        {"cost_centre": (0, text), "direct": (1, number()), "received": (2, number()), "unused": (5, number())},
    ),
    Case(
        "cost-pools",
        "/units/{unit}/cost/",
        'id="pools"',
        {"pool": (0, text), "cost": (1, number()), "capacity": (2, number()), "share": (5, percent())},
    ),
    Case(
        "follow-up",
        "/units/{unit}/follow-up/",
        'id="parts-table"',
        {"name": (0, text), "done": (1, number(1)), "done_share": (4, percent(1, sign=True)), "year": (5, number(1))},
    ),
    Case(
        "follow-up-periods",
        "/units/{unit}/follow-up/?period=month",
        'id="year-table"',
        {"period": (0, numbers.week_and_year), "planned": (1, number()), "share": (6, percent(1, sign=True))},
        "period=month",
    ),
    Case(
        "balance",
        "/units/{own}/balance/",
        'aria-labelledby="resource-title"',
        {"week": (0, numbers.week_and_year)},
    ),
    Case(
        "balance-services",
        "/units/{own}/balance/",
        'aria-labelledby="services-title"',
        {
            "service": (0, text),
            "queue": (1, number()),
            "need": (3, number(1)),
            "capacity": (7, number(1)),
            "p_short_hold": (8, percent()),
            "limited_by": (10, empty),
        },
    ),
    Case("balance-map", "/units/{unit}/", 'class="map"', {"short_weeks": (1, number())}),
    Case(
        "short",
        "/units/{unit}/",
        'aria-labelledby="short-title"',
        {"week": (0, numbers.week_and_year), "unit": (1, text), "resource": (2, text), "p_short": (4, percent())},
    ),
    Case(
        "early-warnings",
        "/units/{unit}/",
        'aria-labelledby="warnings-title" tabindex|aria-labelledby="more-warnings"',
        {
            "weeks_left": (0, lambda weeks: f"om {weeks} veck"),
            "what": (1, text),
            "certainty": (3, percent()),
            "limited_by": (4, lambda name: f"Begränsas av: {name}"),
        },
    ),
    Case(
        "goals",
        "/units/{unit}/follow-up/goals/",
        'id="own-table"',
        {"indicator": (0, text), "counted": (2, empty), "status": (4, text)},
    ),
    Case(
        "goal-tree",
        "/units/{unit}/follow-up/goals/",
        'id="tree-table"',
        {"unit": (0, text), "counted": (2, empty), "status": (4, text)},
    ),
    Case(
        "contracts",
        "/units/{unit}/cost/",
        'id="contracts"',
        {"service": (0, text), "agreed": (1, number(1)), "performed": (2, number()), "price": (4, number())},
    ),
    Case("plans", "/plan/units/{unit}/", 'aria-labelledby="plans-title"', {"plan": (0, text), "year": (1, text)}),
    Case(
        "freshness",
        "/data/",
        'aria-labelledby="fresh-title"',
        {"table": (0, text), "state": (1, text), "source": (2, text), "imported": (3, text), "last_event": (4, text)},
    ),
    Case("versions", "/data/", 'aria-labelledby="versions-title"', {"version": (0, text), "by": (3, text)}),
)


class Tables(HTMLParser):
    """Reads the rows of the body of the table after a mark: the text of each cell, what stands under it left out."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_body = self._over = False
        self._under = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if self._under and tag == "span":
            self._under += 1
        elif tag == "span" and {"under", "visually-hidden"} & set(kind.split()):
            self._under = 1
        elif tag == "tbody":
            self._in_body = not self._over
        elif tag == "tr" and self._in_body:
            self.rows.append([])
        elif tag in ("td", "th") and self._in_body:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if self._under and tag == "span":
            self._under -= 1
        self._in_body = self._in_body and tag != "tbody"
        self._over = self._over or tag == "table"

    def handle_data(self, data: str) -> None:
        if self._in_body and not self._under and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def rows_on(page: str, table: str) -> list[list[str]]:
    if table not in page:  # a list without rows is told of in a sentence
        return []
    reader = Tables()
    reader.feed(page[page.index(table) - 200 if table.startswith(("id", "class")) else page.index(table) :])
    return [[cell.strip() for cell in row] for row in reader.rows]


def require_same(fetch: Callable[[str], bytes], case: Case, unit: str, own: str) -> int:
    """Hold the case's page against its csv, its workbook and the interface; return how many rows they have."""
    page = fetch(case.page.format(unit=unit, own=own)).decode()
    query = f"?unit={own if '{own}' in case.page else unit}" + (f"&{case.asked}" if case.asked else "")
    shown = [row for mark in case.mark.split("|") for row in rows_on(page, mark) if len(row) > 1]
    told = json.loads(fetch(f"/api/v1/{case.name}{query}"))
    assert len(told["rows"]) == len(shown), case.name
    for row, cells in zip(told["rows"], shown, strict=True):
        for key, (place, show) in case.shown.items():
            assert cells[place].strip("▲▼ ").startswith(show(row[key])), (case.name, key, row[key], cells)

    content = fetch(f"/export/{case.name}.csv{query}")
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert lines[0] == [column["heading"] for column in told["columns"]]
    keys = [column["key"] for column in told["columns"]]
    assert len(lines) - 1 == len(shown)
    for line, row in zip(lines[1:], told["rows"], strict=True):
        assert [plain(cell) for cell in line] == [plain(row[key]) for key in keys]

    sheet = load_workbook(io.BytesIO(fetch(f"/export/{case.name}.xlsx{query}"))).active
    assert sheet is not None
    cells = list(sheet.iter_rows(min_row=2, values_only=True))
    for cell_row, row in zip(cells, told["rows"], strict=True):
        for value, key in zip(cell_row, keys, strict=True):
            if isinstance(row[key], int | float):
                assert value == pytest.approx(row[key])
            else:
                assert plain(value)[:10] == plain(row[key])[:10]
    return len(shown)


def plain(value: Any) -> str:
    """Return a value as text that is the same whichever file it stands in."""
    found = "" if value is None else str(value)
    try:
        return f"{float(found.replace(',', '.')):.6g}"
    except ValueError:
        return found.lstrip("'")


def test_every_list_is_held_against_its_page() -> None:
    assert {case.name for case in CASES} == set(LISTS)


def test_a_list_is_the_same_on_the_page_in_both_files_and_in_the_interface(
    site: Site, signed_in: dict[str, Any]
) -> None:
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in signed_in["cookies"])

    def fetch(path: str) -> bytes:
        asked = urllib.request.Request(f"{site.base}{path}", headers={"Cookie": cookies})  # noqa: S310 - our own
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - our own address
            return bytes(answer.read())

    units = json.loads(fetch("/api/v1/units"))
    top = units[0]["unit_id"]
    shown = [row["unit_id"] for row in json.loads(fetch("/api/v1/balance-map"))["rows"]]
    own = next(unit for unit in shown if json.loads(fetch(f"/api/v1/balance-services?unit={unit}"))["rows"])
    counts = {case.name: require_same(fetch, case, top, own) for case in CASES}
    assert {name for name, count in counts.items() if not count} <= {"plans", "freshness"}
