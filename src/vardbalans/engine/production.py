"""From care need to required production: what to produce each week so that need is met and the list reaches its goal.

required slots = (need + adjustment − removals + waiting list + induced) / (1 − lost share), each part its own line:

* need: forecast of what comes in (or, without a list, of what is done);
* adjustment: what planners have added to the forecast, or taken away;
* removals: those who leave the list without treatment, as many a week as in the last year; where they are not reported,
  the list's unexplained residual stands in for them under its own name, whatever its sign;
* waiting list: the list down to its target in equal portions per working day over the run;
* induced: what extra production upstream sends here, after its lag;
* lost: slots that are booked and not used (no-shows, late cancellations) must be offered again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vardbalans.engine.balance import Demand, DemandPart
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import ListState, ServiceInput
from vardbalans.engine.need import Forecast, Judged
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist import Goal, formula

__all__ = ["ListPlan", "list_plan", "removals", "required_production"]

HALVE_WEEKS = 52


@dataclass(frozen=True)
class ListPlan:
    """What one service's list asks for. All rates are treated people per week, before lost slots.

    *removals_per_week* leave the list untreated (negative: people came in uncounted), with the standard error of that
    mean; *removals_reported* is False where it is the unexplained residual. *treated_per_week* is last year's mean. The
    weekly figures include *induced_per_week*, what extra production upstream sends here.
    """

    goal: Goal
    queue: float
    target_queue: float
    removals_per_week: float
    removals_error: float
    removals_reported: bool
    treated_per_week: float
    need_per_week: float
    hold_per_week: float
    halve_per_week: float
    goal_per_week: float
    induced_per_week: float = 0.0

    def with_induced(self, per_week: float) -> "ListPlan":
        """Return the plan when *per_week* more people are sent to the list."""
        return replace(
            self,
            hold_per_week=self.hold_per_week + per_week,
            halve_per_week=self.halve_per_week + per_week,
            goal_per_week=self.goal_per_week + per_week,
            induced_per_week=per_week,
        )

    @property
    def relief_per_week(self) -> float:
        """Return how many people a week must be treated above what holds the list; never below zero."""
        return self.goal_per_week - self.hold_per_week


def list_plan(item: ServiceInput, forecast: Forecast, goal: Goal) -> ListPlan | None:
    """Return the list's plan, or None for a service without a list.

    Goal ``guarantee`` takes the list down to what fits the legal limit (demand · limit / 4) over the weeks of the run;
    a service without a limit holds its list instead. Halving is always within 52 weeks.
    """
    state = item.waiting_list
    if state is None:
        return None
    gone, error = removals(state)
    need = float(forecast.mean.mean())
    hold = max(0.0, need - gone)
    weeks = len(forecast.weeks)
    if goal == "guarantee" and item.limit_days is None:
        goal = "hold"
    targets = {"hold": state.queue, "halve": state.queue / 2}
    if item.limit_days is not None:
        targets["guarantee"] = formula.target_queue(hold, item.limit_days / 7)
    target = min(targets[goal], state.queue)  # a list below its target is held, not filled
    return ListPlan(
        goal,
        state.queue,
        target,
        gone,
        error,
        state.removed is not None,
        float(state.treated.last(state.year).mean()) * state.per_week,
        need,
        hold,
        formula.relief_capacity(hold, state.queue, state.queue / 2, HALVE_WEEKS),
        formula.relief_capacity(hold, state.queue, target, weeks),
    )


def removals(state: ListState) -> tuple[float, float]:
    """Return (mean, standard error of the mean) of people a week who left the list untreated in the last year.

    Where removals are not reported the identity's residual stands in for them, sign and all: hold then takes exactly
    what the list's own account says, inflow less removals.
    """
    rows = formula.identity(state)[-state.year :]
    gone = np.array([(row.removed or 0.0) + row.residual for row in rows]) * state.per_week
    if len(gone) == 0:
        return 0.0, 0.0
    return float(gone.mean()), float(gone.std() / np.sqrt(len(gone)))


def required_production(
    item: ServiceInput,
    need: Judged,
    plan: ListPlan | None,
    induced: Floats,
    induced_draws: Floats,
    rng: np.random.Generator,
) -> Demand:
    """Return the slots needed per week, with parts and draws.

    *induced* (weeks,) is what extra production upstream brings, *induced_draws* the same with uncertain shares, (draws,
    weeks), or (weeks,) where the shares are certain.
    """
    forecast, weeks = need.forecast, need.forecast.weeks
    relief = spread_evenly(plan.relief_per_week * len(weeks), weeks, item) if plan else np.zeros(len(weeks))
    error = plan.removals_error if plan else 0.0
    removed = spread_evenly(plan.removals_per_week * len(weeks), weeks, item) if plan else np.zeros(len(weeks))
    met = forecast.draws - removed + error * rng.standard_normal((len(forecast.draws), 1)) + induced_draws
    wanted_draws = np.maximum(met + relief, 0)
    parts = [DemandPart("need", need.base.mean, forecast.source)]
    if need.changes:
        parts.append(DemandPart("adjustment", need.added, Source.of("adjustments", service_id=item.service.service_id)))
    parts += [DemandPart(part.code, part.counts, part.source) for part in need.more]
    if plan and item.waiting_list:
        parts.append(_removed(removed, item.waiting_list))
        parts.append(DemandPart("waiting_list", relief, item.waiting_list.queue_rows))
    if induced.any():
        parts.append(DemandPart("induced", induced, forecast.source))
    wanted = np.sum([part.activities for part in parts], axis=0)
    expected = np.sum([part.activities for part in parts if part.code != "waiting_list"], axis=0)
    kept = met if plan else np.empty((0, len(weeks)))  # only a list asks for it, and it is large
    lost, lost_draws = _lost(item, len(forecast.draws), rng)
    if lost and item.lost_slots:
        parts.append(DemandPart("lost", wanted * (lost / (1 - lost)), item.lost_slots.source))
    slots = wanted_draws * (1 + lost_draws / (1 - lost_draws))
    usable = 1 - (item.lost_slots.value if item.lost_slots else 0.0)
    per_slot = np.full(len(weeks), usable)
    losing = np.full(len(weeks), lost)
    return Demand(item.service.service_id, tuple(parts), slots, expected, kept, losing, lost_draws, per_slot)


def _removed(removed: Floats, state: ListState) -> DemandPart:
    """Return what leaves the list untreated: reported removals, or the residual under its own name."""
    if state.removed is None:
        return DemandPart("residual", -removed, state.waiting.rows_of_last(state.year + 1))
    first = state.removed.start.next(max(0, len(state.removed.values) - state.year))
    rows = state.removed.source.narrowed(
        removed_since=first.start.isoformat(), removed_until=state.removed.end.isoformat()
    )
    return DemandPart("removals", -removed, rows)


def spread_evenly(total: float, weeks: Sequence[Period], item: ServiceInput) -> Floats:
    """Return *total* spread over *weeks* in proportion to working days; the sum is *total*."""
    days = item.calendar.working_days_of(weeks).astype(np.float64)
    spread: Floats = total * days / days.sum()
    return spread


def _lost(item: ServiceInput, draws: int, rng: np.random.Generator) -> tuple[float, Floats]:
    """Return the share of slots that are lost, and its draws (draws, 1)."""
    lost = item.lost_slots
    if lost is None or lost.part in (0, lost.whole):  # not one slot kept in a year says nothing of how many would be
        return 0.0, np.zeros((draws, 1))
    return lost.value, rng.beta(lost.part, lost.whole - lost.part, size=(draws, 1))
