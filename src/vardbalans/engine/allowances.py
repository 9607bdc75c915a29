"""From what is agreed and dated to what a plan may use in its weeks: extra time, leave, other performers and loans.

A price is the one that holds when the plan begins, as with contracts; how much may be used follows each row's days.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from vardbalans.engine.inputs import Inputs
from vardbalans.engine.leeway import in_force
from vardbalans.engine.plan.data import Extra, ExtraKind, Leave, Loan, PlannedResource, PlannedService
from vardbalans.engine.units import Floats

__all__ = ["cheapest_first", "extras_of", "leave_of", "loans_of", "with_performers"]

_NOTHING = 1e-9


def extras_of(resource_id: str, inputs: Inputs, kinds: Collection[ExtraKind]) -> tuple[Extra, ...]:
    """Return the extra time of *kinds* that the resource may have; none where no row says how much."""
    weeks, found = inputs.weeks, []
    for kind in sorted(kinds):
        of_kind = [row for row in inputs.leeway.extra_time if (row.resource_id, row.kind) == (resource_id, kind)]
        rows = in_force(of_kind, weeks[0].start, weeks[-1].end)
        if rows:
            priced = [row for row in rows if row.valid_from <= weeks[0].start]
            first = priced[-1] if priced else rows[0]
            most = np.zeros(len(weeks))
            for row in rows:
                ends = row.valid_to or date.max
                pieces = row.weekly_most * (row.minutes / first.minutes)
                most[[row.valid_from <= week.start <= ends for week in weeks]] = pieces
            found.append(Extra(kind, most, first.minutes, first.cost_ore, first.whole))
    return tuple(found)


def cheapest_first(short: Floats, extras: Iterable[Extra]) -> Iterator[tuple[Extra, Floats]]:
    """Yield extra time with the pieces (weeks,) of it that cover *short* (weeks,), the cheapest minute first.

    Each covers what those before it could not; time whose price is not known comes last.
    """
    left = np.maximum(short, 0.0)
    for extra in sorted(extras, key=lambda row: math.inf if row.cost_ore is None else row.cost_ore / row.minutes):
        pieces = left / extra.minutes
        if extra.whole:
            pieces = np.minimum(np.ceil(pieces - _NOTHING), np.floor(extra.most))
        pieces = np.minimum(pieces, extra.most)
        yield extra, pieces
        left = np.maximum(0.0, left - pieces * extra.minutes)


def leave_of(resource_id: str, inputs: Inputs) -> tuple[Leave, ...]:
    """Return the leave to give the resource: only whole weeks within each rule's days can be used.

    Of a rule that reaches outside the plan, as much is given as the plan has of its weeks.
    """
    found = []
    for row in inputs.leeway.leave_rules:
        inside = [
            number
            for number, week in enumerate(inputs.weeks)
            if row.date_from <= week.start and week.end <= row.date_to + timedelta(days=1)
        ]
        if row.resource_id == resource_id and inside:
            first = row.date_from + timedelta(days=-row.date_from.weekday() % 7)
            whole = (row.date_to - first).days + 1
            share = len(inside) / (whole // 7)
            found.append(Leave(share * row.minutes, inside[0], inside[-1], row.most_share))
    return tuple(found)


def with_performers(services: Sequence[PlannedService], inputs: Inputs) -> tuple[PlannedService, ...]:
    """Return *services* with a way for every performer in force: its own resources, our patients, and their journey.

    A contract on the performer's service holds both together: its price is paid and its volume is shared.
    """
    known = {row.service_id: row for row in services}
    items = {item.service.service_id: item.service for item in inputs.services}
    leeway, found = inputs.leeway, dict(known)
    for row in in_force(leeway.performers, inputs.weeks[0].start, inputs.weeks[0].start):
        if row.service_id not in known or row.performer_service not in known:
            continue
        theirs, units = known[row.performer_service].ways[0], (items[row.service_id], items[row.performer_service])
        price = None if row.cost_ore is None else row.cost_ore + (theirs.cost_ore or 0.0)
        way = replace(
            theirs,
            way_id=row.performer_service,
            name=inputs.units[units[1].unit_id].name if units[1].unit_id in inputs.units else units[1].name,
            cost_ore=price,
            travel_minutes=leeway.minutes_between(units[0].unit_id, units[1].unit_id),
            weekly_most=row.weekly_most,
            performer=row.performer_service,
            competence=row.competence,
        )
        mine = found[row.service_id]
        others = tuple(other for other in mine.ways if other.way_id != way.way_id)
        found[row.service_id] = replace(mine, ways=(*others, way))
    return tuple(found[row.service_id] for row in services)


def loans_of(resources: Sequence[PlannedResource], inputs: Inputs) -> tuple[Loan, ...]:
    """Return the loans of staff in force; a shift elsewhere loses the journey there and back."""
    timed = {row.resource_id for row in resources if row.measure == "minutes"}
    known = {item.resource.resource_id: item.resource for item in inputs.resources}
    found: dict[tuple[str, str], Loan] = {}
    for row in in_force(inputs.leeway.staff_loans, inputs.weeks[0].start, inputs.weeks[0].start):
        pair = (row.from_resource, row.to_resource)
        if not {*pair} <= timed:
            continue
        mine, theirs = known[row.from_resource], known[row.to_resource]
        minutes = inputs.leeway.minutes_between(mine.unit_id, theirs.unit_id) or 0.0
        lost = 2 * minutes / (mine.shift_minutes or 480)
        if lost < 1:
            found[pair] = Loan(*pair, row.weekly_minutes, lost)
    return tuple(found.values())
