"""The main job on a store: load the head version, run the chain, keep the result with its needs and lists."""

from datetime import datetime
from pathlib import Path

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.need_study import studies
from vardbalans.data.results import Results
from vardbalans.data.results.need import need_table
from vardbalans.data.results.waits import waits_table
from vardbalans.data.unit_tree import units_below
from vardbalans.data.waits_study import list_studies
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.waitlist import Goal

__all__ = ["run_balance"]


def run_balance(
    store: Path,
    *,
    at: datetime,
    weeks: int = 52,
    year: int | None = None,
    draws: int = 1000,
    seed: int = 1,
    goal: Goal = "guarantee",
    unit: str | None = None,
) -> tuple[Outcome, frozenset[str] | None]:
    """Run the balance of the store's newest data and keep it; return it with the units under *unit* (None: all).

    The run always covers the whole region, so that it is the same run whoever asks. Raises BadInput for an empty
    store or an unknown unit.
    """
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head, weeks=weeks, year=year)
    below = units_below(inputs.units, unit) if unit else None
    outcome = run(inputs, Settings(draws, seed, goal))
    need = need_table(outcome, studies(store, head, outcome))
    waits = waits_table(outcome, list_studies(lake, head, outcome))
    Results(store).store(outcome, at=at, need=need, waits=waits)
    return outcome, below
