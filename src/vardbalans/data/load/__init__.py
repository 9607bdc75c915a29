"""From a data version to the engine's inputs: count rows into series, find what is absent, and say so.

What each table gives, and what stands in when it is absent, is written here and nowhere else.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

import duckdb
import holidays
import numpy as np

from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.lists import list_states
from vardbalans.data.load.resources import resource_inputs
from vardbalans.data.load.series import grouped, summed_series, weekly_series
from vardbalans.data.queries import ask
from vardbalans.data.tables import TABLES
from vardbalans.engine.catalogue import Recipe, Service, Unit
from vardbalans.engine.errors import BadInput
from vardbalans.engine.explain import Source
from vardbalans.engine.flow import estimate_conversion
from vardbalans.engine.inputs import Conversion, Inputs, ListState, Measured, Ratio, Series, ServiceInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Calendar, Period, weeks_from

__all__ = ["load"]

LAGS = 26  # weeks of follow-up before a link between two services is called missing
YEAR = timedelta(days=364)
SLOTS = "performed|no_show|late_cancelled"  # what took up a slot


@dataclass(frozen=True)
class _Window:
    """The days of the data: history ends before *until*; the weeks to plan begin there or after."""

    first: date
    until: date
    weeks: tuple[Period, ...]
    calendar: Calendar


def load(lake: Lake, version: Version, *, weeks: int = 52, year: int | None = None) -> Inputs:
    """Return the engine's inputs from *version*.

    The plan covers *weeks* whole weeks after the last complete week of data, or those ISO weeks of *year*.
    Raises BadInput where the version holds neither activity nor series.
    """
    present = set(version.tables)
    with lake.connect(version.number) as connection:
        states = list_states(connection, present)
        window = _window(connection, present, states, weeks, year)
        activity = _activity(connection, present, window)
        services = _services(connection, present, window, states, activity)
        known = {item.service.service_id for item in services}
        return Inputs(
            version.number,
            version.fingerprint,
            window.until - timedelta(days=1),
            window.weeks,
            _units(connection),
            tuple(services),
            resource_inputs(connection, present, window.weeks, window.first, window.calendar),
            _recipes(connection, present),
            _conversions(connection, present, window, known),
            _absent(present),
        )


def _absent(present: set[str]) -> tuple[Message, ...]:
    """Return what is switched off in this chain: only tables it would have read and has nothing in the place of."""
    resources = ["resources", "openings", "utilisation", "employments", "absences"]
    wanted = resources if "recipes" in present else ["recipes"]
    wanted = [*wanted, "conversions", "rules"]
    if not {"inflow", "outflow", "waiting"} <= present:
        wanted.append("referrals")
    return tuple(TABLES[name].needed_for for name in wanted if name not in present)


def _window(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    states: Mapping[str, ListState],
    weeks: int,
    year: int | None,
) -> _Window:
    bounds = [(state.inflow.start.start, state.inflow.end) for state in states.values() if not _from_referrals(state)]
    if "contacts" in present:
        first, last = connection.execute(
            "select min(starts_at)::date, max(starts_at)::date from contacts where status = 'performed'"
        ).fetchone() or (None, None)
        if first:
            bounds.append((first, Period.week_of(last + timedelta(days=1)).start))
    bounds += [(series.start.start, series.end) for series in _counted(connection, present).values()]
    if not bounds:
        raise BadInput(
            Message("Dataversionen har varken vårdkontakter eller summerade serier. Importera någon av dem först.")
        )
    first, until = min(bound[0] for bound in bounds), max(bound[1] for bound in bounds)
    start = Period.week_of(until if until.isoweekday() == 1 else until + timedelta(days=7))
    return _Window(first, until, _weeks(start, weeks, year), _calendar(connection, present, first, start))


def _weeks(start: Period, weeks: int, year: int | None) -> tuple[Period, ...]:
    if year is None:
        return weeks_from(start, weeks)
    chosen = [week for week in weeks_from(start, 53 * 10) if week.start.isocalendar().year == year]
    if not chosen:
        raise BadInput(Message("År {year} kan inte planeras: data slutar {day}.", year=year, day=start.start))
    return tuple(chosen)


def _calendar(connection: duckdb.DuckDBPyConnection, present: set[str], first: date, start: Period) -> Calendar:
    """Return the calendar of the units' country: Sweden unless the units say otherwise (``GB-ENG``)."""
    countries = {"SE"}
    if "units" in present:
        rows = connection.execute("select distinct country from units where country is not null").fetchall()
        countries = {row[0] for row in rows} or countries
    if len(countries) > 1:
        raise BadInput(
            Message(
                "Enheterna ligger i flera länder ({countries}); planera ett land i taget.",
                countries=", ".join(sorted(countries)),
            )
        )
    country, _, part = countries.pop().partition("-")
    years = range(first.year, start.start.year + 12)
    categories = ("public", "de_facto") if country == "SE" else ("public",)
    days = holidays.country_holidays(country, subdiv=part or None, years=years, categories=categories)
    return Calendar(frozenset(days), country)


def _units(connection: duckdb.DuckDBPyConnection) -> dict[str, Unit]:
    rows = connection.execute(
        "select unit_id, name, level, coalesce(parent_id, '') from units order by unit_id"
    ).fetchall()
    return {row[0]: Unit(*row) for row in rows}


