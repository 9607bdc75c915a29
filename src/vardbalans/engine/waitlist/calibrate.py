"""What a list's own history says of how it moves: who leaves untreated, and how far order is kept.

From individual referrals: the hazard of leaving is removals over people at risk, by steps waited, drawn towards the
whole list's rate where few have waited that long, the less the more lengths of wait differ (gamma-Poisson, by empirical
Bayes; the treated are censored, as in a life table). Order
is held against what was done: how far from the front those treated in a step were, against how far they would have been
had everyone been drawn by lot. From bands, the same with what bands can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.bands import Band
from vardbalans.engine.waitlist.lists import EVERYONE, Capacity, Ints, PriorityClass, WaitingList
from vardbalans.engine.waitlist.run import ListProjection, project

__all__ = [
    "FEWEST_MOVES",
    "BandHistory",
    "Calibration",
    "StockMove",
    "Trial",
    "WaitHistory",
    "backtest",
    "backtest_stocks",
    "by_step",
    "calibrate",
    "calibrate_bands",
    "calibrate_stocks",
    "next_stock",
    "whole_people",
]

_EDGES = np.array([0, 1, 2, 4, 8, 13, 26, 52, 104])  # steps waited from which the hazard is another one
_PRIOR_REMOVALS = (10.0, 5.0, 2.0, 1.0, 0.5)  # as many as the whole list's rate may count for at every length of wait
_LEAST_EXPOSED = 100.0  # people and steps at risk that a rate is never taken from fewer of: a new list loses nobody
_TELLS = 1 / 3  # of those waiting: where more are treated in a step, order hardly shows
_TRIAL_DRAWS = 200
FEWEST_MOVES = 8  # periods of bands; fewer tell too little
_Z95 = 1.959963984540054
_WEEK = 7


@dataclass(frozen=True, eq=False)
class WaitHistory:
    """Everyone who was on one list in *steps* steps: one place per person in each array.

    *came* is the step they came in (below zero: before the history), *left* the step they left in (*steps* or more:
    still waiting), *treated* whether that was by treatment, *rank* their turn: the lowest first. *kind* is the class of
    each (the first where there is one).
    """

    came: Ints
    left: Ints
    treated: npt.NDArray[np.bool_]
    rank: Ints
    steps: int
    kind: Ints | None = None

    def __post_init__(self) -> None:
        if len({len(self.came), len(self.left), len(self.treated), len(self.rank)}) > 1:
            raise BadInput(Message("Historiken har olika många uppgifter om samma personer."))
        if (self.left < self.came).any():
            raise BadInput(Message("Någon lämnar väntelistan innan den kommit dit. Rätta datumen."))

    def until(self, step: int) -> "WaitHistory":
        """Return the history as it was known before *step*."""
        there = self.came < step
        gone = self.left[there] < step
        return WaitHistory(
            self.came[there],
            np.where(gone, self.left[there], step),
            self.treated[there] & gone,
            self.rank[there],
            step,
            None if self.kind is None else self.kind[there],
        )

    def waiting_at(self, step: int, classes: int = 1) -> Ints:
        """Return people by class and whole steps waited at the end of *step* (classes, ages)."""
        here = (self.came <= step) & (self.left > step)
        ages = step - self.came[here]
        waiting = np.zeros((classes, int(ages.max(initial=0)) + 1), np.int64)
        kind = np.zeros(len(ages), np.int64) if self.kind is None else self.kind[here]
        np.add.at(waiting, (kind, ages), 1)
        return waiting

    def count(self, left: bool, treated: bool | None = None) -> Ints:
        """Return people per step (steps,) who came, or who left, all or the treated or the others."""
        chosen = np.ones(len(self.came), bool) if treated is None else self.treated == treated
        when = (self.left if left else self.came)[chosen]
        return np.bincount(when[(when >= 0) & (when < self.steps)], minlength=self.steps)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How a list moves: *hazard* of leaving untreated per step by steps waited, with 95 % bounds, all (ages,).

    *in_order* is the share of treatments that follow the turn, with its standard error; they rest on *removed* removals
    and *treated* treatments. *unexplained*, from bands alone, is below zero by as many as wait beyond what the account
    leaves room for.
    """

    hazard: Floats
    hazard_low: Floats
    hazard_high: Floats
    in_order: float
    in_order_error: float
    removed: int
    treated: int
    unexplained: float = 0.0


