"""A newcomer's first day on the demo region, from the one-time link to the meeting's pack, in a site of their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from xlsxwriter import Workbook

from tests.browser.conftest import serving
from tests.browser.windows import Site, Watched, begin, second_person, watched
from tests.web.test_pdf import text_in

pytestmark = pytest.mark.browser
CLIPBOARD = ["clipboard-read", "clipboard-write"]
READY, SAVED = "#plan-grid[data-ready]", "#plan-saved[data-state^=saved]"
ROWS, WEEKS = 16, 52
WORK = 180_000
"""Milliseconds that a job may take where other jobs come before it."""
VALUES = """([rows, weeks]) => [...document.querySelectorAll("tr[data-service]")].slice(0, rows)
    .map((row) => [...row.cells].slice(3, 3 + weeks).map((cell) => cell.dataset.v ?? ""))"""
COPIED = """([html, text]) => navigator.clipboard.write([new ClipboardItem({
    "text/html": new Blob([html], { type: "text/html" }),
    "text/plain": new Blob([text], { type: "text/plain" }) })])"""


@pytest.fixture(scope="module")
def own(region: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(region, tmp_path_factory.mktemp("newcomer")) as site:
        yield site


def test_a_newcomers_first_day(own: Site, browser: Browser, tmp_path: Path) -> None:
    def window(link: str) -> Watched:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="sv-SE", permissions=CLIPBOARD, accept_downloads=True
        )
        opened = watched(context, own.base)
        begin(opened.page, link)
        return opened

    planner = window(own.link)
    imports_what_was_wrong_and_then_right(planner, tmp_path)
    adjusts_a_forecast(planner)
    takes_the_proposal(planner)
    plan = pastes_from_excel(planner, tmp_path)
    comments_and_submits(planner)
    chief = window(second_person(own, "chefen", "manager"))
    approves(chief, plan)
    follows_up(planner)
    changes_the_plan_in_excel(planner, plan, tmp_path)
    prints_the_pack(planner)
    page = planner.open("/help/first-hour/")
    expect(page.locator(".lead")).to_have_text("8 av 8 steg är gjorda.")
    for opened in (planner, chief):
        opened.check("at the end of the day")
        opened.page.context.close()


def imports_what_was_wrong_and_then_right(planner: Watched, folder: Path) -> None:
    """The preview says row and column of the fault; put right, the same sheet becomes a version."""

    def send(day: str) -> Page:
        file = folder / "handelser.xlsx"
        with Workbook(file) as book:
            sheet = book.add_worksheet("Anteckningar")
            sheet.write_row(0, 0, ["Anteckning-id", "Enhets-id", "Från och med", "Text"])
            sheet.write_row(1, 0, ["H1", "K-ORT-A", "2026-09-07", "Ny mottagning"])
            sheet.write_row(2, 0, ["H2", "K-ORT-A", day, "Sal stängd en vecka"])
        page = planner.open("/data/new/")
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Ladda upp och förhandsgranska").click()
        page.get_by_role("heading", level=1, name="Förhandsgranskning").wait_for(timeout=WORK)
        return page

    page = send("2026-13-45")
    fault = page.locator("section", has=page.locator("#findings-title"))
    expect(fault).to_contain_text("2026-13-45")
    expect(fault).to_contain_text("3")
    expect(page.get_by_role("button", name="Läs in som")).to_have_count(0)
    page = send("2026-10-05")
    expect(page.locator("#findings-title + p")).to_have_text("Inget att anmärka på.")
    page.get_by_role("button", name="Läs in som").click()
    page.get_by_role("heading", level=1, name="är inläst").wait_for(timeout=WORK)


def adjusts_a_forecast(planner: Watched) -> None:
    page = planner.open("/need/")
    page.get_by_role("link", name="Nybesök, Ortopedi Älvsta").click()
    expect(page.locator(".chart svg").first).to_be_visible()
    page.get_by_role("link", name="Justera prognosen").click()
    page.get_by_label("Från och med").fill("2027-01-04")
    page.get_by_label("Till och med").fill("2027-03-28")
    page.get_by_label("Antal fler per vecka").fill("4,5")
    page.get_by_label("Avsändare").fill("Produktionsplanerare ortopedi")
    page.get_by_label("Skäl").fill("Vi tar över nybesök från grannregionen.")
    page.get_by_role("button", name="Spara justeringen").click()
    page.get_by_role("heading", name="Justeringen är sparad").wait_for(timeout=WORK)


def new_plan(planner: Watched, unit: str, name: str) -> Page:
    page = planner.open(f"/plan/units/{unit}/")
    page.get_by_label("År", exact=True).select_option("2027")
    page.get_by_label("Namn").fill(name)
    page.get_by_role("button", name="Gör planen").click()
    page.wait_for_selector(READY)
    return page


def takes_the_proposal(planner: Watched) -> None:
    page = new_plan(planner, "K-ORT-A", "Ur förslaget")
    page.get_by_role("link", name="Förslag").click()
    page.get_by_role("button", name="Räkna fram ett förslag").click()
    page.get_by_role("button", name="Ta hela förslaget").click(timeout=WORK)
    page.wait_for_selector(READY)
    expect(page.locator("td.proposal").first).not_to_be_empty()


def pastes_from_excel(planner: Watched, folder: Path) -> str:
    """Paste 52 × 16 cells as Excel writes them, undo, redo, and find them after a reload; return the plan's address."""
    page = new_plan(planner, "D-OPE", "Budget")
    block = [[f"{1000 + 10 * row + week}" for week in range(WEEKS)] for row in range(ROWS)]
    block[0][:2] = ["1 234,5", "1\u00a0235"]
    html = "".join(f"<tr>{''.join(f'<td class=xl65 align=right>{text}</td>' for text in row)}</tr>" for row in block)
    head = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><!--StartFragment--><table border=0>'
    text = "".join("\t".join(row) + "\r\n" for row in block)
    page.evaluate(COPIED, [f"{head}{html}</table><!--EndFragment--></body></html>", text])
    before = page.evaluate(VALUES, [ROWS, WEEKS])
    at(page, 0, 1).click()
    page.keyboard.press("Control+v")
    page.locator(SAVED).wait_for()
    for row, week, shown in ((0, 1, "1\u00a0234,5"), (0, 2, "1\u00a0235"), (ROWS - 1, WEEKS, "1\u00a0201")):
        expect(at(page, row, week)).to_have_text(shown)
    expect(page.locator("#plan-refused")).to_be_hidden()
    page.get_by_role("button", name="Ångra").click()
    expect(at(page, ROWS - 1, WEEKS)).not_to_have_text("1\u00a0201")
    assert page.evaluate(VALUES, [ROWS, WEEKS]) == before
    page.get_by_role("button", name="Gör om").click()
    expect(at(page, ROWS - 1, WEEKS)).to_have_text("1\u00a0201")
    page.locator(SAVED).wait_for()
    page.reload()
    page.wait_for_selector(READY)
    block[0][:2] = ["1234.5", "1235"]
    assert page.evaluate(VALUES, [ROWS, WEEKS]) == block
    return page.url.removeprefix(planner.base)


