"""Every page in both languages, themes and widths: axe, CSP, width; then keyboard, print, and no JavaScript."""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import FIRST_USER, PASSPHRASE, watched

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).parents[2] / "docs/images"
UNIT = "O-KIR-N"


def why_link(page: Page, figure: str) -> str:
    """Return the address of the first explained figure of its kind on the page."""
    return page.locator(f'table.figures a[href*="figure={figure}"]').first.get_attribute("href")


def test_a_chart_follows_the_window_it_is_in(opened) -> None:
    window = opened()
    for path in (f"/units/{UNIT}/balance/", f"/units/{UNIT}/capacity/", "/units/R/follow-up/"):
        page = window.page
        page.set_viewport_size({"width": 1280, "height": 900})
        window.open(path)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(
                """() => { const chart = document.querySelector(".chart"), svg = chart.querySelector("svg");
                return document.documentElement.scrollWidth <= innerWidth && svg.clientWidth <= chart.clientWidth
                    && svg.clientWidth > 0.9 * chart.clientWidth - 24; }"""
            )


# Every pair of language, width and theme occurs; all eight together would show nothing more and take twice as long.
@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page(language, width, theme, opened) -> None:
    window = opened(width, theme, language)
    window.open("/")
    window.check("overview")
    window.open(f"/units/{UNIT}/")
    window.check("overview of one unit")
    for unit in ("K-KIR-N", "R"):
        window.open(f"/units/{unit}/need/flows/")
        window.check(f"flow map of {unit}")
    page = window.open(f"/units/{UNIT}/balance/")
    expect(page.locator("#chart svg")).to_be_visible()
    window.check("balance")
    why = [why_link(page, figure) for figure in ("required", "available", "balance")]
    sources = []
    for address in why:
        page = window.open(address)
        window.check(f"why {address}")
        sources += [link.get_attribute("href") for link in page.locator('a[href*="/why/rows/"]').all()]
    patient = [address for address in sources if "step=terms" in address and "figure=required" in address]
    plain = [address for address in sources if "step=inputs" in address]
    for address in (patient[0], plain[0]):
        page = window.open(address)
        window.check(address)
    for path, status in (
        ("/people/passphrase/", 200),
        ("/accessibility/", 200),
        ("/no-such-page", 404),
        ("/people/log-in/", 200),
    ):
        window.open(path, status=status)
        window.check(path)


