"""Every page as it looks, kept in a folder that is not in git, and walked through by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Browser, Page

from tests.browser.test_plan import new_plan
from tests.browser.windows import Site, Watched, watched
from tests.web.test_access import SINGLE_SIGN_ON, patterns

pytestmark = pytest.mark.browser
SCREENS = Path(__file__).parents[2] / "var" / "screenshots"
LISTS = {
    "overview": "/",
    "unit": "/units/O-KIR-N/",
    "balance": "/units/O-KIR-N/balance/",
    "need": "/need/",
    "flows": "/units/R/need/flows/",
    "waits": "/waits/",
    "capacity": "/capacity/",
    "now": "/now/",
    "cycle": "/units/R/cycle/",
    "beds": "/beds/",
    "beds-scenario": "/units/R/beds/scenario/",
    "plans": "/plan/",
    "plans-unit": "/plan/units/K-ORT-A/",
    "measures": "/measures/",
    "measures-benefits": "/measures/?view=benefits",
    "measures-gaps": "/measures/?view=gaps",
    "measures-library": "/measures/?view=library",
    "measure": "/units/R/measures/measure/?measure=A1",
    "follow-up": "/units/R/follow-up/",
    "goals": "/units/R/follow-up/goals/",
    "pack": "/units/R/follow-up/pack/",
    "meetings": "/units/R/follow-up/meetings/",
    "cost": "/cost/",
    "data": "/data/",
    "data-new": "/data/new/",
    "profiles": "/data/profiles/",
    "people": "/administration/people/",
    "log": "/administration/log/",
    "checks": "/administration/checks/",
    "parameters": "/administration/parameters/",
    "passphrase": "/people/passphrase/",
    "accessibility": "/accessibility/",
    "person": "/administration/people/1/",
    "parameter": "/administration/parameters/new/",
    "mappings": "/administration/mappings/",
    "integrations": "/api/integrations/",
    "operations": "/api/",
    "account": "/account/",
    "factor": "/account/factor/set-up/",
    "raise": "/account/raise/",
    "letter": "/digest/",
    "go": "/go/",
    "dates": "/units/R/cycle/dates/",
    "certificate": "/cost/why/",
    "help": "/help/",
    "glossary": "/help/glossary/",
    "first-hour": "/help/first-hour/",
    "help-waits": "/help/waits/?answer=1",
}
"""The pages that are reached without a figure, an upload or a plan being chosen first."""
ROW = "#content table tbody th a"
FIRST = {
    "need-service": ("/need/", ROW),
    "waits-service": ("/waits/", ROW),
    "review": ("/waits/", ROW, "a[href*='/waits/review/']"),
    "adjustment": ("/need/", ROW, "a[href*='/adjustments/new/']"),
    "why": ("/units/O-KIR-N/balance/", "td a[href*='figure=required']"),
    "rows": ("/units/O-KIR-N/balance/", "td a[href*='figure=required']", "a[href*='/why/rows/']"),
    "follow-up-service": ("/units/O-KIR-N/follow-up/", "#parts-table th a"),
    "pool": ("/cost/", "a[href*='/cost/why/?']"),
    "cost-rows": ("/cost/", "a[href*='/cost/why/?']", "a[href*='/cost/why/rows/']"),
}
"""Pages that the first such link leads to, from page to page."""
NOT_PAGES = SINGLE_SIGN_ON | {
    # what is written, asked for or fetched; it ends at a page of the others
    "card", "plan", "status", "report", "freeze", "comment", "remake", "workbook", "pdf", "decide", "decision",
    "beds_scenario_run", "capacity_export", "capacity_export_unit", "list", "run", "run_cost", "preview", "store",
    "fix_list", "discard", "judge", "quality_lists", "cells", "changes", "undo", "redo", "resolve", "spread", "check",
    "scenario_open", "scenario_take", "order", "copy", "export", "import_write", "tick", "language", "theme",
    "go_list", "livez", "readyz", "propose_factor", "propose", "remove", "codes", "end", "lower", "role_give",
    "role_end", "new_link", "close", "reset", "end_session", "withdraw", "judge_row", "mapping_end",
    "revoke_integration", "openapi", "cancel", "log_out",
    # what only leads on
    "start",
    "cycle_start",
    # what a single page elsewhere leads to in the middle of something, and is looked at there
    "factor", "link", "adjusted", "sample", "progress", "proposal", "spot_check",
    # rows about patients, which pictures shall not hold
    "waits_review_rows", "patient_rows", "cost_patient_rows",
}  # fmt: skip
STOPS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter((e) => !e.disabled && e.type !== 'hidden' && e.tabIndex >= 0 && e.checkVisibility()).length"""
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
FOCUS = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
    window.walked ??= new Map(); if (!window.walked.has(e)) window.walked.set(e, window.walked.size);
    const drawn = e instanceof SVGElement && getComputedStyle(e.querySelector('rect'));
    const width = drawn ? drawn.strokeWidth : getComputedStyle(e).outlineWidth;
    return [window.walked.get(e), parseFloat(width) >= 2 && (drawn || getComputedStyle(e).outlineStyle !== 'none'),
        e.outerHTML.slice(0, 120)]; }"""


def keep(page: Page, name: str) -> None:
    page.screenshot(path=SCREENS / f"{name}.jpg", full_page=True, type="jpeg", quality=80)


def fits(page: Page, where: str) -> None:
    """Wait for the page to be no wider than the window: a chart is drawn anew a moment after its place has changed."""
    for _look in range(100):
        if page.evaluate(FITS):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{where}: too wide")


@pytest.fixture(scope="module")
def made(browser: Browser, site: Site, signed_in: dict) -> Iterator[dict[str, str]]:
    """The pages of what is made for the pictures: a plan from what is ordered, a meeting and an upload with faults."""
    context = browser.new_context(storage_state=signed_in)
    window = watched(context, site.base)
    page = new_plan(window, "Bild", ordered=True)
    found = {"plan": page.url}
    for name, link in (
        ("plan-row", "tr[data-service] th a"),
        ("plan-balance", "tr[data-resource] th a"),
        ("plan-versions", ".plan-tools a[href$='/versions/']"),
        ("plan-propose", ".plan-tools a[href$='/propose/']"),
        ("plan-import", ".plan-tools a[href$='/import/']"),
        ("plan-scenario", ".plan-tools a[href$='/scenario/']"),
        ("plan-comments", ".plan-tools a[href$='/cell/']"),
    ):
        found[name] = page.locator(link).first.evaluate("link => link.href")
    page = window.open("/units/K-OGO-A/follow-up/meetings/")
    page.get_by_role("button", name="Spara mötet").click()
    page.wait_for_url("**/meetings/*/")
    found["meeting"] = page.url
    page = window.open("/data/new/")
    faulty = b"rule_id;kind;name;value;unit;valid_from;source\nx1;k\xc3\xa4rlek;Fel;90;dagar;2026-13-01;Lag\n"
    page.locator("input[type=file]").set_input_files(
        [{"name": "rules_99.csv", "mimeType": "text/csv", "buffer": faulty}]
    )
    page.locator("form.card button.primary").click()
    page.get_by_role("heading", level=1, name="Förhandsgranskning").wait_for(timeout=60_000)
    found["delivery"] = page.url
    yield {name: address.removeprefix(site.base) for name, address in found.items()}
    context.close()


def pictured(window: Watched, path: str, links: tuple[str, ...]) -> Page:
    page = window.open(path)
    for link in links:
        window.open(page.locator(link).first.evaluate("link => link.href").removeprefix(window.base))
    return page


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_is_pictured_wide_and_narrow(language, opened, made, browser, site) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    windows = {width: opened(width, language=language) for width in (360, 1280)}
    seen = set()
    ways = {name: (path,) for name, path in (LISTS | made).items()} | FIRST
    for name, (path, *links) in ways.items():
        for width, window in windows.items():
            page = pictured(window, path, tuple(links))
            fits(page, f"{name} at {width}")
            keep(page, f"{name}-{language}-{width}")
        seen.add(resolve(urlsplit(page.url).path).func)
        if language == "sv":
            page.emulate_media(color_scheme="dark")
            keep(page, f"{name}-dark")
            page.emulate_media(color_scheme="light")
    outside = browser.new_context(viewport={"width": 1280, "height": 900})
    window = watched(outside, site.base)
    keep(window.open("/people/log-in/"), f"log-in-{language}-1280")
    keep(window.open("/no-such-page/", status=404), f"not-found-{language}-1280")
    seen.add(resolve("/people/log-in/").func)
    outside.close()
    assert [said for window in windows.values() for said in window.wrong] == []
    missing = {name for name, view, address in patterns() if view not in seen and not address.startswith("api/v1/")}
    assert missing - NOT_PAGES == set(), "a page without a picture"


def test_every_list_page_is_walked_by_keyboard_alone(opened) -> None:
    """Tab reaches everything that can be pressed or typed in, each seen as it has the focus, and leaves the page."""
    window = opened()
    page = window.page
    for name, path in LISTS.items():
        window.open(path)
        stops, reached = page.evaluate(STOPS), set()
        for _tab in range(2 * stops + 10):  # a day takes several: year, month, day
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            if focus is None or (focus[0] == 0 and len(reached) > 1):
                break
            number, seen, html = focus
            assert seen, f"{name}: the focus is not seen on {html}"
            reached.add(number)
        assert len(reached) >= stops - 1, f"{name}: {len(reached)} of {stops} are reached by Tab"


@pytest.mark.parametrize(("language", "width", "theme"), [("sv", 1280, "light"), ("en", 360, "dark")])
def test_the_pages_of_the_help(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    for name in ("help", "glossary", "first-hour", "help-waits", "pack"):
        window.open(LISTS[name])
        window.check(name)
    page = window.open("/waits/")
    page.locator("details.help > summary").click()
    page.locator(".term button").nth(3).click()
    assert page.locator(".meaning:popover-open").count() == 1
    window.check("a word explained")
    page.keyboard.press("Escape")
    assert page.locator(".meaning:popover-open").count() == 0
