"""A problem in parts that do not touch each other: whole regions are solved clinic by clinic, and answer the same."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import scipy

from vardbalans.engine.plan.data import Problem

__all__ = ["joined", "parts_of"]


def parts_of(problem: Problem) -> tuple[Problem, ...]:
    """Return the parts, in order of their first service. Services that share a resource or are linked stay together.

    So do those that share a volume, lend staff to each other or are to wait alike. A budget holds all together: then
    there is one part.
    """
    if problem.budget_ore is not None or not problem.services:
        return (problem,)
    place = {row.service_id: index for index, row in enumerate(problem.services)}
    size = len(place)
    node = {row.resource_id: size + index for index, row in enumerate(problem.resources)}
    pairs = [(place[link.from_service], place[link.to_service]) for link in problem.links]
    pairs += [
        (place[row.service_id], node[use.resource_id])
        for row in problem.services
        for way in row.ways
        for use in way.uses
    ]
    pairs += [(node[loan.from_resource], node[loan.to_resource]) for loan in problem.loans]
    together = [[service.service_id for service, _ in rows] for rows in problem.agreed().values()]
    together += [list(likeness.service_ids) for likeness in problem.alike]
    pairs += [(place[names[0]], place[name]) for names in together for name in names[1:]]
    total = size + len(node)
    ends = ([a for a, _ in pairs], [b for _, b in pairs])
    _, group = scipy.sparse.csgraph.connected_components(
        scipy.sparse.coo_array(([1] * len(pairs), ends), shape=(total, total)), directed=False
    )
    members = defaultdict(list)
    for row in problem.services:
        members[group[place[row.service_id]]].append(row)
    idle = {number for number in group[size:] if number not in members}
    if idle:  # a resource that nothing uses may still owe leave
        members[min(idle)] = []
    return tuple(
        replace(
            problem,
            services=tuple(services),
            resources=tuple(
                row
                for row in problem.resources
                if group[node[row.resource_id]] == number or (not services and group[node[row.resource_id]] in idle)
            ),
            links=tuple(link for link in problem.links if group[place[link.from_service]] == number),
            locked={key: value for key, value in problem.locked.items() if group[place[key[0]]] == number},
            loans=tuple(
                loan
                for loan in problem.loans
                if group[node[loan.from_resource]] == number
                or (not services and group[node[loan.from_resource]] in idle)
            ),
            alike=tuple(row for row in problem.alike if group[place[row.service_ids[0]]] == number),
        )
        for number, services in members.items()
    )


def joined(problem: Problem, parts: Iterable[Problem]) -> Problem:
    """Return some of the *parts* of *problem* as one problem."""
    rows = tuple(parts)
    return replace(
        problem,
        services=tuple(service for part in rows for service in part.services),
        resources=tuple(resource for part in rows for resource in part.resources),
        links=tuple(link for part in rows for link in part.links),
        locked={key: value for part in rows for key, value in part.locked.items()},
        loans=tuple(loan for part in rows for loan in part.loans),
        alike=tuple(row for part in rows for row in part.alike),
    )
