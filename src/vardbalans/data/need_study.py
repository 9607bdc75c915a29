"""What the page Behov tells beside the forecast: how good it has been, years ahead, events, judgement's worth.

Made when the balance is run and stored with it, so that no page waits for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vardbalans.data.judgement_run import trials
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.annotations import annotations_of
from vardbalans.data.need_run import years_ahead
from vardbalans.data.results import Results
from vardbalans.data.results.need import Study
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need import LONGEST_YEARS, Trial, YearlyNeed, backtests
from vardbalans.engine.scenario import Outcome

__all__ = ["studies"]


@dataclass(frozen=True)
class _Years:
    """The years ahead of each service; *reason* says why there are none."""

    needs: Mapping[str, YearlyNeed]
    reason: Message | None


def studies(
    store: Path, head: Version, outcome: Outcome, progress: Callable[[float], None] = lambda _done: None
) -> dict[str, Study]:
    """Return what is known of the need of each service of *outcome*, which was made from *head*.

    *progress* is told the share that is done, and may raise to stop.
    """
    lake = Lake(store)
    years = _years(lake, head, outcome)
    annotated = _annotations(lake, head, outcome)
    judged = _trials(store, outcome)
    items, found = outcome.inputs.services, {}
    needs = {item.service.service_id: item.need for item in items}
    tested = backtests(needs, items[0].calendar, seed=outcome.settings.seed, progress=progress) if items else {}
    for item in items:
        name = item.service.service_id
        found[name] = Study(
            tested[name],
            years.needs.get(name),
            years.reason,
            tuple(annotated.get(name, ())),
            tuple(judged.get(name, ())),
        )
    return found


def _years(lake: Lake, head: Version, outcome: Outcome) -> _Years:
    """As many years as the population reaches. A store without one has none, and says what it lacks."""
    draws = outcome.settings.draws
    try:
        found = years_ahead(lake, head, outcome.inputs, LONGEST_YEARS, draws=draws, seed=outcome.settings.seed)
    except BadInput as error:
        return _Years({}, error.message)
    return _Years({need.series_id: need for need in found.needs}, None)


def _annotations(lake: Lake, head: Version, outcome: Outcome) -> dict[str, list[dict[str, Any]]]:
    services = [item.service for item in outcome.inputs.services]
    with lake.connect(head.number) as connection:
        return annotations_of(connection, set(head.tables), services, outcome.inputs.units)


def _trials(store: Path, outcome: Outcome) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in trials(Results(store).all(), outcome.inputs.services):
        found.setdefault(trial.service_id, []).append(trial)
    return found
