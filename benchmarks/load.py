"""A load of planners on the served app, over loopback: how long they wait, and how much there is room for.

Each planner is a connection of its own, as a browser's. Planners wait between saves, at random, as people who type
do. Who plays them shares the machine's cores with the server, so what is measured is never better than the truth.
"""

import asyncio
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.app import cpu_seconds
from benchmarks.load_store import PEOPLE

__all__ = ["grid", "planners", "restart"]

_SERVE = (
    "import sys; from pathlib import Path; from vardbalans.web import serve; "
    "serve.run(Path(sys.argv[1]), '127.0.0.1', int(sys.argv[2]))"
)
_CSRF = "x" * 32
_CELLS = 10
_LOADS = {"40": (40, 2.0), "200": (200, 5.0)}
"""Planners at once, and the seconds that each waits between saves, on average."""
_AT_ONCE = 16
_OPEN_OVER_S = 60.0
"""The 200 planners open their plans at random moments of the first minute of the day."""


@contextmanager
def served(store: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve *store* and yield the port and the process, once it answers; it is killed in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(store), str(port)])
    try:
        _wait(port, process)
        yield port, process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _attempt in range(6000):
        if process.poll() is not None:
            raise SystemExit("the server ended")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as ready:
                ready.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if b" 200 " in ready.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.01)
    raise SystemExit("the server did not answer")


class Planner:
    """One planner: a session, a plan, and a connection that stays open."""

    def __init__(self, person: dict[str, Any], port: int, seed: int) -> None:
        self._person, self._port = person, port
        self.rng = random.Random(seed)  # noqa: S311 - what is typed, no secret
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._revision = 0

    async def save(self) -> float:
        """Save ten cells and return the seconds until it was acknowledged."""
        service = self.rng.choice(self._person["services"])
        weeks = self.rng.sample(self._person["weeks"], _CELLS)
        cells = [{"service": service, "week": week, "value": str(self.rng.randrange(1, 10**6))} for week in weeks]
        step = {"kind": "pasted", "base": self._revision, "token": f"{self.rng.getrandbits(96):x}", "cells": cells}
        seconds, status, body = await self._call("POST", "cells/", json.dumps(step))
        if status != 200:
            raise SystemExit(f"a save was answered with {status}: {body[:500]!r}")
        self._revision = json.loads(body)["revision"]
        return seconds

    async def open(self) -> float:
        """Open the plan's page and return the seconds until all of it was there."""
        seconds, status, body = await self._call("GET", "")
        if status != 200 or b"</html>" not in body:
            raise SystemExit(f"a plan was answered with {status}")
        return seconds

    async def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
            await self._streams[1].wait_closed()

    async def _call(self, method: str, page: str, body: str = "") -> tuple[float, int, bytes]:
        head = (
            f"{method} /plan/{self._person['version']}/{page} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Cookie: vardbalans_session={self._person['session']}; vardbalans_csrf={_CSRF}\r\nX-CSRFToken: {_CSRF}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write((head + body).encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = {
            name.casefold(): value.strip()
            for name, _colon, value in (line.partition(":") for line in answer.splitlines()[1:])
        }
        if headers.get("transfer-encoding") == "chunked":
            content = await _chunks(reader)
        else:
            content = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").casefold() == "close":
            writer.close()
            self._streams = None
        return time.perf_counter() - started, int(answer.split(" ", 2)[1]), content


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int((await reader.readline()).strip(), 16):
        content += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return content


