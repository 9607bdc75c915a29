"""Planned starts placed so that the load is as even as it can be: over a week, a day or several weeks, whole numbers.

What is planned and what is not meet in the same beds and rooms. The unplanned load of each slot of a cycle (a weekday,
an hour) is what it is; each start adds its curve from its slot on, around the cycle. The number of starts of each kind
is kept; where they stand is chosen: first the lowest peak of load over capacity, then, at that peak, the least sum of
deviations from the mean. Both are mixed-integer programmes; the mean of the load does not depend on the choice, for all
starts are made.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.messages import Message
from vardbalans.engine.solving import Expression, Limits, Programme, Solved, Status
from vardbalans.engine.units import Floats

__all__ = ["Flow", "Held", "Level", "Levelled", "Load", "level", "loads", "stay_curve"]

_NOTHING = 1e-6
_Placed = Mapping[str, Sequence[Expression]]


@dataclass(frozen=True, eq=False)
class Flow:
    """One kind of planned start: how many stand in each slot today, *starts* (slots,), whole numbers.

    *curves* is resource → what one start takes of it in its own slot and each after (slots,), around the cycle.
    *allowed* (slots,) says where it may stand; *most* (slots,) how many at most.
    """

    name: str
    starts: np.ndarray
    curves: Mapping[str, Floats]
    allowed: np.ndarray
    most: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Held:
    """One resource: its *unplanned* load and its *capacity* (slots,); with *is_levelled* it is to be even.

    One that is not only holds its capacity.
    """

    resource_id: str
    name: str
    unplanned: Floats
    capacity: Floats
    is_levelled: bool = True


@dataclass(frozen=True)
class Load:
    """How even one resource's load is: the *peak* of load over capacity, its slot, and the coefficient of variation."""

    peak: float
    slot: int
    variation: float
    over: float


@dataclass(frozen=True, eq=False)
class Level:
    """What is to be levelled. All arrays have one place per slot of the cycle."""

    flows: tuple[Flow, ...]
    resources: tuple[Held, ...]

    def __post_init__(self) -> None:
        sizes = {len(row.unplanned) for row in self.resources} | {len(row.starts) for row in self.flows}
        if len(sizes) != 1:
            raise BadInput(Message("Allt som jämnas ut ska ha lika många dagar eller timmar."))
        if any((row.capacity <= 0).any() for row in self.resources if row.is_levelled):
            raise BadInput(Message("Det som ska bli jämnt måste vara öppet hela tiden."))

    @property
    def slots(self) -> int:
        """Return the length of the cycle."""
        return len(self.resources[0].unplanned)


@dataclass(frozen=True, eq=False)
class Levelled:
    """Where the starts stand, flow → (slots,), with each levelled resource's load *before* and *after*.

    *proven* says whether no other choice can be more even. *costs* is limit → what the peak would fall by without it.
    """

    starts: Mapping[str, np.ndarray]
    before: Mapping[str, Load]
    after: Mapping[str, Load]
    proven: bool
    costs: Mapping[str, float] = field(default_factory=dict)


