"""Where in the chain the measures of a run act: each link hands over what it has and gets it back changed.

Effects multiply, in the order of the chain's parameters (:data:`PARAMETERS`), then of their start, then of their id.
What each adds is kept as a part of its own, so the parts go on summing to the total. Everything is done to the
expectation and to each draw alike, after the chain has drawn its own random numbers: those stay as they were, and two
scenarios differ by nothing but their measures.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vardbalans.engine.balance import Demand, DemandPart, Use, UseChange
from vardbalans.engine.capacity import Available, AvailablePart
from vardbalans.engine.catalogue import Resource, Service
from vardbalans.engine.errors import BadInput, MissingFactor
from vardbalans.engine.inputs import Inputs, ResourceInput
from vardbalans.engine.measures.effects import Effect
from vardbalans.engine.measures.measure import Measure, Parameter
from vardbalans.engine.measures.whole import linked
from vardbalans.engine.messages import Message
from vardbalans.engine.need import Added, Judged
from vardbalans.engine.units import Floats

__all__ = ["Acting"]

_ON_NEED: tuple[Parameter, ...] = ("need",)
_ON_PRODUCTION: tuple[Parameter, ...] = ("activities", "lost_share")
_ON_USE: tuple[Parameter, ...] = ("minutes", "stay_days")
_ON_SUPPLY: tuple[Parameter, ...] = ("sets", "time", "utilisation", "absence")
_MOST_LOST = 0.99  # a drawn share of slots lost that a measure would raise to one or more


@dataclass(frozen=True, eq=False)
class Acting:
    """The *effects* of a run's measures, in order, and the units each unit lies within (itself first)."""

    effects: tuple[Effect, ...]
    within: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, measures: Collection[Measure], inputs: Inputs, draws: int, seed: int) -> "Acting":
        """Return the effects of *measures*. Raises BadInput for an id used twice or a target that is not there."""
        _check(measures, inputs)
        calendar = inputs.services[0].calendar if inputs.services else None
        ordered = sorted(linked(measures), key=lambda measure: measure.order)
        effects = (Effect.of(row, inputs.weeks, calendar, inputs.as_of, draws, seed) for row in ordered if calendar)
        return cls(tuple(effects), {name: _above(name, inputs) for name in inputs.units})

    def notes(self, codes: Collection[str]) -> tuple[Message, ...]:
        """Say which measures change nothing in these weeks; *codes* are those of all parts of the outcome."""
        return tuple(
            Message(
                "Åtgärden {name} ändrar inget i de här veckorna: den gäller inte då, ingår redan i data eller har "
                "inget där att verka på.",
                name=effect.measure.name,
            )
            for effect in self.effects
            if effect.measure.code not in codes
        )

    def on_need(self, need: Judged, service: Service) -> Judged:
        """Return *need* as the measures leave it."""
        for effect in self._on_service(service, _ON_NEED):
            before = need.forecast
            mean, draws = before.mean * effect.factor(), before.draws * effect.factors()
            more = Added(effect.measure.code, mean - before.mean, effect.measure.source)
            need = replace(need, forecast=replace(before, mean=mean, draws=draws), more=(*need.more, more))
        return need

    def on_production(self, demand: Demand, service: Service) -> Demand:
        """Return the slots needed: fewer activities for the same need, or fewer of the slots lost.

        A slot serves as many more of those in need as there are fewer slots; a service that loses no slots is left.
        """
        lost, lost_draws, total = demand.lost, demand.lost_draws, demand.mean
        for effect in self._on_service(service, _ON_PRODUCTION):
            change, changes = effect.factor(), effect.factors()
            if effect.measure.parameter == "lost_share":
                if not lost.any():
                    self._refuse_if_named(
                        effect.measure, Message("andel förlorade tider för {name}", name=service.name)
                    )
                    continue
                kept, kept_draws = 1 - lost, 1 - lost_draws
                lost, lost_draws = lost * change, np.minimum(lost_draws * changes, _MOST_LOST)
                if (lost >= 1).any():
                    raise BadInput(
                        Message("Åtgärd {id}: alla tider skulle gå förlorade.", id=effect.measure.measure_id)
                    )
                change, changes = kept / (1 - lost), kept_draws / (1 - lost_draws)
            part = DemandPart(effect.measure.code, total * (change - 1), effect.measure.source)
            total = total * change
            served = demand.per_slot / np.where(change > 0, change, 1.0)
            demand = replace(
                demand,
                parts=(*demand.parts, part),
                draws=demand.draws * changes,
                lost=lost,
                lost_draws=lost_draws,
                per_slot=served,
            )
        return demand

    def on_use(self, use: Use, resource_id: str, service: Service) -> Use:
        """Return what a slot takes of a resource; a stay's length counts where the recipe is per day of stay."""
        changes = tuple(
            UseChange(effect.measure.code, effect.measure.source, effect.factor(), effect.factors())
            for effect in self._on_service(service, _ON_USE)
            if effect.measure.resource_id in ("", resource_id)
            and (effect.measure.parameter == "minutes" or (use.recipe is not None and use.recipe.per == "day"))
        )
        return replace(use, changes=changes) if changes else use

    def on_supply(self, supply: Available, resource: Resource, item: ResourceInput | None) -> Available:
        """Return what is available of *resource*; *item* is None where its production stands for its capacity."""
        for effect in self._on_resource(resource):
            changed = _changed_supply(supply, effect, item)
            if changed is None:
                what = Message("{parameter} för {name}", parameter=effect.measure.parameter, name=resource.name)
                self._refuse_if_named(effect.measure, what)
            else:
                supply = changed
        return supply

    def services(self, services: Iterable[Service], *, need_only: bool = False) -> set[str]:
        """Return the ids of *services* whose need or production a measure changes."""
        names = _ON_NEED if need_only else _ON_NEED + _ON_PRODUCTION
        return {service.service_id for service in services if any(True for _ in self._on_service(service, names))}

    def touches(self, resource: Resource) -> bool:
        """Tell whether a measure changes what is available of *resource*."""
        return any(True for _ in self._on_resource(resource))

    def _on_service(self, service: Service, parameters: Sequence[Parameter]) -> Iterator[Effect]:
        for effect in self.effects:
            measure = effect.measure
            named = measure.service_id == service.service_id
            meant = named or (not measure.service_id and self._is_within(service.unit_id, measure))
            if effect.acts and measure.parameter in parameters and meant:
                yield effect

    def _on_resource(self, resource: Resource) -> Iterator[Effect]:
        for effect in self.effects:
            measure = effect.measure
            if not effect.acts or measure.parameter not in _ON_SUPPLY:
                continue
            named = measure.resource_id or (measure.service_id and f"observed:{measure.service_id}")
            if named == resource.resource_id or (not named and self._is_within(resource.unit_id, measure)):
                yield effect

    def _is_within(self, unit_id: str, measure: Measure) -> bool:
        places = self.within.get(unit_id, frozenset({unit_id}))
        return (not measure.unit_id or measure.unit_id in places) and measure.but_not.isdisjoint(places)

    @staticmethod
    def _refuse_if_named(measure: Measure, what: Message) -> None:
        """A measure on a whole unit passes by what it cannot change; one on a named target must be able to."""
        if measure.service_id or measure.resource_id:
            raise MissingFactor([what])


