"""A plan and a scenario side by side, week by week: what differs is marked, and nothing of the plan changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vardbalans.web import clock, numbers
from vardbalans.web.insight.levels import excess, level, mark
from vardbalans.web.insight.selectors import Run
from vardbalans.web.insight.weeks import Week
from vardbalans.web.planning import selectors
from vardbalans.web.planning.balance import plan_resources
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.page import shown
from vardbalans.web.planning.weeks import plan_weeks

__all__ = ["Beside", "ScenarioPage", "scenario_page"]


@dataclass(frozen=True)
class Beside:
    """One service or resource: its cells (text, class) in the plan and in the scenario, and the year of each."""

    name: str
    plan: tuple[tuple[str, str], ...]
    scenario: tuple[tuple[str, str], ...]
    plan_year: str
    scenario_year: str
    change: Decimal | int


@dataclass(frozen=True)
class ScenarioPage:
    """What the page shows: the weeks, each service, each resource's balance, and the scenario's measures."""

    name: str
    weeks: tuple[Week, ...]
    services: tuple[Beside, ...]
    resources: tuple[Beside, ...]
    items: Sequence[Mapping[str, Any]]

    @property
    def columns(self) -> int:
        """Return how many columns the table has."""
        return len(self.weeks) + 3

    @property
    def on(self) -> int:
        """Return how many of the measures are on."""
        return sum(bool(item["on"]) for item in self.items)

    @property
    def reach(self) -> int:
        """Return how many weeks of the year the scenario says nothing of."""
        return sum(all(row.scenario[place][0] == "" for row in self.services) for place in range(len(self.weeks)))


def scenario_page(run: Run, version: Version, result: Mapping[str, Any]) -> ScenarioPage:
    """Return *version* beside the *result* of a scenario that was run for it."""
    weeks = plan_weeks(version.plan.year, clock.today())
    names = [week.period for week in weeks]
    services = selectors.services_of(run, version.plan.unit_id)
    cells = {key: cell.value for key, cell in selectors.cells_of(version).items()}
    planned = {key: value for key, value in cells.items() if value is not None}
    place = {week: number for number, week in enumerate(result["weeks"])}
    rows = []
    for service in services:
        own = [cells.get((service.service_id, week)) for week in names]
        counts = result["services"].get(service.service_id)
        other = [Decimal(counts[place[week]]) if counts and week in place else None for week in names]
        rows.append(_service(service.name, own, other, [week.shade for week in weeks]))
    resources = []
    for resource in plan_resources(run, [service.service_id for service in services], names):
        theirs = result["resources"].get(resource.resource_id)
        mine = [
            excess({"required": resource.required(number, week, planned), "available": resource.available[number]})
            for number, week in enumerate(names)
        ]
        shares = [_share(theirs, place.get(week)) for week in names]
        resources.append(_resource(resource.name, mine, shares))
    return ScenarioPage(result["name"], weeks, tuple(rows), tuple(resources), result["items"])


def _service(
    name: str, plan: Sequence[Decimal | None], scenario: Sequence[Decimal | None], shades: Sequence[str]
) -> Beside:
    totals = [sum((value for value in row if value is not None), Decimal(0)) for row in (plan, scenario)]
    marks = [
        "differs" if other is not None and mine != other else shade
        for mine, other, shade in zip(plan, scenario, shades, strict=True)
    ]
    return Beside(
        name,
        tuple((shown(value), shade) for value, shade in zip(plan, shades, strict=True)),
        tuple((shown(value), kind) for value, kind in zip(scenario, marks, strict=True)),
        shown(totals[0]) if any(value is not None for value in plan) else numbers.MISSING,
        shown(totals[1]),
        totals[1] - totals[0],
    )


def _resource(name: str, plan: Sequence[float | None], scenario: Sequence[float | None]) -> Beside:
    shorts = [sum(level(share).startswith("over") for share in row) for row in (plan, scenario)]
    return Beside(
        name,
        tuple((mark(share), level(share)) for share in plan),
        tuple((mark(share), level(share)) for share in scenario),
        str(shorts[0]),
        str(shorts[1]),
        shorts[1] - shorts[0],
    )


def _share(found: Mapping[str, Any] | None, place: int | None) -> float | None:
    if found is None or place is None:
        return None
    return excess({"required": found["required"][place], "available": found["available"][place]})
