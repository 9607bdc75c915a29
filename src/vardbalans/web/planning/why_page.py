"""Why the balance of a plan is what it is: one resource week by week, and one week with its parts and their sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from vardbalans.engine.explain import Figure, Step
from vardbalans.engine.messages import Message
from vardbalans.web import clock
from vardbalans.web.insight.addresses import leads
from vardbalans.web.insight.levels import excess, level, mark_in_words
from vardbalans.web.insight.selectors import Reader, Run
from vardbalans.web.insight.weeks import Week
from vardbalans.web.insight.why import Explanation, explanation
from vardbalans.web.planning import selectors
from vardbalans.web.planning.balance import PlanResource, plan_resources
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.weeks import plan_weeks

__all__ = ["ResourceWeek", "WhyPage", "resource_address", "why_page"]


class ResourceWeek(NamedTuple):
    """One week of the resource: what the plan's services and the others take, what there is, and the balance.

    None where it is not known, or nothing is planned. *why* is where its parts stand.
    """

    week: Week
    own: float | None
    others: float | None
    required: float | None
    available: float | None
    why: str

    @property
    def _share(self) -> float | None:
        return None if self.required is None else excess({"required": self.required, "available": self.available})

    @property
    def level(self) -> str:
        """Return the step of the balance, as in the grid."""
        return level(self._share)

    @property
    def mark(self) -> str:
        """Return the balance as the grid shows it, with the side in words."""
        return mark_in_words(self._share)


@dataclass(frozen=True)
class WhyPage:
    """A resource that the plan's services use, week by week; *chosen* is the week that is explained, if any."""

    resource: PlanResource
    weeks: tuple[ResourceWeek, ...]
    chosen: ResourceWeek | None
    explanation: Explanation | None


def resource_address(version: Version, resource_id: str, **more: str) -> str:
    """Return the address of the page of the resource in *version*; ``week`` in *more* explains that week."""
    return f"{reverse('planning:balance_why', args=[version.pk])}?{urlencode({'resource': resource_id, **more})}"


def why_page(reader: Reader, run: Run, version: Version, resource_id: str, week: str) -> WhyPage | None:
    """Return the page; None where no service of the plan uses the resource, or *week* is not one of the plan's."""
    services = selectors.services_of(run, version.plan.unit_id)
    names = {service.service_id: service.name for service in services}
    weeks = plan_weeks(version.plan.year, clock.today())
    found = plan_resources(run, list(names), [each.period for each in weeks])
    resource = next((row for row in found if row.resource_id == resource_id), None)
    if resource is None or (week and week not in {each.period for each in weeks}):
        return None
    planned = {key: cell.value for key, cell in selectors.cells_of(version).items() if cell.value is not None}
    rows = tuple(_row(version, resource, place, each, planned) for place, each in enumerate(weeks))
    chosen = next((row for row in rows if row.week.period == week), None)
    shown = None
    if chosen and chosen.required is not None:
        unit_id = run.stored.resource_rows([resource_id])[0]["unit_id"]
        parts = [
            (names[name], name, planned[name, week], amount)
            for name, amount in resource.amounts.items()
            if (name, week) in planned
        ]
        shown = explanation(_figure(resource, chosen, parts).as_dict(), leads(unit_id, reader))
    return WhyPage(resource, rows, chosen, shown)


def _row(
    version: Version, resource: PlanResource, place: int, week: Week, planned: Mapping[tuple[str, str], Decimal]
) -> ResourceWeek:
    required, others = resource.required(place, week.period, planned), resource.others[place]
    own = None if required is None or others is None else required - others
    why = resource_address(version, resource.resource_id, week=week.period) if required is not None else ""
    return ResourceWeek(week, own, others, required, resource.available[place], why)


def _figure(resource: PlanResource, row: ResourceWeek, parts: Sequence[tuple[str, str, Decimal, float]]) -> Figure:
    """Return what the plan and the others take in the week, with a term per service of *parts*.

    *parts* are (name, service id, planned, what one takes).
    """
    unit = "minutes" if resource.measure == "minutes" else "activities"
    about = (("resource", resource.resource_id), ("week", row.week.period))
    terms = [
        Step(Message("{service}: planerade tider", service=name), float(count) * each, unit, float(count))
        for name, _service, count, each in parts
    ]
    required = (("figure", "required"), *about)
    others = Message("det andra vårdtjänster kräver av resursen")
    terms.append(Step(others, row.others or 0.0, unit, of=required))
    inputs = [
        Step(Message("{service}: en planerad tid tar, enligt receptet", service=name), each, unit, of=required)
        for name, _service, _count, each in parts
    ]
    if row.available is not None:
        inputs.append(Step(Message("tillgängligt"), row.available, unit, of=(("figure", "available"), *about)))
        balance = row.available - (row.required or 0.0)
        inputs.append(Step(Message("balans: tillgängligt − det planen och de andra tar"), balance, unit))
        if row.available:
            share = Message("över eller under: (krävs − tillgängligt) ÷ tillgängligt")
            inputs.append(Step(share, -balance / row.available, "share"))
    formula = Message(
        "Krävs = planerade tider × det en tid tar, per vårdtjänst i planen, + det andra vårdtjänster kräver"
    )
    return Figure("plan_required", row.required or 0.0, unit, formula, tuple(terms), tuple(inputs))
