"""Waiting lists ahead, from a data version: how each stands and moves, what comes, what is treated, where it leads.

What comes to a list is its forecast, less what other lists here lead to it: that part is simulated from what they
treat, with uncertain shares. What is treated is what was treated per working day in the last year, by the season; a
list shorter than four weeks of that was not held back by capacity, and its production follows what comes. The rest is
:mod:`vardbalans.engine.waitlist`.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from vardbalans.engine import flow
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.inputs import Contract, Conversion, Inputs, ListState, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need import Forecast, History, Outlook, judged_forecasts, outlooks
from vardbalans.engine.periods import Period
from vardbalans.engine.sampling import stream
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.daily import days_of, list_by_day, referral_by_day
from vardbalans.engine.waitlist.lists import Capacity, Referral, WaitingList
from vardbalans.engine.waitlist.needed import Needed, production_needed
from vardbalans.engine.waitlist.production import produced
from vardbalans.engine.waitlist.run import Projection, project
from vardbalans.engine.waitlist.start import WEEK, ListStart

__all__ = ["ListStart", "ListsAhead", "Question", "lists_ahead", "queues_ahead"]

ORDINARY_DAYS = 5
SHORT_WEEKS = 4
_WEEKS_A_YEAR = 365.25 / WEEK


@dataclass(frozen=True)
class Question:
    """What is asked: *draws* futures from *seed*; a *share* of those waiting within the limit, by the end of week *by*.

    *by* counts the weeks of the run from 0. *purchased*: use the volumes agreed with other providers, after all own
    capacity; without it production goes on as it has, with what was bought then. *daily*: in steps of a day, for limits
    of some days.
    """

    draws: int = 1000
    seed: int = 1
    share: float = 1.0
    by: int = 25
    purchased: bool = False
    daily: bool = False

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise BadInput(Message("Antalet simuleringar måste vara minst 1, inte {draws}.", draws=self.draws))
        if not 0 < self.share <= 1:
            raise BadInput(
                Message("Andelen inom gränsen måste vara över 0 och högst 1, inte {share}.", share=self.share)
            )


@dataclass(frozen=True, eq=False)
class ListsAhead:
    """The lists of *inputs* ahead: *projection* by list id, and what production each needs where it has a limit.

    *asked* are the ids asked for; the others are there because they lead to them, or they to those.
    """

    inputs: Inputs
    question: Question
    asked: tuple[str, ...]
    starts: Mapping[str, ListStart]
    projection: Projection
    needed: Mapping[str, Needed]
    notes: tuple[Message, ...] = field(default=())

    @property
    def steps(self) -> tuple[Period, ...]:
        """Return the weeks ahead, or the days."""
        return days_of(self.inputs.weeks) if self.question.daily else self.inputs.weeks

    def needed_together(self) -> Needed | None:
        """Return the sum of what the asked lists need, draw by draw; None where none has a limit."""
        rows = [self.needed[name] for name in self.asked if name in self.needed]
        if not rows:
            return None
        until, hold = (np.sum([getattr(row, part) for row in rows], axis=0) for part in ("until", "hold"))
        return Needed(rows[0].by, rows[0].ordinary_steps, until, hold, None)


def lists_ahead(
    inputs: Inputs,
    starts: Mapping[str, ListStart],
    question: Question,
    *,
    asked: Collection[str] | None = None,
    executor: Executor | None = None,
) -> ListsAhead:
    """Project every list that has a start, and solve for the production that those *asked* for need (all unless said).

    *starts* are by list id (:attr:`Inputs.lists`). A list is asked for where any of its services is. Lists whose
    figures do not end where the weeks begin are left out, and a note says so. What a treatment costs is the lowest
    price agreed. Raises BadInput where none is left, or the date lies outside the weeks.
    """
    groups, notes = _lists(inputs, starts)
    items = {item.service.service_id: item for members in groups.values() for item in members}
    list_of = {item.service.service_id: name for name, members in groups.items() for item in members}
    chosen = tuple(
        name
        for name, members in groups.items()
        if asked is None or any(item.service.service_id in asked for item in members)
    )
    if not chosen:
        raise BadInput(Message("Ingen väntelista med kända väntande att räkna på."))
    if question.by >= len(inputs.weeks) or question.by < 0:
        raise BadInput(Message("Datumet ligger utanför de {steps} veckor som räknas.", steps=len(inputs.weeks)))
    begin = inputs.weeks[0].start
    links = [link for link in inputs.conversions if link.from_service in items and link.to_service in items]
    shares = flow.drawn_shares(links, question.draws, question.seed)
    needs = judged_forecasts(items.values(), inputs.weeks, inputs.adjustments, question.draws, question.seed)
    need = {name: row.forecast for name, row in needs.items()}
    treated = {name: _production(item, need[name], question) for name, item in items.items()}
    agreed = inputs.contracts_in_force
    prices = {name: min(row.price_ore for row in rows) for name, rows in agreed.items()}

    def one(name: str, item: ServiceInput) -> WaitingList:
        ordinary = _ordinary(name, items, links, treated)
        return _list(item, starts[list_of[name]], need[name], treated[name], ordinary, question, begin)

    parts = {name: one(name, item) for name, item in items.items()}
    lists = [
        _shared([parts[item.service.service_id] for item in row], _sites(row, treated, agreed, inputs, question))
        for row in groups.values()
    ]
    referrals = [
        Referral(list_of[link.from_service], list_of[link.to_service], drawn[:, 0] * part, link.lag_weeks)
        for link, drawn in zip(links, shares, strict=True)
        for part in [_part(link.from_service, groups[list_of[link.from_service]], treated)]
    ]
    step_days, last = WEEK, question.by
    if question.daily:
        step_days, last = 1, WEEK * question.by + WEEK - 1
        lists = [_by_day(item, starts[item.list_id], items[item.list_id], inputs.weeks, question) for item in lists]
        referrals = [referral_by_day(link) for link in referrals]
    projection = project(
        lists,
        referrals,
        seed=question.seed,
        step_days=step_days,
        share=question.share,
        together=chosen,
        executor=executor,
    )
    limited = [item for item in lists if item.list_id in chosen and item.limit_days is not None]

    def solve(item: WaitingList) -> Needed:
        calendar = items[item.list_id].calendar
        working = calendar.working_days_of(days_of(inputs.weeks) if question.daily else inputs.weeks) / ORDINARY_DAYS
        incoming = projection.lists[item.list_id].incoming
        known = [prices.get(each.service.service_id) for each in groups[item.list_id]]
        price = min((price for price in known if price is not None), default=None)
        return production_needed(
            item,
            incoming,
            by=last,
            share=question.share,
            profile=working,
            price_ore=price,
            step_days=step_days,
        )

    solved = (executor.map if executor else map)(solve, limited)
    needed = {item.list_id: found for item, found in zip(limited, solved, strict=True)}
    notes += tuple(_unused(groups, agreed, question))
    return ListsAhead(inputs, question, chosen, starts, projection, needed, notes)


def queues_ahead(inputs: Inputs, names: Collection[str]) -> tuple[Outlook, ...]:
    """Return how many will wait on the lists *names*, of which only the number waiting is known, in their own periods.

    As far as the weeks of the run reach. Nothing is said of waits: nobody knows who has waited how long.
    """
    found: list[Outlook] = []
    for frequency, days in (("week", 7.0), ("month", 365.25 / 12)):
        items = [
            (item, item.waiting_list.waiting)
            for item in inputs.services
            if item.service.service_id in names
            and item.waiting_list is not None
            and item.waiting_list.waiting.start.frequency == frequency
        ]
        if items:
            histories = [History(item.service.service_id, series.start, series.values) for item, series in items]
            last = max(series.end for _, series in items)
            horizon = max(1, math.ceil((inputs.weeks[-1].end - last).days / days))
            season = 12 if frequency == "month" else 52
            found += outlooks(histories, horizon, season, items[0][0].calendar).series
    return tuple(found)


def _lists(
    inputs: Inputs, starts: Mapping[str, ListStart]
) -> tuple[dict[str, tuple[ServiceInput, ...]], tuple[Message, ...]]:
    """Return the lists that can be projected, each with its services, and what to say of those that cannot."""
    found, notes = {}, []
    begin = inputs.weeks[0].start
    for name, members in inputs.lists.items():
        ends = [item.waiting_list.waiting.end for item in members if item.waiting_list is not None]
        if name not in starts:
            what = Message("hur länge de väntande har väntat är inte känt; bara antalet räknas framåt")
        elif max(ends) > begin or (begin - min(ends)).days >= WEEK:
            what = Message("listan är känd till {day} och räknas inte framåt", day=min(ends))
        else:
            found[name] = members
            continue
        notes += [Message("{service}: {what}", service=item.service.name, what=what) for item in members]
    return found, tuple(notes)


def _shared(parts: Sequence[WaitingList], capacities: tuple[Capacity, ...]) -> WaitingList:
    """Return the list that the services of *parts* have together; those who wait are already all in each."""
    whole = replace(parts[0], capacities=capacities)
    if len(parts) == 1:
        return whole
    referred = np.sum([part.referred for part in parts], axis=0)
    moves = [part.moved_in for part in parts if part.moved_in is not None]
    moved = np.sum(moves, axis=0) if moves else None
    treated = [float(part.capacities[0].per_step.sum()) for part in parts]
    urgent = np.average([part.urgent_share for part in parts], weights=treated if sum(treated) > 0 else None)
    return replace(whole, referred=referred, moved_in=moved, urgent_share=float(urgent), sources={})


def _by_day(
    item: WaitingList, start: ListStart, service: ServiceInput, weeks: Sequence[Period], question: Question
) -> WaitingList:
    rng = stream(question.seed, "days", item.list_id)
    return list_by_day(item, start.waiting_days, start.came_waited_days, weeks, service.calendar, rng)


def _part(name: str, members: Sequence[ServiceInput], treated: Mapping[str, Floats]) -> float:
    """Return what part of those treated on a list are the service's: they are led on as it leads."""
    whole = sum(float(treated[item.service.service_id].sum()) for item in members)
    return float(treated[name].sum()) / whole if whole > 0 else 1 / len(members)


