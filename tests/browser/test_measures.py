"""The page Åtgärder in a browser: axe, CSP and width in every look; keyboard; the table says what the chart draws."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_need import DRAWN

pytestmark = pytest.mark.browser
MEASURE = "/units/R/measures/measure/?measure=A1"


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_measures(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    for view in ("list", "benefits", "gaps", "library"):
        page = window.open(f"/measures/?view={view}")
        page.evaluate("document.querySelectorAll('details.card').forEach((details) => (details.open = true))")
        window.check(view)
    page = window.open(MEASURE)
    expect(page.locator("[data-chart] svg")).to_have_count(1)
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    window.check("measure")


def test_the_table_says_what_the_chart_draws(opened) -> None:
    page = opened().open(MEASURE)
    page.evaluate("document.querySelectorAll('details.table').forEach((details) => (details.open = true))")
    drawn = dict(page.evaluate(DRAWN, "chart-0"))["Utfall"]
    told = page.locator("section table").first.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert [float(text.split()[0].replace(",", ".")) for text in told] == pytest.approx(drawn, abs=0.051)


def test_from_the_list_to_a_written_card_by_keyboard_alone(opened) -> None:
    window = opened(360)
    page = window.open("/measures/?q=hälsodeklaration%20ska")
    press = page.keyboard.press
    window.tab_to("#measures-table a", most=80)
    press("Enter")
    page.wait_for_url("**measure=A2")
    window.tab_to("#write-card", most=80)
    press("Enter")
    window.tab_to("#id_card-text")
    page.keyboard.type("Tolv månader är för kort")
    window.tab_to("#id_card-author")
    page.keyboard.type("Verksamhetschef")
    press("Enter")
    expect(page.get_by_text("Tolv månader är för kort")).to_be_visible()