def at(page: Page, row: int, week: int):
    return page.locator("tr[data-service]").nth(row).locator("td").nth(week + 1)


def comments_and_submits(planner: Watched) -> None:
    page = planner.page
    at(page, 2, 7).click()
    page.get_by_role("link", name="Rutans historik och kommentarer").click()
    expect(page.locator("#history-title ~ .scroll tbody tr").first).to_contain_text("1 026")
    page.get_by_label("Ny kommentar").fill("Vecka 7 är sportlov.")
    page.get_by_role("button", name="Kommentera").click()
    expect(page.locator("main")).to_contain_text("Vecka 7 är sportlov.")
    page.get_by_role("link", name="← Budget 2027, v1").click()
    page.wait_for_selector(READY)
    page.get_by_label("Ord på vägen").fill("Klar för granskning")
    page.get_by_role("button", name="Skicka in för godkännande").click()
    expect(page.locator(".plan-state .state")).to_have_text("Inskickad")
    expect(page.get_by_role("button", name="Godkänn")).to_have_count(0)


def approves(chief: Watched, plan: str) -> None:
    page = chief.open("/plan/")
    page.locator(".plan-list a", has_text="Budget").click()
    assert page.url.endswith(plan)
    expect(page.locator("main")).to_contain_text("Vecka 7 är sportlov.")
    page.get_by_role("button", name="Godkänn").click()
    expect(page.locator(".plan-state .state")).to_have_text("Godkänd")


def follows_up(planner: Watched) -> None:
    page = planner.open("/follow-up/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Uppföljning: Region Mellanälv")
    expect(page.locator("#year-table tbody tr").first).to_be_visible()
    page.get_by_role("link", name="Månadspaket").click()
    page.get_by_label("Kommentar").fill("Behandlingar ligger under planen för att en sal var stängd.")
    page.get_by_label("Funktion").fill("Produktionschef")
    page.get_by_role("button", name="Spara kommentaren").click()
    expect(page.locator("blockquote")).to_contain_text("en sal var stängd")


def changes_the_plan_in_excel(planner: Watched, plan: str, folder: Path) -> None:
    """An approved plan is changed in a new version: to Excel, changed there, and in again by way of the difference."""
    page = planner.open(plan)
    page.get_by_role("link", name="Versioner").click()
    page.get_by_role("button", name="Gör en ny version av version 1").click()
    page.wait_for_selector(READY)
    with page.expect_download() as download:
        page.get_by_role("link", name="Hämta som Excel").click()
    file = folder / "plan.xlsx"
    download.value.save_as(file)
    book = openpyxl.load_workbook(file)
    sheet = book.active
    assert sheet is not None
    assert sheet["D2"].value == 1234.5
    sheet["D2"] = 1500
    book.save(file)
    book.close()
    page.get_by_role("link", name="Läs in Excel").click()
    page.get_by_label("Excelfil som hämtats härifrån").set_input_files(file)
    page.get_by_role("button", name="Visa vad som skulle ändras").click()
    expect(page.locator(".lead")).to_have_text("1 ruta skulle ändras. Inget är skrivet än.")
    expect(page.locator("tbody tr")).to_contain_text(re.compile("1.234,5.*1.500"))
    page.get_by_role("button", name="Skriv in i planen").click()
    page.wait_for_selector(READY)
    expect(at(page, 0, 1)).to_have_text("1\u00a0500")


def prints_the_pack(planner: Watched) -> None:
    """The page as the browser prints it, and our own PDF, say the same."""
    page = planner.open("/units/R/follow-up/pack/")
    figures = page.locator("#month-table tbody tr").first.locator("th, td").all_inner_texts()
    printed = " ".join(text_in(page.pdf(format="A4", landscape=True)).split())
    with page.expect_download() as download:
        page.get_by_role("link", name="Hämta som PDF").click()
    own = " ".join(text_in(Path(download.value.path()).read_bytes()).split())
    line = " ".join(" ".join(figures).split())
    assert line in own
    assert line in printed
    assert "en sal var stängd" in own
    assert "en sal var stängd" in printed
    assert "Spara kommentaren" not in printed
