"""The page Plan in a browser: keyboard, paste, undo after a reload, two at once, offline, without script."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.windows import Watched, begin, second_person, watched

pytestmark = pytest.mark.browser
CASES = Path(__file__).parents[1] / "web" / "numbers.json"
UNIT = "/plan/units/K-ORT-A/"
CLIPBOARD = ["clipboard-read", "clipboard-write"]
SAVED = "#plan-saved[data-state^=saved]"
READY = "#plan-grid[data-ready]"
ROWS = "[...document.querySelectorAll('tr[data-service]')].map((row) => row.dataset.service)"
CELLS = """([service, first, last]) => [...document.querySelector(`tr[data-service="${service}"]`).cells]
    .slice(first + 2, last + 3).map((cell) => cell.innerText.replaceAll('\\u00a0', ' '))"""


def new_plan(window: Watched, name: str, year: str = "2027", *, ordered: bool = False) -> Page:
    page = window.open(UNIT)
    page.get_by_label("År", exact=True).select_option(year)
    page.get_by_label("Namn").fill(name)
    page.get_by_label("Börja med det som är beställt").set_checked(ordered)
    page.get_by_role("button", name="Gör planen").click()
    page.wait_for_selector(READY)
    return page


def cell(page: Page, row: int, week: int):
    return page.locator("tr[data-service]").nth(row).locator("td").nth(week + 1)


def shown(page: Page, row: int, first: int, last: int) -> list[str]:
    return page.evaluate(CELLS, [page.evaluate(ROWS)[row], first, last])


def paste(page: Page, text: str) -> None:
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def at(page: Page) -> list[int]:
    """Return the row and the week of the cell that has the focus; the row counts every row of cells."""
    return page.evaluate(
        """() => { const cell = document.activeElement;
        const rows = [...document.querySelectorAll('tr[data-service], tr[data-sum], ' +
            'tr[data-ordered], tr[data-beside], tr[data-resource]')];
        return [rows.indexOf(cell.parentElement), cell.cellIndex - 2]; }"""
    )


@pytest.fixture
def another(browser, site):
    """Return a function that logs another person in, in a window of their own."""
    contexts: list[BrowserContext] = []

    def make(username: str, role: str) -> Watched:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=CLIPBOARD)
        contexts.append(context)
        window = watched(context, site.base)
        begin(window.page, second_person(site, username, role))
        return window

    yield make
    for context in contexts:
        context.close()


def test_the_browser_reads_and_writes_numbers_as_the_server_does(opened) -> None:
    cases = json.loads(CASES.read_text("utf-8"))
    page = new_plan(opened(permissions=CLIPBOARD), "Tal")
    script = """async ([address, cases]) => {
        const { readNumber } = await import(address);
        const read = (text, language) => { const found = readNumber(text, language);
            return found.problem ? { not_number: "no", two_ways: "two" }[found.problem] : found.value; };
        return cases.map(([text]) => [read(text, "sv"), read(text, "en")]); }"""
    address = page.locator("#plan-grid").get_attribute("data-numbers")
    found = page.evaluate(script, [address, cases["read"]])
    assert found == [row[1:] for row in cases["read"]]
    write = """async ([address, cases]) => { const { showNumber } = await import(address);
        return cases.map(([value]) => ["sv", "en"].map((language) => showNumber(value, language))); }"""
    values = [["0"], ["999"], ["1000"], ["1234567.85"], ["-1234567.85"], [""]]
    assert page.evaluate(write, [address, values]) == [
        ["0", "0"],
        ["999", "999"],
        ["1\u00a0000", "1,000"],
        ["1\u00a0234\u00a0567,85", "1,234,567.85"],
        ["−1\u00a0234\u00a0567,85", "−1,234,567.85"],
        ["", ""],
    ]


def test_the_grid_by_keyboard_alone(opened) -> None:
    window = opened(permissions=CLIPBOARD)
    page = new_plan(window, "Tangenter")
    press, kind = page.keyboard.press, page.keyboard.type
    window.tab_to("#plan-grid td")
    assert at(page) == [0, 1]
    for key, place in (
        ("ArrowRight", [0, 2]),
        ("ArrowDown", [1, 2]),
        ("End", [1, 52]),
        ("Home", [1, 1]),
        ("ArrowLeft", [1, 1]),
        ("Control+ArrowRight", [1, 52]),
        ("Control+ArrowUp", [0, 52]),
        ("Control+Home", [0, 1]),
        ("Control+ArrowDown", [6, 1]),
        ("ArrowDown", [7, 1]),
        ("Control+Home", [0, 1]),
    ):
        press(key)
        assert at(page) == place, key
    kind("12")
    press("Enter")
    kind("1 234,5")
    press("Tab")
    kind("7")
    press("Escape")
    assert (shown(page, 0, 1, 1), shown(page, 1, 1, 2), at(page)) == (["12"], ["1 234,5", ""], [1, 2])
    press("F2")
    kind("8")
    press("Shift+Enter")
    assert (shown(page, 1, 2, 2), at(page)) == (["8"], [0, 2])
    press("Control+Home")
    press("Shift+ArrowDown")
    press("Shift+ArrowRight")
    expect(page.locator("#plan-summary")).to_have_text("Antal 3 · Summa 1 254,5 · Medel 418,2")
    expect(page.locator("#plan-grid [aria-selected=true]")).to_have_count(4)
    press("Delete")
    assert shown(page, 1, 1, 2) == ["", ""]
    press("Control+z")
    expect(cell(page, 1, 1)).to_have_text("1\u00a0234,5")
    press("Control+y")
    expect(cell(page, 1, 1)).to_have_text("")
    press("Control+Home")
    kind("5")
    press("Enter")
    press("ArrowUp")
    press("Shift+ArrowRight")
    press("Shift+ArrowRight")
    press("Shift+ArrowDown")
    press("Control+r")
    assert shown(page, 0, 1, 4) == ["5", "5", "5", ""]
    press("Control+Home")
    press("Shift+ArrowRight")
    press("Shift+ArrowDown")
    press("Shift+ArrowDown")
    press("Control+d")
    assert [shown(page, row, 1, 3) for row in (0, 1, 2)] == [["5", "5", "5"], ["5", "5", ""], ["5", "5", ""]]
    page.locator(SAVED).wait_for()
    press("Tab")
    assert page.evaluate("document.activeElement.closest('#plan-grid td')") is None, "Tab leaves the grid"
    window.check("after keys")


def test_what_others_compute_and_lock_is_not_typed_over(opened) -> None:
    page = new_plan(opened(permissions=CLIPBOARD), "Lås")
    press, kind = page.keyboard.press, page.keyboard.type
    cell(page, 0, 1).click()
    kind("4")
    press("Enter")
    press("ArrowUp")
    page.get_by_role("button", name="Lås / lås upp").click()
    kind("9")
    assert shown(page, 0, 1, 1) == ["4"]
    expect(page.locator("#plan-said")).to_contain_text("låst")
    assert cell(page, 0, 1).get_attribute("aria-readonly") == "true"
    paste(page, "1\t2")
    expect(page.locator("#plan-refused li")).to_have_count(1)
    assert shown(page, 0, 1, 2) == ["4", "2"]
    for _ in range(9):
        press("ArrowDown")
    kind("9")
    expect(page.locator("#plan-said")).to_have_text("Rutan räknas fram och kan inte ändras.")
    page.locator(SAVED).wait_for()
    page.reload()
    page.wait_for_selector(READY)
    assert shown(page, 0, 1, 2) == ["4", "2"]
    assert "locked" in (cell(page, 0, 1).get_attribute("class") or "")


def test_paste_from_a_swedish_spreadsheet_is_one_step_that_is_undone_after_a_reload(opened) -> None:
    page = new_plan(opened(permissions=CLIPBOARD), "Klistra")
    cell(page, 0, 1).click()
    block = [[str(10 * row + week) for week in range(1, 53)] for row in range(6)]
    paste(page, "\r\n".join("\t".join(line) for line in block) + "\r\n")
    page.locator(SAVED).wait_for()
    assert [shown(page, row, 1, 52) for row in range(6)] == block
    total = page.locator("tr[data-sum] td").nth(1).inner_text().replace("\u00a0", "")
    assert total == str(sum(int(text) for line in block for text in line))
    page.keyboard.press("Control+Home")
    paste(page, "1 234,5\t1.234\tåtta\t–\n12 %\t−3\t1,234\t7")
    expect(page.locator("#plan-refused li")).to_have_count(5)
    expect(page.locator("#plan-refused li").first).to_contain_text("”1.234” kan läsas på två sätt")
    assert shown(page, 0, 1, 4) == ["1 234,5", "2", "3", ""]
    assert shown(page, 1, 1, 4) == ["11", "12", "13", "7"]
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "1234,5\t2\t3\t\r\n11\t12\t13\t7"
    page.locator(SAVED).wait_for()
    page.reload()
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Ångra").click()
    expect(cell(page, 0, 1)).to_have_text("1")
    page.get_by_role("button", name="Ångra").click()
    expect(cell(page, 5, 52)).to_have_text("")
    expect(page.get_by_role("button", name="Ångra")).to_be_disabled()
    page.get_by_role("button", name="Gör om").click()
    expect(cell(page, 5, 52)).to_have_text("102")
    cell(page, 6, 51).click()
    paste(page, "1\t2\t3\n4\t5\t6")
    expect(page.locator("#plan-refused li")).to_contain_text("4 värden föll utanför")


def test_the_balance_follows_while_typing_as_the_server_computes_it(opened) -> None:
    page = new_plan(opened(permissions=CLIPBOARD), "Balans")
    cell(page, 1, 5).click()
    paste(page, "3\t40\t400\n5\t60\t6")
    balance = (
        "[...document.querySelectorAll('tr[data-resource]')].map((row) => [row.innerText, row.cells[7].className])"
    )
    live = page.evaluate(balance)
    assert any("▲" in text for text, _name in live)
    page.locator(SAVED).wait_for()
    page.reload()
    page.wait_for_selector(READY)
    assert page.evaluate(balance) == live


def test_two_at_once_on_the_same_cell(opened, another) -> None:
    mine = opened(permissions=CLIPBOARD)
    page = new_plan(mine, "Två")
    theirs = another("bo", "planner")
    other = theirs.open(page.url.removeprefix(theirs.base))
    other.wait_for_selector(READY)
    cell(page, 0, 1).click()
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    page.locator(SAVED).wait_for()
    cell(other, 1, 1).click()
    other.keyboard.type("5")
    other.keyboard.press("Enter")
    expect(cell(other, 0, 1)).to_have_text("11")  # what does not clash is learnt on the way
    cell(page, 0, 1).click()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.locator(SAVED).wait_for()
    cell(other, 0, 1).click()
    paste(other, "99\t98")
    clash = other.locator("#plan-clash")
    expect(clash).to_be_visible()
    expect(clash.locator("li")).to_have_text("Behandling, Ortopedi Älvsta, v. 1: du skrev 99, Första användaren har 12")
    assert shown(other, 0, 1, 2) == ["99", "98"], "what was typed is kept"
    theirs.wrong = [text for text in theirs.wrong if "409" not in text]
    theirs.check("clash")
    other.get_by_role("button", name="Behåll mitt").click()
    other.locator(SAVED).wait_for()
    page.reload()
    page.wait_for_selector(READY)
    assert (shown(page, 0, 1, 2), shown(page, 1, 1, 1)) == (["99", "98"], ["5"])
    cell(page, 0, 1).click()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.locator(SAVED).wait_for()
    cell(other, 0, 1).click()
    paste(other, "2\t3")
    other.get_by_role("button", name="Ta det andra").click()
    other.locator(SAVED).wait_for()
    assert shown(other, 0, 1, 2) == ["1", "3"]
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(cell(page, 0, 2)).to_have_text("3")  # learnt on coming back to the page, without a step of one's own


def test_without_contact_what_is_typed_waits_and_survives_a_reload(opened) -> None:
    window = opened(permissions=CLIPBOARD)
    page = new_plan(window, "Kontakt")
    page.context.set_offline(True)
    cell(page, 0, 1).click()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    expect(page.locator("#plan-saved")).to_have_text(
        "Ingen kontakt. 2 steg väntar och sparas när kontakten är tillbaka."
    )
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.context.set_offline(False)
    page.locator(SAVED).wait_for()
    page.context.set_offline(True)
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    page.locator("#plan-saved[data-state=offline]").wait_for()
    page.context.set_offline(False)
    page.reload()
    assert asked in (["beforeunload"], []), "asked where the browser lets a page ask"
    page.wait_for_selector(READY)
    page.locator(SAVED).wait_for()
    page.reload()
    page.wait_for_selector(READY)
    assert [shown(page, row, 1, 1) for row in range(3)] == [["7"], ["8"], ["9"]]
    window.wrong = [text for text in window.wrong if "ERR_INTERNET_DISCONNECTED" not in text]
    window.check("after")


def test_a_key_changes_its_own_cell_and_draws_nothing_else_anew(opened) -> None:
    page = new_plan(opened(permissions=CLIPBOARD), "Snabb")
    page.evaluate(
        """() => { window.touched = new Set(); new MutationObserver((changes) => changes.forEach((change) => {
        const cell = (change.target.nodeType === 1 ? change.target : change.target.parentElement).closest("td");
        if (cell) window.touched.add(cell.parentElement.rowIndex + ":" + cell.cellIndex); }))
        .observe(document.getElementById("plan-grid"), { subtree: true, childList: true, characterData: true }); }"""
    )
    cell(page, 1, 10).click()
    page.keyboard.type("15")
    page.keyboard.press("Enter")
    touched = {tuple(map(int, place.split(":"))) for place in page.evaluate("[...window.touched]")}
    assert {column for _row, column in touched} <= {12, 2}, "its week, and the sums of the year"
    assert len(touched) <= 20


def test_the_columns_of_every_part_stand_under_their_weeks(opened) -> None:
    """Parts of the grid are laid out one by one, as they are scrolled to, and are as high as their rows before that."""
    page = new_plan(opened(permissions=CLIPBOARD), "Kolumner")
    lefts = """(rows) => [...document.querySelectorAll(rows)].map((row) =>
        [...row.cells].map((cell) => Math.round(cell.getBoundingClientRect().left)))"""
    (heads,) = page.evaluate(lefts, "#plan-grid thead tr")
    rows = page.evaluate(lefts, "#plan-grid tbody tr:not(.group)")
    assert len(heads) == 55
    assert all(row == heads for row in rows)
    heights = """() => [...document.querySelectorAll("#plan-grid tbody[data-rows]")].map((part) =>
        [part.getBoundingClientRect().height, part.rows.length * part.rows[0].getBoundingClientRect().height])"""
    for height, sum_of_rows in page.evaluate(heights):
        assert height == pytest.approx(sum_of_rows, abs=1)
    for part in page.locator("#plan-grid tbody[data-rows]").all():
        assert part.locator("tr").count() == int(part.get_attribute("data-rows")) <= 21


def test_the_row_as_a_form_without_javascript(browser, site, signed_in) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in)
    window = watched(context, site.base)
    page = window.open(UNIT)
    page.get_by_label("Namn").fill("Utan skript")
    page.get_by_role("button", name="Gör planen").click()
    page.get_by_role("link", name="Nybesök, Ortopedi Älvsta").click()
    page.get_by_label("v. 1", exact=True).fill("1 234,5")
    page.get_by_label("v. 2", exact=True).fill("åtta")
    page.get_by_role("button", name="Spara raden").click()
    assert "”åtta” är inget tal." in page.locator("main").inner_text()
    assert page.get_by_label("v. 1", exact=True).input_value() == "1 234,5"
    page.get_by_label("v. 2", exact=True).fill("8")
    page.get_by_role("button", name="Spara raden").click()
    row = page.locator("tr[data-service]").nth(1)
    assert row.locator("td").nth(1).inner_text().replace("\u00a0", " ") == "1 242,5"
    page.get_by_role("button", name="Ångra").click()
    assert page.locator("tr[data-service]").nth(1).locator("td").nth(1).inner_text() == "–"
    context.close()


def test_from_proposal_to_agreement(opened, another, site) -> None:
    window = opened(permissions=CLIPBOARD)
    page = new_plan(window, "Budget")
    window.check("empty")
    page.get_by_role("link", name="Förslag").click()
    window.check("ask")
    page.get_by_role("button", name="Räkna fram ett förslag").click()
    page.get_by_role("button", name="Ta hela förslaget").wait_for(timeout=120_000)
    window.check("difference")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Ta de valda raderna").click()
    page.wait_for_selector(READY)
    assert all(shown(page, 0, 1, 52))
    assert shown(page, 1, 1, 1) == [""]
    page.go_back()
    page.reload()
    page.get_by_role("button", name="Ta hela förslaget").click()
    page.wait_for_selector(READY)
    window.check("filled")
    page.get_by_role("button", name="Pröva planen").click()
    page.get_by_text("Visa sidan på nytt").click(timeout=120_000)
    expect(page.get_by_text("Planen håller alla regler.")).to_be_visible()
    expect(page.locator("#plan-check-old")).to_be_hidden()
    cell(page, 0, 1).click()
    page.keyboard.press("Delete")
    expect(page.locator("#plan-check-old")).to_be_visible()
    page.locator(SAVED).wait_for()
    page.get_by_role("button", name="Skicka in för godkännande").click()
    page.wait_for_selector(READY)
    expect(page.locator(".plan-state .state")).to_have_text("Inskickad")
    cell(page, 0, 1).click()
    page.keyboard.type("1")
    expect(page.locator("#plan-said")).to_have_text("Versionen kan inte ändras.")
    window.check("submitted")
    chief = another("chefen", "manager")
    theirs = chief.open("/plan/")
    theirs.locator(".plan-list a", has_text="Budget").click()
    theirs.get_by_role("button", name="Godkänn").click()
    expect(theirs.locator(".plan-state .state")).to_have_text("Godkänd")
    chief.check("agreed")


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_the_plan(language, width, theme, opened) -> None:
    page = new_plan(opened(permissions=CLIPBOARD), f"Sidor {language} {width}", "2026")
    cell(page, 0, 53).click()
    paste(page, "3")
    page.get_by_role("button", name="Lås / lås upp").click()
    page.locator(SAVED).wait_for()
    at_plan = page.url.split("/plan/")[1].strip("/")
    window = opened(width, theme, language)
    service = f"service={page.evaluate(ROWS)[0]}"
    for path in pages(f"plan/{at_plan}/", service, every=(language == "en") == (width == 360)):
        shown_page = window.open(f"/{path}")
        if path == f"plan/{at_plan}/":
            shown_page.wait_for_selector(READY)
            shown_page.evaluate("document.querySelectorAll('main details').forEach((details) => (details.open = true))")
            # The line of state follows the window's foot, over whatever stands there, until its own place is reached.
            shown_page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        window.check(path)


def pages(plan: str, service: str, *, every: bool) -> tuple[str, ...]:
    """Return the pages of a plan; not *every* one in every look, for they are forms like those of other pages."""
    often = (plan, f"{plan}row/?{service}", f"{plan}cell/?{service}&week=2026-W53")
    forms = (f"{plan}spread/?{service}", f"{plan}propose/", f"{plan}import/", f"{plan}versions/", f"{plan}cell/")
    return (*often, *forms, "plan/", "plan/units/K-ORT-A/") if every else often
