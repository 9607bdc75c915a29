"""What the page Väntelista tells beside the account of each list: how long people wait, where it goes, what it takes.

Made when the balance is run and stored with it, so that no page waits for it.
"""

from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb

from vardbalans.data.band_waits import stored_band_waits
from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.rules import limits_of, small_numbers_on
from vardbalans.data.load.waiting import starts_of
from vardbalans.data.queries import keep
from vardbalans.data.results.waits import ListStudy, SharedList, WaitsTold, shared_id
from vardbalans.data.waits_run import waits_of
from vardbalans.engine.errors import Impossible, VardbalansError
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.messages import Message
from vardbalans.engine.need import Outlook
from vardbalans.engine.projection import ListsAhead, ListStart, Question, lists_ahead, queues_ahead
from vardbalans.engine.scenario import Outcome
from vardbalans.engine.waitlist.needed import Needed, production_needed
from vardbalans.engine.waitlist.shared import shared_state
from vardbalans.engine.waitlist.waits import protected

__all__ = ["list_studies"]

Row = dict[str, Any]

_NEEDED_BY = (4, 8, 13, 17, 22, 26, 30, 35, 39, 43, 48)
"""The weeks ahead by whose end the production needed is solved for; the 26th, the usual one, with all draws."""
_USUAL_BY = 26
_DRAWS = 100
_THREADS = 2
_DAYS = {"median_days": "median_weeks", "p90_days": "p90_weeks", "p92_days": "p92_weeks", "p95_days": "p95_weeks"}


@dataclass(frozen=True)
class _Told:
    """How long people wait by service id, from individuals or from bands."""

    waits: Mapping[str, list[Row]] = field(default_factory=dict)
    intervals: Mapping[str, list[Row]] = field(default_factory=dict)
    sites: Mapping[str, list[Row]] = field(default_factory=dict)
    limits: tuple[Row, ...] = ()
    treated_since: date | None = None


def list_studies(lake: Lake, head: Version, outcome: Outcome) -> WaitsTold:
    """Return what is known of every list of *outcome*, which was made from *head*."""
    inputs = outcome.inputs
    present = set(head.tables)
    with lake.connect(head.number) as connection:
        below = small_numbers_on(connection, present, inputs.as_of)["inside"]
        bands = _by_band(connection, lake, head, inputs, below) if "waiting" in present else _Told()
        sites = _by_unit(connection, inputs, below) if "referrals" in present else {}
    people = _by_person(lake, head, inputs.as_of, inputs) if "referrals" in present else _Told()
    starts = starts_of(lake, head, inputs)
    ahead, reasons = _ahead(inputs, starts, outcome)
    together = _together(inputs)
    shared: dict[str, SharedList] = {}
    totals = _totals(inputs, starts)
    needed = _needed(ahead) if ahead else {}
    lists = {}
    for item in inputs.services:
        name = item.service.service_id
        told = people if name in people.waits else bands
        # The account is one service's: what lies ahead of a queue that several share is no continuation of it.
        alone = name not in together
        lists[name] = ListStudy(
            tuple(told.waits.get(name, ())),
            tuple(told.intervals.get(name, ())),
            tuple(sites.get(name, bands.sites.get(name, ()))),
            ahead.projection.lists.get(name) if ahead and alone else None,
            totals.get(name),
            starts.get(name) if alone else None,
            tuple(needed.get(name, ())) if alone else (),
            together.get(name, reasons.get(item.service.name, reasons.get(""))),
        )
    for name, members in inputs.lists.items():
        key = shared_id(name)
        if len(members) > 1 and (state := shared_state([each.waiting_list for each in members if each.waiting_list])):
            shared[key] = SharedList(members, state, _above([each.service.unit_id for each in members], inputs))
            lists[key] = ListStudy(
                tuple(people.waits.get(key, ())),
                tuple(people.intervals.get(key, ())),
                ahead=ahead.projection.lists.get(name) if ahead else None,
                start=starts.get(name),
                needed=tuple(needed.get(name, ())),
                reason=reasons.get(members[0].service.name, reasons.get("")),
            )
    return WaitsTold(lists, (*people.limits, *bands.limits), people.treated_since, below, shared)


