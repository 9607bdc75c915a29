"""Choosing measures on a store's newest data: the cheapest set that brings a unit's resources into balance."""

from pathlib import Path
from typing import Any

from vardbalans.data.findings import note_row
from vardbalans.data.scenarios.file import ALL
from vardbalans.data.scenarios.running import known_measures, measure_rows, scenario_of
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.choose import Choice, Chosen, choose
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Settings, run

__all__ = ["choice_document", "choose_measures"]

Row = dict[str, Any]


def choose_measures(
    store: Path,
    settings: Settings,
    *,
    probability: float,
    budget_kr: float | None = None,
    unit: str | None = None,
    resources: tuple[str, ...] = (),
    scenario: str = ALL,
    weeks: int = 52,
) -> Choice:
    """Choose among the measures of *scenario* so that *resources*, or all of *unit*, reach balance with *probability*.

    Raises BadInput for unknown resources and units, and Impossible where no set reaches it.
    """
    known = known_measures(store, weeks=weeks)
    candidates = scenario_of(store, scenario, known).measures
    if not candidates:
        raise BadInput(
            Message("Det finns inga åtgärder att välja bland. Fyll i tabellen Åtgärder eller ange en scenariefil.")
        )
    baseline = run(known.inputs, settings)
    there = {row.resource.resource_id: row.resource.unit_id for row in baseline.resources}
    for name in resources:
        if name not in there:
            raise BadInput(Message("Resursen {id} finns inte i balansen.", id=name))
    below = units_below(known.inputs.units, unit) if unit else there.values()
    wanted = resources or tuple(name for name, at in there.items() if at in below)
    budget = None if budget_kr is None else round(budget_kr * 100)
    return choose(baseline, candidates, wanted, probability=probability, budget_ore=budget)


def choice_document(found: Choice) -> Row:
    """Return the choice as plain values; money in öre."""
    outcome = found.best.outcome
    return {
        "version": outcome.inputs.version,
        "seed": outcome.settings.seed,
        "draws": outcome.settings.draws,
        "weeks": [str(outcome.inputs.weeks[0]), str(outcome.inputs.weeks[-1])],
        "probability_before": found.probability.before,
        "probability_with_all": found.probability.after,
        "best": _chosen(found.best),
        "bound_ore": found.bound_ore,
        "proven": found.bound_ore >= found.best.cost_ore,
        "runner_up": _chosen(found.runner_up) if found.runner_up else None,
        "findings": [note_row(note, "measure_without_cost", "warning") for note in found.left_out],
    }


def _chosen(found: Chosen) -> Row:
    return {
        "cost_ore": found.cost_ore,
        "probability": found.probability,
        "measures": measure_rows(found.measures),
    }
