"""The waiting lists of a run as a table that a page reads by itself: one row per list, plain columns for the overview.

What only a list's own page shows lies in columns of JSON (:data:`LIST_DETAILS`), which other pages never read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.engine.inputs import ListState, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need import LEVELS, Outlook
from vardbalans.engine.projection import ListStart
from vardbalans.engine.scenario import Outcome
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.formula import identity
from vardbalans.engine.waitlist.needed import Needed
from vardbalans.engine.waitlist.run import ListProjection, Spread

__all__ = [
    "LIST_DETAILS",
    "ListStudy",
    "SharedList",
    "WaitsTold",
    "shared_id",
    "waits_table",
]

LIST_DETAILS = (
    "history",
    "weeks",
    "waits",
    "intervals",
    "limits",
    "sites",
    "needed",
    "calibration",
    "sources",
    "ahead_reason",
    "shared",
)
_SHOWN = {"week": 156, "month": 36}
_SPARK = {"week": 26, "month": 6}
_LEVELS = {"q05": 0.05, "q50": 0.5, "q95": 0.95}
_FLOWS = ("referred", "induced", "moved_in", "treated", "removed")

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ListStudy:
    """What is known of one list beside its account: how long people wait, and where it goes.

    *waits* and *intervals* are rows of :func:`~vardbalans.data.waits_run.waits_of`; *sites* how many wait at each of
    several units. *ahead* follows each who waits; *total* is how many will, where no more is known, and *reason* says
    why. *needed* is the production it takes by each of some dates.
    """

    waits: tuple[Row, ...] = ()
    intervals: tuple[Row, ...] = ()
    sites: tuple[Row, ...] = ()
    ahead: ListProjection | None = None
    total: Outlook | None = None
    start: ListStart | None = None
    needed: tuple[Needed, ...] = ()
    reason: Message | None = None


@dataclass(frozen=True, eq=False)
class SharedList:
    """A list that the services *members* share: its account *state*, and the *unit_id* that it is told under."""

    members: tuple[ServiceInput, ...]
    state: ListState
    unit_id: str


def shared_id(list_id: str) -> str:
    """Return what the list *list_id* is called beside its services, of which the first has that id."""
    return f"shared:{list_id}"


@dataclass(frozen=True, eq=False)
class WaitsTold:
    """The lists of a run by service id, and what holds for all: the limits used, from when the treated are counted,
    and the smallest count that is told. *shared* are the lists that several services have together, by
    :func:`shared_id`.
    """

    lists: Mapping[str, ListStudy]
    limits: tuple[Row, ...] = ()
    treated_since: date | None = None
    below: int = 0
    shared: Mapping[str, SharedList] = field(default_factory=dict)


_WAYS = ("n", "median", "p90", "within", "without", "law")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("unit_id", "service_id", "service_name", "kind", "frequency", "measure")),
        *((name, pa.string()) for name in ("as_of", "treated_since", "within_week", "within_low", "within_high")),
        ("breaks_week", pa.string()),
        ("is_shared", pa.bool_()),
        ("shares", pa.bool_()),
        *((name, pa.int64()) for name in ("limit_days", "below")),
        *(
            (name, pa.float64())
            for name in (
                "queue",
                "change",
                "reached",
                "treated_per_week",
                *(f"{part}_{way}" for part in ("waiting", "treated") for way in _WAYS),
            )
        ),
        ("past", pa.list_(pa.float64())),
        ("ahead", pa.list_(pa.float64())),
        *((name, pa.string()) for name in LIST_DETAILS),
    ]
)


def waits_table(outcome: Outcome, told: WaitsTold) -> pa.Table:
    """Return every service of *outcome* that has a list, with what *told* knows of it."""
    rows = [
        _row(row.item, row.item.waiting_list, told, outcome)
        for row in outcome.services
        if row.item.waiting_list is not None
    ]
    for name, each in told.shared.items():
        first = each.members[0]
        service = replace(
            first.service, service_id=name, name=first.service.shared_list, unit_id=each.unit_id, shared_list=""
        )
        rows.append(_row(replace(first, service=service), each.state, told, outcome))
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(item: ServiceInput, state: ListState, told: WaitsTold, outcome: Outcome) -> Row:
    service = item.service
    study = told.lists.get(service.service_id, ListStudy())
    frequency = state.waiting.start.frequency
    history = list(_history(state))[-_SHOWN[frequency] :]
    weeks = [str(week) for week in outcome.inputs.weeks]
    whole = [each for each in study.waits if each["dimension"] == "all"]
    measure = _strictest(whole, told.limits)
    ahead = list(_ahead(study, weeks))
    details = {
        "history": history,
        "weeks": ahead,
        "waits": study.waits,
        "intervals": study.intervals,
        "limits": [limit for limit in told.limits if limit["measure"] in {each["measure"] for each in whole}],
        "sites": study.sites,
        "needed": [_needed(each, weeks) for each in study.needed],
        "calibration": _calibration(study.start),
        "sources": {
            "queue": state.queue_rows.table,
            "inflow": state.inflow.source.table,
            "treated": state.treated.source.table,
        },
        "ahead_reason": _said(study.reason),
        "shared": _shared(service.service_id, told.shared),
    }
    return {
        "unit_id": service.unit_id,
        "service_id": service.service_id,
        "service_name": service.name,
        "kind": service.kind,
        "frequency": frequency,
        "is_shared": service.service_id in told.shared,
        "shares": any(item in each.members for each in told.shared.values()),
        "measure": measure,
        "as_of": (state.waiting.end - timedelta(1)).isoformat(),
        "treated_since": told.treated_since.isoformat() if told.treated_since and not _by_band(study) else None,
        "limit_days": None if item.limit_days is None else round(item.limit_days),
        "below": told.below,
        "queue": state.queue,
        "change": _change(state),
        "treated_per_week": _number(float(state.treated.last(state.year).mean()) * state.per_week),
        **_reached(study.ahead, weeks),
        **_population("waiting", whole, measure),
        **_population("treated", whole, measure),
        "past": [each["closing"] for each in history[-_SPARK[frequency] :]],
        "ahead": [each["queue"]["mean"] for each in ahead],
        **{name: json.dumps(value, ensure_ascii=False) for name, value in details.items()},
    }


def _by_band(study: ListStudy) -> bool:
    """Tell whether the waits are those of a summed list, which knows neither the treated nor any division of people."""
    return bool(study.waits) and all(each["dimension"] == "all" for each in study.waits)


def _shared(name: str, shared: Mapping[str, SharedList]) -> Row | None:
    """Return the services that share the list *name*, or the list that the service *name* shares; None for neither."""
    if name in shared:
        services = [
            {
                "service_id": each.service.service_id,
                "unit_id": each.service.unit_id,
                "service_name": each.service.name,
                "queue": each.waiting_list.queue,
            }
            for each in shared[name].members
            if each.waiting_list is not None
        ]
        return {"services": services, "list": None}
    for list_id, each in shared.items():
        if name in {item.service.service_id for item in each.members}:
            return {"services": [], "list": {"service_id": list_id, "unit_id": each.unit_id}}
    return None


def _history(state: ListState) -> Iterator[Row]:
    for line in identity(state):
        yield {
            "period": str(line.period),
            **{
                name: getattr(line, name) for name in ("opening", "inflow", "treated", "removed", "residual", "closing")
            },
        }


def _change(state: ListState) -> float | None:
    """Return how much longer the list is than a year before, as a share; None where that is not known."""
    if len(state.waiting.values) <= state.year:
        return None
    before = float(state.waiting.values[-1 - state.year])
    return _number(state.queue / before - 1) if before > 0 else None


def _strictest(rows: Sequence[Row], limits: Sequence[Row]) -> str | None:
    """Return the measure with the fewest days; one without a limit only where there is no other."""
    days = {limit["measure"]: limit["days"] for limit in sorted(limits, key=lambda limit: limit["valid_from"] or "")}
    measures = sorted({row["measure"] for row in rows})
    return min(measures, key=lambda name: (days.get(name) is None, days.get(name) or 0), default=None)


def _population(part: str, rows: Sequence[Row], measure: str | None) -> Row:
    found = next((row for row in rows if (row["part"], row["measure"]) == (part, measure)), None)
    if found is None:
        return {}
    whole, without, law = found["included"], found["excluded"], found["law"]
    return {
        f"{part}_n": whole["n"],
        f"{part}_median": whole["median_days"],
        f"{part}_p90": whole["p90_days"],
        f"{part}_within": whole["within"],
        f"{part}_without": without["within"],
        f"{part}_law": law["within"],
    }


# Ahead


def _reached(ahead: ListProjection | None, weeks: Sequence[str]) -> Row:
    """Return the week in which the list is within its limit, its interval, and in what share of the draws it is at all.

    A list that is there from the start may leave it: *breaks_week* is the first week in which that is the likelier.
    """
    if ahead is None or ahead.within is None:
        return {}
    places = {name: ahead.within.at(level) for name, level in _LEVELS.items()}
    middle = places["q50"]
    unlikely = np.flatnonzero(ahead.within.chance < 0.5)
    breaks = int(unlikely[0]) if middle == 0 and len(unlikely) else None
    return {
        "within_week": None if middle is None else weeks[middle],
        "within_low": None if places["q05"] is None else weeks[places["q05"]],
        "within_high": None if places["q95"] is None else weeks[places["q95"]],
        "breaks_week": None if breaks is None else weeks[breaks],
        "reached": float((ahead.within.reached < len(weeks)).mean()),
    }


def _ahead(study: ListStudy, weeks: Sequence[str]) -> Iterator[Row]:
    """Yield what is known of each week ahead; of a list known only in total, of each of its own periods."""
    if study.ahead:
        yield from _weeks(study.ahead, weeks)
    elif study.total:
        ends = [study.total.quantiles[LEVELS.index(level)] for level in _LEVELS.values()]
        for n, period in enumerate(study.total.periods):
            queue = {name: _number(values[n]) for name, values in zip(_LEVELS, ends, strict=True)}
            yield {"period": str(period), "queue": {"mean": _number(study.total.mean[n]), **queue}}


def _weeks(ahead: ListProjection, weeks: Sequence[str]) -> Iterator[Row]:
    for n, week in enumerate(weeks):
        yield {
            "period": week,
            "queue": _spread_at(ahead.queue, n),
            **{name: _number(ahead.flows[name][n]) for name in _FLOWS},
            "chance": None if ahead.within is None else _number(ahead.within.chance[n]),
            "waiting_within": _spread_at(ahead.waiting.share_within, n),
            "waiting_median": _spread_at(ahead.waiting.median_days, n),
            "treated_within": _spread_at(ahead.treated.share_within, n),
            "treated_median": _spread_at(ahead.treated.median_days, n),
        }


def _spread_at(spread: Spread | None, n: int) -> Row | None:
    """Return a figure's spread in week *n*; None where there is nobody to tell of."""
    if spread is None or not np.isfinite(spread.mean[n]):
        return None
    return {name: _number(getattr(spread, name)[n]) for name in ("mean", *_LEVELS)}


def _needed(found: Needed, weeks: Sequence[str]) -> Row:
    steady, relief = found.parts()
    cost = found.cost_ore()
    return {
        "by": weeks[found.by],
        "draws": len(found.until),
        "until": _spread(found.until),
        "hold": _spread(found.hold),
        "steady": _number(steady),
        "relief": _number(relief),
        "relief_ore": cost and round(cost[0]),
        "steady_ore": cost and round(cost[1]),
    }


def _spread(draws: Floats) -> Row:
    return {"mean": _number(draws.mean()), **{name: _number(np.quantile(draws, at)) for name, at in _LEVELS.items()}}


def _calibration(start: ListStart | None) -> Row | None:
    """Return how the list has moved, and what following it by that has missed by; None where nothing tells."""
    moves, trial = (start.calibration, start.trial) if start else (None, None)
    if moves is None:
        return None
    tried = {name: _number(value) for name, value in vars(trial).items()} if trial else None
    return {"in_order": _number(moves.in_order), "removed": moves.removed, "treated": moves.treated, "trial": tried}


def _said(message: Message | None) -> Row | None:
    """Return a sentence as its template and values, which a page looks up in the reader's language."""
    return message.as_dict() if message else None


def _number(value: Any) -> float:
    return round(float(value), 4)
