"""The page Vårdplatser of a unit: who lies where, the days ahead, how many beds it takes, and when patients leave."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from vardbalans.data.results.beds import counts_at, untold
from vardbalans.engine.beds.census import Count
from vardbalans.web import numbers
from vardbalans.web.insight import beds_chart, beds_sentences
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import said

__all__ = ["BedsPage", "beds_page", "quiet_units", "ward_names"]

Row = Mapping[str, Any]
CENSUS_HOUR = 6
_LONG = 40
_DAYS_BACK = 3
"""Days counted that the chart shows before the days ahead."""


class Line(NamedTuple):
    """One unit of the list: its counts at the hour, over the days at the same hour, and its row of the run.

    *quiet* and *mean_quiet*: how many lie elsewhere is not told, now or over the days.
    """

    unit: Unit
    depth: int
    now: Count
    mean: Count
    row: Row
    quiet: bool
    mean_quiet: bool
    closed: tuple[str, ...]
    why: Mapping[str, str]
    address: str
    counts: Whys
    """Where the counts at the hour are explained."""


class Hour(NamedTuple):
    """One hour ahead in the table, and where each of its figures is explained."""

    moment: str
    row: Row
    why: Mapping[str, str]


class Weekday(NamedTuple):
    """How fast patients leave on a day of the week against the mean of all, its bar in per cent, the fastest hour."""

    name: str
    pace: float
    width: float
    hour: int


@dataclass(frozen=True)
class BedsPage:
    """What the page shows. *unit* is None for a reader with several topmost units; *own* is its row, with details."""

    unit: Unit | None
    path: tuple[Unit, ...]
    run: Run
    facts: Row
    own: Row | None
    day: str
    hour: int
    lines: tuple[Line, ...]
    recent: tuple[tuple[str, int], ...]

    @property
    def days(self) -> tuple[str, ...]:
        """Return the days that are counted, the latest first."""
        return tuple(sorted({moment[:10] for moment in self.facts["moments"]}, reverse=True))

    @property
    def hours(self) -> range:
        """Return the hours of the day."""
        return range(24)

    @property
    def moment(self) -> str:
        """Return the moment of the list."""
        return f"{self.day}T{self.hour:02d}:00"

    @property
    def is_long(self) -> bool:
        """Tell whether there are so many units that the lists scroll by themselves."""
        return len(self.lines) > _LONG

    @property
    def head(self) -> Line | None:
        """Return the line of the unit itself."""
        return next((line for line in self.lines if line.unit == self.unit), None)

    @cached_property
    def conclusion(self) -> str:
        """Return what the list says first."""
        return beds_sentences.census(self.head) if self.head else ""

    @property
    def _ahead(self) -> Row:
        """Return the hours ahead of the unit; empty where there are none."""
        return (self.own["ahead"] if self.own else None) or {}

    @cached_property
    def ahead_title(self) -> str:
        """Return what the days ahead say."""
        return beds_sentences.ahead(self._ahead, self.facts["hours"]) if self._ahead else ""

    @cached_property
    def risk_title(self) -> str:
        """Return what the chances say."""
        return beds_sentences.risk(self._ahead, self.facts["hours"]) if self._ahead else ""

    @property
    def reason(self) -> str:
        """Return why there are no days ahead."""
        return said(self.facts["reason"])

    @property
    def chart(self) -> dict[str, Any]:
        """Return the chart of the days ahead."""
        return beds_chart.ahead_chart(self.recent, self._ahead, self.facts["hours"], self.ahead_title)

    @property
    def risk_chart(self) -> dict[str, Any]:
        """Return the chart of the chances."""
        return beds_chart.risk_chart(self._ahead, self.facts["hours"], self.risk_title)

    @property
    def ahead(self) -> tuple[Hour, ...]:
        """Return the hours ahead."""
        found = self._ahead
        if self.unit is None or not found:
            return ()
        unit_id = self.unit.unit_id
        return tuple(
            Hour(
                moment,
                {name: values[at] for name, values in found.items() if isinstance(values, list)},
                {name: _why(unit_id, name, moment) for name in _AHEAD},
            )
            for at, moment in enumerate(self.facts["hours"])
        )

    @cached_property
    def need_title(self) -> str:
        """Return how many beds it takes."""
        return beds_sentences.need(self.own, self.facts, self.head.now.available if self.head else None)

    @cached_property
    def pattern(self) -> tuple[Weekday, ...]:
        """Return the days of the week with how fast patients leave; none where too few have to tell."""
        pace = self.facts["pace"]
        if not pace:
            return ()
        days = [pace[24 * day : 24 * day + 24] for day in range(7)]
        means = [sum(day) / 24 for day in days]
        most = max(means)
        return tuple(
            Weekday(name, mean, round(100 * mean / most, 1), max(range(24), key=day.__getitem__))
            for name, mean, day in zip(numbers.weekdays(), means, days, strict=True)
        )

    @property
    def pattern_title(self) -> str:
        """Return what the days of the week say."""
        return beds_sentences.pattern([day.pace for day in self.pattern])

    @property
    def calibration_title(self) -> str:
        """Return how earlier forecasts held."""
        return beds_sentences.calibration(self.facts["calibration"])

    @property
    def has_quiet(self) -> bool:
        """Tell whether anything is not told for being about few people."""
        return any(line.quiet or line.mean_quiet for line in self.lines)


def beds_page(reader: Reader, run: Run, unit_id: str | None, asked: Mapping[str, str]) -> BedsPage:
    """Return the page of *unit_id* and what lies below it; of the reader's whole scope for None.

    *asked* may hold ``day`` (one of those counted) and ``hour`` (0 to 23); what cannot be is passed over.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    facts = run.stored.bed_facts()
    days = sorted({moment[:10] for moment in facts["moments"]})
    day = asked.get("day", "") if asked.get("day") in days else days[-1]
    hours = {str(hour): hour for hour in range(24)}
    hour = hours.get(asked.get("hour", ""), CENSUS_HOUR)
    if f"{day}T{hour:02d}:00" not in facts["moments"]:  # skipped when the clock was moved
        hour = CENSUS_HOUR
    moments = [f"{each}T{hour:02d}:00" for each in days]
    counted = run.stored.bed_hours(moments)
    at = [row for row in counted if row["moment"] == f"{day}T{hour:02d}:00"]
    units = {row["unit_id"]: row for row in run.stored.beds() if row["unit_id"] in reader.tree.units}
    quiet, mean_quiet = (quiet_units(units, rows, reader, facts["below"]) for rows in (at, counted))
    shown = reader.below(unit_id)
    own = run.stored.beds_of(unit_id) if unit_id else None
    lines = [
        Line(
            unit,
            depth,
            counts_at(at, units[unit.unit_id]["wards"]),
            counts_at(counted, units[unit.unit_id]["wards"]),
            units[unit.unit_id],
            unit.unit_id in quiet,
            unit.unit_id in mean_quiet,
            _closed(facts, units[unit.unit_id]["wards"], day),
            {
                name: _why(unit.unit_id, name, f"{day}T{hour:02d}:00")
                for name in ("occupancy", "overcrowded_per_100", "outliers_per_100")
            }
            | {name: _why(unit.unit_id, name, facts["now"]) for name in _NEED}
            | {"p_full": _why(unit.unit_id, "p_full", units[unit.unit_id]["p_full_at"] or "")},
            f"{reverse('insight:beds_unit', args=[unit.unit_id])}?{urlencode({'day': day, 'hour': hour})}",
            Whys(unit.unit_id, "census", week=f"{day}T{hour:02d}:00"),
        )
        for unit, depth in _in_tree(reader, unit_id, units.keys() & shown)
    ]
    return BedsPage(
        unit=reader.tree.units.get(unit_id or ""),
        path=reader.path(unit_id)[:-1] if unit_id else (),
        run=run,
        facts=facts,
        own=own,
        day=day,
        hour=hour,
        lines=tuple(lines),
        recent=_recent(run, facts, own),
    )


