"""Capacity on a store: what resources give week by week and why, what sets allow, and what it helps to move."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.findings import note_row
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.unit_tree import units_below
from vardbalans.engine import capacity
from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.capacity import Available, MovedTime
from vardbalans.engine.catalogue import Recipe, value_on
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import Inputs, ResourceInput, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.scenario import Outcome, Settings, run
from vardbalans.engine.units import Floats

__all__ = ["availability", "availability_of", "expected_outcome", "moved_time", "resource_of", "shifted_tasks"]

Row = dict[str, Any]


def availability(
    store: Path, unit: str | None, *, weeks: int = 52, year: int | None = None, draws: int = 1000, seed: int = 1
) -> Row:
    """Return the document of what every resource of *unit* gives in each week, part by part, and what sets allow.

    The same draws as the balance's. What a resource lacks is a finding; raises MissingFactor where none can be told.
    """
    lake = Lake(store)
    return availability_of(load(lake, lake.required_head(), weeks=weeks, year=year), unit, draws=draws, seed=seed)


def availability_of(inputs: Inputs, unit: str | None = None, *, draws: int = 1000, seed: int = 1) -> Row:
    """Return the same document for *inputs*."""
    below = units_below(inputs.units, unit) if unit else None
    given: dict[str, Available] = {}
    missing: list[Message] = []
    for item in inputs.resources:
        name = item.resource.resource_id
        try:
            given[name] = capacity.available(item, inputs.weeks, draws, stream(seed, "resource", name))
        except MissingFactor as error:
            missing += error.missing
    shown = [item for item in inputs.resources if _within(below, item.resource.unit_id)]
    if not any(item.resource.resource_id in given for item in shown):
        raise MissingFactor(missing or [Message("resurser i enheten")])
    return {
        **_head(inputs),
        "unit_id": unit,
        "draws": draws,
        "seed": seed,
        "rows": [
            row
            for item in shown
            if (found := given.get(item.resource.resource_id)) is not None
            for row in _rows(item, found, inputs)
        ],
        "sets": _sets(inputs, below, given),
        "findings": [note_row(what, "missing_factor", "warning") for what in missing],
    }


def _head(inputs: Inputs) -> Row:
    return {
        "version": inputs.version,
        "fingerprint": inputs.fingerprint,
        "as_of": inputs.as_of.isoformat(),
        "weeks": [str(week) for week in inputs.weeks],
    }


def _within(below: Collection[str] | None, unit_id: str) -> bool:
    return below is None or unit_id in below


def _rows(item: ResourceInput, found: Available, inputs: Inputs) -> list[Row]:
    low, high = np.quantile(found.draws, (0.05, 0.95), axis=0)
    norms = _norm(item, found, inputs)
    return [
        {
            "unit_id": item.resource.unit_id,
            "resource_id": item.resource.resource_id,
            "resource_name": item.resource.name,
            "kind": item.resource.kind,
            "shift_minutes": item.resource.shift_minutes,
            "week": str(week),
            "available_minutes": float(found.mean[index]),
            "available_q05": float(low[index]),
            "available_q95": float(high[index]),
            "parts": {part.code: float(part.minutes[index]) for part in found.parts},
            "sources": {part.code: part.source.as_dict() for part in found.parts},
            "inputs": {name: float(values[index]) for name, values in found.inputs.items()},
            "norm": norms[index],
        }
        for index, week in enumerate(inputs.weeks)
    ]


def _norm(item: ResourceInput, found: Available, inputs: Inputs) -> list[float | None]:
    """Return what the norm in force amounts to in each week: norm · posts · share of the week at work."""
    if item.staffing is None:
        return [None] * len(inputs.weeks)
    at_work = found.inputs["working_days"] / 5 * (1 - found.inputs["absence"])
    held = [value_on(item.norms, week.start) for week in inputs.weeks]
    return [
        None if norm is None else capacity.norm_production(norm, float(posts), float(share))
        for norm, posts, share in zip(held, found.inputs["fte"], at_work, strict=True)
    ]


def _sets(inputs: Inputs, below: Collection[str] | None, given: Mapping[str, Available]) -> list[Row]:
    """Return what each service could do with each of its sets, had it all of the set's time to itself."""
    by_id = {item.resource.resource_id: item for item in inputs.resources}
    by_day = {
        name: found.mean[:, None] * capacity.shares_by_day(by_id[name], inputs.weeks) for name, found in given.items()
    }
    names = {(row.service_id, row.set_id): row.name for row in inputs.resource_sets}
    ordinary: dict[tuple[str, str], list[Recipe]] = {}
    for recipe in capacity.recipes_in_force(inputs):
        ordinary.setdefault((recipe.service_id, ""), []).append(recipe)
    services = {item.service.service_id: item for item in inputs.services}
    rows = []
    for (service_id, set_id), recipes in sorted((ordinary | capacity.alternative_sets(inputs)).items()):
        item = services.get(service_id)
        if item is None or not _within(below, item.service.unit_id):
            continue
        if any(recipe.resource_id not in given for recipe in recipes):
            continue
        minutes = _minutes_of(item, recipes, inputs)
        doable, binding = _doable(recipes, minutes, given, by_day)
        rows.append(
            {
                "service_id": service_id,
                "service_name": item.service.name,
                "set_id": set_id,
                "set_name": names.get((service_id, set_id), set_id),
                "unit_id": item.service.unit_id,
                "minutes": minutes,
                "doable": [float(value) for value in doable],
                "binding": list(binding),
            }
        )
    return rows


