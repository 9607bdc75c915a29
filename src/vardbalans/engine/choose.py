"""Which measures to take: the cheapest set, within a budget, that reaches balance with a given probability.

What each measure alone adds to a resource's balance is known draw by draw. Taken together measures are first assumed to
add up; the choice is then the least cost over x in {0, 1} so that

    balance_d,r + Σ gain_i,d,r · x_i ≥ 0 for every resource r, in all but a share 1 − p of the draws d,
    and Σ cost · x ≤ budget

a chance constraint by scenarios (Luedtke & Ahmed 2008, *SIAM Journal on Optimization* 19, 674–699). Sets are tried in
order of cost, all of them if need be, which is exact; as a mixed-integer programme the same choice took HiGHS a minute
for twenty measures and 1 000 draws, for its bound over the draws is weak. Effects that multiply add up to a little less
or more than their sum, so a set that is found is run through the whole chain; one that does not hold there is passed.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vardbalans.engine.compare import Both
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.measures import Measure
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, run
from vardbalans.engine.units import Floats

__all__ = ["Choice", "Chosen", "choose", "in_balance", "sets_by_cost"]

_NOTHING = 1e-9
_TRIES = 100  # sets that are run through the chain before giving up
_MOST = 20  # measures; each more doubles the sets there are
_BLOCK = 2_000_000  # balances held at once


@dataclass(frozen=True, eq=False)
class Chosen:
    """A set of measures, its cost in öre over the weeks, the probability of balance it gives, and its outcome."""

    measures: tuple[Measure, ...]
    cost_ore: int
    probability: float
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Choice:
    """The *best* set and the *runner_up*, the cheapest that does without one of its measures; None where there is none.

    *probability* is of balance before and with all candidates. *left_out* says which measures could not be weighed.
    """

    best: Chosen
    runner_up: Chosen | None
    probability: Both
    left_out: tuple[Message, ...]


def choose(
    baseline: Outcome,
    candidates: Sequence[Measure],
    resources: Collection[str],
    *,
    probability: float,
    budget_ore: int | None = None,
) -> Choice:
    """Choose among *candidates* so that all *resources* together are in balance over the weeks with *probability*.

    A measure without a cost is left out: unknown is not free. At most 100 sets are run through the chain. Raises
    Impossible where none reaches it, with what stands in the way, and BadInput for a probability outside 0–1, more than
    20 measures, or nothing to balance.
    """
    if not 0 < probability <= 1:
        raise BadInput(Message("Sannolikheten ska ligga över 0 och högst vara 1, inte {p}.", p=probability))
    if not resources:
        raise BadInput(Message("Det finns inga resurser att nå balans för."))
    weeks = baseline.inputs.weeks
    costs = {row.measure_id: row.cost_between(weeks[0].start, weeks[-1].end) for row in candidates}
    weighed = [row for row in candidates if costs[row.measure_id] is not None]
    left_out = tuple(
        Message("Åtgärden {name} saknar kostnad och kan inte väljas.", name=row.name)
        for row in candidates
        if costs[row.measure_id] is None
    )
    if len(weighed) > _MOST:
        raise BadInput(Message("Högst {most} åtgärder kan vägas mot varandra på en gång; välj ut färre.", most=_MOST))
    prices = np.array([costs[row.measure_id] or 0 for row in weighed], dtype=np.float64)

    def tried(measures: Sequence[Measure]) -> Chosen:
        outcome = run(baseline.inputs, baseline.settings, measures, baseline)
        cost = sum(costs[row.measure_id] or 0 for row in measures)
        return Chosen(tuple(measures), cost, in_balance(outcome, resources), outcome)

    base = _balances(baseline, resources)
    gains = np.array([_balances(tried([row]).outcome, resources) - base for row in weighed]).reshape(-1, *base.shape)
    everything = tried(weighed)
    reached = Both(in_balance(baseline, resources), everything.probability)

    def first_that_holds(sets: Iterator[np.ndarray]) -> tuple[np.ndarray, Chosen] | None:
        for picked in islice(sets, _TRIES):
            chosen = tried([row for row, taken in zip(weighed, picked, strict=True) if taken])
            if chosen.probability >= probability - _NOTHING:
                return picked, chosen
        return None

    sets = sets_by_cost(base, gains, prices, probability, budget_ore)
    best = first_that_holds(sets)
    if best is None:
        least = next((prices[picked].sum() for picked in sets_by_cost(base, gains, prices, probability)), None)
        raise Impossible(
            Message("Ingen uppsättning åtgärder når balans med sannolikheten {p} %.", p=round(probability * 100)),
            (*_reasons(everything, resources, reached, least if budget_ore is not None else None), *left_out),
        )
    taken, cheapest = best
    runner_up = first_that_holds(picked for picked in sets if not picked[taken].all())
    return Choice(cheapest, runner_up[1] if runner_up else None, reached, left_out)


def in_balance(outcome: Outcome, resources: Collection[str]) -> float:
    """Return the share of draws in which every one of *resources* is in balance over all weeks."""
    return float((_balances(outcome, resources) >= -_NOTHING).all(axis=1).mean())


def _balances(outcome: Outcome, resources: Collection[str]) -> Floats:
    """Return the balance over all weeks per draw and resource, (draws, resources)."""
    found = {row.resource.resource_id: row.year_balance for row in outcome.resources}
    return np.column_stack([found[name] for name in sorted(resources)])


def sets_by_cost(
    base: Floats, gains: Floats, prices: Floats, probability: float, budget: float | None = None
) -> Iterator[np.ndarray]:
    """Yield the sets that will do when gains add up, (measures,) of bool: the cheapest first, of equals the smallest.

    *base* (draws, resources) and *gains* (measures, draws, resources) are balances; a draw counts where all resources
    have zero or more.
    """
    costs, sizes = np.zeros(1), np.zeros(1)
    for price in prices:
        costs, sizes = np.concatenate([costs, costs + price]), np.concatenate([sizes, sizes + 1])
    order = np.lexsort((sizes, costs))
    if budget is not None:
        order = order[costs[order] <= budget]
    allowed = int((1 - probability) * len(base) + _NOTHING)
    worst_first = np.argsort(base.min(axis=1))
    hardest, others = np.split(worst_first, [allowed + allowed // 4 + 10])  # most sets fail by the hardest draws alone
    block = max(1, _BLOCK // len(base))
    for start in range(0, len(order), block):
        taken = ((order[start : start + block, None] >> np.arange(len(prices))) & 1).astype(np.float64)
        missed = _missed(taken, base[hardest], gains[:, hardest])
        taken, missed = taken[missed <= allowed], missed[missed <= allowed]
        missed = missed + _missed(taken, base[others], gains[:, others])
        yield from taken[missed <= allowed] > 0


def _missed(taken: Floats, base: Floats, gains: Floats) -> np.ndarray:
    """Return in how many draws each set (sets, measures) leaves some resource short."""
    short = np.zeros((len(taken), len(base)), dtype=bool)
    for resource in range(base.shape[1]):
        short |= taken @ gains[:, :, resource] < -base[:, resource] - _NOTHING
    return np.asarray(short.sum(axis=1))


def _reasons(
    everything: Chosen, resources: Collection[str], reached: Both, least_ore: float | None
) -> tuple[Message, ...]:
    """Say how far all measures reach, and what budget it takes, or else which resource is furthest from balance."""
    names = {row.resource.resource_id: row.resource.name for row in everything.outcome.resources}
    shares = (_balances(everything.outcome, resources) >= -_NOTHING).mean(axis=0)
    worst = int(shares.argmin())
    furthest = Message(
        "Längst från balans med alla åtgärder är {name}: {p} %.",
        name=names[sorted(resources)[worst]],
        p=round(float(shares[worst]) * 100),
    )
    budget = Message("Det behövs en budget på ungefär {cost} kr.", cost=round((least_ore or 0) / 100))
    return (
        Message(
            "Alla åtgärder tillsammans når {p} % och kostar {cost} kr; utan åtgärder {before} %.",
            p=round(reached.after * 100),
            cost=round(everything.cost_ore / 100),
            before=round(reached.before * 100),
        ),
        furthest if least_ore is None else budget,
    )
