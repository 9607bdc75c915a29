"""What planners' adjustments were worth: every stored run's changes against what came."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.results import Results, StoredResult
from vardbalans.engine.inputs import ServiceInput
from vardbalans.engine.need import FEW_PERIODS, Trial, months_of, value_added
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats

__all__ = ["run_judgement", "trials"]


def run_judgement(store: Path) -> dict[str, Any]:
    """Return the forecast value added per author level, from the store's runs and its newest data. Raises BadInput.

    A week, or a month of a service counted by month, counts once it has an outcome, by the last run made before it.
    """
    lake = Lake(store)
    head = lake.required_head()
    found = value_added(trials(Results(store).all(), load(lake, head).services))
    return {
        "version": head.number,
        "few_periods": FEW_PERIODS,
        "levels": [{**asdict(level), "verdict": level.verdict} for level in found],
        "findings": [],
    }


def trials(runs: list[StoredResult], services: Iterable[ServiceInput]) -> Iterator[Trial]:
    """Yield every adjusted period that has an outcome in the need of *services*, once per adjustment.

    *runs* stand in the order of the data they were made from, so that the last one before a period is what counts. A
    month is judged by runs that cover all of it.
    """
    known = {item.service.service_id: item for item in services}
    outcomes = {
        (name, period): float(value)
        for name, item in known.items()
        for period, value in zip(item.need.periods, item.need.values, strict=True)
    }
    kinds = {item.need.start.frequency: item for item in known.values()}
    last = {period: run for run in runs for item in kinds.values() for period in _periods(run, item)[0]}
    for run in runs:
        for row in run.services() if run.adjusted else ():
            if row["service_id"] in known:
                periods, shares = _periods(run, known[row["service_id"]])
                for change in row["adjustments"]:
                    counts = (np.array(change[name]) @ shares for name in ("before", "after"))
                    for period, before, after in zip(periods, *counts, strict=True):
                        place = row["service_id"], period
                        if before != after and place in outcomes and last[period] is run:
                            yield Trial(change["author_level"], *place, float(before), float(after), outcomes[place])


def _periods(run: StoredResult, item: ServiceInput) -> tuple[tuple[Period, ...], Floats]:
    """Return the periods of *item*'s own kind that *run* covers, and how its weeks lie in them: (weeks, periods)."""
    weeks = tuple(map(Period.parse, run.meta["weeks"]))
    if item.need.start.frequency == "month":
        return months_of(weeks, item.calendar)
    return weeks, np.eye(len(weeks))
