"""The page Uppföljning in a browser: axe, CSP and width in every look; table and chart say the same; keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_need import DRAWN, column, number

pytestmark = pytest.mark.browser
UNIT = "/units/K-ORT-A/follow-up/"
SERVICE = "/units/M-ORT-A/follow-up/service/?service=ORT-A-NB"


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_follow_up(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    for address in ("/follow-up/", f"{UNIT}?kind=surgery&period=month", SERVICE):
        page = window.open(address)
        expect(page.locator("[data-chart] svg")).to_have_count(1)
        window.check(address)
    for address in (f"{UNIT}goals/", f"{UNIT}pack/", f"{UNIT}meetings/", "/units/R/follow-up/pack/?month=2026-10"):
        window.open(address)
        window.check(address)
    page = window.open(SERVICE)
    window.open(page.locator('#year-table a[href*="/why/"]').first.get_attribute("href"))
    window.check("why")


def test_the_table_says_what_the_chart_draws(opened) -> None:
    page = opened().open(f"{UNIT}?kind=first_visit")
    drawn = dict(page.evaluate(DRAWN, "year-data"))
    for name in ("Plan", "Utfall", "Prognos"):
        told = [number(text) for text in column(page, "year-table", name)]
        shown = [None if value is None else value for value in drawn[name]]
        assert [value is None for value in told] == [value is None for value in shown], name
        assert [v for v in told if v is not None] == pytest.approx([v for v in shown if v is not None], abs=0.51), name
    parts = [number(text) for text in column(page, "parts-table", "Utfall hittills")]
    assert number(page.locator("#parts-table tfoot td").first.inner_text()) == pytest.approx(sum(parts), abs=0.11)


def test_a_month_is_frozen_and_a_decision_made_by_keyboard_alone(opened) -> None:
    window = opened()
    page = window.open("/")
    press, tab_to = page.keyboard.press, window.tab_to
    tab_to('a[href="/follow-up/"]')
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Uppföljning")
    tab_to('a[href$="/follow-up/pack/"]')
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Månadspaket")
    tab_to("button.primary")
    expect(page.locator("button.primary")).to_have_text(re.compile("Frys 2026-09"))
    press("Enter")
    expect(page.get_by_text("Senare data ändrar inget i månaden.")).to_be_visible()
    window.check("frozen")
    window.open("/units/K-OGO-A/follow-up/meetings/")
    tab_to("#id_minutes")
    page.keyboard.type("Vi följer upp ögon.")
    tab_to("button.primary")
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Veckouppföljning")
    tab_to("#id_text")
    page.keyboard.type("Öppna en sal till")
    tab_to("#id_owner")
    page.keyboard.type("Verksamhetschef")
    page.locator("#id_due").fill("2026-12-01")
    tab_to("#id_figure")
    page.keyboard.type(SERVICE)
    tab_to("button")
    press("Enter")
    expect(page.locator("#decisions-title + .scroll tbody tr")).to_contain_text("Öppna en sal till")
    window.check("decided")


def test_print_shows_the_pack_and_no_forms(opened) -> None:
    page = opened().open(f"{UNIT}pack/")
    page.emulate_media(media="print")
    expect(page.locator("#month-table")).to_be_visible()
    expect(page.get_by_role("button", name="Spara kommentaren")).to_have_count(0)
    expect(page.locator("form.unprinted").first).to_be_hidden()


def test_read_without_script(opened) -> None:
    page = opened(java_script_enabled=False).open(SERVICE)
    expect(page.locator("#year-table tbody tr")).to_have_count(53)
    expect(page.locator(".no-script").first).to_be_visible()
