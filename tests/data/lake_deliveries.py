"""A series of deliveries over three tables, what the store must hold after each, and the process that imports them.

Run as a program it reads lines ``store⇥inbox⇥number[⇥point]``. For each it starts a process that imports from that
delivery on without end and writes each number when its commit has returned, or dies at the named point.
"""

import os
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from tests.data.lake_rows import AT, bed, contact, rows
from vardbalans.data.lake import Lake, Version, originals, store, versions
from vardbalans.data.tables import TABLES

POINTS = ("originals kept", "first table", "second table", "last table", "pointer written", "pointer committed")
"""Where an import can be made to die: up to ``pointer written`` the old version holds, after it the new."""


def delivered(number: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of delivery *number* (from 1): some new, some that change what came before."""
    referral = {"patient_key": "P1", "unit_id": "U1", "service_id": "S1", "issued": date(2026, 1, 20)}
    return {
        "contacts": [contact(index, age=number % 100) for index in (0, 1, 2)]
        + [contact(number * 10 + index) for index in (0, 1, 2, 3)],
        "beds": [bed(1 + number % 28, number), bed(1, number, "W2")],
        "referrals": [referral | {"referral_id": f"R{number}"}],
    }


def expected(number: int) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
    """Return what the store must hold after deliveries 1 to *number*: table → key → row, by plain assignment."""
    held: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for earlier in range(1, number + 1):
        for table, stored in _stored(earlier).items():
            for row in stored:
                held.setdefault(table, {})[tuple(row[name] for name in TABLES[table].key)] = row
    return held


@cache
def _stored(number: int) -> dict[str, list[dict[str, Any]]]:
    return {name: rows(name, given, f"{number}.csv").to_pylist() for name, given in delivered(number).items()}


def held(lake: Lake, version: int | None = None) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
    """Return what the store holds, in the shape of :func:`expected`; a key that stands twice is an error."""
    found = {}
    for table in delivered(1):
        stored = lake.read(table, version).to_pylist()
        found[table] = {tuple(row[name] for name in TABLES[table].key): row for row in stored}
        assert len(found[table]) == len(stored)
    return {table: content for table, content in found.items() if content}


def deliver(lake: Lake, number: int, inbox: Path) -> Version:
    """Import delivery *number* with an original file."""
    original = inbox / f"{number}.csv"
    original.write_text(f"delivery {number}\n" * 1000)
    tables = {name: rows(name, given, original.name) for name, given in delivered(number).items()}
    return lake.commit(tables, by="Ada", at=AT, originals=[original])


def die_after(place: object, name: str, calls: int = 1) -> None:
    """Make the function *name* of *place* end the process, as kill -9 would, when it has run *calls* times."""
    function, left = getattr(place, name), [calls]

    def run_and_die(*args: Any, **named: Any) -> Any:
        result = function(*args, **named)
        left[0] -= 1
        if not left[0]:
            os._exit(9)
        return result

    setattr(place, name, run_and_die)


ARM: dict[str, Callable[[], None]] = {
    "originals kept": lambda: die_after(originals, "keep_original"),
    "first table": lambda: die_after(store, "commit_files"),
    "second table": lambda: die_after(store, "commit_files", 2),
    "last table": lambda: die_after(store, "commit_files", 3),
    "pointer written": lambda: die_after(versions, "install"),
    "pointer committed": lambda: die_after(versions, "commit_files"),
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class WithoutPandas(MetaPathFinder):
    """Keep pandas out: pyarrow loads it where it can, at the price of a second for each process."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def run(root: str, inbox: str, number: str, point: str = "") -> None:
    """Deliver from *number* on without end; die at *point* where one is named."""
    if point:
        ARM[point]()
    lake, each = Lake(Path(root)), int(number)
    while True:
        deliver(lake, each, Path(inbox))
        say(str(each))
        each += 1


def main() -> None:
    """Answer each line on stdin with a process that runs it; tell its id, and how it ended.

    Forking is safe here, and here alone: this process has loaded the lake but never used it.
    """
    for line in sys.stdin:
        if process := os.fork():
            say(str(process))
            say(f"ended {os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}")
        else:
            try:
                run(*line.rstrip("\n").split("\t"))
            finally:
                os._exit(1)


if __name__ == "__main__":
    sys.meta_path.insert(0, WithoutPandas())
    main()
