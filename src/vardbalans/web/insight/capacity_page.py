"""The page Kapacitet of a unit: what its resources give, part by part, what that allows, and why it changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.web.insight import capacity_sentences
from vardbalans.web.insight.capacity_formula import Formula, formula_of
from vardbalans.web.insight.capacity_measure import MEASURES, measure_name, shown
from vardbalans.web.insight.capacity_sets import Pooling, SetLine, SetWeek, pooling_of, set_lines, set_weeks
from vardbalans.web.insight.capacity_time import (
    KINDS,
    LOSSES,
    Resource,
    ResourceWeeks,
    UnitTime,
    gross,
    kind_name,
    loss,
    loss_names,
    resource_weeks,
    time_why,
    units_time,
)
from vardbalans.web.insight.listing import ON_A_PAGE, Asked, Column, column_of, in_order, place_of_page
from vardbalans.web.insight.period import FROM, TO
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit

__all__ = ["CapacityPage", "capacity_page"]

Row = Mapping[str, Any]
_KEPT = (FROM, TO, "measure", "kind", "q", "sort", "resource", "before", "now", "service", "set")
"""What the address of the page says, that its links keep."""


@dataclass(frozen=True)
class CapacityPage:
    """What the page shows. *unit* is None for a reader with several topmost units; *asked* is the
    address's query, *pool* the resources that it pools."""

    unit: Unit | None
    path: tuple[Unit, ...]
    run: Run
    reader: Reader
    asked: Mapping[str, str]
    pool: tuple[str, ...]
    rows: tuple[Row, ...]
    how: Asked

    @cached_property
    def measure(self) -> str:
        """Return the unit that time is shown in."""
        return self.asked["measure"] if self.asked.get("measure") in MEASURES else "hours"

    @property
    def measure_name(self) -> str:
        """Return its name."""
        return measure_name(self.measure)

    @property
    def measures(self) -> tuple[tuple[str, str, bool], ...]:
        """Return the units to choose from, as (name, address, whether it is shown)."""
        return tuple((measure_name(key), self.address(measure=key), key == self.measure) for key in MEASURES)

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """Return the kinds of resources there are, as (key, name)."""
        there = {row["kind"] for row in self.rows}
        return tuple((kind, kind_name(kind)) for kind in KINDS if kind in there)

    @property
    def facts(self) -> tuple[str, ...]:
        """Return how much of the gross time of each kind is available."""
        found = []
        for kind, name in self.kinds:
            mine = [row for row in self.rows if row["kind"] == kind]
            left = sum(row["available_minutes"] for row in mine)
            found.append(capacity_sentences.kinds(name, sum(map(gross, mine)), left))
        return tuple(found)

    @cached_property
    def units(self) -> tuple[UnitTime, ...]:
        """Return the units below with their hours by kind."""
        unit_id = self.unit.unit_id if self.unit else None
        kinds = [kind for kind, _name in self.kinds]
        return units_time(self.reader, unit_id, self.rows, kinds, self._of_unit, self.run.weeks)

    def _of_unit(self, unit_id: str) -> str:
        kept = {name: self.asked[name] for name in (FROM, TO, "measure") if name in self.asked}
        page = reverse("insight:capacity_unit", args=[unit_id])
        return f"{page}?{urlencode(kept)}" if kept else page

    @cached_property
    def found(self) -> list[Row]:
        """Return the resources that the search asks for, in order."""
        matching = [row for row in self.rows if self.how.matches(row, self.reader.tree)]
        return in_order(matching, self.how.sort, FIGURES, self.reader.tree)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Return one page of them."""
        at = self._place[0] * ON_A_PAGE
        return tuple(self.resource_of(row) for row in self.found[at : at + ON_A_PAGE])

    def resource_of(self, row: Row) -> Resource:
        """Return the resource of *row* as the list shows it."""
        weeks = len(self.run.weeks)
        return Resource(
            row,
            self.reader.tree.units[row["unit_id"]],
            f"{self.address(resource=row['resource_id'])}#resource",
            time_why(row, self.run.weeks),
            lambda minutes: shown(minutes, self.measure, row["shift_minutes"], weeks),
            self.chosen is not None and row["resource_id"] == self.chosen.total["resource_id"],
        )

    @cached_property
    def _place(self) -> tuple[int, int]:
        return place_of_page(self.asked.get("page", ""), len(self.found))

    @property
    def earlier(self) -> str:
        """Return the page of resources before; empty for the first."""
        return self.address(page=str(self._place[0])) if self._place[0] else ""

    @property
    def later(self) -> str:
        """Return the page of resources after; empty for the last."""
        return self.address(page=str(self._place[0] + 2)) if self._place[0] < self._place[1] else ""

    @property
    def columns(self) -> dict[str, Column]:
        """Return the columns of the list with how each heading sorts."""
        names = {"name": _("Resurs"), "gross": _("Brutto"), **loss_names()}
        names |= {"available": _("Tillgängligt"), "share": _("Andel")}
        base = self.address(sort="")
        return {key: self._column(key, name, base) for key, name in names.items()}

    def _column(self, key: str, name: str, base: str) -> Column:
        found = column_of(key, name, Asked("", self.how.sort), base.partition("?")[0], {"name"})
        sort = found.address.partition("sort=")[2]
        return Column(found.key, found.name, found.order, self.address(sort=sort))

    @cached_property
    def chosen(self) -> ResourceWeeks | None:
        """Return the resource that is told in full: the one asked for, else the one with the least of its time left."""
        asked = [row for row in self.rows if row["resource_id"] == self.asked.get("resource")]
        with_time = [row for row in self.rows if gross(row)]
        if asked or with_time:
            total = asked[0] if asked else min(with_time, key=lambda row: row["available_minutes"] / gross(row))
            return resource_weeks(self.run, total, self.measure)
        return None

    @property
    def _below(self) -> frozenset[str]:
        return self.reader.below(self.unit.unit_id if self.unit else None)

    @cached_property
    def formula(self) -> Formula | None:
        """Return K of each service in two periods."""
        return formula_of(self.reader, self.run, self._below, self.asked)

    @cached_property
    def sets(self) -> tuple[SetLine, ...]:
        """Return the resource sets of the services."""
        return set_lines(self.reader, self.run, self._below, self.asked, self.address(service="", set=""))

    @property
    def set_chosen(self) -> SetLine | None:
        """Return the set whose weeks are told; None where none is asked for."""
        return next((line for line in self.sets if line.current), None)

    @property
    def set_weeks(self) -> tuple[SetWeek, ...]:
        """Return its weeks."""
        return set_weeks(self.run, self.set_chosen) if self.set_chosen else ()

    @cached_property
    def pooling(self) -> Pooling:
        """Return what it gives to pool the resources asked for."""
        unit_id = self.unit.unit_id if self.unit else ""
        return pooling_of(self.run, self._below, self.pool, unit_id)

    def address(self, **more: str) -> str:
        """Return the address of the page with *more* said; an empty text takes away what it says."""
        kept = {name: self.asked[name] for name in _KEPT if name in self.asked} | more
        query = urlencode({name: value for name, value in kept.items() if value})
        page = reverse("insight:capacity_unit", args=[self.unit.unit_id]) if self.unit else reverse("insight:capacity")
        return f"{page}?{query}" if query else page

    def fields(self, *without: str) -> tuple[tuple[str, str], ...]:
        """Return what a form of the page sends along, beside its own fields *without*."""
        return tuple((name, self.asked[name]) for name in _KEPT if name in self.asked and name not in without)

    @property
    def list_fields(self) -> tuple[tuple[str, str], ...]:
        """Return what the form of the list sends along."""
        return self.fields("q", "sort", "kind")

    @property
    def formula_fields(self) -> tuple[tuple[str, str], ...]:
        """Return what the form of the formula sends along."""
        return self.fields("before", "now")

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Return the orders of the list."""
        names = {"unit": _("Enhet"), "name": _("Resurs"), "share": _("Minst andel kvar"), "-gross": _("Störst brutto")}
        return tuple(names.items())

    @property
    def exports(self) -> tuple[tuple[str, str], ...]:
        """Return where the list is fetched as a file, as (name, address)."""
        unit = self.unit.unit_id if self.unit else ""
        view, args = ("insight:capacity_export_unit", [unit]) if unit else ("insight:capacity_export", [])
        query = self.address().partition("?")[2]
        return tuple(
            (form, f"{reverse(view, args=[*args, form])}{'?' if query else ''}{query}") for form in ("csv", "xlsx")
        )