def _together(inputs: Inputs) -> dict[str, Message]:
    """Return service id → with which other services it shares its list, for those that do."""
    found = {}
    for members in inputs.lists.values():
        for item in members if len(members) > 1 else ():
            others = ", ".join(other.service.name for other in members if other is not item)
            found[item.service.service_id] = Message(
                "listan delas med {others} och räknas framåt för dem tillsammans", others=others
            )
    return found


def _above(names: list[str], inputs: Inputs) -> str:
    """Return the lowest unit that all units *names* are of or below; the first of them where there is none."""
    paths = [_path(name, inputs) for name in names]
    return next((unit for unit in paths[0] if all(unit in path for path in paths)), names[0])


def _path(name: str, inputs: Inputs) -> list[str]:
    found: list[str] = []
    while name and name in inputs.units and name not in found:
        found.append(name)
        name = inputs.units[name].parent_id
    return found


def _by_person(lake: Lake, head: Version, day: date, inputs: Inputs) -> _Told:
    together = {
        item.service.service_id: shared_id(name)
        for name, members in inputs.lists.items()
        if len(members) > 1
        for item in members
    }
    found = waits_of(lake, head, as_of=day, together=together)
    return _Told(
        _by_service(found["rows"]),
        _by_service(found["intervals"]),
        {},
        tuple(found["limits"]),
        date.fromisoformat(found["treated_since"]),
    )


