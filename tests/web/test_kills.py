"""No acknowledged save is lost and no effect comes twice, whenever a process is killed. Both databases."""

import json
import subprocess
import sys

import pytest

from tests.web.test_workers import ROOT, local, place, store

__all__ = ["local", "place", "store"]

pytestmark = pytest.mark.crash
ROUNDS = 200


def test_two_hundred_killed_processes_lose_nothing_and_do_nothing_twice(place, store) -> None:
    command = [sys.executable, "-m", "benchmarks.kills", str(store), str(ROUNDS), "1"]
    done = subprocess.run(command, env=place, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["database"] == ("postgresql" if "VARDBALANS_DATABASE_URL" in place else "sqlite3")
    assert (found["rounds"], found["lost"], found["duplicates"], found["sound"]) == (ROUNDS, 0, 0, True), found
    assert found["acknowledged_saves"] >= ROUNDS // 2
    assert found["acknowledged_jobs"] >= 10
    assert found["unacknowledged_sends"] >= 20  # it was killed in the midst of saving, not between
    assert found["log"] in {"verified", "no command"}


def test_the_harness_sees_what_is_lost_and_what_comes_twice(local, store) -> None:
    """A database that forgot what it acknowledged, and one where a step came twice, are told of."""
    code = (
        "import sys; from pathlib import Path; from benchmarks import kills; "
        "kills.room('serve').prepare(Path(sys.argv[1])); version = kills._arranged(); "
        "[kills._save(version, name) for name in ('a', 'b')]; "
        "models = kills.room('planning.models'); first, second = models.Step.objects.order_by('pk'); "
        "assert (kills._missing(version, {'a', 'b'}, set(), set()), kills._duplicates(version)) == (0, 0); "
        "assert kills._missing(version, {'a', 'c'}, set(), set()) == 1; "
        "models.Cell.objects.first().delete(); assert not kills._sound(version); "
        "second.changes.all().delete(); second.delete(); "
        "print(kills._missing(version, {'a', 'b'}, {'7'}, {'8'}), kills._duplicates(version))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store)], env=local, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["3", "1"]
