"""Run benchmarks and print one JSON document: ``python -m benchmarks.run [NAME…] [--size small|full]``.

Every side runs in a process of its own, one at a time. ``ratio`` is the peer's seconds over ours: above one we are
faster. ``cpu_of_peer`` is our CPU time over the peer's. ``of_limit`` is the share of a limit that ours used,
``of_floor`` how far above a floor it came. Progress goes to stderr.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.registry import BENCHMARKS, Benchmark

__all__ = ["main", "require_same_answer", "run_benchmark"]

_TREE = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks, all of them where none is named, and print what was measured."""
    parser = argparse.ArgumentParser(prog="benchmarks.run")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--size", choices=("small", "full"), default="full")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(BENCHMARKS)}")
    found = [run_benchmark(BENCHMARKS[name], given.size) for name in given.names or BENCHMARKS]
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    print(json.dumps({"machine": machine, "size": given.size, "benchmarks": found}, ensure_ascii=False))
    return 0


def run_benchmark(benchmark: Benchmark, size: str) -> dict[str, Any]:
    """Prepare *benchmark* in a folder of its own, run its sides, and return what was measured."""
    with tempfile.TemporaryDirectory(prefix="vardbalans-bench-") as name:
        folder = Path(name)
        print(f"{benchmark.name}: preparing ({benchmark.sizes[size]})", file=sys.stderr)
        _measured(_preparing(benchmark, folder, size))
        sides = {}
        for side, command in benchmark.sides(folder).items():
            print(f"{benchmark.name}: {side}", file=sys.stderr)
            sides[side] = _measured(command)
    require_same_answer(benchmark, sides)
    return {
        "name": benchmark.name,
        "question": benchmark.question,
        "size": benchmark.sizes[size],
        "seed": benchmark.seed,
        "peer": benchmark.peer,
        "sides": _figures(sides, benchmark.sizes[size]),
        **_judged(benchmark, sides),
    }


def _preparing(benchmark: Benchmark, folder: Path, size: str) -> list[str]:
    # In a process of its own, so that this one stays small: a child's peak starts from what its parent held.
    code = (
        "import sys; from pathlib import Path; from benchmarks.registry import BENCHMARKS; "
        "b = BENCHMARKS[sys.argv[1]]; b.prepare(Path(sys.argv[2]), b.sizes[sys.argv[3]], b.seed); print('{}')"
    )
    return [sys.executable, "-c", code, benchmark.name, str(folder), size]


def _measured(command: list[str]) -> dict[str, Any]:
    """Run *command* and return its seconds and CPU seconds (its own where it tells them), peak memory, JSON answer."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, cwd=_TREE)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:6])} … ended with {process.returncode}: {text[-2000:]}")
    told = json.loads(text)
    return {
        "seconds": told.get("seconds", seconds),
        "cpu_seconds": told.get("cpu_seconds", used.ru_utime + used.ru_stime),
        "peak_mb": used.ru_maxrss / 1024,
        "answer": told.get("answer"),
    }


def require_same_answer(benchmark: Benchmark, sides: dict[str, dict[str, Any]]) -> None:
    """End the run where two sides answered differently: a wrong answer has no speed."""
    answers = [side["answer"] for side in sides.values() if side["answer"] is not None]
    if any(answer != answers[0] for answer in answers[1:]):
        raise SystemExit(f"{benchmark.name}: the sides disagree: {answers}")


def _figures(sides: dict[str, dict[str, Any]], size: int | str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, side in sides.items():
        found[name] = {
            "seconds": round(side["seconds"], 3),
            "cpu_seconds": round(side["cpu_seconds"], 3),
            "peak_mb": round(side["peak_mb"], 1),
        }
        if told := (side["answer"] or {}).get("figures"):
            found[name]["figures"] = told
        elif isinstance(size, int):
            found[name]["rows_per_second"] = round(size / side["seconds"])
    return found


def _judged(benchmark: Benchmark, sides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    judged: dict[str, Any] = {}
    kept = sides["ours"] | (sides["ours"]["answer"] or {}).get("figures", {})
    if "peer" in sides:
        kept["ratio"] = judged["ratio"] = round(sides["peer"]["seconds"] / sides["ours"]["seconds"], 3)
        kept["cpu_of_peer"] = sides["ours"]["cpu_seconds"] / max(sides["peer"]["cpu_seconds"], 0.001)
        judged["cpu_of_peer"] = round(kept["cpu_of_peer"], 3)
    if benchmark.limits:
        judged["limits"] = dict(benchmark.limits)
        judged["of_limit"] = {name: round(kept[name] / limit, 3) for name, limit in benchmark.limits.items()}
    if benchmark.floors:
        judged["floors"] = dict(benchmark.floors)
        judged["of_floor"] = {name: round(kept[name] / floor, 3) for name, floor in benchmark.floors.items()}
    return judged


if __name__ == "__main__":
    sys.exit(main())