def _by_service(rows: list[Row]) -> dict[str, list[Row]]:
    """Return what each service's rows tell, without what names the service; the rows of all services are left out."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["service_id"] is not None:
            named = ("service_id", "service_name", "unit_id")
            found[row["service_id"]].append({name: value for name, value in row.items() if name not in named})
    return dict(found)


def _by_unit(connection: duckdb.DuckDBPyConnection, inputs: Inputs, below: int) -> dict[str, list[Row]]:
    """Return how many wait at each unit, for services that people wait for at several: a shared list."""
    query = """
        select service_id, unit_id, count(*) from referrals
        where coalesce(received, decided, issued) < $1 and (closed is null or closed >= $1) group by all order by all
    """
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for service, unit, count in connection.execute(query, [inputs.as_of + timedelta(1)]).fetchall():
        found[service].append((unit, count))
    return {name: _sites(rows, below) for name, rows in found.items() if len(rows) > 1}


def _sites(rows: list[tuple[str, int]], below: int) -> list[Row]:
    hidden = protected([count for _, count in rows], below)
    return [{"unit_id": unit, "n": None if n in hidden else count} for n, (unit, count) in enumerate(rows)]


# From bands


def _by_band(connection: duckdb.DuckDBPyConnection, lake: Lake, head: Version, inputs: Inputs, below: int) -> _Told:
    """Return the same from summed lists: who waits, all days, held against the limit of the list's day.

    Percentiles of several units cannot be put together, so such a list has them by unit alone.
    """
    found = stored_band_waits(lake, head, as_of=inputs.as_of)
    units: dict[str, list[Row]] = defaultdict(list)
    for row in found["rows"]:
        units[row["specialty"]].append(row)
    measures = dict(connection.execute("select service_id, guarantee from services").fetchall())
    waits: dict[str, list[Row]] = {}
    sites: dict[str, list[Row]] = {}
    for name, rows in units.items():
        if len(rows) == 1:
            waits[name] = [_band_row(rows[0], measures[name])]
        else:
            few = [place for place, row in enumerate(rows) if row["n"] is None]
            hidden = protected([row["n"] or 0 for row in rows], below, few)
            sites[name] = [
                {"unit_id": row["provider"], "n": None if n in hidden else row["n"]} for n, row in enumerate(rows)
            ]
    limits = [
        {"measure": limit.measure, "days": limit.days, "valid_from": limit.valid_from.isoformat(), "start": limit.start,
         "source": limit.source}
        for limit in limits_of(connection, set(head.tables))
        if limit.valid_from <= inputs.as_of
    ]  # fmt: skip
    return _Told(waits, _band_intervals(connection, inputs.as_of, below), sites, tuple(limits), None)


def _band_row(row: Row, measure: str) -> Row:
    days = {name: None if row[weeks] is None else 7 * row[weeks] for name, weeks in _DAYS.items()}
    nothing = {"n": None, **dict.fromkeys(_DAYS), "within": None}
    return {
        "measure": measure if row["limit_days"] is not None else "none",
        "part": "waiting",
        "dimension": "all",
        "group": None,
        "included": {"n": row["n"], **days, "within": row["share_within"]},
        "excluded": nothing,
        "law": nothing,
        "target": {"n": None, "within": None},
    }


def _band_intervals(connection: duckdb.DuckDBPyConnection, day: date, below: int) -> dict[str, list[Row]]:
    query = """
        with newest as (select unit_id, service_id, max(date) as date from waiting where date <= $1 group by all)
        select service_id, days_from, days_to, sum(count)::bigint
        from waiting_bands join newest using (unit_id, service_id, date)
        where not (days_from = 0 and days_to is null)
        group by all order by service_id, days_from
    """
    keep(connection, "waiting_bands", "waiting_bands")
    bands: dict[str, list[tuple[int, int | None, int]]] = defaultdict(list)
    for service, first, last, count in connection.execute(query, [day]).fetchall():
        bands[service].append((first, last, count))
    found = {}
    for service, rows in bands.items():
        hidden = protected([count for _, _, count in rows], below)
        found[service] = [
            {"part": "waiting", "measure": None, "days_from": first, "days_to": last,
             "n": None if n in hidden else count}
            for n, (first, last, count) in enumerate(rows)
        ]  # fmt: skip
    return found


# Ahead


def _ahead(
    inputs: Inputs, starts: Mapping[str, ListStart], outcome: Outcome
) -> tuple[ListsAhead | None, dict[str, Message]]:
    """Return the lists ahead, and by service name why a list is not among them; under no name, why none is."""
    by = min(_USUAL_BY, len(inputs.weeks)) - 1
    question = Question(outcome.settings.draws, outcome.settings.seed, 1.0, by)
    try:
        with ThreadPoolExecutor(_THREADS) as executor:
            ahead = lists_ahead(inputs, starts, question, executor=executor)
    except VardbalansError as error:
        return None, {"": error.message}
    return ahead, {str(note.values["service"]): note.values["what"] for note in ahead.notes}


def _totals(inputs: Inputs, starts: Mapping[str, ListStart]) -> dict[str, Outlook]:
    """Return how many will wait on lists of which only the number waiting is known."""
    listed = {item.service.service_id for item in inputs.services if item.waiting_list is not None}
    started = {item.service.service_id for name in starts for item in inputs.lists[name]}
    return {outlook.series_id: outlook for outlook in queues_ahead(inputs, listed - started)}


def _needed(ahead: ListsAhead) -> dict[str, list[Needed]]:
    """Return the production each list with a limit needs to be within it by the end of each of some weeks."""
    calendars = {item.service.service_id: item.calendar for item in ahead.inputs.services}
    weeks = [by - 1 for by in _NEEDED_BY if by <= len(ahead.inputs.weeks) and by - 1 != ahead.question.by]

    def solve(name: str) -> list[Needed]:
        found = ahead.projection.lists[name]
        working = calendars[name].working_days_of(ahead.inputs.weeks) / 5
        few, usual = found.incoming[:_DRAWS], ahead.needed[name]
        solved = [usual]
        for by in weeks:
            with suppress(Impossible):  # no working day until then
                needed = production_needed(found.item, few, by=by, profile=working, price_ore=usual.price_ore)
                solved.append(needed)
        return sorted(solved, key=lambda each: each.by)

    with ThreadPoolExecutor(_THREADS) as executor:
        return dict(zip(ahead.needed, executor.map(solve, ahead.needed), strict=True))
