"""What the live balance rows under the grid are computed from, as the page sends it to the browser and as it is shown.

required(resource, week) = what others require + Σ over the plan's services of planned × amount each. A stay takes its
resources in the week it begins, as in the balance.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from vardbalans.web.insight.addresses import figure_address
from vardbalans.web.insight.selectors import Run

__all__ = ["Figures", "HeldFigures", "PlanResource", "needed_why", "plan_resources", "required_in_year", "resources_of"]

Row = Mapping[str, Any]


class Figures(Protocol):
    """What of a run the balance of a plan is computed from."""

    def uses(self, service_ids: Collection[str], /) -> Sequence[Row]:
        """Return what a slot of each service takes of each resource."""

    def required_slots(self, service_ids: Collection[str], /) -> Sequence[Row]:
        """Return the slots that each service requires, week by week."""

    def resource_rows(self, resource_ids: Collection[str], /) -> Sequence[Row]:
        """Return what of each resource is required and available, week by week."""


class HeldFigures:
    """The figures of many services read at once, for a page that asks plan by plan."""

    def __init__(self, run: Run, service_ids: Collection[str]) -> None:
        stored = run.stored
        self._uses = _by("service_id", stored.uses(service_ids))
        self._slots = _by("service_id", stored.required_slots(service_ids))
        used = {row["resource_id"] for rows in self._uses.values() for row in rows}
        self._rows = _by("resource_id", stored.resource_rows(used))

    def uses(self, service_ids: Collection[str], /) -> Sequence[Row]:
        """Return what a slot of each service takes of each resource."""
        return _of(self._uses, service_ids)

    def required_slots(self, service_ids: Collection[str], /) -> Sequence[Row]:
        """Return the slots that each service requires, week by week."""
        return _of(self._slots, service_ids)

    def resource_rows(self, resource_ids: Collection[str], /) -> Sequence[Row]:
        """Return what of each resource is required and available, week by week."""
        return _of(self._rows, resource_ids)


def _by(name: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _of(rows: Mapping[str, list[Row]], names: Collection[str]) -> list[Row]:
    return [row for name in names for row in rows.get(name, ())]


@dataclass(frozen=True)
class PlanResource:
    """A resource that the plan's services use: *available* and *others* per week (None: not known that week).

    *amounts* is what one slot takes, by service. All in *measure*.
    """

    resource_id: str
    name: str
    measure: str
    available: tuple[float | None, ...]
    others: tuple[float | None, ...]
    amounts: Mapping[str, float]

    def required(self, place: int, week: str, planned: Mapping[tuple[str, str], Decimal | float]) -> float | None:
        """Return what the plan and the others take in the week at *place*.

        None where others' need is not known, or nothing at all is planned of the services that use the resource.
        """
        others = self.others[place]
        own = [float(planned[name, week]) * amount for name, amount in self.amounts.items() if (name, week) in planned]
        return None if others is None or not own else others + sum(own)

    def as_sent(self) -> dict[str, Any]:
        """Return what the browser computes from."""
        return {
            "id": self.resource_id,
            "name": self.name,
            "measure": self.measure,
            "available": self.available,
            "others": self.others,
            "amounts": self.amounts,
        }


def plan_resources(run: Run, service_ids: Collection[str], weeks: Sequence[str]) -> tuple[PlanResource, ...]:
    """Return the resources that *service_ids* use, by name, with what is known of them in *weeks*."""
    return resources_of(run.stored, service_ids, weeks)


def resources_of(figures: Figures, service_ids: Collection[str], weeks: Sequence[str]) -> tuple[PlanResource, ...]:
    """Return what :func:`plan_resources` does, from *figures*."""
    amounts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for use in figures.uses(service_ids):
        amounts[use["resource_id"]][use["service_id"]] += use["amount"]
    required = {(row["service_id"], row["week"]): row["slots"] for row in figures.required_slots(service_ids)}
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in figures.resource_rows(list(amounts)):
        rows[row["resource_id"]][row["week"]] = row
    found = []
    for resource_id, by_week in rows.items():
        own, first = amounts[resource_id], next(iter(by_week.values()))

        def others(week: str, by_week: Any = by_week, own: Mapping[str, float] = own) -> float | None:
            if week not in by_week or by_week[week]["required"] is None:
                return None
            mine = sum(required.get((name, week), 0.0) * amount for name, amount in own.items())
            return round(max(0.0, float(by_week[week]["required"]) - float(mine)), 3)

        found.append(
            PlanResource(
                resource_id,
                first["resource_name"],
                first["measure"],
                tuple(by_week[week]["available"] if week in by_week else None for week in weeks),
                tuple(others(week) for week in weeks),
                dict(own),
            )
        )
    return tuple(sorted(found, key=lambda row: (row.name, row.resource_id)))


def needed_why(run: Run, unit_id: str, service_id: str, weeks: Sequence[str]) -> str:
    """Return where what is required of a service in *weeks* is explained; empty where the figures cover none of them.

    The service is of *unit_id*.
    """
    if not set(weeks) & set(run.meta["weeks"]):
        return ""
    return figure_address(unit_id, figure="required_slots", service=service_id, week=f"{weeks[0]}..{weeks[-1]}")


def required_in_year(figures: Figures, service_ids: Collection[str], weeks: Collection[str]) -> dict[str, float]:
    """Return how many slots are required of each service in those of *weeks* that the figures cover."""
    total: dict[str, float] = defaultdict(float)
    for row in figures.required_slots(service_ids):
        if row["week"] in weeks:
            total[row["service_id"]] += row["slots"]
    return total
