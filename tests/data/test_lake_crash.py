"""An import that dies leaves the old version or the new, never a third."""

import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.data.lake_deliveries import POINTS, deliver, expected, held
from vardbalans.data.lake import Lake

ROUNDS = 200
TREE = Path(__file__).parents[2]


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def importer(lake: Lake, inbox: Path) -> Iterator[Start]:
    """Start importing processes; each waits for its first number. None outlives the test."""
    with ExitStack() as started:

        def start(*point: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "tests.data.lake_deliveries", str(lake.root), str(inbox), *point]
            process = started.enter_context(
                subprocess.Popen(command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            started.callback(process.kill)
            return process

        yield start


def go(process: subprocess.Popen[str], number: int) -> None:
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(f"{number}\n")
    process.stdin.flush()


def kill(process: subprocess.Popen[str]) -> list[int]:
    """Kill -9 and return the numbers of the deliveries that were acknowledged."""
    process.kill()
    return [int(line) for line in process.communicate()[0].splitlines()]


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
    lake: Lake, inbox: Path, importer: Start, point: str, before: int
) -> None:
    for number in range(1, before + 1):
        deliver(lake, number, inbox)
    process = importer(point)
    go(process, before + 1)
    assert process.communicate()[0] == ""
    assert process.returncode == 9
    holds = before + (point == "pointer committed")
    assert (lake.head().number if lake.head() else 0) == holds
    assert held(lake) == expected(holds)
    assert lake.verify() == []
    assert deliver(lake, holds + 1, inbox).number == holds + 1
    assert held(lake) == expected(holds + 1)
    assert lake.verify() == []


@pytest.mark.crash
def test_the_delta_heads_alone_would_show_half_an_import(lake: Lake, inbox: Path, importer: Start) -> None:
    """The fault the pointer guards against is real: two tables are at the new delivery, the third at the old."""
    deliver(lake, 1, inbox)
    process = importer("second table")
    go(process, 2)
    process.communicate()
    counted = {name: DeltaTable(lake.root / "lake" / name).count() for name in expected(1)}
    whole = [{name: len(content) for name, content in expected(number).items()} for number in (1, 2)]
    assert counted not in whole
    assert held(lake) == expected(1)


@pytest.mark.crash
def test_kill_at_random_moments_leaves_old_or_new(lake: Lake, inbox: Path, importer: Start) -> None:
    """Each round a process imports without pause until it is killed; what it acknowledged is never lost."""
    moments = random.Random(20261122)  # noqa: S311 - moments to kill at, no secret
    waiting = deque(importer() for _ in range(2))
    seconds = [timed_delivery(lake, number, inbox) for number in (1, 2, 3)][-1]
    nothing_moved = unacknowledged = 0
    for _ in range(ROUNDS):
        old = lake.head().number
        process = waiting.popleft()
        go(process, old + 1)
        time.sleep(moments.uniform(0, 2 * seconds))
        acknowledged = kill(process)
        waiting.append(importer())
        last = acknowledged[-1] if acknowledged else old
        head = lake.head()
        assert head.number in (last, last + 1)
        nothing_moved += head.number == old
        unacknowledged += head.number > last
        assert held(lake) == expected(head.number)
        assert lake.verify() == []
        seconds = timed_delivery(lake, head.number + 1, inbox)
    sys.stdout.write(f"{ROUNDS} kills: {nothing_moved} in the first import, {unacknowledged} after a pointer\n")
    assert ROUNDS / 10 < nothing_moved < ROUNDS * 9 / 10


def timed_delivery(lake: Lake, number: int, inbox: Path) -> float:
    """Import delivery *number* and return the seconds it took: the span that moments are drawn from."""
    started = time.perf_counter()
    assert deliver(lake, number, inbox).number == number
    return time.perf_counter() - started
