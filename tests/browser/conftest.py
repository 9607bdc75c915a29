"""A browser against the app as it is served, over the demo region: imported, computed, nothing made up for the test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.windows import ARGUMENTS, AXE, Site, Watched, begin, watched
from tests.conftest import lacking
from vardbalans.web import messages

Open = Callable[..., Watched]
START = """
import sys
from datetime import date
from pathlib import Path
from vardbalans.web import clock, serve
clock.today = lambda: date(2026, 11, 4)  # the second week of the demo's run: pictures and marks stay as they are
store, port = Path(sys.argv[1]), int(sys.argv[2])
serve.prepare(store)
from vardbalans.web.people.actions import first_run_link
print(first_run_link(base_url=f"http://127.0.0.1:{port}"), flush=True)
serve.run(store, "127.0.0.1", port)
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        lacking("no Chromium: install Debian's package chromium")
    if find_library("atomic") is None:
        lacking("the browser's driver does not start: install Debian's package libatomic1")
    assert AXE.is_file(), "axe-core is missing: run python -m vardbalans.web.vendor"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store of the demo region and its key, once; every site serves a copy of its own."""
    messages.compile_catalogue()
    folder = tmp_path_factory.mktemp("region")
    store = folder / "store"
    commands = (
        ["demo", str(folder / "demo")],
        ["import", str(folder / "demo")],
        ["measures", "follow"],
        ["balance"],
        ["cost"],
    )
    for arguments in commands:
        where = [] if arguments[0] == "demo" else ["--store", str(store)]
        code = (
            f"import sys; sys.argv = ['vardbalans', *{[*arguments, *where]!r}]; from vardbalans.cli import main; main()"
        )
        subprocess.run([sys.executable, "-c", code], env=environment(folder), check=True, stdout=subprocess.DEVNULL)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process over the store in *folder*: none of ours, and the key beside the store."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VARDBALANS_", "DJANGO_"))}
    return kept | {"VARDBALANS_KEY_FILE": str(folder / "key")}


@contextmanager
def serving(region: Path, folder: Path) -> Iterator[Site]:
    """Serve a copy of *region* in *folder* until the block ends."""
    store = folder / "store"
    shutil.copytree(region / "store", store)
    shutil.copy(region / "key", folder / "key")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(store), str(port)],
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    link = process.stdout.readline().strip()
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{base}/readyz", process)
        yield Site(base, link, store)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session")
def site(region: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(region, tmp_path_factory.mktemp("site")) as served:
        yield served


def wait_for(address: str, process: subprocess.Popen[Any]) -> None:
    for _attempt in range(200):
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own address
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not answer")


@pytest.fixture(scope="session")
def signed_in(site: Site, browser: Browser) -> dict[str, Any]:
    """Log in by the one-time link, choose a passphrase, and return the cookies."""
    context = browser.new_context(locale="sv-SE")
    page = context.new_page()
    begin(page, site.link)
    page.get_by_role("heading", level=1, name="Region Mellanälv").wait_for()
    kept = context.storage_state()
    context.close()
    return kept  # type: ignore[return-value]


@pytest.fixture
def opened(browser: Browser, site: Site, signed_in: dict) -> Iterator[Open]:
    """Return a function that opens a window, logged in, of a given width, theme and language."""
    contexts = []

    def make(width: int = 1280, theme: str = "light", language: str = "sv", **more: object) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, storage_state=signed_in, **more
        )
        context.add_cookies([{"name": "vardbalans_language", "value": language, "url": site.base}])
        contexts.append(context)
        return watched(context, site.base)

    yield make
    for context in contexts:
        context.close()
