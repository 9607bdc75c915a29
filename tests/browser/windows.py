"""A browser window that writes down everything that must not happen."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSPHRASE = "korrekt häst batteri häftapparat"
FIRST_USER = "forsta.anvandaren"
VIOLATIONS = """document.addEventListener(
    "securitypolicyviolation", (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`)
)"""


@dataclass
class Site:
    """The served app: its address, the one-time link that its start printed, and its store."""

    base: str
    link: str
    store: Path


@dataclass
class Watched:
    """A page with everything that must not happen written down."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str, *, status: int = 200) -> Page:
        response = self.page.goto(self.base + path)
        assert response is not None
        assert response.status == status, path
        self.page.wait_for_load_state("networkidle")
        return self.page

    def tab_to(self, selector: str, most: int = 60) -> None:
        """Press Tab until *selector* has the focus, and fail when that is not seen or takes more than *most*."""
        for _step in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                width = self.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
                assert width == "3px", f"{selector}: the focus is not seen"
                return
        pytest.fail(f"no {selector} within {most} tabs")

    def check(self, where: str) -> None:
        """Fail when axe finds anything, the body is wider than the window, or the console has complained."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "axe.run({runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
        )
        problems = [
            f"{item['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for item in found["violations"]
            for node in item["nodes"][:3]
        ]
        assert problems == [], f"{where}: {problems}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{where}: {wide} px too wide"
        assert self.wrong == [], where


def begin(page: Page, link: str) -> None:
    """Log in by a one-time link and choose a passphrase."""
    page.goto(link)
    page.get_by_role("main").get_by_role("button", name="Logga in").click()
    page.get_by_label("Ny lösenfras").fill(PASSPHRASE)
    page.get_by_label("Samma en gång till").fill(PASSPHRASE)
    page.get_by_role("button", name="Spara lösenfrasen").click()
    page.wait_for_load_state("networkidle")


def second_person(site: Site, username: str, role: str) -> str:
    """Invite a person in a process of its own, as one does on the machine; return the one-time link."""
    code = (
        "import sys; from pathlib import Path; from vardbalans.web import serve; serve.prepare(Path(sys.argv[1]));"
        "from vardbalans.web.people.actions import user_invite;"
        "print(user_invite(username=sys.argv[2], display_name=sys.argv[2].capitalize(), role=sys.argv[3],"
        " unit_id='*', base_url=sys.argv[4]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(site.store), username, role, site.base],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"VARDBALANS_KEY_FILE": str(site.store.parent / "key")},
    )
    return done.stdout.strip().splitlines()[-1]


def watched(context: BrowserContext, base: str) -> Watched:
    context.add_init_script(VIOLATIONS)
    found = Watched(context.new_page(), base)
    page = found.page
    page.on(
        "console",
        lambda said: (
            found.wrong.append(said.text) if said.type in {"error", "warning"} and "404" not in said.text else None
        ),
    )
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((base, "data:")) else found.wrong.append(asked.url))
    return found
