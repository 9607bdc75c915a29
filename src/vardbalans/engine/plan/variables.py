"""What a plan may choose, as questions: how much is produced, who waits, what is a resource asked for in week t."""

import itertools
from collections.abc import Iterator
from typing import Any

from vardbalans.engine.plan.data import Extra, Likeness, Loan, PlannedResource, PlannedService, Problem
from vardbalans.engine.plan.flow import allowed_before, ordinarily_brought
from vardbalans.engine.solving import Expression, Programme, Row

__all__ = ["Variables"]


class Variables:
    """The variables of *problem* in *programme*, with the identity that moves each list from week to week.

    Nobody is treated who does not wait: a queue is never below zero. That is no rule but how lists are.
    """

    def __init__(self, problem: Problem, programme: Programme) -> None:
        self.span = range(len(problem.weeks))
        self._problem = problem
        self._programme = programme
        self._made = {(row.service_id, way.way_id): self._numbers() for row in problem.services for way in row.ways}
        self._extras = {
            (row.resource_id, extra.kind): self._numbers(whole=extra.whole)
            for row in problem.resources
            for extra in row.extras
        }
        self._leave = {row.resource_id: self._numbers() for row in problem.resources if row.leave}
        self._loans = {(row.from_resource, row.to_resource): self._numbers() for row in problem.loans}
        self._lists = {row.service_id for row in problem.services if row.can_wait}
        self._users = self._uses_by_resource()
        self._coming = {row.service_id: self._coming_of(row) for row in problem.services}
        self._queue = {row.service_id: self._numbers() for row in problem.services}
        self._late = {
            row.service_id: self._numbers() if self._counts_late(row) else self._queue[row.service_id]
            for row in problem.services
            if row.limit_weeks is not None
        }
        self.identity = {row.service_id: self._identity_of(row) for row in problem.services}
        for row in problem.services:
            if row.limit_weeks is not None and self._counts_late(row):
                self._count_late(row, row.limit_weeks)
        self._waits = {row.name: self._waits_of(row) for row in problem.alike}

    def made(self, service: PlannedService, way_id: str, week: int) -> Expression:
        """Return the slots of *service* produced in one way."""
        return self._made[service.service_id, way_id][week]

    def produced(self, service: PlannedService, week: int) -> Expression:
        """Return the slots of *service*."""
        return sum(self.made(service, way.way_id, week) for way in service.ways)

    def treated(self, service: PlannedService, week: int) -> Expression:
        """Return how many people are treated."""
        return service.kept * self.produced(service, week)

    def coming(self, service: PlannedService, week: int) -> Expression:
        """Return who comes, less who leaves untreated."""
        return self._coming[service.service_id][week]

    def queue(self, service: PlannedService, week: int) -> Expression:
        """Return how many wait at the end of the week."""
        return self._queue[service.service_id][week]

    def late(self, service: PlannedService, week: int) -> Expression:
        """Return how many are past the limit at the end of the week; zero where there is no limit."""
        return self._late[service.service_id][week] if service.service_id in self._late else 0.0

    def pieces(self, resource: PlannedResource, extra: Extra, week: int) -> Expression:
        """Return the pieces of extra time."""
        return self._extras[resource.resource_id, extra.kind][week]

    def leave(self, resource: PlannedResource, week: int) -> Expression:
        """Return the minutes of leave that are given; zero where no leave is planned."""
        return self._leave[resource.resource_id][week] if resource.leave else 0.0

    def lent(self, loan: Loan, week: int) -> Expression:
        """Return the minutes lent, time on the way included."""
        return self._loans[loan.from_resource, loan.to_resource][week]

    def longest(self, likeness: Likeness, week: int) -> Expression:
        """Return the longest wait of services alike, in weeks; at least so much."""
        return self._waits[likeness.name][0][week]

    def spread(self, likeness: Likeness, week: int) -> Expression:
        """Return the longest wait less the shortest of services alike, in weeks; at least so much."""
        longest, shortest = self._waits[likeness.name]
        return longest[week] - shortest[week]

    def used(self, resource: PlannedResource, week: int, *, lists_only: bool = False) -> Expression:
        """Return the minutes that the plan takes of *resource*, stays begun in earlier weeks included."""
        return sum(
            minutes * self._made[key][week - later]
            for key, minutes, later in self._users.get(resource.resource_id, ())
            if later <= week and (key[0] in self._lists or not lists_only)
        )

    def added(self, resource: PlannedResource, week: int) -> Expression:
        """Return the minutes that the plan adds: extra time and what is borrowed, less leave and what is lent."""
        more = sum(extra.minutes * self.pieces(resource, extra, week) for extra in resource.extras)
        for loan in self._problem.loans:
            if loan.to_resource == resource.resource_id:
                more += (1 - loan.lost) * self.lent(loan, week)
            elif loan.from_resource == resource.resource_id:
                more -= self.lent(loan, week)
        return more - self.leave(resource, week)

    def steps(self, service: PlannedService) -> Iterator[Expression]:
        """Yield how much production changes from one working week to the next, in slots per ordinary week."""
        days = self._problem.days
        worked = [week for week in self.span if days[week] > 0]
        for before, week in itertools.pairwise(worked):
            now = (5.0 / days[week]) * self.produced(service, week)
            change = now - (5.0 / days[before]) * self.produced(service, before)
            more, less = self._programme.number(), self._programme.number()
            self._programme.equal(change, more - less)
            yield more + less

    def _numbers(self, *, whole: bool = False) -> list[Any]:
        return [self._programme.number(whole=whole) for _ in self.span]

    def _uses_by_resource(self) -> dict[str, list[tuple[tuple[str, str], float, int]]]:
        """Resource id → (what is produced, minutes of it in that week, how many weeks after it began)."""
        found: dict[str, list[tuple[tuple[str, str], float, int]]] = {}
        for service in self._problem.services:
            for way in service.ways:
                for use in way.uses:
                    rows = found.setdefault(use.resource_id, [])
                    rows += [
                        ((service.service_id, way.way_id), use.minutes * share, later)
                        for later, share in enumerate(use.shares)
                        if share
                    ]
        return found

    def _coming_of(self, service: PlannedService) -> list[Expression]:
        """Return who comes each week: numbers, or variables where it follows from what the plan does upstream."""
        links = self._problem.links_to(service.service_id)
        net = [float(value) for value in service.net_need]
        if not links:
            return list(net)
        by_name = {row.service_id: row for row in self._problem.services}
        coming = [self._programme.number(least=-float("inf")) for _ in self.span]
        ordinarily, part = ordinarily_brought(self._problem, service.service_id)
        for week in self.span:
            more: Expression = -float(ordinarily[week])
            for link in links:
                more += sum(
                    link.share * lag * self.treated(by_name[link.from_service], week - later)
                    for later, lag in enumerate(link.lag_weeks[: week + 1])
                    if lag
                )
            self._programme.equal(coming[week], net[week] + float(part[week]) * more)
        return coming

    def _identity_of(self, service: PlannedService) -> list[Row]:
        coming, rows = self._coming[service.service_id], []
        for week in self.span:
            before = self.queue(service, week - 1) if week else service.queue
            after = before + coming[week] - self.treated(service, week)
            rows.append(self._programme.equal(self.queue(service, week), after))
        return rows

    def _waits_of(self, likeness: Likeness) -> tuple[list[Expression], list[Expression]]:
        """Return what no wait is longer than, and what none is shorter than."""
        top, bottom = self._numbers(), self._numbers()
        for name, rate in zip(likeness.service_ids, likeness.rates, strict=True):
            for week in self.span:
                wait = (1 / rate) * self._queue[name][week]
                self._programme.hold(wait - top[week])
                self._programme.hold(bottom[week] - wait)
        return top, bottom

    @staticmethod
    def _counts_late(service: PlannedService) -> bool:
        """Tell whether the late must be counted apart: where nobody can wait, all who do are late."""
        return service.can_wait or service.margin is not None

    def _count_late(self, service: PlannedService, limit_weeks: int) -> None:
        """Late is what is left of the queue beyond those who came within the limit."""
        coming, still = self._coming[service.service_id], allowed_before(service, len(self.span))
        for week in self.span:
            recent = sum(coming[max(0, week - limit_weeks + 1) : week + 1]) if limit_weeks else 0.0
            margin = 0.0 if service.margin is None else float(service.margin[week])
            allowed = float(still[week]) - margin + recent
            self._programme.hold(self.queue(service, week) - allowed - self.late(service, week))