FIGURES: Mapping[str, Callable[[Row], float | None]] = {
    "gross": gross,
    **{name: (lambda row, name=name: loss(row, name)) for name in LOSSES},  # type: ignore[misc]
    "available": lambda row: row["available_minutes"],
    "share": lambda row: row["available_minutes"] / gross(row) if gross(row) else None,
}


def capacity_page(
    reader: Reader, run: Run, unit_id: str | None, asked: Mapping[str, str], pool: Sequence[str]
) -> CapacityPage:
    """Return the page of *unit_id* and what lies below it; of the reader's whole scope for None.

    *asked* may hold ``measure`` (hours, shifts, fte), ``q``, ``kind``, ``sort`` and ``page`` of the list, ``resource``,
    ``before`` and ``now`` of the formula, ``service`` and ``set``; *pool* are the ids of resources to pool. What cannot
    be is passed over.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    totals = run.stored.capacity_totals(reader.below(unit_id), [week.period for week in run.weeks])
    rows = tuple(_listed(row) for row in totals if row["unit_id"] in reader.tree.units)
    how = Asked.of(asked, ("name", "unit", *FIGURES), KINDS)
    return CapacityPage(
        reader.tree.units.get(unit_id or ""),
        reader.path(unit_id)[:-1] if unit_id else (),
        run,
        reader,
        asked,
        tuple(pool),
        rows,
        how,
    )


def _listed(row: Row) -> Row:
    """Return *row* with the names that lists of any kind search and sort by."""
    return {**row, "service_name": row["resource_name"], "service_id": row["resource_id"]}