def calibrate(history: WaitHistory) -> Calibration:
    """Return what *history* says; a list where nobody left untreated has a hazard near zero, never below."""
    removed, exposed = _life_table(history)
    groups = np.searchsorted(_EDGES, np.arange(len(removed)), side="right") - 1
    hazard, low, high = _shrunk(*(np.bincount(groups, counts).astype(np.float64) for counts in (removed, exposed)))
    in_order, error = _turn_kept(history)
    return Calibration(
        hazard[groups],
        low[groups],
        high[groups],
        in_order,
        error,
        int(removed.sum()),
        int(history.count(True, True).sum()),
    )


def _life_table(history: WaitHistory) -> tuple[Floats, Floats]:
    """Return removals and people at risk by steps waited when the step began.

    Who comes and leaves in the same step is at risk in it, having waited 0 steps.
    """
    last = np.minimum(history.left, history.steps - 1)
    inside = history.left >= 0
    oldest = np.maximum(last - 1 - history.came, 0)[inside]
    youngest = np.maximum(-1 - history.came, 0)[inside]
    at_risk = ((last > history.came) | (history.left == history.came))[inside]
    length = int(oldest.max(initial=0)) + 1
    change = np.bincount(youngest[at_risk], minlength=length + 1)[: length + 1] - np.bincount(
        oldest[at_risk] + 1, minlength=length + 1
    )
    gone = ((history.left < history.steps) & ~history.treated)[inside]
    return np.bincount(oldest[gone], minlength=length).astype(np.float64), np.cumsum(change)[:length].astype(np.float64)


