"""A scenario on a store's newest data: run beside the baseline, compared, and told as one document.

A scenario answers a question; it is not stored and never becomes the latest balance.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.rules import hour_value_on
from vardbalans.data.results.document import document
from vardbalans.data.scenarios.file import Scenario, read_scenario
from vardbalans.data.scenarios.stored import measures_of
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.benefit import Benefit, HourValue, benefits, total
from vardbalans.engine.compare import Both, Comparison, ResourceChange, compare, phases
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.measures import Measure, in_agreed_plan
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run

__all__ = ["Known", "ScenarioRun", "known_measures", "measure_row", "run_scenario", "scenario_document"]

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Known:
    """A store's newest data: *inputs*, the *measures* it holds with *notes* on them, and what an hour is worth."""

    inputs: Inputs
    measures: Mapping[str, Measure]
    hour: HourValue
    notes: tuple[Message, ...]


@dataclass(frozen=True, eq=False)
class ScenarioRun:
    """A scenario against the baseline: *whole* with all its measures, *agreed* with only those that have had effect."""

    scenario: Scenario
    whole: Comparison
    agreed: Comparison
    gains: tuple[Benefit, ...]
    hour: HourValue
    notes: tuple[Message, ...]
    unit_ids: frozenset[str] | None

    @property
    def outcome(self) -> Outcome:
        """Return the outcome with all measures."""
        return self.whole.after


def known_measures(store: Path, *, weeks: int = 52, year: int | None = None) -> Known:
    """Load the newest data of *store* with its measures. Raises BadInput for an empty store."""
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head, weeks=weeks, year=year)
    with lake.connect(head.number) as connection:
        return _known(connection, set(head.tables), inputs)


def _known(connection: duckdb.DuckDBPyConnection, present: set[str], inputs: Inputs) -> Known:
    measures, notes = measures_of(connection, present, inputs)
    return Known(inputs, measures, hour_value_on(connection, present, inputs.weeks[0].start), notes)


def run_scenario(
    store: Path,
    given: str,
    settings: Settings,
    *,
    weeks: int = 52,
    year: int | None = None,
    unit: str | None = None,
) -> ScenarioRun:
    """Run the scenario *given* (a file, ``agreed`` or ``all``) and compare it with the baseline.

    Raises BadInput for a file that is wrong, an empty store or an unknown unit.
    """
    known = known_measures(store, weeks=weeks, year=year)
    below = units_below(known.inputs.units, unit) if unit else None
    scenario = read_scenario(given, known.measures)
    baseline = run(known.inputs, settings)
    whole, agreed = (
        compare(baseline, run(known.inputs, settings, measures, baseline))
        for measures in (scenario.measures, in_agreed_plan(scenario.measures))
    )
    return ScenarioRun(scenario, whole, agreed, benefits(whole, known.hour), known.hour, known.notes, below)


def scenario_document(found: ScenarioRun) -> Row:
    """Return the balance's document of the scenario, with what it changes from the baseline, in steps."""
    agreed = {row.resource.resource_id: row for row in found.agreed.resources}
    chosen = [row for row in found.whole.resources if _within(row.resource.unit_id, found.unit_ids)]
    services = [row for row in found.whole.services if _within(row.service.unit_id, found.unit_ids)]
    shown = document(found.outcome, found.unit_ids)
    return {
        **shown,
        "findings": [*shown["findings"], *map(_finding, found.notes)],
        "scenario": {
            "name": found.scenario.name,
            "measures": [measure_row(row) for row in found.scenario.measures],
            "switches": [
                {
                    "name": row.name,
                    "on": row.on.isoformat(),
                    "off": row.off.isoformat() if row.off else None,
                    "measures": list(row.measures),
                }
                for row in found.scenario.switches
            ],
        },
        "comparison": {
            "resources": [_resource(row, agreed.get(row.resource.resource_id)) for row in chosen],
            "services": [
                {
                    "unit_id": row.service.unit_id,
                    "service_id": row.service.service_id,
                    "service_name": row.service.name,
                    **{
                        name: _both(getattr(row, name))
                        for name in ("need", "required", "feasible", "capacity_per_week", "queue_at_end")
                    },
                }
                for row in services
            ],
            "phases": [
                {
                    "switch": switch.name,
                    "phase": row.name,
                    "unit_id": row.resource.unit_id,
                    "resource_id": row.resource.resource_id,
                    "first": row.first,
                    "last": row.last,
                    "measure": row.measure,
                    "balance": _both(row.balance),
                }
                for switch in found.scenario.switches
                for row in phases(found.whole, switch.on, switch.off)
                if _within(row.resource.unit_id, found.unit_ids)
            ],
        },
        "benefits": {
            "rows": [
                {
                    "kind": row.kind,
                    "expected": _number(row.expected),
                    "low": _number(row.low),
                    "high": _number(row.high),
                    "verdict": "shown" if row.shown else "not_shown",
                }
                for row in found.gains
            ],
            "total_ore": total(row for row in found.gains if row.kind == "ore"),
            "hour_value": {
                "ore": found.hour.ore,
                "valid_from": found.hour.valid_from.isoformat(),
                "source": found.hour.source,
            },
        },
    }


def measure_row(row: Measure) -> Row:
    """Return a measure as plain values; money in öre."""
    return {
        "measure_id": row.measure_id,
        "name": row.name,
        "point": row.point,
        "parameter": row.parameter,
        "unit_id": row.unit_id,
        "service_id": row.service_id,
        "resource_id": row.resource_id,
        "effect": "factor" if row.factor else "added",
        "expected": row.effect.expected,
        "low": row.effect.low,
        "high": row.effect.high,
        "starts": row.starts.isoformat(),
        "ends": row.ends.isoformat() if row.ends else None,
        "ramp_weeks": row.ramp_weeks,
        "cost_ore": row.cost_ore,
        "once_ore": row.once_ore,
        "owner": row.owner,
        "status": row.status,
        "counts_in_plan": bool(in_agreed_plan([row])),
    }


def _resource(row: ResourceChange, agreed: ResourceChange | None) -> Row:
    return {
        "unit_id": row.resource.unit_id,
        "resource_id": row.resource.resource_id,
        "resource_name": row.resource.name,
        "measure": row.measure,
        **{
            name: _both(getattr(row, name))
            for name in ("required", "available", "balance", "p_year_met", "weeks_short")
        },
        "agreed_balance": _number(agreed.balance.after if agreed else row.balance.before),
        "change_low": _number(row.low),
        "change_high": _number(row.high),
        "steps": row.figure.as_dict(),
    }


def _both(row: Both | None) -> Row | None:
    if row is None:
        return None
    return {"before": _number(row.before), "after": _number(row.after), "change": _number(row.change)}


def _within(unit_id: str, units: Collection[str] | None) -> bool:
    return units is None or unit_id in units


def _number(value: float) -> float:
    return round(float(value), 6) + 0.0


def _finding(note: Message) -> Row:
    return {
        "file": None,
        "row": None,
        "column": None,
        "code": "measure_note",
        "severity": "info",
        "message": str(note),
        "template": note.template,
        "values": {name: str(value) for name, value in note.values.items()},
    }
