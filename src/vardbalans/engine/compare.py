"""Two scenarios figure by figure: what changed, how surely, and what each measure has to do with it.

Both are run with the same random streams, so a draw is the same future in both, and the difference is taken draw by
draw: its interval holds only what the measures bring, not what is uncertain in both alike (common random numbers).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.catalogue import Resource, Service
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.reasons import AVAILABLE, DEMAND
from vardbalans.engine.scenario import Outcome, ServiceOutcome

__all__ = ["Both", "Comparison", "Phase", "ResourceChange", "ServiceChange", "compare", "phases"]

_QUANTILES = (0.05, 0.95)
_NOTHING = 1e-9


@dataclass(frozen=True)
class Both:
    """One figure *before* and *after*."""

    before: float
    after: float

    @property
    def change(self) -> float:
        """Return after less before."""
        return self.after - self.before


@dataclass(frozen=True, eq=False)
class ResourceChange:
    """One resource over all weeks. *figure* is the change of its balance in steps; *low* and *high* bound it (90 %).

    The bounds are of the difference draw by draw. *weeks_short* counts the weeks with a negative balance.
    """

    resource: Resource
    measure: str
    required: Both
    available: Both
    balance: Both
    p_year_met: Both
    weeks_short: Both
    low: float
    high: float
    figure: Figure


@dataclass(frozen=True, eq=False)
class ServiceChange:
    """One service over all weeks, in slots, and what its resources allow: people or activities a week.

    *queue_at_end* is None without a list that is followed.
    """

    service: Service
    need: Both
    required: Both
    feasible: Both
    capacity_per_week: Both
    queue_at_end: Both | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between two outcomes; what is the same in both is left out."""

    before: Outcome
    after: Outcome
    resources: tuple[ResourceChange, ...]
    services: tuple[ServiceChange, ...]


@dataclass(frozen=True)
class Phase:
    """One resource's balance over a span of weeks, *first* to *last*; *name* is before, during or after."""

    name: str
    resource: Resource
    measure: str
    first: str
    last: str
    balance: Both


def compare(before: Outcome, after: Outcome) -> Comparison:
    """Compare two outcomes of the same inputs and settings. Raises BadInput where they are not."""
    if before.inputs is not after.inputs or before.settings != after.settings:
        raise BadInput(Message("Två scenarier jämförs på samma data, veckor, simuleringar och frö."))
    names = {measure.code: (measure.name, measure.source) for measure in (*before.measures, *after.measures)}
    old = {row.resource.resource_id: row for row in before.resources}
    pairs = [(old[row.resource.resource_id], row) for row in after.resources]
    services = zip(before.services, after.services, strict=True)
    return Comparison(
        before,
        after,
        tuple(_resource(*pair, names) for pair in pairs if _differ(*pair)),
        tuple(change for change in (_service(*pair) for pair in services) if change.required.change or _gains(change)),
    )


def _differ(before: ResourceBalance, after: ResourceBalance) -> bool:
    return before is not after and not (
        np.array_equal(before.year_balance, after.year_balance) and np.array_equal(before.balance, after.balance)
    )


def _gains(change: ServiceChange) -> bool:
    return abs(change.capacity_per_week.change) > _NOTHING


def _resource(
    before: ResourceBalance, after: ResourceBalance, names: Mapping[str, tuple[str, Source]]
) -> ResourceChange:
    low, high = np.quantile(after.year_balance - before.year_balance, _QUANTILES)
    both = Both(float(before.balance.sum()), float(after.balance.sum()))
    return ResourceChange(
        after.resource,
        after.measure,
        Both(float(before.required.sum()), float(after.required.sum())),
        Both(float(before.available.mean.sum()), float(after.available.mean.sum())),
        both,
        Both(before.p_year_met, after.p_year_met),
        Both(float((before.balance < -_NOTHING).sum()), float((after.balance < -_NOTHING).sum())),
        float(low),
        float(high),
        Figure(
            "balance_change",
            both.change,
            "minutes" if after.measure == "minutes" else "activities",
            Message("Balansens ändring = vad varje åtgärd ger, och vad som följer av den på andra håll"),
            tuple(_steps(before, after, names)),
        ),
    )


def _steps(before: ResourceBalance, after: ResourceBalance, names: Mapping[str, tuple[str, Source]]) -> list[Step]:
    """Return what each part of required and available changed by: measures first, by the order they act in."""
    unit = "minutes" if after.measure == "minutes" else "activities"
    changes: dict[tuple[str, str], float] = defaultdict(float)
    for sign, row in ((-1.0, before), (1.0, after)):
        for part in row.parts:
            kind = "measure" if part.code in names else "required"
            changes[kind, part.code] -= sign * float(part.amount.sum())
        for supply in row.available.parts:
            kind = "measure" if supply.code in names else "available"
            changes[kind, supply.code] += sign * float(supply.minutes.sum())
    steps = []
    for (kind, code), value in sorted(changes.items(), key=lambda item: item[0][0] != "measure"):
        if kind == "measure":
            name, source = names[code]
            steps.append(Step(Message("åtgärden {name}", name=name), value, unit, None, source))
        elif abs(value) > _NOTHING:
            words = DEMAND if kind == "required" else AVAILABLE
            steps.append(Step(Message("följer på andra håll: {what}", what=words[code]), value, unit))
    return steps


def _service(before: ServiceOutcome, after: ServiceOutcome) -> ServiceChange:
    lists = before.coming_list, after.coming_list
    return ServiceChange(
        after.item.service,
        Both(float(before.forecast.mean.sum()), float(after.forecast.mean.sum())),
        Both(float(before.demand.mean.sum()), float(after.demand.mean.sum())),
        Both(float(before.balance.feasible.sum()), float(after.balance.feasible.sum())),
        Both(before.capacity_per_week, after.capacity_per_week),
        Both(float(lists[0].queue[-1]), float(lists[1].queue[-1])) if lists[0] and lists[1] else None,
    )


def phases(comparison: Comparison, on: date, off: date | None) -> tuple[Phase, ...]:
    """Return the balance before *on*, from then until *off*, and after, of every resource that changed.

    A week belongs where it begins, except that the week in which the switch is turned on is part of what follows.
    """
    weeks = comparison.after.inputs.weeks
    ends = off or weeks[-1].end
    spans = {
        "before": [index for index, week in enumerate(weeks) if week.end <= on],
        "during": [index for index, week in enumerate(weeks) if week.end > on and week.start < ends],
        "after": [index for index, week in enumerate(weeks) if week.start >= ends],
    }
    return tuple(
        Phase(
            name,
            change.resource,
            change.measure,
            str(weeks[span[0]]),
            str(weeks[span[-1]]),
            Both(*(_sum_over(outcome, change.resource, span) for outcome in (comparison.before, comparison.after))),
        )
        for change in comparison.resources
        for name, span in spans.items()
        if span
    )


def _sum_over(outcome: Outcome, resource: Resource, span: Sequence[int]) -> float:
    return float(outcome.resource(resource.resource_id).balance[list(span)].sum())
