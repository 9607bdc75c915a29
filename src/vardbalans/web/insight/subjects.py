"""Whose figure an address names: what a run has stored of it, or what it is made from when it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vardbalans.data.capacity_change_run import change_of
from vardbalans.data.orders_run import orders_of
from vardbalans.data.pooling_run import erlang_document, pooled
from vardbalans.data.results.beds import BED_FIGURES, figure_of
from vardbalans.data.results.capacity import (
    CAPACITY_FIGURES,
    change_figure,
    factor_figure,
    mean_figure,
    norm_figure,
    pool_figure,
    set_figure,
    total_figure,
    unit_figure,
)
from vardbalans.data.results.follow_up import FOLLOW_UP_FIGURES, follow_up_figure
from vardbalans.data.results.need_reasons import NEED_FIGURES
from vardbalans.data.results.service_reasons import SERVICE_FIGURES, order_figure
from vardbalans.data.results.waits_reasons import WAITING_FIGURES, WAITS_ASKED
from vardbalans.engine.errors import BadInput
from vardbalans.web import store
from vardbalans.web.insight import waits_sentences
from vardbalans.web.insight.beds_list import quiet_units, ward_names
from vardbalans.web.insight.capacity_time import KINDS, kind_name
from vardbalans.web.insight.selectors import Reader, Run

__all__ = ["FIGURES", "Subject", "result_row", "subject", "whole_run"]

FIGURES = ("required", "available", "balance")


@dataclass(frozen=True)
class Subject:
    """Whose figure is explained: a resource, a service's need or waiting list in one week, or a unit's beds in an hour.

    *key* and *value* name it in addresses; *row* holds ``week``, and the results of a resource.
    """

    unit_id: str
    key: str
    value: str
    name: str
    figure: str
    row: Mapping[str, Any]
    more: tuple[tuple[str, str], ...] = ()
    """What names it beside that in an address: the set, or the period compared with."""

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values of its address, without the period and the figure's own name."""
        return ((self.key, self.value), *self.more)

    @property
    def asked(self) -> str:
        """Return what names it in an address: ``resource=…`` or ``service=…``."""
        return urlencode(self.named)

    @property
    def of_balance(self) -> bool:
        """Tell whether it is a figure of a resource's balance: one of three of the same week."""
        return self.figure in FIGURES

    @property
    def is_capacity(self) -> bool:
        """Tell whether it is a figure of the page Kapacitet."""
        return self.figure in CAPACITY_FIGURES

    @property
    def is_need(self) -> bool:
        """Tell whether it is the need of a service."""
        return self.figure in {"need", "need_total", *NEED_FIGURES}

    @property
    def is_of_service(self) -> bool:
        """Tell whether it is what the balance tells of a service."""
        return self.figure in SERVICE_FIGURES

    @property
    def is_waiting(self) -> bool:
        """Tell whether it is a figure of a waiting list."""
        return self.figure in WAITING_FIGURES

    @property
    def has_neighbours(self) -> bool:
        """Tell whether the weeks of the run beside it have the figure too."""
        return self.of_balance or self.figure == "need"

    @property
    def is_followed(self) -> bool:
        """Tell whether it is a figure of a service's year."""
        return self.figure in FOLLOW_UP_FIGURES

    @property
    def is_beds(self) -> bool:
        """Tell whether it is a figure of a unit's beds; its ``week`` is an hour."""
        return self.figure in BED_FIGURES

    @property
    def title(self) -> str:
        """Return what the figure of a service, or of beds, counts."""
        titles = {
            "need": _("Behov"),
            "need_total": _("Behov"),
            "need_last": _("Senaste året"),
            "need_change": _("Ändring"),
            "need_growth": _("Tillväxt per år"),
            "need_outcome": _("Utfall"),
            "need_month": _("Behov"),
            "need_year": _("Väntat behov"),
            "per_week_need": _("Behov per vecka"),
            "per_week_hold": _("Per vecka för att hålla listan"),
            "per_week_halve": _("Per vecka för att halvera listan"),
            "per_week_goal": _("Per vecka för att nå målet"),
            "per_week_capacity": _("Kapacitet per vecka"),
            "list_target": _("Väntande när målet är nått"),
            "short_hold": _("Risk för brist om listan ska hållas"),
            "short_halve": _("Risk för brist om listan ska halveras"),
            "required_slots": _("Tider som krävs"),
            "ordered": _("Beställt"),
            "queue": _("Väntande"),
            "queue_change": _("Ändring på ett år"),
            "waiting_ahead": _("Väntande inom gränsen"),
            "waiting": _("Väntande"),
            "treated": _("Behandlade"),
            "outcome": _("Utfall"),
            "planned": _("Plan"),
            "year_expected": _("Årets prognos"),
            "production_needed": _("Behandlade per vecka som behövs"),
            "occupancy": _("Beläggning"),
            "overcrowded_per_100": _("Överbeläggning"),
            "outliers_per_100": _("Utlokaliserade"),
            "expected": _("Väntade inneliggande"),
            "p_full": _("Risk för fullt"),
            "p_outliers_1": _("Minst 1 utan plats"),
            "p_outliers_3": _("Minst 3 utan plats"),
            "p_outliers_5": _("Minst 5 utan plats"),
            "beds_for_share": _("Vårdplatser som räcker nästan jämt"),
            "beds_for_guide": _("Vårdplatser enligt riktvärdet"),
            "beds_for_blocking": _("Vårdplatser enligt Erlang B"),
            "pooling_gain": _("Vinst av att samnyttja"),
            "capacity_time": _("Tillgänglig tid"),
            "capacity_doable": _("Räcker till"),
            "capacity_k": _("K, vad kapaciteten gav"),
            "capacity_change": _("Ändring av K"),
            "capacity_mean": _("Räcker till per vecka"),
            "capacity_unit": _("Tillgänglig tid"),
            "capacity_norm": _("Produktionsnorm"),
            "capacity_pool_leaves": _("Färre som avvisas"),
            "capacity_pool_waits": _("Kortare väntan"),
        }
        return titles.get(self.figure, "")

    def values(self, run: Run) -> Mapping[str, Any]:
        """Return the explained figure as it is stored."""
        if self.figure == "need_total":
            total: Mapping[str, Any] = run.stored.need_total_figure(self.value)
            return total
        if self.figure == "need":
            values: Mapping[str, Any] = run.stored.need_figure(self.unit_id, self.value, self.row["week"])
            return values
        if self.of_balance:
            return run.stored.figure(self.unit_id, self.value, self.row["week"], self.figure)
        return self.row["figure_values"]  # type: ignore[no-any-return]


