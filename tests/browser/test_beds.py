"""The page Vårdplatser in a browser: axe, CSP and width in every look; keyboard; scenarios; what the charts draw."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_need import DRAWN, number

pytestmark = pytest.mark.browser
WARD = "/units/V-MED-A/beds/"
SCENARIO = "/units/R/beds/scenario/"


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_beds(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    page = window.open("/beds/")
    expect(page.locator("[data-chart] svg")).to_have_count(2)
    window.check("region")
    page = window.open(f"{WARD}?day=2026-10-20&hour=15")
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    window.check("ward")
    address = page.locator('#ahead-table a[href*="figure=p_full"]').first.get_attribute("href")
    window.open(address)
    window.check("why")
    window.open(SCENARIO)
    window.check("scenario")


def test_the_table_says_what_the_chart_draws(opened) -> None:
    page = opened().open(WARD)
    drawn = dict(page.evaluate(DRAWN, "ahead-data"))
    shown = page.locator("#ahead-table tbody tr > :nth-child(2)").all_text_contents()
    expected = [value for value in drawn["Väntas"] if value is not None]
    assert [number(text) for text in shown] == pytest.approx(expected, abs=0.051)
    beds = page.locator("#ahead-table tbody tr > :nth-child(5)").all_text_contents()
    assert [number(text) for text in beds] == [value for value in drawn["Disponibla"] if value is not None]
    assert len(shown) == 24 * 14


def test_a_scenario_is_played_and_read_by_keyboard_alone(opened) -> None:
    window = opened()
    page = window.open(WARD)
    press, tab_to = page.keyboard.press, window.tab_to
    tab_to('a[href$="/beds/scenario/"]')
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pröva vårdplatser")
    tab_to("#beds")
    page.keyboard.type("-2")
    tab_to("#beds_ward")
    press("ArrowDown")
    tab_to("#beds_weeks")
    page.keyboard.type("28-31")
    tab_to("#years")
    press("ArrowUp")
    tab_to("button.primary")
    press("Enter")
    expect(page.get_by_role("heading", level=2, name="−2 vårdplatser")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Överbeläggning per 100 disponibla")).to_be_visible()
    assert "beds_weeks=28-31" in page.url
    window.check("played")


def test_read_without_script_and_on_paper(opened) -> None:
    page = opened(java_script_enabled=False).open("/beds/")
    expect(page.locator("#census-table tbody tr").first).to_be_visible()
    expect(page.locator(".no-script").first).to_be_visible()
    page = opened().open("/beds/")
    page.emulate_media(media="print")
    heights = page.evaluate("[...document.querySelectorAll('.scroll')].map((e) => e.scrollHeight - e.clientHeight)")
    assert max(heights) <= 1
