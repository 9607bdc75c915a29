"""How far measures reach: which services and resources a run with them must compute anew, and which stay as they were.

A change of need reaches what follows from it in other services; a service that is changed reaches its resources; a
resource that is changed reaches every service that uses it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vardbalans.engine.balance import Use
from vardbalans.engine.catalogue import Resource, Service
from vardbalans.engine.inputs import Conversion
from vardbalans.engine.measures import Acting

__all__ = ["Reach"]


@dataclass(frozen=True)
class Reach:
    """*services* and *resources* are reached; *sources* are those services and all that sends need on to them."""

    services: frozenset[str]
    resources: frozenset[str]
    sources: frozenset[str]

    @classmethod
    def of(
        cls,
        acting: Acting,
        services: Mapping[str, Service],
        resources: Sequence[Resource],
        uses: Mapping[str, tuple[Use, ...]],
        links: Sequence[Conversion],
    ) -> "Reach":
        """Return what *acting* reaches."""
        onward = [(link.from_service, link.to_service) for link in links]
        changed = acting.services(services.values())
        changed |= _along(acting.services(services.values(), need_only=True), onward)
        reached = {row.resource_id for row in resources if acting.touches(row)}
        reached |= {
            name for name, rows in uses.items() if any(use.changes or use.service_id in changed for use in rows)
        }
        anew = {use.service_id for name in reached for use in uses[name]}
        return cls(frozenset(anew), frozenset(reached), frozenset(_along(anew, [(to, at) for at, to in onward])))


def _along(names: set[str], links: Sequence[tuple[str, str]]) -> set[str]:
    """Return *names* and all that can be come to from them along *links*."""
    found = set(names)
    while more := {to for at, to in links if at in found} - found:
        found |= more
    return found
