"""The main job on a store: load the head version, run the chain, keep the result with its needs, lists and beds."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from vardbalans.data.beds_study import beds_told
from vardbalans.data.capacity_change_run import factor_rows
from vardbalans.data.capacity_run import availability_of
from vardbalans.data.follow_up_run import follow_up_of
from vardbalans.data.goals_run import goal_rows
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load import load
from vardbalans.data.need_study import studies
from vardbalans.data.pooling_run import server_rows
from vardbalans.data.results import Results
from vardbalans.data.results.bed_counts import bed_counts_table
from vardbalans.data.results.beds import beds_tables
from vardbalans.data.results.capacity import capacity_tables
from vardbalans.data.results.follow_up import follow_up_table
from vardbalans.data.results.goals import goals_table
from vardbalans.data.results.need import need_table
from vardbalans.data.results.waits import waits_table
from vardbalans.data.unit_tree import units_below
from vardbalans.data.waits_study import list_studies
from vardbalans.engine.errors import MissingFactor
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run

__all__ = ["Progress", "capacity_kept", "run_balance"]

Progress = Callable[[float, Message], None]
"""Told how far the work has come (0 to 1) and what is being done; may raise to stop it."""

_USUAL = Settings()
_LOADED, _RUN, _STUDIED, _LISTED, _BEDS, _CAPACITY = 0.1, 0.3, 0.6, 0.85, 0.9, 0.95


def run_balance(
    store: Path,
    *,
    at: datetime,
    weeks: int = 52,
    year: int | None = None,
    settings: Settings = _USUAL,
    unit: str | None = None,
    progress: Progress = lambda _done, _what: None,
) -> tuple[Outcome, frozenset[str] | None]:
    """Run the balance of the store's newest data and keep it; return it with the units under *unit* (None: all).

    The run always covers the whole region, so that it is the same run whoever asks. Raises BadInput for an empty
    store or an unknown unit.
    """
    lake = Lake(store)
    head = lake.required_head()
    progress(0.0, Message("Hämtar uppgifterna ur version {version}.", version=head.number))
    inputs = load(lake, head, weeks=weeks, year=year)
    below = units_below(inputs.units, unit) if unit else None
    progress(_LOADED, Message("Räknar behov, produktion, kapacitet och balans."))
    outcome = run(inputs, settings)
    trying = Message("Prövar hur bra prognoserna har varit.")
    studied = studies(store, head, outcome, lambda share: progress(_RUN + share * (_STUDIED - _RUN), trying))
    progress(_STUDIED, Message("Räknar väntelistorna framåt."))
    waits = waits_table(outcome, list_studies(lake, head, outcome))
    progress(_LISTED, Message("Räknar vårdplatserna."))
    told = beds_told(lake, head, inputs.units)
    progress(_BEDS, Message("Räknar kapaciteten."))
    capacity = capacity_kept(lake, head, outcome)
    progress(_CAPACITY, Message("Sparar."))
    Results(store).store(
        outcome,
        at=at,
        need=need_table(outcome, studied),
        waits=waits,
        follow_up=follow_up_table(follow_up_of(lake, head, inputs, settings.seed)),
        goals=goals_table(goal_rows(lake, head, outcome)[0]),
        bed_counts=bed_counts_table(lake, head, inputs.as_of),
        **({} if told is None else beds_tables(told)),
        **capacity,
    )
    return outcome, below


def capacity_kept(lake: Lake, head: Version, outcome: Outcome) -> dict[str, pa.Table]:
    """Return the tables of capacity; none where no resource's time can be told."""
    settings = outcome.settings
    try:
        available = availability_of(outcome.inputs, draws=settings.draws, seed=settings.seed)
    except MissingFactor:
        return {}
    return capacity_tables(available, factor_rows(lake, head, outcome.inputs), server_rows(outcome))
