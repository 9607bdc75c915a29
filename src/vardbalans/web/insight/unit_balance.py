"""The balance page of one unit: its resources week by week, one of them as chart and table, and its services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vardbalans.web import numbers
from vardbalans.web.insight import levels, sentences
from vardbalans.web.insight.amounts import amount, unit_name
from vardbalans.web.insight.balance_map import BalanceMap, map_of_resources, map_of_units, why_address
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.services import Service, services_of
from vardbalans.web.insight.weeks import Week
from vardbalans.web.people.units import Unit

__all__ = ["UnitBalance", "WeekRow", "short_names", "unit_balance"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class WeekRow:
    """One week of the chosen resource: its results and where each figure is explained."""

    week: Week
    row: Row
    held_back: tuple[str, ...] = ()
    """The names of the services that the resource holds back this week."""

    @property
    def level(self) -> str:
        """Return the step of the balance, as in the map."""
        return levels.level(levels.excess(self.row))

    @property
    def mark(self) -> str:
        """Return the balance as the map shows it, with the side in words."""
        return levels.mark_in_words(levels.excess(self.row))

    def why(self) -> dict[str, str]:
        """Return the address that explains each figure."""
        return {figure: why_address(self.row, figure) for figure in ("required", "available", "balance")}


@dataclass(frozen=True)
class UnitBalance:
    """What the page shows; *resource* is None for a unit without results of its own, *unit* for several topmost ones.

    *below* is the map of the units under it.
    """

    unit: Unit | None
    path: tuple[Unit, ...]
    run: Run
    map: BalanceMap
    resource: Row | None
    weeks: tuple[WeekRow, ...]
    conclusion: str
    services: tuple[Service, ...]
    below: BalanceMap

    @property
    def in_full_time(self) -> bool:
        """Tell whether the balance is known in full-time posts, as it is for staff."""
        return any(week.row["fte"] is not None for week in self.weeks)

    @property
    def chart(self) -> dict[str, Any]:
        """Return what the chart draws, texts included, in the shown unit."""
        return _chart([week.row for week in self.weeks], self.conclusion)


def unit_balance(reader: Reader, run: Run, unit_id: str | None, resource_id: str) -> UnitBalance:
    """Return the page of *unit_id*; of the reader's whole scope for None.

    The worst resource is shown unless *resource_id* is one of the unit's.
    """
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    path = reader.path(unit_id) if unit_id else ()
    own = [unit_id] if unit_id else []
    rows = run.rows(own)
    chosen = _chosen(rows, resource_id)
    by_period = {week.period: week for week in run.weeks}
    services = short_names(run.names("services"), path)
    weeks = tuple(
        WeekRow(by_period[row["week"]], row, tuple(services.get(name, name) for name in row["binds"] or ()))
        for row in sorted(chosen, key=lambda row: row["week"])
    )
    observed = {row["resource_id"] for row in rows if row["kind"] == "observed"}
    return UnitBalance(
        unit=reader.tree.units.get(unit_id or ""),
        path=path[:-1],
        run=run,
        map=map_of_resources(rows, run.weeks, chosen[0]["resource_id"] if chosen else ""),
        resource=chosen[0] if chosen else None,
        weeks=weeks,
        conclusion=sentences.conclusion(chosen) if chosen else "",
        services=services_of(run.services(own), run.names("resources"), observed, run.meta["weeks"]),
        below=map_of_units(run.rows(reader.below(unit_id) - {*own}), run.weeks, reader.tree),
    )


def short_names(names: Mapping[str, str], path: Sequence[Unit]) -> Mapping[str, str]:
    """Return *names* without a last part that repeats a unit the reader stands in, such as ``, Ortopedi``."""
    short = dict(names)
    for unit in path:
        short = {key: name.removesuffix(f", {unit.name}") for key, name in short.items()}
    return short


def _chosen(rows: Sequence[Row], resource_id: str) -> list[Row]:
    by_resource: dict[str, list[Row]] = {}
    for row in rows:
        by_resource.setdefault(row["resource_id"], []).append(row)
    if resource_id in by_resource:
        return by_resource[resource_id]
    return max(by_resource.values(), key=_mean_excess, default=[])


def _mean_excess(rows: Sequence[Row]) -> float:
    required = sum(row["required"] or 0.0 for row in rows)
    available = sum(row["available"] or 0.0 for row in rows)
    return (required - available) / available if available else required


def _chart(rows: Sequence[Row], title: str) -> dict[str, Any]:
    measure = rows[0]["measure"]
    factor = 1 / 60 if measure == "minutes" else 1
    series = {
        name: [None if row[name] is None else round(row[name] * factor, 3) for row in rows]
        for name in ("required", "required_q05", "required_q95", "available")
    }
    texts = {
        "required": _("Krävs"),
        "band": _("Krävs, 90 % intervall"),
        "available": _("Tillgängligt"),
        "balance": _("Balans"),
    }
    tips = [_tip(row, texts) for row in rows]
    weeks = [numbers.week(row["week"]).replace(numbers.NBSP, " ") for row in rows]
    years = [row["week"][:4] for row in rows]
    shares = [levels.excess(row) for row in rows]
    return series | {
        "over": [share is not None and share > levels.BALANCED for share in shares],
        "title": title,
        "unit": unit_name(measure),
        "weeks": weeks,
        "years": years,
        "tips": tips,
        "texts": texts,
        "language": get_language(),
    }


def _tip(row: Row, texts: Mapping[str, str]) -> str:
    unit, measure = unit_name(row["measure"]), row["measure"]
    low, high = amount(row["required_q05"], measure), amount(row["required_q95"], measure)
    lines = [
        numbers.week_and_year(row["week"]),
        f"{texts['required']}: {amount(row['required'], measure)} {unit} ({low}–{high})",
        f"{texts['available']}: {amount(row['available'], measure)} {unit}",
        f"{texts['balance']}: {amount(row['balance'], measure, sign=True)} {unit}",
        _("Risk för brist: {share}").format(share=numbers.percent(row["p_short"])),
    ]
    return "\n".join(lines)
