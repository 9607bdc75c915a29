"""A region's waiting lists, simulated by us and by SimPy, where each person is a process.

Chains of three lists (first visit, diagnostics, surgery), 26 weeks of people waiting, removals, a share led on after up
to eleven weeks; 104 weeks. SimPy is run for a few
futures, and its seconds scaled to as many as ours.
"""

import json
import random
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import simpy

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
    """Simulate some chains for a few futures by SimPy; ``seconds`` is scaled to all chains and draws."""
    asked = json.loads((folder / "waits.json").read_text())
    chains = asked["lists"] // 3
    done = min(chains, 10) * 2
    started = time.perf_counter()
    rng = random.Random(asked["seed"])  # noqa: S311 - nothing secret
    for _ in range(done):
        _chain(rng)
    seconds = (time.perf_counter() - started) * chains * asked["draws"] / done
    return {"seconds": seconds, "lists": asked["lists"], "draws": asked["draws"]}


class _Clinic:
    """One list: a store of turns, and each person a process that waits for theirs or leaves before it."""

    def __init__(self, env: simpy.Environment, rng: random.Random, at: int, after: "_Clinic | None") -> None:
        self.env, self.rng, self.at, self.after = env, rng, at, after
        self.turns = simpy.PriorityStore(env)
        self.waiting: dict[int, int] = {}
        self.people = 0
        self.shares: list[float] = []
        for person in range(AGES * LEVELS[at]):
            env.process(self.person(-1 - person % AGES))
        env.process(self.weeks())

    def person(self, came: int) -> Generator[simpy.Event, Any, None]:
        me, turn = self.people, self.env.event()
        self.people += 1
        self.waiting[me] = came
        yield self.turns.put(simpy.PriorityItem((came, me), turn))
        leaves = max(came, -1) + 1 + int(np.log(1 - self.rng.random()) / np.log(1 - REMOVAL))
        yield turn | self.env.timeout(max(leaves - self.env.now, 0))
        del self.waiting[me]
        if turn.triggered and self.after and self.rng.random() < SHARES[self.at]:
            yield self.env.timeout(self.rng.randrange(len(LAGS)))
            self.env.process(self.after.person(int(self.env.now)))

    def weeks(self) -> Generator[simpy.Event, Any, None]:
        for week in range(WEEKS):
            for _ in range(_poisson(self.rng, OUTSIDE[self.at])):
                self.env.process(self.person(week))
            yield self.env.timeout(0.5)
            places = int((week + 1) * CAPACITY[self.at]) - int(week * CAPACITY[self.at])
            while places and self.turns.items:
                called = yield self.turns.get()
                if called.priority[1] in self.waiting:
                    called.item.succeed()
                    places -= 1
            yield self.env.timeout(0.5)
            within = sum(7 * (week - came + 1) <= LIMIT_DAYS + 1 for came in self.waiting.values())
            self.shares.append(within / max(len(self.waiting), 1))


def _chain(rng: random.Random) -> None:
    env = simpy.Environment()
    clinic = None
    for at in (2, 1, 0):
        clinic = _Clinic(env, rng, at, clinic)
    env.run(until=WEEKS)


def _poisson(rng: random.Random, mean: float) -> int:
    count, reached = 0, rng.expovariate(1.0)
    while reached < mean:
        count += 1
        reached += rng.expovariate(1.0)
    return count
