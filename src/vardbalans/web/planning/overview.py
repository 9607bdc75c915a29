"""The list of plans: of a unit and those below it, what awaits the reader, and where there is none yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from vardbalans.web.insight.selectors import Reader
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import Unit
from vardbalans.web.planning import selectors
from vardbalans.web.planning.models import Plan, State, Version

__all__ = ["PlanLine", "PlanList", "plan_list"]


@dataclass(frozen=True)
class PlanLine:
    """One plan with the version that is worked on and the one that is agreed, if there are any."""

    plan: Plan
    unit: Unit
    newest: Version
    agreed: Version | None


@dataclass(frozen=True)
class PlanList:
    """What the page shows. *unit* is None for the reader's whole scope."""

    unit: Unit | None
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    lines: tuple[PlanLine, ...]
    awaiting: Sequence[tuple[Version, Unit]]
    may_make: bool


def plan_list(user: User, reader: Reader, unit_id: str | None) -> PlanList:
    """Return the plans of *unit_id* and below as *user* sees them."""
    below, units = reader.below(unit_id), reader.tree.units
    lines = []
    for plan in selectors.plans_of(below):
        versions = list(plan.versions.all())
        agreed = next((version for version in versions if version.state == State.APPROVED), None)
        lines.append(PlanLine(plan, units[plan.unit_id], versions[0], agreed))
    return PlanList(
        units[unit_id] if unit_id else None,
        reader.path(unit_id) if unit_id else (),
        reader.tree.children(unit_id) if unit_id else reader.roots,
        tuple(lines),
        [(version, units[version.plan.unit_id]) for version in selectors.awaiting(user, below)],
        bool(unit_id) and selectors.may(user, Permission.PLAN_EDIT, unit_id or ""),
    )
