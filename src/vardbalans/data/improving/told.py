"""The register of measures as plain values: for the command line, the report and the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vardbalans.data.improving.register import Entry, register_of
from vardbalans.data.lake import Lake, Version
from vardbalans.data.unit_tree import units_above, units_below, units_of
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.escalation import raised_to

__all__ = ["entries_of", "has_failed", "plan_of", "register_rows", "told"]

Row = dict[str, Any]


def entries_of(lake: Lake, head: Version) -> tuple[tuple[Entry, ...], Mapping[str, Unit]]:
    """Return the register of a data version, and its units."""
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        units = units_of(connection, present)
        return register_of(connection, present, units), units


def register_rows(store: Path, *, unit: str | None = None) -> Row:
    """Return the document of the measures that act in *unit* or below it (None: all). Raises BadInput."""
    lake = Lake(store)
    head = lake.required_head()
    entries, units = entries_of(lake, head)
    # A measure of a unit above acts here as well.
    near = units_below(units, unit) | units_above(units, unit) if unit else None
    return {
        "version": head.number,
        "measures": [
            row | {"raised_to": raised_to(_path(units, row["unit_id"]), int(has_failed(row)))}
            for row in (told(entry) for entry in entries if near is None or entry.row["unit_id"] in near)
        ],
        "findings": [],
    }


def _path(units: Mapping[str, Unit], unit_id: str) -> tuple[str, ...]:
    """Return the units from the topmost down to *unit_id*."""
    above = units_above(units, unit_id) | {unit_id}
    return tuple(sorted(above, key=lambda name: len(units_above(units, name))))


def has_failed(row: Mapping[str, Any]) -> bool:
    """Tell whether the verdict on a measure of the register has been taken, and no effect for the better is shown."""
    if not row["decided"] or row["plan"] is None:
        return False
    found = row["measured"] or {"low": None, "high": None}
    if row["plan"]["better"] == "lower":
        return found["high"] is None or found["high"] >= 1
    return found["low"] is None or found["low"] <= 1


def told(entry: Entry) -> Row:
    """Return one measure as plain values; *measured* is the newest month's effect on the whole, as a ratio."""
    whole = next((row for row in entry.latest if not row["unit_id"]), None)
    row = entry.row
    return {
        "measure_id": entry.measure_id,
        "name": row["name"],
        "unit_id": row["unit_id"],
        "point": row["point"],
        "parameter": entry.parameter,
        "target_id": row["target_id"],
        "owner": row["owner"],
        "hypothesis": row["hypothesis"],
        "status": entry.status,
        "is_pilot": bool(row["is_pilot"]),
        "gap_id": row["gap_id"],
        "due": row["due"].isoformat() if row["due"] else None,
        "indicator": entry.plan.indicator if entry.plan else row["indicator"],
        "cost_ore": row["cost_ore"],
        "once_ore": row["once_ore"],
        "starts": min(entry.starts.values()).isoformat(),
        "starts_by_unit": {unit: day.isoformat() for unit, day in entry.starts.items()},
        "expected": (
            None
            if row["factor"] is None
            else {"factor": row["factor"], "low": row["factor_low"], "high": row["factor_high"]}
        ),
        "added": row["added"],
        "measured": _estimate(whole) if whole and whole["estimate"] is not None else None,
        "verdict": whole["verdict"] if whole else None,
        "decided": bool(whole and whole["decided"]),
        "month": whole["month"] if whole else None,
        "by_unit": [_estimate(each) for each in entry.latest if each["unit_id"]],
        "plan": plan_of(entry),
        "plans": [
            {
                "at": fixed.at.isoformat(),
                "fingerprint": fixed.plan.fingerprint,
                "author": fixed.author,
                "indicator": fixed.plan.indicator,
                "periods_after": fixed.plan.periods_after,
                "stop_after": fixed.plan.stop_after,
                "after_start": fixed.late,
            }
            for fixed in entry.plans
        ],
        "cards": [card | {"at": card["at"].isoformat()} for card in entry.cards],
        "events": [event | {"at": event["at"].isoformat()} for event in entry.events],
    }


def _estimate(row: Row) -> Row:
    names = ("unit_id", "estimate", "low", "high", "verdict", "method", "signals", "months_before", "months_after")
    return {name: row[name] for name in (*names, "placebo_tried", "placebo_shown", "reason")}


def plan_of(entry: Entry) -> Row | None:
    """Return the plan that counts as plain values, and whether it was changed or fixed late; None without one."""
    if not entry.plans:
        return None
    fixed = entry.plans[-1]
    return {
        "of": fixed.plan.measure_id,
        "fingerprint": fixed.plan.fingerprint,
        "fixed": fixed.plan.fixed.isoformat(),
        "changed": len(entry.plans) > 1,
        "after_start": fixed.late,
        "indicator": fixed.plan.indicator,
        "better": fixed.plan.better,
        "periods_after": fixed.plan.periods_after,
        "stop_after": fixed.plan.stop_after,
        "author": fixed.author,
    }
