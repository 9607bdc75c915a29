"""What is really there of the planning of a year, read once for every unit of a page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Max, Q
from django.utils import timezone

from vardbalans.engine.orders import Order
from vardbalans.web import clock, store
from vardbalans.web.balancing.selectors import is_made_from
from vardbalans.web.following.models import Meeting, MeetingKind
from vardbalans.web.insight.levels import BALANCED, excess
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.models import ALL_UNITS, RoleAssignment
from vardbalans.web.people.permissions import PERMISSIONS_OF, Permission, Role
from vardbalans.web.people.units import Unit, UnitTree
from vardbalans.web.planning.balance import Figures, HeldFigures, resources_of
from vardbalans.web.planning.models import Cell, Plan, Standing, State, Step, StepKind, Version
from vardbalans.web.planning.orders import orders_of_year
from vardbalans.web.planning.selectors import cells_of
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.rhythm.models import Deadline, Tick
from vardbalans.web.rhythm.process import template_date

__all__ = ["Due", "Facts", "Holder", "PlanFacts", "facts_of", "year_in_work"]


@dataclass(frozen=True)
class Due:
    """The last day of a step: *deadline* is None where the template stands in."""

    day: date
    deadline: Deadline | None


@dataclass(frozen=True)
class Holder:
    """Somebody who may do something at a unit, and in which role."""

    pk: int
    name: str
    role: Role


@dataclass(frozen=True)
class PlanFacts:
    """A plan's newest version: how many of its services have nothing planned, and whether a proposal was taken."""

    plan: Plan
    newest: Version
    agreed: Version | None
    empty: tuple[str, ...]
    proposal_taken: bool
    short_weeks: int


@dataclass(frozen=True)
class Facts:
    """What is read of a *year*; *services* and *adjustments* by the unit they lie at, *short* by resource's unit."""

    tree: UnitTree
    run: Run | None
    year: int
    today: date
    is_current: bool
    services: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    adjustments: Mapping[str, int]
    short: Mapping[str, int]
    resources: Mapping[str, int]
    orders: Mapping[str, tuple[Order, ...]]
    plans: Mapping[str, PlanFacts]
    ticks: Mapping[tuple[str, str], Tick]
    deadlines: Mapping[tuple[str, str], Deadline]
    reviewed: Mapping[str, date]
    holders: Mapping[Permission, Mapping[str, tuple[Holder, ...]]] = field(default_factory=dict)

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return the units that plan: those with services of their own, and those with a plan for the year."""
        found = (unit for root in self.tree.roots for unit in self.tree.below(root.unit_id))
        return tuple(unit for unit in found if unit.unit_id in self.services or unit.unit_id in self.plans)

    @property
    def covered_weeks(self) -> int:
        """Return how many of the year's weeks the figures reach."""
        if self.run is None:
            return 0
        return len(set(weeks_of_year(self.year)) & {week.period for week in self.run.weeks})

    def services_of(self, unit_id: str) -> tuple[str, ...]:
        """Return the services of the unit and those below it."""
        return tuple(name for unit in self.tree.below(unit_id) for name in self.services.get(unit.unit_id, ()))

    def plan_of(self, unit_id: str) -> PlanFacts | None:
        """Return the unit's plan, or that of the nearest unit above it that has one."""
        path = reversed(self.tree.path(unit_id))
        return next((self.plans[unit.unit_id] for unit in path if unit.unit_id in self.plans), None)

    def due(self, unit_id: str, step: str) -> Due | None:
        """Return the last day of the step: the unit's own, that of the nearest unit above, or the template's."""
        for unit in reversed(self.tree.path(unit_id)):
            if found := self.deadlines.get((unit.unit_id, step)):
                return Due(found.due, found)
        day = template_date(step, self.year)
        return Due(day, None) if day else None

    def reviewed_on(self, unit_id: str) -> date | None:
        """Return when a weekly review was last held, at the unit or one above it."""
        days = [self.reviewed[unit.unit_id] for unit in self.tree.path(unit_id) if unit.unit_id in self.reviewed]
        return max(days, default=None)

    def who(self, permission: Permission, unit_id: str) -> tuple[Holder, ...]:
        """Return those who hold *permission* closest to the unit: there, above it, or for all units."""
        held = self.holders[permission]
        path = [unit.unit_id for unit in reversed(self.tree.path(unit_id))]
        return next((held[name] for name in (*path, ALL_UNITS) if name in held), ())


def year_in_work(today: date) -> int:
    """Return the year that is planned now: the coming one from July on."""
    return today.year + (today.month >= 7)


