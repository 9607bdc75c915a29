"""What is gained when units, rooms or staff that do the same serve one queue together, by Erlang's formulas.

Each part has *servers* and an offered *load*, arrivals per unit of time · mean time of service. Together a queue has
all servers, so that nobody waits while another's server is free. See :mod:`queueing` for what the formulas assume; what
they do not hold for is simulated (:func:`simulate_pooling`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vardbalans.engine.capacity.queues import Times, simulate_queue
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.queueing import all_busy, blocking, mean_wait, servers_needed
from vardbalans.engine.units import Floats

__all__ = ["Part", "Pooling", "SimulatedPooling", "pooling", "simulate_pooling"]

Leaves = Literal["waits", "leaves"]
"""What who finds all servers busy does."""


@dataclass(frozen=True)
class Part:
    """One unit as it is: how many can be served at once, and the load offered, in servers."""

    servers: int
    load: float

    def __post_init__(self) -> None:
        if self.servers < 1 or not (self.load >= 0 and math.isfinite(self.load)):
            raise BadInput(Message("Varje enhet behöver minst en plats, och en belastning på noll eller mer."))


@dataclass(frozen=True)
class Pooling:
    """Apart and together. *blocked*: turned away (B). *waits*: must wait (C); *wait*: mean wait in service times.

    Waits are infinite where a part has no less load than servers. *servers_leaving* are needed together to turn away no
    larger a share than apart, *servers_waiting* to wait no longer in the mean.
    """

    servers_apart: int
    blocked_apart: float
    blocked_together: float
    waits_apart: float
    waits_together: float
    wait_apart: float
    wait_together: float
    servers_leaving: int
    servers_waiting: int

    @property
    def saved_leaving(self) -> int:
        """Return how many fewer servers turn away the same share."""
        return self.servers_apart - self.servers_leaving

    @property
    def saved_waiting(self) -> int:
        """Return how many fewer servers give the same mean wait."""
        return self.servers_apart - self.servers_waiting


def pooling(parts: Sequence[Part]) -> Pooling:
    """Return what pooling *parts* is worth; all have the same mean time of service. Raises BadInput without load."""
    servers, load = _total(parts)
    apart = [_weighed(parts, measure) for measure in (blocking, all_busy, mean_wait)]
    most = apart[0]
    leaving = servers_needed(load, most) if 0 < most < 1 else servers
    return Pooling(
        servers,
        most,
        blocking(servers, load),
        apart[1],
        all_busy(servers, load),
        apart[2],
        mean_wait(servers, load),
        min(leaving, servers),
        _servers_for(load, servers, apart[2]),
    )


def _servers_for(load: float, servers: int, wait: float) -> int:
    """Return the fewest servers with a mean wait of at most *wait*; *servers* where the parts' own is infinite."""
    if not math.isfinite(wait):
        return servers
    fewest = math.floor(load) + 1
    return next(count for count in range(fewest, servers + 1) if mean_wait(count, load) <= wait * (1 + 1e-12))


def _weighed(parts: Sequence[Part], measure: Callable[[int, float], float]) -> float:
    load = sum(part.load for part in parts)
    return sum(part.load * measure(part.servers, part.load) for part in parts if part.load) / load


def _total(parts: Sequence[Part]) -> tuple[int, float]:
    servers, load = sum(part.servers for part in parts), sum(part.load for part in parts)
    if len(parts) < 2 or load <= 0:
        raise BadInput(Message("Minst två enheter behövs för att slå ihop något, och någon belastning."))
    return servers, load


@dataclass(frozen=True, eq=False)
class SimulatedPooling:
    """One measure apart, together and the gain, each (mean, low, high) with the interval's *certainty*.

    ``leaves``: the share turned away; ``waits``: the mean wait in service times.
    """

    measure: Leaves
    apart: tuple[float, float, float]
    together: tuple[float, float, float]
    gain: tuple[float, float, float]
    certainty: float


def simulate_pooling(
    parts: Sequence[Part],
    times: Times,
    measure: Leaves,
    rng: np.random.Generator,
    *,
    arrivals: int = 20_000,
    runs: int = 30,
    certainty: float = 0.99,
) -> SimulatedPooling:
    """Return the same by simulation: Poisson arrivals, service *times* with any spread, first come first served.

    Each of *runs* has some *arrivals* in all, a fifth of them to warm up; the same people come, with the same times of
    service, apart and together. The interval is Student's over the runs. Raises Impossible where people wait and a part
    has no less load than servers, since its queue never settles.
    """
    servers, load = _total(parts)
    if measure == "waits" and any(part.load >= part.servers for part in parts):
        raise Impossible(Message("En enhet har lika stor belastning som platser eller större: kön växer utan slut."))
    if arrivals < 100 or runs < 2 or not 0 < certainty < 1:
        raise BadInput(
            Message("Det behövs minst två simuleringar med hundra ankomster var, och en säkerhet mellan noll och ett.")
        )
    apart, together = np.empty(runs), np.empty(runs)
    for run in range(runs):
        came = np.cumsum(rng.standard_exponential(arrivals)) / load
        lengths = times.draw(arrivals, rng)
        place = rng.choice(len(parts), size=arrivals, p=[part.load / load for part in parts])
        warm = came[arrivals // 5]
        apart[run] = sum(
            _sum_after(warm, came[place == at], lengths[place == at], part.servers, measure)
            for at, part in enumerate(parts)
        ) / np.sum(came >= warm)
        together[run] = _sum_after(warm, came, lengths, servers, measure) / np.sum(came >= warm)
    return SimulatedPooling(
        measure,
        _interval(apart, certainty),
        _interval(together, certainty),
        _interval(apart - together, certainty),
        certainty,
    )


def _sum_after(warm: float, came: Floats, lengths: Floats, servers: int, measure: Leaves) -> float:
    """Return the sum, over those who came after *warm*, of the waits or of who was turned away."""
    waits = simulate_queue(came, lengths, servers, leaves=measure == "leaves")
    counted = waits[came >= warm]
    return float(np.isinf(counted).sum() if measure == "leaves" else counted.sum())


def _interval(values: Floats, certainty: float) -> tuple[float, float, float]:
    from scipy.stats import t  # noqa: PLC0415 - slow to load

    mean = float(values.mean())
    half = float(t.ppf((1 + certainty) / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    return mean, mean - half, mean + half
