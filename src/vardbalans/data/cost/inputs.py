"""From a data version to what cost per patient is computed from: ledger, rules, centres, pools, capacity.

What each table gives, and what stands in where it is absent, is written here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from vardbalans.data.cost.span import Span
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.resources import resource_inputs
from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_above, units_below
from vardbalans.engine import capacity
from vardbalans.engine.capacity.days import shares_by_day
from vardbalans.engine.catalogue import Dated, Unit, value_on
from vardbalans.engine.cost import Entry, Note, PoolRule, Rule, Support
from vardbalans.engine.cost.rates import QUANTITY
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import ResourceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import swedish_calendar
from vardbalans.engine.units import Floats

__all__ = ["CostInputs", "PoolBasis", "read_inputs", "with_absent"]

_READ = ("contacts", "services", "units", "operations", "stays", "care_items", "recipes", "ledger", "cost_rules",
         "cost_centres", "drivers", "cost_pools", "cost_weights", "match_rules", "resources")  # fmt: skip
"""Tables that a run asks; those that are absent are read as empty."""

_TIMED = ("recipe", "theatre_minutes", "anaesthesia_minutes")
_USUAL_HOURS = 24.0


@dataclass(frozen=True)
class PoolBasis:
    """How a pool is laid on contacts: *number* stands for it in SQL; *units* are those whose care it carries.

    *is_bound*: whether care items must be ordered from those units (only where the region has said so).
    """

    pool_id: str
    number: int
    cost_centre: str
    basis: str
    resource_id: str
    kind: str
    units: frozenset[str]
    is_bound: bool


@dataclass(frozen=True, eq=False)
class CostInputs:
    """All a run needs beside the rows per patient. *ledger_ore* sums the ledger's rows by itself, for the certificate.

    *capacity* is practical capacity per pool in thousandths of minutes; *small* the tables that partitions join;
    *centre_units* and *service_units* give the unit of each producing cost centre and each service.
    """

    version: Version
    span: Span
    entries: tuple[Entry, ...]
    ledger_ore: int
    rules: tuple[Rule, ...]
    producing: tuple[str, ...]
    supports: tuple[Support, ...]
    pool_rules: tuple[PoolRule, ...]
    bases: Mapping[str, PoolBasis]
    capacity: Mapping[str, int]
    small: Mapping[str, Sequence[Mapping[str, Any]]]
    names: Mapping[str, str]
    units: Mapping[str, Unit]
    centre_units: Mapping[str, str]
    service_units: Mapping[str, str]
    notes: tuple[Note, ...]


def with_absent(con: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    """Make the tables a run asks that the version lacks, empty."""
    for name in _READ:
        if name not in present:
            con.register(f"empty_{name}", TABLES[name].schema().empty_table())
            con.execute(f"create or replace temp view {name} as from empty_{name}")


def read_inputs(lake: Lake, version: Version, period: str | None = None, ledger: pa.Table | None = None) -> CostInputs:
    """Return the inputs of a run from *version*; *ledger* (rows of the contract) goes before the stored one.

    Without *period* the run covers the ledger's last year, as far as it has come. Raises BadInput without a ledger or
    contacts, or where the period holds nothing of the ledger.
    """
    present = set(version.tables)
    missing = [name for name in ("contacts", "services", "units") if name not in present]
    missing += ["ledger"] if ledger is None and "ledger" not in present else []
    if missing:
        raise MissingFactor([TABLES[name].needed_for for name in missing])
    with lake.connect(version.number) as con:
        with_absent(con, present)
        if ledger is not None:
            con.register("given_ledger", ledger)
            con.execute("create or replace temp view ledger as from given_ledger")
        span = Span.parse(period) if period else _last_year(con)
        rows = ask(con, "cost_ledger", first=span.first, after=span.after).to_pylist()
        if not rows:
            raise BadInput(Message("Huvudboken har inga rader i {period}. Välj en annan period.", period=span))
        units = _units(con)
        notes: list[Note] = []
        producing, supports = _centres(con, span, units, rows, notes)
        bases, pool_rules = _pools(con, span, units, producing, notes)
        notes += _changed(con, span)
        return CostInputs(
            version,
            span,
            tuple(Entry(*row.values()) for row in rows),
            _sum(con, span),
            _rules(con),
            tuple(sorted(producing)),
            tuple(supports),
            pool_rules,
            bases,
            _capacity(con, present, span, bases, notes),
            _small(con, span, units, bases),
            _names(con, units),
            units,
            producing,
            dict(con.execute("select service_id, unit_id from services").fetchall()),
            tuple(notes),
        )


def _last_year(con: duckdb.DuckDBPyConnection) -> Span:
    first, last = con.execute(
        "select min(date), max(date) from ledger where year = (select year from ledger order by date desc limit 1)"
    ).fetchall()[0]
    if first is None:
        raise BadInput(Message("Huvudboken är tom. Läs in den, eller ge en fil med --ledger."))
    return Span.parse(f"{first:%Y-%m}..{last:%Y-%m}")


def _sum(con: duckdb.DuckDBPyConnection, span: Span) -> int:
    """Return the sum of the ledger's rows, by itself: the certificate holds the chain to it."""
    sql = "select coalesce(sum(amount_ore), 0) from ledger where date >= $1 and date < $2"
    return int(con.execute(sql, [span.first, span.after]).fetchall()[0][0])