def _sites(
    members: Sequence[ServiceInput],
    treated: Mapping[str, Floats],
    contracts: Mapping[str, Sequence[Contract]],
    inputs: Inputs,
    question: Question,
) -> tuple[Capacity, ...]:
    """Return where people on a list are treated: each unit, external where it has a contract, and what is purchased."""
    sites: dict[str, Capacity] = {}

    def add(name: str, per_week: Floats, contract: Contract | None) -> None:
        there = sites[name].per_step if name in sites else 0.0
        sites[name] = Capacity(name, there + per_week, contract is not None, contract.price_ore if contract else None)

    for item in members:
        unit = item.service.unit_id
        own = next((row for row in contracts.get(item.service.service_id, ()) if row.provider_id == unit), None)
        add(unit, treated[item.service.service_id], own)
    days = members[0].calendar.working_days_of(inputs.weeks)
    for row in _elsewhere(members, contracts):
        if question.purchased and row.volume is not None:
            add(row.provider_id, row.volume * days / (days.mean() * _WEEKS_A_YEAR), row)
    return tuple(sites.values())


def _elsewhere(members: Sequence[ServiceInput], contracts: Mapping[str, Sequence[Contract]]) -> list[Contract]:
    """Return the contracts with providers that are none of the list's own units."""
    units = {item.service.unit_id for item in members}
    return [
        row for item in members for row in contracts.get(item.service.service_id, ()) if row.provider_id not in units
    ]