def facts_of(reader: Reader, run: Run | None, year: int) -> Facts:
    """Return the facts of *year* of the units that *reader* may read."""
    scope, head, today = reader.scope, store.lake().head(), clock.today()
    needs = (run.needs(scope) if run.tells_need else run.services(scope)) if run else ()
    services: dict[str, tuple[str, ...]] = {}
    adjustments: dict[str, int] = defaultdict(int)
    for row in needs:
        services[row["unit_id"]] = (*services.get(row["unit_id"], ()), row["service_id"])
        adjustments[row["unit_id"]] += row.get("adjustments") or 0
    short, resources = _short(run, scope, year)
    return Facts(
        reader.tree,
        run,
        year,
        today,
        bool(run and head and is_made_from(run.stored, head)),
        services,
        {row["service_id"]: row["service_name"] for row in needs},
        adjustments,
        short,
        resources,
        orders_of_year(year),
        _plans(reader, run, year, services),
        {(row.unit_id, row.item): row for row in Tick.objects.filter(year=year).select_related("by")},
        {(row.unit_id, row.step): row for row in Deadline.objects.filter(year=year).select_related("set_by")},
        _reviewed(today),
        {permission: _holders(permission) for permission in _ASKED},
    )


_ASKED = (Permission.PLAN_EDIT, Permission.PLAN_APPROVE, Permission.FOLLOW_UP_WRITE, Permission.DATA_IMPORT)


def _short(run: Run | None, scope: frozenset[str], year: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return by unit how many of its resources are short in some week of *year* that is known, and how many it has."""
    weeks = set(weeks_of_year(year))
    found: dict[tuple[str, str], bool] = {}
    for row in run.rows(scope) if run else ():
        share = excess(row) if row["week"] in weeks else None
        place = row["unit_id"], row["resource_id"]
        found[place] = found.get(place, False) or (share is not None and share > BALANCED)
    short: dict[str, int] = defaultdict(int)
    resources: dict[str, int] = defaultdict(int)
    for (unit_id, _resource), is_short in found.items():
        short[unit_id] += is_short
        resources[unit_id] += 1
    return short, resources


def _plans(reader: Reader, run: Run | None, year: int, services: Mapping[str, tuple[str, ...]]) -> dict[str, PlanFacts]:
    """Return the plan of each unit: the one that is agreed, else the one that was worked on last."""
    kept: dict[str, PlanFacts] = {}
    versions = Version.objects.filter(plan__year=year, plan__unit_id__in=reader.scope)
    by_plan: dict[int, list[Version]] = defaultdict(list)
    for version in versions.select_related("plan").order_by("number"):
        by_plan[version.plan_id].append(version)
    ranked = sorted(by_plan.values(), key=lambda rows: (any(row.state == State.APPROVED for row in rows), rows[-1].pk))
    chosen = {rows[-1].plan.unit_id: rows for rows in ranked}
    taken = set(
        Step.objects.filter(kind=StepKind.PROPOSAL, standing=Standing.DONE, version__plan__year=year)
        .values_list("version__plan_id", flat=True)
        .distinct()
    )
    filled: dict[int, set[str]] = defaultdict(set)
    newest = [rows[-1].pk for rows in chosen.values()]
    cells = Cell.objects.filter(version__in=newest, value__isnull=False)
    for pk, service in cells.values_list("version_id", "service_id").distinct():
        filled[pk].add(service)
    figures = HeldFigures(run, [name for own in services.values() for name in own]) if run and chosen else None
    for unit_id, rows in chosen.items():
        below = [name for unit in reader.tree.below(unit_id) for name in services.get(unit.unit_id, ())]
        agreed = next((row for row in reversed(rows) if row.state == State.APPROVED), None)
        empty = tuple(name for name in below if name not in filled[rows[-1].pk])
        short = _short_weeks(figures, rows[-1], below) if figures else 0
        kept[unit_id] = PlanFacts(rows[-1].plan, rows[-1], agreed, empty, rows[-1].plan_id in taken, short)
    return kept


def _short_weeks(figures: Figures, version: Version, services: Sequence[str]) -> int:
    """Return in how many weeks some resource is needed more than 5 % above what there is, by the version's cells."""
    weeks = weeks_of_year(version.plan.year)
    planned = {key: cell.value for key, cell in cells_of(version).items() if cell.value is not None}
    resources = resources_of(figures, services, weeks)
    return sum(
        any(
            (share := excess({"required": row.required(place, week, planned), "available": row.available[place]}))
            is not None
            and share > BALANCED
            for row in resources
        )
        for place, week in enumerate(weeks)
    )


def _reviewed(today: date) -> dict[str, date]:
    held = Meeting.objects.filter(kind=MeetingKind.WEEKLY, held_on__lte=today).exclude(minutes="")
    return dict(held.values_list("unit_id").annotate(Max("held_on")).order_by())


def _holders(permission: Permission) -> dict[str, tuple[Holder, ...]]:
    today = timezone.localdate()
    roles = [role for role in Role if permission in PERMISSIONS_OF[role]]
    given = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today))
    given = given.filter(role__in=roles, valid_from__lte=today, user__is_active=True).select_related("user")
    found: dict[str, dict[int, Holder]] = defaultdict(dict)
    for row in given.order_by("user__display_name", "pk"):
        found[row.unit_id].setdefault(row.user_id, Holder(row.user_id, row.user.display_name, Role(row.role)))
    return {unit_id: tuple(people.values()) for unit_id, people in found.items()}
