"""THE LISTS AHEAD, in one screen: lists and what leads where in; queues, waits and dates with intervals out.

Every list is followed person by person count: those who come join a cohort, some leave untreated, capacity treats in
order, and the treated are led on to further lists. The bookkeeping is in whole people and exact in every draw and step:
waiting now = waiting before + in − treated − removed. Lists that lead to one another are simulated together, others in
the order of the flow; each has its own random stream, so the order of the lists plays no part.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy

from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure
from vardbalans.engine.messages import Message
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.account import queue_figure
from vardbalans.engine.waitlist.lists import Capacity, Ints, Referral, WaitingList
from vardbalans.engine.waitlist.steps import GUIDED, Group, Here, Onward, simulate

__all__ = ["ListProjection", "Population", "Projection", "Spread", "Together", "Within", "group_of", "project"]

_NO_LIMIT = 1e9
_HELD_DAYS = 28
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Spread:
    """A figure per step (T,): mean and quantiles over the draws; NaN where no draw has anyone to tell of."""

    mean: Floats
    q05: Floats
    q50: Floats
    q95: Floats

    @classmethod
    def of(cls, draws: Floats) -> "Spread":
        """Return the spread of *draws* (D, T); draws that are NaN in a step do not count in it."""
        ordered = np.sort(draws.T.astype(np.float32), axis=1)  # NaN last
        known = ordered.shape[1] - np.isnan(ordered).sum(axis=1)
        steps = np.arange(len(ordered))
        last = np.maximum(known - 1, 0)
        found = []
        for level in (0.05, 0.5, 0.95):
            low = np.floor(level * last).astype(np.int64)
            high = np.minimum(low + 1, last)
            part = level * last - low
            found.append(ordered[steps, low] * (1 - part) + ordered[steps, high] * part)
        total = np.nansum(draws, axis=0, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            mean = total / known
        return cls(mean, *found)


@dataclass(frozen=True, eq=False)
class Population:
    """One of two populations that are never mixed, those waiting or those treated, per step.

    *share_within* the limit (None without one), *median* and *p90* days waited.
    """

    share_within: Spread | None
    median_days: Spread
    p90_days: Spread


@dataclass(frozen=True, eq=False)
class Within:
    """When the wanted share of those waiting is within the limit.

    *chance* (T,): the share of draws in which it is, at the end of each step. *reached* (D,): the first step from which
    it is so for four weeks, or to the end; T where it never is.
    """

    chance: Floats
    reached: Ints = field(repr=False)

    @classmethod
    def of(cls, inside: npt.NDArray[np.bool_], step_days: int) -> "Within":
        """Return it from *inside* (D, T): whether it is so."""
        steps = inside.shape[1]
        held = inside.copy()
        for later in range(1, min(_HELD_DAYS // step_days, steps)):
            held[:, :-later] &= inside[:, later:]
        first = np.where(held.any(axis=1), held.argmax(axis=1), steps)
        return cls(inside.mean(axis=0), first)

    def at(self, level: float) -> int | None:
        """Return the step within which a share *level* of the draws have reached it; None if they have not."""
        found = int(np.sort(self.reached)[max(0, int(np.ceil(level * len(self.reached))) - 1)])
        return found if found < len(self.chance) else None


@dataclass(frozen=True, eq=False)
class ListProjection:
    """One list ahead, T steps.

    *queue* at the end of each step; *queue_by_class* its mean (K, T). *flows* are means (T,): ``referred``,
    ``induced``, ``moved_in``, ``treated``, ``removed``; *treated_at* the treated by capacity. *incoming* (D, T) all who
    came. *within* is None without a limit.
    """

    item: WaitingList
    queue: Spread
    queue_by_class: Floats
    flows: Mapping[str, Floats]
    treated_at: Mapping[str, Floats]
    waiting: Population
    treated: Population
    incoming: Ints = field(repr=False)
    within: Within | None = None

    def queue_figure(self, step: int) -> Figure:
        """Return the expected queue at the end of *step* with what brought it there; the terms sum to it exactly."""
        sums = {name: float(values[: step + 1].sum()) for name, values in self.flows.items()}
        opening = float(self.item.waiting.sum())
        return queue_figure(float(self.queue.mean[step]), opening, sums, self.item.sources)


@dataclass(frozen=True, eq=False)
class Together:
    """Several lists as one: *queue*, *share_within* the limit of those who have one, and *within* where all of these
    are; both None where no list has a limit.
    """

    queue: Spread
    share_within: Spread | None
    within: Within | None


@dataclass(frozen=True, eq=False)
class Projection:
    """All lists ahead by id, in steps of *step_days* days, from *draws* futures; *together* are those asked for."""

    step_days: int
    steps: int
    draws: int
    lists: Mapping[str, ListProjection]
    together: Together


def project(
    lists: Sequence[WaitingList],
    referrals: Sequence[Referral] = (),
    *,
    seed: int = 1,
    step_days: int = 7,
    share: float = 1.0,
    together: Collection[str] | None = None,
    executor: Executor | None = None,
) -> Projection:
    """Project all *lists* as far as they have capacity and arrivals for.

    *share* is what must be within the limit for it to be reached; *together* the ids of lists to be seen as one too
    (all unless said). *executor* (threads: the work lets go of the interpreter) runs lists that do not feed one another
    side by side; it changes no figure. Raises BadInput where lists differ in steps or draws, an id comes twice, or a
    referral's list is not there.
    """
    draws, steps = _shape(lists)
    order = {item.list_id: place for place, item in enumerate(lists)}
    if len(order) < len(lists):
        raise BadInput(Message("Samma lista finns två gånger. Ge varje lista ett eget namn."))
    known = {name for link in referrals for name in (link.from_list, link.to_list)}
    if missing := sorted(known - order.keys()):
        raise BadInput(Message("Flödet leder till listor som saknas: {names}.", names=", ".join(missing)))
    induced: dict[str, Ints] = {}  # whom the levels so far have led to each list that is still to come
    found: dict[str, ListProjection] = {}
    whole = _Whole(draws, steps, step_days)

    def follow(members: tuple[str, ...]) -> tuple[list[_Followed], list[tuple[str, Ints]]]:
        group = [lists[order[name]] for name in members]
        links = [link for link in referrals if link.from_list in members]
        return _follow(group, links, induced, (draws, steps, step_days), share, seed)

    for level in _levels(tuple(order), referrals):
        for followed, led in (executor.map if executor else map)(follow, level):
            for row, queue, over, inside in followed:
                found[row.item.list_id] = row
                if together is None or row.item.list_id in together:
                    whole.add(queue, over, inside)
            for name, people in led:
                induced[name] = induced[name] + people if name in induced else people
    ordered = {item.list_id: found[item.list_id] for item in lists}
    return Projection(step_days, steps, draws, ordered, whole.summed())


_Followed = tuple[ListProjection, Ints, Floats, npt.NDArray[np.bool_] | None]


class _Whole:
    """The sum of lists, draw by draw."""

    def __init__(self, draws: int, steps: int, step_days: int) -> None:
        self._queue, self._limited = np.zeros((2, draws, steps), np.int64)
        self._over = np.zeros((draws, steps))
        self._inside: npt.NDArray[np.bool_] | None = None
        self._step_days = step_days

    def add(self, queue: Ints, over: Floats, inside: npt.NDArray[np.bool_] | None) -> None:
        self._queue += queue
        if inside is not None:
            self._limited += queue
            self._over += over
            self._inside = inside if self._inside is None else self._inside & inside

    def summed(self) -> Together:
        queue = Spread.of(self._queue.astype(np.float64))
        if self._inside is None:
            return Together(queue, None, None)
        share = Spread.of(_share_within(self._over, self._limited))
        return Together(queue, share, Within.of(self._inside, self._step_days))


def _share_within(over: Floats, people: Ints) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - over / people)


def _shape(lists: Sequence[WaitingList]) -> tuple[int, int]:
    """Return draws and steps, which all lists have in common; what has one draw stands for all."""
    arrays = [values for item in lists for values in (item.referred, *(row.per_step for row in item.capacities))]
    arrays += [item.moved_in for item in lists if item.moved_in is not None]
    steps = {values.shape[-1] for values in arrays}
    draws = {len(values) for values in arrays if values.ndim == 2} - {1} or {1}
    if len(steps) != 1 or len(draws) != 1:
        raise BadInput(Message("Listorna måste ha lika många steg och simuleringar."))
    return draws.pop(), steps.pop()


def _levels(names: tuple[str, ...], referrals: Sequence[Referral]) -> list[list[tuple[str, ...]]]:
    """Return groups of lists that loop (mostly one list), in levels: each is fed by earlier levels only."""
    place = {name: index for index, name in enumerate(names)}
    edges = np.zeros((len(names), len(names)), bool)
    for link in referrals:
        edges[place[link.from_list], place[link.to_list]] = True
    count, group = scipy.sparse.csgraph.connected_components(edges, directed=True, connection="strong")
    level = np.zeros(count, np.int64)
    feeds = {(group[a], group[b]) for a, b in zip(*np.nonzero(edges), strict=True) if group[a] != group[b]}
    for _ in range(count):  # as many rounds as the longest way has steps
        before = level.copy()
        for origin, to in feeds:
            level[to] = max(level[to], level[origin] + 1)
        if (before == level).all():
            break
    members = [tuple(sorted(names[index] for index in np.flatnonzero(group == number))) for number in range(count)]
    return [[members[n] for n in range(count) if level[n] == depth] for depth in range(int(level.max(initial=0)) + 1)]


def _follow(
    lists: list[WaitingList],
    links: list[Referral],
    induced: dict[str, Ints],
    shape: tuple[int, int, int],
    share: float,
    seed: int,
) -> tuple[list[_Followed], list[tuple[str, Ints]]]:
    """Simulate a group of lists; return each with its draws of queue and of people over the limit, and those led on to
    lists outside the group.
    """
    draws, steps, step_days = shape
    names = [item.list_id for item in lists]
    arriving = np.empty((len(lists), draws, steps), np.int32)
    capacity = np.empty_like(arriving)
    for at, item in enumerate(lists):
        arriving[at] = item.referred + induced.pop(item.list_id, 0)
        capacity[at] = _together(item.capacities, (draws, steps))
    led = np.zeros((len(links), draws, steps), np.int32)
    group = group_of(lists, steps, step_days)
    here = Here.of(group, draws, steps)
    simulate(stream(seed, "waitlist", *names), group, arriving, capacity, _onward(links, names, draws), led, here)
    followed: list[_Followed] = []
    for at, item in enumerate(lists):
        came = arriving[at] - np.broadcast_to(item.referred, (draws, steps))
        queue, over = here.flows[3, at].sum(axis=0, dtype=np.int32), here.waits[0, at].copy()
        inside = None if item.limit_days is None else over <= (1 - share) * queue + _ROUNDING
        within = None if inside is None else Within.of(inside, step_days)
        row = _summed(item, came, here.flows[:, at], here.waits[:, at], step_days, within)
        followed.append((row, queue, over, inside))
    return followed, [(link.to_list, led[n]) for n, link in enumerate(links) if link.to_list not in names]


def _together(capacities: Iterable[Capacity], shape: tuple[int, int]) -> Ints:
    """Return the people that all *capacities* can treat per draw and step."""
    return np.asarray(sum((_whole(row.per_step) for row in capacities), np.zeros(shape, np.int32)))


def _whole(per_step: Floats) -> Ints:
    """Return whole people per step whose running sum is that of *per_step*, rounded: down would lose half a person."""
    sums = np.floor(np.cumsum(per_step, axis=-1) + 0.5 + 1e-9)
    return np.asarray(np.diff(sums, axis=-1, prepend=0), np.int32)


def _onward(links: list[Referral], names: list[str], draws: int) -> Onward:
    longest = max((len(link.lags) for link in links), default=1)
    lags = np.ones((len(links), longest))
    for n, link in enumerate(links):
        lags[n, : len(link.lags)] = np.cumsum(link.lags) / sum(link.lags)
    guide = [np.minimum(np.searchsorted(row, np.arange(GUIDED) / GUIDED, side="right"), longest - 1) for row in lags]
    return Onward(
        np.array([names.index(link.from_list) for link in links], np.int64),
        np.array([names.index(link.to_list) if link.to_list in names else -1 for link in links], np.int64),
        np.array([np.broadcast_to(link.share, draws) for link in links], np.float64).reshape(len(links), draws),
        lags,
        np.array(guide, np.int64).reshape(len(links), GUIDED),
    )


def group_of(lists: list[WaitingList], steps: int, step_days: int) -> Group:
    """Return *lists* side by side, padded to the same classes and ages."""
    classes = max(len(item.classes) for item in lists)
    ages = max(max(item.waiting.shape[1], item.moved_in_steps + 1, len(item.came_waited)) for item in lists)
    latest = max(len(item.came_waited) for item in lists)
    longest = max(len(item.hazard) for item in lists)
    waiting = np.zeros((len(lists), classes, ages), np.int64)
    shares = np.ones((len(lists), classes))
    tier, target = np.zeros((len(lists), classes), np.int64), np.zeros((len(lists), classes))
    urgent = np.zeros((len(lists), classes), bool)
    hazard = np.empty((len(lists), longest))
    moves = [item.moved_in for item in lists if item.moved_in is not None and item.moved_in.ndim > 1]
    moved = np.zeros((len(lists), max(map(len, moves), default=1), steps), np.int64)
    came_waited = np.ones((len(lists), latest))
    for at, item in enumerate(lists):
        own = len(item.classes)
        waiting[at, :own, : item.waiting.shape[1]] = item.waiting
        shares[at, :own] = np.cumsum([row.share for row in item.classes])
        tier[at, :own] = [row.tier for row in item.classes]
        target[at, :own] = [row.target_days / step_days for row in item.classes]
        urgent[at, :own] = [row.urgent for row in item.classes]
        with np.errstate(divide="ignore"):
            hazard[at] = -np.log1p(-np.pad(item.hazard, (0, longest - len(item.hazard)), mode="edge"))
        came_waited[at, : len(item.came_waited) - 1] = np.cumsum(item.came_waited)[:-1]
        if item.moved_in is not None:
            moved[at] = item.moved_in
    limit = np.array([_limits(item, ages, steps, step_days) for item in lists])
    return Group(
        waiting,
        shares,
        tier,
        target,
        urgent,
        hazard,
        np.array([item.in_order for item in lists], np.float64),
        np.array([item.urgent_share for item in lists], np.float64),
        limit,
        limit.min(axis=1),
        moved,
        np.array([item.moved_in_steps for item in lists], np.int64),
        came_waited,
    )


def _limits(item: WaitingList, ages: int, steps: int, step_days: int) -> Floats:
    """Return the limit of those who came in each step, those before the start first (A + T,)."""
    if not item.limit_dates:
        return np.full(ages + steps, _limit(item.limit_days, step_days))
    found = np.full(ages + steps, _NO_LIMIT)
    for step, days in sorted(item.limit_dates, key=lambda row: row[0]):
        found[max(0, ages + step) :] = _limit(days, step_days)
    return found


def _limit(limit_days: float | None, step_days: int) -> float:
    """Return the limit in steps. Who has waited 90 whole days has not yet waited 91: a limit of 90 is 13 weeks."""
    return _NO_LIMIT if limit_days is None else (limit_days + 1) / step_days


def _summed(
    item: WaitingList, induced: Ints, flows: Ints, waits: Floats, step_days: int, within: Within | None
) -> ListProjection:
    """Return the list's figures over the draws, from *flows* (4, K, D, T) and *waits* (6, D, T)."""
    entered, treated, removed, queue = flows.sum(axis=1, dtype=np.int32)
    has_limit = within is not None
    moved = np.broadcast_to(0 if item.moved_in is None else item.moved_in, queue.shape).mean(axis=0)
    return ListProjection(
        item,
        Spread.of(queue),
        flows[3].mean(axis=1)[: len(item.classes)],
        {
            "referred": np.broadcast_to(item.referred, queue.shape).mean(axis=0),
            "induced": induced.mean(axis=0),
            "moved_in": moved,
            "treated": treated.mean(axis=0),
            "removed": removed.mean(axis=0),
        },
        _treated_at(item, treated),
        Population(
            Spread.of(_share_within(waits[0], queue)) if has_limit else None,
            *(Spread.of(waits[n] * step_days) for n in (1, 2)),
        ),
        Population(
            Spread.of(_share_within(waits[3], treated)) if has_limit else None,
            *(Spread.of(waits[n] * step_days) for n in (4, 5)),
        ),
        entered.copy(),  # not a view, that would keep the other three
        within,
    )


def _treated_at(item: WaitingList, treated: Ints) -> dict[str, Floats]:
    """Return the mean treated per capacity: own ones in proportion, external ones with what is left."""
    shape = (len(treated), treated.shape[1])
    own, external = (
        _together([row for row in item.capacities if row.external is outside], shape) for outside in (False, True)
    )
    at_own = np.minimum(treated, own)
    found = {}
    for row in item.capacities:
        given, whole = (treated - at_own, external) if row.external else (at_own, own)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[row.name] = (given * np.where(whole > 0, _whole(row.per_step) / whole, 0.0)).mean(axis=0)
    return found