def subject(run: Run, reader: Reader, unit_id: str, query: Mapping[str, str]) -> Subject | None:
    """Return the figure that *query* names; None when there is none."""
    week, figure, service_id = query.get("week", ""), query.get("figure") or "balance", query.get("service", "")
    found: Subject | None
    if figure in BED_FIGURES:
        found = _beds(run, reader, unit_id, week, figure)
    elif figure in CAPACITY_FIGURES:
        found = _capacity(run, reader, unit_id, query, figure)
    elif figure in WAITING_FIGURES:
        asked = {name: query[name] for name in WAITS_ASKED if name in query}
        found = _waiting(run, unit_id, service_id, week, figure, asked)
    elif figure in FOLLOW_UP_FIGURES:
        found = _followed(run, unit_id, service_id, week, figure)
    elif figure in NEED_FIGURES or figure in SERVICE_FIGURES:
        found = _told(run, unit_id, service_id, week, figure)
    elif figure == "ordered":
        found = _ordered(run, unit_id, service_id, week)
    elif figure in {"need", "need_total"}:
        found = _service(run, unit_id, service_id, week, figure)
    else:
        found = _of_resource(run, unit_id, query.get("resource", ""), week, figure)
    return found


def _of_resource(run: Run, unit_id: str, resource_id: str, week: str, figure: str) -> Subject | None:
    row = result_row(run, unit_id, resource_id, week)
    if row is None or figure not in FIGURES:
        return None
    return Subject(unit_id, "resource", row["resource_id"], row["resource_name"], figure, row)


def _service(run: Run, unit_id: str, service_id: str, week: str, figure: str) -> Subject | None:
    found = run.stored.need(unit_id, service_id) if run.tells_need else None
    weeks = [whole_run(run)] if figure == "need_total" else [shown.period for shown in run.weeks]
    if found is None or week not in weeks:
        return None
    return Subject(unit_id, "service", service_id, found["service_name"], figure, {"week": week})


def whole_run(run: Run) -> str:
    """Return all weeks of the run as one period of an address."""
    return f"{run.meta['weeks'][0]}..{run.meta['weeks'][-1]}"


