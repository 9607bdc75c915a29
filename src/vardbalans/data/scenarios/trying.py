"""What if: one measure of the library tried on a store's newest data, without a file; also work that moves."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from vardbalans.data.scenarios.file import Scenario
from vardbalans.data.scenarios.library import levers
from vardbalans.data.scenarios.running import Known, ScenarioRun, known_measures, run_known
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import Interval, Measure, linked, received
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, Settings, run

__all__ = ["Trial", "try_measure"]

_MOVES = ("need", "activities", "minutes")


@dataclass(frozen=True)
class Trial:
    """One measure to try: *lever* of the library on *target* (a service, resource or unit), from *starts* (None: now).

    *effect* is a factor, or with *is_number* a number added. With *moved_to*, another service, what the effect takes
    away comes there: as many people, activities or minutes of staff.
    """

    lever: str
    target: str
    effect: Interval
    is_number: bool = False
    starts: date | None = None
    moved_to: str = ""


def try_measure(
    store: Path, trial: Trial, settings: Settings, *, weeks: int = 52, unit: str | None = None
) -> ScenarioRun:
    """Run the trial and compare it with the baseline. Raises BadInput for what is not there or cannot move."""
    known = known_measures(store, weeks=weeks)
    lever = levers().get(trial.lever)
    if lever is None:
        raise BadInput(Message("{lever} finns inte i biblioteket. Se measures library.", lever=trial.lever))
    baseline = run(known.inputs, settings)
    service, resource = _place(known, trial.target)
    measure = Measure(
        lever.id,
        lever.name,
        trial.target if trial.target in known.inputs.units else "",
        lever.parameter,
        trial.starts or known.inputs.weeks[0].start,
        None if trial.is_number else trial.effect,
        trial.effect if trial.is_number else None,
        service,
        resource,
        table="scenario",
    )
    parts = (measure, _receiving(measure, trial, known, baseline)) if trial.moved_to else (measure,)
    return run_known(known, Scenario(lever.name, linked(parts)), baseline, unit)


def _place(known: Known, target: str) -> tuple[str, str]:
    """Return *target* as a service's id or a resource's, both empty for a unit. Raises BadInput for another."""
    if any(item.service.service_id == target for item in known.inputs.services):
        return target, ""
    if any(item.resource.resource_id == target for item in known.inputs.resources):
        return "", target
    if target not in known.inputs.units:
        raise BadInput(Message("{target} är varken vårdtjänst, resurs eller enhet i data.", target=target))
    return "", ""


def _receiving(measure: Measure, trial: Trial, known: Known, baseline: Outcome) -> Measure:
    """Return the part that receives: as many activities as leave the service, as the baseline has them."""
    service, _ = _place(known, trial.moved_to)
    if measure.factor is None or measure.factor.high > 1 or measure.parameter not in _MOVES:
        raise BadInput(Message("Bara behov, aktiviteter och minuter som minskar kan flyttas någon annanstans."))
    if not (measure.service_id and service):
        raise BadInput(Message("Arbete flyttas från en vårdtjänst till en annan. Ange två vårdtjänster."))
    leaving, there = (_amount(baseline, name, measure) for name in (measure.service_id, trial.moved_to))
    moved = Interval(1 - measure.factor.expected, 1 - measure.factor.high, 1 - measure.factor.low)
    return replace(
        measure,
        measure_id=f"{measure.measure_id}:{trial.moved_to}",
        service_id=trial.moved_to,
        factor=received(moved, leaving, there),
        part_of=measure.measure_id,
    )


def _amount(outcome: Outcome, service_id: str, measure: Measure) -> float:
    """Return what the measure multiplies of a service over the weeks: people, slots, or minutes of staff."""
    row = outcome.service(service_id)
    if measure.parameter == "need":
        return float(row.forecast.mean.sum())
    if measure.parameter == "activities":
        return float(row.demand.mean.sum())
    return float(
        sum(
            part.amount.sum()
            for balance in outcome.resources
            if balance.resource.kind == "staff"
            for part in balance.parts
            if part.service_id == service_id
        )
    )
