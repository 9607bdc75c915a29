"""Who waits on one list, and how long: by measure and way of counting, by interval of days, and by group of people."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vardbalans.data.waits_run import DIMENSIONS
from vardbalans.web import numbers
from vardbalans.web.insight import waits_chart, waits_sentences
from vardbalans.web.insight.addresses import figure_address
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.waits_list import list_address
from vardbalans.web.people.units import Unit

__all__ = ["WhoWaits"]

Row = Mapping[str, Any]


class Way(NamedTuple):
    """One population counted in one way: how many, percentiles of days, and the share within the limit."""

    population: str
    way: str
    figures: Row
    why: str
    first: bool


class Measure(NamedTuple):
    """One measure of the list: its name and limit, the populations in each way of counting, and the target dates."""

    name: str
    limit: str
    ways: tuple[Way, ...]
    targets: tuple[tuple[str, Row], ...]


class Group(NamedTuple):
    """One group of people: those waiting and those treated, None where there are none or it is not told.

    Each has where it is explained.
    """

    name: str
    waiting: Row | None
    treated: Row | None
    waiting_why: str
    treated_why: str


class Site(NamedTuple):
    """A unit that people on the list wait at, and how many; None where they are too few to be told."""

    name: str
    people: int | None
    why: str


class Sharing(NamedTuple):
    """A service that shares the list: its unit and page (empty where the reader may not see it), and its own queue."""

    name: str
    unit: str
    address: str
    queue: float


@dataclass(frozen=True)
class WhoWaits:
    """The part of a list's page about people, read from the run *row* by itself."""

    unit: Unit
    path: tuple[Unit, ...]
    reader: Reader
    run: Run
    row: Row
    back: int
    group: str
    by: str

    @property
    def period(self) -> str:
        """Return the last period counted."""
        return str(self.row["history"][-1]["period"])

    def why(self, figure: str, period: str = "", **some: str) -> str:
        """Return where *figure* is explained; *some* name a part of those waiting or treated."""
        asked = {"service": self.row["service_id"], "week": period or self.period, "figure": figure}
        return figure_address(self.unit.unit_id, **asked, **some)

    @property
    def whole_why(self) -> dict[str, str]:
        """Return where the list's change, and how long all on it and all treated have waited, are explained."""
        told = {part: self.why(part) for part in ("waiting", "treated") if self.row[f"{part}_n"] is not None}
        return told | {"change": self.why("queue_change")}

    def _address(self, **changed: str) -> str:
        asked = {"back": str(self.back), "group": self.group, "by": self.by} | changed
        return list_address(self.row, **{name: value for name, value in asked.items() if value})

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Return the list's measures, the strictest first."""
        names = {row["measure"] for row in self.row["waits"]}
        ordered = sorted(names, key=lambda name: (name != self.row["measure"], name))
        return tuple(self._measure(name) for name in ordered)

    def _measure(self, name: str) -> Measure:
        whole = {row["part"]: row for row in self.row["waits"] if row["measure"] == name and row["dimension"] == "all"}
        names = {"included": _("alla"), "excluded": _("utan PvV och MoV"), "law": _("dagar som räknas")}
        ways = tuple(
            Way(
                population,
                shown,
                whole[part][way],
                self.why(
                    part, **({} if (way, name) == ("included", self.row["measure"]) else {"measure": name, "way": way})
                ),
                way == "included",
            )
            for part, population in self._populations()
            if part in whole
            for way, shown in names.items()
            if self.row["treated_since"] or way == "included"
        )
        targets = tuple(
            (population, whole[part]["target"])
            for part, population in self._populations()
            if part in whole and whole[part]["target"]["n"] is not None
        )
        return Measure(waits_sentences.measure_name(name), self._limit(name), ways, targets)

    def _populations(self) -> tuple[tuple[str, str], ...]:
        return (("waiting", _("Väntande")), ("treated", _("Behandlade")))

    def _limit(self, measure: str) -> str:
        days = self._limit_days(measure)
        return _("{days} dagar").format(days=", ".join(map(str, days))) if days else ""

    def _limit_days(self, measure: str | None) -> tuple[int, ...]:
        """Return the days that waits are held against, each against those of its start: a limit may have changed.

        A list by bands is held against the limit of its day.
        """
        limits = [limit for limit in self.row["limits"] if limit["measure"] == measure and limit["days"] is not None]
        dated = [limit["days"] for limit in sorted(limits, key=lambda limit: limit["valid_from"])]
        return tuple(dict.fromkeys(dated if self.row["treated_since"] else dated[-1:]))

    @property
    def limits(self) -> tuple[tuple[str, Row], ...]:
        """Return the limits used, each with the name of its measure."""
        return tuple(
            (waits_sentences.measure_name(limit["measure"]), limit)
            for limit in self.row["limits"]
            if limit["days"] is not None
        )

    @cached_property
    def bars(self) -> tuple[waits_chart.Bar, ...]:
        """Return the people by interval of days waited."""
        return waits_chart.bars(self.row["intervals"], self.row["measure"], self._limit_days(self.row["measure"]))

    @property
    def bars_title(self) -> str:
        """Return what the intervals show, in a sentence."""
        days = self._limit_days(self.row["measure"])
        share = self.row["waiting_within"]
        if len(days) != 1 or share is None:
            return _("Hur länge de väntande och de behandlade har väntat, i dagar.")
        return _("{share} av de väntande har väntat högst {days} dagar.").format(
            share=numbers.percent(share), days=days[0]
        )

    @property
    def groupings(self) -> tuple[Choice, ...]:
        """Return what the list can be divided by."""
        names = {
            "priority": _("Prioritet"),
            "sex": _("Kön"),
            "age": _("Ålder"),
            "municipality": _("Kommun"),
        }
        found = {row["dimension"] for row in self.row["waits"]}
        return tuple(
            Choice(names[name], f"{self._address(group=name)}#groups", name == self.group)
            for name in DIMENSIONS
            if name in found
        )

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups that the list is divided into, in order, those not known last."""
        mine = [
            row for row in self.row["waits"] if row["dimension"] == self.group and row["measure"] == self.row["measure"]
        ]
        figures = {(row["group"], row["part"]): row["included"] for row in mine}
        groups = {row["group"]: row for row in sorted(mine, key=_place)}
        return tuple(
            Group(
                waits_sentences.group_name(row),
                figures.get((name, "waiting")),
                figures.get((name, "treated")),
                *(self.why(part, dimension=self.group, group=name or "") for part in ("waiting", "treated")),
            )
            for name, row in groups.items()
        )

    @property
    def equity(self) -> list[str]:
        """Return how unlike the groups' waits are; of priorities nothing, as they are meant to differ."""
        if self.group == "priority":
            return []
        parts = (
            ("waiting", {group.name: group.waiting for group in self.groups}),
            ("treated", {group.name: group.treated for group in self.groups}),
        )
        return [said for said in (waits_sentences.equity(part, groups) for part, groups in parts) if said]

    @property
    def hides(self) -> bool:
        """Tell whether any group's figures are hidden."""
        return any(each is not None and each["n"] is None for row in self.groups for each in (row[1], row[2]))

    @property
    def sites(self) -> tuple[Site, ...]:
        """Return how many wait at each unit, where the list is shared by several."""
        tree = self.reader.tree.units
        return tuple(
            Site(
                tree[row["unit_id"]].name if row["unit_id"] in tree else row["unit_id"],
                row["n"],
                self.why("waiting", dimension="site", group=row["unit_id"]),
            )
            for row in self.row["sites"]
        )

    @property
    def shared_address(self) -> str:
        """Return the address of the list that this service shares with others; empty where the reader has none."""
        found = (self.row.get("shared") or {}).get("list")
        if not found or found["unit_id"] not in self.reader.tree.units:
            return ""
        return list_address(found)

    @property
    def sharing(self) -> tuple[Sharing, ...]:
        """Return the services that share this list, each with its page."""
        tree = self.reader.tree.units
        return tuple(
            Sharing(
                row["service_name"],
                tree[row["unit_id"]].name if row["unit_id"] in tree else row["unit_id"],
                list_address(row) if row["unit_id"] in tree else "",
                row["queue"],
            )
            for row in (self.row.get("shared") or {}).get("services", ())
        )

    @property
    def bar_lines(self) -> tuple[tuple[waits_chart.Bar, str, str], ...]:
        """Return the bars, each with where those waiting and those treated are explained."""
        mine = [row for row in self.row["intervals"] if row["measure"] in (None, self.row["measure"])]
        firsts = sorted({row["days_from"] for row in mine})
        return tuple(
            (
                bar,
                self.why("waiting", dimension="days", group=str(first)),
                self.why("treated", dimension="days", group=str(first)),
            )
            for bar, first in zip(self.bars, firsts, strict=True)
        )


def _place(row: Row) -> tuple[bool, float, str]:
    """Return where a group stands: as the region has said, then by its own name, those not known last."""
    place = row.get("group_place")
    return row["group"] is None, math.inf if place is None else place, row["group"] or ""
