"""The page Ekonomi in a browser: axe, CSP and width in every look; keyboard; the table says what the chart draws."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.test_need import number

pytestmark = pytest.mark.browser
UNIT = "/units/O-ORT-A/cost/"


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_costs(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    page = window.open("/cost/")
    expect(page.locator("[data-waterfall] svg")).to_have_count(1)
    page.evaluate("document.querySelectorAll('details.table').forEach((details) => (details.open = true))")
    window.check("region")
    window.open("/units/K-ORT-A/cost/")
    window.check("clinic")
    window.open(f"{UNIT}?by=drg&sort=-mean")
    window.check("unit")
    window.open("/cost/why/")
    window.check("certificate")
    page = window.open("/units/K-ORT-A/cost/why/?pool=ORT-A-SAL")
    window.check("pool")
    page.locator(".steps tbody a").first.click()
    expect(page.locator("table.rows tbody tr").first).to_be_visible()
    window.check("rows of the ledger")
    page = window.open(UNIT)
    page.locator("#purpose").fill("Kontroll av de dyraste kontakterna")
    page.locator("form.card button").click()
    expect(page.locator("section h2").first).to_be_visible()
    page.evaluate("document.querySelectorAll('details.table').forEach((details) => (details.open = true))")
    window.check("contacts")


def test_the_table_says_what_the_waterfall_draws(opened) -> None:
    page = opened().open("/cost/")
    page.locator("#variance details > summary").click()
    told = page.locator("#variance-table td.n").all_inner_texts()
    values = [number(text) for text in told]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.005), "plan and parts lead to the outcome"
    marks = page.locator("[data-waterfall] svg text").all_text_contents()
    drawn = [text for text in marks if text.startswith(("▲", "▼"))]
    assert len(drawn) == 6
    assert drawn[-1].startswith("▲") == (values[-1] > values[0])


def test_from_the_overview_to_the_ledgers_rows_by_keyboard_alone(opened) -> None:
    window = opened(360)
    page = window.open("/")
    press, tab_to = page.keyboard.press, partial(window.tab_to, most=400)
    tab_to(".pages-drop summary")
    press("Enter")
    tab_to('.pages-drop a[href="/cost/"]')
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ekonomi")
    tab_to('#pools a[href*="cost/why/?pool="]')
    press("Enter")
    page.wait_for_url("**/cost/why/?pool=*")
    tab_to('a[href*="step=terms-0"]')
    press("Enter")
    page.wait_for_url("**/cost/why/rows/**")
    expect(page.locator("table.rows tbody tr").first).to_be_visible()
    assert window.wrong == []


def test_read_without_script_and_on_paper(opened) -> None:
    page = opened(java_script_enabled=False).open("/cost/?by=diagnosis")
    expect(page.locator(".no-script").first).to_be_visible()
    expect(page.locator("#group-table tbody tr").first).to_be_visible()
    page.emulate_media(media="print")
    assert page.locator(".switches").first.is_hidden()
    assert page.locator(".filter").first.is_hidden()
