"""How every list stands when the weeks begin (from individual referrals, else from bands)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.rules import limits_of, shortest_on
from vardbalans.data.load.series import counted_at_end, grouped
from vardbalans.data.load.waits import clocks_of, priorities_of, waits_in
from vardbalans.data.queries import ask, keep
from vardbalans.engine.inputs import Inputs, ListState, Series
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats
from vardbalans.engine.waitlist.bands import Band, band_quantile, counts_by_first_day, days_at, share_within
from vardbalans.engine.waitlist.calibrate import StockMove
from vardbalans.engine.waitlist.rules import UNLIMITED, Limit, limits_held
from vardbalans.engine.waitlist.start import Held, ListPeople, ListStart, start_of_bands, start_of_people
from vardbalans.engine.waitlist.waits import PERCENTILES, spreads

__all__ = ["starts_of"]


def starts_of(lake: Lake, version: Version, inputs: Inputs) -> dict[str, ListStart]:
    """Return list id (:attr:`Inputs.lists`) → the list as of the first of the run's weeks."""
    with lake.connect(version.number) as connection:
        present = set(version.tables)
        found = _of_bands(connection, present, inputs) if "waiting" in present else {}
        return {**found, **_of_people(connection, present, inputs)} if "referrals" in present else found


def _of_people(connection: duckdb.DuckDBPyConnection, present: set[str], inputs: Inputs) -> dict[str, ListStart]:
    lists = {
        name: [item.waiting_list for item in members if item.waiting_list is not None]
        for name, members in inputs.lists.items()
    }
    lists = {name: states for name, states in lists.items() if states[0].waiting.source.table == "referrals"}
    if not lists:
        return {}
    list_of = {item.service.service_id: name for name in lists for item in inputs.lists[name]}
    since = min(state.waiting.start.start for states in lists.values() for state in states)
    until = inputs.weeks[0].start
    weeks = (until - since).days // 7
    limits = (*limits_of(connection, present), UNLIMITED)
    clocks = _Clocks(clocks_of(connection, present, limits[:-1], until, until), list_of)
    priorities = priorities_of(connection, present)
    rows = ask(connection, "list_people", since=since, until=until).to_pylist()
    for row in rows:
        row["list_id"] = list_of.get(row["service_id"])
    found = {}
    for name, group in grouped(rows, "list_id"):
        if name is not None:
            first = inputs.lists[name][0]
            guarantee = first.service.guarantee
            limit = shortest_on(limits, guarantee, until)
            people = ListPeople(
                np.array([row["came_day"] for row in group], np.int64),
                np.array([weeks if row["closed"] is None else row["closed"] for row in group], np.int64),
                np.array([row["treated"] for row in group], bool),
                [row["priority"] for row in group],
                _numbers(row["target_days"] for row in group),
                clocks.counted(limit, group),
                None if limit is None else _numbers(row[limit.start] for row in group),
                np.array([row["moved"] for row in group], bool),
            )
            start = start_of_people(people, weeks, first.limit_days, priorities)
            held = clocks.held(name, _in_force(limits, guarantee, until))
            found[name] = replace(start, dated=_dated(limits, guarantee, limit), held=held)
    return found


def _in_force(limits: Sequence[Limit], guarantee: str, day: date) -> list[Limit]:
    """Return the limit of each measure on *day*, the one that a list is followed against first."""
    first = shortest_on(limits, guarantee, day)
    return sorted(limits_held(limits, guarantee, day), key=lambda limit: limit != first)


def _dated(limits: Sequence[Limit], guarantee: str, now: Limit | None) -> tuple[Limit, ...]:
    """Return every limit of the measure of *now*, oldest first; none where nothing is limited."""
    if now is None or now.days is None:
        return ()
    same = [limit for limit in limits if limit.measure == now.measure and guarantee in limit.services]
    return tuple(sorted(same, key=lambda limit: limit.valid_from))


