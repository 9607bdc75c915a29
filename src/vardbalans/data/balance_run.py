"""The main job on a store: load the head version, run the chain, keep the result."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.results import Results
from vardbalans.engine.catalogue import Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.waitlist import Goal

__all__ = ["run_balance", "units_below"]


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
    head = lake.head()
    if head is None:
        raise BadInput(Message("Det finns inga data i {store}. Importera först: vardbalans import FIL.", store=store))
    inputs = load(lake, head, weeks=weeks, year=year)
    below = units_below(inputs.units, unit) if unit else None
    outcome = run(inputs, Settings(draws, seed, goal))
    Results(store).store(outcome, at=at)
    return outcome, below


def units_below(units: Mapping[str, Unit], unit_id: str) -> frozenset[str]:
    """Return *unit_id* and every unit below it. Raises BadInput for an unknown unit."""
    if unit_id not in units:
        raise BadInput(Message("Enheten {unit} finns inte i data.", unit=unit_id))
    found = {unit_id}
    while more := {name for name, unit in units.items() if unit.parent_id in found} - found:
        found |= more
    return frozenset(found)