_AHEAD = ("expected", "p_full", "p_outliers_1", "p_outliers_3", "p_outliers_5")
_NEED = ("beds_for_share", "beds_for_guide", "beds_for_blocking", "pooling_gain")


def _why(unit_id: str, figure: str, moment: str) -> str:
    asked = {"beds": unit_id, "week": moment, "figure": figure}
    return f"{reverse('insight:why', args=[unit_id])}?{urlencode(asked)}"


def quiet_units(units: Mapping[str, Row], rows: Sequence[Row], reader: Reader, below: int) -> frozenset[str]:
    """Return the units of which it is not told how many lie elsewhere: few people, or told by what few is."""
    each: dict[str, int] = {}
    for row in rows:
        each[row["ward_id"]] = each.get(row["ward_id"], 0) + row["outliers"]
    counts = {name: sum(each.get(ward, 0) for ward in row["wards"]) for name, row in units.items()}
    parents = {name: reader.tree.units[name].parent_id or "" for name in units}
    return untold(counts, parents, below)


def ward_names(reader: Reader, wards: Collection[str]) -> dict[str, str]:
    """Return the name of each of *wards*."""
    return {ward: reader.tree.units[ward].name if ward in reader.tree.units else ward for ward in wards}


def _in_tree(reader: Reader, unit_id: str | None, shown: Collection[str]) -> list[tuple[Unit, int]]:
    """Return the units *shown* from the top down, each with how far down it is."""
    found: list[tuple[Unit, int]] = []

    def walk(unit: Unit, depth: int) -> None:
        here = unit.unit_id in shown
        if here:
            found.append((unit, depth))
        for child in reader.tree.children(unit.unit_id):
            walk(child, depth + here)

    for root in [reader.tree.units[unit_id]] if unit_id else reader.roots:
        walk(root, 0)
    return found


def _closed(facts: Row, wards: Collection[str], day: str) -> tuple[str, ...]:
    """Return why beds of *wards* are closed on *day*, with how many for each reason that is given."""
    by_reason: dict[str, int] = {}
    for row in facts["closed"]:
        if row["reason"] and row["date"] == day and row["ward_id"] in wards:
            by_reason[row["reason"]] = by_reason.get(row["reason"], 0) + row["closed"]
    return tuple(f"{reason} ({count})" for reason, count in sorted(by_reason.items()))


def _recent(run: Run, facts: Row, own: Row | None) -> tuple[tuple[str, int], ...]:
    """Return how many lay in the unit at each of the last hours counted."""
    if own is None:
        return ()
    moments = facts["moments"][-24 * _DAYS_BACK :]
    total = dict.fromkeys(moments, 0)
    for row in run.stored.bed_hours(moments, own["wards"]):
        total[row["moment"]] += row["occupied"]
    return tuple(total.items())
