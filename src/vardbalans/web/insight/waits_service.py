"""The page of one waiting list: who waits, where it goes, what it takes, and whether the list is right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.quality import Judgements
from vardbalans.data.quality.rules import ON_LIST, RULES
from vardbalans.data.waits_run import DIMENSIONS
from vardbalans.engine.periods import Period
from vardbalans.web import numbers, store
from vardbalans.web.insight import waits_chart, waits_sentences
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.waits_people import WhoWaits
from vardbalans.web.translate import kept, said, translated

__all__ = ["WaitsService", "waits_service"]

Row = Mapping[str, Any]
YEARS_BACK = (1, 2, 3)
_PER_YEAR = {"week": 52, "month": 12}
_USUAL = {"week": 1, "month": 3}
_FLOWS = ("referred", "induced", "moved_in")


class Line(NamedTuple):
    """One period of the table: counted or ahead, how its week is marked, and where its queue is explained."""

    row: Row
    is_ahead: bool
    marks: str
    why: str


class Doubt(NamedTuple):
    """What a quality rule says of rows on the list, and how many; None where they are too few to be told."""

    sentence: str
    people: int | None
    severity: str


@dataclass(frozen=True)
class WaitsService(WhoWaits):
    """What the page shows of one list, read from the run *row* by itself."""

    @cached_property
    def conclusion(self) -> str:
        """Return what the page says first."""
        return waits_sentences.conclusion(self.row, self.first_week, len(self.run.weeks))

    @property
    def first_week(self) -> str:
        """Return the first week ahead."""
        return self.run.weeks[0].period

    @property
    def guarantee(self) -> str:
        """Return when the list is within the guarantee, shortly."""
        return waits_sentences.guarantee(self.row, self.first_week, len(self.run.weeks))

    @property
    def guarantee_interval(self) -> str:
        """Return the interval of that week."""
        return waits_sentences.guarantee_interval(self.row, len(self.run.weeks))

    @property
    def weeks(self) -> tuple[tuple[Row, str], ...]:
        """Return the weeks ahead, each with where the share within the limit is explained."""
        return tuple(
            (row, self.why("waiting_ahead", row["period"]) if row["waiting_within"] else "")
            for row in self.row["weeks"]
        )

    @property
    def needed(self) -> tuple[tuple[Row, str], ...]:
        """Return the production needed by each date, with where it is explained."""
        return tuple((row, self.why("production_needed", row["by"])) for row in self.row["needed"])

    # Account and outlook

    @cached_property
    def past(self) -> tuple[Row, ...]:
        """Return the periods counted that are shown."""
        return tuple(self.row["history"][-self.back * _PER_YEAR[self.row["frequency"]] :])

    @cached_property
    def ahead(self) -> tuple[Row, ...]:
        """Return the periods ahead; a list counted by month has them by month, each week in the one it ends in."""
        if not self.follows:
            return tuple(row | {"came": None, "treated": None, "removed": None} for row in self.row["weeks"])
        weeks = [row | {"came": sum(row[name] for name in _FLOWS)} for row in self.row["weeks"]]
        return tuple(weeks) if self.row["frequency"] == "week" else tuple(_by_month(weeks))

    @property
    def follows(self) -> bool:
        """Tell whether each who waits is followed ahead; of other lists at most the number waiting is."""
        return bool(self.row["weeks"]) and "treated" in self.row["weeks"][0]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return the periods of the table, those counted first."""
        marks = {week.period: week.marks for week in self.run.weeks}
        explained = self.row["frequency"] == "week" and self.follows
        past = [Line(row, False, "", self.why("queue", row["period"])) for row in self.past]
        ahead = [
            Line(row, True, marks.get(row["period"], ""), self.why("queue", row["period"]) if explained else "")
            for row in self.ahead
        ]
        return (*past, *ahead)

    @property
    def spans(self) -> tuple[Choice, ...]:
        """Return how many years of history can be shown."""
        return tuple(
            Choice(_("{count} år").format(count=years), f"{self._address(back=str(years))}#account", years == self.back)
            for years in YEARS_BACK
        )

    @property
    def has_removed(self) -> bool:
        """Tell whether the source says who left the list untreated."""
        return any(row["removed"] is not None for row in self.past)

    @property
    def queue_title(self) -> str:
        """Return what the chart of the queue shows, in a sentence."""
        now = numbers.number(self.row["queue"])
        if not self.ahead:
            return _("{now} väntar.").format(now=now)
        last = self.ahead[-1]
        return _("{now} väntar nu, och {then} väntas göra det {week} (90 % intervall {low}–{high}).").format(
            now=now,
            then=numbers.number(last["queue"]["mean"]),
            week=numbers.week_and_year(last["period"]),
            low=numbers.number(last["queue"]["q05"]),
            high=numbers.number(last["queue"]["q95"]),
        )

    @property
    def queue_chart(self) -> dict[str, Any]:
        """Return the chart of how many wait."""
        return waits_chart.queue_chart(self.past, self.ahead, self.queue_title)

    @property
    def flow_title(self) -> str:
        """Return what the chart of the flows shows, in a sentence."""
        came, treated = (sum(row[name] for row in self.past) for name in ("inflow", "treated"))
        return _("{came} kom till listan och {treated} behandlades, från {first} till {last}.").format(
            came=numbers.number(came),
            treated=numbers.number(treated),
            first=numbers.week_and_year(self.past[0]["period"]),
            last=numbers.week_and_year(self.past[-1]["period"]),
        )

    @property
    def flow_chart(self) -> dict[str, Any]:
        """Return the chart of who comes and who is treated."""
        return waits_chart.flow_chart(self.past, self.ahead if self.follows else (), self.flow_title)

    @property
    def limited(self) -> bool:
        """Tell whether the outlook has a limit to be within."""
        return self.follows and self.row["reached"] is not None

    @property
    def share_title(self) -> str:
        """Return what the chart of the shares shows, in a sentence."""
        last = self.row["weeks"][-1]
        if last["waiting_within"] is None:
            return _("Andel inom gränsen, vecka för vecka.")
        return _(
            "Av de väntande väntas {share} vara inom gränsen {week}; med {chance} sannolikhet är alla det."
        ).format(
            week=numbers.week_and_year(last["period"]),
            share=numbers.percent(last["waiting_within"]["mean"]),
            chance=numbers.percent(last["chance"]),
        )

    @property
    def share_chart(self) -> dict[str, Any]:
        """Return the chart of the shares within the limit."""
        return waits_chart.share_chart(self.row["weeks"], self.share_title)

    @property
    def ahead_reason(self) -> str:
        """Return why nothing is projected; empty where something is."""
        found = self.row["ahead_reason"]
        told = translated(found["template"], found["values"], found["template"]) if found else ""
        return told.rstrip(".")

    # What it takes

    @cached_property
    def chosen(self) -> Row | None:
        """Return the production needed by the chosen week; None for a list without a limit."""
        return next((row for row in self.row["needed"] if row["by"] == self.by), None)

    @property
    def production(self) -> str:
        """Return what it takes by the chosen week, in a sentence."""
        return waits_sentences.production(self.chosen, self.row) if self.chosen else ""

    @property
    def queue_why(self) -> str:
        """Return where the number waiting is explained."""
        return self.why("queue")

    @property
    def production_why(self) -> str:
        """Return where the production needed is explained."""
        return self.why("production_needed", self.by)

    # Whether the list is right

    @cached_property
    def doubts(self) -> tuple[Doubt, ...] | None:
        """Return what the quality rules say of the list; None where the version is not judged yet."""
        report = Judgements(store.root()).get(self.run.meta["version"])
        if report is None:
            return None
        own = {each["service_id"] for each in (self.row, *(self.row.get("shared") or {}).get("services", ()))}
        rows = report.rows.select(["table", "rule", "service_id"]).to_pylist()
        counts = Counter(
            (row["table"], row["rule"])
            for row in rows
            if row["service_id"] in own and (row["table"], row["rule"]) in ON_LIST
        )
        return tuple(
            Doubt(
                said(kept(RULES[place].message)),
                count if count >= self.row["below"] else None,
                RULES[place].severity,
            )
            for place, count in sorted(counts.items(), key=lambda each: -each[1])
        )

    @property
    def review(self) -> str:
        """Return the address of the weekly review."""
        asked = urlencode({"service": self.row["service_id"]})
        return f"{reverse('insight:waits_review', args=[self.unit.unit_id])}?{asked}"


