"""The import in the browser: by keyboard, without JavaScript, on a telephone; every page with axe in both languages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.windows import Site, Watched, watched

pytestmark = pytest.mark.browser
HEADINGS = "rule_id;kind;name;value;unit;valid_from;source"
PREVIEW = re.compile("Förhandsgranskning|Preview")
SEED = """
import django
django.setup()
from django.utils import timezone
from vardbalans.web.intake.models import Purpose, Upload
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.models import User
columns = [
    {"header": header, "column": column, "certainty": certainty, "samples": samples, "values": values}
    for header, column, certainty, samples, values in (
        ("Kontakt-ID", "contact_id", 0.97, ["K1001"], []),
        ("Pseudonym", "patient_key", 0.95, [], []),
        ("Ansvarig", None, 0, ["Aaaa Aa"], []),
        ("Status", "status", 0.5, ["Klar", "Kom ej"], [["Klar", "performed"], ["Kom ej", None]]),
    )
]
look = {
    "table": "contacts", "encoding": "cp1252", "delimiter": ";", "decimal": ",", "date_form": "%d/%m/%Y",
    "header_row": 1, "columns": columns,
}
by, now = User.objects.get(), timezone.now()
job = Job.objects.create(
    kind="intake.suggest", arguments={}, unit_id="*", asked_by=by, state=State.DONE, ended_at=now, result=look
)
print(Upload.objects.create(purpose=Purpose.SAMPLE, folder="0" * 31 + "1", asked_by=by, job=job).pk)
"""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries that touch no other test: rules of our own, right and wrong."""
    folder = tmp_path_factory.mktemp("deliveries")
    wrong = "x1;kärlek;Fel slag;90;dagar;2026-01-01;Lag\nx2;occupancy;;90;dagar;2026-13-01;Lag"
    (folder / "rules_0.csv").write_text(f"{HEADINGS}\n{wrong}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def sample(site: Site, signed_in: dict) -> str:
    """The address of a sample that has been looked at."""
    environment = os.environ | {
        "VARDBALANS_DATA_DIR": str(site.store),
        "DJANGO_SETTINGS_MODULE": "vardbalans.web.settings",
    }
    done = subprocess.run([sys.executable, "-c", SEED], env=environment, capture_output=True, text=True, check=True)
    return f"/data/profiles/samples/{done.stdout.strip()}/"


@pytest.fixture(scope="session")
def addresses(site: Site, browser: Browser, signed_in: dict, files: Path) -> dict[str, str]:
    """The addresses of a delivery that is stored, one with errors, and one that may be stored."""
    context = browser.new_context(storage_state=signed_in)
    window = watched(context, site.base)
    page = send(window, right(files, 10))
    page.locator(".decide button.primary").click()
    page.get_by_role("heading", level=1, name="är inläst").wait_for(timeout=60_000)
    found = {"receipt": page.url}
    for name, path in (("wrong", files / "rules_0.csv"), ("right", right(files, 11))):
        found[name] = send(window, path).url
    assert window.wrong == []
    context.close()
    return {name: address.removeprefix(site.base) for name, address in found.items()}


def right(folder: Path, number: int) -> Path:
    """Return a delivery of one new rule, told from others by *number*, that holds long after any other test looks."""
    path = folder / f"rules_{number}.csv"
    rule = f"prov-{number};occupancy;Prov {number};90;procent;2035-01-01;Prov"
    path.write_text(f"{HEADINGS}\n{rule}\n", encoding="utf-8")
    return path


def send(window: Watched, path: Path) -> Page:
    """Upload *path* and wait for its preview, which comes without a touch of the page."""
    page = window.open("/data/new/")
    page.locator("input[type=file]").set_input_files(path)
    page.locator("form.card button.primary").click()
    page.get_by_role("heading", level=1, name=PREVIEW).wait_for(timeout=60_000)
    return page


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("sv", 1280, "light"), ("sv", 360, "dark"), ("en", 1280, "dark"), ("en", 360, "light")],
)
def test_every_page_of_the_import(language, width, theme, opened, addresses, sample) -> None:
    window = opened(width, theme, language)
    for path in ("/data/", "/data/new/", "/data/profiles/", sample, *addresses.values()):
        window.open(path)
        window.check(path)
    page = window.open(addresses["wrong"])
    sentence = page.locator("td.said").first
    box = sentence.bounding_box()
    assert box["x"] >= 0, "the sentence begins on the screen"
    assert box["x"] + min(box["width"], 60) <= width, "and is not beside it"


