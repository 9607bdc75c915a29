"""Counted beds on the page Vårdplatser: occupancy by unit, and the year ahead of one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vardbalans.engine.beds.counted import PER_YEAR
from vardbalans.web import numbers
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.need_chart import chart_of
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit

__all__ = ["CountedPage", "counted_page"]

Row = Mapping[str, Any]
_SHOWN_YEARS = 3


class Line(NamedTuple):
    """One unit of the list, how far down it is, its row, and the year's change in percentage points."""

    unit: Unit
    depth: int
    row: Row
    change: float | None
    why: Whys


class Month(NamedTuple):
    """One period ahead in the table: occupied beds with the 90 % interval, and their mean occupancy."""

    period: str
    mean: float
    low: float
    high: float
    occupancy: float | None
    why: Whys


@dataclass(frozen=True)
class CountedPage:
    """What the section shows of *category*, one of *categories*; *own* is the unit's row, None where it has none."""

    category: str
    categories: tuple[str, ...]
    lines: tuple[Line, ...]
    own: Row | None

    @cached_property
    def title(self) -> str:
        """Return what the counts of the unit say first."""
        row = self.own
        if row is None or row["occupancy"] is None:
            return ""
        first = _("{share} av {beds} disponibla vårdplatser var belagda {period}.").format(
            share=numbers.percent(row["occupancy"]), beds=numbers.number(row["available"]), period=row["period"]
        )
        if row["change_in_a_year"] is None:
            return first
        more = _("Det senaste året var beläggningen {year}, {change} procentenheter mot året före.").format(
            year=numbers.percent(row["occupancy_of_year"], 1), change=numbers.signed(100 * row["change_in_a_year"], 1)
        )
        return f"{first} {more}"

    @cached_property
    def ahead_title(self) -> str:
        """Return when it will be fullest; empty without a forecast or beds to hold it against."""
        ahead = self.own and self.own["ahead"]
        if not ahead or ahead["beds"] is None:
            return ""
        rows = ahead["occupancy"]
        at = max(range(len(rows["mean"])), key=rows["mean"].__getitem__)
        return _("Fullast väntas {period}: {share} ({low}–{high}) av de {beds} vårdplatser som finns nu.").format(
            period=ahead["periods"][at],
            share=numbers.percent(rows["mean"][at]),
            low=numbers.percent(rows["q05"][at]),
            high=numbers.percent(rows["q95"][at]),
            beds=numbers.number(ahead["beds"]),
        )

    @property
    def method(self) -> str:
        """Return when of the day it has been counted; empty where that is not told."""
        words = {"at_06": _("kl. 06"), "midnight": _("vid midnatt"), "day_mean": _("i medel över dygnet")}
        return words.get(self.own["counted"], "") if self.own else ""

    @property
    def ahead(self) -> tuple[Month, ...]:
        """Return the periods ahead."""
        ahead = self.own and self.own["ahead"]
        if not ahead:
            return ()
        of, share = ahead["occupied"], ahead["occupancy"]
        columns = (ahead["periods"], of["mean"], of["q05"], of["q95"], share["mean"])
        return tuple(Month(*values, self._why(values[0])) for values in zip(*columns, strict=True))

    def _why(self, period: str) -> Whys:
        return Whys(self.own["unit_id"] if self.own else "", "counted", category=self.category, week=period)

    @property
    def chart(self) -> dict[str, Any]:
        """Return the chart of occupied and available beds, and the year ahead with its 50 and 90 % intervals."""
        row = self.own
        if row is None or not row["ahead"]:
            return {}
        shown = slice(-_SHOWN_YEARS * PER_YEAR[row["frequency"]], None)
        past = row["periods"][shown]
        occupied, available = (row["history"][name][shown] for name in ("occupied", "available"))
        ahead, told = row["ahead"], row["ahead"]["occupied"]
        before, after = [None] * len(past), [None] * len(ahead["periods"])
        beds = [*available, *([ahead["beds"]] * len(after))]
        series = [
            {"name": _("Belagda"), "look": "counted", "values": occupied + after},
            {"name": _("Väntas"), "look": "forecast", "values": before + told["mean"]},
            {"name": _("Disponibla"), "look": "beds", "values": beds, "is_labelled": True},
        ]
        bands = [
            {"look": look, "low": before + told[low], "high": before + told[high]}
            for look, low, high in (("band95", "q05", "q95"), ("band50", "q25", "q75"))
        ]
        tips = [
            f"{period}\n{_('Belagda')}: {numbers.number(there, 1)}\n{_('Disponibla')}: {numbers.number(open_, 1)}"
            for period, there, open_ in zip(past, occupied, available, strict=True)
        ]
        tips += [
            f"{month.period}\n{_('Väntas')}: {numbers.number(month.mean, 1)}\n"
            f"90 %: {numbers.number(month.low, 1)}–{numbers.number(month.high, 1)}"
            for month in self.ahead
        ]
        return chart_of(self.title, [*past, *ahead["periods"]], series, bands, tips, [], _("platser"))


def counted_page(reader: Reader, run: Run, unit_id: str | None, asked: Mapping[str, str]) -> CountedPage | None:
    """Return the counted beds of *unit_id* and what lies below it; None where nobody has counted any.

    *asked* may hold ``category``, one of those counted; what cannot be is passed over.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    rows = run.stored.bed_counts(sorted(reader.below(unit_id)))
    if not rows:
        return None
    categories = tuple(sorted({row["category"] for row in rows}))
    mine = {row["category"] for row in rows if row["unit_id"] == unit_id}
    usual = next((name for name in categories if name in mine), categories[0])
    category = asked["category"] if asked.get("category") in categories else usual
    by_unit = {row["unit_id"]: row for row in rows if row["category"] == category}
    return CountedPage(category, categories, tuple(_lines(reader, unit_id, by_unit)), by_unit.get(unit_id or ""))


def _lines(reader: Reader, unit_id: str | None, rows: Mapping[str, Row]) -> Sequence[Line]:
    """Return the units with a row from the top down."""
    found: list[Line] = []

    def walk(unit: Unit, depth: int) -> None:
        row = rows.get(unit.unit_id)
        if row:
            change = row["change_in_a_year"]
            why = Whys(unit.unit_id, "counted", category=row["category"], week=row["period"])
            found.append(Line(unit, depth, row, None if change is None else 100 * change, why))
        for child in reader.tree.children(unit.unit_id):
            walk(child, depth + (row is not None))

    for root in [reader.tree.units[unit_id]] if unit_id else reader.roots:
        walk(root, 0)
    return found
