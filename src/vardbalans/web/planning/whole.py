"""From the optimiser's fractions of slots to whole ones, without breaking what the fractions keep."""

from collections.abc import Collection, Mapping
from math import floor

import numpy as np

from vardbalans.engine.plan.data import Plan, PlannedService, Problem
from vardbalans.engine.units import Floats

__all__ = ["whole_slots"]

_NOISE = 1e-6


def whole_slots(
    problem: Problem, plan: Plan, services: Collection[str], places: Collection[int], locked: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], int]:
    """Return whole slots of *services* in the weeks *places* (from 0), but for what is *locked*: (service, week) → slots.

    Each week is rounded down, and what is left over is carried until it makes a whole slot that the week's resources
    have room for. So no resource is used more than in *plan*, and no service is ever ahead of it: nobody is planned for
    who does not wait. What never finds room is left out.
    """
    room = _room(problem, plan)
    found: dict[tuple[str, int], int] = {}
    chosen = [service for service in problem.services if service.service_id in services]
    series = {service.service_id: plan.of_service(service, len(problem.weeks)) for service in chosen}
    free = [
        (service, place)
        for service in chosen
        for place in sorted(places)
        if (service.service_id, place) not in locked
    ]
    for service, place in free:
        value = max(0.0, float(series[service.service_id][place]))
        found[service.service_id, place] = floor(value + _NOISE)
        _take(room, service, place, found[service.service_id, place] - value)
    carried = dict.fromkeys(series, 0.0)
    for service, place in sorted(free, key=lambda one: one[1]):
        name = service.service_id
        carried[name] += max(0.0, float(series[name][place]) - found[name, place])
        if carried[name] >= 1 - _NOISE and _fits(room, service, place):
            _take(room, service, place, 1.0)
            found[name, place] += 1
            carried[name] -= 1
    return found


def _room(problem: Problem, plan: Plan) -> dict[str, Floats]:
    """Return the minutes of each resource that *plan* leaves per week."""
    room: dict[str, Floats] = {}
    for resource in problem.resources:
        extra = [
            extra.minutes * plan.extras[resource.resource_id, extra.kind]
            for extra in resource.extras
            if (resource.resource_id, extra.kind) in plan.extras
        ]
        room[resource.resource_id] = np.sum([resource.available, *extra], axis=0)
    for service in problem.services:
        for way in service.ways:
            made = plan.production.get((service.service_id, way.way_id))
            for use in way.uses if made is not None else ():
                taken = use.minutes * np.convolve(made, use.shares)[: len(problem.weeks)]
                room[use.resource_id] = room[use.resource_id] - taken
    return room


def _parts(room: Mapping[str, Floats], service: PlannedService, place: int) -> list[tuple[str, int, float]]:
    """Return (resource, week, minutes) of one slot of *service* done in its own way in the week *place*."""
    return [
        (use.resource_id, place + later, use.minutes * share)
        for use in service.ways[0].uses
        for later, share in enumerate(use.shares)
        if place + later < len(room[use.resource_id])
    ]


def _fits(room: Mapping[str, Floats], service: PlannedService, place: int) -> bool:
    return all(room[name][week] + _NOISE >= minutes for name, week, minutes in _parts(room, service, place))


def _take(room: Mapping[str, Floats], service: PlannedService, place: int, slots: float) -> None:
    for name, week, minutes in _parts(room, service, place):
        room[name][week] -= slots * minutes
