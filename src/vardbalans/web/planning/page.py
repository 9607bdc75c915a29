"""The page Plan of one version: the grid's rows and columns, its live balance, and what is said beside it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple, TypeVar

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from vardbalans.engine.periods import Period
from vardbalans.web import clock, numbers
from vardbalans.web.insight.levels import excess, level, mark
from vardbalans.web.insight.period import WHOLE, Chosen
from vardbalans.web.insight.selectors import Run
from vardbalans.web.insight.weeks import Week
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import selectors
from vardbalans.web.planning.balance import HeldFigures, PlanResource, needed_why, required_in_year, resources_of
from vardbalans.web.planning.models import Source, Version
from vardbalans.web.planning.orders import prefill
from vardbalans.web.planning.selectors import Planned
from vardbalans.web.planning.weeks import plan_weeks
from vardbalans.web.planning.words import grid_words

__all__ = ["GridCell", "Group", "Line", "PlanPage", "Target", "in_parts", "plan_page", "shown"]

_PART = 20
"""How many rows are a part of the grid, which the browser leaves out of its layout until it is scrolled to."""
Row = TypeVar("Row")


def in_parts(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Return *rows* in the parts that the grid lays out one at a time."""
    return [rows[start : start + _PART] for start in range(0, len(rows), _PART)]


def shown(value: Decimal | None) -> str:
    """Return a value in the reader's language, with the decimals it has; nothing where it is empty."""
    return "" if value is None else _shown(value, get_language() or "sv")


@lru_cache(maxsize=10_000)
def _shown(value: Decimal, _language: str) -> str:
    exponent = value.normalize().as_tuple().exponent
    return numbers.number(float(value), max(0, -exponent) if isinstance(exponent, int) else 0)


class GridCell(NamedTuple):
    """One cell: its text, its exact *value*, and the classes that say what it is."""

    text: str
    value: str
    classes: str


@dataclass(frozen=True)
class Line:
    """One row of the grid; *needed* is how many slots the balance requires in the plan's weeks, explained at
    *needed_why*.
    """

    key: str
    name: str
    cells: tuple[GridCell, ...]
    total: str
    needed: str = ""
    needed_why: str = ""
    open_comments: int = 0

    @property
    def weeks(self) -> SafeString:
        """Return the cells as HTML. A year of 200 services has ten thousand, and a template takes its time."""
        return mark_safe("".join(map(_html, self.cells)))  # noqa: S308 - each part is escaped


@lru_cache(maxsize=10_000)
def _html(cell: GridCell) -> str:
    value = f' data-v="{escape(cell.value)}"' if cell.value else ""
    classes = f' class="{escape(cell.classes)}"' if cell.classes else ""
    return f"<td{value}{classes}>{escape(cell.text)}</td>"


@dataclass(frozen=True)
class Group:
    """The services of one unit; *name* is empty where the plan has a single unit."""

    name: str
    lines: tuple[Line, ...]

    @property
    def parts(self) -> list[Sequence[Line]]:
        """Return the rows in parts."""
        return in_parts(self.lines)


@dataclass(frozen=True)
class Target:
    """What is ordered of one service, week by week, and what the plan has above it (below: less than zero)."""

    ordered: Line
    beside: Line


