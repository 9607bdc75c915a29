"""The versions of a plan, and one held against another: row by row, week by week, and what it does to the balance."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from vardbalans.web.insight.levels import excess, level
from vardbalans.web.insight.selectors import Run
from vardbalans.web.planning import selectors
from vardbalans.web.planning.balance import plan_resources
from vardbalans.web.planning.models import Decision, Version
from vardbalans.web.planning.page import shown
from vardbalans.web.planning.weeks import weeks_of_year

__all__ = ["DifferencePage", "Row", "Short", "difference_page"]


@dataclass(frozen=True)
class Row:
    """One service whose plan is not the same in both: its year in each, and the weeks that differ."""

    name: str
    before: str
    after: str
    change: Decimal
    weeks: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Short:
    """A resource: in how many weeks each version takes more than 5 % above what there is."""

    name: str
    before: int
    after: int


@dataclass(frozen=True)
class DifferencePage:
    """What the page shows: *old* is what the version is held against, None where it is the only one."""

    versions: Sequence[Version]
    old: Version | None
    rows: tuple[Row, ...]
    short: tuple[Short, ...]


def difference_page(run: Run, version: Version, against: str) -> DifferencePage:
    """Return the versions of the plan, and *version* against the one whose id is *against*; else the one before it."""
    signed = Prefetch("decisions", Decision.objects.select_related("by").order_by("pk"))
    found_versions = version.plan.versions.select_related("made_by", "based_on").prefetch_related(signed)
    versions = list(found_versions.order_by("-number"))
    others = [other for other in versions if other.pk != version.pk]
    chosen = next((other for other in others if str(other.pk) == against), None)
    old = chosen or version.based_on or next(iter(others), None)
    if old is None:
        return DifferencePage(versions, None, (), ())
    services = selectors.services_of(run, version.plan.unit_id)
    names = {service.service_id: service.name for service in services}
    found: dict[str, list[tuple[str, Decimal | None, Decimal | None]]] = {}
    for service_id, week, before, after in selectors.difference(old, version):
        found.setdefault(service_id, []).append((week, before, after))
    totals = [_totals(one) for one in (old, version)]
    rows = tuple(
        Row(
            names.get(service_id, service_id),
            shown(totals[0].get(service_id)),
            shown(totals[1].get(service_id)),
            totals[1].get(service_id, Decimal(0)) - totals[0].get(service_id, Decimal(0)),
            tuple((week, shown(before), shown(after)) for week, before, after in weeks),
        )
        for service_id, weeks in found.items()
    )
    return DifferencePage(versions, old, rows, _short(run, list(names), old, version))


def _totals(version: Version) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for (service_id, _week), cell in selectors.cells_of(version).items():
        if cell.value is not None:
            total[service_id] = total.get(service_id, Decimal(0)) + cell.value
    return total


def _short(run: Run, services: Sequence[str], old: Version, new: Version) -> tuple[Short, ...]:
    weeks = weeks_of_year(new.plan.year)
    planned = [
        {key: cell.value for key, cell in selectors.cells_of(version).items() if cell.value is not None}
        for version in (old, new)
    ]
    found = []
    for resource in plan_resources(run, services, weeks):
        counts = [
            sum(
                level(
                    excess({"required": resource.required(place, week, cells), "available": resource.available[place]})
                ).startswith("over")
                for place, week in enumerate(weeks)
            )
            for cells in planned
        ]
        found.append(Short(resource.name, *counts))
    return tuple(found)
