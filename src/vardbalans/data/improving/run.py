"""Follow the measures: count each one's indicator from the lake, tell its effect by its plan, and set its status.

Run every month. Estimates and events are rows that are added; running again on the same data adds nothing.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from vardbalans.data.improving.register import Entry, register_of
from vardbalans.data.improving.series import Months, months_of, outcomes_of, part_of_lost
from vardbalans.data.improving.told import plan_of
from vardbalans.data.lake import Lake
from vardbalans.data.load.events import span_of
from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_above, units_below, units_of
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.effects.spc import Chart, Phases, Points, chart
from vardbalans.engine.effects.verdict import Interval
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.improving import (
    AnalysisPlan,
    Followed,
    Outcomes,
    follow,
    month_text,
    planned_factor,
    status_by_rule,
)
from vardbalans.engine.measures import Interval as Expected
from vardbalans.engine.measures import Status
from vardbalans.engine.messages import Message

__all__ = ["Found", "chart_of", "follow_measures", "found_of"]

Row = dict[str, Any]
_FILE = "vardbalans measures follow"
_MOST_OTHERS = 40  # units to compare with: those with the most behind them
_FEWEST_BEFORE = 2


@dataclass(frozen=True, eq=False)
class Found:
    """What following one measure found: its series, its effect, the factor a plan can use, and the status by rule."""

    entry: Entry
    outcomes: Outcomes | None
    followed: Followed | None
    factor: Expected | None
    status: Status
    why: Message
    reasons: tuple[Message, ...] = ()


def follow_measures(store: Path, *, author: str, at: datetime, measure: str | None = None) -> Row:
    """Follow every measure with a plan (or the one *measure*), store what is new, and return the document.

    Raises BadInput for an empty store, no whole month of data, or a measure that is not there.
    """
    lake = Lake(store)
    head = lake.required_head()
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        units = units_of(connection, present)
        months = months_of(span_of(connection, present, head.at.date()))
        entries = register_of(connection, present, units)
        if measure is not None and measure not in {entry.measure_id for entry in entries}:
            raise BadInput(Message("Åtgärden {id} finns inte i data.", id=measure))
        found = [
            found_of(connection, present, entry, months, units)
            for entry in entries
            if measure in (None, entry.measure_id)
        ]
    told = [row for row in found if row.entry.plan is not None]
    rows = {
        "measure_estimates": [row for each in told for row in _estimates(each, months)],
        "measure_events": [event for each in found if (event := _event(each, author, at)) is not None],
    }
    tables = {name: _table(name, given) for name, given in rows.items() if given}
    version = lake.commit(tables, by=author, at=at, expected_head=head.number) if tables else head
    return {
        "version": version.number,
        "month": month_text(months.end - 1),
        "measures": [_told(row) for row in told],
        "changed": [
            {"measure_id": row["measure_id"], "status": row["status"], "reason": row["reason"]}
            for row in rows["measure_events"]
        ],
        "findings": [],
    }


def found_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], entry: Entry, months: Months, units: Mapping[str, Unit]
) -> Found:
    """Return what following one measure finds by the data until *months* end; nothing is stored."""
    plan, last = entry.plan, months.end - 1
    begun = entry.begun(last)
    outcomes = followed = factor = None
    reasons: tuple[Message, ...] = ()
    if plan is not None and begun:
        try:
            services = _services(connection, entry)
            wanted = _compared(entry, plan, units)
            outcomes = outcomes_of(connection, present, months, plan.indicator, units, wanted, services)
            outcomes = _largest(outcomes, begun)
            followed = follow(outcomes, entry.starts, plan)
            reasons = followed.reasons
            if followed.latest:
                part = _part(connection, present, months, units, wanted, services, outcomes, entry)
                factor = planned_factor(entry.parameter, plan.indicator, followed.latest.overall, part)
        except Impossible as refusal:
            reasons = tuple(refusal.reasons) or (refusal.message,)
        except BadInput as refusal:
            reasons = (refusal.message,)
    status, why = status_by_rule(entry.status, list(begun.values()), last, plan, followed)
    return Found(entry, outcomes, followed, factor, status, why, reasons)


def chart_of(outcomes: Outcomes, unit: str, start: int) -> Chart:
    """Return the control chart of a unit's indicator, with limits of the time before place *start*.

    Shares are drawn by Laney's p′, other values as single ones. Raises BadInput with too few months before.
    """
    place = outcomes.units.index(unit)
    values, sizes = outcomes.values[place], None if outcomes.sizes is None else outcomes.sizes[place]
    if start < _FEWEST_BEFORE:
        raise BadInput(Message("{unit} har för få månader före starten för ett styrdiagram.", unit=unit))
    if not outcomes.counts or sizes is None:
        return chart("xmr", Points(values), Phases(freeze=start))
    known = ~np.isnan(values) & (sizes > 0)
    shares = np.where(known, values / np.where(known, sizes, 1), np.nan)
    return chart("pp", Points(shares, np.where(known, sizes, np.nan)), Phases(freeze=start))


def _services(connection: duckdb.DuckDBPyConnection, entry: Entry) -> Collection[str] | None:
    """Return the service that the measure is about and those of its kind and form; None for one about all of a unit."""
    rows = connection.execute(
        "select other.service_id from services as own join services as other "
        "on other.kind = own.kind and other.form is not distinct from own.form where own.service_id = $1",
        [entry.row["target_id"] or ""],
    ).fetchall()
    return {name for (name,) in rows} or None


def _compared(entry: Entry, plan: AnalysisPlan, units: Mapping[str, Unit]) -> list[str]:
    """Return the units with the measure, and those to compare with: of the same level, apart from them."""
    own = [name for name in entry.starts if name in units]
    if plan.comparison:
        return [*own, *(name for name in plan.comparison if name in units and name not in own)]
    level = next((units[name].level for name in own), None)
    taken = {other for name in own for other in (*units_below(units, name), *units_above(units, name))}
    return [*own, *(name for name in sorted(units) if units[name].level == level and name not in taken)]


def _largest(outcomes: Outcomes, begun: Collection[str]) -> Outcomes:
    """Return at most forty units without the measure beside those with it: the ones with the most behind them."""
    size = np.nansum(outcomes.values if outcomes.sizes is None else outcomes.sizes, axis=1)
    ranked = sorted(range(len(outcomes.units)), key=lambda place: (-size[place], outcomes.units[place]))
    others = [place for place in ranked if outcomes.units[place] not in begun][:_MOST_OTHERS]
    keep = sorted([*others, *(place for place, name in enumerate(outcomes.units) if name in begun)])
    sizes = None if outcomes.sizes is None else outcomes.sizes[keep]
    names = tuple(outcomes.units[place] for place in keep)
    return Outcomes(names, outcomes.first, outcomes.values[keep], sizes, outcomes.counts)


def _part(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    months: Months,
    units: Mapping[str, Unit],
    wanted: Sequence[str],
    services: Collection[str] | None,
    outcomes: Outcomes,
    entry: Entry,
) -> float | None:
    """Return how great a part of the lost slots the indicator is, before the start; None where it is no such part."""
    if entry.parameter != "lost_share" or outcomes.sizes is None or not outcomes.counts:
        return None
    lost = outcomes_of(connection, present, months, "lost_share", units, wanted, services)
    starts = entry.begun(months.end - 1)
    begun = [name for name in starts if name in outcomes.units]
    places = {name: _place(outcomes, entry, name) for name in begun}
    return part_of_lost(outcomes, lost, begun, places)


def _place(outcomes: Outcomes, entry: Entry, unit: str) -> int:
    day = entry.starts[unit]
    return day.year * 12 + day.month - 1 - outcomes.first


def _estimates(found: Found, months: Months) -> list[Row]:
    """Return the rows of the month: on the whole, and by unit; none for what has not begun."""
    plan, followed, entry = found.entry.plan, found.followed, found.entry
    if plan is None or not entry.begun(months.end - 1):
        return []
    shared = {
        "measure_id": entry.measure_id,
        "month": month_text(months.end - 1),
        "indicator": plan.indicator,
        "plan_fingerprint": plan.fingerprint,
        "decided": followed is not None and followed.decided is not None,
        "months_before": followed.before if followed else 0,
        "months_after": max(followed.after, 0) if followed else 0,
        "method": followed.method if followed else plan.method or "interrupted",
    }
    effects = followed.latest if followed else None
    if followed is None or effects is None or found.outcomes is None:
        why = " ".join(map(str, found.reasons)) or str(found.why)
        return [shared | {"unit_id": None, "verdict": "untold", "reason": why}]
    tried = {"placebo_tried": effects.placebo.tried, "placebo_shown": effects.placebo.shown}
    why = " ".join(map(str, (followed.why, *effects.notes, *found.reasons)))
    rows = [shared | _interval(effects.overall) | tried | {"unit_id": None, "reason": why}]
    for unit, effect in effects.by_unit.items():
        rows.append(shared | _interval(effect) | {"unit_id": unit, "signals": _signals(found.outcomes, unit, entry)})
    return rows


def _signals(outcomes: Outcomes, unit: str, entry: Entry) -> int | None:
    start = _place(outcomes, entry, unit)
    try:
        drawn = chart_of(outcomes, unit, start)
    except BadInput:  # too few months before: the row is then without signals, not without any
        return None
    return sum(any(point >= start for point in signal.points) for signal in drawn.signals)


def _interval(found: Interval) -> Row:
    low, high = (end if math.isfinite(end) else None for end in (found.low, found.high))
    verdict = "shown" if found.leaves_out_none else "not_shown"
    return {"estimate": found.estimate, "low": low, "high": high, "verdict": verdict}


def _event(found: Found, author: str, at: datetime) -> Row | None:
    """Return the event that is new: another status, or another measured effect; None where nothing is."""
    entry, plan = found.entry, found.entry.plan
    factor: Row = {"factor": None, "factor_low": None, "factor_high": None}
    if found.status in ("measured", "in_plan") and plan is not None and found.factor is not None:
        ends = (found.factor.expected, found.factor.low, found.factor.high)
        factor = dict(zip(factor, ends, strict=True))
    elif found.status == entry.status:
        return None
    last = entry.events[-1] if entry.events else {}
    if found.status == entry.status and all(last.get(name) == value for name, value in factor.items()):
        return None
    return factor | {
        "measure_id": entry.measure_id,
        "at": at,
        "status": found.status,
        "reason": str(found.why),
        "plan_fingerprint": plan.fingerprint if plan else None,
        "author": author,
    }


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    placed = [row | {"_file": _FILE, "_row": number} for number, row in enumerate(rows, 1)]
    return pa.Table.from_pylist(placed, TABLES[name].schema())


def _told(found: Found) -> Row:
    entry, plan, followed = found.entry, found.entry.plan, found.followed
    effects = followed.latest if followed else None
    begun = entry.begun(found.outcomes.first + found.outcomes.periods - 1) if found.outcomes else {}
    return {
        "measure_id": entry.measure_id,
        "name": entry.row["name"],
        "unit_id": entry.row["unit_id"],
        "status_before": entry.status,
        "status": found.status,
        "why": str(found.why),
        "plan": plan_of(entry),
        "method": followed.method if followed else None,
        "method_why": str(followed.why) if followed else None,
        "scale": "ratio",
        "overall": _interval(effects.overall) if effects else None,
        "decided": _interval(followed.decided.overall) if followed and followed.decided else None,
        "decided_by": month_text(followed.decides - 1) if followed else None,
        "units": [
            {"unit_id": unit} | _interval(effect) for unit, effect in (effects.by_unit if effects else {}).items()
        ],
        "expected": {"factor": entry.row["factor"], "low": entry.row["factor_low"], "high": entry.row["factor_high"]},
        "planned": (
            {"factor": found.factor.expected, "low": found.factor.low, "high": found.factor.high}
            if found.factor
            else None
        ),
        "comparison": [
            name
            for name in (found.outcomes.units if found.outcomes else ())
            if effects is not None and name not in begun
        ],
        "placebo": {"tried": effects.placebo.tried, "shown": effects.placebo.shown} if effects else None,
        "notes": [str(note) for note in (*(effects.notes if effects else ()), *found.reasons)],
        "indicator": plan.indicator if plan else None,
    }
