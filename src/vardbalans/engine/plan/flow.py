"""Who waits when a plan is carried out.

queue(t) = queue(t−1) + net need(t) + brought(t) − treated(t), and allowed(t) are those who may still wait at the end of
week t without anyone being past the limit, if people are treated in the order they came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vardbalans.engine.plan.data import Plan, PlannedService, Problem
from vardbalans.engine.units import Floats

__all__ = ["Waiting", "allowed_before", "followed", "ordinarily_brought", "trimmed"]

_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Waiting:
    """One service, per week: *coming*, slots *produced*, people *treated*, the *queue* at the end, the *late* in it."""

    service: PlannedService
    coming: Floats
    produced: Floats
    treated: Floats
    queue: Floats
    late: Floats


def followed(problem: Problem, plan: Plan) -> dict[str, Waiting]:
    """Return what becomes of every list when *plan* is carried out; a queue below zero is shown as it is."""
    weeks = len(problem.weeks)
    produced = {row.service_id: plan.of_service(row, weeks) for row in problem.services}
    treated = {row.service_id: row.kept * produced[row.service_id] for row in problem.services}
    found = {}
    for row in problem.services:
        name = row.service_id
        ordinarily, part = ordinarily_brought(problem, name)
        coming = row.net_need + part * (_brought(problem, name, treated) - ordinarily)
        queue = row.queue + np.cumsum(coming - treated[name])
        late = np.zeros(weeks)
        if row.limit_weeks is not None:
            recent = np.convolve(coming, np.ones(row.limit_weeks))[:weeks] if row.limit_weeks else np.zeros(weeks)
            late = np.maximum(queue - (allowed_before(row, weeks) + recent - _margin(row, weeks)), 0.0)
        found[name] = Waiting(row, coming, produced[name], treated[name], queue, late)
    return found


def trimmed(problem: Problem, plan: Plan) -> Plan:
    """Return *plan* without slots that nobody waits for; what is left over in a service's ways shrinks alike."""
    for _ in range(len(problem.services) + 1):  # a list that shrinks may shorten those further down
        short = {name: row for name, row in followed(problem, plan).items() if row.queue.min() < -_NOTHING}
        if not short:
            break
        production = dict(plan.production)
        for name, row in short.items():
            queue, share = row.service.queue, np.ones(len(row.treated))
            for week, wanted in enumerate(row.treated):
                waiting = max(queue + row.coming[week], 0.0)
                treated = min(wanted, waiting)
                share[week] = treated / wanted if wanted > 0 else 1.0
                queue = waiting - treated
            for way in row.service.ways:
                if (name, way.way_id) in production:
                    production[name, way.way_id] = production[name, way.way_id] * share
        plan = replace(plan, production=production)
    return plan


def ordinarily_brought(problem: Problem, service_id: str) -> tuple[Floats, Floats]:
    """Return whom those ordinarily treated upstream bring to a service, and how much of a change follows (weeks,).

    All of it, where the need is as large as what is ordinarily brought; where it is less, by as much less: however few
    are treated upstream, fewer than nobody cannot come.
    """
    if not problem.links_to(service_id):
        return np.zeros(len(problem.weeks)), np.ones(len(problem.weeks))
    services = {row.service_id: row for row in problem.services}
    ordinary = {name: row.ordinary for name, row in services.items() if row.ordinary is not None}
    brought, need = _brought(problem, service_id, ordinary), np.maximum(services[service_id].net_need, 0.0)
    return brought, np.where(brought > need, need / np.where(brought > 0, brought, 1.0), 1.0)


def _brought(problem: Problem, service_id: str, treated: Mapping[str, Floats]) -> Floats:
    weeks = len(problem.weeks)
    total: Floats = np.zeros(weeks)
    for link in problem.links_to(service_id):
        if link.from_service in treated:
            total = total + link.share * np.convolve(treated[link.from_service], link.lag_weeks)[:weeks]
    return total


def allowed_before(service: PlannedService, weeks: int) -> Floats:
    """Return how many of those who waited at the start are still within their limit at the end of each week."""
    due = np.zeros(weeks) if service.due is None else service.due
    return service.queue - np.cumsum(due)


def _margin(service: PlannedService, weeks: int) -> Floats:
    return np.zeros(weeks) if service.margin is None else service.margin
