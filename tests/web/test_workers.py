"""Workers as they run: processes that are killed, that race for a job, that end with the server. Both databases."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.web.test_serve import environment, fetch, served

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests/web/job_script.py"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def local(store: Path) -> dict[str, str]:
    """Return the environment of a new store, with a lease of two seconds."""
    return environment(
        VARDBALANS_DATA_DIR=str(store),
        VARDBALANS_JOB_LEASE_SECONDS="2",
        VARDBALANS_JOB_MEMORY_MB="3000",
        PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    )


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, local: dict[str, str]) -> dict[str, str]:
    """Return *local*, with the database in SQLite or in PostgreSQL."""
    if request.param == "sqlite":
        return local
    server = request.getfixturevalue("server")
    name = f"workers_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return local | {"VARDBALANS_DATABASE_URL": f"{server.rsplit('/', 1)[0]}/{name}"}


def script(place: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, env=place, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-4000:]
    return done


def report(place: dict[str, str]) -> dict:
    return json.loads(script(place, "report").stdout)


def until(true: Callable[[], bool]) -> None:
    for _attempt in range(600):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen within a minute")


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"


def test_a_worker_killed_in_an_import_is_taken_over_and_the_result_is_there_once(place, store) -> None:
    script(place, "arrange")
    doomed = subprocess.Popen([sys.executable, str(SCRIPT), "work", "waiting"], env=place, stderr=subprocess.DEVNULL)
    until((store / "reached").exists)
    child = int((store / "reached").read_text(encoding="utf-8"))
    doomed.send_signal(signal.SIGKILL)
    doomed.wait(10)
    until(lambda: not runs(child))

    time.sleep(2.1)  # the lease
    command = [sys.executable, "-m", "vardbalans.cli", "worker", "--once"]
    subprocess.run(command, env=place, check=True, timeout=120)
    found = report(place)
    (looked, stored, *judgements) = found["jobs"]
    assert (looked["state"], looked["attempts"]) == ("done", 1)
    assert (stored["state"], stored["attempts"], stored["token"], stored["result"]["version"]) == ("done", 2, 2, 2)
    assert judgements  # of the new version, and of the one before if a worker came to think of it first
    assert {(judged["state"], judged["attempts"]) for judged in judgements} == {("done", 1)}
    assert (found["versions"], found["absences"], found["uploads"]) == ([1, 2], 3, ["stored"])
    assert len(found["imported"]) == 1
    assert {path.name for path in (store / "uploads").iterdir()} <= {"incoming"}


def test_of_several_workers_only_one_gets_each_job(place) -> None:
    script(place, "count", "12", "3")
    found = report(place)
    assert [(job["state"], job["attempts"]) for job in found["jobs"]] == [("done", 1)] * 12
    assert len(found["imported"]) == len({*found["imported"]}) == 12


def workers_of(store: Path) -> list[int]:
    """Return the processes that are workers of *store*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"vardbalans.web.worker" in words and str(store).encode() in words and runs(int(path.parent.name)):
            found.append(int(path.parent.name))
    return found


def test_the_server_keeps_one_worker_that_ends_with_it(store) -> None:
    with served(store) as base:
        until(lambda: len(workers_of(store)) == 1)
        (first,) = workers_of(store)
        os.kill(first, signal.SIGKILL)
        until(lambda: len(workers_of(store)) == 1 and workers_of(store) != [first])
        assert fetch(f"{base}/livez")
    until(lambda: workers_of(store) == [])


def test_a_worker_told_to_end_gives_its_job_back_at_once(local, store) -> None:
    script(local, "arrange")
    told = subprocess.Popen([sys.executable, str(SCRIPT), "work", "waiting"], env=local)
    until((store / "reached").exists)
    told.terminate()
    assert told.wait(20) == 0
    job = report(local)["jobs"][1]
    assert (job["state"], job["attempts"], job["worker"]) == ("queued", 0, "")


def test_a_job_gets_no_more_memory_than_its_limit(local) -> None:
    script(local, "arrange")
    script(local, "work", "greedy", "once")
    found = report(local)
    assert (found["jobs"][1]["state"], found["jobs"][1]["error"]["values"]) == ("failed", {"limit": 3000})
    assert (found["versions"], found["uploads"]) == ([1], ["open"])