@dataclass(frozen=True)
class PlanPage:
    """What the page shows of *version*: *planned* by service and week. *sent* is what the browser computes from."""

    version: Version
    weeks: tuple[Week, ...]
    planned: Mapping[tuple[str, str], Decimal]
    groups: tuple[Group, ...]
    sums: Line
    targets: tuple[Target, ...]
    resources: tuple[Line, ...]
    empty: int
    may_edit: bool
    sent: Mapping[str, Any]

    @property
    def columns(self) -> int:
        """Return how many columns the grid has: name, needed, sum and one per week."""
        return len(self.weeks) + 3

    @property
    def resource_parts(self) -> list[Sequence[Line]]:
        """Return the resources' rows in parts."""
        return in_parts(self.resources)

    @property
    def names(self) -> Mapping[str, str]:
        """Return the services' names by id."""
        return {line.key: line.name for group in self.groups for line in group.lines}

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is planned yet."""
        return self.empty == self.count * len(self.weeks)

    @property
    def count(self) -> int:
        """Return how many services the plan has."""
        return sum(len(group.lines) for group in self.groups)


def plan_page(user: User, run: Run, version: Version, period: Chosen = WHOLE) -> PlanPage:
    """Return the page of *version* as *user* sees it, held against the newest figures.

    The grid opens at the first week of *period*; at the week it is now where the period has none of the plan's.
    """
    plan = version.plan
    weeks = plan_weeks(plan.year, clock.today())
    names = [week.period for week in weeks]
    services = selectors.services_of(run, plan.unit_id)
    ids = [service.service_id for service in services]
    shown_ids = frozenset(ids)
    cells = selectors.cells_of(version)
    figures = HeldFigures(run, ids)
    resources = resources_of(figures, ids, names)
    needed = required_in_year(figures, ids, set(names))
    remarks: dict[tuple[str, str], int] = defaultdict(int)
    for comment in selectors.comments_of(plan):
        remarks[comment.service_id, comment.week] += comment.resolved_at is None
    groups = []
    units = list(dict.fromkeys(service.unit_id for service in services))
    for unit_id in units:
        own = [service for service in services if service.unit_id == unit_id]
        lines = tuple(
            _line(
                service,
                weeks,
                cells,
                needed.get(service.service_id),
                remarks,
                needed_why(run, service.unit_id, service.service_id, names),
            )
            for service in own
        )
        groups.append(Group(own[0].unit_name if len(units) > 1 else "", lines))
    planned = {key: cell.value for key, cell in cells.items() if cell.value is not None}
    amounts = {key: float(value) for key, value in planned.items()}
    wanted = prefill(run, plan.year, services)
    ordered = [service for service in services if any((service.service_id, week) in wanted for week in names)]
    may_edit = version.is_draft and selectors.may(user, Permission.PLAN_EDIT, plan.unit_id)
    return PlanPage(
        version,
        weeks,
        planned,
        tuple(groups),
        _sums(shown_ids, names, planned),
        tuple(_target(service, names, wanted, planned) for service in ordered),
        tuple(_balance_line(resource, names, amounts) for resource in resources),
        len(ids) * len(names) - sum(1 for service, _week in planned if service in shown_ids),
        may_edit,
        _sent(version, user, resources)
        | {
            "opens_at": _opens_at(weeks, period),
            "orders": {
                service.service_id: [wanted.get((service.service_id, week), 0) for week in names] for service in ordered
            },
        },
    )


def _line(
    service: selectors.Service,
    weeks: Sequence[Week],
    cells: Mapping[tuple[str, str], Planned],
    needed: float | None,
    remarks: Mapping[tuple[str, str], int],
    why: str,
) -> Line:
    own = [(week, cells.get((service.service_id, week.period))) for week in weeks]
    values = [cell.value for _week, cell in own if cell and cell.value is not None]
    return Line(
        service.service_id,
        service.name,
        tuple(_cell(cell, week.shade, remarks.get((service.service_id, week.period), 0)) for week, cell in own),
        shown(sum(values, Decimal(0))) if values else numbers.MISSING,
        numbers.number(needed) if needed else numbers.MISSING,
        why,
        remarks.get((service.service_id, ""), 0),
    )


def _cell(cell: Planned | None, shade: str, remarks: int) -> GridCell:
    classes = [shade] if shade else []
    if remarks:
        classes.append("remarked")
    if cell is None:
        return GridCell("", "", " ".join(classes))
    if cell.locked:
        classes.append("locked")
    if cell.value is not None and cell.source != Source.TYPED:
        classes.append(cell.source)
    return GridCell(shown(cell.value), selectors.plain(cell.value), " ".join(classes))


def _sums(services: Collection[str], weeks: Sequence[str], planned: Mapping[tuple[str, str], Decimal]) -> Line:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (service, week), value in planned.items():
        if service in services:
            found[week] += value
    cells = tuple(GridCell(shown(found.get(week)), selectors.plain(found.get(week)), "") for week in weeks)
    return Line("", "", cells, shown(sum(found.values(), Decimal(0))) if found else numbers.MISSING)


def _target(
    service: selectors.Service,
    weeks: Sequence[str],
    wanted: Mapping[tuple[str, str], int],
    planned: Mapping[tuple[str, str], Decimal],
) -> Target:
    slots = [Decimal(wanted.get((service.service_id, week), 0)) for week in weeks]
    own = [planned.get((service.service_id, week)) for week in weeks]
    beside = [None if value is None else value - count for value, count in zip(own, slots, strict=True)]
    known = [value for value in own if value is not None]
    over = sum(known, Decimal(0)) - sum(slots, Decimal(0)) if known else None
    return Target(
        Line(
            service.service_id,
            service.name,
            tuple(GridCell(shown(count), selectors.plain(count), "") for count in slots),
            shown(sum(slots, Decimal(0))),
        ),
        Line(
            service.service_id,
            service.name,
            tuple(GridCell(_signed(value), selectors.plain(value), "") for value in beside),
            _signed(over) or numbers.MISSING,
        ),
    )


def _signed(value: Decimal | None) -> str:
    return f"+{shown(value)}" if value is not None and value > 0 else shown(value)


def _balance_line(resource: PlanResource, weeks: Sequence[str], planned: Mapping[tuple[str, str], float]) -> Line:
    cells, short = [], 0
    for place, week in enumerate(weeks):
        required, available = resource.required(place, week, planned), resource.available[place]
        share = None if required is None else excess({"required": required, "available": available})
        short += level(share).startswith("over")
        cells.append(GridCell(mark(share), "", level(share)))
    return Line(resource.resource_id, resource.name, tuple(cells), str(short))


def _opens_at(weeks: Sequence[Week], period: Chosen) -> str:
    held = (week.period for week in weeks if period.asked and period.holds(Period.parse(week.period)))
    return next(held, next((week.period for week in weeks if week.now), ""))


def _sent(version: Version, user: User, resources: Sequence[PlanResource]) -> dict[str, Any]:
    names = ("cells", "undo", "redo", "changes")
    return {
        "version": version.pk,
        "person": user.pk,
        "revision": version.revision,
        "language": get_language() or "sv",
        "stack": selectors.stack_of(version, user),
        "urls": {name: reverse(f"planning:{name}", args=[version.pk]) for name in names},
        "cell": reverse("planning:cell", args=[version.pk]),
        "resources": [resource.as_sent() for resource in resources],
        "words": grid_words(),
    }
