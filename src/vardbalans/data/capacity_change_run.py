"""What changed in each service's capacity between two periods of a store: K = P · t · N / m from what was done.

A resource that several services share is divided by the time each took of it: P is the service's share of the sets.
With N as it was, recorded time over open time, K is what the service did, and the four parts say why that changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from vardbalans.data.findings import note_row
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load import load
from vardbalans.data.load.events import Span, span_of
from vardbalans.data.queries import ask
from vardbalans.data.unit_tree import units_below
from vardbalans.engine import capacity
from vardbalans.engine.catalogue import Recipe, value_on
from vardbalans.engine.errors import BadInput, MissingFactor, VardbalansError
from vardbalans.engine.inputs import Inputs, ResourceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period

__all__ = ["capacity_change", "change_of", "factor_rows", "period_of"]

Row = dict[str, Any]
_DAY = 1440.0


@dataclass(frozen=True)
class _Between:
    """Days from *first* up to, not with, *until*."""

    first: date
    until: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(date.fromordinal(number) for number in range(self.first.toordinal(), self.until.toordinal()))


def period_of(text: str) -> _Between:
    """Read a period, ``2026-03`` or ``2026-W10``, or a row of them, ``2026-01..2026-06``. Raises BadInput."""
    first, _, last = text.partition("..")
    start, end = Period.parse(first), Period.parse(last or first)
    if end.end <= start.start:
        raise BadInput(Message("{text} slutar innan den börjar.", text=text))
    return _Between(start.start, end.end)


def capacity_change(
    store: Path, before: _Between, now: _Between, *, unit: str | None = None, service: str | None = None
) -> Row:
    """Return the document of the change for *service*, or for all of *unit* and those below it (None: all).

    Where a factor is not known, or is zero in either period, the service is a finding. Raises BadInput for a service
    that is not known and periods that the data do not cover, MissingFactor where nothing can be told.
    """
    lake = Lake(store)
    version = lake.required_head()
    inputs = load(lake, version, weeks=1)
    below = units_below(inputs.units, unit) if unit else None
    asked = [
        item.service
        for item in inputs.services
        if service in (None, item.service.service_id) and (below is None or item.service.unit_id in below)
    ]
    if not asked:
        raise BadInput(Message("Det finns ingen sådan vårdtjänst i data. Välj en annan enhet eller tjänst."))
    rows, lacking = [], []
    with lake.connect(version.number) as connection:
        span = _span(connection, version)
        seen = [_Seen(connection, span, inputs, period) for period in (before, now)]
    for row in asked:
        try:
            found = [_factor_row(row.service_id, each) for each in seen]
            head = {"service_id": row.service_id, "service_name": row.name, "unit_id": row.unit_id}
            rows.append(head | change_of(*found))
        except VardbalansError as error:
            lacking.append(Message("{service}: {what}", service=row.name, what=error.message))
    if not rows:
        raise MissingFactor(lacking)
    return {
        "version": version.number,
        "before": [before.first.isoformat(), before.until.isoformat()],
        "now": [now.first.isoformat(), now.until.isoformat()],
        "rows": rows,
        "findings": [note_row(what, "no_factors") for what in lacking],
    }


def _span(connection: duckdb.DuckDBPyConnection, version: Version) -> Span:
    span = span_of(connection, set(version.tables), version.at.date())
    if span is None:
        raise BadInput(Message("Det finns inga vårdkontakter i data att räkna på."))
    return span


class _Seen:
    """What was done in a period, and how long resources were open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, span: Span, inputs: Inputs, period: _Between) -> None:
        if not span.first <= period.first < period.until <= span.until:
            raise BadInput(
                Message(
                    "{first}–{until} ligger inte inom data, som går från {start} till {end}.",
                    first=period.first,
                    until=period.until,
                    start=span.first,
                    end=span.until,
                )
            )
        self._days, self._inputs = period.days, inputs
        self._opened: dict[str, tuple[float, float]] = {}
        rows = ask(connection, "durations", since=period.first, until=period.until).to_pylist()
        self._done = {row["service_id"]: (row["activities"], row["mean_minutes"]) for row in rows}
        begun = replace(inputs, weeks=(Period(period.first, "day"),))
        self._recipes = capacity.recipes_in_force(begun)

    def factors(self, service_id: str) -> tuple[ResourceInput, capacity.Factors, float | None]:
        """Return the resource, the four factors, and the utilisation that was decided for it (None: none was).

        The resource is the room, equipment or bed of the ordinary set that was open the least.
        """
        places = {row.resource.resource_id: row for row in self._inputs.resources if row.staffing is None}
        mine = [row for row in self._recipes if row.service_id == service_id and row.resource_id in places]
        if not mine:
            raise MissingFactor([Message("recept med rum, utrustning eller vårdplats")])
        for row in mine:
            if row.resource_id not in self._opened:
                self._opened[row.resource_id] = capacity.open_sets(places[row.resource_id], self._days)
        opened = {row.resource_id: self._opened[row.resource_id] for row in mine}
        name = min(opened, key=lambda key: (opened[key][0] * opened[key][1], key))
        sets, minutes = opened[name]
        taken = {row.service_id: self._taken(row) for row in self._recipes if row.resource_id == name}
        total, own = sum(taken.values()), taken[service_id]
        count = self._done.get(service_id, (0, 0.0))[0]
        if not (own > 0 and sets > 0 and minutes > 0):
            raise BadInput(Message("ingen tid är registrerad på {name} i båda perioderna.", name=name))
        if total > sets * minutes:
            share = round(100 * total / (sets * minutes))
            raise BadInput(
                Message("mer tid är registrerad på {name} än den var öppen ({share} %).", name=name, share=share)
            )
        factors = capacity.Factors(sets * own / total, minutes, total / (sets * minutes), own / count)
        return places[name], factors, value_on(places[name].utilisation, self._days[0])

    def _taken(self, recipe: Recipe) -> float:
        """Return the minutes that the service took: as measured; of a stay as many a day as the recipe says."""
        count, mean = self._done.get(recipe.service_id, (0, 0.0))
        return float(count * mean * (recipe.minutes / _DAY if recipe.per == "day" else 1.0))


