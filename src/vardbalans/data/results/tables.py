"""An outcome as flat tables: balance rows, services, services by week, uses, and parts of what is available."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.data.findings import note_row, translatable
from vardbalans.data.results.flows import flow_rows, flow_services
from vardbalans.data.results.warnings import rule_row, warning_rows, warning_table
from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.need import Growth
from vardbalans.engine.reasons import DEMAND
from vardbalans.engine.scenario import Outcome, ServiceOutcome
from vardbalans.engine.units import Floats, shifts_short
from vardbalans.engine.waitlist.formula import identity

__all__ = ["FORMAT", "META", "balance_rows", "meta_of", "run_id", "run_tables", "service_rows"]

META = "run.json"
FORMAT = 2
"""Raised when the stored tables change, so that a run stored by another version is not misread."""
FACTORS = ("level", "trend", "working_days", "season", "deviation")
FORECAST_QUANTILES = {"q05": 0.05, "q10": 0.10, "q90": 0.90, "q95": 0.95}
HISTORY = {"week": 156, "month": 36}
NESTED = ("identity", "history", "forecast", "growth", "adjustments")
"""What a service's row holds as lists and rows; stored as JSON."""

Row = dict[str, Any]


def run_id(outcome: Outcome) -> str:
    """Return the run's name: 16 hex digits over data, settings, weeks and every number found.

    The numbers are in it so that a version that computes otherwise never passes an older run off as its own.
    """
    inputs = outcome.inputs
    digest = hashlib.sha256(repr((inputs.fingerprint, *map(str, inputs.weeks), _settings(outcome))).encode())
    for service in outcome.services:
        digest.update(service.item.service.service_id.encode() + service.forecast.draws.tobytes())
    for row in outcome.resources:
        digest.update(row.resource.resource_id.encode())
        for values in (row.required, row.available.mean, row.required_quantiles, row.p_short):
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def _settings(outcome: Outcome) -> Row:
    return {"seed": outcome.settings.seed, "draws": outcome.settings.draws, "goal": outcome.settings.goal}


def meta_of(outcome: Outcome) -> Row:
    """Return what the run was made from and says about itself, without the time it was made."""
    inputs = outcome.inputs
    return {
        "run_id": run_id(outcome),
        "version": inputs.version,
        "fingerprint": inputs.fingerprint,
        **_settings(outcome),
        "as_of": inputs.as_of.isoformat(),
        "weeks": [str(week) for week in inputs.weeks],
        "working_days": [inputs.services[0].calendar.working_days(week) for week in inputs.weeks],
        "growth": _growth(outcome.growth),
        "findings": [note_row(note) | translatable(note) for note in outcome.notes],
        "conversions": flow_rows(inputs),
        "flow_services": flow_services(inputs),
        "warning_rule": rule_row(inputs.warning_rule),
    }


def run_tables(outcome: Outcome, at: datetime) -> tuple[Row, dict[str, pa.Table]]:
    """Return the run's description and its tables."""
    meta = {**meta_of(outcome), "format": FORMAT, "created_at": at.isoformat()}
    services = [
        {**row, **{name: json.dumps(row[name], ensure_ascii=False) for name in NESTED if name in row}}
        for row in service_rows(outcome)
    ]
    adjusted = _adjusted(outcome)
    return meta, {
        "rows": pa.Table.from_pylist(list(balance_rows(outcome)), schema=_ROWS),
        "services": pa.Table.from_pylist(services),
        "service_weeks": pa.concat_tables([_service_weeks(row, adjusted) for row in outcome.services]),
        "uses": pa.Table.from_pylist(list(_use_rows(outcome)), schema=_USES),
        "warnings": warning_table(warning_rows(outcome)),
        "available_parts": pa.concat_tables([_available_parts(row, outcome) for row in outcome.resources]),
    }


_ROWS = pa.schema(
    [
        *((name, pa.string()) for name in ("unit_id", "resource_id", "resource_name", "kind", "week", "measure")),
        *(
            (name, pa.float64())
            for name in (
                "required",
                "available",
                "balance",
                "required_q05",
                "required_q95",
                "available_q05",
                "available_q95",
                "required_minutes",
                "available_minutes",
                "balance_minutes",
                "fte",
                "p_short",
                "p_year_met",
            )
        ),
        ("shifts", pa.int64()),
        ("bottleneck", pa.bool_()),
        ("binds", pa.list_(pa.string())),
    ]
)


_USES = pa.schema(
    [
        *((name, pa.string()) for name in ("resource_id", "service_id", "service_name", "per")),
        *((name, pa.float64()) for name in ("amount", "recipe_minutes", "stay_days")),
    ]
)


def _use_rows(outcome: Outcome) -> Iterator[Row]:
    items = {row.item.service.service_id: row.item for row in outcome.services}
    for resource_id, uses in outcome.uses.items():
        for use in uses:
            item = items[use.service_id]
            yield {
                "resource_id": resource_id,
                "service_id": use.service_id,
                "service_name": item.service.name,
                "per": use.recipe.per if use.recipe else None,
                "amount": use.amount,
                "recipe_minutes": use.recipe.minutes if use.recipe else None,
                "stay_days": item.stay_days.mean if item.stay_days else None,
            }


