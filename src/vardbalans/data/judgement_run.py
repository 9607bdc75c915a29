"""What planners' adjustments were worth: every stored run's changes against what came."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.results import Results, StoredResult
from vardbalans.engine.inputs import Series
from vardbalans.engine.need import FEW_PERIODS, Trial, value_added
from vardbalans.engine.periods import Period

__all__ = ["run_judgement", "trials"]


def run_judgement(store: Path) -> dict[str, Any]:
    """Return the forecast value added per author level, from the store's runs and its newest data. Raises BadInput.

    A week counts once it has an outcome, by the last run made before it. Services counted by month are left out: a
    month's outcome does not tell what came in its weeks.
    """
    lake = Lake(store)
    head = lake.required_head()
    needs = {item.service.service_id: item.need for item in load(lake, head).services}
    found = value_added(trials(Results(store).all(), needs))
    return {
        "version": head.number,
        "few_periods": FEW_PERIODS,
        "levels": [{**asdict(level), "verdict": level.verdict} for level in found],
        "findings": [],
    }


def trials(runs: list[StoredResult], needs: Mapping[str, Series]) -> Iterator[Trial]:
    """Yield every adjusted week that has an outcome in *needs* (service id → counts), once per adjustment.

    *runs* stand in the order of the data they were made from, so that the last one before a week is what counts.
    """
    outcomes = {
        (name, str(period)): float(value)
        for name, series in needs.items()
        if series.start.frequency == "week"
        for period, value in zip(series.periods, series.values, strict=True)
    }
    last = {week: run for run in runs for week in run.meta["weeks"]}
    for run in runs:
        for row in run.services() if run.adjusted else ():
            for change in row["adjustments"]:
                for week, before, after in zip(run.meta["weeks"], change["before"], change["after"], strict=True):
                    place = row["service_id"], week
                    if before != after and place in outcomes and last[week] is run:
                        yield Trial(
                            change["author_level"], place[0], Period.parse(week), before, after, outcomes[place]
                        )