def _factor_row(service_id: str, seen: _Seen) -> Row:
    place, factors, decided = seen.factors(service_id)
    return {
        "resource_id": place.resource.resource_id,
        "resource_name": place.resource.name,
        **dict(factors.named()),
        "utilisation_decided": decided,
    }


def change_of(before: Mapping[str, Any], now: Mapping[str, Any]) -> Row:
    """Return K in the two periods, its change, and the parts that sum to it, from two rows of :func:`factor_rows`.

    Raises BadInput where different resources limit.
    """
    if before["resource_id"] != now["resource_id"]:
        raise BadInput(Message("olika resurser begränsar i de två perioderna."))
    old, new = (capacity.Factors(*(row[name] for name in _FACTORS)) for row in (before, now))
    return {
        "resource_id": now["resource_id"],
        "resource_name": now["resource_name"],
        "before": capacity.capacity(old),
        "capacity": capacity.capacity(new),
        "change": capacity.capacity(new) - capacity.capacity(old),
        "parts": capacity.change_parts(new, old),
        "factors_before": dict(old.named()),
        "factors": dict(new.named()),
        "sensitivities": capacity.sensitivities(),
        "utilisation_decided": now["utilisation_decided"],
    }


_FACTORS = ("sets", "minutes", "utilisation", "mean_minutes")
_MONTHS_BACK = 24


def factor_rows(lake: Lake, version: Version, inputs: Inputs) -> list[Row]:
    """Return the four factors of every service in each month, quarter and year that the data cover, of the last two.

    A row has ``period``, and either the factors with the resource or ``lacking``, the sentence that says why there are
    none. Nothing where no contacts are known.
    """
    found = []
    with lake.connect(version.number) as connection:
        span = span_of(connection, set(version.tables), version.at.date())
        if span is None:
            return []
        for text in _periods(span):
            seen = _Seen(connection, span, inputs, period_of(text))
            for item in inputs.services:
                row: Row = {"service_id": item.service.service_id, "service_name": item.service.name}
                row |= {"unit_id": item.service.unit_id, "period": text}
                try:
                    row |= _factor_row(item.service.service_id, seen) | {"lacking": None}
                except VardbalansError as error:
                    row |= {"lacking": error.message}
                found.append(row)
    return found


def _periods(span: Span) -> Iterator[str]:
    """Yield months as ``2026-03``, then quarters and years as ``2026-01..2026-03``, that lie whole within the data."""
    last = Period(span.until.replace(day=1), "month").next(-1)
    months = [month for n in range(_MONTHS_BACK) if (month := last.next(-n)).start >= span.first][::-1]
    yield from map(str, months)
    known = {str(month) for month in months}
    for length in (3, 12):
        for month in months:
            end = str(month.next(length - 1))
            if month.start.month % length == 1 and end in known:
                yield f"{month}..{end}"