def balance_rows(outcome: Outcome) -> Iterator[Row]:
    """Yield one row per resource and week, ordered by unit, resource and week."""
    binds = _binding(outcome)
    for row in sorted(outcome.resources, key=lambda row: (row.resource.unit_id, row.resource.resource_id)):
        for index, week in enumerate(outcome.inputs.weeks):
            yield _balance_row(row, index, str(week), binds.get((row.resource.resource_id, index), []))


def _binding(outcome: Outcome) -> dict[tuple[str, int], list[str]]:
    """(resource, week index) → the services that cannot be produced in full because of it."""
    found: dict[tuple[str, int], list[str]] = {}
    for service in outcome.services:
        short = service.balance.feasible < service.balance.required - 1e-9
        for index in np.flatnonzero(short):
            resource_id = service.balance.binding[index]
            found.setdefault((resource_id, int(index)), []).append(service.balance.service_id)
    return found


def _balance_row(row: ResourceBalance, index: int, week: str, binds: list[str]) -> Row:
    resource, minutes = row.resource, row.measure == "minutes"
    required, available = float(row.required[index]), float(row.available.mean[index])
    balance = available - required
    one_fte = row.available.one_fte[index] if row.available.one_fte is not None else 0.0
    return {
        "unit_id": resource.unit_id,
        "resource_id": resource.resource_id,
        "resource_name": resource.name,
        "kind": resource.kind,
        "week": week,
        "measure": row.measure,
        "required": _number(required),
        "available": _number(available),
        "balance": _number(balance),
        "required_q05": _number(row.required_quantiles[0, index]),
        "required_q95": _number(row.required_quantiles[1, index]),
        "available_q05": _number(row.available_quantiles[0, index]),
        "available_q95": _number(row.available_quantiles[1, index]),
        "required_minutes": _number(required) if minutes else None,
        "available_minutes": _number(available) if minutes else None,
        "balance_minutes": _number(balance) if minutes else None,
        "shifts": shifts_short(-balance, resource.shift_minutes) if resource.shift_minutes else None,
        "fte": _number(balance / one_fte) if one_fte > 0 else None,
        "p_short": _number(row.p_short[index]),
        "p_year_met": _number(row.p_year_met),
        "bottleneck": bool(binds),
        "binds": binds,
    }


def service_rows(outcome: Outcome) -> Iterator[Row]:
    """Yield one row per service: need, list, goals, capacity, growth, identity, history and forecast.

    Where a planner has changed any forecast every row has ``adjustments`` too, and its forecast the ``base`` per week.
    """
    adjusted = _adjusted(outcome)
    for service in outcome.services:
        judgement = {"adjustments": _adjustments(service)} if adjusted else {}
        yield {**_service_row(service), **_service_past(service), **judgement}


def _adjusted(outcome: Outcome) -> bool:
    """Tell whether any planner has changed a forecast of the run; only then do its tables speak of adjustments."""
    return any(service.changes for service in outcome.services)


def _adjustments(row: ServiceOutcome) -> list[Row]:
    """Return what each adjustment made of the expected count per week, in the order they were made."""
    return [
        {
            "adjustment_id": change.adjustment.adjustment_id,
            "author": change.adjustment.author,
            "author_level": change.adjustment.author_level,
            "reason": change.adjustment.reason,
            "made_on": change.adjustment.made_on.isoformat(),
            "before": [_number(value) for value in change.before],
            "after": [_number(value) for value in change.after],
        }
        for change in row.changes
    ]


def _service_row(row: ServiceOutcome) -> Row:
    service, plan, item = row.item.service, row.plan, row.item
    return {
        "unit_id": service.unit_id,
        "service_id": service.service_id,
        "service_name": service.name,
        "kind": service.kind,
        "need_is_inflow": item.need_is_inflow,
        "need_year": _number(row.forecast.mean.sum()),
        "required_year": _number(row.demand.mean.sum()),
        "feasible_year": _number(row.balance.feasible.sum()),
        "bottleneck_resource_id": max(
            set(row.balance.binding), key=lambda name: (row.balance.binding.count(name), name)
        ),
        "queue_now": _number(plan.queue) if plan else None,
        "target_queue": _number(plan.target_queue) if plan else None,
        "goal": plan.goal if plan else None,
        "limit_days": item.limit_days,
        "limit_source": item.limit_source or None,
        "removals_per_week": _number(plan.removals_per_week) if plan else None,
        "treated_per_week": _number(plan.treated_per_week) if plan else None,
        "removals_reported": plan.removals_reported if plan else None,
        "induced_per_week": _number(plan.induced_per_week) if plan else None,
        "lost_share": _number(item.lost_slots.value) if item.lost_slots else None,
        "need_per_week": _number(row.forecast.mean.mean()),
        "hold_per_week": _number(plan.hold_per_week) if plan else None,
        "halve_per_week": _number(plan.halve_per_week) if plan else None,
        "goal_per_week": _number(plan.goal_per_week) if plan else None,
        "capacity_per_week": _number(row.capacity_per_week),
        "p_short_hold": _number(row.p_short_hold) if row.p_short_hold is not None else None,
        "p_short_halve": _number(row.p_short_halve) if row.p_short_halve is not None else None,
        "method": row.forecast.method,
        "method_reason": str(row.forecast.reason),
        "dispersion": _number(row.forecast.dispersion),
    }


