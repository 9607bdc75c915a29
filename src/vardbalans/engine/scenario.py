"""THE MAIN IDEA, in one screen: inputs → need → required production → required capacity against available → balance.

A scenario is the baseline inputs with measures; :func:`run` is the whole chain. The parts of the chain do not know
each other: they meet here and hand each other plain series per week. The same inputs, settings, measures and seed give
the same outcome to the last digit; each random stream has its own name, so one part's draws never move another's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from vardbalans.engine import capacity, flow
from vardbalans.engine.balance import Demand, ResourceBalance, ServiceBalance, Use, balance_resource, feasible
from vardbalans.engine.capacity import Available, alternative_sets, minutes_each, recipes_in_force
from vardbalans.engine.catalogue import Recipe, Resource
from vardbalans.engine.episodes import Episode, list_episodes
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import Inputs, ResourceInput, Series, ServiceInput, WarningRule
from vardbalans.engine.measures import Acting, Measure
from vardbalans.engine.messages import Message
from vardbalans.engine.need import Change, Forecast, Growth, Judged, forecast, judged_forecasts
from vardbalans.engine.production import ListPlan, list_plan, required_production, spread_evenly
from vardbalans.engine.reach import Reach
from vardbalans.engine.sampling import stream
from vardbalans.engine.waitlist import Goal, formula

__all__ = ["ComingList", "Outcome", "ServiceOutcome", "Settings", "run"]


@dataclass(frozen=True)
class Settings:
    """How to run: *draws* (at least 1), the *seed* of every random stream, and the goal for the waiting lists."""

    draws: int = 1000
    seed: int = 1
    goal: Goal = "guarantee"

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise BadInput(Message("Antalet simuleringar måste vara minst 1, inte {draws}.", draws=self.draws))


@dataclass(frozen=True, eq=False)
class ComingList:
    """The waiting list of the weeks to come when all that is feasible is produced: people expected at the end of each.

    *limit* is the list beyond which relief is needed; *episodes* are the runs of weeks that it is longer.
    """

    queue: np.ndarray
    limit: float
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, eq=False)
class ServiceOutcome:
    """One service: forecast, list plan (None without a list), required slots, and what its resources allow.

    *forecast* is the one that holds, *base* what it was before the planners' *changes* (the same where there are none).
    *capacity_per_week* is in treated people or activities (lost slots taken away). *p_short_hold* and *p_short_halve*
    are the shares of draws in which a year's production cannot hold, or halve, the list; None without a list.
    *coming_list* is None without a list or a limit.
    """

    item: ServiceInput
    forecast: Forecast
    plan: ListPlan | None
    demand: Demand
    balance: ServiceBalance
    capacity_per_week: float
    p_short_hold: float | None
    p_short_halve: float | None
    base: Forecast
    changes: tuple[Change, ...]
    coming_list: ComingList | None

    @property
    def judged(self) -> Judged:
        """Return the need as the planners left it; in a run without measures that is the need."""
        return Judged(self.base, self.forecast, self.changes)


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that one run gives, in order of id: services and resources, the uses that tie them, and notes.

    *growth* is the yearly growth of all demand that does not itself follow from other services here; None where
    the series differ in frequency or are too few to tell. *measures* are those the run was made with.
    """

    inputs: Inputs
    settings: Settings
    services: tuple[ServiceOutcome, ...]
    resources: tuple[ResourceBalance, ...]
    uses: Mapping[str, tuple[Use, ...]]
    growth: Growth | None
    notes: tuple[Message, ...]
    measures: tuple[Measure, ...] = ()

    def service(self, service_id: str) -> ServiceOutcome:
        """Return the service of that id; an unknown one raises StopIteration, a bug of the caller."""
        return next(row for row in self.services if row.item.service.service_id == service_id)

    def resource(self, resource_id: str) -> ResourceBalance:
        """Return the balance of the resource of that id; an unknown one raises StopIteration, a bug of the caller."""
        return next(row for row in self.resources if row.resource.resource_id == resource_id)


