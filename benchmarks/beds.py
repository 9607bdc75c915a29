"""Beds, computed by us and by plain means: the sum of independent patients, and six wards event by event.

The peers are a Poisson-binomial distribution by the textbook's recursion in plain Python, and SimPy, where each patient
is a process; it is run for one year. Seconds are those of the processor, since each side has one thread.
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

from vardbalans.engine.beds.ahead import number_present
from vardbalans.engine.beds.clock import even_clock
from vardbalans.engine.beds.events import Work, run
from vardbalans.engine.beds.run import arrivals, play, record_for, rules_of
from vardbalans.engine.beds.wards import Hospital, PatientGroup, Ward, WhenFull

__all__ = [
    "convolve",
    "convolve_plainly",
    "hospital_year",
    "wards_compiled",
    "wards_of_processes",
    "write_patients",
    "write_wards",
]

WARDS, BEDS, ACUTE, ELECTIVE, ACUTE_DAYS, ELECTIVE_DAYS, RETRY_DAYS = 6, 25, 4.2, 1.2, 4.6, 2.9, 7.0
WARM_DAYS, YEAR_DAYS = 60, 365
_REPEATS = 50
_HOURS = 365 * 24
_PLACES = 2001


def write_patients(folder: Path, size: int | str, seed: int) -> None:
    """Write each patient's probability to be there, and run once so that nothing is compiled while the clock goes."""
    shares = np.random.default_rng(seed).random(int(size))
    np.save(folder / "shares.npy", shares)
    number_present(shares[None, :2])


def convolve(folder: Path) -> dict[str, Any]:
    """Return the mean of the distribution, made many times over; ``seconds`` is for every hour of a year."""
    shares = np.load(folder / "shares.npy")
    number_present(shares[None, :2])  # loads what is compiled
    started = time.process_time()
    for _ in range(_REPEATS):
        found = number_present(shares[None])[0]
    seconds = (time.process_time() - started) / _REPEATS
    return {"seconds": seconds * _HOURS, "mean": _mean(found)}


def convolve_plainly(folder: Path) -> dict[str, Any]:
    """Do the same once, patient by patient with lists; ``seconds`` is scaled to every hour of a year."""
    shares = np.load(folder / "shares.npy").tolist()
    started = time.process_time()
    found = [1.0]
    for share in shares:
        new = [0.0] * (len(found) + 1)
        for count, chance in enumerate(found):
            new[count] += chance * (1 - share)
            new[count + 1] += chance * share
        found = new
    return {"seconds": (time.process_time() - started) * _HOURS, "mean": _mean(np.array(found))}


def _mean(pmf: np.ndarray) -> float:
    return round(float(pmf @ np.arange(len(pmf))), 6)


def write_wards(folder: Path, size: int | str, seed: int) -> None:
    """Write what is asked, and play once so that nothing is compiled while the clock goes."""
    (folder / "wards.json").write_text(json.dumps({"years": int(size), "seed": seed}))
    play(_hospital(10, 1), 1, seed)


def _hospital(days: int, warm_days: int) -> Hospital:
    """Six wards; acute patients lie in the next two when it is full, or above the beds; electives come again."""
    names = [f"w{number}" for number in range(WARDS)]
    places = np.linspace(0, 1, _PLACES)
    stays = [np.append(-24 * mean * np.log1p(-places[:-1]), 24 * mean * 12) for mean in (ACUTE_DAYS, ELECTIVE_DAYS)]
    groups = []
    for at, name in enumerate(names):
        near = (names[(at + 1) % WARDS], names[(at + 2) % WARDS])
        groups.append(PatientGroup(f"{name}/acute", name, ACUTE, stays[0], WhenFull.CROWD, elsewhere=near))
        groups.append(PatientGroup(f"{name}/elective", name, ELECTIVE, stays[1], WhenFull.POSTPONE, acute=False))
    wards = tuple(Ward(name, np.full(warm_days + days, BEDS), 10 * BEDS) for name in names)
    return Hospital(wards, tuple(groups), even_clock(), warm_days=warm_days, retry_days=RETRY_DAYS, returns=False)


