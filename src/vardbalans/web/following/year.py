"""The page Uppföljning: a year's plan, outcome and rolling forecast of one kind of care at a unit, or of a service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.tables import TABLES
from vardbalans.web import numbers
from vardbalans.web.following import sentences
from vardbalans.web.headings import column_choices
from vardbalans.web.insight.addresses import Whys
from vardbalans.web.insight.need_chart import chart_of
from vardbalans.web.insight.need_service import Choice
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.ordering import swedish_order
from vardbalans.web.people.units import Unit
from vardbalans.web.planning.models import Decision
from vardbalans.web.planning.publishing import approved_version, decision_on

__all__ = ["Line", "Part", "Year", "kind_names", "service_year", "unit_year", "why_year", "year_address"]

Row = Mapping[str, Any]
PERIODS = ("week", "month")


@dataclass(frozen=True)
class Line:
    """One period, and where its figures are explained."""

    row: Row
    share: float | None
    why: Whys


@dataclass(frozen=True)
class Part:
    """One of those that sum to what the page shows: a service of the unit, or a unit below it."""

    name: str
    address: str
    row: Row
    done_share: float | None
    year_share: float | None
    why: Whys


@dataclass(frozen=True)
class Year:
    """What the page shows, read from the stored *row*. *parts* sum to it; a service has none.

    *may_read* are the units that the reader may read.
    """

    unit: Unit
    path: tuple[Unit, ...]
    children: tuple[Unit, ...]
    row: Row
    years: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    period: str
    parts: tuple[Part, ...]
    may_read: frozenset[str]

    @property
    def name(self) -> str:
        """Return what is followed: the service, or the kind of care."""
        return self.row["service_name"] or kind_names().get(self.row["kind"], self.row["kind"])

    @cached_property
    def conclusion(self) -> str:
        """Return what the page says first."""
        return sentences.so_far(self.row)

    @property
    def ahead(self) -> str:
        """Return where the year is expected to end."""
        return sentences.year_ahead(self.row)

    @property
    def warned(self) -> str:
        """Return the early sign; empty where there is none."""
        return sentences.warned(self.row)

    @property
    def plan_is(self) -> str:
        """Return what the plan is made of."""
        return sentences.plan_is(self.row)

    @cached_property
    def plan_signed(self) -> Decision | None:
        """Return who signed the plan that the service is held against; None where it was not signed here."""
        plan = self.row["approved"]
        if not plan or plan["unit_id"] not in self.may_read:
            return None
        version = approved_version(plan["unit_id"], plan["plan"], plan["year"], plan["version"])
        return decision_on(version) if version else None

    @property
    def done_share(self) -> float | None:
        """Return how far what is done lies from its plan."""
        return sentences.share_of_plan(self.row["done_deviation"], self.row["done_planned"])

    @property
    def year_share(self) -> float | None:
        """Return how far the expected year lies from its plan."""
        return sentences.share_of_plan(self.row["year_deviation"], self.row["year_planned"])

    @property
    def why(self) -> Whys:
        """Return where the figures of the year are explained."""
        return why_year(self.row)

    @property
    def periods(self) -> tuple[Choice, ...]:
        """Return the periods it can be shown by."""
        names = {"week": _("Vecka"), "month": _("Månad")}
        shown = [name for name in PERIODS if self.row[f"{name}s"]]
        year = str(self.row["of_year"])
        return tuple(
            Choice(names[name], year_address(self.row, year=year, period=name), name == self.period) for name in shown
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the periods of the year."""
        return tuple(
            Line(
                row,
                sentences.share_of_plan(row["deviation"], row["planned"]),
                why_year(self.row, row["period"]),
            )
            for row in self.row[f"{self.period}s"]
        )

    @property
    def chart(self) -> dict[str, Any]:
        """Return what the chart draws: plan as a line, outcome as dots, forecast dashed with its interval."""
        rows = [line.row for line in self.lines]
        series = [
            {"name": _("Utfall"), "look": "outcome", "values": [r["counted"] if r["whole"] else None for r in rows]},
            {"name": _("Plan"), "look": "plan", "values": [row["planned"] for row in rows]},
            {"name": _("Prognos"), "look": "forecast", "values": [_ahead(row, "expected") for row in rows]},
        ]
        bands = [
            {"look": "band95", "low": _column(rows, "likely_low"), "high": _column(rows, "likely_high")},
            {
                "look": "band80",
                "low": [_ahead(row, "low") for row in rows],
                "high": [_ahead(row, "high") for row in rows],
            },
        ]
        return chart_of(self.conclusion, _column(rows, "period"), series, bands, [_tip(row) for row in rows], [])


def _column(rows: Sequence[Row], name: str) -> list[Any]:
    return [row[name] for row in rows]


def _ahead(row: Row, name: str) -> float | None:
    return None if row["whole"] else row[name]


