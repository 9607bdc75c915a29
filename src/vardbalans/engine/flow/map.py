"""The flow map: services as nodes and conversions as links, with what passes in a year and how long it takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.flow.induced import groups_that_loop
from vardbalans.engine.inputs import Conversion, ServiceInput

__all__ = ["FlowLink", "FlowMap", "FlowNode", "flow_map"]


@dataclass(frozen=True)
class FlowNode:
    """A service: activities performed in the last year and people waiting now, None where not known."""

    service_id: str
    name: str
    unit_id: str
    per_year: float | None
    waiting: float | None


@dataclass(frozen=True)
class FlowLink:
    """A conversion: share with interval, whole weeks within which half have come, and how many pass in a year.

    *per_year* is share · last year's production upstream, None where that is not known. *by_hand* tells that the share
    is set by hand.
    """

    from_service: str
    to_service: str
    share: float
    low: float
    high: float
    lag_median: int
    per_year: float | None
    by_hand: bool


@dataclass(frozen=True)
class FlowMap:
    """Nodes and the links between them, both in order of id; every link's ends are among the nodes."""

    nodes: tuple[FlowNode, ...]
    links: tuple[FlowLink, ...]

    def around(self, services: Collection[str]) -> "FlowMap":
        """Return the map of *services* and those one step from them, with the links that touch *services*."""
        links = tuple(link for link in self.links if {link.from_service, link.to_service} & set(services))
        near = {name for link in links for name in (link.from_service, link.to_service)}
        return FlowMap(tuple(node for node in self.nodes if node.service_id in near), links)

    @property
    def ranks(self) -> dict[str, int]:
        """Return for each service how many steps lie before it at most; services in a loop are not counted twice."""
        shares = {(link.from_service, link.to_service): link.share for link in self.links}
        loop_of = {name: number for number, (names, _) in enumerate(groups_that_loop(shares)) for name in names}
        forward = [
            link for link in self.links if loop_of.get(link.from_service, -1) != loop_of.get(link.to_service, -2)
        ]
        ranks = {node.service_id: 0 for node in self.nodes}
        moved = True
        while moved:
            moved = False
            for link in forward:
                after = ranks[link.from_service] + 1
                if ranks[link.to_service] < after:
                    ranks[link.to_service], moved = after, True
        return ranks

    @property
    def parts(self) -> tuple["FlowMap", ...]:
        """Return the map's separate parts: no link goes from one to another. In order of their first service."""
        part_of = {node.service_id: node.service_id for node in self.nodes}
        for link in self.links:
            old, new = part_of[link.from_service], part_of[link.to_service]
            part_of = {name: new if part == old else part for name, part in part_of.items()}
        parts = dict.fromkeys(part_of.values())
        return tuple(
            FlowMap(
                tuple(node for node in self.nodes if part_of[node.service_id] == part),
                tuple(link for link in self.links if part_of[link.from_service] == part),
            )
            for part in parts
        )


def flow_map(services: Sequence[ServiceInput], conversions: Sequence[Conversion]) -> FlowMap:
    """Return the map of all *services* that a conversion leads from or to."""
    items = {item.service.service_id: item for item in services}
    produced = {name: _last_year(item) for name, item in items.items()}
    links = tuple(
        FlowLink(
            link.from_service,
            link.to_service,
            link.share,
            link.low,
            link.high,
            link.lag_median,
            None if (made := produced[link.from_service]) is None else link.share * made,
            link.override is not None,
        )
        for link in sorted(conversions, key=lambda link: (link.from_service, link.to_service))
    )
    used = sorted({name for link in links for name in (link.from_service, link.to_service)})
    return FlowMap(tuple(_node(items[name], produced[name]) for name in used), links)


def _node(item: ServiceInput, produced: float | None) -> FlowNode:
    service = item.service
    waiting = item.waiting_list.queue if item.waiting_list else None
    return FlowNode(service.service_id, service.name, service.unit_id, produced, waiting)


def _last_year(item: ServiceInput) -> float | None:
    """Return the production of the last year; a shorter history is taken as the same pace over a year."""
    if item.performed is None or len(item.performed.values) == 0:
        return None
    year = 12 if item.performed.start.frequency == "month" else 52
    return float(np.mean(item.performed.last(year)) * year)
