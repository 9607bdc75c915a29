"""What extra production upstream brings downstream, as an expectation and with shares drawn at random.

induced_s,t = Σ_u Σ_l share_u→s · lag_u→s(l) · extra_u,t−l. Extra is production above what the series' own
history already carries; the history holds the ordinary flow, which must not be counted twice.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy

from vardbalans.engine.errors import BadInput
from vardbalans.engine.flow.shrinkage import Belief
from vardbalans.engine.inputs import Conversion
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["drawn_shares", "groups_that_loop", "induced", "lasting_loop"]

_SMALLEST = 1e-6


def induced(
    extra: Mapping[str, Floats], conversions: Sequence[Conversion], shares: Sequence[Floats] | None = None
) -> dict[str, Floats]:
    """Return the extra demand per service and week that *extra* production brings about, directly and further down.

    Each value of *extra* has shape (weeks,), below zero where less than the ordinary is produced. Without *shares* each
    conversion has its own share and the answer the same shape; with them (one array (draws, 1) per conversion) the
    answer has shape (draws, weeks). Shares and lags are linear, so the series is followed step by step until what is
    left is below a millionth of an activity; a loop of shares that never fades raises BadInput.
    """
    if loop := lasting_loop({(link.from_service, link.to_service): link.share for link in conversions}):
        raise BadInput(
            Message(
                "Andelarna mellan vårdtjänsterna {services} bildar en slinga som aldrig klingar av; kontrollera "
                "conversions.",
                services=", ".join(loop),
            )
        )
    weights = [np.array([link.share]) for link in conversions] if shares is None else shares
    total: dict[str, Floats] = {}
    wave = dict(extra)
    while wave:
        following: dict[str, Floats] = {}
        for link, weight in zip(conversions, weights, strict=True):
            if link.from_service in wave:
                arriving = weight * _later(wave[link.from_service], link.lag_weeks)
                following[link.to_service] = following.get(link.to_service, 0.0) + arriving
        wave = {name: values for name, values in following.items() if np.abs(values).max(initial=0.0) > _SMALLEST}
        for name, values in wave.items():
            total[name] = total.get(name, 0.0) + values
    return total


def drawn_shares(conversions: Sequence[Conversion], draws: int, seed: int) -> list[Floats]:
    """Return *draws* shares of each conversion, shape (draws, 1), as uncertain as its estimate is.

    Each pair of services has its own random stream. A share set by hand is taken at its word. In a loop no share is
    drawn that would keep it from fading: shares in loops stay as they are.
    """
    loops = groups_that_loop({(link.from_service, link.to_service): link.share for link in conversions})
    looping = {name for names, _ in loops for name in names}
    found = []
    for link in conversions:
        rng = stream(seed, "flow", link.from_service, link.to_service)
        own = link.estimate if link.override is None and not {link.from_service, link.to_service} <= looping else None
        drawn = Belief(own.share, own.size, own.several).draw(draws, rng) if own else np.full(draws, link.share)
        found.append(drawn[:, None])
    return found


def lasting_loop(shares: Mapping[tuple[str, str], float]) -> tuple[str, ...]:
    """Return the services of a loop that never fades, in order of id; none where all loops fade.

    *shares* are by (from, to). A loop fades when every lap leaves less than the lap before: when the largest eigenvalue
    of the shares among its services is below one.
    """
    for services, block in groups_that_loop(shares):
        if np.abs(np.linalg.eigvals(block)).max() >= 1 - 1e-9:
            return services
    return ()


def groups_that_loop(shares: Mapping[tuple[str, str], float]) -> list[tuple[tuple[str, ...], Floats]]:
    """Return the groups of services that all lead to one another, each with the shares among them (from, to)."""
    names = sorted({name for pair in shares for name in pair})
    place = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for (origin, to), share in shares.items():
        matrix[place[origin], place[to]] = share
    count, group = scipy.sparse.csgraph.connected_components(matrix, directed=True, connection="strong")
    members = [np.flatnonzero(group == number) for number in range(count)]
    blocks = [(tuple(names[index] for index in inside), matrix[np.ix_(inside, inside)]) for inside in members]
    return [(inside, block) for inside, block in sorted(blocks, key=lambda item: item[0]) if block.any()]


def _later(values: Floats, lag_weeks: Sequence[float]) -> Floats:
    """Return *values* (…, weeks) spread over the following weeks; what falls after the last is left out."""
    spread = np.zeros_like(values)
    for lag, share in enumerate(lag_weeks[: values.shape[-1]]):
        if share:
            spread[..., lag:] += share * values[..., : values.shape[-1] - lag]
    return spread
