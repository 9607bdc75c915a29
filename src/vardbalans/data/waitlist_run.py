"""The waiting lists ahead on a store: load the head version, project, and tell it as plain rows."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vardbalans.data.findings import note_row
from vardbalans.data.forecast_run import series_document
from vardbalans.data.lake import Lake
from vardbalans.data.load import load
from vardbalans.data.load.rules import small_numbers_on
from vardbalans.data.load.waiting import starts_of
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.messages import Message
from vardbalans.engine.need import Outlook
from vardbalans.engine.periods import Period
from vardbalans.engine.projection import ListsAhead, ListStart, Question, lists_ahead, queues_ahead
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.lists import Capacity
from vardbalans.engine.waitlist.needed import Needed
from vardbalans.engine.waitlist.run import ListProjection, Population, Spread, Within
from vardbalans.engine.waitlist.start import Held
from vardbalans.engine.waitlist.waits import protected

__all__ = ["Projected", "document", "project_lists"]

Row = dict[str, Any]
BY_WEEKS = 26
_THREADS = 2
_LEVELS = {"q05": 0.05, "q50": 0.5, "q95": 0.95}


@dataclass(frozen=True, eq=False)
class Projected:
    """What is known of the lists asked for: *lists* ahead (None: nobody's wait is known), and the others' *totals*.

    How fewer than *below* people have waited is not told. How many wait on a whole list is a figure of production, told
    as it is inside the region; *outside* it, nothing is of a list of fewer.
    """

    inputs: Inputs
    question: Question
    lists: ListsAhead | None
    totals: tuple[Outlook, ...]
    below: int = 0
    outside: bool = False


def project_lists(
    store: Path,
    question: Question,
    *,
    weeks: int = 52,
    by: str | None = None,
    unit: str | None = None,
    service: str | None = None,
    outside: bool = False,
) -> Projected:
    """Project the lists of the store's newest data; *unit* and *service* choose which are asked for.

    All lists are always simulated together, so that a list's figures are the same whoever asks. *by* is the ISO week
    in which the wanted share is to be within its limit (the 26th unless said), and goes before that of *question*.
    Raises BadInput for an empty store, or an unknown unit, service or week.
    """
    lake = Lake(store)
    head = lake.required_head()
    inputs = load(lake, head, weeks=weeks)
    question = replace(question, by=_place(by, inputs.weeks))
    below = units_below(inputs.units, unit) if unit else None
    asked = {
        item.service.service_id
        for item in inputs.services
        if (below is None or item.service.unit_id in below) and service in (None, item.service.service_id)
    }
    if service is not None and not asked:
        raise BadInput(Message("Vårdtjänsten {service} finns inte där.", service=service))
    starts = starts_of(lake, head, inputs)
    listed = {
        item.service.service_id
        for item in inputs.services
        if item.service.service_id in asked and item.waiting_list is not None
    }
    if not listed:
        raise BadInput(Message("Ingen väntelista med kända väntande att räkna på."))
    lists = None
    started = {item.service.service_id for name in starts for item in inputs.lists[name]}
    if listed & started:
        with ThreadPoolExecutor(_THREADS) as executor:
            lists = lists_ahead(inputs, starts, question, asked=asked, executor=executor)
    with closing(lake.connect(head.number)) as connection:
        limits = small_numbers_on(connection, set(head.tables), inputs.as_of)
    fewest = limits["outside" if outside else "inside"]
    return Projected(inputs, question, lists, queues_ahead(inputs, listed - started), fewest, outside)


def _place(by: str | None, weeks: tuple[Period, ...]) -> int:
    if by is None:
        return min(BY_WEEKS, len(weeks)) - 1
    names = [str(week) for week in weeks]
    if by not in names:
        raise BadInput(
            Message("Vecka {by} är ingen av veckorna {first} till {last}.", by=by, first=names[0], last=names[-1])
        )
    return names.index(by)


def document(found: Projected) -> Row:
    """Return the projection as one JSON document: the lists asked for as one, and each by itself.

    ``totals`` are lists of which only the number waiting is known, in their own periods; they are in no other sum.
    """
    hidden = _hidden(found)
    notes = [*found.inputs.notes, *(found.lists.notes if found.lists else ())]
    notes += [
        Message("{service}: listan är för kort för att visas utanför regionen, eller avslöjar en sådan", service=name)
        for name in hidden.values()
    ]
    return {
        "version": found.inputs.version,
        "seed": found.question.seed,
        "draws": found.question.draws,
        "as_of": found.inputs.as_of.isoformat(),
        "share": found.question.share,
        "below": found.below,
        **(_together(found.lists, hidden, found.below) if found.lists else _NOBODY),
        "totals": [series_document(outlook) for outlook in found.totals if outlook.series_id not in hidden],
        "findings": [note_row(note, "note", "note") for note in notes],
    }


_NOBODY: Row = {
    "opening": None,
    "weeks": [],
    "within_guarantee_week": None,
    "within_guarantee_weeks": None,
    "production_needed": None,
    "lists": [],
}


def _hidden(found: Projected) -> dict[str, str]:
    """Return list id → name of those that nothing is told of: too short outside the region, or telling of one."""
    if not found.outside:
        return {}
    lists = list(found.lists.asked) if found.lists else []
    names = [*lists, *(outlook.series_id for outlook in found.totals)]
    queues = {item.service.service_id: item for item in found.inputs.services}
    people = [sum(each.waiting_list.queue for each in found.inputs.lists[name] if each.waiting_list) for name in lists]
    people += [state.queue for name in names[len(lists) :] if (state := queues[name].waiting_list)]
    quiet = protected([round(count) for count in people], found.below)
    return {name: queues[name].service.name for place, name in enumerate(names) if place in quiet}


def _together(ahead: ListsAhead, hidden: Collection[str], below: int) -> Row:
    together, steps = ahead.projection.together, ahead.steps
    flows = [ahead.projection.lists[name].flows for name in ahead.asked]
    total = {part: np.sum([row[part] for row in flows], axis=0) for part in flows[0]}
    return {
        "opening": sum(int(ahead.projection.lists[name].item.waiting.sum()) for name in ahead.asked),
        f"{steps[0].frequency}s": [
            {
                step.frequency: str(step),
                "queue": _at(together.queue, n),
                "share_within": _at(together.share_within, n),
                "chance_within": _chance(together.within, n),
                **{part: _number(values[n]) for part, values in total.items()},
            }
            for n, step in enumerate(steps)
        ],
        **_reached(together.within, steps),
        "production_needed": _needed(ahead.needed_together(), steps),
        "lists": [_list(ahead, name, below) for name in ahead.asked if name not in hidden],
    }


def _list(ahead: ListsAhead, name: str, below: int) -> Row:
    found, start, steps = ahead.projection.lists[name], ahead.starts[name], ahead.steps
    members = ahead.inputs.lists[name]
    service = members[0].service
    return {
        "service_id": name,
        "service_name": service.name,
        "unit_id": service.unit_id,
        "limit_days": found.item.limit_days,
        "shared_list": service.shared_list or None,
        "services": [item.service.service_id for item in members],
        "capacities": [_site(row, found.treated_at[row.name]) for row in found.item.capacities],
        "limits": [_held(row, below) for row in start.held],
        "opening": int(found.item.waiting.sum()),
        "classes": [
            {
                "priority": row.name or None,
                "name": row.label or None,
                "share": _number(row.share),
                "tier": row.tier,
                "target_days": row.target_days,
            }
            for row in found.item.classes
        ],
        "calibration": _calibration(start),
        f"{steps[0].frequency}s": [_list_step(found, n, step) for n, step in enumerate(steps)],
        **_reached(found.within, steps),
        "production_needed": _needed(ahead.needed.get(name), steps),
        "steps": [found.queue_figure(len(steps) - 1).as_dict()]
        + ([ahead.needed[name].figure().as_dict()] if name in ahead.needed else []),
    }


def _site(row: Capacity, treated: Floats) -> Row:
    """Return how many are treated at one site in all the weeks, and what that costs where a contract says."""
    people = float(treated.sum())
    return {
        "name": row.name,
        "external": row.external,
        "price_ore": row.price_ore,
        "treated": _number(people),
        "cost_ore": None if row.price_ore is None else round(people * row.price_ore),
    }


def _held(row: Held, below: int) -> Row:
    """Return how those who wait stand against one limit when the weeks begin; nothing of fewer than *below*."""
    told = not 0 < row.people < below
    return {
        "measure": row.limit.measure,
        "days": row.limit.days,
        "start": row.limit.start,
        "source": row.limit.source,
        **({"n": row.people, "not_begun": row.not_begun} if told and not 0 < row.not_begun < below else _UNTOLD),
        "share_within": _known(row.share_within) if told else None,
        "median_days": _known(row.median_days) if told else None,
        "p90_days": _known(row.p90_days) if told else None,
    }


_UNTOLD: Row = {"n": None, "not_begun": None}


def _calibration(start: ListStart) -> Row | None:
    """Return how the list moves, and what following it by that has missed by; None where nothing tells."""
    moves, trial = start.calibration, start.trial
    if moves is None:
        return None
    return {
        "in_order": _number(moves.in_order),
        "in_order_error": _number(moves.in_order_error),
        "removal_by_weeks_waited": [_number(value) for value in moves.hazard[:53]],
        "removed": moves.removed,
        "treated": moves.treated,
        "backtest": None if trial is None else {name: _number(value) for name, value in vars(trial).items()},
    }


def _list_step(found: ListProjection, n: int, step: Period) -> Row:
    return {
        step.frequency: str(step),
        "queue": _at(found.queue, n),
        "share_within": _at(found.waiting.share_within, n),
        "chance_within": _chance(found.within, n),
        **{part: _number(values[n]) for part, values in found.flows.items()},
        "waiting": _population(found.waiting, n),
        "treated_waits": _population(found.treated, n),
    }


def _population(found: Population, n: int) -> Row:
    return {
        "share_within": _at(found.share_within, n),
        "median_days": _at(found.median_days, n),
        "p90_days": _at(found.p90_days, n),
    }


def _needed(found: Needed | None, steps: tuple[Period, ...]) -> Row | None:
    """Return treated people per ordinary week: until the date, and its steady and relief parts."""
    if found is None:
        return None
    cost = found.cost_ore()
    return {
        f"by_{steps[0].frequency}": str(steps[found.by]),
        "per_week": _spread(found.until),
        "hold_per_week": _spread(found.hold),
        "relief_per_week": _spread(found.relief),
        "relief_ore": cost and round(cost[0]),
        "steady_ore_per_week": cost and round(cost[1]),
    }


def _spread(draws: Floats) -> Row:
    return {"mean": _number(draws.mean()), **{key: _number(np.quantile(draws, at)) for key, at in _LEVELS.items()}}


def _at(spread: Spread | None, n: int) -> Row | None:
    """Return a figure's spread in week *n*; None where there is nobody to tell of."""
    if spread is None or np.isnan(spread.mean[n]):
        return None
    return {name: _number(getattr(spread, name)[n]) for name in ("mean", *_LEVELS)}


def _chance(within: Within | None, n: int) -> float | None:
    return None if within is None else _number(within.chance[n])


def _reached(within: Within | None, steps: tuple[Period, ...]) -> Row:
    """Return the step in which it is reached, and its interval."""
    kind = f"within_guarantee_{steps[0].frequency}"
    return {kind: _step(within, steps, 0.5), f"{kind}s": _interval(within, steps)}


def _step(within: Within | None, steps: tuple[Period, ...], level: float) -> str | None:
    place = None if within is None else within.at(level)
    return None if place is None else str(steps[place])


def _interval(within: Within | None, steps: tuple[Period, ...]) -> Row | None:
    """Return the steps by which so many draws are within the limit, and in how many it is reached at all."""
    if within is None:
        return None
    chance = float((within.reached < len(steps)).mean())
    return {**{key: _step(within, steps, at) for key, at in _LEVELS.items()}, "chance": _number(chance)}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else _number(value)


def _number(value: Any) -> float:
    return round(float(value), 6)
