"""K = P · t · N ÷ m per service on the page Kapacitet: two periods, the change, and its exact parts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from vardbalans.data.capacity_change_run import change_of
from vardbalans.engine.errors import BadInput
from vardbalans.web.insight import capacity_sentences
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import kept, said, translated

__all__ = ["Formula", "Line", "formula_of"]

Row = Mapping[str, Any]


class Line(NamedTuple):
    """One service: the change as ``capacity change`` tells it, and where its figures are explained."""

    row: Row
    unit: Unit
    before_why: str
    now_why: str
    change_why: str


@dataclass(frozen=True)
class Formula:
    """The services with all four factors in both periods, and those that lack any, each with a sentence."""

    periods: tuple[str, ...]
    before: str
    now: str
    lines: tuple[Line, ...]
    lacking: tuple[str, ...]

    @property
    def title(self) -> str:
        """Return what the table says."""
        return capacity_sentences.formula([line.row for line in self.lines], self.before, self.now)


def formula_of(reader: Reader, run: Run, unit_ids: Collection[str], asked: Mapping[str, str]) -> Formula | None:
    """Return the formula for the services of *unit_ids*, of the periods ``before`` and ``now``; None without any.

    Without an asked period it is the last month, against the same month the year before where that is known.
    """
    rows = run.stored.capacity_factors(unit_ids)
    periods = tuple(dict.fromkeys(row["period"] for row in rows))
    if len(periods) < 2:
        return None
    now = asked["now"] if asked.get("now") in periods else _last_month(periods)
    before = asked["before"] if asked.get("before") in periods else _year_before(now, periods)
    at = {(row["service_id"], row["period"]): row for row in rows}
    lines, lacking = [], []
    for service_id in dict.fromkeys(row["service_id"] for row in rows):
        old, new = at[service_id, before], at[service_id, now]
        if reason := _reason(old, new):
            lacking.append(f"{new['service_name']}: {reason}")
        else:
            lines.append(_line(reader, old, new))
    return Formula(periods, before, now, tuple(lines), tuple(lacking))


def _line(reader: Reader, old: Row, new: Row) -> Line:
    change = {"service_id": new["service_id"], "service_name": new["service_name"], **change_of(old, new)}
    return Line(
        change,
        reader.tree.units[new["unit_id"]],
        _why(old, "capacity_k"),
        _why(new, "capacity_k"),
        _why(new, "capacity_change", before=old["period"]),
    )


def _why(row: Row, figure: str, **more: str) -> str:
    asked = {"service": row["service_id"], "week": row["period"], "figure": figure, **more}
    return f"{reverse('insight:why', args=[row['unit_id']])}?{urlencode(asked)}"


def _reason(old: Row, new: Row) -> str:
    """Return why the two rows cannot be compared; empty where they can."""
    for row in (new, old):
        if row["lacking"]:
            return translated(row["lacking"]["template"], row["lacking"]["values"], row["lacking"]["message"])
    try:
        change_of(old, new)
    except BadInput as error:
        return said(kept(error.message))
    return ""


def _last_month(periods: Sequence[str]) -> str:
    return max(period for period in periods if ".." not in period)


def _year_before(period: str, periods: Sequence[str]) -> str:
    earlier = "..".join(f"{int(part[:4]) - 1}{part[4:]}" for part in period.split(".."))
    return earlier if earlier in periods else periods[0]
