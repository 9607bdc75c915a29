"""The pages of the planning cycle: one unit's steps, and the table of units and steps below it."""

from dataclasses import dataclass

from django.urls import reverse

from vardbalans.web import clock
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import scope_of
from vardbalans.web.people.units import Unit
from vardbalans.web.rhythm.facts import Facts, facts_of, year_in_work
from vardbalans.web.rhythm.process import STEPS, Step
from vardbalans.web.rhythm.state import UnitCycle, unit_cycle

__all__ = ["CyclePage", "StepSum", "asked_year", "cycle_page"]


@dataclass(frozen=True)
class StepSum:
    """One step over all units of a table: how many have done it, of those that it concerns, and how many are late."""

    step: Step
    done: int
    count: int
    late: int


@dataclass(frozen=True)
class CyclePage:
    """What the page shows. *cycle* is None for a unit that does not plan by itself; *below* are those that do.

    *may* are the permissions that the reader holds for the unit.
    """

    unit: Unit
    path: tuple[Unit, ...]
    year: int
    years: tuple[Choice, ...]
    cycle: UnitCycle | None
    below: tuple[UnitCycle, ...]
    sums: tuple[StepSum, ...]
    may: frozenset[Permission]
    facts: Facts

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps, the table's columns."""
        return STEPS

    @property
    def may_set_dates(self) -> bool:
        """Tell whether the reader may set the dates of the unit."""
        return Permission.CALENDAR_EDIT in self.may

    @property
    def is_template(self) -> bool:
        """Tell whether any date is the template's: nobody has set it."""
        dues = [self.facts.due(self.unit.unit_id, step.key) for step in STEPS]
        return any(due and due.deadline is None for due in dues)


def asked_year(text: str | None) -> int:
    """Return the year that an address asks for; the one in work unless it names one near it."""
    usual = year_in_work(clock.today())
    years = {str(year): year for year in (usual - 1, usual, usual + 1)}
    return years.get(text or "", usual)


def cycle_page(user: User, reader: Reader, run: Run | None, unit_id: str, year: int) -> CyclePage:
    """Return the page of *unit_id* and what lies below it."""
    facts = facts_of(reader, run, year)
    inside = reader.below(unit_id)
    planning = [unit for unit in facts.units if unit.unit_id in inside]
    unit = reader.tree.units[unit_id]
    below = tuple(unit_cycle(facts, one) for one in planning if one.unit_id != unit_id)
    usual = year_in_work(clock.today())
    address = reverse("rhythm:cycle", args=[unit_id])
    return CyclePage(
        unit,
        reader.path(unit_id)[:-1],
        year,
        tuple(Choice(str(one), f"{address}?year={one}", one == year) for one in (usual - 1, usual, usual + 1)),
        unit_cycle(facts, unit) if unit in planning else None,
        below,
        _sums(below),
        frozenset(one for one in Permission if unit_id in scope_of(user, one, tree=reader.tree)),
        facts,
    )


def _sums(cycles: tuple[UnitCycle, ...]) -> tuple[StepSum, ...]:
    found = []
    for place, step in enumerate(STEPS):
        states = [cycle.stages[place].state for cycle in cycles]
        count = sum(state != "none" for state in states)
        found.append(StepSum(step, states.count("done"), count, states.count("late")))
    return tuple(found)
