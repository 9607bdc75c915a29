"""The page of one service's need: history and forecast, what the forecast is made of, judgement, and how good it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from vardbalans.web.insight import judgements, need_sentences
from vardbalans.web.insight.addresses import figure_address
from vardbalans.web.insight.need_chart import backtest_chart, need_chart, spans, years_chart
from vardbalans.web.insight.need_list import need_address
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.subjects import whole_run
from vardbalans.web.people.units import Unit
from vardbalans.web.translate import translated

__all__ = ["Choice", "NeedService", "need_service"]

Row = Mapping[str, Any]
PERIODS = ("week", "month")
_PER_YEAR = {"week": 52, "month": 12}
YEARS_BACK = (1, 2, 3)
_USUAL = {"week": 1, "month": 3}
"""How many years of history are shown unless more or less is asked for."""


@dataclass(frozen=True)
class Choice:
    """A link among others: its text, where it leads, and whether it is what is shown."""

    name: str
    address: str
    current: bool


@dataclass(frozen=True)
class Line:
    """One period of the table: the outcome or the forecast, where it is explained, how its week is marked."""

    row: Row
    is_ahead: bool
    why: str
    marks: str


@dataclass(frozen=True)
class NeedService:
    """What the page shows of one service, read from the run *row* by itself."""

    unit: Unit
    path: tuple[Unit, ...]
    run: Run
    row: Row
    period: str
    back: int
    lines: tuple[Line, ...]
    events: tuple[Row, ...]

    @property
    def judged(self) -> bool:
        """Tell whether planners have changed the forecast."""
        return bool(self.row["adjusted"])

    @cached_property
    def conclusion(self) -> str:
        """Return what the page says first."""
        return need_sentences.expected(self.row, len(self.run.weeks))

    @property
    def counted(self) -> str:
        """Return what is counted as need."""
        return need_sentences.counted(self.row)

    @property
    def chart(self) -> dict[str, Any]:
        """Return what the chart draws."""
        past = [line.row for line in self.lines if not line.is_ahead]
        return need_chart(past, [line.row for line in self.lines if line.is_ahead], self.events, self.conclusion)

    @property
    def periods(self) -> tuple[Choice, ...]:
        """Return the periods that the service can be shown by."""
        names = {"week": _("Vecka"), "month": _("Månad")}
        shown = [name for name in PERIODS if self.row[f"{name}s"]]
        return tuple(Choice(names[name], self._address(period=name), name == self.period) for name in shown)

    @property
    def spans(self) -> tuple[Choice, ...]:
        """Return how many years of history can be shown."""
        return tuple(
            Choice(_("{count} år").format(count=years), self._address(back=str(years)), years == self.back)
            for years in YEARS_BACK
        )

    def _address(self, **changed: str) -> str:
        asked = {"period": self.period, "back": str(self.back)} | changed
        return need_address(self.row, **asked)

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return what the forecast multiplies, in words; nothing where it multiplies nothing."""
        return need_sentences.parts(self.row)

    @property
    def method(self) -> str:
        """Return which method made the forecast and why."""
        return _said(self.row["method_reason"])

    @property
    def note(self) -> str:
        """Return what is remarked about the history; empty for most."""
        return _said(self.row["note"])

    @property
    def adjustments(self) -> tuple[judgements.Shown, ...]:
        """Return the adjustments that the run's forecast holds."""
        return judgements.shown(self.row["adjusted"])

    @property
    def added(self) -> float:
        """Return what the adjustments add to the run's weeks, all together."""
        added: float = self.row["total"] - self.row["base_total"]
        return added

    @property
    def worth(self) -> tuple[judgements.Worth, ...]:
        """Return what the service's adjustments have been worth, per level of author."""
        return judgements.worth(self.row["trials"])

    @property
    def tested(self) -> tuple[Row, ...]:
        """Return the earlier forecasts' periods with their outcomes, each with the number of its forecast."""
        return tuple(
            {
                **row,
                "number": number,
                "missed": not row["low"] <= row["outcome"] <= row["high"],
                "why": self.why("need_outcome", row["period"]),
            }
            for number, origin in enumerate(self.row["backtest"]["origins"], start=1)
            for row in origin
        )

    @cached_property
    def test_conclusion(self) -> str:
        """Return how good the forecast has been."""
        return need_sentences.how_good(self.row["backtest"], self.row["frequency"])

    @property
    def test_chart(self) -> dict[str, Any]:
        """Return the chart of earlier forecasts against what came."""
        return backtest_chart(self.row["backtest"]["origins"], self.test_conclusion)

    @cached_property
    def years_conclusion(self) -> str:
        """Return how the need grows over the years and why."""
        return need_sentences.years_ahead(self.row["years"])

    @property
    def years_chart(self) -> dict[str, Any]:
        """Return the chart of the years ahead."""
        return years_chart(self.row["years"]["base"], self.row["years"]["rows"], self.years_conclusion)

    @property
    def years_rows(self) -> tuple[tuple[Row, str], ...]:
        """Return the years ahead, each with where it is explained."""
        return tuple((row, self.why("need_year", str(row["year"]))) for row in self.row["years"]["rows"])

    @property
    def last_why(self) -> str:
        """Return where the last year's need is explained; empty where it is not known."""
        return "" if self.row["last_year"] is None else self.why("need_last", whole_run(self.run))

    @property
    def total_why(self) -> str:
        """Return where the need of all weeks is explained."""
        return self.why("need_total", whole_run(self.run))

    def why(self, figure: str, period: str) -> str:
        """Return where *figure* of *period* is explained."""
        return figure_address(self.row["unit_id"], figure=figure, service=self.row["service_id"], week=period)

    @property
    def parts_lines(self) -> tuple[tuple[Row, str], ...]:
        """Return what the forecast multiplies, week by week or month by month, each with where it is explained."""
        return tuple(
            (row, self.why("need", row["week"]) if "week" in row else self.why("need_month", row["month"]))
            for row in self.row["factors"]
        )

    @property
    def years_reason(self) -> str:
        """Return how the years ahead are made, or why there are none."""
        if self.row["years"]:
            return _said(self.row["years"]["reason"])
        return _said(self.row["years_reason"]) or _("Åren framåt kan inte räknas för den här vårdtjänsten.")


