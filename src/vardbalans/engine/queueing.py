"""Servers that are shared: how many are busy, how often all are, and how long one waits (Erlang's B and C).

Servers are beds, rooms or staff; *load* is the offered load, arrivals per unit of time · mean time of service, in
servers. B: who finds all busy goes elsewhere (any distribution of the service time). C: who finds all busy waits, first
come first served (exponential times). Source: Erlang 1917; the recursion in 1/B is that of Jagerman 1974, stable for
loads of any size.
"""

import math

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["all_busy", "blocking", "blocking_by_servers", "mean_queue", "mean_wait", "servers_needed"]


_MOST = 1_000_000
"""Servers and load are at most so many: the recursion takes a step per server."""


def blocking_by_servers(most: int, load: float) -> Floats:
    """Return Erlang B for 0, 1, … *most* servers, shape (most + 1,). Raises BadInput unless both are zero or more.

    More than a million servers are refused too.
    """
    if most < 0:
        raise BadInput(Message("Antalet platser måste vara noll eller mer, inte {value}.", value=most))
    if most > _MOST:
        raise BadInput(Message("Antalet platser får vara högst {most}, inte {value}.", most=_MOST, value=most))
    _check_load(load)
    blocked = np.ones(most + 1)
    for servers in range(1, most + 1):
        blocked[servers] = load * blocked[servers - 1] / (servers + load * blocked[servers - 1])
    return blocked


def blocking(servers: int, load: float) -> float:
    """Return Erlang B: the share of arrivals that find all *servers* busy and go elsewhere."""
    return float(blocking_by_servers(servers, load)[-1])


def all_busy(servers: int, load: float) -> float:
    """Return Erlang C: the share of arrivals that must wait; 1 when the load is as large as the servers or larger."""
    blocked = blocking(servers, load)
    if load >= servers:
        return 1.0
    return servers * blocked / (servers - load * (1 - blocked))


def mean_queue(servers: int, load: float) -> float:
    """Return how many wait in the mean; infinite when the load is as large as the servers or larger."""
    return all_busy(servers, load) * load / (servers - load) if load < servers else math.inf


def mean_wait(servers: int, load: float) -> float:
    """Return the mean wait in service times; infinite when the load is as large as the servers or larger."""
    return all_busy(servers, load) / (servers - load) if load < servers else math.inf


def servers_needed(load: float, most_blocked: float) -> int:
    """Return the fewest servers with Erlang B at most *most_blocked*. Raises BadInput unless that is within 0–1.

    A load above a million is refused too.
    """
    if not 0 < most_blocked < 1:
        raise BadInput(Message("Andelen avvisade ska ligga mellan 0 och 1, inte {value}.", value=most_blocked))
    _check_load(load)
    if load > _MOST:
        raise BadInput(Message("Belastningen får vara högst {most}, inte {value}.", most=_MOST, value=load))
    servers, blocked = 0, 1.0
    while blocked > most_blocked:
        servers += 1
        blocked = load * blocked / (servers + load * blocked)
    return servers


def _check_load(load: float) -> None:
    if not (load >= 0 and math.isfinite(load)):
        raise BadInput(Message("Belastningen måste vara noll eller mer, inte {value}.", value=load))