def _tip(row: Row) -> str:
    lines = [numbers.week_and_year(row["period"])]
    if row["planned"] is not None:
        lines.append(f"{_('Plan')}: {numbers.number(row['planned'], 1)}")
    if row["whole"]:
        lines.append(f"{_('Utfall')}: {numbers.number(row['counted'], 1)}")
    elif row["expected"] is not None:
        ends = f"{numbers.number(row['low'])}–{numbers.number(row['high'])}"
        lines.append(f"{_('Prognos')}: {numbers.number(row['expected'], 1)} ({ends})")
    if row["likely_low"] is not None:
        ends = f"{numbers.number(row['likely_low'])}–{numbers.number(row['likely_high'])}"
        lines.append(_("Troligt för ett kvartal sedan: {ends}").format(ends=ends))
    return "\n".join(lines)


def kind_names() -> Mapping[str, str]:
    """Return the name of every kind of care."""
    return column_choices(TABLES["services"].column("kind"))


def year_address(row: Row, **more: str) -> str:
    """Return the address of the page of a row."""
    if row["service_id"]:
        asked = {"service": row["service_id"], **more}
        return f"{reverse('following:service', args=[row['unit_id']])}?{urlencode(asked)}"
    return f"{reverse('following:unit', args=[row['unit_id']])}?{urlencode({'kind': row['kind'], **more})}"


def why_year(row: Row, period: str = "") -> Whys:
    """Return where the figures of a row are explained: those of its year, or those of one period of it."""
    whose = {"service": row["service_id"]} if row["service_id"] else {"kind": row["kind"]}
    return Whys(row["unit_id"], "year", **whose, year=str(row["of_year"]), week=period or str(row["of_year"]))


def unit_year(reader: Reader, run: Run, unit_id: str, asked: Mapping[str, str]) -> Year | None:
    """Return the page of a unit; None where nothing is followed at it or below.

    *asked* may hold ``year``, ``kind`` (the one most is done of, unless said) and ``period`` (week, month).
    """
    children = reader.tree.children(unit_id)
    below = [child.unit_id for child in children if child.unit_id in reader.scope]
    rows, years = _of_year(run.stored.follow_up([unit_id, *below]), asked)
    own = {row["kind"]: row for row in rows if row["unit_id"] == unit_id and not row["service_id"]}
    if not own:
        return None
    kind = asked.get("kind", "")
    row = own[kind] if kind in own else max(own.values(), key=lambda each: (each["year"] or 0.0, each["kind"]))
    names = kind_names()
    order = {each: place for place, each in enumerate(names)}
    kinds = sorted(own.values(), key=lambda each: order.get(each["kind"], len(order)))
    period = _period(row, asked)
    chosen = {name: asked[name] for name in ("year", "period") if asked.get(name)}
    parts = [each for each in rows if each["kind"] == row["kind"] and each is not row and _is_part(each, unit_id)]
    return Year(
        unit=reader.tree.units[unit_id],
        path=reader.path(unit_id)[:-1],
        children=tuple(child for child in children if child.unit_id in {each["unit_id"] for each in rows}),
        row=row,
        years=_years(row, years),
        kinds=tuple(
            Choice(names.get(each["kind"], each["kind"]), year_address(each, **chosen), each is row) for each in kinds
        ),
        period=period,
        parts=tuple(sorted((_part(each, reader, chosen) for each in parts), key=lambda part: swedish_order(part.name))),
        may_read=reader.scope,
    )


def service_year(reader: Reader, run: Run, unit_id: str, asked: Mapping[str, str]) -> Year:
    """Return the page of one service of the unit. Raises Http404 where it has none of that id."""
    rows, years = _of_year(run.stored.follow_up([unit_id]), asked)
    wanted = asked.get("service", "")
    row = next((each for each in rows if wanted and each["service_id"] == wanted), None)
    if row is None:
        raise Http404(unit_id)
    unit, chosen = reader.tree.units[unit_id], _years(row, years)
    return Year(unit, reader.path(unit_id), (), row, chosen, (), _period(row, asked), (), reader.scope)


def _of_year(rows: Sequence[Row], asked: Mapping[str, str]) -> tuple[list[Row], list[int]]:
    """Return the rows of the year asked for, of the last one unless said, and the years there are."""
    years = sorted({row["of_year"] for row in rows})
    wanted = next((year for year in years if str(year) == asked.get("year")), years[-1] if years else 0)
    return [row for row in rows if row["of_year"] == wanted], years


def _years(row: Row, years: Sequence[int]) -> tuple[Choice, ...]:
    return tuple(Choice(str(year), year_address(row, year=str(year)), year == row["of_year"]) for year in years)


def _is_part(row: Row, unit_id: str) -> bool:
    """Tell whether *row* is a service of the unit itself, or the sum of a unit below."""
    own: bool = row["unit_id"] == unit_id
    return bool(row["service_id"]) is own


def _part(row: Row, reader: Reader, chosen: Mapping[str, str]) -> Part:
    return Part(
        row["service_name"] or reader.tree.units[row["unit_id"]].name,
        year_address(row, **chosen),
        row,
        sentences.share_of_plan(row["done_deviation"], row["done_planned"]),
        sentences.share_of_plan(row["year_deviation"], row["year_planned"]),
        why_year(row),
    )


def _period(row: Row, asked: Mapping[str, str]) -> str:
    can = [name for name in PERIODS if row[f"{name}s"]]
    return asked.get("period", "") if asked.get("period") in can else can[0]
