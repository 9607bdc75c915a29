"""A clinic to plan: services that share resources, lists past their limit, flows between, and draws of it all."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from vardbalans.engine.periods import Period, weeks_from
from vardbalans.engine.plan.data import Link, PlannedResource, PlannedService, Problem, Use, Way

__all__ = ["read_clinic", "write_clinic"]

_WEEKS, _DRAWS, _SURE = 53, 1000, 0.8


def write_clinic(folder: Path, size: int | str, seed: int) -> None:
    """Write what a run would give for *size* services and five eighths as many resources."""
    rng, services = np.random.default_rng(seed), int(size)
    resources = max(1, services * 5 // 8)
    level = rng.uniform(3, 30, services)
    minutes = np.zeros((services, resources))
    for row in minutes:
        used = rng.choice(resources, min(3, resources), replace=False)
        row[used] = rng.uniform(20, 120, len(used))
    need = rng.poisson(level[:, None, None], (services, _DRAWS, _WEEKS))
    room = (minutes * level[:, None]).sum(axis=0)[:, None, None] * rng.normal(1.0, 0.05, (resources, _DRAWS, _WEEKS))
    np.savez(
        folder / "clinic.npz", level=level, minutes=minutes, need=need.astype(np.int16), room=room.astype(np.float32)
    )


def read_clinic(folder: Path) -> Problem:
    """Return the clinic's problem: three of four services have a list, and each of these leads to the next."""
    with np.load(folder / "clinic.npz") as given:
        level, minutes, need, room = (given[name] for name in ("level", "minutes", "need", "room"))
    has_list = [index % 4 != 3 for index in range(len(level))]
    services = tuple(_service(index, level, minutes, need, has_list[index]) for index in range(len(level)))
    acute = [index for index, listed in enumerate(has_list) if not listed]
    left = room - np.tensordot(minutes[acute].T, need[acute].astype(np.float32), axes=1)
    resources = tuple(
        PlannedResource(
            f"r{index}",
            f"r{index}",
            np.maximum(room[index].mean(axis=0), 0.0),
            surely=np.maximum(np.quantile(left[index], 1 - _SURE, axis=0), 0.0),
        )
        for index in range(minutes.shape[1])
    )
    listed = [index for index, listed in enumerate(has_list) if listed]
    links = tuple(Link(f"s{a}", f"s{b}", 0.2, (0.0, 0.3, 0.4, 0.3)) for a, b in pairwise(listed))
    return Problem(weeks_from(Period.parse("2026-W01"), _WEEKS), services, resources, links)


def _service(index: int, level: np.ndarray, minutes: np.ndarray, need: np.ndarray, listed: bool) -> PlannedService:
    mean = need[index].mean(axis=0)
    uses = tuple(Use(f"r{room}", float(each)) for room, each in enumerate(minutes[index]) if each)
    ways = (Way("own", "own", uses),)
    if not listed:
        return PlannedService(f"s{index}", f"s{index}", mean, ways, limit_weeks=0, ordinary=mean)
    queue = float(10 * level[index])
    due = np.zeros(_WEEKS)
    due[:10] = queue / 10
    return PlannedService(f"s{index}", f"s{index}", mean, ways, queue=queue, due=due, limit_weeks=12, ordinary=mean)