def _unused(
    groups: Mapping[str, Sequence[ServiceInput]], contracts: Mapping[str, Sequence[Contract]], question: Question
) -> Iterator[Message]:
    for members in groups.values():
        name = members[0].service.name
        for row in _elsewhere(members, contracts):
            if row.volume is None:
                yield Message(
                    "{service}: avtalet med {provider} saknar volym och räknas inte med",
                    service=name,
                    provider=row.provider_id,
                )
            elif not question.purchased:
                yield Message(
                    "{service}: volymen i avtalet med {provider} räknas inte med",
                    service=name,
                    provider=row.provider_id,
                )


def _production(item: ServiceInput, need: Forecast, question: Question) -> Floats:
    """Return what can be treated per draw and week: as much as in the last year, by days and season, with its spread.

    A short list was not held back by capacity, and what was treated is what came: where more comes, more is treated.
    """
    state = _state(item)
    rng = stream(question.seed, "treated", item.service.service_id)
    found = produced(state.treated, need.weeks, item.calendar, question.draws, rng)
    per_week = float(state.treated.last(state.year).mean()) * state.per_week
    if state.queue >= SHORT_WEEKS * per_week or not found.mean.sum() > 0:
        return found.draws
    return found.draws * max(1.0, float(need.mean.sum() / found.mean.sum()))


