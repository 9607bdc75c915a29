"""From a data version to the engine's inputs: count rows into series, find what is absent, and say so.

What each table gives, and what stands in when it is absent, is written here and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import duckdb

from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.annotations import events_of
from vardbalans.data.load.events import Contacts, contacts_of, conversions_of, lists_of, span_of
from vardbalans.data.load.flows import fading, set_by_hand
from vardbalans.data.load.judgement import adjustments_of
from vardbalans.data.load.leeway import leeway_of
from vardbalans.data.load.resources import resource_inputs
from vardbalans.data.load.rules import limits_on, warning_rule_on
from vardbalans.data.load.series import given_lists, summed_series
from vardbalans.data.tables import absent_sentences
from vardbalans.data.unit_tree import units_of
from vardbalans.engine.catalogue import Recipe, ResourceSet, Service, Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.flow import with_overrides
from vardbalans.engine.inputs import Contract, Inputs, ListState, Measured, ResourceInput, Series, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.need import LONGEST_YEARS
from vardbalans.engine.periods import Calendar, Period, country_calendar, weeks_from

__all__ = ["load"]

STALE_DAYS = 35
NAMED = 5  # services named one by one in a note; the rest are counted


class _Notes:
    """What had to be left out or stood in for, service by service, as sentences."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.found: list[Message] = []

    def say(self, service_id: str, what: Message) -> None:
        name = self._names.get(service_id, service_id)
        self.found.append(Message("{service}: {what}", service=name, what=what))


def load(lake: Lake, version: Version, *, weeks: int = 52, year: int | None = None) -> Inputs:
    """Return the engine's inputs from *version*.

    The plan covers *weeks* whole weeks after the last complete week of data, or those ISO weeks of *year*; the calendar
    reaches as far as need is ever looked for. Events dated after the version was stored have not happened and are not
    counted. Raises BadInput where the version holds neither activity nor series.
    """
    present = set(version.tables)
    with lake.connect(version.number) as connection:
        units = units_of(connection, present)
        names = _names(connection, present, units)
        notes = _Notes(names)
        span = span_of(connection, present, version.at.date())
        given: dict[str, dict[str, Series]] = {
            table: summed_series(connection, table, notes.say)
            for table in ("counts", "inflow", "outflow")
            if table in present
        }
        lists = lists_of(connection, present, span, notes.say)
        if "waiting" in present:
            lists |= given_lists(connection, given.get("inflow", {}), given.get("outflow", {}), notes.say)
        contacts = contacts_of(connection, present, span)
        first, until = _bounds(contacts, given, lists)
        start = Period.week_of(until if until.isoweekday() == 1 else until + timedelta(days=7))
        plan = _weeks(start, weeks, year)
        calendar = _calendar(connection, present, first, max(plan[-1].end, _years_after(until)))
        recipes = _recipes(connection, present)
        with_recipe = {recipe.service_id for recipe in recipes}
        limits = limits_on(connection, present, plan[0].start)
        services = [
            item
            for item in _services(connection, calendar, contacts, given, lists, limits)
            if item.performed is not None or item.service.service_id in with_recipe
        ]
        events = events_of(connection, present, [item.service for item in services], units)
        services = [
            replace(item, need=replace(item.need, events=events.get(item.service.service_id, ()))) for item in services
        ]
        _say_what_is_missing(connection, services, until, notes)
        known = {item.service.service_id for item in services}
        by_hand = set_by_hand(connection, present, plan[0].start, notes.found)
        links = fading(with_overrides(conversions_of(connection, present, span), by_hand), names, notes.found)
        judgements = adjustments_of(
            connection, present, version.at, (item.service for item in services), units, notes.say
        )
        resources = resource_inputs(connection, present, plan, first, calendar)
        sets = _resource_sets(connection, present)
        notes.found += _without_effect(resources, recipes, sets)
        return Inputs(
            version.number,
            version.fingerprint,
            until - timedelta(days=1),
            plan,
            units,
            tuple(services),
            resources,
            recipes,
            tuple(link for link in links if {link.from_service, link.to_service} <= known),
            (*_absent(present), *notes.found),
            judgements,
            warning_rule_on(connection, present, plan[0].start),
            _contracts(connection, present),
            leeway_of(connection, present, units),
            sets,
        )


def _absent(present: set[str]) -> tuple[Message, ...]:
    """Return what is switched off in this chain: only tables it would have read and has nothing in the place of."""
    resources = ["resources", "openings", "utilisation", "employments", "absences"]
    wanted = resources if "recipes" in present else ["recipes"]
    wanted = [*wanted, "conversions", "rules"]
    if not {"inflow", "outflow", "waiting"} <= present:
        wanted.append("referrals")
    return absent_sentences(present, wanted)


def _names(connection: duckdb.DuckDBPyConnection, present: set[str], units: Mapping[str, Unit]) -> dict[str, str]:
    """Service id → its name with its unit's, as a note says it."""
    if "services" not in present:
        raise BadInput(Message("Tabellen Vårdtjänster (services) saknas i data. Importera den först."))
    rows = connection.execute("select service_id, name, unit_id from services").fetchall()
    return {row[0]: f"{row[1]} ({units[row[2]].name if row[2] in units else row[2]})" for row in rows}


def _bounds(
    contacts: Contacts, given: Mapping[str, Mapping[str, Series]], lists: Mapping[str, ListState]
) -> tuple[date, date]:
    """Return the first day of all series, and the day after the last."""
    series = [*contacts.performed.values(), *(row for table in given.values() for row in table.values())]
    series += [state.inflow for state in lists.values()]
    if not series:
        raise BadInput(
            Message(
                "Dataversionen har ingen hel vecka av vårdkontakter, remisser eller summerade serier att räkna på. "
                "Importera mer historik."
            )
        )
    return min(row.start.start for row in series), max(row.end for row in series)


