"""Every page as it looks, kept in a folder that is not in git, and walked through by keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

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
    "help": "/help/",
    "glossary": "/help/glossary/",
    "first-hour": "/help/first-hour/",
    "help-waits": "/help/waits/?answer=1",
}
"""The pages that are reached without a figure, an upload or a plan being chosen first."""
FIRST = {
    "need-service": ("/need/", "#content table tbody th a"),
    "waits-service": ("/waits/", "#content table tbody th a"),
}
"""Pages that the first row of a list leads to."""
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


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_is_pictured_wide_and_narrow(language, opened) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    windows = {width: opened(width, language=language) for width in (360, 1280)}
    for name, path in (LISTS | {name: first for name, (first, _row) in FIRST.items()}).items():
        for width, window in windows.items():
            page = window.open(path)
            if name in FIRST:
                page.locator(FIRST[name][1]).first.click()
                page.wait_for_load_state("networkidle")
            fits(page, f"{name} at {width}")
            keep(page, f"{name}-{language}-{width}")
        if language == "sv":
            page.emulate_media(color_scheme="dark")
            keep(page, f"{name}-dark")
            page.emulate_media(color_scheme="light")
    assert [said for window in windows.values() for said in window.wrong] == []


def test_every_list_page_is_walked_by_keyboard_alone(opened) -> None:
    """Tab reaches everything that can be pressed or typed in, each seen as it has the focus, and leaves the page."""
    window = opened()
    page = window.page
    for name, path in LISTS.items():
        window.open(path)
        stops, reached = page.evaluate(STOPS), set()
        for _tab in range(stops + 10):
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
