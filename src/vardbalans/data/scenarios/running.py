"""A scenario on a store's newest data: run beside the baseline, compared, and told as one document.

A scenario answers a question; its figures are not stored and never become the latest balance.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from vardbalans.data.findings import note_row, translatable
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.rules import hour_value_on
from vardbalans.data.results.document import document
from vardbalans.data.scenarios.file import Scenario, Switch, read_scenario
from vardbalans.data.scenarios.kept import CURRENT, KeptScenarios, SwitchedOn
from vardbalans.data.scenarios.stored import measures_of
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.benefit import Benefit, HourValue, benefits, total
from vardbalans.engine.compare import Both, Comparison, ResourceChange, compare, phases
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.measures import Measure, in_agreed_plan
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run

__all__ = [
    "Known",
    "ScenarioRun",
    "compare_scenarios",
    "comparison_rows",
    "known_measures",
    "measure_rows",
    "run_known",
    "run_scenario",
    "scenario_document",
    "scenario_of",
]

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
    """Run the scenario *given* (see :func:`scenario_of`) and compare it with the baseline.

    Raises BadInput for a file that is wrong, an empty store or an unknown unit.
    """
    known = known_measures(store, weeks=weeks, year=year)
    return run_known(known, scenario_of(store, given, known), run(known.inputs, settings), unit)


def run_known(known: Known, scenario: Scenario, baseline: Outcome, unit: str | None = None) -> ScenarioRun:
    """Run *scenario* on data that are loaded, and compare it with *baseline*, their outcome without measures."""
    below = units_below(known.inputs.units, unit) if unit else None
    settings = baseline.settings
    whole, agreed = (
        compare(baseline, run(known.inputs, settings, measures, baseline))
        for measures in (scenario.measures, in_agreed_plan(scenario.measures))
    )
    return ScenarioRun(scenario, whole, agreed, benefits(whole, known.hour), known.hour, known.notes, below)


def scenario_of(store: Path, given: str, known: Known) -> Scenario:
    """Return the scenario *given*: ``agreed``, ``all``, ``current``, the name of a kept one, or a file.

    ``current`` is the agreed plan with the scenarios that have been switched on. Raises BadInput.
    """
    kept = KeptScenarios(store)
    if given == CURRENT:
        return _current(known, kept.switches())
    found = kept.find(given)
    return found.scenario if found else read_scenario(given, known.measures)


def _current(known: Known, switches: Sequence[SwitchedOn]) -> Scenario:
    """Return the agreed plan with what is switched on; what the plan has already is left as it stands there.

    A measure that is switched on a second time is one more, with the number of the turn after its id.
    """
    agreed = in_agreed_plan(known.measures.values())
    taken = {row.measure_id for row in agreed}
    rows, shown = list(agreed), []
    for number, switch in enumerate(switches, 1):
        more = [row for row in switch.measures if row.measure_id not in {old.measure_id for old in agreed}]
        if not taken.isdisjoint(row.measure_id for row in more):
            more = [
                replace(
                    row,
                    measure_id=f"{row.measure_id}#{number}",
                    part_of=f"{row.part_of}#{number}" if row.part_of else "",
                )
                for row in more
            ]
        taken |= {row.measure_id for row in more}
        rows += more
        if more:
            names = tuple(row.measure_id for row in more)
            shown.append(Switch(switch.scenario.name, switch.on, switch.off, names))
    return Scenario(CURRENT, tuple(rows), tuple(shown))


def compare_scenarios(
    store: Path, first: str, second: str, settings: Settings, *, weeks: int = 52, unit: str | None = None
) -> Row:
    """Return the document of what changes from the scenario *first* to *second*, figure by figure."""
    known = known_measures(store, weeks=weeks)
    below = units_below(known.inputs.units, unit) if unit else None
    baseline = run(known.inputs, settings)
    scenarios = [scenario_of(store, given, known) for given in (first, second)]
    before, after = (run(known.inputs, settings, row.measures, baseline) for row in scenarios)
    found = compare(before, after)
    return {
        "version": known.inputs.version,
        "seed": settings.seed,
        "draws": settings.draws,
        "weeks": [str(known.inputs.weeks[0]), str(known.inputs.weeks[-1])],
        "scenarios": [{"name": row.name, "measures": measure_rows(row.measures)} for row in scenarios],
        **comparison_rows(found, below),
        "findings": [_finding(note) for note in known.notes],
    }


def comparison_rows(found: Comparison, units: Collection[str] | None) -> Row:
    """Return the resources and services of *units* (None: all) that differ, as plain values."""
    return {
        "resources": [_resource(row) for row in found.resources if _within(row.resource.unit_id, units)],
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
            for row in found.services
            if _within(row.service.unit_id, units)
        ],
    }


def scenario_document(found: ScenarioRun) -> Row:
    """Return the balance's document of the scenario, with what it changes from the baseline, in steps."""
    agreed = {row.resource.resource_id: row for row in found.agreed.resources}
    changed = comparison_rows(found.whole, found.unit_ids)
    for row in changed["resources"]:
        plan = agreed.get(row["resource_id"])
        row["agreed_balance"] = _number(plan.balance.after) if plan else row["balance"]["before"]
    shown = document(found.outcome, found.unit_ids)
    return {
        **shown,
        "findings": [*shown["findings"], *map(_finding, found.notes)],
        "scenario": {
            "name": found.scenario.name,
            "measures": measure_rows(found.scenario.measures),
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
            **changed,
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


def measure_rows(measures: Sequence[Measure]) -> list[Row]:
    """Return measures as plain values; money in öre."""
    counted = {row.measure_id for row in in_agreed_plan(measures)}
    return [_measure_row(row) | {"counts_in_plan": row.measure_id in counted} for row in measures]


def _measure_row(row: Measure) -> Row:
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
        "hypothesis": row.hypothesis,
        "part_of": row.part_of or None,
        "but_not": sorted(row.but_not),
    }


def _resource(row: ResourceChange) -> Row:
    return {
        "unit_id": row.resource.unit_id,
        "resource_id": row.resource.resource_id,
        "resource_name": row.resource.name,
        "measure": row.measure,
        **{
            name: _both(getattr(row, name))
            for name in ("required", "available", "balance", "p_year_met", "weeks_short")
        },
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
    return note_row(note, "measure_note") | translatable(note)
