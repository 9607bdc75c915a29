"""The page Kapacitet and the frame of every page: axe, charts against tables, keyboard, width, print, no script."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
UNIT = "M-MED-A"
PAGE = f"/units/{UNIT}/capacity/"
# The page of each chart, and how many charts it has.
CHARTS = {
    "/units/O-KIR-N/balance/": 1,
    "/units/M-ORT-A/need/service/?service=ORT-A-NB": 3,
    "/units/M-ORT-A/waits/service/?service=ORT-A-NB": 3,
    "/capacity/": 2,
    "/follow-up/": 1,
    "/beds/": 2,
    "/cost/": 1,
}


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_capacity(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    asked = "?service=MED-A-AB&set=ssk&measure=shifts&pool=MED-A-RUM&pool=MED-A-SSK&from=2026-W45&to=2026-W52"
    for path in ("/go/?q=mott", "/balance/", PAGE + asked):
        page = window.open(path)
        window.check(path)
    whys = [page.locator(f'a[href*="figure={name}"]').first for name in ("capacity_doable", "capacity_change")]
    for address in [link.get_attribute("href") for link in whys]:
        window.open(address)
        window.check(address)
    page = window.open("/capacity/")
    for menu in (".units", ".period"):
        page.locator(f"{menu} > summary").click()
        window.check(menu)
        page.keyboard.press("Escape")
        expect(page.locator(f"{menu} .drop-body")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator(".command-groups a").first).to_be_visible()
    window.check("the command menu")


def test_the_tables_say_what_the_charts_draw(opened) -> None:
    page = opened().open(PAGE)
    expect(page.locator("[data-waterfall] svg")).to_be_visible()
    drawn = json.loads(page.locator("#waterfall-data").text_content())
    table = page.locator("#waterfall tbody tr")
    assert [bar["name"] for bar in drawn["bars"]] == table.locator("th").all_inner_texts()
    assert [bar["text"] for bar in drawn["bars"]] == table.locator("td:nth-child(2)").all_inner_texts()
    said = page.locator("[data-waterfall]").get_attribute("aria-label")
    assert said == drawn["title"] == page.locator("#resource p strong").first.inner_text()
    weeks = json.loads(page.locator("#weeks-data").text_content())
    page.locator("#weeks").evaluate("(table) => { table.closest('details').open = true; }")
    shown = page.locator("#weeks tbody td strong").all_inner_texts()
    assert [f"{value:.0f}" for value in weeks["series"][1]["values"]] == shown
    assert len(shown) == 52


@pytest.mark.parametrize(("path", "count"), CHARTS.items())
def test_every_chart_has_a_sentence_and_a_table(path, count, opened) -> None:
    charts = opened().open(path).locator(".chart")
    assert charts.count() >= count
    for chart in charts.all():
        assert chart.get_attribute("role") == "img"
        assert re.search(r"\d", chart.get_attribute("aria-label")), "a sentence with what it shows"
        assert chart.evaluate("(e) => e.closest('section').querySelectorAll('details table, .scroll table').length") > 0


def test_by_keyboard_from_anywhere_to_a_unit_and_back(opened) -> None:
    window = opened()
    page = window.open("/need/?from=2026-W50")
    press = page.keyboard.press
    press("Control+k")
    expect(page.locator("#command-words")).to_be_focused()
    page.keyboard.type("mottagning, kirurgi")
    expect(page.locator(".command-groups a").first).to_have_text("Mottagning, Kirurgi Norrhamra")
    press("ArrowDown")
    press("Enter")
    page.wait_for_url("**/units/M-KIR-N/need/?from=2026-W50")
    press("Control+k")
    expect(page.locator(".command-groups h2").first).to_have_text("Senast öppnade")
    press("Escape")
    expect(page.locator("#commands")).to_be_hidden()
    page.wait_for_function("document.activeElement === document.body")
    press("?")
    expect(page.locator("#shortcuts-dialog")).to_be_visible()
    page.get_by_label("Öppna med tangenten ?").uncheck()
    press("Escape")
    press("?")
    expect(page.locator("#shortcuts-dialog")).to_be_hidden()
    page.locator(".units > summary").focus()
    press("Enter")
    page.get_by_label("Sök enhet").fill("ögon")
    expect(page.locator("[data-units-found] a")).to_have_count(4)
    press("ArrowDown")
    press("Enter")
    page.wait_for_url("**/need/?from=2026-W50")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ögonsjukvård")
    assert window.wrong == []


@pytest.mark.parametrize("width", [320, 1100, 1280, 3840])
def test_the_frame_fits_every_width(width, opened) -> None:
    window = opened(width)
    for path in ("/", "/capacity/", "/administration/parameters/"):
        page = window.open(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        expect(page.locator("nav.pages")).to_be_visible(visible=width >= 1280)
        assert page.locator(".top").evaluate("(e) => e.clientHeight") < (100 if width > 1000 else 260)
        longest = "Math.max(...[...document.querySelectorAll('main p')].map((e) => e.clientWidth))"
        assert page.evaluate(longest) < 1000, "no line is endless"
    if width < 1280:
        page.locator(".pages-drop summary").click()
        page.locator(".pages-drop").get_by_role("link", name="Balans").click()
        page.wait_for_url("**/balance/")


def test_text_of_twice_the_size_still_fits(opened) -> None:
    window = opened()
    for path in ("/", "/capacity/", PAGE):
        page = window.open(path)
        page.evaluate("document.documentElement.classList.add('x'), document.documentElement.style.fontSize = '30px'")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


def test_without_script_and_on_paper(opened) -> None:
    window = opened(java_script_enabled=False)
    page = window.page
    page.goto(f"{window.base}{PAGE}")
    expect(page.locator("#waterfall tbody tr").first).to_be_visible()
    page.locator(".units > summary").click()
    page.get_by_label("Sök enhet").fill("kirurgi")
    page.get_by_role("button", name="Sök").first.click()
    page.get_by_role("link", name="Kirurgi Norrhamra", exact=True).click()
    page.wait_for_url("**/units/K-KIR-N/capacity/")
    page.locator(".period > summary").click()
    page.get_by_label("Från och med").select_option("2026-W50")
    page.get_by_role("button", name="Visa perioden").click()
    page.wait_for_url("**/capacity/?from=2026-W50&to=**")
    page.get_by_role("link", name="Gå till").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gå till")
    page = opened().open(PAGE)
    page.emulate_media(media="print")
    expect(page.locator(".stamp")).to_be_visible()
    for hidden in ("nav.pages", ".go", ".drop-body"):
        expect(page.locator(hidden).first).to_be_hidden()
