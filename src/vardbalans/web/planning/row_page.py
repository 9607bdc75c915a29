"""One service's weeks as a form: the grid's equal alternative, one row at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from vardbalans.web import clock
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.insight.weeks import Week
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import selectors
from vardbalans.web.planning.balance import needed_why, required_in_year
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.page import shown
from vardbalans.web.planning.weeks import plan_weeks, weeks_of_year

__all__ = ["Field", "RowPage", "row_page"]


@dataclass(frozen=True)
class Field:
    """One week: its text, what is wrong with it, and whether it is locked or has been changed by someone else."""

    week: Week
    text: str
    locked: bool
    problem: str = ""
    clash: bool = False


@dataclass(frozen=True)
class RowPage:
    """The row of one service. *needed_text* is how many the balance requires in the year; *locked* by week."""

    service_id: str
    name: str
    unit_id: str
    fields: tuple[Field, ...]
    locked: Mapping[str, Decimal]
    needed_text: str
    needed_why: str
    total: str
    revision: int
    may_edit: bool

    @property
    def open_weeks(self) -> tuple[str, ...]:
        """Return the weeks that may be changed."""
        return tuple(field.week.period for field in self.fields if not field.locked)

    @property
    def has_problems(self) -> bool:
        """Tell whether anything that was typed could not be read."""
        return any(field.problem for field in self.fields)

    @property
    def has_clashes(self) -> bool:
        """Tell whether someone else has changed any of the weeks meanwhile."""
        return any(field.clash for field in self.fields)

    def with_typed(self, given: Mapping[str, str], problems: Mapping[str, str], clashes: Collection[str]) -> "RowPage":
        """Return the page with what was typed kept, and what is wrong with it said."""
        fields = tuple(
            replace(
                field,
                text=given.get(field.week.period, field.text),
                problem=problems.get(field.week.period, ""),
                clash=field.week.period in clashes,
            )
            for field in self.fields
        )
        return replace(self, fields=fields)


def row_page(user: User, version: Version, service_id: str) -> RowPage | None:
    """Return the row of *service_id* in *version*; None where the plan has no such service."""
    run = latest_run()
    services = selectors.services_of(run, version.plan.unit_id) if run else ()
    service = next((row for row in services if row.service_id == service_id), None)
    if run is None or service is None:
        return None
    own = {cell.week: cell for cell in version.cells.filter(service_id=service_id)}
    weeks = plan_weeks(version.plan.year, clock.today())
    values = [cell.value for cell in own.values() if cell.value is not None]
    needed = required_in_year(run.stored, [service_id], set(weeks_of_year(version.plan.year))).get(service_id, 0.0)
    fields = tuple(
        Field(
            week,
            shown(own[week.period].value) if week.period in own else "",
            bool(own.get(week.period) and own[week.period].locked),
        )
        for week in weeks
    )
    return RowPage(
        service_id,
        service.name,
        service.unit_id,
        fields,
        {week: cell.value or Decimal(0) for week, cell in own.items() if cell.locked},
        shown(Decimal(round(needed))),
        needed_why(run, service.unit_id, service_id, weeks_of_year(version.plan.year)),
        shown(sum(values, Decimal(0))),
        version.revision,
        version.is_draft and selectors.may(user, Permission.PLAN_EDIT, version.plan.unit_id),
    )
