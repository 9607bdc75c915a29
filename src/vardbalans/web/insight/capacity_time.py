"""The time of resources on the page Kapacitet: from gross to available, over the weeks shown and week by week."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vardbalans.data.results.capacity import PARTS
from vardbalans.web import numbers
from vardbalans.web.insight import capacity_sentences
from vardbalans.web.insight.capacity_measure import in_measure, measure_name, shown
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.weeks import Week
from vardbalans.web.people.units import Unit

__all__ = [
    "GROSS",
    "KINDS",
    "LOSSES",
    "Resource",
    "ResourceWeeks",
    "UnitTime",
    "gross",
    "kind_name",
    "loss",
    "loss_names",
    "part_name",
    "resource_weeks",
    "span",
    "time_why",
    "units_time",
]

Row = Mapping[str, Any]
GROSS = ("employed", "opened")
KINDS = ("staff", "room", "equipment", "bed")
LOSSES: Mapping[str, tuple[str, ...]] = {
    "closed": ("holidays", "closed"),
    "absence": ("booked_absence", "expected_absence"),
    "maintenance": ("maintenance",),
    "non_clinical": ("non_clinical",),
    "unused": ("unused",),
}
"""What is taken from the gross time, as the list of resources groups it."""


def kind_name(kind: str) -> str:
    """Return the name of a kind of resource."""
    return {"staff": _("Personal"), "room": _("Rum"), "equipment": _("Utrustning"), "bed": _("Vårdplatser")}[kind]


def loss_names() -> dict[str, str]:
    """Return the names of what is taken from the gross time."""
    return {
        "closed": _("Helg och stängt"),
        "absence": _("Frånvaro"),
        "maintenance": _("Service"),
        "non_clinical": _("Icke-klinisk"),
        "unused": _("Ej nyttjad"),
    }


def part_name(code: str) -> str:
    """Return the name of one part of available time."""
    return {
        "employed": _("Anställd tid"),
        "opened": _("Öppen tid"),
        "holidays": _("Helgdagar"),
        "closed": _("Stängda dagar"),
        "booked_absence": _("Bokad frånvaro"),
        "expected_absence": _("Väntad frånvaro"),
        "maintenance": _("Service och underhåll"),
        "non_clinical": _("Icke-klinisk tid"),
        "unused": _("Ej nyttjad tid"),
    }[code]


def gross(row: Row) -> float:
    """Return the time there would be were nothing taken from it, in minutes."""
    return sum(row[code] or 0.0 for code in GROSS)


def loss(row: Row, name: str) -> float | None:
    """Return what *name* (of :data:`LOSSES`) takes from the gross time: negative minutes; None where it does not."""
    found = [row[code] for code in LOSSES[name] if row[code] is not None]
    return sum(found) if found else None


def span(weeks: Sequence[Week]) -> str:
    """Return *weeks* as one period of an address."""
    first, last = weeks[0].period, weeks[-1].period
    return first if first == last else f"{first}..{last}"


def time_why(row: Row, weeks: Sequence[Week], figure: str = "capacity_time") -> str:
    """Return the address that explains the available time, or the norm, of the resource of *row* over *weeks*."""
    asked = {"resource": row["resource_id"], "week": span(weeks), "figure": figure}
    return f"{reverse('insight:why', args=[row['unit_id']])}?{urlencode(asked)}"


@dataclass(frozen=True)
class Resource:
    """One resource over the weeks shown: its *row* of totals, where it leads, and where its time is explained."""

    row: Row
    unit: Unit
    address: str
    why: str
    write: Callable[[float | None], str]
    current: bool

    @property
    def gross(self) -> str:
        """Return the gross time."""
        return self.write(gross(self.row))

    @property
    def losses(self) -> tuple[str, ...]:
        """Return what is taken from it, in the order of :data:`LOSSES`."""
        return tuple(self.write(loss(self.row, name)) for name in LOSSES)

    @property
    def available(self) -> str:
        """Return what is left."""
        return self.write(self.row["available_minutes"])

    @property
    def share(self) -> float | None:
        """Return what share of the gross time is left; None without any."""
        return self.row["available_minutes"] / gross(self.row) if gross(self.row) else None

    @property
    def kind(self) -> str:
        """Return the name of its kind."""
        return kind_name(self.row["kind"])


class UnitTime(NamedTuple):
    """A unit below with the time of all its resources by kind: (gross, available, share) as text, or None.

    Each with where it is explained.
    """

    unit: Unit
    address: str
    kinds: tuple[tuple[tuple[str, str, str], str] | None, ...]


def units_time(
    reader: Reader,
    unit_id: str | None,
    rows: Sequence[Row],
    kinds: Sequence[str],
    address: Callable[[str], str],
    weeks: Sequence[Week],
) -> tuple[UnitTime, ...]:
    """Return the units just below that have any of *rows*, totals over *weeks*, each with its hours by kind."""
    found = []
    for unit in reader.tree.children(unit_id) if unit_id else reader.roots:
        below = reader.below(unit.unit_id)
        mine = [row for row in rows if row["unit_id"] in below]
        if mine:
            cells = tuple(
                _kind_time([row for row in mine if row["kind"] == kind], _kind_why(unit.unit_id, kind, weeks))
                for kind in kinds
            )
            found.append(UnitTime(unit, address(unit.unit_id), cells))
    return tuple(found)


def _kind_why(unit_id: str, kind: str, weeks: Sequence[Week]) -> str:
    asked = {"kind": kind, "week": span(weeks), "figure": "capacity_unit"}
    return f"{reverse('insight:why', args=[unit_id])}?{urlencode(asked)}"


def _kind_time(rows: Sequence[Row], why: str) -> tuple[tuple[str, str, str], str] | None:
    if not rows:
        return None
    there, left = sum(map(gross, rows)), sum(row["available_minutes"] for row in rows)
    return (numbers.hours(there), numbers.hours(left), numbers.percent(left / there if there else None)), why


class PartLine(NamedTuple):
    """One bar of the waterfall as a row: its name, its time as text, and its share of the gross time."""

    code: str
    name: str
    value: str
    share: float | None


class TimeWeek(NamedTuple):
    """One week of the resource: each part as text, what is available with its interval, and where it is explained."""

    week: Week
    parts: tuple[str, ...]
    available: str
    low: str
    high: str
    norm: str
    why: str
    norm_why: str


@dataclass(frozen=True)
class ResourceWeeks:
    """The chosen resource: its totals, its weeks, and both as charts."""

    total: Row
    rows: tuple[Row, ...]
    weeks: tuple[Week, ...]
    measure: str
    why: str

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the parts that its time has."""
        return tuple(code for code in PARTS if self.total[code] is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """Return their names."""
        return tuple(map(part_name, self.codes))

    @property
    def title(self) -> str:
        """Return what the waterfall shows."""
        return capacity_sentences.waterfall(self.total, self._parts_lost(), self.unit, self._text)

    @property
    def weeks_title(self) -> str:
        """Return what the chart of weeks shows."""
        return capacity_sentences.weeks(self.total["resource_name"], self.rows, self.unit, self._week_text)

    @property
    def unit(self) -> str:
        """Return the name of the unit shown."""
        return measure_name(self.measure)

    @property
    def has_norm(self) -> bool:
        """Tell whether a norm of production is in force in any week."""
        return any(row["norm"] is not None for row in self.rows)

    @property
    def norm(self) -> float:
        """Return the activities that the norm amounts to."""
        return sum(row["norm"] or 0.0 for row in self.rows)

    @property
    def norm_why(self) -> str:
        """Return where they are explained."""
        return time_why(self.total, self.weeks, "capacity_norm")

    @property
    def lines(self) -> tuple[PartLine, ...]:
        """Return the waterfall as rows, the last of them what is available."""
        whole = gross(self.total)
        found = [(code, part_name(code), self.total[code]) for code in self.codes]
        found.append(("available", _("Tillgänglig tid"), self.total["available_minutes"]))
        return tuple(
            PartLine(code, name, self._text(minutes), minutes / whole if whole else None)
            for code, name, minutes in found
        )

    @property
    def table(self) -> tuple[TimeWeek, ...]:
        """Return the weeks."""
        by_period = {week.period: week for week in self.weeks}
        return tuple(
            TimeWeek(
                week=by_period[row["week"]],
                parts=tuple(self._week_text(row[code]) for code in self.codes),
                available=self._week_text(row["available_minutes"]),
                low=self._week_text(row["available_q05"]),
                high=self._week_text(row["available_q95"]),
                norm=numbers.number(row["norm"], 1),
                why=time_why(row, [by_period[row["week"]]]),
                norm_why=time_why(row, [by_period[row["week"]]], "capacity_norm"),
            )
            for row in self.rows
        )

    @property
    def waterfall(self) -> dict[str, Any]:
        """Return the chart from gross to available time."""
        bars, height = [], 0.0
        for code in self.codes:
            start, height = height, height + (self._value(self.total[code]) or 0.0)
            bars.append(self._bar(part_name(code), start, height, whole=code in GROSS))
        bars.append(self._bar(_("Tillgänglig tid"), 0.0, height, whole=True))
        return {"title": self.title, "bars": bars, "unit": self.unit, "language": get_language()}

    def _bar(self, name: str, start: float, end: float, *, whole: bool) -> dict[str, Any]:
        text = numbers.number(end - start, 1 if self.measure == "fte" else 0)
        look = "available" if whole or end > start else "muted"
        tip = f"{name}\n{text}{numbers.NBSP}{self.unit}"
        return {"name": name, "from": start, "to": end, "text": text, "tip": tip, "look": look, "whole": whole}

    @property
    def chart(self) -> dict[str, Any]:
        """Return the chart of gross and available time per week."""
        whole = [self._week_value(gross(row)) for row in self.rows]
        left = [self._week_value(row["available_minutes"]) for row in self.rows]
        low, high = ([self._week_value(row[name]) for row in self.rows] for name in ("available_q05", "available_q95"))
        series = [
            {"name": _("Brutto"), "look": "base", "values": whole, "is_labelled": True},
            {"name": _("Tillgängligt"), "look": "beds", "values": left, "is_labelled": True},
        ]
        tips = [
            f"{numbers.week_and_year(row['week'])}\n{_('Brutto')}: {self._week_text(gross(row))} {self.unit}\n"
            f"{_('Tillgängligt')}: {self._week_text(row['available_minutes'])} {self.unit} "
            f"({self._week_text(row['available_q05'])}–{self._week_text(row['available_q95'])})"
            for row in self.rows
        ]
        return {
            "title": self.weeks_title,
            "labels": [numbers.week(row["week"]).replace(numbers.NBSP, " ") for row in self.rows],
            "years": [row["week"][:4] for row in self.rows],
            "series": series,
            "bands": [{"look": "band80", "low": low, "high": high}],
            "tips": tips,
            "marks": [],
            "unit": self.unit,
            "language": get_language(),
        }

    def _parts_lost(self) -> list[tuple[str, float]]:
        return [(part_name(code), self.total[code]) for code in self.codes if code not in GROSS]

    def _value(self, minutes: float | None) -> float | None:
        return in_measure(minutes, self.measure, self.total["shift_minutes"], len(self.rows))

    def _week_value(self, minutes: float | None) -> float | None:
        return in_measure(minutes, self.measure, self.total["shift_minutes"], 1)

    def _text(self, minutes: float | None) -> str:
        return shown(minutes, self.measure, self.total["shift_minutes"], len(self.rows))

    def _week_text(self, minutes: float | None) -> str:
        return shown(minutes, self.measure, self.total["shift_minutes"], 1)


def resource_weeks(run: Run, total: Row, measure: str) -> ResourceWeeks:
    """Return the resource of the row *total* in the weeks looked at."""
    periods = [week.period for week in run.weeks]
    rows = run.stored.capacity([total["unit_id"]], periods, [total["resource_id"]])
    ordered = tuple(sorted(rows, key=lambda row: row["week"]))
    return ResourceWeeks(total, ordered, run.weeks, measure, time_why(total, run.weeks))
