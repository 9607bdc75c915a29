"""A region's waiting lists, simulated by us and by events in a heap, one person at a time.

Chains of three lists (first visit, diagnostics, surgery), 26 weeks of people waiting, removals, a share led on after up
to eleven weeks; 104 weeks. The events are plain Python on ``heapq``, which handles several times as many a second as a
simulation library's processes do, so the ratio is below what it would be against one. They are run for a few futures,
and their seconds scaled to as many as ours.
"""

import heapq
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.engine.sampling import stream
from vardbalans.engine.waitlist.lists import Capacity, Referral, WaitingList
from vardbalans.engine.waitlist.run import project

__all__ = ["events_region", "project_region", "write_region"]

WEEKS, AGES, REMOVAL, LIMIT_DAYS = 104, 26, 0.004, 90
LEVELS, OUTSIDE, CAPACITY = (30, 12, 10), (30, 1, 1), (31.0, 12.5, 7.0)
SHARES, LAGS = (0.35, 0.5), (1 / 12,) * 12
_FULL = 300


def write_region(folder: Path, size: int | str, seed: int) -> None:
    """Write what is asked, and run a small region once so that nothing is compiled while the clock goes."""
    lists = int(size)
    draws = 1000 if lists >= _FULL else 20
    (folder / "waits.json").write_text(json.dumps({"lists": lists, "draws": draws, "seed": seed}))
    _project(3, 2, seed)


def project_region(folder: Path) -> dict[str, Any]:
    """Project all lists with all draws on two threads; making the arrivals is part of it."""
    asked = json.loads((folder / "waits.json").read_text())
    return {"lists": _project(asked["lists"], asked["draws"], asked["seed"]), "draws": asked["draws"]}


def _project(count: int, draws: int, seed: int) -> int:
    lists, referrals = [], []
    for chain in range(count // 3):
        for stage in range(3):
            name = f"{chain}-{stage}"
            came = stream(seed, "bench", name).poisson(OUTSIDE[stage], (draws, WEEKS)).astype(np.int32)
            waiting = np.full((1, AGES), LEVELS[stage])
            capacity = Capacity("own", np.full(WEEKS, CAPACITY[stage]))
            lists.append(
                WaitingList(name, waiting, came, (capacity,), hazard=np.array([REMOVAL]), limit_days=LIMIT_DAYS)
            )
            if stage:
                referrals.append(Referral(f"{chain}-{stage - 1}", name, SHARES[stage - 1], LAGS))
    with ThreadPoolExecutor(2) as executor:
        return len(project(lists, referrals, seed=seed, executor=executor).lists)


def events_region(folder: Path) -> dict[str, Any]:
    """Simulate some chains for a few futures event by event; ``seconds`` is scaled to all chains and draws."""
    asked = json.loads((folder / "waits.json").read_text())
    chains = asked["lists"] // 3
    done = min(chains, 10) * 2
    started = time.perf_counter()
    rng = random.Random(asked["seed"])  # noqa: S311 - nothing secret
    for _ in range(done):
        _Chain(rng).run()
    seconds = (time.perf_counter() - started) * chains * asked["draws"] / done
    return {"seconds": seconds, "lists": asked["lists"], "draws": asked["draws"]}


class _Chain:
    """Three lists as events: (week, 0 leave · 1 come · 2 clinic, list, person), the earliest first."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.events: list[tuple[int, int, int, int]] = []
        self.came: list[int] = []
        self.turns: list[list[tuple[int, int]]] = [[], [], []]
        self.gone: set[int] = set()
        self.shares: list[list[float]] = [[], [], []]
        for at in range(3):
            for person in range(AGES * LEVELS[at]):
                self.enter(at, -1 - person % AGES)
            for week in range(WEEKS):
                heapq.heappush(self.events, (week, 2, at, 0))
                for _ in range(_poisson(rng, OUTSIDE[at])):
                    heapq.heappush(self.events, (week, 1, at, 0))

    def run(self) -> None:
        while self.events:
            week, what, at, person = heapq.heappop(self.events)
            if what == 0:
                self.gone.add(person)
            elif what == 1:
                self.enter(at, week)
            else:
                self.hold_clinic(at, week)

    def enter(self, at: int, week: int) -> None:
        person = len(self.came)
        self.came.append(week)
        heapq.heappush(self.turns[at], (week, person))
        leaves = max(week, -1) + 1 + int(np.log(1 - self.rng.random()) / np.log(1 - REMOVAL))
        if leaves < WEEKS:
            heapq.heappush(self.events, (leaves, 0, at, person))

    def hold_clinic(self, at: int, week: int) -> None:
        places = int((week + 1) * CAPACITY[at]) - int(week * CAPACITY[at])
        while places and self.turns[at]:
            _, first = heapq.heappop(self.turns[at])
            if first in self.gone:
                continue
            self.gone.add(first)
            places -= 1
            if at < 2 and self.rng.random() < SHARES[at]:
                heapq.heappush(self.events, (week + self.rng.randrange(len(LAGS)), 1, at + 1, 0))
        waiting = [week - since for since, person in self.turns[at] if person not in self.gone]
        self.shares[at].append(sum(7 * (age + 1) <= LIMIT_DAYS + 1 for age in waiting) / max(len(waiting), 1))


def _poisson(rng: random.Random, mean: float) -> int:
    count, reached = 0, rng.expovariate(1.0)
    while reached < mean:
        count += 1
        reached += rng.expovariate(1.0)
    return count