def _told(run: Run, unit_id: str, service_id: str, week: str, figure: str) -> Subject | None:
    """Return a figure that is stored with its service: of its need, or of what the balance tells of it."""
    if figure in NEED_FIGURES:
        values = run.stored.need_more(unit_id, service_id, figure, week) if run.tells_need else None
    else:
        values = run.stored.service_figure(unit_id, service_id, figure, week)
    if values is None:
        return None
    name = run.names("services").get(service_id, service_id)
    return Subject(unit_id, "service", service_id, name, figure, {"week": week, "figure_values": values})


def _ordered(run: Run, unit_id: str, service_id: str, year: str) -> Subject | None:
    """Return what is ordered of a service for a calendar year, with every answer that named a volume."""
    lake = store.lake()
    head = lake.head()
    if head is None or "orders" not in head.tables or not (year.isdecimal() and len(year) == 4):
        return None
    orders = orders_of(lake, head, int(year)).values()
    order = next((row for row in orders if (row.unit_id, row.service_id) == (unit_id, service_id)), None)
    if order is None:
        return None
    lost = {row["service_id"]: row["lost_share"] or 0.0 for row in run.services([unit_id])}.get(service_id, 0.0)
    name = run.names("services").get(service_id, service_id)
    row = {"week": year, "figure_values": order_figure(order, lost).as_dict()}
    return Subject(unit_id, "service", service_id, name, "ordered", row)


def _waiting(
    run: Run, unit_id: str, service_id: str, week: str, figure: str, asked: Mapping[str, str]
) -> Subject | None:
    found = run.stored.list_of(unit_id, service_id) if run.tells_waits else None
    values = run.stored.waiting_figure(unit_id, service_id, week, figure, asked) if found else None
    if found is None or values is None:
        return None
    row = {"week": week, "figure_values": values}
    name = " · ".join((found["service_name"], *_some(run, found, asked)))
    return Subject(unit_id, "service", service_id, name, figure, row, tuple(asked.items()))


def _some(run: Run, found: Mapping[str, Any], asked: Mapping[str, str]) -> Iterator[str]:
    """Yield what names those of a list that *asked* is of: the measure of their wait, their group or their unit."""
    if "measure" in asked:
        yield waits_sentences.measure_name(asked["measure"])
    dimension, group = asked.get("dimension"), asked.get("group") or None
    if dimension == "site" and group:
        yield run.names("units").get(group, group)
    for row in found["waits"]:
        if (row["dimension"], row["group"]) == (dimension, group) and dimension != "all":
            yield waits_sentences.group_name(row)
            return


def _followed(run: Run, unit_id: str, service_id: str, period: str, figure: str) -> Subject | None:
    rows = run.stored.follow_up([unit_id]) if run.tells_follow_up else []
    year = period[:4]
    found = next(
        (row for row in rows if service_id and (row["service_id"], str(row["of_year"])) == (service_id, year)), None
    )
    made = follow_up_figure(found, figure, period) if found else None
    if found is None or made is None:
        return None
    row = {"week": period, "figure_values": made.as_dict()}
    return Subject(unit_id, "service", service_id, found["service_name"], figure, row)


def _beds(run: Run, reader: Reader, unit_id: str, moment: str, figure: str) -> Subject | None:
    unit = run.stored.beds_of(unit_id) if run.tells_beds else None
    if unit is None:
        return None
    facts = run.stored.bed_facts()
    values = next((each for each in unit["figures"] if each["figure"] == figure), None)
    if values is None:
        hours = run.stored.bed_hours([moment])
        if figure == "outliers_per_100":
            units = {row["unit_id"]: row for row in run.stored.beds() if row["unit_id"] in reader.tree.units}
            if unit_id in quiet_units(units, hours, reader, facts["below"]):
                return None
        found = figure_of(figure, unit, facts, moment, hours, ward_names(reader, unit["wards"]))
        values = found.as_dict() if found else None
    if values is None:
        return None
    name = reader.tree.units[unit_id].name
    return Subject(unit_id, "beds", unit_id, name, figure, {"week": moment, "figure_values": values})


def _capacity(run: Run, reader: Reader, unit_id: str, query: Mapping[str, str], figure: str) -> Subject | None:
    if not run.stored.tells_capacity:
        return None
    if figure in {"capacity_time", "capacity_norm"}:
        return _time(run, unit_id, query.get("resource", ""), query.get("week", ""), figure)
    if figure in {"capacity_doable", "capacity_mean"}:
        return _doable(run, unit_id, query, figure)
    if figure == "capacity_unit":
        return _kind(run, reader, unit_id, query)
    if figure.startswith("capacity_pool"):
        return _pool(run, reader, unit_id, query, figure)
    return _formula(run, unit_id, query, figure)


