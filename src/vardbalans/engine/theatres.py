"""The theatres of each site and the specialties that operate there, from a planning problem: what is to be shared."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vardbalans.engine.catalogue import Opening, value_on
from vardbalans.engine.inputs import Inputs, ResourceInput
from vardbalans.engine.plan.data import PlannedService, Problem, Use
from vardbalans.engine.sectioning import Specialty

__all__ = ["Site", "sites_of"]

_WEEKDAYS = 5


@dataclass(frozen=True, eq=False)
class Site:
    """The *specialties* of a site, by the id of the theatres each has now; its *rooms* and their days now, Mon–Fri."""

    name: str
    specialties: tuple[Specialty, ...]
    rooms: tuple[int, ...]
    now: Mapping[str, tuple[int, ...]]


def sites_of(problem: Problem, inputs: Inputs) -> tuple[Site, ...]:
    """Return every site where two specialties or more have theatres of their own, for ordinary weeks.

    Theatres are rooms that surgery uses, open in whole sets; a specialty is who has them, with all its planned surgery
    as one list and all that cannot wait as acute. It can staff as many a day as it has now, or as the staff that only
    its own surgery uses suffice for.
    """
    kinds = {item.service.service_id: item.service.kind for item in inputs.services}
    users = _users(problem)
    found: dict[str, list[tuple[Specialty, tuple[int, ...]]]] = defaultdict(list)
    for item in inputs.resources:
        name, site = item.resource.resource_id, inputs.leeway.sites.get(item.resource.unit_id, "")
        surgery = [(row, use) for row, use in users.get(name, ()) if kinds[row.service_id] == "surgery"]
        opening, share = _pattern(item, inputs), value_on(item.utilisation, inputs.weeks[0].start)
        if item.resource.kind != "room" or not (site and surgery and opening and share):
            continue
        now = tuple(int(opening[day].sets) if day in opening else 0 for day in range(1, _WEEKDAYS + 1))
        minutes = share * max(row.minutes for row in opening.values())
        specialty = _specialty(name, surgery, minutes, now, _staffed(problem, surgery, users, minutes))
        if specialty:
            found[site].append((specialty, now))
    return tuple(
        Site(
            site,
            tuple(specialty for specialty, _ in rows),
            tuple(int(total) for total in np.sum([now for _, now in rows], axis=0)),
            {specialty.name: now for specialty, now in rows},
        )
        for site, rows in sorted(found.items())
        if len(rows) > 1
    )


def _users(problem: Problem) -> dict[str, list[tuple[PlannedService, Use]]]:
    found: dict[str, list[tuple[PlannedService, Use]]] = defaultdict(list)
    for service in problem.services:
        for use in service.ways[0].uses:
            found[use.resource_id].append((service, use))
    return found


def _pattern(item: ResourceInput, inputs: Inputs) -> dict[int, Opening]:
    """Return the opening of each weekday that holds in an ordinary week when the plan begins."""
    day = inputs.weeks[0].start
    held = [
        row
        for row in item.openings
        if row.weekday and not row.week and not row.day and row.valid_from <= day <= (row.valid_to or day)
    ]
    return {row.weekday: row for row in sorted(held, key=lambda row: row.valid_from) if row.weekday}


def _staffed(
    problem: Problem,
    surgery: list[tuple[PlannedService, Use]],
    users: Mapping[str, list[tuple[PlannedService, Use]]],
    day_minutes: float,
) -> float:
    """Return how many theatres a day the staff that only this surgery uses suffice for; no end where there is none."""
    theatres, mine = {use.resource_id for _, use in surgery}, {row.service_id for row, _ in surgery}
    enough = [float("inf")]
    for resource in problem.resources:
        rows = users.get(resource.resource_id, [])
        if resource.resource_id in theatres or not rows or {row.service_id for row, _ in rows} != mine:
            continue
        each = sum(use.minutes for _, use in rows) / sum(use.minutes for _, use in surgery)
        enough.append(float(resource.available.mean()) / _WEEKDAYS / (each * day_minutes))
    return min(enough)


def _specialty(
    name: str, surgery: list[tuple[PlannedService, Use]], minutes: float, now: tuple[int, ...], staffed: float
) -> Specialty | None:
    planned = [(row, use) for row, use in surgery if row.can_wait and row.limit_weeks is not None]
    if not planned:
        return None
    weeks = len(planned[0][0].need)
    need = np.sum([row.net_need for row, _ in planned], axis=0)
    weight = [max(float(row.net_need.mean()), 1e-9) for row, _ in planned]
    acute = [(row, use) for row, use in surgery if not row.can_wait]
    return Specialty(
        name,
        np.maximum(need, 0.0),
        sum(row.queue for row, _ in planned),
        np.sum([np.zeros(weeks) if row.due is None else row.due for row, _ in planned], axis=0),
        min(row.limit_weeks or 0 for row, _ in planned),
        float(np.average([use.minutes / row.kept for row, use in planned], weights=weight)),
        minutes,
        sum(float(row.need.mean()) * use.minutes / row.kept for row, use in acute),
        tuple(max(sets, int(min(staffed, 1e6))) for sets in now),
    )