def _changed_supply(supply: Available, effect: Effect, item: ResourceInput | None) -> Available | None:
    """Return *supply* as one effect leaves it; None where the resource has no such parameter."""
    parameter = effect.measure.parameter
    if parameter == "absence":
        return _less_absent(supply, effect) if "absence" in supply.inputs else None
    base: Floats | float = 1.0
    if effect.measure.added is not None:
        sets = _sets(supply, item)
        if sets is None or not np.all(sets > 0):
            return None
        base = sets
    change, changes = effect.factor(base), effect.factors(base)
    if parameter == "utilisation":
        if "utilisation" not in supply.inputs:
            return None
        most = 1 / supply.inputs["utilisation"]  # no more than all of the time can be used
        change, changes = np.minimum(change, most), np.minimum(changes, most)
        supply = replace(supply, inputs={**supply.inputs, "utilisation": supply.inputs["utilisation"] * change})
    return _multiplied(supply, effect, np.maximum(change, 0), np.maximum(changes, 0))


def _multiplied(supply: Available, effect: Effect, change: Floats, changes: Floats) -> Available:
    part = AvailablePart(effect.measure.code, supply.mean * (change - 1), effect.measure.source)
    per_post = effect.measure.parameter != "sets"  # more posts do not change what one gives
    return replace(
        supply,
        mean=supply.mean * change,
        draws=supply.draws * changes,
        parts=(*supply.parts, part),
        one_fte=supply.one_fte * change if supply.one_fte is not None and per_post else supply.one_fte,
    )


def _less_absent(supply: Available, effect: Effect) -> Available:
    """Absence times the factor: the same posts are absent in the same draws, only less of the time (or more)."""
    absence = supply.inputs["absence"]
    there = 1 - absence
    full = supply.mean / np.where(there > 0, there, 1.0)
    change, changes = effect.factor(), effect.factors()
    mean = np.clip(full - (full - supply.mean) * change, 0, full)
    drawn = np.clip(full - (full - supply.draws) * changes, 0, full)
    part = AvailablePart(effect.measure.code, mean - supply.mean, effect.measure.source)
    post = supply.one_fte * mean / np.where(supply.mean > 0, supply.mean, 1.0) if supply.one_fte is not None else None
    inputs = {**supply.inputs, "absence": np.minimum(absence * change, 1.0)}
    return Available(mean, drawn, (*supply.parts, part), inputs, post)


def _sets(supply: Available, item: ResourceInput | None) -> Floats | float | None:
    """Return the sets or posts that an addition is made to: posts by week, or the most sets open at once."""
    if "fte" in supply.inputs:
        return supply.inputs["fte"]
    if item is None or not item.openings:
        return None
    return (
        max(row.sets for row in item.openings if row.day is None)
        if any(row.day is None for row in item.openings)
        else None
    )


def _above(unit_id: str, inputs: Inputs) -> frozenset[str]:
    found: set[str] = set()
    while unit_id and unit_id not in found:
        found.add(unit_id)
        unit_id = inputs.units[unit_id].parent_id if unit_id in inputs.units else ""
    return frozenset(found)


def _check(measures: Collection[Measure], inputs: Inputs) -> None:
    """Every id once, and every target there."""
    services = {item.service.service_id for item in inputs.services}
    resources = {item.resource.resource_id for item in inputs.resources}
    seen: set[str] = set()
    for measure in measures:
        if measure.measure_id in seen:
            raise BadInput(Message("Åtgärd {id} finns två gånger.", id=measure.measure_id))
        seen.add(measure.measure_id)
        for kind, name, known in (
            (Message("enheten"), measure.unit_id, inputs.units.keys()),
            (Message("vårdtjänsten"), measure.service_id, services),
            (Message("resursen"), measure.resource_id, resources),
        ):
            if name and name not in known:
                raise BadInput(
                    Message(
                        "Åtgärd {id}: {kind} {name} finns inte i data.", id=measure.measure_id, kind=kind, name=name
                    )
                )