def _span(run: Run, week: str) -> list[str]:
    """Return the weeks of the run from the first to the last of ``first..last``, or the one named."""
    first, _dots, last = week.partition("..")
    return [shown.period for shown in run.weeks if first <= shown.period <= (last or first)]


def _time(run: Run, unit_id: str, resource_id: str, week: str, figure: str) -> Subject | None:
    rows = run.stored.capacity([unit_id], _span(run, week), [resource_id])
    made = (norm_figure(rows) if figure == "capacity_norm" else total_figure(rows)) if rows else None
    if made is None:
        return None
    row = {"week": week, "figure_values": made.as_dict()}
    return Subject(unit_id, "resource", resource_id, rows[0]["resource_name"], figure, row)


def _kind(run: Run, reader: Reader, unit_id: str, query: Mapping[str, str]) -> Subject | None:
    """Return the time of all resources of one kind, of the unit and those below it that *reader* reads."""
    kind, week = query.get("kind", ""), query.get("week", "")
    if kind not in KINDS:
        return None
    totals = run.stored.capacity_totals(reader.below(unit_id), _span(run, week))
    mine = [row for row in totals if row["kind"] == kind and row["unit_id"] in reader.tree.units]
    if not mine:
        return None
    row = {"week": week, "figure_values": unit_figure(mine, week).as_dict()}
    return Subject(unit_id, "kind", kind, kind_name(kind), "capacity_unit", row)


def _pool(run: Run, reader: Reader, unit_id: str, query: Mapping[str, str], figure: str) -> Subject | None:
    """Return what pooling gives; ``pool`` holds the ids of the resources, with ``|`` between."""
    asked = query.get("pool", "")
    servers = {row["resource_id"]: row for row in run.stored.capacity_servers(reader.below(unit_id))}
    rows = [servers[name] for name in dict.fromkeys(asked.split("|")) if name in servers and servers[name]["load"] > 0]
    if len(rows) < 2:
        return None
    found = pooled(rows, run.meta["version"])
    made = pool_figure(figure, rows, erlang_document(found.names, found.parts))
    if made is None:
        return None
    row = {"week": whole_run(run), "figure_values": made.as_dict()}
    return Subject(unit_id, "pool", asked, " + ".join(found.names), figure, row)


def _doable(run: Run, unit_id: str, query: Mapping[str, str], figure: str) -> Subject | None:
    week, service_id, set_id = query.get("week", ""), query.get("service", ""), query.get("set", "")
    sets = run.stored.capacity_sets([unit_id])
    row = next((row for row in sets if (row["service_id"], row["set_id"]) == (service_id, set_id)), None)
    places = [run.meta["weeks"].index(each) for each in _span(run, week)]
    if row is None or not places:
        return None
    if figure == "capacity_mean":
        values = mean_figure(row, places, run.meta["weeks"]).as_dict()
    else:
        times = {time["resource_id"]: time for time in run.stored.capacity(None, [week], list(row["minutes"]))}
        if not times:
            return None
        values = set_figure(row, places[0], times).as_dict()
    more = (("set", set_id),) if set_id else ()
    shown = {"week": week, "figure_values": values}
    return Subject(unit_id, "service", service_id, row["service_name"], figure, shown, more)


def _formula(run: Run, unit_id: str, query: Mapping[str, str], figure: str) -> Subject | None:
    now, before, service_id = query.get("week", ""), query.get("before", ""), query.get("service", "")
    wanted = [now, before] if figure == "capacity_change" else [now]
    rows = {
        row["period"]: row
        for row in run.stored.capacity_factors([unit_id], wanted)
        if row["service_id"] == service_id and not row["lacking"]
    }
    if not all(period in rows for period in wanted):
        return None
    more: tuple[tuple[str, str], ...] = ()
    values = factor_figure(rows[now])
    if figure == "capacity_change":
        try:
            values = change_figure(change_of(rows[before], rows[now]), rows[before], rows[now])
        except BadInput:
            return None
        more = (("before", before),)
    row = {"week": now, "figure_values": values.as_dict()}
    return Subject(unit_id, "service", service_id, rows[now]["service_name"], figure, row, more)


def result_row(run: Run, unit_id: str, resource_id: str, week: str) -> Mapping[str, Any] | None:
    """Return the row of results for the resource and week; None when there is none."""
    rows = run.rows([unit_id])
    return next((row for row in rows if (row["resource_id"], row["week"]) == (resource_id, week)), None)
