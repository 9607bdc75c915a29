"""A made-up store with the shape of the real one, so that a page test says what it needs and nothing more."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from vardbalans.data.results.capacity import PARTS
from vardbalans.data.results.flows import flow_map_of
from vardbalans.data.results.follow_up import follow_up_rows
from vardbalans.data.results.need_reasons import need_more
from vardbalans.data.results.service_reasons import service_figure
from vardbalans.data.results.waits_reasons import waiting_figure
from vardbalans.engine import catalogue, follow_up
from vardbalans.engine.early_warning import EarlyWarning
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.flow import FlowMap
from vardbalans.engine.follow_up import Agreed
from vardbalans.engine.inputs import Series, ServiceInput, WarningRule
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period, swedish_calendar

Row = dict[str, Any]
PASSPHRASE = "korrekt häst batteri häftapparat"
WEEKS = tuple(f"2026-W{week:02d}" for week in range(48, 54)) + tuple(f"2027-W{week:02d}" for week in range(1, 47))
TODAY = date(2026, 11, 23)
"""The Monday of the first week."""
SHORT_WEEKS = {"2026-W52": 3, "2026-W53": 3, "2027-W01": 4, "2027-W12": 4, "2027-W13": 4}
NOTE = {
    "message": "7 vårdtjänster saknar recept: observerad produktion är kapaciteten.",
    "template": "{count} vårdtjänster saknar recept: observerad produktion är kapaciteten.",
    "values": {"count": "7"},
}
CLINICS = ("Ortopedi", "Ögonsjukvård", "Kirurgi", "Öron-, näs- och halssjukvård", "Kvinnosjukvård", "Hud")
HOSPITALS = ("Norra sjukhuset", "Södra sjukhuset", "Länssjukhuset")


@dataclass(frozen=True)
class Head:
    """A data version."""

    number: int = 3
    fingerprint: str = "0123456789abcdef"
    tables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivered:
    """A file of a version."""

    name: str


@dataclass(frozen=True)
class Version:
    """A data version with its files and when they came."""

    number: int
    at: datetime
    files: tuple[Delivered, ...]
    by: str = "Natten"
    fingerprint: str = "0123456789abcdef"
    tables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceRows:
    """Rows behind a figure."""

    count: int
    rows: list[Row]


@dataclass
class FakeLake:
    """Stands for the lake: a unit tree, and the same two source rows for every question."""

    units: list[Row]
    number: int | None = 3
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    services: list[Row] = field(default_factory=lambda: [{"service_id": "s1", "name": "Nybesök"}])

    def head(self) -> Head | None:
        return None if self.number is None else Head(self.number)

    def required_head(self) -> Head:
        return Head(self.number or 0)

    def read(self, table: str, _version: int | None = None, _columns: Collection[str] | None = None) -> pa.Table:
        rows = {
            "units": self.units,
            "resources": [{"resource_id": "u1-r0", "name": "Läkare"}, {"resource_id": "r1", "name": "Läkare"}],
            "services": self.services,
        }
        return pa.Table.from_pylist(rows[table])

    def connect(self, _version: int | None = None) -> duckdb.DuckDBPyConnection:
        """Return a version without any table."""
        return duckdb.connect()

    def versions(self) -> list[Version]:
        return [
            Version(2, datetime(2026, 11, 1, 7, 30, tzinfo=UTC), (Delivered("källa.csv"), Delivered("annan.csv"))),
            Version(4, datetime(2026, 11, 21, 7, 30, tzinfo=UTC), (Delivered("källa.csv"),)),
        ]

    def version(self, number: int) -> Version:
        return Version(number, datetime(2026, 11, 1, 7, 30, tzinfo=UTC), (Delivered("källa.csv"),))

    def sources(self, table: str, where: Mapping[str, str], _version: int | None = None, **_more: int) -> SourceRows:
        self.asked.append((table, where))
        row = SOURCE_ROWS[table]
        return SourceRows(1234, [row | {"_file": "källa.csv", "_row": 17}, row | {"_file": "källa.csv", "_row": 18}])


SOURCE_ROWS: Mapping[str, Row] = {
    "recipes": {
        "service_id": "s1",
        "resource_id": "r1",
        "minutes": 12345.5,
        "per": "activity",
        "valid_from": date(2026, 1, 1),
    },
    "employments": {
        "person_key": "PERSON-1",
        "resource_id": "r1",
        "share": 0.5,
        "valid_from": date(2025, 3, 1),
        "valid_to": None,
    },
    "contacts": {
        "contact_id": "C-1",
        "patient_key": "PATIENT-1",
        "service_id": "s1",
        "starts_at": datetime(2026, 5, 16, 22, 30, tzinfo=UTC),
        "status": "no_show",
        "age": 57,
        "diagnosis": "M17.1",
    },
    "referrals": {
        "referral_id": "R-1",
        "patient_key": "PATIENT-1",
        "service_id": "s1",
        "issued": date(2026, 5, 2),
        "priority": "2",
    },
    "openings": {
        "resource_id": "r1",
        "date": None,
        "week": None,
        "weekday": 1,
        "sets": 2,
        "minutes": 480,
        "reason": None,
    },
    "orders": {"unit_id": "u1", "service_id": "s1", "year": 2026, "volume": 1200.0},
    "absences": {
        "person_key": "PERSON-1",
        "resource_id": None,
        "date_from": date(2026, 5, 1),
        "date_to": date(2026, 5, 9),
        "kind": "sick",
    },
}


@dataclass(frozen=True)
class Gives:
    """What is stored of capacity: each resource's weeks, sets, the factors of K, and resources as servers."""

    times: list[Row]
    sets: list[Row]
    factors: list[Row]
    servers: list[Row]


