"""The cheapest sets whose gains close a gap in enough draws, by branch and bound: exact for many more than can be tried.

Over x in {0, 1}: least cost · x such that base_d,r + Σ gain_i,d,r · x_i ≥ 0 for every resource r, in all but a share of
the draws d (a chance constraint by scenarios; Luedtke & Ahmed 2008, *SIAM Journal on Optimization* 19, 674–699).

What decides some x at least costs: for each draw alone, and each weighing of its resources, a knapsack that may take
fractions gives what closing the gap in that draw costs at least. As all but *allowed* draws must be closed, the cost is
at least the (*allowed* + 1):th largest of these (the quantile bound; Ahmed, Luedtke, Song & Xie 2017, *Mathematical
Programming* 162, 51–81). Parts of the search come in order of this bound, so the sets do in order of cost. As a
mixed-integer programme the same choice took HiGHS a minute for twenty measures, for its own bound over draws is weak.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

import numpy as np

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.units import Floats

__all__ = ["sets_by_cost"]

_NOTHING = 1e-9
_BEYOND = 100  # draws looked at, beyond those that may fail, for the bound
_MOST = 200_000  # parts of the search before giving up
_FREE, _OUT, _IN = -1, 0, 1


def sets_by_cost(
    base: Floats,
    gains: Floats,
    prices: Floats,
    probability: float,
    budget: float | None = None,
    without_all: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Yield the sets that will do when gains add up, (measures,) of bool: the cheapest first, of equals the smallest.

    *base* (draws, resources) and *gains* (measures, draws, resources) are balances; a draw counts where all resources
    have zero or more. *without_all* (measures,) of bool: only sets that lack some of these. Raises BadInput where the
    search grows beyond 200 000 parts.
    """
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
        if parts > _MOST:
            raise BadInput(
                Message("Det finns för många nästan lika bra uppsättningar av åtgärder. Välj ut färre att väga.")
            )
        taken = state == _IN
        if search.will_do(taken):
            yield taken
            rest = state
            for place in np.flatnonzero(state == _FREE):
                add(_with(rest, place, _IN), bound)
                rest = _with(rest, place, _OUT)
            continue
        place = search.branch(state)
        if place is not None:
            add(_with(state, place, _IN), bound)
            add(_with(state, place, _OUT), bound)


def _starts(size: int, without_all: np.ndarray | None) -> Iterator[np.ndarray]:
    """Yield where the search begins: anywhere, or parted by the first of *without_all* that is lacking."""
    state = np.full(size, _FREE, dtype=np.int8)
    if without_all is None:
        yield state
        return
    for place in np.flatnonzero(without_all):
        yield _with(state, place, _OUT)
        state = _with(state, place, _IN)


def _with(state: np.ndarray, place: int, value: int) -> np.ndarray:
    changed = state.copy()
    changed[place] = value
    return changed


class _Search:
    def __init__(self, base: Floats, gains: Floats, prices: Floats, probability: float) -> None:
        self.prices = prices
        self._allowed = int((1 - probability) * len(base) + _NOTHING)
        worst_first = np.argsort(base.min(axis=1), kind="stable")
        self._base, self._gains = base[worst_first], gains[:, worst_first]
        hard = self._allowed + _BEYOND
        self._helping = np.maximum(self._gains, 0)
        self._hard_base, self._hard_gains, self._hard_helping = (
            self._base[:hard],
            self._gains[:, :hard],
            self._helping[:, :hard],
        )
        self._weights = self._weighings()

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
        costs = np.zeros((len(self._weights), len(need)))
        parts = np.zeros((len(self._weights), len(need)), dtype=np.int64)
        if not len(prices):
            return np.where((need > _NOTHING).any(axis=1), np.inf, costs), parts
        for row, weights in enumerate(self._weights):
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

    def _weighings(self) -> list[Floats]:
        """Return each resource alone, and all of them weighed by what a unit of each costs at the cheapest."""
        resources = self._base.shape[1]
        alone: list[Floats] = list(np.eye(resources))
        if resources == 1:
            return alone
        usual = self._helping.mean(axis=1)
        with np.errstate(divide="ignore"):
            rate = np.where(usual > 0, self.prices[:, None] / usual, np.inf).min(axis=0, initial=np.inf)
        return [*alone, np.where(np.isfinite(rate), rate, 0.0)]