def hospital_year(folder: Path) -> dict[str, Any]:
    """Play the hospital's years, the patients drawn, on two threads."""
    asked = json.loads((folder / "wards.json").read_text())
    with ThreadPoolExecutor(2) as executor:
        played = play(_hospital(YEAR_DAYS, WARM_DAYS), asked["years"], asked["seed"], executor)
    return {"years": len(played.events), "outliers_per_100": round(float(played.outliers_per_100.mean()), 3)}


def wards_compiled(folder: Path) -> dict[str, Any]:
    """Play the events of so many years, on one thread; ``seconds`` is per million events, drawing patients included."""
    asked = json.loads((folder / "wards.json").read_text())
    hospital = _hospital(YEAR_DAYS, 0)
    rules = rules_of(hospital)
    play(_hospital(10, 1), 1, asked["seed"])  # loads what is compiled
    started, events = time.process_time(), 0
    for year in range(asked["years"]):
        patients, record = arrivals(hospital, asked["seed"], year), record_for(hospital)
        run(rules, patients, record, Work.of(len(patients.time), WARDS))
        events += int(record.events[0])
    return {"seconds": (time.process_time() - started) / events * 1e6, "wards": WARDS}


def wards_of_processes(folder: Path) -> dict[str, Any]:
    """Let each patient of one year be a process of SimPy; ``seconds`` is per million arrivals and discharges."""
    asked = json.loads((folder / "wards.json").read_text())
    hospital = _Processes(asked["seed"])
    started = time.process_time()
    hospital.env.run(until=float(YEAR_DAYS if asked["years"] > 1 else 60))
    return {"seconds": (time.process_time() - started) / hospital.events * 1e6, "wards": WARDS}


class _Processes:
    """The six wards, and the same figures kept of them: hours by number lying there, and outliers each morning."""

    def __init__(self, seed: int) -> None:
        self.env, self.rng = simpy.Environment(), random.Random(seed)  # noqa: S311 - nothing secret
        self.beds = [simpy.Resource(self.env, BEDS) for _ in range(WARDS)]
        self.lying, self.outliers, self.changed = [0] * WARDS, [0] * WARDS, [0.0] * WARDS
        self.hours = [[0.0] * (10 * BEDS) for _ in range(WARDS)]
        self.census: list[list[int]] = []
        self.events = 0
        for ward in range(WARDS):
            self.env.process(self.arrivals(ward, ACUTE, True))
            self.env.process(self.arrivals(ward, ELECTIVE, False))
        self.env.process(self.mornings())

    def mornings(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self.env.timeout(1.0)
            self.census.append([*self.lying, *self.outliers])

    def arrivals(self, ward: int, per_day: float, acute: bool) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self.env.timeout(self.rng.expovariate(per_day))
            self.env.process(self.patient(ward, acute))

    def patient(self, home: int, acute: bool) -> Generator[simpy.Event, Any, None]:
        while True:
            self.events += 1
            near = (home, (home + 1) % WARDS, (home + 2) % WARDS) if acute else (home,)
            ward = next((at for at in near if self.lying[at] < BEDS), None)
            if ward is not None or acute:
                break
            yield self.env.timeout(RETRY_DAYS)
        stay = self.rng.expovariate(1 / (ACUTE_DAYS if acute else ELECTIVE_DAYS))
        if ward is None:  # above the beds of the own ward
            yield from self.lie(home, home, stay)
        else:
            with self.beds[ward].request() as bed:
                yield bed
                yield from self.lie(home, ward, stay)
        self.events += 1

    def lie(self, home: int, ward: int, stay: float) -> Generator[simpy.Event, Any, None]:
        self.change(ward, 1)
        self.outliers[home] += ward != home
        yield self.env.timeout(stay)
        self.change(ward, -1)
        self.outliers[home] -= ward != home

    def change(self, ward: int, by: int) -> None:
        self.hours[ward][self.lying[ward]] += self.env.now - self.changed[ward]
        self.changed[ward] = self.env.now
        self.lying[ward] += by