def _units(con: duckdb.DuckDBPyConnection) -> dict[str, Unit]:
    rows = con.execute("select unit_id, name, level, coalesce(parent_id, '') from units").fetchall()
    return {row[0]: Unit(*row) for row in rows}


def _rules(con: duckdb.DuckDBPyConnection) -> tuple[Rule, ...]:
    rows = con.execute(
        "select rule_id, account_from, account_to, class, action, valid_from, coalesce(cost_centre, '') "
        "from cost_rules order by rule_id"
    ).fetchall()
    return tuple(Rule(*row) for row in rows)


def _centres(
    con: duckdb.DuckDBPyConnection,
    span: Span,
    units: Mapping[str, Unit],
    entries: Sequence[Mapping[str, Any]],
    notes: list[Note],
) -> tuple[dict[str, str], list[Support]]:
    """Return the producing centres with their unit, and the support centres in order of step-down.

    A centre that nothing is said of produces where it is called like a unit.
    """
    drivers: dict[str, dict[str, float]] = {}
    asked = ask(con, "cost_drivers", first=f"{span.first:%Y-%m}", last=str(span.months[-1])).to_pylist()
    for row in asked:
        drivers.setdefault(row["driver"], {})[row["cost_centre"]] = row["value"]
    rows = con.execute(
        "select cost_centre, kind, coalesce(unit_id, ''), coalesce(driver, '') from cost_centres "
        "order by coalesce(step, 2147483647), cost_centre"
    ).fetchall()
    told = {row[0] for row in rows}
    used = {row["cost_centre"] for row in entries} - told - {""}
    producing = {centre: unit for centre, kind, unit, _ in rows if kind == "producing"}
    producing |= {centre: centre for centre in sorted(used) if centre in units}
    supports = [
        Support(centre, driver, drivers.get(driver, {})) for centre, kind, _, driver in rows if kind == "support"
    ]
    for centre, unit in producing.items():
        if unit not in units:
            text = Message(
                "Kostnadsställe {centre} producerar vård men ingen känd enhet är angiven. Fyll i enhets-id i tabellen "
                "Kostnadsställen.",
                centre=centre,
            )
            notes.append(Note("centre_without_unit", text))
    return producing, supports


