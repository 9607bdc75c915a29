"""The page Väntelista in a browser: axe, CSP and width in every look; keyboard; the table says what the chart draws."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.test_need import DRAWN, column, number

pytestmark = pytest.mark.browser
SERVICE = "/units/M-ORT-A/waits/service/?service=ORT-A-NB"


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_waits(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    window.open("/waits/?q=ortopedi&sort=within")
    window.check("list")
    page = window.open(f"{SERVICE}&group=age&back=2")
    expect(page.locator("[data-chart] svg")).to_have_count(3)
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    window.check("service")
    window.open("/units/M-RAD-A/waits/service/?service=RAD-A-US")
    window.check("a list without a limit")
    page.goto(page.url.split("/units/")[0] + f"{SERVICE}")
    page.locator("#account-table tbody a").last.click()
    page.wait_for_url("**figure=queue**")
    window.check("why")
    page.goto(page.url.split("/units/")[0] + SERVICE.replace("service/?", "review/?"))
    window.check("review asked for")
    page.locator("#purpose").fill("Veckans genomgång av listan")
    page.locator("form.card button").click()
    expect(page.locator("#offers-table tbody tr").first).to_be_visible()
    window.check("review")


def test_the_table_says_what_the_chart_draws(opened) -> None:
    page = opened().open(SERVICE)
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    drawn = dict(page.evaluate(DRAWN, "queue-data"))
    assert [number(text) for text in column(page, "account-table", "Väntande")] == drawn["Väntande"]
    expected = [number(text) for text in column(page, "account-table", "Väntas")]
    assert [value for value in expected if value is not None] == pytest.approx(drawn["Väntas"][52:], abs=0.51)
    flows = dict(page.evaluate(DRAWN, "flow-data"))
    assert [number(text) for text in column(page, "account-table", "Behandlade")][:52] == flows["Behandlade"][:52]


def test_from_the_list_to_the_review_by_keyboard_alone(opened) -> None:
    window = opened(360)
    page = window.open("/")
    press, tab_to = page.keyboard.press, partial(window.tab_to, most=80)

    tab_to(".pages-drop summary")
    press("Enter")
    tab_to('.pages-drop a[href="/waits/"]')
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Väntelista")
    tab_to("#q")
    page.keyboard.type("nybesök ortopedi")
    press("Enter")
    expect(page.get_by_role("status").filter(has_text="passar urvalet")).to_have_count(1)
    tab_to(".needs tbody a")
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nybesök")
    tab_to('a[href*="group=age"]')
    press("Enter")
    page.wait_for_url("**group=age**")
    tab_to('a[href="#after-account"]')
    press("Enter")
    tab_to("#by")
    press("ArrowDown")
    press("Tab")
    with page.expect_navigation():
        press("Enter")
    assert "group=age" in page.url, "the choice made before is kept"
    page.goto(page.url.split("#")[0])
    tab_to('a[href*="/waits/review/"]')
    press("Enter")
    page.wait_for_url("**/waits/review/**")
    tab_to("#purpose")
    page.keyboard.type("Veckans genomgång av listan")
    press("Tab")
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Veckans genomgång: Nybesök")
    assert page.locator("#offers-table tbody tr.now").count() == 10
    assert window.wrong == []


def test_read_without_script_and_on_paper(opened) -> None:
    page = opened(java_script_enabled=False).open(SERVICE)
    expect(page.locator("#account-table tbody tr")).to_have_count(104)
    expect(page.locator(".no-script").first).to_be_visible()
    page.emulate_media(media="print")
    assert page.locator(".switches").first.is_hidden()
    assert page.locator(".filter").first.is_hidden()