def _recipes(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[Recipe, ...]:
    """Recipes count only where minutes can be set against them: utilisation, and openings or posts."""
    if not {"recipes", "resources", "utilisation"} <= present or not present & {"openings", "employments"}:
        return ()
    rows = connection.execute(
        "select service_id, resource_id, minutes, per, valid_from from recipes order by all"
    ).fetchall()
    return tuple(Recipe(*row) for row in rows)


@dataclass(frozen=True)
class _Activity:
    performed: dict[str, Series]
    lost: dict[str, Ratio]
    minutes: dict[str, Measured]


def _activity(connection: duckdb.DuckDBPyConnection, present: set[str], window: _Window) -> _Activity:
    counted = _counted(connection, present)
    if "contacts" not in present:
        return _Activity(counted, {}, {})
    rows = ask(connection, "activity_by_week", until=window.until).to_pylist()
    start = Period.week_of(window.first + timedelta(days=6))
    performed = {
        name: weekly_series(
            ((row["week"], row["performed"]) for row in group),
            start,
            window.until,
            Source.of("contacts", service_id=name, status="performed"),
        )
        for name, group in grouped(rows, "service_id")
    }
    lately = [row for row in rows if row["week"] >= window.until - YEAR]
    lost = {
        name: Ratio(
            sum(row["lost"] for row in group),
            sum(row["lost"] + row["performed"] for row in group),
            Source.of("contacts", service_id=name, status=SLOTS, **_dates(window.until - YEAR, window.until)),
        )
        for name, group in grouped(lately, "service_id")
    }
    measured = ask(connection, "durations", since=window.until - YEAR, until=window.until).to_pylist()
    minutes = {
        row["service_id"]: Measured(row["mean_minutes"], row["sd_minutes"] / row["mean_minutes"], row["activities"])
        for row in measured
    }
    return _Activity({**counted, **performed}, lost, minutes)


def _dates(since: date, until: date) -> dict[str, str]:
    return {"since": since.isoformat(), "until": until.isoformat()}


def _services(
    connection: duckdb.DuckDBPyConnection,
    present: set[str],
    window: _Window,
    states: Mapping[str, ListState],
    activity: _Activity,
) -> list[ServiceInput]:
    rows = connection.execute("select service_id, name, unit_id, kind, guarantee from services order by all").fetchall()
    limits = _limits(connection, present, window.weeks[0].start)
    out = []
    for row in rows:
        service, state = Service(*row), states.get(row[0])
        if state is not None and _from_referrals(state):
            state = _cut(state, window)
        performed = activity.performed.get(row[0], state.treated if state else None)
        need = state.inflow if state else performed
        if need is None:
            continue  # offered, but nothing has been asked for or done: there is nothing to plan from
        minutes = activity.minutes.get(row[0])
        stay = (
            Measured(minutes.mean / 1440, minutes.cv, minutes.count)
            if minutes and service.kind == "inpatient"
            else None
        )
        limit = limits.get(service.guarantee, (None, ""))
        out.append(
            ServiceInput(
                service,
                window.calendar,
                need,
                state is not None,
                state,
                performed,
                activity.lost.get(row[0]),
                minutes,
                stay,
                *limit,
            )
        )
    return out


def _limits(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> dict[str, tuple[float, str]]:
    """Guarantee → (days, source) in force on *day*: the national limits, each replaced by the region's own rule."""
    with files("vardbalans.data").joinpath("national_rules.csv").open(encoding="utf-8") as file:
        rows = [
            (row["applies_to"], float(row["value"]), row["source"], date.fromisoformat(row["valid_from"]))
            for row in csv.DictReader(file, delimiter=";")
        ]
    if "rules" in present:
        rows += connection.execute(
            "select applies_to, value, source, valid_from from rules "
            "where kind = 'care_guarantee' and applies_to is not null order by valid_from"
        ).fetchall()
    return {code: (days, source) for code, days, source, valid_from in rows if valid_from <= day}


def _conversions(
    connection: duckdb.DuckDBPyConnection, present: set[str], window: _Window, known: set[str]
) -> tuple[Conversion, ...]:
    """Shares set by hand in ``conversions`` win over those estimated from linked contacts."""
    found: dict[tuple[str, str], Conversion] = {}
    if {"contacts", "referrals"} <= present:
        until = window.until - timedelta(weeks=LAGS)
        rows = ask(connection, "conversions", since=window.first, until=until, lags=LAGS).to_pylist()
        for pair, group in grouped(rows, "from_service", "to_service"):
            by_lag = np.zeros(LAGS + 1)
            for row in group:
                by_lag[row["lag"]] = row["linked"]
            source = Source.of("referrals", service_id=pair[1])
            found[pair] = estimate_conversion(pair[0], pair[1], group[0]["upstream"], by_lag, source)
    if "conversions" in present:
        query = "select from_service, to_service, share, lag_weeks_pmf from conversions order by all"
        for frm, to, share, text in connection.execute(query).fetchall():
            lags = tuple(float(part.replace(",", ".")) for part in text.split(";"))
            source = Source.of("conversions", from_service=frm, to_service=to)
            found[frm, to] = Conversion(frm, to, share, share, share, lags, source)
    return tuple(link for pair, link in sorted(found.items()) if known.issuperset(pair))


def _counted(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, Series]:
    """Activity given as ready counts, one series per service."""
    return summed_series(connection, "counts") if "counts" in present else {}


def _from_referrals(state: ListState) -> bool:
    return state.inflow.source.table == "referrals"


def _cut(state: ListState, window: _Window) -> ListState:
    """Keep the list's weeks within the window of the data; what came before is its opening queue."""
    first = Period.week_of(window.first + timedelta(days=6))
    skip, stop = (first.start - state.inflow.start.start).days // 7, (window.until - state.inflow.start.start).days // 7
    opening = float(state.waiting.values[skip - 1]) if skip > 0 else 0.0

    def cut(series: Series) -> Series:
        values = series.values[max(skip, 0) : stop]
        return Series(series.start.next(max(skip, 0)), values, series.source)

    removed = cut(state.removed) if state.removed else None
    return ListState(cut(state.inflow), cut(state.treated), cut(state.waiting), removed, opening)
