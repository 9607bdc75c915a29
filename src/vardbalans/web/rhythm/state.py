"""How far each step of a unit's planning has come: computed from what is there, and from what people have ticked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.engine.periods import Period
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import Unit
from vardbalans.web.planning.models import State
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.rhythm.facts import Due, Facts, Holder
from vardbalans.web.rhythm.models import Tick
from vardbalans.web.rhythm.process import STEPS, Item, Step

__all__ = ["Condition", "Stage", "UnitCycle", "unit_cycle"]

REVIEW_DAYS = 7


@dataclass(frozen=True)
class Condition:
    """One thing that must be so for a step to be done. *met* is None where it does not apply (yet).

    *permission* is what takes it on; *address* leads to where that is done. An *item* is ticked by people.
    """

    text: str
    met: bool | None
    detail: str
    address: str
    permission: Permission
    item: Item | None = None
    tick: Tick | None = None


@dataclass(frozen=True)
class Stage:
    """One step of one unit: its conditions, its last day, and who has the ball."""

    step: Step
    conditions: tuple[Condition, ...]
    due: Due | None
    today: date
    holders: tuple[Holder, ...]
    asks: Permission | None

    @property
    def state(self) -> str:
        """Return ``done``, ``none`` (does not apply), ``late``, ``begun`` or ``open``."""
        told = [row.met for row in self.conditions if row.met is not None]
        if not told:
            return "none"
        if all(told):
            return "done"
        if self.due and self.due.day < self.today:
            return "late"
        return "begun" if any(told) else "open"

    @property
    def words(self) -> str:
        """Return the state in words."""
        return {
            "done": _("klart"),
            "none": _("inte aktuellt"),
            "late": _("försenat"),
            "begun": _("pågår"),
            "open": _("inte påbörjat"),
        }[self.state]

    @property
    def sign(self) -> str:
        """Return the class of its mark."""
        return {"done": "saved", "late": "error", "begun": "warning"}.get(self.state, "info")

    @property
    def is_open(self) -> bool:
        """Tell whether something is left to do."""
        return self.state not in ("done", "none")

    def is_held_by(self, person: int) -> bool:
        """Tell whether the user of that key has the ball."""
        return person in {holder.pk for holder in self.holders}

    @property
    def left(self) -> tuple[Condition, ...]:
        """Return what is left to do."""
        return tuple(row for row in self.conditions if row.met is False)

    @property
    def count(self) -> str:
        """Return how much of it is done."""
        told = [row.met for row in self.conditions if row.met is not None]
        return f"{sum(told)}/{len(told)}"


@dataclass(frozen=True)
class UnitCycle:
    """The planning of one unit for one year, step by step."""

    unit: Unit
    year: int
    stages: tuple[Stage, ...]

    @cached_property
    def current(self) -> Stage | None:
        """Return the first step that is not done; None where all are."""
        return next((stage for stage in self.stages if stage.is_open), None)

    @property
    def late(self) -> tuple[Stage, ...]:
        """Return the steps whose last day has passed."""
        return tuple(stage for stage in self.stages if stage.state == "late")

    @property
    def before_signing(self) -> tuple[Stage, ...]:
        """Return the open steps that come before the agreement."""
        keys = [stage.step.key for stage in self.stages]
        return tuple(stage for stage in self.stages[: keys.index("agreement")] if stage.is_open)

    @property
    def address(self) -> str:
        """Return the address of the page."""
        return f"{reverse('rhythm:cycle', args=[self.unit.unit_id])}?year={self.year}"


def unit_cycle(facts: Facts, unit: Unit) -> UnitCycle:
    """Return how far the planning of *unit* has come."""
    return UnitCycle(unit, facts.year, tuple(_stage(facts, unit.unit_id, step) for step in STEPS))


def _stage(facts: Facts, unit_id: str, step: Step) -> Stage:
    conditions = (*_CONDITIONS[step.key](facts, unit_id), *_ticked(facts, unit_id, step))
    asks = next((row.permission for row in conditions if row.met is False), None)
    due = Due(_friday(facts.today), None) if step.weekly else facts.due(unit_id, step.key)
    holders = facts.who(asks, unit_id) if asks else ()
    return Stage(step, conditions, due, facts.today, holders, asks)


def _friday(today: date) -> date:
    return Period.week_of(today).start + timedelta(4)


def _ticked(facts: Facts, unit_id: str, step: Step) -> Iterator[Condition]:
    """Yield the step's items as conditions; that a gap is accepted is asked only while there is one."""
    for item in step.items:
        plan = facts.plan_of(unit_id)
        if item.key == "gap_accepted" and (plan is None or not plan.short_weeks):
            continue
        tick = facts.ticks.get((unit_id, item.key))
        yield Condition(str(item.text), bool(tick and tick.done), "", "", item.permission, item, tick)


def _order(facts: Facts, unit_id: str) -> Iterator[Condition]:
    orders = [order for name in facts.services_of(unit_id) for order in facts.orders.get(name, ())]
    answered = sum(order.status != "proposed" for order in orders)
    detail = _("{answered} av {count} är besvarade").format(answered=answered, count=len(orders))
    plan = facts.plan_of(unit_id)
    address = (
        f"{reverse('planning:plan', args=[plan.newest.pk])}#orders"
        if plan
        else reverse("planning:plans_unit", args=[unit_id])
    )
    met = answered == len(orders) if orders else None
    text = _("Beställningen är besvarad")
    yield Condition(
        text, met, detail if orders else _("Ingen beställning finns i data"), address, Permission.PLAN_APPROVE
    )


