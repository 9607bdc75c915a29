"""The month pack of a unit: the month's plan and outcome, the year so far, goals, comments and decisions.

A frozen month is shown as it was frozen, with what later data tell otherwise beside it; another as data are now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.data.month_figures import Difference, differences, month_figures, whole_months
from vardbalans.engine.indicators import INDICATORS
from vardbalans.web.following.goals import GoalLine, goal_address
from vardbalans.web.following.models import Decision, FrozenMonth, MonthComment
from vardbalans.web.following.selectors import comments_on, decisions_of, frozen_month
from vardbalans.web.following.sentences import share_of_plan
from vardbalans.web.following.year import kind_names, why_year, year_address
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import Unit

__all__ = ["MonthPack", "PackLine", "ShownDifference", "month_pack", "pack_address"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class PackLine:
    """A kind of care at the unit (*is_sum*), or one of the parts that sum to it."""

    name: str
    kind: str
    is_sum: bool
    address: str
    row: Row
    why: Whys

    @property
    def share(self) -> float | None:
        """Return how far the month lies from its plan."""
        return share_of_plan(self.row["deviation"], self.row["planned"])

    @property
    def year_share(self) -> float | None:
        """Return how far the expected year lies from its plan."""
        return share_of_plan(self.row["year_deviation"], self.row["year_planned"])


@dataclass(frozen=True)
class ShownDifference:
    """A figure that later data tell otherwise than the frozen month."""

    name: str
    figure: str
    frozen: float | None
    now: float | None

    @property
    def change(self) -> float | None:
        """Return what it is now less what was frozen."""
        return None if self.frozen is None or self.now is None else self.now - self.frozen


@dataclass(frozen=True)
class MonthPack:
    """What the pack of one month holds. *frozen* is None for a month that is not frozen."""

    unit: Unit
    month: str
    months: tuple[Choice, ...]
    is_whole: bool
    frozen: FrozenMonth | None
    lines: tuple[PackLine, ...]
    goals: tuple[GoalLine, ...]
    changed: tuple[ShownDifference, ...]
    comments: tuple[MonthComment, ...]
    decisions: tuple[Decision, ...]

    @property
    def conclusion(self) -> str:
        """Return how many kinds of care lie below their plan."""
        sums = [line for line in self.lines if line.is_sum and line.row["deviation"] is not None]
        below = sum(line.row["deviation"] < 0 for line in sums)
        if not sums:
            return _("Det finns ingen plan att jämföra månaden med.")
        return ngettext(
            "{below} av {count} slag av vård ligger under planen i {month}.",
            "{below} av {count} slag av vård ligger under planen i {month}.",
            len(sums),
        ).format(below=below, count=len(sums), month=self.month)

    @property
    def address(self) -> str:
        """Return the address of the pack."""
        return pack_address(self.unit.unit_id, self.month)


def pack_address(unit_id: str, month: str) -> str:
    """Return the address of the pack of a unit's month."""
    return f"{reverse('following:pack', args=[unit_id])}?{urlencode({'month': month})}"


def month_pack(reader: Reader, run: Run, unit_id: str, asked: Mapping[str, str]) -> MonthPack | None:
    """Return the pack of the ``month`` *asked* for, of the last whole one unless said; None where there is none."""
    below = reader.below(unit_id)
    rows = run.stored.follow_up(below)
    whole = whole_months(rows)
    kept = list(FrozenMonth.objects.filter(unit_id=unit_id).values_list("month", flat=True))
    there = sorted({*whole, *kept, *([run.meta["as_of"][:7]] if rows else [])}, reverse=True)
    if not there:
        return None
    month = asked.get("month", "") if asked.get("month") in there else next(iter(whole or there))
    frozen, now = frozen_month(unit_id, month), month_figures(rows, run.stored.goals(below), below, month)
    figures = frozen.values if frozen else now
    told = [row for row in figures["rows"] if row["unit_id"] in reader.tree.units]
    covers = bool(now["rows"])
    return MonthPack(
        unit=reader.tree.units[unit_id],
        month=month,
        months=tuple(Choice(each, pack_address(unit_id, each), each == month) for each in there[:13]),
        is_whole=month in whole,
        frozen=frozen,
        lines=tuple(_lines(told, reader, unit_id, month, is_frozen=frozen is not None)),
        goals=tuple(
            _goal(row, (unit_id, month) if frozen else ("", "")) for row in figures["goals"] if _is_shown(row, unit_id)
        ),
        changed=tuple(_shown(each, reader) for each in differences(figures, now)) if frozen and covers else (),
        comments=tuple(comments_on(unit_id, month)),
        decisions=tuple(decisions_of(below, month)),
    )


def _is_shown(row: Row, unit_id: str) -> bool:
    return row["unit_id"] == unit_id and row["indicator"] in INDICATORS


def _goal(row: Row, frozen: tuple[str, str]) -> GoalLine:
    address = goal_address(row["unit_id"], row["indicator"])
    return GoalLine(row, INDICATORS[row["indicator"]], 0, address, False, *frozen)


def _lines(rows: Sequence[Row], reader: Reader, unit_id: str, month: str, *, is_frozen: bool) -> list[PackLine]:
    """Return each kind of care at the unit, followed by the parts that sum to it."""

    def why(row: Row) -> Whys:
        if not is_frozen:
            return why_year({**row, "of_year": month[:4]}, month)
        whose = {"service": row["service_id"]} if row["service_id"] else {"kind": row["kind"]}
        return Whys(row["unit_id"], "pack", **whose, group=unit_id, week=month)

    children = {child.unit_id for child in reader.tree.children(unit_id)}
    names, found = kind_names(), []
    order = {kind: place for place, kind in enumerate(names)}
    sums = [row for row in rows if row["unit_id"] == unit_id and not row["service_id"]]
    for row in sorted(sums, key=lambda row: order.get(row["kind"], len(order))):
        kind = names.get(row["kind"], row["kind"])
        found.append(PackLine(kind, kind, True, year_address(row), row, why(row)))
        parts = [
            PackLine(_name(each, reader), kind, False, year_address(each), each, why(each))
            for each in rows
            if each["kind"] == row["kind"]
            and (each["unit_id"] == unit_id if each["service_id"] else each["unit_id"] in children)
        ]
        found += sorted(parts, key=lambda part: swedish_order(part.name))
    return found


def _name(row: Row, reader: Reader) -> str:
    name: str = row["service_name"] or reader.tree.units[row["unit_id"]].name
    return name


def _shown(what: Difference, reader: Reader) -> ShownDifference:
    unit = reader.tree.units.get(what.unit_id)
    where = unit.name if unit else what.unit_id
    name = f"{where}, {what.service_name or kind_names().get(what.kind, what.kind)}"
    figures = {"counted": _("utfall"), "planned": _("plan")}
    return ShownDifference(name, figures[what.figure], what.frozen, what.now)
