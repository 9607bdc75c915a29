"""Which measures to take: the cheapest set, within a budget, that reaches balance with a given probability.

What each measure alone adds to a resource's balance is known draw by draw. Taken together measures are first assumed to
add up; the choice is then the least cost over x in {0, 1} so that

    balance_d,r + Σ gain_i,d,r · x_i ≥ 0 for every resource r, in all but a share 1 − p of the draws d,
    and Σ cost · x ≤ budget

searched in order of cost (:mod:`cheapest`). Effects that multiply come to a little less or more than their sum: what is
available grows by more, and each measure is first given half of what it adds beside all others beyond what it adds
alone (of two that act on each other each has half, so no set comes to more than that); what is required shrinks by
less. A set that is found is run through the whole chain, and one that does not hold there is passed. Parts of one
measure are taken or left together.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vardbalans.engine.cheapest import Found, sets_by_cost
from vardbalans.engine.compare import Both
from vardbalans.engine.errors import BadInput, Impossible
from vardbalans.engine.measures import Measure, cost_of, linked, wholes
from vardbalans.engine.messages import Message
from vardbalans.engine.scenario import Outcome, run
from vardbalans.engine.units import Floats

__all__ = ["Choice", "Chosen", "choose", "in_balance"]

_NOTHING = 1e-9
_TRIES = 100  # sets that are run through the chain, each way of adding up, before giving up
_MOST = 200  # measures; each is run through the chain alone


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

    *probability* is of balance before and with all candidates. *left_out* says which measures could not be weighed. No
    set costs less than *bound_ore*: what the best one costs, unless there were so many that the search was broken off.
    """

    best: Chosen
    runner_up: Chosen | None
    probability: Both
    left_out: tuple[Message, ...]
    bound_ore: int


def choose(
    baseline: Outcome,
    candidates: Sequence[Measure],
    resources: Collection[str],
    *,
    probability: float,
    budget_ore: int | None = None,
) -> Choice:
    """Choose among *candidates* so that all *resources* together are in balance over the weeks with *probability*.

    A measure of which no part has a cost is left out: unknown is not free. At most 200 sets are run through the chain.
    Raises Impossible where none reaches it, with what stands in the way, and BadInput for a probability outside 0–1,
    more than 200 measures, or nothing to balance.
    """
    if not 0 < probability <= 1:
        raise BadInput(Message("Sannolikheten ska ligga över 0 och högst vara 1, inte {p}.", p=probability))
    if not resources:
        raise BadInput(Message("Det finns inga resurser att nå balans för."))
    weeks = baseline.inputs.weeks
    known = [(parts, cost_of(parts, weeks[0].start, weeks[-1].end)) for parts in wholes(linked(candidates))]
    weighed = [(parts, cost) for parts, cost in known if cost is not None]
    left_out = tuple(
        Message("Åtgärden {name} saknar kostnad och kan inte väljas.", name=parts[0].name)
        for parts, cost in known
        if cost is None
    )
    if len(weighed) > _MOST:
        raise BadInput(Message("Högst {most} åtgärder kan vägas mot varandra på en gång; välj ut färre.", most=_MOST))
    prices = np.array([cost for _, cost in weighed], dtype=np.float64)

    def tried(taken: Sequence[tuple[tuple[Measure, ...], int]]) -> Chosen:
        measures = tuple(row for parts, _ in taken for row in parts)
        outcome = run(baseline.inputs, baseline.settings, measures, baseline)
        return Chosen(measures, sum(cost for _, cost in taken), in_balance(outcome, resources), outcome)

    base, there = _balances(baseline, resources), _available(baseline, resources)
    everything = tried(weighed)
    together = _available(everything.outcome, resources)

    def gained(row: tuple[tuple[Measure, ...], int]) -> tuple[Floats, Floats]:
        alone = tried([row]).outcome
        return _balances(alone, resources) - base, _by_others(_available(alone, resources), there, together)

    gains, more = np.array(list(map(gained, weighed))).reshape(-1, 2, *base.shape).swapaxes(0, 1)
    reached = Both(in_balance(baseline, resources), everything.probability)

    def first_that_holds(without_all: np.ndarray | None = None) -> tuple[Found, Chosen] | None:
        for found in _sets_to_try(base, gains, more, prices, probability, budget_ore, without_all):
            chosen = tried([whole for whole, taken in zip(weighed, found.taken, strict=True) if taken])
            if chosen.probability >= probability - _NOTHING:
                return found, chosen
        return None

    best = first_that_holds()
    if best is None:
        least = next((prices[found.taken].sum() for found in sets_by_cost(base, gains, prices, probability)), None)
        raise Impossible(
            Message("Ingen uppsättning åtgärder når balans med sannolikheten {p} %.", p=round(probability * 100)),
            (*_reasons(everything, resources, reached, least if budget_ore is not None else None), *left_out),
        )
    found, cheapest = best
    runner_up = first_that_holds(found.taken)
    return Choice(cheapest, runner_up[1] if runner_up else None, reached, left_out, math.floor(found.bound + 0.5))


def in_balance(outcome: Outcome, resources: Collection[str]) -> float:
    """Return the share of draws in which every one of *resources* is in balance over all weeks."""
    return float((_balances(outcome, resources) >= -_NOTHING).all(axis=1).mean())


def _balances(outcome: Outcome, resources: Collection[str]) -> Floats:
    """Return the balance over all weeks per draw and resource, (draws, resources)."""
    found = {row.resource.resource_id: row.year_balance for row in outcome.resources}
    return np.column_stack([found[name] for name in sorted(resources)])


def _available(outcome: Outcome, resources: Collection[str]) -> Floats:
    """Return what is available over all weeks per draw and resource, (draws, resources)."""
    found = {row.resource.resource_id: row.year_available for row in outcome.resources}
    return np.column_stack([found[name] for name in sorted(resources)])


def _sets_to_try(
    base: Floats,
    gains: Floats,
    more: Floats,
    prices: Floats,
    probability: float,
    budget: float | None,
    without_all: np.ndarray | None,
) -> Iterator[Found]:
    """Yield a hundred sets that may hold with *more* than their *gains* add up to, then a hundred by these alone."""
    least = math.inf
    for each in (gains + more, gains) if more.any() else (gains,):
        bound = least
        for found in islice(sets_by_cost(base, each, prices, probability, budget, without_all), _TRIES):
            bound = min(least, found.bound)
            yield found._replace(bound=bound)
        least = bound


def _by_others(alone: Floats, there: Floats, together: Floats) -> Floats:
    """Return half of what a measure makes available beside all others beyond what it does alone (draws, resources).

    *alone* and *together* are what is available with it and with all measures, *there* with none.
    """
    more: Floats = (alone - there) * (together / np.where(alone > 0, alone, 1.0) - 1) / 2
    return np.maximum(more, 0.0)


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