def test_why_follows_a_figure_to_file_and_row(opened) -> None:
    window = opened()
    page = window.open(f"/units/{UNIT}/balance/")
    page.locator('table.figures a[href*="figure=required"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Varför denna siffra?")
    page.get_by_role("link", name="kräver ändamål").first.click()
    page.get_by_label("Ändamål").fill("Kontroll av prognosen")
    page.get_by_role("button", name="Visa raderna").click()
    expect(page.locator("table.rows tbody tr").first).to_contain_text(".")
    headings = page.locator("table.rows thead th").all_inner_texts()
    assert headings[:2] == ["Fil", "Rad"]
    assert not {"Patientnyckel", "Ålder", "Diagnos"} & set(headings)
    window.check("patient rows")


def test_the_flow_map_is_walked_by_keyboard_and_says_what_the_table_says(opened) -> None:
    window = opened(360)
    page = window.open("/units/K-KIR-N/need/flows/")
    boxes = page.locator("svg.flow a")
    assert boxes.count() == 4
    page.locator(".flow-frame").focus()
    page.keyboard.press("Tab")
    expect(boxes.nth(0)).to_be_focused()
    frame, box = page.locator(".flow-frame").bounding_box(), boxes.nth(0).bounding_box()
    assert frame["x"] <= box["x"] <= frame["x"] + frame["width"], "what has the focus is seen"
    drawn = page.locator("svg.flow .flow-label").all_text_contents()
    table = page.locator("table tbody tr")
    assert table.count() == len(drawn) == 4
    shares = {row.locator("td strong").inner_text() for row in table.all()}
    assert {label.split(",")[0] for label in drawn} == shares
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kirurgi Norrhamra")
    assert page.url.endswith("/balance/")


def test_an_early_warning_leads_to_its_unit_and_its_reason(opened) -> None:
    window = opened()
    page = window.open("/")
    row = page.locator(".warnings tbody tr").first
    row.get_by_text("Varför?").click()
    window.check("a warning explained")
    row.get_by_role("link", name="Se balansen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Varför denna siffra?")
    page = window.open("/")
    page.locator(".warnings tbody th a").first.click()
    assert "/balance/?resource=" in page.url


def test_a_used_link_and_a_wrong_passphrase_are_told(browser, site, signed_in) -> None:
    window = watched(browser.new_context(), site.base)
    page = window.page
    page.goto(site.link)
    page.get_by_role("main").get_by_role("button", name="Logga in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Länken går inte längre att använda")
    page.goto(f"{site.base}/people/log-in/")
    for phrase in ("fel lösenfras", PASSPHRASE):
        page.get_by_label("Användarnamn").fill(FIRST_USER)
        page.get_by_label("Lösenfras").fill(phrase)
        page.get_by_role("main").get_by_role("button", name="Logga in").click()
        if phrase != PASSPHRASE:
            expect(page.get_by_role("alert")).to_contain_text("stämmer inte")
    expect(page.get_by_role("heading", level=1)).to_have_text("Region Mellanälv")
    page.context.close()


def test_by_keyboard_alone(opened) -> None:
    window = opened()
    page = window.open("/")
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Hoppa till innehållet")).to_be_focused()
    press("Enter")
    for _step in range(60):
        press("Tab")
        if page.evaluate("document.activeElement.matches('.map a')"):
            break
    assert page.evaluate("document.activeElement.matches('.map tr.group a')"), "the first heading"
    assert page.locator(".map a[tabindex='0']").count() == 1, "one stop for Tab"
    press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.map th[scope=row] a')"), "names are part of the grid"
    press("ArrowRight")
    first = page.evaluate("document.activeElement.href")
    press("ArrowRight")
    press("ArrowDown")
    second = page.evaluate("document.activeElement.href")
    weeks = [parse_qs(urlsplit(address).query)["week"][0] for address in (first, second)]
    assert weeks[0] < weeks[1]
    press("ArrowDown")
    press("ArrowUp")
    assert page.evaluate("document.activeElement.href") == second
    assert urlsplit(first).path != urlsplit(second).path
    press("Control+End")
    assert page.locator(".map tbody tr").last.locator("td a").last.evaluate("e => e === document.activeElement")
    press("Control+Home")
    assert page.evaluate("document.activeElement.matches('.map tr.group a')")
    for key in ("ArrowDown", "ArrowRight"):
        press(key)
    assert page.evaluate("document.activeElement.href") == first
    box = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert box == "3px"
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Varför denna siffra?")
    assert window.wrong == []


def test_a_link_leads_past_the_map(opened) -> None:
    page = opened().open("/")
    past = page.get_by_role("link", name="Hoppa förbi kartan")
    past.focus()
    expect(past).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('.map-region').compareDocumentPosition(document.activeElement) & 4"), (
        "what follows the map"
    )
    assert page.evaluate("!document.activeElement.closest('.map-region')")


def test_the_maps_edge_tells_that_there_is_more(opened) -> None:
    page = opened().open("/")
    frame = page.locator(".map-frame")
    shadow = "e => getComputedStyle(e, '::after').display"
    assert frame.evaluate(shadow) != "none"
    page.locator(".map-region").evaluate("e => e.scrollTo(e.scrollWidth, 0)")
    expect(frame).to_have_class("map-frame at-end")
    assert frame.evaluate(shadow) == "none"


def test_a_name_of_300_letters_does_not_widen_the_page(opened) -> None:
    window = opened(360)
    for path in ("/", f"/units/{UNIT}/balance/", why_link(window.open(f"/units/{UNIT}/balance/"), "required")):
        page = window.open(path)
        page.evaluate(
            "document.querySelectorAll('h1, h2, .lead, .over-title, .path a, .children a, summary,"
            " .plain:not(.figures) tbody th')"
            ".forEach((e) => { (e.querySelector('a') ?? e).textContent = 'x'.repeat(300); })"
        )
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        widest = page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('.plain:not(.figures) tbody th')]"
            ".map((e) => e.scrollWidth - e.clientWidth + Math.max(0, e.clientWidth - 430)))"
        )
        assert widest <= 0, f"{path}: a name fills its table"