def _weeks(start: Period, weeks: int, year: int | None) -> tuple[Period, ...]:
    if year is None:
        return weeks_from(start, weeks)
    chosen = [week for week in weeks_from(start, 53 * 10) if week.start.isocalendar().year == year]
    if not chosen:
        raise BadInput(Message("År {year} kan inte planeras: data slutar {day}.", year=year, day=start.start))
    return tuple(chosen)


def _years_after(day: date) -> date:
    """Return a day in the last year that years ahead of *day* may touch; an ISO year ends in the next one."""
    return date(day.year + LONGEST_YEARS + 1, 12, 31)


def _calendar(connection: duckdb.DuckDBPyConnection, present: set[str], first: date, last: date) -> Calendar:
    """Return the calendar of the units' country: Sweden unless the units say otherwise (``GB-ENG``)."""
    query = "select distinct coalesce(country, 'SE') from units" if "units" in present else "select 'SE'"
    countries = [row[0] for row in connection.execute(query).fetchall()] or ["SE"]
    if len(countries) > 1:
        raise BadInput(
            Message(
                "Enheterna ligger i flera länder ({countries}); planera ett land i taget.",
                countries=", ".join(sorted(countries)),
            )
        )
    return country_calendar(countries[0], first.year, last.year)


def _recipes(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[Recipe, ...]:
    """Recipes count only where minutes can be set against them: utilisation, and openings or posts."""
    if not {"recipes", "resources", "utilisation"} <= present or not present & {"openings", "employments"}:
        return ()
    rows = connection.execute(
        "select service_id, resource_id, minutes, per, valid_from, coalesce(set_id, '') from recipes order by all"
    ).fetchall()
    return tuple(Recipe(*row) for row in rows)


def _resource_sets(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[ResourceSet, ...]:
    if "resource_sets" not in present:
        return ()
    rows = connection.execute(
        "select service_id, set_id, name, share, cost_ore from resource_sets order by all"
    ).fetchall()
    return tuple(ResourceSet(*row) for row in rows)


def _without_effect(
    resources: Iterable[ResourceInput], recipes: Iterable[Recipe], sets: Iterable[ResourceSet]
) -> list[Message]:
    """Say what was given and takes part in nothing: maintenance of staff, and terms of sets that have no recipe."""
    known = {(recipe.service_id, recipe.set_id) for recipe in recipes}
    return [
        Message("Service på {name} räknas inte: den gäller rum, utrustning och vårdplatser.", name=item.resource.name)
        for item in resources
        if item.stops and item.staffing is not None
    ] + [
        Message("Uppsättningen {name} för {service} saknar recept.", name=row.name, service=row.service_id)
        for row in sets
        if (row.service_id, row.set_id) not in known
    ]


def _contracts(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[Contract, ...]:
    if "contracts" not in present:
        return ()
    rows = connection.execute(
        "select provider_id, service_id, price_ore, volume, valid_from from contracts order by all"
    ).fetchall()
    return tuple(Contract(*row) for row in rows)


def _services(
    connection: duckdb.DuckDBPyConnection,
    calendar: Calendar,
    contacts: Contacts,
    given: Mapping[str, Mapping[str, Series]],
    lists: Mapping[str, ListState],
    limits: Mapping[str, tuple[float, str]],
) -> list[ServiceInput]:
    """Return every service with something to plan from: its list, its inflow, or what it has performed."""
    rows = connection.execute(
        "select service_id, name, unit_id, kind, guarantee, coalesce(shared_list, ''), coalesce(urgent_share, 0) "
        "from services order by all"
    ).fetchall()
    counts, inflow, outflow = (given.get(table, {}) for table in ("counts", "inflow", "outflow"))
    out = []
    for row in rows:
        service, name = Service(*row), row[0]
        state, minutes = lists.get(name), contacts.minutes.get(name)
        treated = state.treated if state else outflow.get(name)
        performed = contacts.performed.get(name) or counts.get(name) or treated
        need = state.inflow if state else inflow.get(name) or performed
        if need is None:
            continue
        is_stay = minutes is not None and service.kind == "inpatient"
        stay = Measured(minutes.mean / 1440, minutes.cv, minutes.count) if minutes and is_stay else None
        limit, source = limits.get(service.guarantee, (None, ""))
        out.append(
            ServiceInput(
                service,
                calendar,
                need,
                need is not performed,
                state,
                performed,
                contacts.lost.get(name),
                minutes,
                stay,
                limit,
                source,
            )
        )
    return out


def _say_what_is_missing(
    connection: duckdb.DuckDBPyConnection, services: Iterable[ServiceInput], until: date, notes: _Notes
) -> None:
    """Say which services have nothing to plan from, and whose figures end long before the others'."""
    there = {item.service.service_id for item in services}
    rows = connection.execute("select service_id, name from services order by all").fetchall()
    left = [row[1] for row in rows if row[0] not in there]
    if left:
        named = ", ".join(left[:NAMED]) + (" …" if len(left) > NAMED else "")
        notes.found.append(
            Message(
                "{count} vårdtjänster saknar behov, eller både recept och produktion, och är inte med: {names}",
                count=len(left),
                names=named,
            )
        )
    for item in services:
        if item.need.end < until - timedelta(days=STALE_DAYS):
            last = item.need.end - timedelta(days=1)
            notes.say(item.service.service_id, Message("siffrorna slutar {day}, före de andras", day=last))
