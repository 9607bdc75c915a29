"""The lists there are: each takes its rows from what its page shows, so that a file never says anything else.

A list is asked for as its page is: ``unit`` (empty: the reader's whole scope), and what the page's own address may hold
to search, choose and order. All pages of a list are given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vardbalans.engine.errors import BadInput
from vardbalans.web.exports.costs import centres_table, contracts_table, groups_table, pools_table
from vardbalans.web.exports.steering import goals_table, warnings_table
from vardbalans.web.exports.tables import Column, ExportTable, Table, Value, service_columns, unit_columns
from vardbalans.web.following.goals import GoalPage, goal_page
from vardbalans.web.following.year import Year, service_year, unit_year
from vardbalans.web.improving.listing import measures_page
from vardbalans.web.insight.balance_map import map_of_units
from vardbalans.web.insight.beds_list import beds_page
from vardbalans.web.insight.cost_page import CostPage, cost_page
from vardbalans.web.insight.cost_run import kept_costs
from vardbalans.web.insight.early_warnings import warnings_for
from vardbalans.web.insight.levels import excess
from vardbalans.web.insight.need_list import need_list
from vardbalans.web.insight.overview import overview
from vardbalans.web.insight.selectors import Reader, Run, latest_run, reader
from vardbalans.web.insight.unit_balance import unit_balance
from vardbalans.web.insight.waits_list import waits_list
from vardbalans.web.intake.data_page import data_page
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import require
from vardbalans.web.planning.overview import plan_list

__all__ = ["LISTS", "List", "table_of"]

Asked = Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """Who asks, what they may read, the unit asked for (None: all they may), and how the list is to be."""

    user: User
    reader: Reader
    unit_id: str | None
    asked: Asked

    def run(self) -> Run:
        """Return the newest run. Raises Http404 where there is none."""
        found = latest_run()
        if found is None:
            raise Http404("run")
        return found

    def unit(self) -> str:
        """Return the unit. Raises Http404 where none is asked for and the reader has several."""
        if self.unit_id:
            return self.unit_id
        if len(self.reader.roots) != 1:
            raise Http404("unit")
        return self.reader.roots[0].unit_id


@dataclass(frozen=True)
class List:
    """A list: what it is called in words, what its address may ask beside the unit, and how its table is made."""

    title: Any
    choices: tuple[str, ...]
    make: Callable[[Request], Table]


def table_of(user: User, name: str, asked: Asked) -> ExportTable:
    """Return the list called *name* as *user* sees it. Raises Http404 where there is nothing of it; OutOfScope."""
    seen, unit_id = reader(user), asked.get("unit") or None
    if unit_id:
        require(user, Permission.BALANCE_READ, unit_id, tree=seen.tree)
    columns, rows = LISTS[name].make(Request(user, seen, unit_id, asked))
    return ExportTable(str(LISTS[name].title), columns, tuple(rows))


def _pages(of: Callable[[Asked], Any], asked: Asked) -> list[Any]:
    """Return the lines of every page of a list."""
    lines, number = [], 1
    while True:
        page = of({**asked, "page": str(number)})
        lines += page.lines
        if not page.later:
            return lines
        number += 1


def _of_service(line: Any) -> tuple[Value, ...]:
    return line.unit.unit_id, line.unit.name, line.row["service_id"], line.row["service_name"]


def _need(request: Request) -> Table:
    run = request.run()
    if not run.tells_need:
        raise Http404("need")
    lines = _pages(lambda asked: need_list(request.reader, run, request.unit_id, asked), request.asked)
    columns = (
        *unit_columns(),
        *service_columns(),
        Column("last_year", _("Senaste året"), "count"),
        Column("expected", _("Väntat"), "count"),
        Column("low", _("Väntat, 80 % lägst"), "count"),
        Column("high", _("Väntat, 80 % högst"), "count"),
        Column("change", _("Ändring"), "share"),
        Column("growth", _("Tillväxt per år"), "share"),
        Column("adjustments", _("Justeringar"), "count"),
    )
    keys = ("last_year", "total", "low", "high", "change", "growth", "adjustments")
    return columns, [(*_of_service(line), *(line.row[key] for key in keys)) for line in lines]


def _waits(request: Request) -> Table:
    run = request.run()
    if not run.tells_waits:
        raise Http404("waits")
    lines = _pages(lambda asked: waits_list(request.reader, run, request.unit_id, asked), request.asked)
    figures = {
        "queue": Column("queue", _("Väntar"), "count"),
        "change": Column("change", _("Ändring på ett år"), "share"),
        "waiting_within": Column("waiting_within", _("Väntande inom gränsen"), "share"),
        "waiting_without": Column("waiting_without", _("Väntande inom gränsen, utan PvV och MoV"), "share"),
        "waiting_median": Column("waiting_median", _("Väntande, median"), "days"),
        "waiting_p90": Column("waiting_p90", _("Väntande, 9 av 10"), "days"),
        "treated_within": Column("treated_within", _("Behandlade inom gränsen"), "share"),
        "treated_without": Column("treated_without", _("Behandlade inom gränsen, utan PvV och MoV"), "share"),
        "treated_median": Column("treated_median", _("Behandlade, median"), "days"),
        "treated_p90": Column("treated_p90", _("Behandlade, 9 av 10"), "days"),
        "within_week": Column("within_week", _("Inom vårdgarantin från vecka")),
    }
    columns = (*unit_columns(), *service_columns(), *figures.values(), Column("guarantee", _("Inom vårdgarantin")))
    rows = [(*_of_service(line), *(line.row[key] for key in figures), line.guarantee) for line in lines]
    return columns, rows


def _beds(request: Request) -> Table:
    run = request.run()
    if not run.tells_beds:
        raise Http404("beds")
    page = beds_page(request.reader, run, request.unit_id, request.asked)
    columns = (
        *unit_columns(),
        Column("moment", _("Tidpunkt")),
        Column("occupied", _("Inneliggande"), "count"),
        Column("available", _("Disponibla"), "count"),
        Column("physical", _("Fysiska"), "count"),
        Column("closed", _("Stängda"), "count"),
        Column("occupancy", _("Beläggning"), "share"),
        Column("overcrowded_per_100", _("Överbeläggning per 100"), "per_100"),
        Column("outliers_per_100", _("Utlokaliserade per 100"), "per_100"),
        Column("mean_occupancy", _("Beläggning, medel"), "share"),
        Column("mean_outliers_per_100", _("Utlokaliserade per 100, medel"), "per_100"),
        Column("p_full", _("Högsta risk för fullt"), "share"),
    )
    moment = f"{page.day}T{page.hour:02d}:00"
    rows: list[tuple[Value, ...]] = []
    for line in page.lines:
        now, mean = line.now, line.mean
        # What the page hides because few patients lie behind it stays hidden here.
        outliers = now.outliers_per_100 if now.available and not line.quiet else None
        full = line.row["p_full_max"] if line.row["p_full_at"] else None
        rows.append(
            (
                line.unit.unit_id,
                line.unit.name,
                moment,
                now.occupied,
                now.available,
                now.physical,
                now.closed,
                now.occupancy if now.available else None,
                now.overcrowded_per_100 if now.available else None,
                outliers,
                mean.occupancy,
                None if line.mean_quiet else mean.outliers_per_100,
                full,
            )
        )
    return columns, rows


def _measures(request: Request) -> Table:
    try:
        page = measures_page(request.reader, latest_run(), request.unit_id, request.asked)
    except BadInput as nothing:
        raise Http404("measures") from nothing
    columns = (
        Column("measure_id", _("Åtgärdens id")),
        Column("measure", _("Åtgärd")),
        Column("unit", _("Enhet")),
        Column("status", _("Status")),
        Column("expected", _("Väntad effekt")),
        Column("measured", _("Uppmätt effekt")),
        Column("verdict", _("Omdöme")),
        Column("owner", _("Ansvarig")),
        Column("starts", _("Börjar")),
    )
    return columns, [
        (
            line.row["measure_id"],
            line.row["name"],
            line.unit,
            line.status,
            line.expected,
            line.measured if line.row["measured"] else None,
            line.verdict or None,
            line.row["owner"],
            line.row["starts"],
        )
        for line in page.lines
    ]


def _costs(request: Request) -> CostPage:
    run = kept_costs()
    if run is None:
        raise Http404("cost")
    return cost_page(request.reader, run, request.unit_id, request.asked)


def _cost_groups(request: Request) -> Table:
    return groups_table(_costs(request).groups)


def _cost_centres(request: Request) -> Table:
    return centres_table(_costs(request).centres)


def _cost_pools(request: Request) -> Table:
    return pools_table(_costs(request).pools)


def _year(request: Request) -> Year:
    run = request.run()
    if not run.tells_follow_up:
        raise Http404("follow-up")
    of = service_year if request.asked.get("service") else unit_year
    page = of(request.reader, run, request.unit(), request.asked)
    if page is None:
        raise Http404("follow-up")
    return page


def _follow_up(request: Request) -> Table:
    columns = (
        Column("unit_id", _("Enhetens id")),
        Column("service_id", _("Vårdtjänstens id")),
        Column("name", _("Enhet eller vårdtjänst")),
        Column("done", _("Utfall hittills"), "count"),
        Column("done_planned", _("Plan hittills"), "count"),
        Column("done_deviation", _("Avvikelse"), "count"),
        Column("done_share", _("Avvikelse, andel"), "share"),
        Column("year", _("Årets prognos"), "count"),
        Column("year_planned", _("Årets plan"), "count"),
        Column("year_deviation", _("Avvikelse vid årets slut"), "count"),
        Column("year_share", _("Avvikelse vid årets slut, andel"), "share"),
    )
    rows: list[tuple[Value, ...]] = []
    for part in _year(request).parts:
        row = part.row
        done = (row["done"], row["done_planned"], row["done_deviation"], part.done_share)
        year = (row["year"], row["year_planned"], row["year_deviation"], part.year_share)
        rows.append((row["unit_id"], row["service_id"] or None, part.name, *done, *year))
    return columns, rows


def _follow_up_periods(request: Request) -> Table:
    columns = (
        Column("period", _("Period")),
        Column("planned", _("Plan"), "count"),
        Column("counted", _("Utfall"), "count"),
        Column("whole", _("Hela perioden räknad")),
        Column("expected", _("Prognos"), "count"),
        Column("low", _("Prognos, 80 % lägst"), "count"),
        Column("high", _("Prognos, 80 % högst"), "count"),
        Column("deviation", _("Avvikelse"), "count"),
        Column("share", _("Avvikelse, andel"), "share"),
    )
    rows: list[tuple[Value, ...]] = []
    for line in _year(request).lines:
        row, ahead = line.row, not line.row["whole"]
        rows.append(
            (
                row["period"],
                row["planned"],
                row["counted"],
                _("ja") if row["whole"] else _("nej"),
                row["expected"] if ahead else None,
                row["low"] if ahead else None,
                row["high"] if ahead else None,
                row["deviation"],
                line.share,
            )
        )
    return columns, rows


def _balance(request: Request) -> Table:
    run = request.run()
    page = unit_balance(request.reader, run, request.unit(), request.asked.get("resource", ""))
    texts = (Column("resource_id", _("Resursens id")), Column("resource", _("Resurs")), Column("week", _("Vecka")))
    figures = {
        "required": Column("required", _("Krävs"), "measure"),
        "required_q05": Column("required_q05", _("Krävs, 90 % lägst"), "measure"),
        "required_q95": Column("required_q95", _("Krävs, 90 % högst"), "measure"),
        "available": Column("available", _("Tillgängligt"), "measure"),
        "balance": Column("balance", _("Balans"), "measure"),
        "shifts": Column("shifts", _("Pass att täcka"), "count"),
        "fte": Column("fte", _("Heltider"), "fte"),
        "p_short": Column("p_short", _("Risk för brist"), "share"),
    }
    rows: list[tuple[Value, ...]] = []
    for week in page.weeks:
        row = week.row
        told = (row["resource_id"], row["resource_name"], row["week"], row["measure"])
        rows.append((*told, *(row[key] for key in figures), _("ja") if row["bottleneck"] else _("nej")))
    return (*texts, Column("measure", _("Mått")), *figures.values(), Column("bottleneck", _("Flaskhals"))), rows


def _balance_map(request: Request) -> Table:
    run = request.run()
    rows = run.rows(request.reader.below(request.unit_id))
    columns = (
        *unit_columns(),
        Column("short_weeks", _("Veckor med brist"), "count"),
        *(Column(week.period, week.period, "share") for week in run.weeks),
    )
    found: list[tuple[Value, ...]] = []
    for line in map_of_units(rows, run.weeks, request.reader.tree).lines:
        shares = (excess(row) if row else None for row in line.worst)
        told = (None if share == float("inf") else share for share in shares)
        found.append((line.key, line.name, line.short_weeks, *told))
    return columns, found


def _short(request: Request) -> Table:
    columns = (
        Column("week", _("Vecka")),
        Column("unit", _("Enhet")),
        Column("resource", _("Resurs")),
        Column("short_by", _("Saknas")),
        Column("share", _("Över kapaciteten"), "share"),
        Column("p_short", _("Risk för brist"), "share"),
    )
    return columns, [
        (
            first.week,
            first.unit,
            first.resource,
            first.short_by,
            None if first.share == float("inf") else first.share,
            first.p_short,
        )
        for first in overview(request.reader, request.run(), request.unit_id).first_short
    ]


def _balance_services(request: Request) -> Table:
    page = unit_balance(request.reader, request.run(), request.unit(), "")
    figures = {
        "queue_now": Column("queue", _("Väntande nu"), "count"),
        "target_queue": Column("target_queue", _("Väntande, mål"), "count"),
        "hold_per_week": Column("hold", _("hålla, per vecka"), "count"),
        "halve_per_week": Column("halve", _("halvera, per vecka"), "count"),
        "goal_per_week": Column("goal", _("nå målet, per vecka"), "count"),
        "capacity_per_week": Column("capacity", _("kapacitet, per vecka"), "count"),
        "p_short_hold": Column("p_short_hold", _("Risk för brist, hålla"), "share"),
        "p_short_halve": Column("p_short_halve", _("Risk för brist, halvera"), "share"),
    }
    need = Column("need", _("behov, per vecka"), "count")
    rows: list[tuple[Value, ...]] = []
    for service in page.services:
        row = service.row
        told = (row["service_id"], row["service_name"], service.need_per_week)
        rows.append((*told, *(row[key] for key in figures), service.bottleneck or None))
    return (*service_columns(), need, *figures.values(), Column("limited_by", _("Begränsas av"))), rows


def _plans(request: Request) -> Table:
    columns = (
        Column("plan_id", _("Planens id")),
        Column("plan", _("Plan")),
        Column("year", _("År")),
        *unit_columns(),
        Column("version_id", _("Senaste versionens id")),
        Column("version", _("Senaste version")),
        Column("state", _("Läge")),
        Column("agreed_version_id", _("Gällande versions id")),
        Column("agreed", _("Gäller")),
    )
    return columns, [
        (
            line.plan.pk,
            line.plan.name,
            line.plan.year,
            line.unit.unit_id,
            line.unit.name,
            line.newest.pk,
            line.newest.number,
            str(line.newest.get_state_display()),
            line.agreed.pk if line.agreed else None,
            line.agreed.number if line.agreed else None,
        )
        for line in plan_list(request.user, request.reader, request.unit_id).lines
    ]


def _freshness(request: Request) -> Table:
    columns = (
        Column("table", _("Tabell")),
        Column("state", _("Läge")),
        Column("source", _("Källa")),
        Column("imported", _("Senast inläst")),
        Column("last_event", _("Senaste händelse")),
        Column("stale", _("För gammal")),
    )
    return columns, [
        (line.table, line.state, line.source, line.imported, line.last_event, _("ja") if line.stale else _("nej"))
        for line in data_page(request.user).fresh
    ]


def _versions(request: Request) -> Table:
    columns = (
        Column("version", _("Version")),
        Column("at", _("Inläst")),
        Column("changes", _("Ändringar, rader")),
        Column("by", _("Av")),
        Column("fingerprint", _("Fingeravtryck")),
    )
    return columns, [
        (
            line.version.number,
            line.version.at.isoformat(timespec="seconds"),
            ", ".join(line.changes),
            line.version.by,
            line.version.fingerprint,
        )
        for line in data_page(request.user).versions
    ]


def _early_warnings(request: Request) -> Table:
    return warnings_table(warnings_for(request.reader, request.run(), request.unit_id))


def _goal_page(request: Request) -> GoalPage:
    run = request.run()
    page = goal_page(request.reader, run, request.unit(), request.asked) if run.tells_follow_up else None
    if page is None:
        raise Http404("goals")
    return page


def _goals(request: Request) -> Table:
    return goals_table(_goal_page(request).indicators)


def _goal_tree(request: Request) -> Table:
    return goals_table(_goal_page(request).tree)


def _contracts(request: Request) -> Table:
    return contracts_table(_costs(request).contracts)


_SEARCHED = ("q", "sort")
LISTS: Mapping[str, List] = {
    "need": List(gettext_lazy("Behov per vårdtjänst"), _SEARCHED, _need),
    "waits": List(gettext_lazy("Väntelistor"), (*_SEARCHED, "kind"), _waits),
    "beds": List(gettext_lazy("Beläggning"), ("day", "hour"), _beds),
    "measures": List(gettext_lazy("Åtgärder"), ("q", "status"), _measures),
    "cost-groups": List(gettext_lazy("Kostnad per grupp"), ("by", "sort"), _cost_groups),
    "cost-centres": List(gettext_lazy("Kostnadsställen"), (), _cost_centres),
    "cost-pools": List(gettext_lazy("Kostnadspooler"), (), _cost_pools),
    "contracts": List(gettext_lazy("Externa avtal"), (), _contracts),
    "goals": List(gettext_lazy("Mål och indikatorer"), (), _goals),
    "goal-tree": List(gettext_lazy("Målträd"), ("indicator",), _goal_tree),
    "follow-up": List(gettext_lazy("Plan och utfall"), ("year", "kind"), _follow_up),
    "follow-up-periods": List(
        gettext_lazy("Plan, utfall och prognos per period"),
        ("year", "kind", "period", "service"),
        _follow_up_periods,
    ),
    "balance": List(gettext_lazy("Balans per vecka"), ("resource",), _balance),
    "balance-map": List(gettext_lazy("Balanskarta"), (), _balance_map),
    "short": List(gettext_lazy("Först ont om kapacitet"), (), _short),
    "early-warnings": List(gettext_lazy("Tidig varning"), (), _early_warnings),
    "balance-services": List(gettext_lazy("Väntelistor och produktion"), (), _balance_services),
    "plans": List(gettext_lazy("Planer"), (), _plans),
    "freshness": List(gettext_lazy("Hur färska uppgifterna är"), (), _freshness),
    "versions": List(gettext_lazy("Versioner av data"), (), _versions),
}
