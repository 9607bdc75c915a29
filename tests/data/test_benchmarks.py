"""The benchmark registry: every benchmark runs at its small size, and its sides agree."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import run as bench
from benchmarks.registry import BENCHMARKS

TREE = Path(__file__).parents[2]


def benchmarked(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.run", *arguments]
    return subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)


TESTED_ELSEWHERE = {"web-fuzz", "web-grid", "web-kills-postgresql", "web-kills-sqlite", "web-restart"}
"""Their harnesses have tests of their own in tests/web, or share web-load's; a store for each would take minutes."""


@pytest.mark.parametrize("name", sorted(BENCHMARKS.keys() - TESTED_ELSEWHERE))
def test_a_benchmark_answers_in_one_json_document(name: str) -> None:
    done = benchmarked(name, "--size", "small")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (benchmark,) = found["benchmarks"]
    assert (benchmark["name"], benchmark["size"]) == (name, BENCHMARKS[name].sizes["small"])
    sides = benchmark["sides"]
    assert all(side["seconds"] > 0 and side["peak_mb"] > 20 for side in sides.values())
    if "peer" in sides:
        ratio = sides["peer"]["seconds"] / sides["ours"]["seconds"]
        assert benchmark["ratio"] == pytest.approx(ratio, rel=0.1)
    else:
        assert benchmark["of_limit"]["seconds"] > 0  # how fast depends on the machine


def test_an_unknown_name_is_refused() -> None:
    done = benchmarked("speed-of-light")
    assert done.returncode == 2
    assert "speed-of-light" in done.stderr
    assert done.stdout == ""


def test_sides_that_disagree_give_no_figures() -> None:
    sides = {"ours": {"answer": {"rows": 1}}, "peer": {"answer": {"rows": 2}}}
    with pytest.raises(SystemExit, match="disagree"):
        bench.require_same_answer(BENCHMARKS["counts-query"], sides)


def test_a_ratio_is_held_against_its_floor() -> None:
    ours = {"seconds": 1.0, "cpu_seconds": 1.0, "peak_mb": 50, "answer": None}
    sides = {"ours": ours, "peer": ours | {"seconds": 50.0}}
    assert bench._judged(BENCHMARKS["beds-sum"], sides)["of_floor"] == {"ratio": 0.5}
    assert bench._judged(BENCHMARKS["beds-events"], sides)["of_floor"] == {"ratio": 1.25}