def planners(folder: Path) -> dict[str, Any]:
    """Put the loads on the app, one after another; ``figures`` are in milliseconds and saves per second."""
    people = json.loads((folder / PEOPLE).read_text(encoding="utf-8"))[:-1]
    full = len(people) >= _LOADS["200"][0]
    figures: dict[str, float] = {}
    with served(folder / "store") as (port, process):
        before = cpu_seconds(process.pid)
        each = 15 if full else 1
        for name, (count, think_s) in _LOADS.items():
            asked = people[:count]
            waits = asyncio.run(
                _plan(asked, port, each if name == "40" else max(1, each // 2), think_s if full else 0.1)
            )
            figures[f"save_p50_ms_{name}"], figures[f"save_p95_ms_{name}"] = (
                _quantile(waits, 0.5),
                _quantile(waits, 0.95),
            )
        started = time.perf_counter()
        cpu = cpu_seconds(process.pid)
        count = len(asyncio.run(_plan(people[:_AT_ONCE], port, 60 if full else 2, 0.0)))
        figures["saves_per_second"] = round(count / (time.perf_counter() - started), 1)
        figures["cpu_ms_per_save"] = round((cpu_seconds(process.pid) - cpu) / count * 1000, 2)
        cpu = cpu_seconds(process.pid)
        opened = asyncio.run(_open(people, port, _OPEN_OVER_S if full else 1.0))
        figures["open_p50_ms"], figures["open_p95_ms"] = _quantile(opened, 0.5), _quantile(opened, 0.95)
        figures["cpu_ms_per_open"] = round((cpu_seconds(process.pid) - cpu) / len(opened) * 1000, 2)
        figures["server_cpu_seconds"] = round(cpu_seconds(process.pid) - before, 1)
    return {"figures": figures, "planners": len(people)}


async def _plan(people: list[dict[str, Any]], port: int, each: int, think_s: float) -> list[float]:
    """Return the seconds of every save of *people*, *each* times, with *think_s* between on average."""

    async def one(planner: Planner) -> list[float]:
        waits = []
        for _save in range(each):
            if think_s:
                await asyncio.sleep(min(planner.rng.expovariate(1 / think_s), 4 * think_s))
            waits.append(await planner.save())
        return waits

    return await _all(people, port, one)


async def _open(people: list[dict[str, Any]], port: int, over_s: float) -> list[float]:
    async def one(planner: Planner) -> list[float]:
        await asyncio.sleep(planner.rng.uniform(0, over_s))
        return [await planner.open()]

    return await _all(people, port, one)


async def _all(
    people: list[dict[str, Any]], port: int, one: Callable[[Planner], Awaitable[list[float]]]
) -> list[float]:
    everyone = [Planner(person, port, number) for number, person in enumerate(people)]
    try:
        return [seconds for waits in await asyncio.gather(*map(one, everyone)) for seconds in waits]
    finally:
        for planner in everyone:
            await planner.close()


def restart(folder: Path) -> dict[str, Any]:
    """Kill the app while planners save, start it again, and tell how long until it is ready."""
    people = json.loads((folder / PEOPLE).read_text(encoding="utf-8"))[:-1]
    times = []
    for _round in range(3):
        with served(folder / "store") as (port, process):
            asyncio.run(_plan(people[:8], port, 2, 0.0))
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        started = time.perf_counter()
        with served(folder / "store"):
            times.append(time.perf_counter() - started)
    return {"figures": {"restart_s": round(sorted(times)[1], 2)}}


def grid(folder: Path) -> dict[str, Any]:
    """Open the plan of 200 services and 52 or 53 weeks in Chromium, and tell when its grid can be typed in.

    ``grid_ready_ms`` is from the page's document being there to the grid's module having made it a grid, which is what
    the browser does; ``page_ms`` is from the click.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this side needs it

    from tests.browser.windows import ARGUMENTS  # noqa: PLC0415 - only this side needs it

    person = json.loads((folder / PEOPLE).read_text(encoding="utf-8"))[-1]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    ready, whole = [], []
    with served(folder / "store") as (port, _process), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(locale="sv-SE", viewport={"width": 1440, "height": 900})
        cookie = {"name": "vardbalans_session", "value": person["session"], "url": f"http://127.0.0.1:{port}"}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        for _open in range(5):
            page.goto(f"http://127.0.0.1:{port}/plan/{person['version']}/", wait_until="load")
            page.wait_for_selector("[role=grid] [tabindex='0']")
            told = page.evaluate(_READY)
            ready.append(told["ready"] - told["document"])
            whole.append(told["ready"])
        rows = page.evaluate("document.querySelectorAll('[role=grid] [data-service]').length")
        browser.close()
    figures = {"grid_ready_ms": round(sorted(ready)[2], 1), "page_ms": round(sorted(whole)[2], 1), "grid_rows": rows}
    return {"figures": figures}


_READY = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  const marks = performance.getEntriesByName('grid-ready');
  return {document: page.responseEnd, ready: marks.length ? marks[0].startTime : page.domContentLoadedEventEnd};
}"""


def _quantile(seconds: list[float], share: float) -> float:
    """Return the quantile in milliseconds."""
    return round(sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] * 1000, 1)