def _shrunk(removed: Floats, exposed: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the hazard of each group with its 95 % bounds, drawn towards that of all together.

    By as much as explains best how the groups differ (the highest marginal likelihood), the most where nothing tells.
    """
    whole = (removed.sum() + 0.5) / (max(exposed.sum(), _LEAST_EXPOSED) + 1.0)
    prior = max(_PRIOR_REMOVALS, key=lambda prior: _explained(removed, exposed * whole, prior))
    events = removed + prior
    risk = exposed + prior / whole
    bounds = [np.minimum(scipy.special.gammaincinv(events, level) / risk, 1.0) for level in (0.025, 0.975)]
    return np.minimum(events / risk, 1.0), bounds[0], bounds[1]


def _explained(removed: Floats, expected: Floats, prior: float) -> float:
    """Return the log likelihood of *removed* where rates vary around the *expected* as a gamma of shape *prior* does.

    But for what is the same for every *prior*.
    """
    gammas = scipy.special.gammaln(prior + removed) - scipy.special.gammaln(prior)
    return float(np.sum(gammas + prior * np.log(prior) - (prior + removed) * np.log(prior + expected)))


def _turn_kept(history: WaitHistory) -> tuple[float, float]:
    """Return the share of treatments that follow the turn, and its standard error; 1 where nothing tells.

    A place in the queue is from 0, first, to 1. The places of the treated lie between those of the first in turn and
    the half that lots give; a place or two past one's turn is thereby little, and the same turn for many no error.
    """
    seen = first = by_lot = treated = 0.0
    by_coming = np.argsort(history.came, kind="stable")
    edges = np.searchsorted(history.came[by_coming], np.arange(history.steps), side="right")
    there, before = np.empty(0, np.int64), 0
    for step, until in enumerate(edges):
        there = np.concatenate([there, by_coming[before:until]])
        there, before = there[history.left[there] >= step], until
        leaves = history.left[there] == step
        done = leaves & history.treated[there]
        rank, count = history.rank[there], int(done.sum())
        turn = np.sort(rank[done | ~leaves])
        waiting = len(turn)
        if not 0 < count <= _TELLS * waiting:
            continue
        places = [np.searchsorted(turn, rank[done], side=side) for side in ("left", "right")]
        ahead = [np.searchsorted(turn, turn[:count], side=side) for side in ("left", "right")]
        seen += float(np.sum(places)) / (2 * waiting)
        first += float(np.sum(ahead)) / (2 * waiting)
        by_lot += count / 2
        treated += count
    # With a share m in turn those take the first m of the places: seen = (1 − m) · by lot + m² · first.
    if first == 0 or by_lot <= 2 * first:
        return 1.0, 0.0
    kept = (by_lot - np.sqrt(max(by_lot**2 - 4 * first * (by_lot - seen), 0.0))) / (2 * first)
    error = np.sqrt(max(treated * (1 - kept), 1.0) / 12) / (by_lot - first)
    return float(np.clip(kept, 0, 1)), float(error)


@dataclass(frozen=True)
class Trial:
    """A calibration tried on the steps after it: mean absolute errors per step, in people.

    *queue* and *over* (those over the limit) with what was calibrated; *queue_plain* and *over_plain* the same with
    nobody removed and the turn always kept. *people* is the mean number waiting, *inside* the share of steps in which
    it lay within the interval: 90 % of the draws, with the bounds of who leaves.
    """

    queue: float
    over: float
    queue_plain: float
    over_plain: float
    people: float
    inside: float


def backtest(
    history: WaitHistory,
    split: int,
    limit_days: float,
    *,
    classes: tuple[PriorityClass, ...] = EVERYONE,
    step_days: int = 7,
    seed: int = 1,
) -> Trial:
    """Calibrate before step *split* and follow the list from there with the arrivals and treatments that came.

    What is tried is thereby removals and order alone; the *classes* are given. Raises BadInput where either part is
    empty.
    """
    if not 0 < split < history.steps:
        raise BadInput(Message("Historiken ska delas mellan sin första och sista vecka."))
    found = calibrate(history.until(split))
    steps = slice(split, history.steps)
    treated = history.count(True, True)[steps].astype(np.float64)
    opening = history.waiting_at(split - 1, len(classes))
    referred = history.count(False)[steps]
    plain = WaitingList("list", opening, referred, (Capacity("", treated),), classes, limit_days=limit_days)
    actual = [history.waiting_at(step, len(classes)).sum(axis=0) for step in range(split, history.steps)]
    return _tried(plain, found, np.arange(len(referred)), actual, step_days, seed)


def _tried(
    plain: WaitingList, found: Calibration, ends: Ints, actual: Sequence[Floats | Ints], step_days: int, seed: int
) -> Trial:
    """Follow *plain* as it is and by what was *found*; hold both against the *actual* people by age after *ends*."""
    drawn = np.repeat(plain.referred[None], _TRIAL_DRAWS, axis=0)
    plain = replace(plain, referred=drawn)
    limit = ((plain.limit_days or 0) + 1) / step_days
    queue = np.array([ages.sum() for ages in actual], np.float64)
    over = np.array([ages @ np.clip(np.arange(len(ages)) + 1 - limit, 0, 1) for ages in actual])

    def followed(item: WaitingList) -> ListProjection:
        return project([item], seed=seed, step_days=step_days).lists["list"]

    own = replace(plain, hazard=found.hazard, in_order=found.in_order)
    errors = []
    for ahead in (followed(own), followed(plain)):
        mean, within = ahead.queue.mean[ends], ahead.waiting.share_within
        late = np.zeros(len(queue)) if within is None else mean * (1 - np.nan_to_num(within.mean[ends], nan=1.0))
        errors.append((float(np.abs(mean - queue).mean()), float(np.abs(late - over).mean())))
    low = followed(replace(own, hazard=found.hazard_high)).queue.q05[ends]
    high = followed(replace(own, hazard=found.hazard_low)).queue.q95[ends]
    inside = float(((low <= queue) & (queue <= high)).mean())
    return Trial(*errors[0], *errors[1], float(queue.mean()), inside)


def next_stock(
    waiting: Floats, referred: float, capacity: float, hazard: Floats, weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return (treated, removed, still waiting) by band after one period of the stock-and-flow model.

    *waiting* (bands,) by periods waited before it; everyone then moves one band up and the last band keeps its own.
    *hazard* is the share of each band that leaves. *capacity* is shared in proportion to *weights* times people; what
    is more than a band's people goes to the other bands with a weight, in the same proportion.
    Source: the NHSRtt package (NHS England, MIT), whose test numbers are ours too.
    """
    people = _moved_up(waiting, referred)
    removed = people * hazard
    there = people - removed
    treated, drawn = np.zeros_like(people), people * weights
    for _ in people:  # each time round, a band is emptied or all is shared out
        if drawn.sum() > 0:
            left = max(capacity - float(treated.sum()), 0.0)
            treated = np.minimum(treated + left * drawn / drawn.sum(), there)
            drawn = np.where(treated < there, drawn, 0.0)
    return treated, removed, there - treated


def _moved_up(waiting: Floats, referred: float) -> Floats:
    people = np.concatenate([[referred], waiting[:-1]])
    people[-1] += waiting[-1]
    return people


@dataclass(frozen=True, eq=False)
class BandHistory:
    """A list by bands of periods waited: *waiting* (periods + 1, bands) at the end of each and before the first,
    *referred* (periods,) and *treated* (periods, bands).
    """

    waiting: Floats
    referred: Floats
    treated: Floats

    def __post_init__(self) -> None:
        periods, bands = self.treated.shape
        if self.waiting.shape != (periods + 1, bands) or self.referred.shape != (periods,):
            raise BadInput(Message("Banden för väntande och behandlade stämmer inte överens med perioderna."))

    def people(self) -> Floats:
        """Return who could be treated or leave in each period (periods, bands)."""
        return np.array([_moved_up(row, came) for row, came in zip(self.waiting[:-1], self.referred, strict=True)])


def calibrate_bands(history: BandHistory) -> tuple[Calibration, Floats]:
    """Return what bands tell, and the weights of :func:`next_stock`: treated over people by band.

    Where more wait than the account leaves room for, nobody is taken to have left, and *unexplained* says how many came
    uncounted, below zero. *in_order* is the mix of oldest first and by lot that fits the treated best (least squares).
    """
    people = history.people()
    left = (people - history.treated - history.waiting[1:]).sum(axis=0)
    exposed = people.sum(axis=0)
    removed = np.maximum(left, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        hazard = np.where(exposed > 0, removed / exposed, 0.0)
        weights = np.where(exposed > 0, history.treated.sum(axis=0) / exposed, 0.0)
    error = _Z95 * np.sqrt(removed) / np.maximum(exposed, 1.0)
    capacity = history.treated.sum(axis=1)
    staying = people * (1 - hazard)
    older = np.cumsum(staying[:, ::-1], axis=1)[:, ::-1] - staying
    oldest = np.clip(capacity[:, None] - older, 0, staying)
    by_lot = staying * (capacity / np.maximum(staying.sum(axis=1), 1e-9))[:, None]
    apart, seen = (oldest - by_lot).ravel(), (history.treated - by_lot).ravel()
    in_order, spread = _mixed(apart, seen)
    found = Calibration(
        hazard,
        np.maximum(hazard - error, 0.0),
        np.minimum(hazard + error, 1.0),
        in_order,
        spread,
        round(float(removed.sum())),
        round(float(capacity.sum())),
        float(np.minimum(left, 0.0).sum()),
    )
    return found, weights


@dataclass(frozen=True, eq=False)
class StockMove:
    """A list by bands before and after some *weeks*, in which as many were *referred* and *treated* in all."""

    before: Sequence[Band]
    after: Sequence[Band]
    weeks: int
    referred: float
    treated: float


def calibrate_stocks(moves: Sequence[StockMove]) -> Calibration:
    """Return what the bands of those waiting tell where nobody knows how long the treated had waited.

    Removals are what the account lacks, alike for all waits. Each list is followed to the next with the oldest treated
    first, and by lot; *in_order* is the mix of the two that fits the bands then seen best (least squares). People are
    even inside a band. Raises BadInput without moves.
    """
    if not moves:
        raise BadInput(Message("Det finns ingen historik av väntetidsband att anpassa till."))
    left = np.array([_people(row.before) + row.referred - row.treated - _people(row.after) for row in moves])
    exposed = sum(_people(row.before) * row.weeks for row in moves)
    removed = max(float(left.sum()), 0.0)
    hazard = min(removed / exposed, 1.0) if exposed > 0 else 0.0
    apart, seen = [], []
    for row in moves:
        oldest, by_lot = (_followed(row, hazard, in_order=in_order) for in_order in (True, False))
        apart.append(oldest - by_lot)
        seen.append(np.array([band.people for band in row.after]) - by_lot)
    in_order, error = _mixed(np.concatenate(apart), np.concatenate(seen))
    wide = _Z95 * float(np.sqrt(removed)) / max(exposed, 1.0)
    return Calibration(
        np.array([hazard]),
        np.array([max(hazard - wide, 0.0)]),
        np.array([min(hazard + wide, 1.0)]),
        in_order,
        error,
        round(removed),
        round(sum(row.treated for row in moves)),
        min(float(left.sum()), 0.0),
    )


def backtest_stocks(moves: Sequence[StockMove], limit_days: float, *, seed: int = 1) -> Trial | None:
    """Calibrate from the first of *moves* and follow the list through the last half, as :func:`backtest` does.

    Arrivals and treatments are even over the weeks of a move. None where fewer than :data:`FEWEST_MOVES` are left to
    calibrate from, or the list was not counted at the end of each.
    """
    split = max(len(moves) // 2, FEWEST_MOVES)
    tried = moves[split:]
    if not tried or any(before.after != after.before for before, after in pairwise(tried)):
        return None
    weeks = np.array([row.weeks for row in tried])
    opening = whole_people(by_step(tried[0].before))[None]
    referred, treated = (
        np.repeat(np.array([getattr(row, name) for row in tried]) / weeks, weeks) for name in ("referred", "treated")
    )
    came = np.diff(np.floor(np.cumsum(referred) + 0.5), prepend=0).astype(np.int64)
    plain = WaitingList("list", opening, came, (Capacity("", treated),), limit_days=limit_days)
    actual = [by_step(row.after) for row in tried]
    return _tried(plain, calibrate_stocks(moves[:split]), np.cumsum(weeks) - 1, actual, _WEEK, seed)


def whole_people(exact: Floats) -> Ints:
    """Return *exact* in whole people with the same sum: the largest remainders are rounded up."""
    waiting: Ints = np.floor(exact + 1e-9).astype(np.int64)
    waiting[np.argsort(waiting - exact, kind="stable")[: round(float(exact.sum())) - waiting.sum()]] += 1
    return waiting


def _people(bands: Sequence[Band]) -> int:
    return sum(band.people for band in bands)


def _followed(move: StockMove, hazard: float, *, in_order: bool) -> Floats:
    """Return the people expected in each band after *move*, if the oldest are treated first or everyone by lot."""
    people = by_step(move.before)
    for _ in range(move.weeks):
        people = np.concatenate([[move.referred / move.weeks], people * (1 - hazard)])
        treated = min(move.treated / move.weeks, people.sum())
        if in_order:
            older = np.cumsum(people[::-1])[::-1] - people
            people = people - np.clip(treated - older, 0, people)
        elif treated > 0:
            people = people * (1 - treated / people.sum())
    days = np.arange(len(people)) * _WEEK
    found = []
    for band in move.after:
        until = np.inf if band.days_to is None else band.days_to + 1
        inside = np.clip(np.minimum(days + _WEEK, until) - np.maximum(days, band.days_from), 0, _WEEK)
        found.append(float(people @ inside) / _WEEK)
    return np.array(found)


def by_step(bands: Sequence[Band], step_days: int = _WEEK) -> Floats:
    """Return people by whole steps waited: even inside a band, those of the open one on its first day."""
    last = max(band.days_from if band.days_to is None else band.days_to for band in bands)
    days = np.arange(last // step_days + 1) * step_days
    people = np.zeros(len(days))
    for band in bands:
        until = band.days_from + 1 if band.days_to is None else band.days_to + 1
        inside = np.clip(np.minimum(days + step_days, until) - np.maximum(days, band.days_from), 0, step_days)
        people += band.people * inside / (until - band.days_from)
    return people


def _mixed(apart: Floats, seen: Floats) -> tuple[float, float]:
    """Return the part of *apart* that *seen* is best explained by (0–1), with its error; 1 where nothing tells."""
    tells = float(apart @ apart)
    if tells <= 0:
        return 1.0, 0.0
    part = float(np.clip(apart @ seen / tells, 0, 1))
    residual = seen - part * apart
    return part, float(np.sqrt(residual @ residual / max(len(residual) - 1, 1) / tells))
