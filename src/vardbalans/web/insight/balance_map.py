"""The balance map: one row per unit (or resource), one column per week, the worst resource in each cell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from vardbalans.web import numbers
from vardbalans.web.insight import levels
from vardbalans.web.insight.weeks import Week
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import UnitTree

__all__ = ["BalanceMap", "Cell", "Group", "Line", "map_of_resources", "map_of_units", "why_address"]

Row = Mapping[str, Any]


class Cell(NamedTuple):
    """One cell: its week, how it is coloured, what it shows, what it says when pointed at, and where it leads."""

    week: Week
    level: str
    figure: str
    title: str
    address: str


@dataclass(frozen=True)
class Line:
    """One row of the map. *label* is its name without what its heading says; *worst* is the row behind each cell."""

    key: str
    name: str
    label: str
    address: str
    cells: tuple[Cell, ...]
    worst: tuple[Row | None, ...]
    current: bool = False

    @property
    def short_weeks(self) -> int:
        """Return the number of weeks in which need exceeds capacity by more than 5 %."""
        return sum(cell.level.startswith("over") for cell in self.cells)


@dataclass(frozen=True)
class Group:
    """Lines under one heading; the heading is empty when all lines belong together."""

    name: str
    address: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class BalanceMap:
    """The groups of lines, in reading order."""

    groups: tuple[Group, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return all lines."""
        return tuple(line for group in self.groups for line in group.lines)


def why_address(row: Row, figure: str = "balance") -> str:
    """Return the address that explains *figure* of *row*."""
    query = urlencode({"resource": row["resource_id"], "week": row["week"], "figure": figure})
    return f"{reverse('insight:why', args=[row['unit_id']])}?{query}"


def map_of_units(rows: Iterable[Row], weeks: Sequence[Week], tree: UnitTree) -> BalanceMap:
    """Return the map with one line per unit that has results, grouped by clinic."""
    lines = _lines(
        rows,
        weeks,
        key=lambda row: row["unit_id"],
        name=lambda row: tree.units[row["unit_id"]].name if row["unit_id"] in tree.units else row["unit_id"],
        address=lambda row: reverse("insight:balance", args=[row["unit_id"]]),
    )
    return BalanceMap(_grouped(lines, tree))


def map_of_resources(rows: Iterable[Row], weeks: Sequence[Week], current: str) -> BalanceMap:
    """Return the map of one unit with one line per resource; *current* is the resource looked at."""
    lines = _lines(
        rows,
        weeks,
        key=lambda row: row["resource_id"],
        name=lambda row: row["resource_name"],
        address=lambda row: (
            f"{reverse('insight:balance', args=[row['unit_id']])}?{urlencode({'resource': row['resource_id']})}"
        ),
    )
    marked = tuple(replace(line, current=line.key == current) for line in lines)
    return BalanceMap((Group("", "", marked),))


def _lines(
    rows: Iterable[Row],
    weeks: Sequence[Week],
    *,
    key: Callable[[Row], str],
    name: Callable[[Row], str],
    address: Callable[[Row], str],
) -> tuple[Line, ...]:
    worst: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_week = worst.setdefault(key(row), {})
        if row["week"] not in by_week or _severity(row) > _severity(by_week[row["week"]]):
            by_week[row["week"]] = row
    lines = []
    for found, by_week in worst.items():
        any_row = next(iter(by_week.values()))
        chosen = tuple(by_week.get(week.period) for week in weeks)
        cells = tuple(_cell(week, row) for week, row in zip(weeks, chosen, strict=True))
        lines.append(Line(found, name(any_row), name(any_row), address(any_row), cells, chosen))
    return tuple(sorted(lines, key=lambda line: swedish_order(line.name)))


def _severity(row: Row) -> float:
    share = levels.excess(row)
    return float("-inf") if share is None else share


def _cell(week: Week, row: Row | None) -> Cell:
    if row is None:
        return Cell(week, "none", numbers.MISSING, "", "")
    share = levels.excess(row)
    title = f"{row['resource_name']}, {numbers.week(week.period)}"
    if week.past:
        title += f", {gettext('passerad')}"
    return Cell(week, levels.level(share), levels.mark(share), title, why_address(row))


def _grouped(lines: Sequence[Line], tree: UnitTree) -> tuple[Group, ...]:
    """Group by clinic; by the unit above where that would leave every line alone; not at all if one group is left."""
    for heading in (_clinic, _parent):
        groups: dict[str, list[Line]] = {}
        for line in lines:
            groups.setdefault(heading(line.key, tree), []).append(line)
        if 1 < len(groups) < len(lines):
            made = [_group(unit_id, found, tree) for unit_id, found in groups.items()]
            return tuple(sorted(made, key=lambda group: swedish_order(group.name)))
    return (Group("", "", tuple(lines)),)


def _group(unit_id: str, lines: Sequence[Line], tree: UnitTree) -> Group:
    if unit_id not in tree.units:
        return Group("", "", tuple(lines))
    name = tree.units[unit_id].name
    shown = tuple(replace(line, label=_label_under(line, unit_id, name)) for line in lines)
    return Group(name, reverse("insight:unit", args=[unit_id]), shown)


def _label_under(line: Line, unit_id: str, heading: str) -> str:
    """Return the line's name without what its heading says already."""
    return gettext("Gemensamt") if line.key == unit_id else line.name.removesuffix(f", {heading}")


def _clinic(unit_id: str, tree: UnitTree) -> str:
    return next((unit.unit_id for unit in reversed(tree.path(unit_id)) if unit.level == "clinic"), "")


def _parent(unit_id: str, tree: UnitTree) -> str:
    return tree.units[unit_id].parent_id or "" if unit_id in tree.units else ""