@dataclass
class FakeRun:
    """Stands for a stored run."""

    balance: list[Row]
    lists: list[Row]
    meta: Row
    coming: list[EarlyWarning] = field(default_factory=list)
    flows: list[Row] = field(default_factory=list)
    flow_services: list[Row] = field(default_factory=list)
    told: list[Row] | None = None
    listed: list[Row] | None = None
    years: tuple[Row, ...] | None = None
    aims: list[Row] = field(default_factory=list)

    gives: "Gives | None" = None

    @property
    def tells_capacity(self) -> bool:
        return self.gives is not None

    def capacity(
        self,
        unit_ids: Collection[str] | None,
        weeks: Collection[str] | None = None,
        resource_ids: Collection[str] | None = None,
    ) -> list[Row]:
        return [
            row
            for row in (self.gives.times if self.gives else ())
            if (unit_ids is None or row["unit_id"] in unit_ids)
            and (weeks is None or row["week"] in weeks)
            and (resource_ids is None or row["resource_id"] in resource_ids)
        ]

    def capacity_totals(self, unit_ids: Collection[str], weeks: Collection[str]) -> list[Row]:
        totals: dict[str, Row] = {}
        for row in self.capacity(unit_ids, weeks):
            total = totals.setdefault(row["resource_id"], row | dict.fromkeys((*PARTS, "available_minutes", "norm")))
            for name in (*PARTS, "available_minutes"):
                total[name] = None if row[name] is None else (total[name] or 0.0) + row[name]
        return list(totals.values())

    def capacity_sets(self, unit_ids: Collection[str]) -> list[Row]:
        return [row for row in (self.gives.sets if self.gives else ()) if row["unit_id"] in unit_ids]

    def capacity_factors(self, unit_ids: Collection[str], periods: Collection[str] | None = None) -> list[Row]:
        return [
            row
            for row in (self.gives.factors if self.gives else ())
            if row["unit_id"] in unit_ids and (periods is None or row["period"] in periods)
        ]

    def capacity_servers(self, unit_ids: Collection[str]) -> list[Row]:
        return [row for row in (self.gives.servers if self.gives else ()) if row["unit_id"] in unit_ids]

    @property
    def tells_follow_up(self) -> bool:
        return self.years is not None

    def follow_up(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [row for row in self.years or () if unit_ids is None or row["unit_id"] in unit_ids]

    followed = follow_up

    def goals(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [row for row in self.aims if unit_ids is None or row["unit_id"] in unit_ids]

    tells_beds = False
    counted_beds: Sequence[Row] = ()

    def bed_counts(self, unit_ids: Collection[str]) -> list[Row]:
        return [row for row in self.counted_beds if row["unit_id"] in unit_ids]

    @property
    def tells_waits(self) -> bool:
        return self.listed is not None

    def waiting_lists(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [row for row in self.listed or [] if unit_ids is None or row["unit_id"] in unit_ids]

    def list_of(self, unit_id: str, service_id: str) -> Row | None:
        return next((row for row in self.waiting_lists([unit_id]) if row["service_id"] == service_id), None)

    def waiting_figure(
        self, unit_id: str, service_id: str, period: str, name: str, asked: Mapping[str, str] | None = None
    ) -> Row | None:
        row = self.list_of(unit_id, service_id)
        found = waiting_figure(row, name, period, asked) if row else None
        return found.as_dict() if found else None

    def need_more(self, unit_id: str, service_id: str, name: str, period: str) -> Row | None:
        row = self.need(unit_id, service_id)
        source = Source.of("contacts", service_id=service_id)
        found = need_more(row, name, period, self.meta["weeks"], source) if row else None
        return found.as_dict() if found else None

    def service_figure(self, unit_id: str, service_id: str, name: str, period: str) -> Row | None:
        row = next((row for row in self.services([unit_id]) if row["service_id"] == service_id), None)
        weeks = [{"week": week, "need": 20.0} for week in WEEKS]
        sources = {"need": Source.of("contacts", service_id=service_id)}
        row = row and row | {"bottleneck_unit_id": unit_id, "bottleneck_resource_name": "Läkare"}
        found = service_figure(row, name, period, self.meta["weeks"], weeks, sources, 1000) if row else None
        return found.as_dict() if found else None

    @property
    def tells_need(self) -> bool:
        return self.told is not None

    def needs(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [row for row in self.told or [] if unit_ids is None or row["unit_id"] in unit_ids]

    def trials(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [trial for row in self.needs(unit_ids) for trial in row["trials"]]

    def need(self, unit_id: str, service_id: str) -> Row | None:
        return next((row for row in self.needs([unit_id]) if row["service_id"] == service_id), None)

    def need_figure(self, unit_id: str, service_id: str, _week: str) -> Row:
        source = Source.of("contacts", service_id=service_id)
        terms = (Step(Message("prognos för veckan"), 40.0, "activities", None, source),)
        level = Step(
            Message("nivå en vanlig vecka"), 41.0, "activities", None, Source.of("recipes", service_id=unit_id)
        )
        return Figure("need", 40.0, "activities", Message("Behov = prognos för veckan"), terms, (level,)).as_dict()

    def need_total_figure(self, service_id: str) -> Row:
        source = Source.of("contacts", service_id=service_id)
        terms = (Step(Message("prognos för veckorna"), 2080.0, "activities", None, source),)
        return Figure("need_total", 2080.0, "activities", Message("Behov = prognos för veckan"), terms).as_dict()

    def uses(self, service_ids: Collection[str]) -> list[Row]:
        """One slot of any service takes 30 minutes of ``u0-r0``."""
        return [{"resource_id": "u0-r0", "service_id": name, "amount": 30.0} for name in service_ids]

    def resource_rows(self, resource_ids: Collection[str]) -> list[Row]:
        return [row for row in self.balance if row["resource_id"] in resource_ids]

    def required_slots(self, service_ids: Collection[str]) -> list[Row]:
        return [{"service_id": name, "week": week, "slots": 20.0} for name in service_ids for week in WEEKS]

    def rows(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [row for row in self.balance if unit_ids is None or row["unit_id"] in unit_ids]

    def services(self, unit_ids: Collection[str] | None = None) -> list[Row]:
        return [row for row in self.lists if unit_ids is None or row["unit_id"] in unit_ids]

    def warnings(self, unit_ids: Collection[str] | None = None) -> list[EarlyWarning]:
        return [row for row in self.coming if unit_ids is None or row.unit_id in unit_ids]

    def warning_rule(self) -> WarningRule:
        return WarningRule()

    def conversions(self) -> list[Row]:
        return self.flows

    def flow_map(self) -> FlowMap:
        return flow_map_of(self.flows, self.flow_services)

    def figure(self, unit_id: str, resource_id: str, week: str, name: str) -> Row:
        row = next(
            r for r in self.balance if (r["unit_id"], r["resource_id"], r["week"]) == (unit_id, resource_id, week)
        )
        return explained(row, name).as_dict()


@dataclass
class FakeResults:
    """Stands for the stored runs."""

    run: FakeRun | None

    def latest(self) -> FakeRun | None:
        return self.run


def explained(row: Row, name: str) -> Figure:
    value, unit = row[name], row["measure"]
    prognosis = Message("{service}: {what}", service="Nybesök", what=Message("prognos för veckan"))
    terms = {
        "required": (
            Step(prognosis, value * 0.8, unit, 40.0, Source.of("contacts", service_id="s1")),
            Step(
                Message("tider som bokas men inte används"),
                value * 0.15,
                unit,
                7.5,
                Source.of("contacts", status="no_show"),
            ),
        ),
        "available": (
            Step(
                Message("anställd tid en vanlig vecka"), value, unit, None, Source.of("employments", resource_id="r1")
            ),
        ),
        "balance": (
            Step(Message("tillgängligt"), row["available"], unit),
            Step(Message("behov"), -row["required"], unit),
        ),
    }[name]
    recipe = Step(
        Message("minuter per aktivitet enligt receptet"), 30.0, "minutes", None, Source.of("recipes", service_id="s1")
    )
    words = {
        "required": Message("Behov av kapacitet = summan över vårdtjänsterna av antal tider × minuter per tid"),
        "available": Message("Tillgänglig tid = uppsättningar × öppna minuter, dag för dag × nyttjandegrad"),
        "balance": Message("Balans = tillgängligt − behov; minus betyder brist"),
    }[name]
    return Figure(name, value, unit, words, terms, (recipe,) if name == "required" else ())


def balance_row(
    unit_id: str, resource_id: str, name: str, week: str, required: float, available: float, **more: Any
) -> Row:
    """Return one row of results in minutes; *more* overrides."""
    short = max(required - available, 0.0)
    return {
        "unit_id": unit_id,
        "resource_id": resource_id,
        "resource_name": name,
        "kind": "staff",
        "week": week,
        "measure": "minutes",
        "required": required,
        "available": available,
        "balance": available - required,
        "required_q05": required * 0.9,
        "required_q95": required * 1.1,
        "available_q05": available,
        "available_q95": available,
        "required_minutes": required,
        "available_minutes": available,
        "balance_minutes": available - required,
        "shifts": math.ceil(short / 480),
        "fte": short / 2400,
        "p_short": 0.93 if short else 0.07,
        "bottleneck": short > 0,
        "binds": ["s1"],
    } | more


def time_row(unit_id: str, resource: int, week: str) -> Row:
    """Return one week of a resource: staff (number 0), whose 100 hours become 60; else a room, whose 40 become 30."""
    staff = resource == 0
    taken = {"employed": 6000.0, "holidays": -600.0, "booked_absence": -300.0, "expected_absence": -600.0}
    if not staff:
        taken = {"opened": 2400.0, "closed": -240.0}
    taken["unused"] = -900.0 if staff else -360.0
    tables = {"employed": "employments", "holidays": "employments", "unused": "utilisation"}
    tables |= {"opened": "openings", "closed": "openings"}
    name = f"{unit_id}-r{resource}"
    left = sum(taken.values())
    return {
        "unit_id": unit_id,
        "resource_id": name,
        "resource_name": "Läkare" if staff else "Mottagningsrum",
        "kind": "staff" if staff else "room",
        "week": week,
        "shift_minutes": 480.0 if staff else None,
        "available_minutes": left,
        "available_q05": left * 0.9,
        "available_q95": left * 1.1,
        "norm": 20.0 if staff else None,
        **dict.fromkeys(PARTS),
        **taken,
        "inputs": json.dumps({"utilisation": 0.8}),
        "sources": json.dumps(
            {code: Source.of(tables.get(code, "absences"), resource_id=name).as_dict() for code in taken}
        ),
    }


def gives(count: int) -> Gives:
    """Return what the units u0, u1 … can do: each has a doctor and a room, and one service that takes both."""
    units = [f"u{n}" for n in range(count)]
    factors = {"sets": 2.0, "minutes": 10_000.0, "utilisation": 0.8, "mean_minutes": 40.0}
    lacking = {"message": "Saknas.", "template": "Saknas.", "values": {}}
    return Gives(
        [time_row(unit, r, week) for unit in units for r in range(2) for week in WEEKS],
        [
            {
                "unit_id": unit,
                "service_id": "s1",
                "service_name": "Nybesök",
                "set_id": "",
                "set_name": "",
                "minutes": {f"{unit}-r0": 60.0, f"{unit}-r1": 45.0},
                "doable": [40.0] * len(WEEKS),
                "binding": [f"{unit}-r1"] * len(WEEKS),
            }
            for unit in units
        ],
        [
            {
                "unit_id": unit,
                "service_id": service,
                "service_name": "Nybesök" if service == "s1" else "Telefon",
                "period": period,
                "resource_id": f"{unit}-r1",
                "resource_name": "Mottagningsrum",
                "utilisation_decided": None,
                **(factors | {"sets": sets}),
                "lacking": lacking if service == "s2" else None,
            }
            for unit in units
            for service in ("s1", "s2")
            for period, sets in (("2025-10", 2.0), ("2026-10", 3.0))
        ],
        [
            {
                "unit_id": unit,
                "resource_id": f"{unit}-r{r}",
                "resource_name": "Läkare" if r == 0 else "Mottagningsrum",
                "kind": "staff" if r == 0 else "room",
                "servers": 2,
                "load": 1.5,
                "weight": 100.0,
                "spread": 25.0,
                "minutes": 100.0,
                "activities": 2.0,
            }
            for unit in units
            for r in range(2)
        ],
    )


def service_row(unit_id: str, bottleneck: str) -> Row:
    """Return one service with a list whose figures leave a residual."""
    identity, opening = [], 1200.0
    for month in range(1, 13):
        inflow, treated, residual = 410.0 + month, 395.0, -6.0 if month % 3 else 4.0
        closing = opening + inflow - treated - residual
        identity.append(
            {
                "period": f"2025-{month:02d}",
                "opening": opening,
                "inflow": inflow,
                "treated": treated,
                "removed": None,
                "residual": residual,
                "closing": closing,
            }
        )
        opening = closing
    return {
        "unit_id": unit_id,
        "service_id": "s1",
        "lost_share": 0.0,
        "service_name": "Nybesök",
        "need_year": 5200.0,
        "required_year": 5600.0,
        "queue_now": opening,
        "goal": "guarantee",
        "limit_days": 90,
        "limit_source": "HSF (2017:80) 6 kap. 1 §",
        "removals_reported": False,
        "removals_per_week": -1.5,
        "induced_per_week": 0.0,
        "target_queue": 320.0,
        "hold_per_week": 100.0,
        "halve_per_week": 113.5,
        "goal_per_week": 118.2,
        "capacity_per_week": 104.4,
        "p_short_hold": 0.31,
        "p_short_halve": 0.97,
        "feasible_year": 5430.0,
        "bottleneck_resource_id": bottleneck,
        "identity": identity,
        "history": [],
        "forecast": [],
    }


def need_row(unit_id: str, total: float = 1040.0, last_year: float | None = 1000.0, **more: Any) -> Row:
    """Return what is told of the need of a unit's service ``s1``, counted by week; *more* overrides."""
    band = {"base": 20.0, "known": 0.0, "q025": 12.0, "q10": 15.0, "q25": 18.0, "q75": 23.0, "q90": 26.0, "q975": 30.0}
    past = [{"period": f"{year}-W{week:02d}", "value": 19.0} for year in (2024, 2025) for week in range(1, 53)]
    months = [{"period": f"2025-{month:02d}", "value": 80.0} for month in range(1, 13)]
    return {
        "unit_id": unit_id,
        "service_id": "s1",
        "service_name": f"Nybesök, {unit_id}",
        "kind": "first_visit",
        "frequency": "week",
        "method": "regression",
        "need_is_inflow": True,
        "last_year": last_year,
        "total": total,
        "low": total - 60,
        "high": total + 60,
        "base_total": total,
        "change": None if last_year is None else total / last_year - 1,
        "growth": 0.02,
        "growth_low": -0.01,
        "growth_high": 0.05,
        "past": [80.0, 90.0, 85.0],
        "ahead": [84.0, 88.0],
        "adjustments": 0,
        "annotations": 0,
        "remarked": False,
        "weeks": {"past": past, "ahead": [{"period": week, "mean": 20.0, **band} for week in WEEKS]},
        "months": {"past": months, "ahead": [{"period": "2026-12", "mean": 84.0, **band, "known": 12.0}]},
        "factors": [
            {
                "week": week,
                "base": 20.0,
                "level": 20.0,
                "trend": 1.0,
                "working_days": 0.8 if week == "2026-W52" else 1.0,
                "summer": 0.7 if week == "2027-W28" else 1.0,
                "christmas": 1.0,
                "waves": 1.0,
                "deviation": 1.0,
            }
            for week in WEEKS
        ],
        "adjusted": [],
        "annotated": [],
        "backtest": {"verdict": "too_short", "outcomes": 0, "origins": []},
        "years": None,
        "years_reason": {"template": "Utan befolkning kan behovet flera år framåt inte räknas.", "values": {}},
        "trials": [],
        "note": None,
        "method_reason": {"template": "Regression på nivå och arbetsdagar.", "values": {}},
    } | more


def list_row(unit_id: str, queue: float = 100.0, **more: Any) -> Row:
    """Return what is told of the list of a unit's service ``s1``: one group is hidden; *more* overrides."""
    past, opening = [], queue + 52
    for n in range(52):
        flows = {"inflow": 9.0, "treated": 8.0, "removed": 2.0, "residual": 0.0}
        past.append({"period": str(LAST_WEEK.next(n - 51)), "opening": opening, **flows, "closing": opening - 1})
        opening -= 1
    ahead = []
    for n, week in enumerate(WEEKS, start=1):
        share = {"mean": 0.9, "q05": 0.8, "q50": 0.9, "q95": 1.0}
        ahead.append(
            {
                "period": week,
                "queue": {"mean": queue + n, "q05": queue - n, "q50": queue + n, "q95": queue + 3 * n},
                "referred": 8.0,
                "induced": 2.0,
                "moved_in": 0.0,
                "treated": 8.0,
                "removed": 1.0,
                "chance": 0.25,
                "waiting_within": share,
                "waiting_median": {"mean": 40.0, "q05": 30.0, "q50": 40.0, "q95": 50.0},
                "treated_within": share,
                "treated_median": {"mean": 60.0, "q05": 50.0, "q50": 60.0, "q95": 70.0},
            }
        )
    waits = [
        waits_row("waiting", round(queue), 0.95),
        waits_row("treated", 80, 0.7),
        waits_row("waiting", 90, 0.9, dimension="priority", group="2"),
        waits_row("waiting", None, None, dimension="priority", group="1"),
        waits_row("treated", 70, 0.9, dimension="priority", group="9", group_name="Genast", group_place=0),
        waits_row("treated", 60, 0.9, dimension="priority", group=None),
        waits_row("waiting", round(queue), 0.95, dimension="sex", group="female"),
    ]
    return {
        "unit_id": unit_id,
        "service_id": "s1",
        "service_name": f"Nybesök, {unit_id}",
        "kind": "first_visit",
        "frequency": "week",
        "measure": "first_visit",
        "as_of": "2026-11-22",
        "treated_since": "2026-08-24",
        "within_week": WEEKS[10],
        "within_low": WEEKS[5],
        "within_high": None,
        "breaks_week": None,
        "reached": 0.8,
        "limit_days": 90,
        "below": 5,
        "queue": queue,
        "change": -0.2,
        "treated_per_week": 8.0,
        "waiting_n": queue,
        "waiting_median": 34.0,
        "waiting_p90": 75.0,
        "waiting_within": 0.95,
        "waiting_without": None,
        "waiting_law": 0.97,
        "treated_n": 80.0,
        "treated_median": 91.0,
        "treated_p90": 113.0,
        "treated_within": 0.7,
        "treated_without": 0.72,
        "treated_law": 0.75,
        "past": [row["closing"] for row in past[-26:]],
        "ahead": [row["queue"]["mean"] for row in ahead],
        "history": past,
        "weeks": ahead,
        "waits": waits,
        "intervals": [
            {"measure": "first_visit", "part": part, "days_from": first, "days_to": last, "n": count}
            for part in ("waiting", "treated")
            for first, last, count in ((0, 30, 60), (31, 60, None), (61, 90, 20), (91, 120, 5), (121, None, 0))
        ],
        "limits": [LIMIT],
        "sites": [],
        "needed": [needed_row(WEEKS[3], 20.0, 100), needed_row(WEEKS[25], 12.0, 1000)],
        "calibration": {"in_order": 0.95, "removed": 130, "treated": 2400, "trial": None},
        "sources": {"queue": "referrals", "inflow": "referrals", "treated": "referrals"},
        "ahead_reason": None,
    } | more


LAST_WEEK = Period.parse("2026-W47")
LIMIT = {
    "measure": "first_visit",
    "days": 90,
    "valid_from": "2017-04-01",
    "start": "issued",
    "stops": ["patient_choice"],
    "excludes": ["patient_choice"],
    "source": "HSF (2017:80) 6 kap. 1 §",
}


def waits_row(part: str, people: int | None, within: float | None, **more: Any) -> Row:
    """Return how long *people* have waited; None is hidden."""
    days = None if people is None else 40.0
    figures = {
        "n": people,
        "within": within,
        **dict.fromkeys(("median_days", "p90_days", "p92_days", "p95_days"), days),
    }
    hidden = dict.fromkeys(figures)
    return {
        "measure": "first_visit",
        "part": part,
        "dimension": "all",
        "group": None,
        "included": figures,
        "excluded": hidden,
        "law": figures,
        "target": {"n": people, "within": within},
    } | more


def review_of(_lake: Any, version: Head, service: str, **asked: Any) -> Row:
    """Return the review of the list of ``u0``: one within the limit, one who passes it, one in a stop."""
    slots = asked["slots"] or (date(2026, 11, 24),) * asked["count"]
    none = {"within": 2, "past": 1, "passing": 1, "unlimited": 0}
    waiter = {"target_date": None, "since": "2026-08-01", "days": 114, "days_counted": 114, "in_stop": False}
    waiter |= {"late": False, "slot": None, "doubts": [], "due": "2026-12-20"}
    first = waiter | {
        "referral_id": "R-1",
        "priority_name": "Inom två veckor",
        "priority": "1",
        "slot": slots[0].isoformat(),
    }
    second = waiter | {"referral_id": "R-2", "priority_name": None, "priority": "2", "late": True}
    third = waiter | {"referral_id": "R-3", "priority_name": None, "priority": None, "in_stop": True}
    return {
        "version": version.number,
        "service_id": service,
        "service_name": "Nybesök",
        "unit_id": "u0",
        "slots": [slot.isoformat() for slot in slots],
        "rows": [
            first | {"if_chosen": none | {"within": 1}},
            second | {"if_chosen": none | {"past": 0, "passing": 0}, "doubts": ["dead_on_list"]},
            third | {"if_chosen": none | {"within": 1}},
        ],
        "effects": {"none": none, "in_order": none | {"within": 1}, "by_limit": none | {"past": 0, "passing": 0}},
    }


def needed_row(by: str, until: float, draws: int, **more: Any) -> Row:
    """Return the production needed by a week."""
    spread = {"mean": until, "q05": until - 1, "q50": until, "q95": until + 1}
    hold = {"mean": 9.0, "q05": 8.0, "q50": 9.0, "q95": 10.0}
    cost = {"relief_ore": None, "steady_ore": None}
    return {"by": by, "draws": draws, "until": spread, "hold": hold, "steady": 9.0, "relief": until - 9.0} | cost | more


def warning(unit_id: str, name: str, first: int, size: float, **more: Any) -> EarlyWarning:
    """Return a warning of a resource that begins in the week at the place *first*, 90 % certain; *more* overrides."""
    given = {
        "kind": "resource",
        "unit_id": unit_id,
        "subject_id": f"{unit_id}-r0",
        "name": name,
        "measure": "minutes",
        "first_week": WEEKS[first],
        "last_week": WEEKS[first + 4],
        "size": size,
        "low": size * 0.5,
        "high": size * 1.5,
        "certainty": 0.9,
        "required": 40_000.0,
        "available": 40_000.0 - size,
        "need_per_week": 8000.0,
        "binding_id": f"{unit_id}-r0",
        "services": ("s1",),
    }
    return EarlyWarning(**given | more)


def flow(origin: str, to: str, share: float, **more: Any) -> Row:
    """Return one flow, estimated from 200 contacts; *more* overrides."""
    estimate = {
        "share": share,
        "low": share - 0.05,
        "high": share + 0.05,
        "lag_weeks_pmf": [0.0, 1.0],
        "upstream": 200,
        "linked": round(200 * share),
        "region_share": 0.35,
        "own_weight": 0.8,
    }
    row = {
        "from_service": origin,
        "to_service": to,
        "share": share,
        "low": share - 0.05,
        "high": share + 0.05,
        "lag_weeks_pmf": [0.0, 1.0],
        "lag_median_weeks": 1,
        "per_year": 1000 * share,
        "estimate": estimate,
        "by_hand": None,
    }
    return row | more


def flow_service(service_id: str, name: str, unit_id: str) -> Row:
    """Return one service of the flow with 1 000 a year and 50 waiting."""
    return {"service_id": service_id, "service_name": name, "unit_id": unit_id, "per_year": 1000.0, "waiting": 50.0}


def region(count: int = 18, version: int = 3) -> tuple[FakeLake, FakeResults]:
    """Return a region of *count* units under clinics at three hospitals, each with two or three resources."""
    units: list[Row] = [{"unit_id": "region", "name": "Region Exempel", "level": "region", "parent_id": None}]
    units += [
        {"unit_id": f"h{n}", "name": name, "level": "division", "parent_id": "region"}
        for n, name in enumerate(HOSPITALS)
    ]
    rows, lists = [], []
    for n in range(count):
        clinic = f"k{n // 3}"
        if n % 3 == 0:
            name = CLINICS[(n // 3) % len(CLINICS)]
            units.append({"unit_id": clinic, "name": name, "level": "clinic", "parent_id": f"h{(n // 3) % 3}"})
        kind = ("Mottagning", "Operation", "Dagvård")[n % 3]
        units.append({"unit_id": f"u{n}", "name": f"{kind} {n + 1}", "level": "unit", "parent_id": clinic})
        rows += [row for r in range(2 + n % 2) for row in _weeks(f"u{n}", n, r)]
        lists.append(service_row(f"u{n}", f"u{n}-r0"))
    meta = {
        "run_id": "r1",
        "version": 3,
        "fingerprint": "abcdef0123456789",
        "seed": 1,
        "draws": 1000,
        "goal": "guarantee",
        "as_of": "2026-11-20",
        "weeks": list(WEEKS),
        "working_days": [SHORT_WEEKS.get(week, 5) for week in WEEKS],
        "created_at": "2026-11-22T03:50:00+00:00",
        "findings": [NOTE],
    }
    told = [need_row(f"u{n}", total=1000.0 + 100 * n, last_year=1000.0) for n in range(count)]
    listed = [list_row(f"u{n}", queue=100.0 + n) for n in range(count)]
    aims = [goal_row("region", 0, 90, 100, 0.95), goal_row("h0", 1, 60, 70), goal_row("u0", 3, 9, 10, 0.9)]
    years = followed_rows()
    run = FakeRun(rows, lists, meta, told=told, listed=listed, years=years, aims=aims, gives=gives(count))
    return FakeLake(units, version), FakeResults(run)


def areas(count: int = 42) -> tuple[FakeLake, FakeResults]:
    """Return *count* areas without anything above them, measured in activities."""
    units = [
        {"unit_id": f"QE{n:02d}", "name": f"NHS Area {n:02d}", "level": "region", "parent_id": None}
        for n in range(count)
    ]
    rows = [
        row
        | {
            "measure": "activities",
            "shifts": 0,
            "fte": None,
            "required_minutes": None,
            "available_minutes": None,
            "balance_minutes": None,
            "kind": "equipment",
        }
        for n in range(count)
        for row in _weeks(f"QE{n:02d}", n, 0)
    ]
    _lake, results = region(1)
    assert results.run is not None
    run = FakeRun(rows, [service_row(f"QE{n:02d}", f"QE{n:02d}-r0") for n in range(count)], results.run.meta)
    return FakeLake(units), FakeResults(run)


def _weeks(unit_id: str, n: int, r: int) -> list[Row]:
    name = ("Läkare", "Sjuksköterska", "Operationssal")[r]
    found = []
    for i, week in enumerate(WEEKS):
        summer = 27 <= int(week[-2:]) <= 31
        available = 0.0 if summer and n % 7 == 2 and r == 1 else (9600.0 + 480 * r) * (0.55 if summer else 1.0)
        required = (9000 + 150 * (n % 9) + 700 * math.sin(i / 5 + n)) * (0.6 if summer else 1.0)
        found.append(balance_row(unit_id, f"{unit_id}-r{r}", name, week, required, available))
    return found


@lru_cache(maxsize=2)
def followed_rows(count: int = 18) -> tuple[Row, ...]:
    """Return the year of one service per unit of :func:`region`, followed by the engine; u0 drops at the end."""
    rng = np.random.default_rng(7)
    parents = {f"u{n}": f"k{n // 3}" for n in range(count)} | {f"k{n}": f"h{n % 3}" for n in range(count // 3)}
    parents |= {f"h{n}": "region" for n in range(3)} | {"region": ""}
    units = {name: catalogue.Unit(name, name, "unit", parent) for name, parent in parents.items()}
    calendar, items = swedish_calendar(2023, 2028), []
    for n in range(count):
        values = rng.poisson(20 + n, 150).astype(float)
        if n == 0:
            values[-4:] = 6
        series = Series(Period.parse("2024-W01"), values, Source.of("contacts", service_id="s1", status="performed"))
        service = catalogue.Service(f"s{n}", "Nybesök", f"u{n}", "first_visit" if n % 3 else "surgery", "none", "", 0)
        items.append(ServiceInput(service, calendar, series, False, None, series))
    agreed = {"s1": Agreed(1200.0, True), "s2": Agreed(900.0, False)}
    services = follow_up.followed(items, agreed, 2026, draws=200, seed=1)
    sums = follow_up.of_units(services, units)
    rows = follow_up_rows(services, sums, units, calendar, 2026, 5)
    return tuple(row | {"service_id": "s1"} if row["service_id"] else row for row in rows)


def goal_row(unit_id: str, depth: int, part: float, whole: float, target: float | None = None, **more: Any) -> Row:
    """Return one unit's share within the guarantee; *more* overrides."""
    value = part / whole
    status = "no_target" if target is None else "met" if value >= target else "not_met"
    return {
        "unit_id": unit_id,
        "unit_name": unit_id.upper(),
        "level": "unit",
        "parent_id": None,
        "depth": depth,
        "indicator": "andel_inom_vardgaranti",
        "own": part,
        "part": part,
        "whole": whole,
        "value": value,
        "target": target,
        "direction": "up",
        "status": status,
    } | more
