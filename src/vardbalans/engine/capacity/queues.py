"""One queue with several servers, person by person: how long everyone waits, or who is turned away (G/G/c)."""

import math
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.compiling import compiled
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["Times", "simulate_queue"]


@dataclass(frozen=True)
class Times:
    """Times of service with mean one: lognormal with the coefficient of variation *cv*, exponential where None."""

    cv: float | None = None

    def __post_init__(self) -> None:
        if self.cv is not None and not (self.cv >= 0 and math.isfinite(self.cv)):
            raise BadInput(Message("Tidernas spridning (cv) måste vara noll eller mer, inte {value}.", value=self.cv))

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return *count* times."""
        if self.cv is None:
            return rng.standard_exponential(count)
        sigma = math.sqrt(math.log1p(self.cv**2))
        return np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2)


def simulate_queue(came: Floats, times: Floats, servers: int, *, leaves: bool = False) -> Floats:
    """Return how long each waits who *came* (people,) in order and is served for *times* (people,), first come first.

    With *leaves* nobody waits: who finds all *servers* busy goes elsewhere, and is given infinity.
    """
    if servers < 1 or came.shape != times.shape or bool((np.diff(came) < 0).any()):
        raise BadInput(Message("Kön behöver minst en plats, och ankomster i tidsordning med var sin tid."))
    waits = np.empty(len(came))
    _serve(came, times, leaves, np.zeros(servers), waits)
    return waits


@compiled
def _serve(came: Floats, times: Floats, leaves: bool, free: Floats, waits: Floats) -> None:
    """Fill in *waits*; *free* (servers,) is when each server is free, kept as a heap with the earliest first.

    Kiefer and Wolfowitz's recursion (1955): the next in turn takes the server that is free first.
    """
    servers = len(free)
    for person in range(len(came)):
        wait = max(free[0] - came[person], 0.0)
        if leaves and wait > 0:
            waits[person] = np.inf
            continue
        waits[person] = wait
        until = came[person] + wait + times[person]
        place = 0
        while True:
            least = 2 * place + 1
            if least >= servers:
                break
            if least + 1 < servers and free[least + 1] < free[least]:
                least += 1
            if free[least] >= until:
                break
            free[place] = free[least]
            place = least
        free[place] = until