def _state(item: ServiceInput) -> ListState:
    if item.waiting_list is None:
        raise BadInput(Message("Vårdtjänsten {service} har ingen väntelista.", service=item.service.name))
    return item.waiting_list


def _ordinary(
    name: str, items: Mapping[str, ServiceInput], links: Sequence[Conversion], treated: Mapping[str, Floats]
) -> tuple[Floats, Floats]:
    """Return whom other lists lead to *name* per week: those already treated, and those treated in the weeks ahead."""
    weeks = next(iter(treated.values())).shape[1]
    past, ahead = np.zeros((2, weeks))
    for link in links:
        if link.to_service == name:
            past += _led(_state(items[link.from_service]), link, weeks)
            ahead += _spread(treated[link.from_service].mean(axis=0), link)
    return past, ahead


def _list(
    item: ServiceInput,
    start: ListStart,
    need: Forecast,
    treated: Floats,
    ordinary: tuple[Floats, Floats],
    question: Question,
    begin: date,
) -> WaitingList:
    """Return the list; those whom others lead to it are taken out of its need, but for those already on their way."""
    service, state, found = item.service, _state(item), start.calibration
    rng = stream(question.seed, "referred", service.service_id)
    past, ahead = ordinary
    expected = float(need.mean.sum())
    outside = float(np.clip(1 - (past + ahead).sum() / expected, 0, 1)) if expected > 0 else 1.0
    referred = rng.binomial(np.round(np.maximum(need.draws, 0)).astype(np.int64), outside)
    moved = rng.binomial(referred, start.moved_share) if start.moved_share > 0 else None
    if moved is not None:
        referred = referred - moved
    source = Source.of("referrals" if found else "waiting", service_id=service.service_id)
    return WaitingList(
        service.service_id,
        start.waiting,
        referred + rng.poisson(past, referred.shape),
        (Capacity(service.unit_id, treated),),
        start.classes,
        found.hazard if found else np.zeros(1),
        item.limit_days,
        found.in_order if found else 1.0,
        limit_dates=tuple((math.ceil((row.valid_from - begin).days / WEEK), row.days) for row in start.dated),
        urgent_share=service.urgent_share,
        moved_in=moved,
        moved_in_steps=start.moved_weeks,
        came_waited=start.came_waited,
        sources={"opening": state.queue_rows, "referred": need.source, "treated": source, "removed": source},
    )


def _spread(per_week: Floats, link: Conversion) -> Floats:
    """Return whom *per_week* treated (weeks,) lead on to, in the same weeks."""
    return link.share * np.convolve(per_week, link.lag_weeks)[: len(per_week)]


def _led(state: ListState, link: Conversion, weeks: int) -> Floats:
    """Return whom those treated before the weeks begin still lead on to, per week."""
    past = state.treated.last(len(link.lag_weeks))
    if state.treated.start.frequency == "month":  # spread over the weeks of the month
        past = np.repeat(past * state.per_week, 5)[-len(link.lag_weeks) :]
    led = link.share * np.convolve(past, link.lag_weeks)[len(past) :]
    return np.asarray(np.pad(led, (0, max(0, weeks - len(led))))[:weeks])