def _doable(
    recipes: Sequence[Recipe],
    minutes: Mapping[str, float],
    given: Mapping[str, Available],
    by_day: Mapping[str, Floats],
) -> tuple[Floats, tuple[str, ...]]:
    """A stay takes its set over many days; anything else takes all of it on one and the same day."""
    if any(recipe.per == "day" for recipe in recipes):
        return capacity.doable(minutes, {name: given[name].mean for name in minutes})
    return capacity.doable_by_day(minutes, {name: by_day[name] for name in minutes})


def _minutes_of(item: ServiceInput, recipes: Sequence[Recipe], inputs: Inputs) -> dict[str, float]:
    """Return resource → the minutes of it that one activity takes."""
    minutes: dict[str, float] = {}
    for recipe in recipes:
        each = capacity.minutes_each(recipe, item, inputs)
        minutes[recipe.resource_id] = minutes.get(recipe.resource_id, 0.0) + each
    return minutes


def expected_outcome(store: Path, weeks: int, seed: int) -> Outcome:
    """Return the run of the store's newest data for its expectations: one draw."""
    lake = Lake(store)
    return run(load(lake, lake.required_head(), weeks=weeks), Settings(1, seed))


def resource_of(outcome: Outcome, resource_id: str) -> ResourceBalance:
    """Return the balance of a resource that is counted in minutes. Raises BadInput where there is none."""
    for row in outcome.resources:
        if row.resource.resource_id == resource_id and row.measure == "minutes":
            return row
    raise BadInput(Message("Resursen {id} finns inte, eller används inte av någon vårdtjänst.", id=resource_id))


def shifted_tasks(
    store: Path, giver: str, receiver: str, share: float, efficiency: float, *, weeks: int = 52, seed: int = 1
) -> Row:
    """Return the document of handing over tasks from one resource to another, as much as helps and no more.

    At most *share* of what is required of the giver may be done by the other.
    """
    outcome = expected_outcome(store, weeks, seed)
    one, other = resource_of(outcome, giver), resource_of(outcome, receiver)
    found = capacity.shift_tasks(one.balance, other.balance, share * one.required, efficiency)
    return {
        **_head(outcome.inputs),
        "from": giver,
        "to": receiver,
        "share": share,
        "efficiency": efficiency,
        "moved_minutes": float(found.moved.sum()),
        "taken_minutes": float(found.taken.sum()),
        "by_efficiency_minutes": found.by_efficiency,
        "rows": [
            {
                "week": str(week),
                "moved": float(found.moved[index]),
                "taken": float(found.taken[index]),
                "from_before": float(found.giver_before[index]),
                "from_after": float(found.giver_after[index]),
                "to_before": float(found.receiver_before[index]),
                "to_after": float(found.receiver_after[index]),
            }
            for index, week in enumerate(outcome.inputs.weeks)
        ],
        "findings": [],
    }


def moved_time(
    store: Path, resource_id: str, window: int, *, by_day: bool = False, weeks: int = 52, seed: int = 1
) -> Row:
    """Return the document of moving the resource's movable non-clinical time out of its peaks.

    *window* is in weeks, or in days with *by_day*; then the required time of a week is even over its working days.
    """
    outcome = expected_outcome(store, weeks, seed)
    row, inputs = resource_of(outcome, resource_id), outcome.inputs
    item = next(item for item in inputs.resources if item.resource.resource_id == resource_id)
    if item.staffing is None:
        raise BadInput(
            Message("{name} är ingen personalgrupp; bara personals tid kan flyttas.", name=row.resource.name)
        )
    there = (item.staffing.fte * (1 - row.available.inputs["absence"]))[:, None]
    movable = capacity.non_clinical_by_day(item, inputs.weeks)[1] * there
    worth = row.available.inputs["utilisation"]
    if by_day:
        works = np.array([[item.calendar.is_working(day) for day in week.days] for week in inputs.weeks])
        days = works / np.maximum(works.sum(axis=1, keepdims=True), 1)
        balance = (
            row.available.mean[:, None] * capacity.shares_by_day(item, inputs.weeks) - row.required[:, None] * days
        )
        found = capacity.move_time(balance.ravel(), movable.ravel(), window, np.repeat(worth, 7))
        labels = [day.isoformat() for week in inputs.weeks for day in week.days]
    else:
        found = capacity.move_time(row.balance, movable.sum(axis=1), window, worth)
        labels = [str(week) for week in inputs.weeks]
    return {**_head(inputs), "resource_id": resource_id, "window": window, **_moved(found, labels), "findings": []}


def _moved(found: MovedTime, labels: Sequence[str]) -> Row:
    return {
        "short_before": found.short_before,
        "short_after": found.short_after,
        "gain_minutes": found.gain,
        "moves": [
            {"from": labels[move.origin], "to": labels[move.target], "minutes": move.minutes} for move in found.moves
        ],
        "rows": [
            {"period": label, "before": float(before), "after": float(after)}
            for label, before, after in zip(labels, found.before, found.after, strict=True)
            if before != after
        ],
    }
