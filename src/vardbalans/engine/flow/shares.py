"""Conversion shares and lags: estimated from linked contacts, and set by hand.

The pairs of services that are alike (the same kinds of care, in other units) are each other's peers: the share and the
lags of each are shrunk towards what is common to them, the more the fewer its own contacts and the more alike the peers
(:mod:`shrinkage`). A pair without peers keeps its own share, with Wilson's interval.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.flow.shrinkage import family, shrunk_lags
from vardbalans.engine.inputs import Conversion, Estimate, Override
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["ByHand", "Linked", "estimate_conversions", "wilson_interval", "with_overrides"]

_Z95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Linked:
    """Contacts of one service linked to those of another: of *upstream*, ``by_lag[l]`` led on *l* whole weeks later.

    All *upstream* had at least ``len(by_lag)`` weeks to be followed, so none is cut off. *peers* names what
    the pair has in common with its peers, such as the two kinds of service.
    """

    from_service: str
    to_service: str
    peers: str
    upstream: int
    by_lag: Floats
    source: Source

    def __post_init__(self) -> None:
        if self.linked == 0:
            raise BadInput(Message("Ingen {to} kan kopplas till {frm}.", to=self.to_service, frm=self.from_service))

    @property
    def linked(self) -> int:
        """Return how many were led to in all."""
        return int(self.by_lag.sum())


@dataclass(frozen=True)
class ByHand:
    """A share and its lags (shares by whole week, summing to one) that someone has set, from the rows of *source*."""

    from_service: str
    to_service: str
    share: float
    lag_weeks: tuple[float, ...]
    override: Override
    source: Source


def estimate_conversions(pairs: Sequence[Linked]) -> tuple[Conversion, ...]:
    """Return share, 95 % interval and lag distribution of every pair, in the order given.

    Raises BadInput where a pair has no link, which :class:`Linked` sees to.
    """
    groups: dict[str, list[Linked]] = {}
    for pair in pairs:
        groups.setdefault(pair.peers, []).append(pair)
    estimates = {
        (pair.from_service, pair.to_service): found
        for group in groups.values()
        for pair, found in zip(group, _alone(group[0]) if len(group) == 1 else _among_peers(group), strict=True)
    }
    return tuple(_conversion(pair, estimates[pair.from_service, pair.to_service]) for pair in pairs)


def with_overrides(estimated: Iterable[Conversion], set_by_hand: Iterable[ByHand]) -> tuple[Conversion, ...]:
    """Return the conversions in order of services, each share set by hand in the place of the estimate it keeps."""
    found = {(link.from_service, link.to_service): link for link in estimated}
    for row in set_by_hand:
        pair = row.from_service, row.to_service
        estimate = found[pair].estimate if pair in found else None
        found[pair] = Conversion(
            *pair, row.share, row.share, row.share, row.lag_weeks, row.source, estimate, row.override
        )
    return tuple(link for _, link in sorted(found.items()))


def wilson_interval(part: int, whole: int, z: float = _Z95) -> tuple[float, float]:
    """Return the Wilson score interval for a share (Wilson 1927), bounds within 0–1."""
    if not 0 <= part <= whole or whole == 0:
        raise BadInput(Message("{part} av {whole} är ingen andel.", part=part, whole=whole))
    share, denominator = part / whole, 1 + z * z / whole
    centre = (share + z * z / (2 * whole)) / denominator
    half = z / denominator * np.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _rate_interval(events: int, exposure: int) -> tuple[float, float]:
    """Return the interval for more events than exposures (two eyes from one visit): Poisson, square-root form."""
    low, high = (np.sqrt(events + 3 / 8) + sign * _Z95 / 2 for sign in (-1, 1))
    return float(low**2 - 3 / 8) / exposure, float(high**2 - 3 / 8) / exposure


def _conversion(pair: Linked, found: Estimate) -> Conversion:
    return Conversion(
        pair.from_service,
        pair.to_service,
        found.share,
        found.low,
        found.high,
        found.lag_weeks,
        pair.source,
        found,
    )


def _alone(pair: Linked) -> list[Estimate]:
    linked, upstream = pair.linked, pair.upstream
    several = linked > upstream
    low, high = _rate_interval(linked, upstream) if several else wilson_interval(linked, upstream)
    lags = tuple(float(share) for share in pair.by_lag / linked)
    return [Estimate(linked / upstream, low, high, lags, upstream, linked, upstream, several)]


def _among_peers(group: Sequence[Linked]) -> list[Estimate]:
    common = family(
        np.array([pair.linked for pair in group], float), np.array([pair.upstream for pair in group], float)
    )
    longest = max(len(pair.by_lag) for pair in group)
    lags = shrunk_lags(np.array([np.pad(pair.by_lag, (0, longest - len(pair.by_lag))) for pair in group], float))
    return [
        Estimate(
            found.share,
            *found.interval(),
            tuple(float(share) for share in own_lags),
            pair.upstream,
            pair.linked,
            found.size,
            found.several,
            common.centre,
            common.own_weight(pair.upstream),
        )
        for pair, own_lags in zip(group, lags, strict=True)
        for found in [common.of_unit(pair.linked, pair.upstream)]
    ]