def run(
    inputs: Inputs, settings: Settings, measures: Sequence[Measure] = (), baseline: Outcome | None = None
) -> Outcome:
    """Run the chain. Raises MissingFactor listing every factor the data lacks, BadInput for values that cannot be.

    With *baseline*, the outcome of the same inputs and settings without measures, only what the measures reach is
    computed anew; the answer is the same to the last digit.
    """
    acting = Acting.of(measures, inputs, settings.draws, settings.seed)
    known = _counting_what_is_known(inputs)
    uses = _uses(inputs, known, acting)
    reach = _reach(acting, known, uses, inputs, baseline)
    items = {name: item for name, item in known.items() if name in reach.sources}
    links = [link for link in inputs.conversions if link.to_service in reach.sources]
    need = {
        name: acting.on_need(row, items[name].service) for name, row in _need(items, inputs, settings, baseline).items()
    }
    plans = {name: list_plan(item, need[name].forecast, settings.goal) for name, item in items.items()}
    extra = _extra(items, need, plans, inputs)
    induced = flow.induced(extra, links)
    induced_draws = flow.induced(extra, links, flow.drawn_shares(links, settings.draws, settings.seed))
    plans = {
        name: plan.with_induced(float(induced[name].mean())) if plan and name in induced else plan
        for name, plan in plans.items()
    }
    demands = {
        name: required_production(
            items[name],
            need[name],
            plans[name],
            induced.get(name, np.zeros(len(inputs.weeks))),
            induced_draws.get(name, np.zeros(len(inputs.weeks))),
            stream(settings.seed, "production", name),
        )
        for name in reach.services
    }
    demands = {name: acting.on_production(row, items[name].service) for name, row in demands.items()}
    anew = {name: rows for name, rows in uses.items() if name in reach.resources}
    balances = _balances(inputs, settings, items, demands, anew, acting)
    kept = {row.resource.resource_id: row for row in baseline.resources} if baseline else {}
    resources = {name: (kept | balances)[name] for name in uses}
    before = {row.item.service.service_id: row for row in baseline.services} if baseline else {}
    services = tuple(
        _service(
            known[name], need[name], plans[name], demands[name], _set_of(name, uses, resources), inputs.warning_rule
        )
        if name in reach.services
        else before[name]
        for name in known
    )
    return Outcome(
        inputs,
        settings,
        services,
        tuple(resources.values()),
        uses,
        baseline.growth if baseline else _growth(inputs),
        inputs.notes
        + capacity.unusable_sets(inputs)
        + acting.notes(_codes(services, resources.values()))
        + _notes(services, inputs.recipes, inputs.weeks[0].start),
        tuple(measures),
    )


def _need(
    items: Mapping[str, ServiceInput], inputs: Inputs, settings: Settings, baseline: Outcome | None
) -> dict[str, Judged]:
    """Return the forecast of every service, and what planners make of it; as *baseline* has it where there is one."""
    if baseline:
        return {
            row.item.service.service_id: row.judged for row in baseline.services if row.item.service.service_id in items
        }
    return judged_forecasts(items.values(), inputs.weeks, inputs.adjustments, settings.draws, settings.seed)


def _reach(
    acting: Acting,
    items: Mapping[str, ServiceInput],
    uses: Mapping[str, tuple[Use, ...]],
    inputs: Inputs,
    baseline: Outcome | None,
) -> Reach:
    """Return what must be computed: all of it without a *baseline*."""
    services = {name: item.service for name, item in items.items()}
    if baseline:
        if baseline.measures or baseline.inputs is not inputs:
            raise BadInput(Message("Nuläget ska vara räknat på samma data, utan åtgärder."))
        return Reach.of(acting, services, [row.resource for row in baseline.resources], uses, inputs.conversions)
    passed = {link.to_service for link in inputs.conversions}
    return Reach(frozenset(items), frozenset(uses), frozenset(items) | passed)


def _growth(inputs: Inputs) -> Growth | None:
    """Growth of the sum of the series that no other service here gives rise to and that reach back furthest.

    A service that began later has grown from nothing, which is not the growth of demand.
    """
    downstream = {link.to_service for link in inputs.conversions}
    series = [item.need for item in inputs.services if item.service.service_id not in downstream]
    if not series or len({(row.start.frequency, row.end) for row in series}) > 1:
        return None
    start = min(row.start for row in series)
    total = np.sum([row.values for row in series if row.start == start], axis=0)
    whole = Series(start, total, series[0].source)
    return forecast(whole, inputs.weeks, inputs.services[0].calendar, 1, stream(0, "growth")).growth