def test_without_javascript_everything_can_be_read(opened) -> None:
    window = opened(java_script_enabled=False)
    page = window.page
    page.goto(f"{window.base}/units/{UNIT}/balance/")
    expect(page.locator("table.figures tbody tr")).to_have_count(52)
    expect(page.locator("table.figures tbody tr").first).to_be_visible()
    expect(page.get_by_text("Samma siffror finns i tabellen")).to_be_visible()
    cell = page.locator(".map td > a").first
    assert cell.evaluate("e => e.tabIndex") == 0, "each cell can be reached"
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_chart_says_what_the_table_says(opened) -> None:
    page = opened().open(f"/units/{UNIT}/balance/")
    said = page.locator("#chart").get_attribute("aria-label")
    assert said == page.locator("p.lead").inner_text().strip().replace("\u00a0", "\u00a0")
    assert page.locator("#chart svg path").count() >= 4
    dashed = page.locator("#chart svg path[stroke-dasharray]").count()
    assert dashed >= 1, "required is told from available by its dashes too"
    lead = page.evaluate("JSON.parse(document.getElementById('chart-data').textContent)")
    assert len(lead["required"]) == len(lead["weeks"]) == 52
    page.locator("#chart").hover()


def test_theme_and_language_are_kept(opened) -> None:
    window = opened()
    page = window.open("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("details.menu:not(.help) > summary").click()
    page.get_by_role("button", name="Mörkt").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=2, name="Balance per unit and week")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_in_print_nothing_is_cut_by_a_scroll_region(opened) -> None:
    page = opened().open("/")
    page.emulate_media(media="print")
    assert page.locator(".map-region").evaluate("e => getComputedStyle(e).overflow") == "visible"
    expect(page.locator("nav.pages")).to_be_hidden()
    wide = page.locator(".map").evaluate("e => e.getBoundingClientRect().width - document.documentElement.clientWidth")
    assert wide <= 0


def test_the_end_labels_of_the_chart_keep_apart(opened) -> None:
    page = opened().open(f"/units/{UNIT}/balance/")
    tops = "[...document.querySelectorAll('#chart svg text')].filter((e) => ['Krävs', 'Tillgängligt']"
    tops += ".includes(e.textContent)).map((e) => e.getBoundingClientRect().top)"
    page.evaluate(
        "data.required[data.required.length - 1] = data.available[data.available.length - 1] * 1.001; draw(false)"
    )
    found = page.evaluate(tops)
    assert len(found) == 2
    assert abs(found[0] - found[1]) >= 16


def test_on_paper_the_chart_is_light_and_the_map_two_halves(opened, tmp_path) -> None:
    window = opened(theme="dark")
    page = window.open(f"/units/{UNIT}/balance/")
    label = page.locator("#chart svg text").filter(has_text="Tillgängligt").first
    dark = label.get_attribute("fill")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert label.get_attribute("fill") != dark
    assert label.get_attribute("fill") == "rgb(11, 79, 108)"
    assert page.locator("#chart svg").evaluate("e => e.getBoundingClientRect().height") == 280
    halves = page.locator("table.map.half")
    assert halves.count() == 2
    assert [len(half.locator("thead tr:nth-child(2) th").all()) for half in halves.all()] == [26, 26]
    assert halves.first.locator("tbody tr").first.locator("td:not(.count)").count() == 26
    expect(page.locator("table.map.split")).to_be_hidden()
    size = halves.first.locator("td > a").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 9, "7 points at least"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert label.get_attribute("fill") == dark
    assert halves.count() == 0
    expect(page.locator("table.map")).to_be_visible()
    page.pdf(path=tmp_path / "balance.pdf", prefer_css_page_size=True)
    assert window.wrong == []


@pytest.mark.parametrize("width", [640, 320])
def test_page_zoom_of_200_and_400_per_cent(width, opened) -> None:
    window = opened(width)
    for path in ("/", f"/units/{UNIT}/balance/"):
        window.open(path)
        window.check(f"{path} at {width}")


@pytest.mark.parametrize(("name", "path"), [("balance", f"/units/{UNIT}/balance/"), ("overview", "/")])
def test_the_pictures_of_the_readme(name, path, opened) -> None:
    page = opened(device_scale_factor=1.5).open(path)
    assert page.locator(".map tbody th[scope=row]").count() >= (2 if name == "balance" else 18)
    picture = PICTURES / f"{name}.png"
    if os.environ.get("VARDBALANS_UPDATE_PICTURES") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture)
    assert picture.is_file(), "make it with VARDBALANS_UPDATE_PICTURES=1"
