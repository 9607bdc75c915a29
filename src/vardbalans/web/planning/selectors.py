"""Reads of plans, always limited to what the reader may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Prefetch, Q

from vardbalans.web import store
from vardbalans.web.insight.selectors import Run, latest_run
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people import selectors as people
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import by_name, current_tree
from vardbalans.web.planning.models import Change, Comment, Decision, Plan, Standing, State, Step, StepKind, Version

__all__ = [
    "Planned",
    "Service",
    "awaiting",
    "cells_of",
    "changes_after",
    "comments_of",
    "difference",
    "history_of",
    "known_services",
    "may",
    "plain",
    "plans_of",
    "services_of",
    "stack_of",
    "standing_of",
    "version_of",
]


@dataclass(frozen=True)
class Service:
    """A row of the grid."""

    service_id: str
    name: str
    unit_id: str
    unit_name: str


def version_of(user: User, version_id: int) -> Version:
    """Return the version with its plan. Raises OutOfScope where there is none that *user* may see."""
    found = Version.objects.select_related("plan", "made_by", "based_on").filter(pk=version_id).first()
    if found is None or not may(user, Permission.BALANCE_READ, found.plan.unit_id):
        raise people.OutOfScope(str(version_id))
    return found


def may(user: User | AnonymousUser, permission: Permission, unit_id: str) -> bool:
    """Tell whether *user* holds *permission* for the unit today."""
    return unit_id in people.scope_of(user, permission, tree=current_tree())


def plans_of(unit_ids: Collection[str]) -> Sequence[Plan]:
    """Return the plans of *unit_ids* with their versions, the newest first of each."""
    versions = Version.objects.select_related("made_by").order_by("-number")
    found = Plan.objects.filter(unit_id__in=unit_ids).prefetch_related(Prefetch("versions", versions))
    return tuple(found.order_by("-year", "name"))


def awaiting(user: User, unit_ids: Collection[str]) -> Sequence[Version]:
    """Return the submitted versions of *unit_ids* that *user* may decide: not their own."""
    mine = people.scope_of(user, Permission.PLAN_APPROVE, tree=current_tree()) & set(unit_ids)
    found = Version.objects.filter(state=State.SUBMITTED, plan__unit_id__in=mine).select_related("plan", "made_by")
    own = Q(decisions__kind=Decision.Kind.SUBMITTED, decisions__by=user)
    return tuple(found.exclude(pk__in=found.filter(own).values("pk")).order_by("plan__year", "plan__name"))


def services_of(run: Run, unit_id: str) -> tuple[Service, ...]:
    """Return the services of the unit and those below it, by unit and name, as the newest figures know them."""
    tree = current_tree()
    below = {unit.unit_id for unit in tree.below(unit_id)}
    rows = run.needs(below) if run.tells_need else run.services(below)
    found = [
        Service(row["service_id"], row["service_name"], row["unit_id"], tree.units[row["unit_id"]].name) for row in rows
    ]
    return tuple(
        sorted(found, key=lambda row: (by_name(tree.units[row.unit_id]), swedish_order(row.name), row.service_id))
    )


def known_services(unit_id: str) -> frozenset[str]:
    """Return the ids of the services that a plan of *unit_id* may hold, as the newest figures know them."""
    run = store.results().latest()
    return _known(store.root(), run.meta["run_id"], run.meta["version"], unit_id) if run else frozenset()


@lru_cache(maxsize=256)
def _known(_root: Path, _run_id: str, _version: int, unit_id: str) -> frozenset[str]:
    # A run never changes, and every save asks.
    run = latest_run()
    return frozenset(service.service_id for service in services_of(run, unit_id)) if run else frozenset()


class Planned(NamedTuple):
    """What a cell of a version holds; a year's plan of a region has more of them than a model is made for."""

    value: Decimal | None
    locked: bool
    source: str


def cells_of(
    version: Version, services: Collection[str] | None = None, weeks: Collection[str] | None = None
) -> dict[tuple[str, str], Planned]:
    """Return the cells of *version* by service and week: all, or those of few *services* and *weeks*."""
    found = version.cells.all()
    if services is not None and weeks is not None:
        found = found.filter(service_id__in=services, week__in=weeks)
    rows = found.values_list("service_id", "week", "value", "locked", "source")
    return {(service, week): Planned(value, locked, source) for service, week, value, locked, source in rows}