def _by_month(weeks: Sequence[Row]) -> list[Row]:
    found: dict[str, Row] = {}
    for row in weeks:
        month = (Period.parse(row["period"]).end - timedelta(1)).isoformat()[:7]
        before = found.get(month)
        flows = {name: row[name] + (before[name] if before else 0.0) for name in ("came", "treated", "removed")}
        found[month] = dict(row) | flows | {"period": month}
    return list(found.values())


def waits_service(reader: Reader, run: Run, row: Row, asked: Mapping[str, str]) -> WaitsService:
    """Return the page of the list that *row* tells of.

    *asked* may hold ``back`` (1 to 3 years of history), ``group`` (what the list is divided by) and ``by`` (a week
    ahead to be within the limit by); what cannot be is passed over.
    """
    years = {str(count): count for count in YEARS_BACK}
    dimensions = [name for name in DIMENSIONS if any(each["dimension"] == name for each in row["waits"])]
    dates = [each["by"] for each in row["needed"]]
    usual = max(row["needed"], key=lambda each: each["draws"])["by"] if row["needed"] else ""
    return WaitsService(
        unit=reader.tree.units[row["unit_id"]],
        path=reader.path(row["unit_id"]),
        reader=reader,
        run=run,
        row=row,
        back=years.get(asked.get("back", ""), _USUAL[row["frequency"]]),
        group=asked["group"] if asked.get("group") in dimensions else next(iter(dimensions), ""),
        by=asked["by"] if asked.get("by") in dates else usual,
    )
