"""From the optimiser's fractions of slots to whole ones, without breaking what the fractions keep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import floor

import numpy as np

from vardbalans.engine.plan.data import Plan, PlannedService, Problem
from vardbalans.engine.plan.flow import followed, trimmed
from vardbalans.engine.units import Floats

__all__ = ["whole_slots"]

_NOISE = 1e-6
_ROUNDS = 3
"""How many times what is left over is tried: what one service is given brings people to those after it."""

Slots = dict[tuple[str, int], int]


def whole_slots(
    problem: Problem,
    plan: Plan,
    services: Collection[str],
    places: Collection[int],
    locked: Collection[tuple[str, int]],
) -> Slots:
    """Return (service, week) → whole slots of *services* in the weeks *places* (from 0), but for what is *locked*.

    Each week is rounded down, and what is left over is carried until it makes a whole slot that the week's resources
    have room for and somebody waits for. So no resource is used more than in *plan*, no service is ever ahead of it,
    and nobody is planned for who does not wait. What never finds room is left out.
    """
    chosen = [service for service in problem.services if service.service_id in services]
    wished = {
        (service.service_id, place): max(0.0, float(plan.of_service(service, len(problem.weeks))[place]))
        for service in chosen
        for place in sorted(places)
        if (service.service_id, place) not in locked
    }
    found = {key: floor(value + _NOISE) for key, value in wished.items()}
    waited_for = trimmed(problem, _with(problem, plan, found))
    for service in chosen:
        made = waited_for.of_service(service, len(problem.weeks))
        for place in places:
            if (service.service_id, place) in found:
                found[service.service_id, place] = min(found[service.service_id, place], floor(made[place] + _NOISE))
    for _ in range(_ROUNDS):
        if not _carried(problem, plan, chosen, wished, found):
            break
    return found


def _carried(
    problem: Problem,
    plan: Plan,
    services: Sequence[PlannedService],
    wished: Mapping[tuple[str, int], float],
    found: Slots,
) -> bool:
    """Add to *found* what is carried to a whole slot, where there is room and somebody waits; tell if anything is."""
    now = _with(problem, plan, found)
    room, waiting, added = _room(problem, now), followed(problem, now), False
    for service in services:
        name, carried = service.service_id, 0.0
        queue = waiting[name].queue.copy()
        for place in range(len(problem.weeks)):
            if (name, place) not in found:
                continue
            carried += wished[name, place] - found[name, place]
            if carried >= 1 - _NOISE and queue[place:].min() >= service.kept - _NOISE and _fits(room, service, place):
                for resource_id, week, minutes in _parts(room, service, place):
                    room[resource_id][week] -= minutes
                queue[place:] -= service.kept
                found[name, place] += 1
                carried -= 1
                added = True
    return added


def _with(problem: Problem, plan: Plan, found: Mapping[tuple[str, int], int]) -> Plan:
    """Return *plan* with *found* in place of what it has there, split over each service's ways as it has it."""
    production = {key: np.array(values, dtype=float) for key, values in plan.production.items()}
    weeks = len(problem.weeks)
    total = {service.service_id: plan.of_service(service, weeks) for service in problem.services}
    for service in problem.services:
        name, first = service.service_id, service.ways[0].way_id
        for way in service.ways:
            made = production.setdefault((name, way.way_id), np.zeros(weeks))
            for place in range(weeks):
                if (name, place) in found:
                    here = total[name][place]
                    share = made[place] / here if here > 0 else float(way.way_id == first)
                    made[place] = found[name, place] * share
    return replace(plan, production=production)


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
            if (service.service_id, way.way_id) not in plan.production:
                continue
            made = plan.production[service.service_id, way.way_id]
            for use in way.uses:
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
