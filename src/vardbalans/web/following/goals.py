"""The goal tree: each indicator's outcome, target and status, from the unit shown down to the last one below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.engine.goals import Indicator
from vardbalans.engine.indicators import INDICATORS
from vardbalans.web import numbers
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.amounts import amount, amount_and_unit
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import kept, said

__all__ = ["GoalLine", "GoalPage", "goal_address", "goal_page", "status_words"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class GoalLine:
    """One unit and indicator of the tree; *depth* is counted from the unit that the page shows."""

    row: Row
    indicator: Indicator
    depth: int
    address: str
    current: bool
    frozen_at: str = ""
    """The unit at which the month is frozen; empty for what holds now."""
    month: str = ""

    @property
    def why(self) -> Whys:
        """Return where the outcome, what it is counted on, and the target are explained."""
        named = {"indicator": self.row["indicator"], "group": self.frozen_at, "week": self.month}
        return Whys(self.row["unit_id"], "goal", **named)

    @property
    def name(self) -> str:
        """Return the indicator's name."""
        return said(kept(self.indicator.name))

    @property
    def definition(self) -> str:
        """Return of what the indicator is counted."""
        return said(kept(self.indicator.definition))

    @property
    def value(self) -> str:
        """Return the outcome in the indicator's unit."""
        return self._shown(self.row["value"])

    @property
    def target(self) -> str:
        """Return the target, with the side of it that is good."""
        if self.row["target"] is None:
            return numbers.MISSING
        least = _("minst {value}") if self.row["direction"] == "up" else _("högst {value}")
        return least.format(value=self._shown(self.row["target"]))

    @property
    def counted(self) -> str:
        """Return what the outcome is made of: part of whole, or nothing for a number."""
        if self.indicator.roll_up == "sum" or self.row["whole"] is None:
            return ""
        unit = self.indicator.counted
        whole = amount_and_unit(self.row["whole"], unit) if unit == "minutes" else amount(self.row["whole"], unit)
        return _("{part} av {whole}").format(part=amount(self.row["part"], unit), whole=whole)

    @property
    def status(self) -> tuple[str, str]:
        """Return the status as (class of its mark, words)."""
        return status_words(self.row["status"])

    def _shown(self, value: float | None) -> str:
        if self.indicator.unit == "andel":
            return numbers.percent(value, 1)
        units = {"kr": _("kr"), "pass": _("pass")}
        text = numbers.number(value)
        unit = units.get(self.indicator.unit, "")
        return f"{text}{numbers.NBSP}{unit}" if unit and value is not None else text


@dataclass(frozen=True)
class GoalPage:
    """What the page shows: all *indicators* of the unit, and the *tree* of the chosen one."""

    unit: Unit
    path: tuple[Unit, ...]
    indicators: tuple[GoalLine, ...]
    tree: tuple[GoalLine, ...]

    @property
    def chosen(self) -> GoalLine:
        """Return the chosen indicator at the unit."""
        return next(line for line in self.indicators if line.current)

    @property
    def conclusion(self) -> str:
        """Return how many of the unit's goals are met."""
        held = [line for line in self.indicators if line.row["status"] in ("met", "not_met")]
        if not held:
            return _("Enheten har inga egna mål med utfall.")
        met = sum(line.row["status"] == "met" for line in held)
        return _("{met} av {all} mål är nådda.").format(met=met, all=len(held))


def status_words(status: str) -> tuple[str, str]:
    """Return a status as (class of its mark, words)."""
    return {
        "met": ("saved", _("nått")),
        "not_met": ("warning", _("inte nått")),
        "no_target": ("info", _("inget mål")),
        "no_outcome": ("info", _("inget utfall")),
        "too_few": ("info", _("för få att visa")),
    }[status]


def goal_address(unit_id: str, indicator: str) -> str:
    """Return the address of the tree of one indicator at a unit."""
    return f"{reverse('following:goals', args=[unit_id])}?{urlencode({'indicator': indicator})}"


def goal_page(reader: Reader, run: Run, unit_id: str, asked: Mapping[str, str]) -> GoalPage | None:
    """Return the goal tree of *unit_id* and below; None where it has neither outcome nor goal.

    *asked* may hold ``indicator``; without, the first that is not met, or the first.
    """
    below = [unit.unit_id for unit in reader.tree.below(unit_id) if unit.unit_id in reader.scope]
    rows = [row for row in run.stored.goals(below) if row["indicator"] in INDICATORS]
    own = [row for row in rows if row["unit_id"] == unit_id]
    if not own:
        return None
    names = {row["indicator"] for row in own}
    missed = next((row["indicator"] for row in own if row["status"] == "not_met"), own[0]["indicator"])
    chosen = asked.get("indicator", "") if asked.get("indicator") in names else missed
    base = own[0]["depth"]

    def line(row: Row) -> GoalLine:
        address = goal_address(row["unit_id"], row["indicator"])
        indicator = INDICATORS[row["indicator"]]
        current = row["unit_id"] == unit_id and row["indicator"] == chosen
        return GoalLine(row, indicator, row["depth"] - base, address, current)

    return GoalPage(
        reader.tree.units[unit_id],
        reader.path(unit_id)[:-1],
        tuple(line(row) for row in own),
        tuple(line(row) for row in rows if row["indicator"] == chosen),
    )
