"""The named indicators, and what a run tells of each: counts per unit, to be rolled up by :mod:`goals`."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.goals import Count, Indicator
from vardbalans.engine.messages import Message
from vardbalans.engine.orders import Order, share_within
from vardbalans.engine.scenario import Outcome, ServiceOutcome
from vardbalans.engine.units import shifts_short

__all__ = ["INDICATORS", "of_orders", "of_run"]

INDICATORS: Mapping[str, Indicator] = {
    row.indicator_id: row
    for row in (
        Indicator(
            "andel_inom_vardgaranti",
            Message("Väntande inom vårdgarantin"),
            Message("De som väntar under en gräns och inte har passerat den, av alla som väntar under en gräns."),
            "share",
            "andel",
            "up",
        ),
        Indicator(
            "andel_behandlade_inom_vardgaranti",
            Message("Behandlade inom vårdgarantin"),
            Message("De som blev behandlade inom sin gräns, av alla behandlade under en gräns de senaste 13 veckorna."),
            "share",
            "andel",
            "up",
        ),
        Indicator(
            "vantande",
            Message("Väntande"),
            Message("De som väntar när uppgifterna slutar, på listor som följs."),
            "sum",
            "antal",
            "down",
        ),
        Indicator(
            "andel_uteblivna",
            Message("Förlorade tider"),
            Message("Tider med uteblivet besök eller sent återbud, av alla bokade tider det senaste året."),
            "share",
            "andel",
            "down",
        ),
        Indicator(
            "produktion",
            Message("Produktion i planen"),
            Message("De som kan få vård under veckorna som räknas med den kapacitet som finns."),
            "sum",
            "antal",
            "up",
        ),
        Indicator(
            "produktion_mot_bestallning",
            Message("Produktion mot beställning"),
            Message("Utfört hittills i år, av den del av årets beställning som hör till samma arbetsdagar."),
            "share",
            "andel",
            "up",
        ),
        Indicator(
            "belaggning",
            Message("Beläggning"),
            Message("Vårdplatstid som behövs, av den som är öppen, under veckorna som räknas."),
            "share",
            "andel",
            "down",
            "minutes",
        ),
        Indicator(
            "utnyttjande_operation",
            Message("Utnyttjande av operationssalar"),
            Message("Saltid som används, högst den som går att använda, av den som är öppen."),
            "share",
            "andel",
            "up",
            "minutes",
        ),
        Indicator(
            "utnyttjande_personal",
            Message("Utnyttjande av personalens tid"),
            Message("Arbetstid som används, högst den som går att använda, av den som finns."),
            "share",
            "andel",
            "up",
            "minutes",
        ),
        Indicator(
            "pass_som_saknas",
            Message("Pass som saknas"),
            Message("Brist vecka för vecka, delad med passets längd och avrundad uppåt."),
            "sum",
            "pass",
            "down",
        ),
        Indicator(
            "kostnad_kopt_vard",
            Message("Köpt vård"),
            Message("Vård hos andra vårdgivare till avtalat pris, under veckorna som räknas."),
            "sum",
            "kr",
            "down",
        ),
    )
}
"""Every named indicator by id, in the order they are shown."""


def of_run(outcome: Outcome) -> Iterator[Count]:
    """Yield what the run tells, unit by unit. Waits within the guarantee are counted from the lists, not here."""
    for row in outcome.services:
        yield from _of_service(outcome, row)
    kinds = {row.item.service.service_id: row.item.service.kind for row in outcome.services}
    for balance in outcome.resources:
        operates = any(kinds[use.service_id] == "surgery" for use in outcome.uses[balance.resource.resource_id])
        yield from _of_resource(balance, operates)


def _of_service(outcome: Outcome, row: ServiceOutcome) -> Iterator[Count]:
    service = row.item.service
    lost, state = row.item.lost_slots, row.item.waiting_list
    if lost is not None:
        yield Count(service.unit_id, "andel_uteblivna", lost.part, lost.whole)
    if state is not None:
        yield Count(service.unit_id, "vantande", state.queue)
    treated = float((row.balance.feasible * row.demand.per_slot).sum())
    yield Count(service.unit_id, "produktion", treated)
    for contract in outcome.inputs.contracts_in_force.get(service.service_id, ()):
        if contract.provider_id == service.unit_id:
            yield Count(service.unit_id, "kostnad_kopt_vard", treated * contract.price_ore / 100)


def _of_resource(balance: ResourceBalance, operates: bool) -> Iterator[Count]:
    resource, supply = balance.resource, balance.available
    if balance.measure != "minutes":
        return
    opened = float((supply.mean / supply.inputs["utilisation"]).sum())
    used = float(np.minimum(balance.required, supply.mean).sum())
    if resource.kind == "bed":
        yield Count(resource.unit_id, "belaggning", float(balance.required.sum()), opened)
    elif resource.kind == "staff":
        yield Count(resource.unit_id, "utnyttjande_personal", used, opened)
    elif operates and resource.kind == "room":
        yield Count(resource.unit_id, "utnyttjande_operation", used, opened)
    if resource.shift_minutes:
        short = (shifts_short(-float(week), resource.shift_minutes) for week in balance.balance)
        yield Count(resource.unit_id, "pass_som_saknas", float(sum(short)))


def of_orders(outcome: Outcome, orders: Iterable[Order]) -> Iterator[Count]:
    """Yield what has been performed of each order this far into its year, for orders of the year data end in.

    Of an order nobody has accepted the volume spoken of last counts. Whole periods within the year are compared.
    """
    known = {row.item.service.service_id: row.item for row in outcome.services}
    for order in orders:
        item = known.get(order.service_id)
        if item is None or item.performed is None or order.year != outcome.inputs.as_of.year:
            continue
        rows = [
            (period, value)
            for period, value in zip(item.performed.periods, item.performed.values, strict=True)
            if period.start.year == order.year and period.days[-1].year == order.year
        ]
        share = share_within(order.year, [period for period, _ in rows], item.calendar)
        if share > 0:
            done = float(sum(value for _, value in rows))
            yield Count(order.unit_id, "produktion_mot_bestallning", done, order.spoken_of * share)
