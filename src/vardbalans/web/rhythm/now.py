"""What needs a person now: their steps, plans that wait for them, what is said to them, and decisions due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.web.following.models import Decision
from vardbalans.web.following.selectors import open_decisions
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.models import User
from vardbalans.web.people.units import Unit
from vardbalans.web.planning import selectors as planning
from vardbalans.web.planning.models import Comment, Version
from vardbalans.web.rhythm.facts import facts_of
from vardbalans.web.rhythm.state import Stage, UnitCycle, unit_cycle

__all__ = ["Item", "Mine", "Now", "needs_now"]

SHOWN = 15
_FIRST = 5


@dataclass(frozen=True)
class Mine:
    """One step of one unit that the reader has the ball of."""

    cycle: UnitCycle
    stage: Stage


class Item(NamedTuple):
    """One thing that waits for the reader: what it is about, what to do, where, and by which day."""

    about: str
    what: str
    address: str
    due: date | None


@dataclass(frozen=True)
class Now:
    """What needs the reader at *unit* and below (None: their whole scope). *late* are the units with late steps."""

    unit: Unit | None
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    year: int
    mine: tuple[Mine, ...]
    more: int
    awaiting: Sequence[tuple[Version, Unit]]
    comments: Sequence[Comment]
    late: tuple[UnitCycle, ...]
    decisions: Sequence[Decision]

    @property
    def count(self) -> int:
        """Return how many things wait for the reader."""
        return len(self.mine) + self.more + len(self.awaiting) + len(self.comments)

    @property
    def first(self) -> tuple[Item, ...]:
        """Return the first few: what others wait for before the reader's own steps."""
        plans = [
            Item(
                unit.name,
                _("Planen {plan} väntar på ditt beslut").format(plan=f"{version.plan.name} {version.plan.year}"),
                reverse("planning:plan", args=[version.pk]),
                None,
            )
            for version, unit in self.awaiting
        ]
        comments = [
            Item(
                f"{row.plan.name} {row.plan.year}",
                _("Kommentar av {name}").format(name=row.by.display_name),
                f"{reverse('planning:cell', args=[row.version_id])}?"
                f"{urlencode({'service': row.service_id, 'week': row.week})}",
                None,
            )
            for row in self.comments
        ]
        steps = [
            Item(
                row.cycle.unit.name,
                str(row.stage.step.name),
                row.cycle.address,
                row.stage.due.day if row.stage.due else None,
            )
            for row in self.mine
        ]
        return (*plans, *comments, *steps)[:_FIRST]


def needs_now(user: User, reader: Reader, run: Run | None, unit_id: str | None, year: int) -> Now:
    """Return what needs *user* at *unit_id* and below."""
    below = reader.below(unit_id)
    facts = facts_of(reader, run, year)
    cycles = [unit_cycle(facts, unit) for unit in facts.units if unit.unit_id in below]
    mine = sorted(
        (
            Mine(cycle, stage)
            for cycle in cycles
            if (stage := next((each for each in cycle.stages if each.is_open and each.is_held_by(user.pk)), None))
        ),
        key=lambda row: (row.stage.due is None, row.stage.due.day if row.stage.due else row.stage.today),
    )
    units = reader.tree.units
    return Now(
        units[unit_id] if unit_id else None,
        reader.path(unit_id)[:-1] if unit_id else (),
        reader.tree.children(unit_id) if unit_id else reader.roots,
        year,
        tuple(mine[:SHOWN]),
        max(0, len(mine) - SHOWN),
        [(version, units[version.plan.unit_id]) for version in planning.awaiting(user, below)],
        mentions(user, below),
        tuple(cycle for cycle in cycles if cycle.late),
        tuple(open_decisions(below)[:SHOWN]),
    )


def mentions(user: User, unit_ids: frozenset[str]) -> Sequence[Comment]:
    """Return the open comments on plans of *unit_ids* that mention *user*, the latest first."""
    found = Comment.objects.filter(mentioned=user, resolved_at__isnull=True, plan__unit_id__in=unit_ids)
    return tuple(found.select_related("plan", "version", "by").order_by("-at")[:SHOWN])
