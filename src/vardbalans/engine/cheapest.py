"""The cheapest sets whose gains close a gap in enough draws: all of them tried, or found by branch and bound.

Over x in {0, 1}: least cost · x such that base_d,r + Σ gain_i,d,r · x_i ≥ 0 for every resource r, in all but a share of
the draws d (a chance constraint by scenarios; Luedtke & Ahmed 2008, *SIAM Journal on Optimization* 19, 674–699).

Up to twenty measures that help at all, every set is tried in order of cost. Beyond that what decides some of x is given
a cost it cannot be below: for each draw alone, and each weighing of its resources, a knapsack that may take fractions.
As all but *allowed* draws must be closed, the cost is at least the (*allowed* + 1):th largest of these (the quantile
bound; Ahmed, Luedtke, Song & Xie 2017, *Mathematical Programming* 162, 51–81). Parts of the search come in order of
this bound, so the sets do in order of cost. A search that grows too large ends with sets found by taking away from all
of them what is dearest, and tells how far below them the cost could be. As a mixed-integer programme the same choice
took HiGHS a minute for twenty measures, for its own bound over draws is weak.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats

__all__ = ["Found", "every_set", "searched_sets", "sets_by_cost"]

_NOTHING = 1e-9
_TRIED = 20  # measures; each more doubles the sets there are
_BLOCK = 2_000_000  # balances held at once
_BEYOND = 100  # draws looked at, beyond those that may fail, for the bound
_MOST = 3_000  # parts of the search: some ten seconds
_ORDERS = 200  # in which measures are taken away, where the search ends early
_STEPS = 40  # uphill, towards the best weighing of several resources
_FREE, _OUT, _IN = -1, 0, 1


class Found(NamedTuple):
    """A set that will do, (measures,) of bool, and what no set that has not come yet costs less than."""

    taken: np.ndarray
    bound: float


def sets_by_cost(
    base: Floats,
    gains: Floats,
    prices: Floats,
    probability: float,
    budget: float | None = None,
    without_all: np.ndarray | None = None,
) -> Iterator[Found]:
    """Yield the sets that will do when gains add up: the cheapest first, of equals the smallest.

    *base* (draws, resources) and *gains* (measures, draws, resources) are balances; a draw counts where all resources
    have zero or more. *without_all* (measures,) of bool: only sets that lack some of these. A measure that helps in no
    draw is in none of them.
    """
    helps = (gains > 0).any(axis=(1, 2))
    if without_all is not None and (without_all & ~helps).any():
        without_all = None  # none of the sets has all of them
    search = every_set if helps.sum() <= _TRIED else searched_sets
    within = None if without_all is None else without_all[helps]
    for found in search(base, gains[helps], prices[helps], probability, budget, within):
        taken = np.zeros(len(prices), dtype=bool)
        taken[helps] = found.taken
        yield Found(taken, found.bound)


def every_set(
    base: Floats,
    gains: Floats,
    prices: Floats,
    probability: float,
    budget: float | None = None,
    without_all: np.ndarray | None = None,
) -> Iterator[Found]:
    """Do as :func:`sets_by_cost`, by trying all sets."""
    costs, sizes = np.zeros(1), np.zeros(1)
    for price in prices:
        costs, sizes = np.concatenate([costs, costs + price]), np.concatenate([sizes, sizes + 1])
    order = np.lexsort((sizes, costs))
    if budget is not None:
        order = order[costs[order] <= budget]
    allowed = _allowed(probability, len(base))
    worst_first = np.argsort(base.min(axis=1))
    hardest, others = np.split(worst_first, [allowed + allowed // 4 + 10])  # most sets fail by the hardest draws alone
    block = max(1, _BLOCK // len(base))
    for start in range(0, len(order), block):
        taken = ((order[start : start + block, None] >> np.arange(len(prices))) & 1).astype(np.float64)
        if without_all is not None:
            taken = taken[(taken[:, without_all] < 1).any(axis=1)]
        missed = _missed(taken, base[hardest], gains[:, hardest])
        taken, missed = taken[missed <= allowed], missed[missed <= allowed]
        missed = missed + _missed(taken, base[others], gains[:, others])
        for row in taken[missed <= allowed] > 0:
            yield Found(row, float(prices[row].sum()))


def _allowed(probability: float, draws: int) -> int:
    return int((1 - probability) * draws + _NOTHING)


def _missed(taken: Floats, base: Floats, gains: Floats) -> np.ndarray:
    """Return in how many draws each set (sets, measures) leaves some resource short."""
    short = np.zeros((len(taken), len(base)), dtype=bool)
    for resource in range(base.shape[1]):
        short |= taken @ gains[:, :, resource] < -base[:, resource] - _NOTHING
    return np.asarray(short.sum(axis=1))


def searched_sets(
    base: Floats,
    gains: Floats,
    prices: Floats,
    probability: float,
    budget: float | None = None,
    without_all: np.ndarray | None = None,
    most: int = _MOST,
) -> Iterator[Found]:
    """Do as :func:`sets_by_cost`, by branch and bound in at most *most* parts."""
    search = _Search(base, gains, prices, probability)
    heap: list[tuple[float, int, int, np.ndarray]] = []
    number = count()

    def add(state: np.ndarray, least: float) -> None:
        bound = max(least, search.bound(state))
        if np.isfinite(bound) and (budget is None or bound <= budget + _NOTHING):
            heappush(heap, (bound, int((state == _IN).sum()), next(number), state))

    for state in _starts(len(prices), without_all):
        add(state, 0.0)
    while heap:
        bound, _, parts, state = heappop(heap)
        if parts > most:
            left = [state, *(row[-1] for row in heap)]
            within = (taken for taken in search.taken_away(left) if budget is None or search.cost(taken) <= budget)
            yield from (Found(taken, bound) for taken in within if not _has_all(taken, without_all))
            return
        taken = state == _IN
        if search.will_do(taken):
            yield Found(taken, bound)
            rest = state
            for place in np.flatnonzero(state == _FREE).tolist():
                add(_with(rest, place, _IN), bound)
                rest = _with(rest, place, _OUT)
            continue
        decided = search.branch(state)
        if decided is not None:
            add(_with(state, decided, _IN), bound)
            add(_with(state, decided, _OUT), bound)


def _has_all(taken: np.ndarray, some: np.ndarray | None) -> bool:
    return some is not None and bool(taken[some].all())


def _starts(size: int, without_all: np.ndarray | None) -> Iterator[np.ndarray]:
    """Yield where the search begins: anywhere, or parted by the first of *without_all* that is lacking."""
    state = np.full(size, _FREE, dtype=np.int8)
    if without_all is None:
        yield state
        return
    for place in np.flatnonzero(without_all).tolist():
        yield _with(state, place, _OUT)
        state = _with(state, place, _IN)


def _with(state: np.ndarray, place: int, value: int) -> np.ndarray:
    changed = state.copy()
    changed[place] = value
    return changed


class _Search:
    def __init__(self, base: Floats, gains: Floats, prices: Floats, probability: float) -> None:
        self.prices = prices
        self._allowed = _allowed(probability, len(base))
        worst_first = np.argsort(base.min(axis=1), kind="stable")
        self._base, self._gains = base[worst_first], gains[:, worst_first]
        hard = self._allowed + _BEYOND
        self._helping = np.maximum(self._gains, 0)
        self._hard_base, self._hard_gains, self._hard_helping = (
            self._base[:hard],
            self._gains[:, :hard],
            self._helping[:, :hard],
        )
        self._alone: list[Floats] = list(np.eye(base.shape[1]))

    def cost(self, taken: np.ndarray) -> float:
        return float(self.prices[taken].sum())

    def will_do(self, taken: np.ndarray) -> bool:
        """Tell whether the set alone closes the gap in enough draws."""
        for base, gains in ((self._hard_base, self._hard_gains), (self._base, self._gains)):
            left = base + gains[taken].sum(axis=0)
            if (left < -_NOTHING).any(axis=1).sum() > self._allowed:
                return False
        return True

    def bound(self, state: np.ndarray) -> float:
        """Return what every set of this part of the search costs at least; infinity where none will do."""
        taken, free = state == _IN, state == _FREE
        most = self._base + self._gains[taken].sum(axis=0) + self._helping[free].sum(axis=0)
        if (most < -_NOTHING).any(axis=1).sum() > self._allowed:
            return np.inf
        costs, _ = self._knapsacks(taken, free)
        each = np.sort(costs.max(axis=0))
        return self.cost(taken) + float(each[len(each) - 1 - self._allowed]) if len(each) > self._allowed else 0.0

    def taken_away(self, states: Iterable[np.ndarray]) -> list[np.ndarray]:
        """Return sets from which nothing can be taken away, the cheapest first: from all that each state allows.

        States are those of the search, most promising first; measures go in order of price, and in random orders.
        """
        rng, found = stream(0, "taken_away"), {}
        for state in islice(states, _ORDERS):
            full = state != _OUT
            for order in (np.argsort(-self.prices, kind="stable"), rng.permutation(len(full))):
                taken = full.copy()
                for place in order:
                    if taken[place]:
                        taken[place] = False
                        taken[place] = not self.will_do(taken)
                if self.will_do(taken):
                    found[taken.tobytes()] = taken
        return sorted(found.values(), key=lambda taken: (self.cost(taken), taken.sum()))

    def branch(self, state: np.ndarray) -> int | None:
        """Return the measure to decide next: the one taken in part where the bound is decided; None with none left."""
        free = np.flatnonzero(state == _FREE)
        if not len(free):
            return None
        costs, parts = self._knapsacks(state == _IN, state == _FREE)
        worst = costs.max(axis=0)
        draw = int(np.argsort(worst, kind="stable")[max(0, len(worst) - 1 - self._allowed)])
        return int(free[parts[int(costs[:, draw].argmax()), draw]])

    def _knapsacks(self, taken: np.ndarray, free: np.ndarray) -> tuple[Floats, np.ndarray]:
        """Return what each weighing's knapsack costs in each hard draw, and which free measure it takes in part."""
        need = np.maximum(-(self._hard_base + self._hard_gains[taken].sum(axis=0)), 0)  # (draws, resources)
        helping = np.minimum(self._hard_helping[free], need)  # more than is needed is of no use
        prices = self.prices[free]
        weighings = self._weighings(need, helping, prices)
        costs = np.zeros((len(weighings), len(need)))
        parts = np.zeros((len(weighings), len(need)), dtype=np.int64)
        if not len(prices):
            return np.where((need > _NOTHING).any(axis=1), np.inf, costs), parts
        for row, weights in enumerate(weighings):
            worth, wanted = helping @ weights, need @ weights  # (free, draws), (draws,)
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = np.where(worth > 0, prices[:, None] / worth, np.inf)
            order = np.argsort(rate, axis=0, kind="stable")
            reached = np.take_along_axis(worth, order, axis=0).cumsum(axis=0)
            spent = prices[order].cumsum(axis=0)
            last = np.minimum((reached < wanted * (1 - 1e-12)).sum(axis=0), len(prices) - 1)
            draws = np.arange(len(need))
            which = order[last, draws]
            over = np.maximum(reached[last, draws] - wanted, 0)
            with np.errstate(divide="ignore", invalid="ignore"):
                back = np.where(worth[which, draws] > 0, prices[which] * over / worth[which, draws], 0.0)
            found = spent[last, draws] - np.minimum(back, prices[which])
            short = reached[-1] < wanted * (1 - 1e-9) - _NOTHING
            costs[row] = np.where(wanted > _NOTHING, np.where(short, np.inf, found), 0.0)
            parts[row] = which
        return costs, parts

    def _weighings(self, need: Floats, helping: Floats, prices: Floats) -> list[Floats]:
        """Return each resource alone, and all of them weighed by what a unit of each is worth in a usual draw.

        The worth is what makes Lagrange's bound, need · worth − Σ max(0, gain · worth − price), as high as it goes in
        some steps uphill; any weighing gives a bound that holds.
        """
        if len(self._alone) == 1:
            return self._alone
        middle, gain = need.mean(axis=0), helping.mean(axis=1)
        wanting = middle > _NOTHING
        if not wanting.any():
            return self._alone
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(gain > 0, prices[:, None] / gain, np.inf).min(axis=0, initial=np.inf)
        worth = np.where(np.isfinite(rate) & wanting, rate, 0.0)
        best, highest = worth, -np.inf
        for step in range(_STEPS):
            used = gain @ worth > prices
            value = middle @ worth - (gain[used] @ worth - prices[used]).sum()
            if value > highest:
                best, highest = worth, value
            slope = middle - gain[used].sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                change = np.where(wanting, slope / middle, 0.0)
            worth = np.where(wanting, np.maximum(worth * (1 + np.clip(change, -1, 1) / (2 + step / 3)), 0), 0.0)
        return [*self._alone, best]