def changes_after(version: Version, revision: int, *, but: User | None = None) -> list[dict[str, Any]]:
    """Return what the cells are now that others than *but* have changed after *revision*, and who changed each last."""
    found = Change.objects.filter(step__version=version, step__revision__gt=revision)
    if but:
        touched = set(found.exclude(step__by=but).values_list("service_id", "week"))
        if not touched:
            return []
        return [sent for sent in changes_after(version, revision) if (sent["service"], sent["week"]) in touched]
    last = {
        (change.service_id, change.week): change
        for change in found.select_related("step__by").order_by("step__revision")
    }
    return [_as_sent(change) for change in last.values()]


def _as_sent(change: Change) -> dict[str, Any]:
    return {
        "service": change.service_id,
        "week": change.week,
        "value": plain(change.after),
        "locked": change.locked_after,
        "source": change.source_after,
        "by": change.step.by.display_name,
    }


def plain(value: Decimal | None) -> str:
    """Return *value* exactly, with a decimal point and no more digits than it needs; empty for None."""
    return "" if value is None else f"{value.normalize():f}"


def stack_of(version: Version, user: User) -> tuple[int, int]:
    """Return how many steps *user* can undo and redo in *version*."""
    return standing_of(version.pk, user, version.revision).stack


class Now(NamedTuple):
    """Where a version stands for one of its planners, who knows it up to a revision.

    *stack* is how many steps they can undo and redo, *others_since* whether others have done steps after what they
    know, and *seen* the revision of the step that they have sent already (None: it is new).
    """

    revision: int
    stack: tuple[int, int]
    others_since: bool
    seen: int | None


_STEP = Step._meta.db_table


def _mine(standing: Standing) -> str:
    return (
        f"(SELECT COUNT(*) FROM {_STEP} WHERE version_id = version.id AND by_id = %(by)s AND standing = '{standing}' "
        f"AND kind NOT IN ('{StepKind.UNDO}', '{StepKind.REDO}'))"
    )


_NOW = f"""
SELECT version.revision, {_mine(Standing.DONE)}, {_mine(Standing.UNDONE)},
 EXISTS(SELECT 1 FROM {_STEP} WHERE version_id = version.id AND revision > %(base)s AND by_id <> %(by)s),
 (SELECT revision FROM {_STEP} WHERE version_id = version.id AND token = %(token)s)
FROM {Version._meta.db_table} AS version WHERE version.id = %(version)s
"""
_LATEST = 2**31 - 1
"""No revision comes after this one; a base may be sent that does."""


def standing_of(version_id: int, user: User, base: int, token: str | None = None) -> Now:
    """Return where the version stands for *user*, who knows it up to revision *base*; *token* names a step of it.

    One statement, and written out, for every save asks twice.
    """
    base = max(0, min(base, _LATEST))
    with connection.cursor() as cursor:
        cursor.execute(_NOW, {"by": user.pk, "base": base, "token": token, "version": version_id})
        revision, done, undone, others_since, seen = cursor.fetchone()
    return Now(revision, (done, undone), bool(others_since), seen)


def history_of(plan: Plan, service_id: str, week: str, most: int = 100) -> Sequence[Change]:
    """Return what has been done to one cell in every version of the plan, the latest first."""
    found = Change.objects.filter(step__version__plan=plan, service_id=service_id, week=week)
    return tuple(found.select_related("step__by", "step__version").order_by("-step__at", "-pk")[:most])


def comments_of(plan: Plan) -> Sequence[Comment]:
    """Return the comments of the plan, whichever version they were written in; open ones first, the latest first."""
    found = Comment.objects.filter(plan=plan).select_related("by", "resolved_by", "version")
    return tuple(
        sorted(found.prefetch_related("mentioned").order_by("-at"), key=lambda row: row.resolved_at is not None)
    )


def difference(old: Version, new: Version) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    """Return (service, week, value in *old*, value in *new*) of every cell where they are not the same."""
    before, after = ({key: cell.value for key, cell in cells_of(version).items()} for version in (old, new))
    return [
        (*key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