def _pools(
    con: duckdb.DuckDBPyConnection,
    span: Span,
    units: Mapping[str, Unit],
    producing: Mapping[str, str],
    notes: list[Note],
) -> tuple[dict[str, PoolBasis], tuple[PoolRule, ...]]:
    """Return how each pool is laid on contacts, and the rules of what goes to it, as they stand in the last month.

    A centre without a pool of its own has one by contacts: that is what can be said of it.
    """
    rows = con.execute(
        "select pool_id, cost_centre, coalesce(class, ''), share, valid_from, basis, coalesce(resource_id, ''), "
        "coalesce(unit_id, ''), coalesce(kind, '') from cost_pools where valid_from <= $1 "
        "qualify valid_from = max(valid_from) over (partition by cost_centre, coalesce(class, '')) "
        "order by valid_from desc, pool_id, class",
        [span.months[-1].start],
    ).fetchall()
    has_own = {row[1] for row in rows}
    rows += [
        (f"{centre}:kontakter", centre, "", 1.0, date.min, "contacts", "", "", "")
        for centre in sorted(producing)
        if centre not in has_own
    ]
    bases: dict[str, PoolBasis] = {}
    rules = []
    for pool_id, centre, cost_class, share, since, basis, resource, unit, kind in rows:
        rules.append(PoolRule(pool_id, centre, cost_class, share, since))
        home = unit or producing.get(centre, "")
        below = units_below(units, home) if home in units else frozenset[str]()
        made = PoolBasis(pool_id, len(bases), centre, basis, resource, kind, below, bool(unit))
        first = bases.setdefault(pool_id, made)
        if (first.cost_centre, first.basis, first.resource_id, first.kind) != (centre, basis, resource, kind):
            text = Message(
                "Kostnadspool {pool} har rader som säger olika om kostnadsställe, grund, resurs eller slag; den "
                "senaste raden gäller. Ge dem var sitt pool-id.",
                pool=pool_id,
            )
            notes.append(Note("pool_of_two_minds", text))
        if centre not in producing:
            text = Message(
                "Kostnadspool {pool} hör till {centre}, som inte är ett producerande kostnadsställe. Rätta "
                "kostnadsstället, eller dess slag.",
                pool=pool_id,
                centre=centre,
            )
            notes.append(Note("unknown_centre", text))
    return bases, tuple(rules)


def _changed(con: duckdb.DuckDBPyConnection, span: Span) -> list[Note]:
    """Return a note where pools, weights or recipes change after the span has begun: its last month's go for all."""
    rows = con.execute(
        """
        select distinct valid_from from (
            select valid_from, min(valid_from) over (partition by cost_centre, class) as since from cost_pools
            union all
            select valid_from, min(valid_from) over (partition by dimension, value, pool_id) from cost_weights
            union all
            select valid_from, min(valid_from) over (partition by service_id, resource_id, per) from recipes
        )
        where valid_from > since and valid_from > $1 and valid_from <= $2
        order by 1
        """,
        [span.first, span.months[-1].start],
    ).fetchall()
    if not rows:
        return []
    text = Message(
        "Kostnadspooler, kostnadsvikter eller recept ändras inne i perioden ({days}); det som gäller i den sista "
        "månaden räknas för hela. Räkna månaderna före och efter var för sig, om det har betydelse.",
        days=", ".join(f"{day}" for (day,) in rows),
    )
    return [Note("changed_inside", text)]


def _capacity(
    con: duckdb.DuckDBPyConnection,
    present: set[str],
    span: Span,
    bases: Mapping[str, PoolBasis],
    notes: list[Note],
) -> dict[str, int]:
    """Return the practical capacity of pools that rest on a resource: the minutes the plan says can be used."""
    wanted = {base.resource_id for base in bases.values() if base.resource_id and base.basis in _TIMED}
    if not wanted:
        return {}
    calendar = swedish_calendar(span.weeks[0].start.year, span.weeks[-1].end.year)
    minutes: dict[str, float] = {}
    for item in resource_inputs(con, present, span.weeks, span.first, calendar):
        if item.resource.resource_id in wanted:
            try:
                held = _from_first(item, span)
                given = capacity.available(held, span.weeks, 1, np.random.default_rng(0))  # only the mean is used
            except MissingFactor as error:
                notes += [Note("no_capacity", _without_capacity(item, what)) for what in error.missing]
                continue
            minutes[item.resource.resource_id] = float(given.mean @ _inside(held, span))
    return {
        base.pool_id: round(minutes[base.resource_id] * QUANTITY)
        for base in bases.values()
        if base.basis in _TIMED and base.resource_id in minutes
    }


def _without_capacity(item: ResourceInput, what: Message) -> Message:
    return Message(
        "{resource} saknar praktisk kapacitet; hela kostnaden läggs på det som användes. Underlag saknas: {what}.",
        resource=item.resource.name,
        what=what,
    )


