"""Flow between services: conversion shares with lags, and the demand that extra production brings downstream.

induced_s,t = Σ_u Σ_l share_u→s · lag_u→s(l) · extra_u,t−l. Extra is production above what the series' own
history already carries; the history holds the ordinary flow, which must not be counted twice.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Conversion
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["estimate_conversion", "induced", "wilson_interval"]

_Z95 = 1.959963984540054


def wilson_interval(part: int, whole: int, z: float = _Z95) -> tuple[float, float]:
    """Return the Wilson score interval for a share (Wilson 1927), bounds within 0–1."""
    if not 0 <= part <= whole or whole == 0:
        raise BadInput(Message("{part} av {whole} är ingen andel.", part=part, whole=whole))
    share, denominator = part / whole, 1 + z * z / whole
    centre = (share + z * z / (2 * whole)) / denominator
    half = z / denominator * np.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def estimate_conversion(
    from_service: str, to_service: str, upstream: int, linked_by_lag: Floats, source: Source
) -> Conversion:
    """Return share, 95 % interval and lag distribution from linked contacts.

    *upstream* activities all had at least ``len(linked_by_lag)`` weeks to be followed, so none is cut off;
    ``linked_by_lag[l]`` of them led to the other service *l* whole weeks later. Raises BadInput where no link exists.
    """
    linked = int(linked_by_lag.sum())
    if linked == 0:
        raise BadInput(Message("Ingen {to} kan kopplas till {frm}.", to=to_service, frm=from_service))
    low, high = wilson_interval(linked, upstream) if linked <= upstream else _rate_interval(linked, upstream)
    lags = tuple(float(share) for share in linked_by_lag / linked)
    return Conversion(from_service, to_service, linked / upstream, low, high, lags, source)


def _rate_interval(events: int, exposure: int) -> tuple[float, float]:
    """Return the interval for more events than exposures (two eyes from one visit): Poisson, square-root form."""
    low, high = (np.sqrt(events + 3 / 8) + sign * _Z95 / 2 for sign in (-1, 1))
    return float(low**2 - 3 / 8) / exposure, float(high**2 - 3 / 8) / exposure


def induced(extra: Mapping[str, Floats], conversions: Sequence[Conversion]) -> dict[str, Floats]:
    """Return the extra demand per service and week that *extra* production brings about, directly and further down.

    Each value of *extra* has shape (weeks,), below zero where less than the ordinary is produced. Shares and lags are
    linear, so the series is followed step by step until what is left is below a millionth of an activity; a loop of
    shares that never fades raises BadInput.
    """
    total: dict[str, Floats] = {}
    wave = dict(extra)
    for _ in range(200):
        following: dict[str, Floats] = {}
        for link in conversions:
            if link.from_service in wave:
                source = wave[link.from_service]
                arriving = link.share * np.convolve(source, link.lag_weeks)[: len(source)]
                following[link.to_service] = following.get(link.to_service, np.zeros(len(source))) + arriving
        wave = {service: values for service, values in following.items() if np.abs(values).max(initial=0.0) > 1e-6}
        for service, values in wave.items():
            total[service] = total.get(service, np.zeros(len(values))) + values
        if not wave:
            return total
    raise BadInput(
        Message("Andelarna mellan vårdtjänsterna bildar en slinga som växer utan slut; kontrollera conversions.")
    )