def stay_curve(days: Sequence[float] | Floats, slots: int, *, slots_per_day: int = 1) -> Floats:
    """Return how many of those who start in slot 0 there are in each slot of the cycle, by measured stays in days.

    A stay of 2.5 days fills half of its third slot. One longer than the cycle comes round again: of 8 days in a week,
    one day counts twice. Raises BadInput without stays.
    """
    stays = np.asarray(days, dtype=np.float64) * slots_per_day
    if not len(stays) or (stays < 0).any():
        raise BadInput(Message("Det behövs minst en vårdtid, och ingen kan vara under noll."))
    length = max(slots, int(np.ceil(stays.max())))
    length = -(-length // slots) * slots
    there = np.clip(stays[:, None] - np.arange(length), 0, 1).mean(axis=0)
    found: Floats = there.reshape(-1, slots).sum(axis=0)
    return found


def loads(problem: Level, starts: Mapping[str, np.ndarray]) -> dict[str, Floats]:
    """Return resource → load (slots,): what is unplanned and what *starts* bring."""
    found: dict[str, Floats] = {}
    for resource in problem.resources:
        total = resource.unplanned.astype(np.float64)
        for flow in problem.flows:
            curve = flow.curves.get(resource.resource_id)
            if curve is not None:
                total = total + _around(curve) @ starts[flow.name]
        found[resource.resource_id] = total
    return found


def _around(curve: Floats) -> Floats:
    """Return the matrix that makes starts (slots,) into load (slots,)."""
    places = np.arange(len(curve))
    found: Floats = curve[(places[:, None] - places) % len(curve)]
    return found


def level(problem: Level, limits: Limits) -> Levelled:
    """Return the most even choice. Raises Impossible where the capacities or allowed slots hold too few starts."""
    starts, proven = _solved(problem, limits)
    before, after = (_measured(problem, rows) for rows in (_today(problem), starts))
    highest = max(row.peak for row in after.values())
    costs = {}
    for name, freed in _without_each_limit(problem):
        found, sure = _solved(freed, limits)
        proven = proven and sure
        costs[name] = max(0.0, highest - max(row.peak for row in _measured(freed, found).values()))
    return Levelled(starts, before, after, proven, costs)


def _without_each_limit(problem: Level) -> Sequence[tuple[str, Level]]:
    """Return the problem without one kind of limit at a time, where there is any: slots, numbers, other resources."""
    found = []
    if any(not row.allowed.all() for row in problem.flows):
        anywhere = tuple(replace(row, allowed=np.ones(problem.slots, dtype=bool)) for row in problem.flows)
        found.append(("slots", replace(problem, flows=anywhere)))
    if any(row.most is not None for row in problem.flows):
        found.append(("most", replace(problem, flows=tuple(replace(row, most=None) for row in problem.flows))))
    if any(not row.is_levelled for row in problem.resources):
        found.append(("resources", replace(problem, resources=_levelled(problem.resources))))
    return found


def _levelled(resources: Collection[Held]) -> tuple[Held, ...]:
    return tuple(row for row in resources if row.is_levelled)


def _measured(problem: Level, starts: Mapping[str, np.ndarray]) -> dict[str, Load]:
    found = {}
    carried = loads(problem, starts)
    for resource in _levelled(problem.resources):
        load = carried[resource.resource_id]
        filled = load / resource.capacity
        slot = int(filled.argmax())
        mean = float(load.mean())
        found[resource.resource_id] = Load(
            float(filled[slot]),
            slot,
            float(load.std() / mean) if mean > 0 else 0.0,
            float(np.maximum(load - resource.capacity, 0).sum()),
        )
    return found


def _solved(problem: Level, limits: Limits) -> tuple[dict[str, np.ndarray], bool]:
    """Return the starts of the lowest peak, and among those of the least deviation; and whether both are proven."""
    first, peak, _ = _programme(problem, None, limits)
    lowest = first.value(peak)
    second, _, placed = _programme(problem, lowest, limits)
    starts = {
        name: np.array([round(second.value(variable)) for variable in row], dtype=np.int64)
        for name, row in placed.items()
    }
    return starts, first.status is second.status is Status.BEST


def _programme(problem: Level, peak_at: float | None, limits: Limits) -> tuple[Solved, Expression, _Placed]:
    """Solve for the lowest peak, or for the least deviation at no higher peak than *peak_at*."""
    programme = Programme()
    placed = {flow.name: _places(programme, flow) for flow in problem.flows}
    peak, uneven = programme.number(), 0.0
    means = {name: float(load.mean()) for name, load in loads(problem, _today(problem)).items()}
    for resource in problem.resources:
        carried = _carried(problem, resource, placed)
        for load, capacity in zip(carried, resource.capacity.tolist(), strict=True):
            programme.hold(load - capacity * (peak if resource.is_levelled else 1.0))
        if peak_at is not None and resource.is_levelled:
            mean = means[resource.resource_id]
            for load in carried:
                away = programme.number()
                programme.hold(load - mean - away)
                programme.hold(mean - load - away)
                uneven = uneven + away / max(mean, _NOTHING)
    if peak_at is not None:
        programme.hold(peak - peak_at * (1 + _NOTHING))
    programme.minimise(peak if peak_at is None else uneven)
    solved = programme.solve(limits)
    if not solved.status.has_answer:
        raise Impossible(Message("Starterna får inte plats: dagarna, antalen eller de andra resurserna räcker inte."))
    return solved, peak, placed


def _today(problem: Level) -> dict[str, np.ndarray]:
    return {flow.name: flow.starts for flow in problem.flows}


def _places(programme: Programme, flow: Flow) -> list[Expression]:
    """Return how many starts of *flow* stand in each slot: as many in all as today, none where none is allowed."""
    total = int(flow.starts.sum())
    if not flow.allowed.any():
        if total:
            raise Impossible(Message("{name} får inte läggas någon dag.", name=flow.name))
        return [0.0] * len(flow.allowed)
    row = [programme.number(whole=True) if allowed else 0.0 for allowed in flow.allowed]
    programme.equal(sum(row), total)
    if flow.most is not None:
        for slot in np.flatnonzero(flow.allowed).tolist():
            programme.hold(row[slot] - float(flow.most[slot]))
    return row


def _carried(problem: Level, resource: Held, placed: _Placed) -> list[Expression]:
    """Return the load of *resource* in each slot, as sums of what is placed."""
    name = resource.resource_id
    curves = [(flow, _around(flow.curves[name])) for flow in problem.flows if name in flow.curves]
    return [
        float(resource.unplanned[slot])
        + sum(
            float(around[slot, at]) * placed[flow.name][at]
            for flow, around in curves
            for at in np.flatnonzero(flow.allowed & (around[slot] != 0)).tolist()
        )
        for slot in range(problem.slots)
    ]