class _Clocks:
    """How long those who wait have waited under each limit, as the waits are measured."""

    def __init__(self, clocks: pa.Table, list_of: Mapping[str, str]) -> None:
        has_begun = np.asarray(pc.fill_null(pc.greater_equal(clocks["days"], 0), False))
        lists = [list_of.get(name, name) for name in clocks["service_id"].to_pylist()]
        keys = list(zip(lists, clocks["measure"].to_pylist(), strict=True))
        self._groups = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        self._not_begun = Counter(key for key, begun in zip(keys, has_begun, strict=True) if not begun)
        begun = clocks.filter(has_begun)
        waits = waits_in(begun)
        groups = np.array([self._groups[key] for key, has in zip(keys, has_begun, strict=True) if has], np.int64)
        self._spread = spreads(waits, groups, len(self._groups))["law"]
        people = zip(begun["referral_id"].to_pylist(), begun["measure"].to_pylist(), strict=True)
        self._days = dict(zip(people, (waits.days - waits.stopped).tolist(), strict=True))

    def counted(self, limit: Limit | None, group: Iterable[Mapping[str, Any]]) -> Floats:
        """Return the days that count under *limit* of each of *group*, NaN where the clock has not begun."""
        measure = "" if limit is None else limit.measure
        return _numbers(self._days.get((row["referral_id"], measure)) for row in group)

    def held(self, list_id: str, limits: Iterable[Limit]) -> tuple[Held, ...]:
        """Return how those waiting stand against each of *limits*, in that order."""
        found = []
        for limit in limits:
            if (key := (list_id, limit.measure)) in self._groups:
                place = self._groups[key]
                people, within = int(self._spread.people[place]), float(self._spread.within[place])
                median, p90 = (float(self._spread.percentiles[PERCENTILES.index(at), place]) for at in (0.5, 0.9))
                found.append(Held(limit, people, self._not_begun[key], within, median, p90))
        return tuple(found)


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _of_bands(connection: duckdb.DuckDBPyConnection, present: set[str], inputs: Inputs) -> dict[str, ListStart]:
    """Return the starts of lists given by bands when they were last counted; a list given whole tells of no waits.

    How they move is from the same bands at the end of each period, of days that no unit lacks.
    """
    until = inputs.weeks[0].start
    keep(connection, "waiting_bands", "waiting_bands")
    rows = connection.execute(
        """
        with units as (select service_id, count(distinct unit_id) as units from waiting group by all)
        select service_id, date, days_from, days_to, sum(count)::bigint as people
        from waiting_bands join units using (service_id)
        where not (days_from = 0 and days_to is null)
        group by service_id, date, days_from, days_to, units
        qualify max(count(distinct unit_id)) over (partition by service_id, date) = units
        order by all
        """
    ).fetchall()
    days: dict[str, dict[date, dict[tuple[int, int | None], int]]] = {}
    for name, day, first, last, people in rows:
        days.setdefault(name, {}).setdefault(day, {})[first, last] = people
    limits = (*limits_of(connection, present), UNLIMITED)
    found = {}
    for name, members in inputs.lists.items():
        known = [days.get(item.service.service_id, {}) for item in members]
        together = {day: _bands([each[day] for each in known]) for day in set.intersection(*map(set, known))}
        states = [item.waiting_list for item in members if item.waiting_list is not None]
        if bands := counted_at_end(states[0].waiting.periods[-1], together):
            start = start_of_bands(bands, tuple(_moves(states, together)), members[0].limit_days)
            held = [_held_bands(limit, bands) for limit in _in_force(limits, members[0].service.guarantee, until)]
            found[name] = replace(start, held=tuple(held))
    return found


def _bands(lists: Sequence[Mapping[tuple[int, int | None], int]]) -> list[Band]:
    edges = dict.fromkeys(edge for bands in lists for edge in bands)
    return [Band(*edge, sum(bands.get(edge, 0) for bands in lists)) for edge in edges]


def _moves(states: Sequence[ListState], by_day: Mapping[date, list[Band]]) -> Iterator[StockMove]:
    """Yield the list from the end of one period to the next, of the last year, where its bands are known at both."""
    inflow, treated = (_summed([getattr(state, part) for state in states]) for part in ("inflow", "treated"))
    for period in sorted(inflow, key=lambda period: period.start)[-states[0].year :]:
        before, after = counted_at_end(period.next(-1), by_day), counted_at_end(period, by_day)
        if before and after:
            weeks = max(1, round((period.end - period.start).days / 7))
            yield StockMove(before, after, weeks, inflow[period], treated[period])


def _summed(series: Sequence[Series]) -> dict[Period, float]:
    """Return the sum of *series* in the periods that all of them have."""
    each = [dict(zip(row.periods, row.values.tolist(), strict=True)) for row in series]
    return {period: sum(row[period] for row in each) for period in set.intersection(*map(set, each))}


def _held_bands(limit: Limit, bands: Sequence[Band]) -> Held:
    """Return how the people of *bands* stand against *limit*, as it is now: when each came is not known."""
    firsts, counts = counts_by_first_day(bands)
    within = np.nan if limit.days is None else share_within(firsts, counts, limit.days + 1)[0]
    median, p90 = (float(days_at(firsts, band_quantile(counts, at))[0]) for at in (0.5, 0.9))
    return Held(limit, int(counts.sum()), 0, float(within), median, p90)