def _forecast(facts: Facts, unit_id: str) -> Iterator[Condition]:
    run = facts.run
    detail = _("Data t.o.m. {day}").format(day=run.meta["as_of"]) if run else _("Det finns inga siffror än")
    fresh = run is not None and run.weeks_old is None
    yield Condition(_("Data är färska"), fresh, detail, reverse("intake:data"), Permission.DATA_IMPORT)
    count = sum(facts.adjustments.get(unit.unit_id, 0) for unit in facts.tree.below(unit_id))
    detail = ngettext("{count} justering", "{count} justeringar", count).format(count=count)
    need = reverse("insight:need_unit", args=[unit_id])
    yield Condition(_("Prognosen är räknad"), bool(facts.services_of(unit_id)), detail, need, Permission.PLAN_EDIT)


def _required(facts: Facts, unit_id: str) -> Iterator[Condition]:
    detail = _("Version {number} av data").format(number=facts.run.meta["version"]) if facts.run else ""
    address = reverse("insight:balance", args=[unit_id])
    text = _("Balansen är räknad på de nyaste data som finns")
    yield Condition(text, facts.is_current, detail, address, Permission.PLAN_EDIT)


def _capacity(facts: Facts, unit_id: str) -> Iterator[Condition]:
    count = sum(facts.resources.get(unit.unit_id, 0) for unit in facts.tree.below(unit_id))
    all_weeks = len(weeks_of_year(facts.year))
    detail = _("{count} resurser, {covered} av årets {weeks} veckor").format(
        count=count, covered=facts.covered_weeks, weeks=all_weeks
    )
    address = reverse("insight:balance", args=[unit_id])
    met = bool(count and facts.covered_weeks)
    yield Condition(_("Kapaciteten är räknad för året"), met, detail, address, Permission.PLAN_EDIT)


def _gap(facts: Facts, unit_id: str) -> Iterator[Condition]:
    short = sum(facts.short.get(unit.unit_id, 0) for unit in facts.tree.below(unit_id))
    detail = ngettext(
        "{count} resurs har för lite någon vecka", "{count} resurser har för lite någon vecka", short
    ).format(count=short)
    address = reverse("insight:balance", args=[unit_id])
    yield Condition(_("Gapet är räknat"), bool(facts.covered_weeks), detail, address, Permission.PLAN_EDIT)


def _choice(facts: Facts, unit_id: str) -> Iterator[Condition]:
    plan, plans = facts.plan_of(unit_id), reverse("planning:plans_unit", args=[unit_id])
    if plan is None:
        yield Condition(_("En plan finns"), False, _("Ingen plan finns än"), plans, Permission.PLAN_EDIT)
        return
    address = reverse("planning:plan", args=[plan.newest.pk])
    name = f"{plan.plan.name}, v{plan.newest.number}"
    yield Condition(_("En plan finns"), True, name, address, Permission.PLAN_EDIT)
    detail = _("Förslag har tagits") if plan.proposal_taken else _("Inget förslag har tagits")
    if plan.empty:
        detail = ngettext(
            "{count} vårdtjänst har inget planerat", "{count} vårdtjänster har inget planerat", len(plan.empty)
        ).format(count=len(plan.empty))
    yield Condition(_("Varje vårdtjänst är planerad"), not plan.empty, detail, address, Permission.PLAN_EDIT)
    accepted = facts.ticks.get((unit_id, "gap_accepted"))
    short = plan.short_weeks
    detail = _("Ingen vecka behöver mer än det som finns")
    if short:
        text = ngettext(
            "{count} vecka behöver mer än det som finns", "{count} veckor behöver mer än det som finns", short
        )
        detail = text.format(count=short)
    met = not short or bool(accepted and accepted.done) or None
    yield Condition(_("Planen ryms i kapaciteten"), met, detail, address, Permission.PLAN_EDIT)


def _agreement(facts: Facts, unit_id: str) -> Iterator[Condition]:
    plan = facts.plan_of(unit_id)
    address = (
        reverse("planning:plan", args=[plan.newest.pk]) if plan else reverse("planning:plans_unit", args=[unit_id])
    )
    sent = plan is not None and (plan.newest.state == State.SUBMITTED or plan.agreed is not None)
    detail = str(plan.newest.get_state_display()) if plan else ""
    yield Condition(_("Planen är inskickad"), sent, detail, address, Permission.PLAN_EDIT)
    detail = _("Version {number} gäller").format(number=plan.agreed.number) if plan and plan.agreed else ""
    approved = plan is not None and plan.agreed is not None
    yield Condition(_("Planen är godkänd"), approved, detail, address, Permission.PLAN_APPROVE)


def _review(facts: Facts, unit_id: str) -> Iterator[Condition]:
    weeks = weeks_of_year(facts.year)
    begins, ends = Period.parse(weeks[0]).start, Period.parse(weeks[-1]).end
    held = facts.reviewed_on(unit_id)
    address = reverse("following:meetings", args=[unit_id])
    text = _("Veckouppföljning har hållits de senaste sju dagarna")
    detail = _("Senast {day}").format(day=held.isoformat()) if held else _("Ingen har hållits")
    met: bool | None = held is not None and (facts.today - held).days < REVIEW_DAYS
    if not begins <= facts.today < ends:
        met, detail = None, _("Börjar {day}").format(day=begins.isoformat())
    yield Condition(text, met, detail, address, Permission.FOLLOW_UP_WRITE)


_CONDITIONS = {
    "order": _order,
    "forecast": _forecast,
    "required": _required,
    "capacity": _capacity,
    "gap": _gap,
    "choice": _choice,
    "agreement": _agreement,
    "review": _review,
}