def focused(page: Page, wanted: str) -> None:
    """Press Tab until *wanted* has the focus."""
    for _step in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({wanted!r})"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
            return
    pytest.fail(f"{wanted} is not reached by Tab")


def test_the_import_by_keyboard_alone(opened, files) -> None:
    window = opened()
    page = window.open("/data/")
    focused(page, "a.button.primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Ny inläsning").wait_for()
    focused(page, "input[type=file]")
    page.locator("input[type=file]").set_input_files(right(files, 1))
    focused(page, "select")
    focused(page, "form.card button.primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=PREVIEW).wait_for(timeout=60_000)
    button = page.get_by_role("button", name="Läs in som Första användaren")
    expect(button).to_have_accessible_description(re.compile(r"Blir version \d+, i namnet Första användaren, med"))
    focused(page, ".decide button.primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Version \d+ är inläst"), timeout=60_000)
    assert window.wrong == []


def test_the_import_without_javascript(opened, files) -> None:
    window = opened(java_script_enabled=False)
    page = window.page

    def until(heading: re.Pattern[str]) -> None:
        for _look in range(240):
            if heading.search(page.get_by_role("heading", level=1).inner_text()):
                return
            expect(page.get_by_text("uppdateras sidan inte av sig själv")).to_be_visible()
            page.wait_for_timeout(500)
            page.get_by_role("link", name="Visa läget nu").click()
        pytest.fail(f"{heading.pattern} did not come")

    page.goto(f"{window.base}/data/new/")
    page.locator("input[type=file]").set_input_files(right(files, 2))
    page.get_by_role("button", name="Ladda upp och förhandsgranska").click()
    until(PREVIEW)
    page.get_by_role("button", name="Läs in som").click()
    until(re.compile("är inläst"))


def test_progress_is_told_and_a_waiting_preview_can_be_cancelled(opened, files) -> None:
    window = opened()
    page = window.open("/data/new/")
    page.locator("input[type=file]").set_input_files(right(files, 3))
    waiting = '{"ended": false, "progress": 0.4, "sentence": "Läser filen.", "left": "Ungefär 2 minuter kvar."}'
    page.route("**/jobs/*/", lambda route: route.fulfill(body=waiting, content_type="application/json"))
    page.get_by_role("button", name="Ladda upp och förhandsgranska").click()
    expect(page.get_by_role("status")).to_have_text("Läser filen.")
    expect(page.get_by_text("Ungefär 2 minuter kvar.")).to_be_visible()
    assert page.locator("progress").evaluate("e => e.position") == 0.4
    window.check("working")
    page.unroute("**/jobs/*/")
    page.get_by_role("button", name="Avbryt").click()
    # The worker may have been quicker than the press.
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(
        re.compile("Filerna kunde inte läsas|Förhandsgranskning|Det går inte längre att avbryta"), timeout=60_000
    )
    window.wrong = [said for said in window.wrong if "409" not in said]
    window.check("cancelled")


def test_the_list_to_fix_is_downloaded(opened, addresses) -> None:
    page = opened().open(addresses["wrong"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_in_print_no_finding_is_cut(opened, addresses) -> None:
    page = opened().open(addresses["wrong"])
    page.emulate_media(media="print")
    assert page.locator(".scroll.tall").first.evaluate("e => getComputedStyle(e).overflow") == "visible"
    expect(page.locator(".decide")).to_be_hidden()


@pytest.mark.parametrize("width", [640, 320])
def test_page_zoom_of_200_and_400_per_cent(width, opened, addresses, sample) -> None:
    window = opened(width)
    for path in ("/data/", sample, addresses["wrong"]):
        window.open(path)
        window.check(f"{path} at {width}")


def test_long_names_do_not_widen_the_pages(opened, addresses, sample) -> None:
    window = opened(360)
    for path in ("/data/", sample, addresses["wrong"], addresses["receipt"]):
        page = window.open(path)
        page.evaluate(
            "document.querySelectorAll('h1, .lead, .rule dd, td.said, td.wrap, .plain tbody th, legend, .pair label')"
            ".forEach((e) => { (e.querySelector('a') ?? e).textContent = 'x'.repeat(300); })"
        )
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