def _counting_what_is_known(inputs: Inputs) -> dict[str, ServiceInput]:
    """Service id → its input. Observed production as capacity holds no lost slots, so none are asked for either."""
    covered = {recipe.service_id for recipe in recipes_in_force(inputs)}
    return {
        item.service.service_id: item if item.service.service_id in covered else replace(item, lost_slots=None)
        for item in inputs.services
    }


def _extra(
    items: Mapping[str, ServiceInput],
    need: Mapping[str, Judged],
    plans: Mapping[str, ListPlan | None],
    inputs: Inputs,
) -> dict[str, np.ndarray]:
    """Production above last year's, per service and week: what downstream services have not yet seen the like of.

    Where there is no list it is what measures add to need.
    """
    added = {name: np.sum([part.counts for part in need[name].more], axis=0) for name in items if need[name].more}
    return {name: more for name, more in added.items() if not plans[name]} | {
        name: spread_evenly((plan.goal_per_week - plan.treated_per_week) * len(inputs.weeks), inputs.weeks, items[name])
        for name, plan in plans.items()
        if plan
    }


def _uses(inputs: Inputs, items: Mapping[str, ServiceInput], acting: Acting) -> dict[str, tuple[Use, ...]]:
    """Resource id → what each service takes of it. A service without a recipe uses its own observed production.

    Services are produced with their ordinary sets; a resource of an alternative set alone stands there unused.
    """
    uses: dict[str, list[Use]] = {}
    for recipe in recipes_in_force(inputs):
        if recipe.service_id in items:
            item = items[recipe.service_id]
            spread = item.minutes.cv if item.minutes else 0.0
            use = Use(recipe, recipe.service_id, minutes_each(recipe, item, inputs), spread)
            uses.setdefault(recipe.resource_id, []).append(use)
    for recipes in alternative_sets(inputs).values():
        for recipe in recipes:
            uses.setdefault(recipe.resource_id, [])
    covered = {use.service_id for rows in uses.values() for use in rows}
    for name in items.keys() - covered:
        uses[f"observed:{name}"] = [Use(None, name, 1.0, 0.0)]
    return {
        name: tuple(
            acting.on_use(use, name, items[use.service_id].service)
            for use in sorted(rows, key=lambda use: use.service_id)
        )
        for name, rows in sorted(uses.items())
    }


def _balances(
    inputs: Inputs,
    settings: Settings,
    items: Mapping[str, ServiceInput],
    demands: Mapping[str, Demand],
    uses: Mapping[str, tuple[Use, ...]],
    acting: Acting,
) -> dict[str, ResourceBalance]:
    """Balance every resource that something uses; its own draws are dropped as soon as they are counted."""
    known = {row.resource.resource_id: row for row in inputs.resources}
    missing: list[Message] = []
    done: dict[str, ResourceBalance] = {}
    for resource_id, rows in uses.items():
        rng = stream(settings.seed, "resource", resource_id)
        try:
            if rows and rows[0].recipe is None:
                resource, supply = _observed(items[rows[0].service_id], inputs, settings, rng)
            else:
                resource, supply = _known(known.get(resource_id), resource_id, inputs, settings, rng)
        except MissingFactor as error:
            missing.extend(error.missing)
            continue
        supply = acting.on_supply(supply, resource, known.get(resource_id))
        measure = "activities" if rows and rows[0].recipe is None else "minutes"
        row = balance_resource(resource, measure, rows, demands, supply, rng, inputs.warning_rule)
        done[resource_id] = replace(row, available=replace(supply, draws=np.empty((0, len(inputs.weeks)))))
    if missing:
        raise MissingFactor(missing)
    return done


def _known(
    item: ResourceInput | None, resource_id: str, inputs: Inputs, settings: Settings, rng: np.random.Generator
) -> tuple[Resource, Available]:
    if item is None:
        raise MissingFactor([Message("resursen {id} i recepten", id=resource_id)])
    return item.resource, capacity.available(item, inputs.weeks, settings.draws, rng)