def _service_past(row: ServiceOutcome) -> Row:
    state, need, growth = row.item.waiting_list, row.item.need, row.forecast.growth
    kept = HISTORY[need.start.frequency]
    quantiles = {name: np.quantile(row.forecast.draws, q, axis=0) for name, q in FORECAST_QUANTILES.items()}
    return {
        "growth": _growth(growth),
        "identity": [
            {
                "period": str(line.period),
                "opening": line.opening,
                "inflow": line.inflow,
                "treated": line.treated,
                "removed": line.removed,
                "residual": line.residual,
                "closing": line.closing,
            }
            for line in (identity(state)[-kept:] if state else ())
        ],
        "history": [
            {"period": str(period), "value": float(value)}
            for period, value in zip(need.periods[-kept:], need.last(kept), strict=True)
        ],
        "forecast": [
            {
                "week": str(week),
                "mean": _number(row.forecast.mean[index]),
                **({"base": _number(row.base.mean[index])} if row.changes else {}),
                **{name: _number(values[index]) for name, values in quantiles.items()},
            }
            for index, week in enumerate(row.forecast.weeks)
        ],
    }


def _service_weeks(row: ServiceOutcome, adjusted: bool) -> pa.Table:
    """The parts of required production by week, and the factors of the forecast behind (null where monthly)."""
    codes = [code for code in DEMAND if adjusted or code != "adjustment"]
    weeks = len(row.forecast.weeks)
    parts = {part.code: part.activities for part in row.demand.parts}
    sources = {part.code: part.source.as_dict() for part in row.demand.parts if part.source}
    removals = "mean_removals" if row.plan and row.plan.removals_reported else "mean_residual"
    given = {
        "queue_now": row.plan.queue if row.plan else None,
        "target_queue": row.plan.target_queue if row.plan else None,
        "mean_removals": None,
        "mean_residual": None,
        removals: row.plan.removals_per_week if row.plan else None,
        "lost_share": row.item.lost_slots.value if row.item.lost_slots else None,
    }
    columns: dict[str, Any] = {
        "service_id": [row.item.service.service_id] * weeks,
        "week": [str(week) for week in row.forecast.weeks],
        **{code: pa.array(parts[code]) if code in parts else pa.nulls(weeks, pa.float64()) for code in codes},
        **{
            f"factor_{name}": pa.array(row.forecast.factors[name])
            if name in row.forecast.factors
            else pa.nulls(weeks, pa.float64())
            for name in FACTORS
        },
        "sources": [json.dumps(sources)] * weeks,
        **{name: pa.array([value] * weeks, pa.float64()) for name, value in given.items()},
    }
    if adjusted:
        columns["adjustments"] = [json.dumps(_judged_week(row, index), ensure_ascii=False) for index in range(weeks)]
    return pa.table(columns)


def _judged_week(row: ServiceOutcome, index: int) -> list[Row]:
    """Return the adjustments that changed one week, with what each added."""
    return [
        {
            "author": change.adjustment.author,
            "reason": change.adjustment.reason,
            "made_on": change.adjustment.made_on.isoformat(),
            "added": _number(change.added[index]),
        }
        for change in row.changes
        if change.added[index]
    ]


def _available_parts(row: ResourceBalance, outcome: Outcome) -> pa.Table:
    """Long table: the parts that sum to what is available, and the inputs behind, per week."""
    weeks = [str(week) for week in outcome.inputs.weeks]
    entries: list[tuple[bool, str, Floats, str | None]] = [
        (True, part.code, part.minutes, json.dumps(part.source.as_dict())) for part in row.available.parts
    ]
    entries += [(False, name, values, None) for name, values in row.available.inputs.items()]
    return pa.concat_tables(
        [
            pa.table(
                {
                    "resource_id": [row.resource.resource_id] * len(weeks),
                    "week": weeks,
                    "is_part": [is_part] * len(weeks),
                    "code": [code] * len(weeks),
                    "value": pa.array(np.asarray(values, dtype=np.float64)),
                    "source": pa.array([source] * len(weeks), pa.string()),
                }
            )
            for is_part, code, values, source in entries
        ]
    )


def _growth(growth: Growth | None) -> Row | None:
    if growth is None:
        return None
    return {"share": _number(growth.share), "low": _number(growth.low), "high": _number(growth.high)}


def _number(value: float) -> float:
    """Return *value* to six decimals: finer than any of them means, and the same text every time."""
    return round(float(value), 6)
