"""Account and administration in the browser: every page clean, and a second factor set up by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.windows import PASSPHRASE

pytestmark = pytest.mark.browser
PAGES = (
    "/account/",
    "/account/raise/",
    "/account/factor/set-up/",
    "/administration/people/",
    "/administration/people/1/",
    "/administration/log/",
    "/administration/checks/",
    "/administration/mappings/",
    "/administration/parameters/",
    "/administration/parameters/new/",
)


@pytest.mark.parametrize(("width", "language"), [(360, "sv"), (1280, "en")])
def test_every_page_of_people_is_clean(width, language, opened) -> None:
    window = opened(width, language=language)
    for path in PAGES:
        window.open(path)
        window.check(path)


def test_rights_are_raised_and_someone_is_invited_by_keyboard(opened) -> None:
    window = opened()
    page = window.open("/administration/people/")
    page.get_by_role("link", name="Höj rättigheterna").press("Enter")
    page.get_by_label("Skäl").fill("Ny medarbetare")
    page.get_by_label("Kod eller lösenfras").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Användare")
    page.get_by_label("Användarnamn").fill("cilla.ceder")
    page.get_by_label("Namn", exact=True).fill("Cilla Ceder")
    page.keyboard.press("Enter")
    expect(page.locator("code.link")).to_have_text(re.compile(r"^http://.+/people/link/.+/$"))
    window.check("a new link")
    page = window.open("/account/factor/set-up/")
    window.tab_to("main button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("img.qr")).to_be_visible()
    window.check("a proposed second factor")