def _observed(
    item: ServiceInput, inputs: Inputs, settings: Settings, rng: np.random.Generator
) -> tuple[Resource, Available]:
    service = item.service
    if item.performed is None:
        raise MissingFactor([Message("recept eller observerad produktion för {name}", name=service.name)])
    resource = Resource(f"observed:{service.service_id}", service.name, service.unit_id, "observed", None)
    return resource, capacity.observed(item.performed, inputs.weeks, item.calendar, settings.draws, rng)


def _set_of(
    name: str, uses: Mapping[str, tuple[Use, ...]], resources: Mapping[str, ResourceBalance]
) -> list[ResourceBalance]:
    return [resources[key] for key, rows in uses.items() if any(use.service_id == name for use in rows)]


def _service(
    item: ServiceInput,
    need: Judged,
    plan: ListPlan | None,
    demand: Demand,
    resources: list[ResourceBalance],
    rule: WarningRule,
) -> ServiceOutcome:
    balance = feasible(demand, resources)
    with np.errstate(divide="ignore", invalid="ignore"):
        covers = [np.where(row.required > 0, row.available.mean / row.required, 1.0) for row in resources]
    cover = np.min(covers, axis=0)
    within = float((demand.mean * cover * demand.per_slot).mean())
    spread = np.min([row.year_spread for row in resources], axis=0)
    hold, halve = _p_short(demand, plan, within * spread) if plan else (None, None)
    coming = _coming(item, plan, demand, balance.feasible * demand.per_slot, rule) if plan and item.limit_days else None
    kept = replace(demand, met_draws=np.empty((0, len(need.forecast.weeks))))  # counted now, and large
    return ServiceOutcome(
        item, need.forecast, plan, kept, balance, within, hold, halve, need.base, need.changes, coming
    )


def _coming(
    item: ServiceInput, plan: ListPlan, demand: Demand, treated: np.ndarray, rule: WarningRule
) -> ComingList | None:
    """Return the list as it will be when *treated* (weeks,) people are treated; None for a limit of no wait at all.

    More than twice what fits the limit is where relief is needed.
    """
    limit = 2 * formula.target_queue(plan.hold_per_week, (item.limit_days or 0.0) / 7)
    if limit <= 0:
        return None
    queue = np.maximum(plan.queue + np.cumsum(demand.met - treated), 0)
    drawn = np.maximum(plan.queue + np.cumsum(demand.met_draws - treated, axis=1), 0)
    return ComingList(queue, limit, list_episodes(queue, drawn, limit, rule))


def _p_short(demand: Demand, plan: ListPlan, per_week: np.ndarray) -> tuple[float, float]:
    """Share of draws in which a year at *per_week* (draws,) is not enough to hold, and to halve, the list."""
    hold, extra = demand.met_draws.mean(axis=1), plan.halve_per_week - plan.hold_per_week
    return float((hold > per_week).mean()), float((hold + extra > per_week).mean())


def _codes(services: Iterable[ServiceOutcome], resources: Collection[ResourceBalance]) -> set[str]:
    """Return the codes of all parts that anything here is made of."""
    return {
        *(part.code for row in services for part in row.demand.parts),
        *(part.code for row in resources for part in row.parts),
        *(part.code for row in resources for part in row.available.parts),
    }


def _notes(services: tuple[ServiceOutcome, ...], recipes: tuple[Recipe, ...], start: date) -> tuple[Message, ...]:
    notes = [
        Message("{service}: {what}", service=row.item.service.name, what=row.forecast.note)
        for row in services
        if row.forecast.note
    ]
    later = sum(1 for recipe in recipes if recipe.valid_from > start)
    if later:
        notes.insert(0, Message("{count} recept börjar gälla under perioden och räknas inte in ännu.", count=later))
    unexplained = sum(1 for row in services if row.plan and not row.plan.removals_reported)
    if unexplained:
        what = Message(
            "{count} väntelistor saknar uppgift om avgångar: årets oförklarade rest antas fortsätta.", count=unexplained
        )
        notes.insert(0, what)
    counted = sum(1 for row in services if row.balance.binding[0].startswith("observed:"))
    if counted:
        what = Message("{count} vårdtjänster saknar recept: observerad produktion är kapaciteten.", count=counted)
        notes.insert(0, what)
    return tuple(notes)