def _from_first(item: ResourceInput, span: Span) -> ResourceInput:
    """Return *item* with the utilisation of the span's first day from its week's Monday; no day before counts."""
    share = value_on(item.utilisation, span.first)
    if share is None:
        return item
    return replace(item, utilisation=(Dated(span.weeks[0].start, share), *item.utilisation))


def _inside(item: ResourceInput, span: Span) -> Floats:
    """Return which share of each week's minutes lies on days of the span."""
    inside = np.array([[span.first <= day < span.after for day in week.days] for week in span.weeks])
    return np.asarray((shares_by_day(item, span.weeks) * inside).sum(axis=1))


def _small(
    con: duckdb.DuckDBPyConnection, span: Span, units: Mapping[str, Unit], bases: Mapping[str, PoolBasis]
) -> dict[str, list[dict[str, Any]]]:
    """Return the small tables that every partition joins."""
    last = span.months[-1].start
    recipes = con.execute(
        "select r.service_id, r.resource_id, r.minutes, r.per, s.unit_id, s.kind from recipes r join services s "
        "using (service_id) where r.valid_from <= $1 "
        "qualify row_number() over (partition by service_id, resource_id, per order by r.valid_from desc) = 1",
        [last],
    ).fetchall()
    ward: dict[tuple[str, str], float] = {}
    for _, resource, minutes, per, unit, _ in recipes:
        if per == "day":
            ward[unit, resource] = max(minutes, ward.get((unit, resource), 0.0))
    return {
        "pools": [
            {"pool": b.number, "basis": b.basis, "resource_id": b.resource_id, "kind": b.kind, "is_bound": b.is_bound}
            for b in bases.values()
        ],
        "pool_units": [{"pool": b.number, "unit_id": unit} for b in bases.values() for unit in sorted(b.units)],
        "weights": _weights(con, last, bases),
        "activity_minutes": [
            {"service_id": service, "resource_id": resource, "minutes": minutes}
            for service, resource, minutes, per, _, _ in recipes
            if per == "activity"
        ],
        "ward_minutes": [
            {"ward_id": unit, "resource_id": resource, "minutes": minutes} for (unit, resource), minutes in ward.items()
        ],
        "clinic_of": [{"unit_id": unit, "clinic_id": _clinic(units, unit)} for unit in units],
        "matching": _match_rules(con),
    }


def _clinic(units: Mapping[str, Unit], unit_id: str) -> str | None:
    return next(
        (above for above in units_above(units, unit_id) if above in units and units[above].level == "clinic"), None
    )


def _weights(con: duckdb.DuckDBPyConnection, day: date, bases: Mapping[str, PoolBasis]) -> list[dict[str, Any]]:
    """Return a weight per pool, dimension and value: the pool's own goes before that for all."""
    rows = con.execute(
        "select dimension, value, coalesce(pool_id, ''), weight from cost_weights where valid_from <= $1 "
        "order by coalesce(pool_id, '') <> '', valid_from",
        [day],
    ).fetchall()
    found = {
        (base.number, dimension, value): weight
        for dimension, value, pool, weight in rows
        for base in bases.values()
        if pool in ("", base.pool_id)
    }
    return [{"pool": pool, "dimension": kind, "value": value, "weight": w} for (pool, kind, value), w in found.items()]


def _match_rules(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the region's rules; of kinds that have none, the usual: a day from the contact, unit before clinic."""
    columns = ("rule_id", "rank", "kind", "hours_before", "hours_after", "place", "service_kind")
    rows = con.execute(f"select {', '.join(columns)} from match_rules").fetchall()
    told = {row[2] for row in rows}
    for kind in (kind for kind, _ in TABLES["match_rules"].column("kind").choices if kind not in told):
        places = (("clinic", "inpatient"), ("clinic", None)) if kind == "stay" else (("unit", None), ("clinic", None))
        rows += [
            (f"usual-{n}", n, kind, _USUAL_HOURS, _USUAL_HOURS, place, service)
            for n, (place, service) in enumerate(places)
        ]
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _names(con: duckdb.DuckDBPyConnection, units: Mapping[str, Unit]) -> dict[str, str]:
    names = {unit_id: unit.name for unit_id, unit in units.items()}
    names |= dict(con.execute("select service_id, name from services").fetchall())
    return names | dict(con.execute("select cost_centre, name from cost_centres").fetchall())
