"""The planning cycle, what needs a person now, and a scenario beside a plan, in a browser: axe, width, keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_plan import READY, new_plan

pytestmark = pytest.mark.browser
UNIT = "/units/M-MED-A/cycle/"


@pytest.mark.parametrize(("language", "width", "theme"), [("sv", 360, "dark"), ("en", 1280, "light")])
def test_every_page_of_the_cycle(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    for address in ("/now/", "/cycle/", UNIT, "/units/R/cycle/dates/"):
        window.open(address)
        window.check(address)


def test_a_step_is_ticked_by_keyboard_alone(opened) -> None:
    window = opened()
    page = window.open(UNIT)
    window.tab_to("#note-forecast_seen")
    page.keyboard.type("Influensan kommer tidigt")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#forecast_seen")).to_contain_text("Influensan kommer tidigt")
    expect(page.locator("#forecast_seen")).to_contain_text("Bockad av Första användaren")
    expect(page.locator(".stage").nth(1)).to_contain_text("klart")


def test_a_plan_begins_with_the_order_and_a_scenario_stands_beside_it(opened) -> None:
    window = opened()
    page = new_plan(window, "Med beställning", ordered=True)
    row = page.locator("#orders tbody tr", has_text="Operation, Ortopedi Älvsta")
    planned = page.locator('tr[data-service="ORT-A-OP"] .total').inner_text()
    assert planned == row.locator("td").nth(1).inner_text() != "–", "the grid sums to the order's slots"
    difference = page.locator('tr[data-beside="ORT-A-OP"] td')
    assert [difference.nth(1).inner_text(), *difference.all_inner_texts()[2:4]] == ["0", "0", "0"]
    cell = page.locator('tr[data-service="ORT-A-OP"] td').nth(2)
    wanted = cell.inner_text()
    cell.click()
    page.keyboard.type(f"{int(wanted) + 3}")
    page.keyboard.press("Enter")
    assert [difference.nth(1).inner_text(), *difference.all_inner_texts()[2:4]] == ["+3", "+3", "0"], "as it is typed"
    difference.nth(2).click()
    expect(page.locator("#plan-summary")).to_contain_text(f"v. 1: beställt {wanted}, planerat {int(wanted) + 3}")
    cell.click()
    page.keyboard.press("Delete")
    assert [difference.nth(1).inner_text(), difference.nth(2).inner_text()] == [f"−{wanted}", ""], "nothing is planned"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(difference.nth(1)).to_have_text("0")
    page.get_by_role("link", name="Scenarie bredvid").click()
    page.get_by_role("button", name="Alla åtgärder som pågår").click()
    page.locator("table.beside").wait_for(timeout=120_000)
    assert page.locator("td.differs").count() > 52
    page.locator("main details").first.evaluate("(details) => (details.open = true)")
    window.check("beside")
    first = page.locator(".beside tr.other .total").all_inner_texts()
    page.locator("input[name=on]").first.uncheck()
    page.get_by_role("button", name="Räkna med de valda åtgärderna").click()
    page.locator("table.beside").wait_for(timeout=120_000)
    assert page.locator("input[name=on]:checked").count() == page.locator("input[name=on]").count() - 1
    assert page.locator(".beside tr.other .total").all_inner_texts() != first, "without the reminders"
    page.get_by_role("button", name="Gör scenariet till en version").click()
    page.wait_for_selector(READY)
    expect(page.locator(".plan-state")).to_contain_text("gjord av version 1")
    assert page.locator("td.proposal").count() > 52
