"""An import that dies leaves the old version or the new, never a third."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.data.lake_deliveries import POINTS, deliver, expected, held
from vardbalans.data.lake import Lake

SERIES, ROUNDS = 8, 25  # 200 kills; short series, since a store's checks grow with its versions
TREE = Path(__file__).parents[2]


class Importers:
    """Starts importing processes, one at a time, from one that has everything loaded."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._running = 0

    def start(self, lake: Lake, inbox: Path, number: int, *point: str) -> None:
        """Start an import of delivery *number* and those that follow."""
        self._process.stdin.write("\t".join([str(lake.root), str(inbox), str(number), *point]) + "\n")
        self._process.stdin.flush()
        self._running = int(self._process.stdout.readline())

    def ended(self) -> tuple[list[int], int]:
        """Wait for the end; return the acknowledged deliveries and the exit code."""
        told: list[str] = []
        while not (line := self._process.stdout.readline()).startswith("ended"):
            told.append(line)
        return [int(number) for number in told], int(line.split()[1])

    def kill(self) -> list[int]:
        """Kill -9 and return the deliveries that were acknowledged."""
        os.kill(self._running, signal.SIGKILL)
        told, code = self.ended()
        assert code == -signal.SIGKILL
        return told


@pytest.fixture(scope="module")
def importers() -> Iterator[Importers]:
    command = [sys.executable, "-m", "tests.data.lake_deliveries"]
    with subprocess.Popen(command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Importers(process)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "store")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.mark.crash
@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("point", POINTS)
def test_dying_at_each_step_leaves_old_or_new(
    lake: Lake, inbox: Path, importers: Importers, point: str, before: int
) -> None:
    for number in range(1, before + 1):
        deliver(lake, number, inbox)
    importers.start(lake, inbox, before + 1, point)
    assert importers.ended() == ([], 9)
    holds = before + (point == "pointer committed")
    assert (lake.head().number if lake.head() else 0) == holds
    assert held(lake) == expected(holds)
    assert lake.verify() == []
    assert deliver(lake, holds + 1, inbox).number == holds + 1
    assert held(lake) == expected(holds + 1)
    assert lake.verify() == []


@pytest.mark.crash
def test_the_delta_heads_alone_would_show_half_an_import(lake: Lake, inbox: Path, importers: Importers) -> None:
    """The fault the pointer guards against is real: two tables are at the new delivery, the third at the old."""
    deliver(lake, 1, inbox)
    importers.start(lake, inbox, 2, "second table")
    assert importers.ended() == ([], 9)
    counted = {name: DeltaTable(lake.root / "lake" / name).count() for name in expected(1)}
    whole = [{name: len(content) for name, content in expected(number).items()} for number in (1, 2)]
    assert counted not in whole
    assert held(lake) == expected(1)


@pytest.mark.crash
@pytest.mark.parametrize("series", range(SERIES))
def test_kill_at_random_moments_leaves_old_or_new(lake: Lake, inbox: Path, importers: Importers, series: int) -> None:
    """Each round a process imports without pause until it is killed; what it acknowledged is never lost."""
    moments = random.Random(series)  # noqa: S311 - moments to kill at, no secret
    seconds = [timed_delivery(lake, number, inbox) for number in (1, 2, 3)][-1]
    nothing_moved = unacknowledged = 0
    for _ in range(ROUNDS):
        old = lake.head().number
        importers.start(lake, inbox, old + 1)
        time.sleep(moments.uniform(0, 2 * seconds))
        acknowledged = importers.kill()
        last = acknowledged[-1] if acknowledged else old
        head = lake.head()
        assert head.number in (last, last + 1)
        nothing_moved += head.number == old
        unacknowledged += head.number > last
        assert held(lake) == expected(head.number)
        assert lake.verify() == []
        seconds = timed_delivery(lake, head.number + 1, inbox)
    sys.stdout.write(f"{ROUNDS} kills: {nothing_moved} in the first import, {unacknowledged} after a pointer\n")
    assert 0 < nothing_moved < ROUNDS


def timed_delivery(lake: Lake, number: int, inbox: Path) -> float:
    """Import delivery *number* and return the seconds it took: the span that moments are drawn from."""
    started = time.perf_counter()
    assert deliver(lake, number, inbox).number == number
    return time.perf_counter() - started
