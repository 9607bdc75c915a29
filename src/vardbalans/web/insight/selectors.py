"""Reads for the pages: the newest stored run and its rows, always limited to units in the reader's scope."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser

from vardbalans.data.results import StoredResult
from vardbalans.engine.periods import Period
from vardbalans.web import clock, store
from vardbalans.web.insight.period import Chosen
from vardbalans.web.insight.weeks import Week, first_to_come, weeks_of, years_of
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import roots_of, scope_of
from vardbalans.web.people.units import Unit, UnitTree, by_name, current_tree
from vardbalans.web.translate import translated

__all__ = ["Reader", "Run", "latest_run", "names_of", "reader"]

Row = Mapping[str, Any]
OLD_DAYS = 35
"""Data that end longer ago than this are told of as old."""


@dataclass(frozen=True)
class Reader:
    """A person's view of the unit tree: the tree and the ids they may read results of."""

    tree: UnitTree
    scope: frozenset[str]

    @property
    def roots(self) -> tuple[Unit, ...]:
        """Return the topmost units in scope, by name."""
        return tuple(sorted((self.tree.units[key] for key in roots_of(self.scope, self.tree)), key=by_name))

    def path(self, unit_id: str) -> tuple[Unit, ...]:
        """Return the units from the topmost in scope down to *unit_id*."""
        return tuple(unit for unit in self.tree.path(unit_id) if unit.unit_id in self.scope)

    def below(self, unit_id: str | None) -> frozenset[str]:
        """Return the ids in scope at and below *unit_id*; the whole scope for None."""
        if unit_id is None:
            return self.scope
        return self.scope & {unit.unit_id for unit in self.tree.below(unit_id)}


@dataclass(frozen=True)
class Run:
    """The newest stored run, seen on the day *today*; *weeks* are those looked at, all of the run's unless narrowed."""

    stored: StoredResult
    weeks: tuple[Week, ...]
    today: date

    @property
    def meta(self) -> Mapping[str, Any]:
        """Return the run's own account: version, seed, draws, as_of, created_at …"""
        return self.stored.meta

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the run says about itself: which data it did without, and what that means."""
        return tuple(
            translated(found["template"], found["values"], found["message"]) for found in self.meta["findings"]
        )

    @property
    def years(self) -> tuple[tuple[int, int], ...]:
        """Return (year, number of weeks) for the heading above the weeks."""
        return years_of(self.weeks)

    @property
    def first_to_come(self) -> int:
        """Return the place of the first week that has not passed; the number of weeks when all have."""
        return first_to_come(self.weeks)

    @property
    def is_past(self) -> bool:
        """Tell whether every week of the run has passed."""
        return self.first_to_come == len(self.weeks) and not self.is_narrowed

    @property
    def weeks_old(self) -> int | None:
        """Return how many whole weeks ago the data ended; None when that is not long ago."""
        days = (self.today - date.fromisoformat(self.meta["as_of"])).days
        return days // 7 if days > OLD_DAYS else None

    @property
    def columns(self) -> int:
        """Return how many columns the balance map has: name, weeks short, and one per week."""
        return len(self.weeks) + 2

    def within(self, period: Chosen) -> "Run":
        """Return the run with only the weeks that begin in *period*; with all of them where none does."""
        weeks = tuple(week for week in self.weeks if period.holds(Period.parse(week.period)))
        return replace(self, weeks=weeks or self.weeks)

    @property
    def is_narrowed(self) -> bool:
        """Tell whether fewer weeks are looked at than the run holds."""
        return len(self.weeks) < len(self.meta["weeks"])

    def rows(self, unit_ids: Collection[str]) -> Sequence[Row]:
        """Return the balance rows of *unit_ids* in the weeks looked at."""
        rows = self.stored.rows(unit_ids)
        if not self.is_narrowed:
            return rows
        shown = {week.period for week in self.weeks}
        return [row for row in rows if row["week"] in shown]

    def names(self, table: str) -> Mapping[str, str]:
        """Return the name of every resource, service or unit by id; nothing for another *table*.

        Of all, for what limits a unit's service may belong to another unit.
        """
        return names_of(table, self.meta["version"])

    @property
    def tells_need(self) -> bool:
        """Tell whether the need of the services is stored with the run; an older version of this program did not."""
        return self.stored.tells_need

    def needs(self, unit_ids: Collection[str]) -> Sequence[Row]:
        """Return what a list tells of the need of each service of *unit_ids*."""
        return self.stored.needs(unit_ids)

    def trials(self, unit_ids: Collection[str]) -> Sequence[Row]:
        """Return the adjusted weeks of *unit_ids* that have had their outcome."""
        return self.stored.trials(unit_ids)

    @property
    def tells_waits(self) -> bool:
        """Tell whether the waiting lists are stored with the run; an older version of this program did not."""
        return self.stored.tells_waits

    def waiting_lists(self, unit_ids: Collection[str]) -> Sequence[Row]:
        """Return what is told of each waiting list of *unit_ids*, without details."""
        return self.stored.waiting_lists(unit_ids)

    @property
    def tells_follow_up(self) -> bool:
        """Tell whether the year's plan and outcome are stored with the run; an older version did not."""
        return self.stored.tells_follow_up

    @property
    def tells_beds(self) -> bool:
        """Tell whether beds are stored with the run; not where no stays are known."""
        return self.stored.tells_beds

    def services(self, unit_ids: Collection[str]) -> Sequence[Row]:
        """Return the service rows of *unit_ids*."""
        return self.stored.services(unit_ids)


def reader(user: User | AnonymousUser) -> Reader:
    """Return what *user* may read results of."""
    tree = current_tree()
    return Reader(tree, scope_of(user, Permission.BALANCE_READ, tree=tree))


def latest_run() -> Run | None:
    """Return the newest stored run; None before the first."""
    stored = store.results().latest()
    if stored is None:
        return None
    today = clock.today()
    return Run(stored, weeks_of(stored.meta["weeks"], stored.meta["working_days"], today), today)


def names_of(table: str, version: int) -> Mapping[str, str]:
    """Return the name of every resource, service or unit of a data version by id; nothing for another *table*."""
    return _names(store.root(), version, table) if table in _NAMED else {}


_NAMED = {"resources": "resource_id", "services": "service_id", "units": "unit_id"}


@lru_cache(maxsize=12)
def _names(_root: Path, version: int, table: str) -> Mapping[str, str]:
    found = store.lake().read(table, version, [_NAMED[table], "name"])
    return dict(zip(found[_NAMED[table]].to_pylist(), found["name"].to_pylist(), strict=True))