def need_service(reader: Reader, run: Run, row: Row, asked: Mapping[str, str]) -> NeedService:
    """Return the page of the service that *row* tells of.

    *asked* may hold ``period`` (week, month) and ``back`` (1 to 3 years of history); what cannot be is passed over.
    """
    can = [name for name in PERIODS if row[f"{name}s"]]
    period = asked.get("period", "") if asked.get("period") in can else can[0]
    years = {str(count): count for count in YEARS_BACK}
    back = years.get(asked.get("back", ""), _USUAL[period])
    past = row[f"{period}s"]["past"][-back * _PER_YEAR[period] :]
    ahead = row[f"{period}s"]["ahead"]
    events = spans(row["annotated"], [each["period"] for each in (*past, *ahead)])
    marks = {week.period: week.marks for week in run.weeks}
    return NeedService(
        unit=reader.tree.units[row["unit_id"]],
        path=reader.path(row["unit_id"]),
        run=run,
        row=row,
        period=period,
        back=back,
        lines=tuple(_lines(row, past, ahead, marks)),
        events=tuple(events),
    )


def _lines(row: Row, past: Sequence[Row], ahead: Sequence[Row], marks: Mapping[str, str]) -> list[Line]:
    """Return the periods, each with where it is explained; a week is marked as in the balance (*marks*)."""

    def why(figure: str, each: Row) -> str:
        return figure_address(row["unit_id"], figure=figure, service=row["service_id"], week=each["period"])

    lines = [Line(each, False, why("need_outcome", each), "") for each in past]
    return lines + [
        Line(each, True, why("need", each), marks[each["period"]])
        if each["period"] in marks
        else Line(each, True, why("need_month", each), "")
        for each in ahead
    ]


def _said(kept: Row | None) -> str:
    """Return a stored sentence in the reader's language."""
    if not kept:
        return ""
    return translated(kept["template"], kept["values"], kept["template"])
