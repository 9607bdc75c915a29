"""Series counted from single events: contacts and referrals, week by week."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import numpy as np

from vardbalans.data.load.series import Row, grouped
from vardbalans.data.queries import ask
from vardbalans.engine.explain import Source
from vardbalans.engine.flow import Linked, estimate_conversions
from vardbalans.engine.inputs import Conversion, ListState, Measured, Ratio, Series
from vardbalans.engine.measures.effects import LOST_DAYS
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats

__all__ = ["Span", "contacts_of", "conversions_of", "lists_of", "span_of"]

LAGS = 26  # weeks of follow-up before a link between two services is called missing
YEAR = timedelta(days=LOST_DAYS)
SLOTS = "performed|no_show|late_cancelled"  # what took up a slot
# A service seen this soon after the events begin has been there all along; a later first sight is its start.
START_WEEKS = 4

Say = Callable[[str, Message], None]


@dataclass(frozen=True)
class Span:
    """Events are listed in full from *first*, a Monday, until the Monday *until*."""

    first: date
    until: date

    @property
    def weeks(self) -> int:
        """Return the number of whole weeks."""
        return (self.until - self.first).days // 7


@dataclass(frozen=True)
class Contacts:
    """What contacts tell per service: performed by week, slots lost, minutes measured."""

    performed: dict[str, Series] = field(default_factory=dict)
    lost: dict[str, Ratio] = field(default_factory=dict)
    minutes: dict[str, Measured] = field(default_factory=dict)


def span_of(connection: duckdb.DuckDBPyConnection, present: set[str], today: date) -> Span | None:
    """Return the whole weeks that events cover, None without any; what is dated after *today* has not happened."""
    dates = {
        "contacts": "select starts_at::date as day from contacts "
        "where status in ('performed', 'no_show', 'late_cancelled')",
        "referrals": "select coalesce(received, decided, issued) as day from referrals",
    }
    source = next((dates[name] for name in dates if name in present), None)
    if source is None:
        return None
    cursor = connection.cursor()
    first, last = cursor.execute(f"select min(day), max(day) from ({source}) where day <= $1", [today]).fetchall()[0]
    if first is None:
        return None
    # A week is whole when it has reached its last open day: for a clinic that closes at weekends, Friday.
    later = f"select count(*) from ({source}) where day between $1::date - 28 and $1 and isodow(day) > isodow($1::date)"
    is_whole = cursor.execute(later, [last]).fetchall()[0][0] == 0
    end = Period.week_of(last)
    span = Span(Period.week_of(first + timedelta(days=6)).start, end.end if is_whole else end.start)
    return span if span.weeks > 0 else None


def contacts_of(connection: duckdb.DuckDBPyConnection, present: set[str], span: Span | None) -> Contacts:
    """Return what the contacts within *span* tell."""
    if "contacts" not in present or span is None:
        return Contacts()
    rows = [
        row for row in ask(connection, "activity_by_week", until=span.until).to_pylist() if row["week"] >= span.first
    ]
    performed = {}
    for name, group in grouped(rows, "service_id"):
        start = _start(group[0]["week"], span)
        values = _weekly(group, "performed", start, span.until)
        performed[name] = Series(Period(start), values, Source.of("contacts", service_id=name, status="performed"))
    since = max(span.until - YEAR, span.first)
    dated = {"since": since.isoformat(), "until": span.until.isoformat()}
    lately = [row for row in rows if row["week"] >= since]
    lost = {
        name: Ratio(
            sum(row["lost"] for row in group),
            sum(row["lost"] + row["performed"] for row in group),
            Source.of("contacts", service_id=name, status=SLOTS, **dated),
        )
        for name, group in grouped(lately, "service_id")
    }
    measured = ask(connection, "durations", since=since, until=span.until).to_pylist()
    minutes = {
        row["service_id"]: Measured(row["mean_minutes"], row["sd_minutes"] / row["mean_minutes"], row["activities"])
        for row in measured
    }
    return Contacts(performed, lost, minutes)


def lists_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], span: Span | None, say: Say
) -> dict[str, ListState]:
    """Return service id → its list from referrals: every one is dated, so the queue is the running sum of events."""
    if "referrals" not in present or span is None:
        return {}
    states = {}
    for name, group in grouped(ask(connection, "list_by_week", until=span.until).to_pylist(), "service_id"):
        began = group[0]["week"]
        start = span.first if began < span.first else _start(began, span)
        if start >= span.until:
            say(name, Message("remisserna är yngre än historiken; vårdtjänsten är inte med"))
            continue
        all_flows = np.array([_weekly(group, kind, began, span.until) for kind in ("inflow", "treated", "removed")])
        queue = np.cumsum(all_flows[0] - all_flows[1] - all_flows[2])
        skip = (start - began).days // 7
        opening = float(queue[skip - 1]) if skip > 0 else 0.0
        if skip < 0:  # nothing happened yet in the first weeks
            all_flows = np.pad(all_flows, ((0, 0), (-skip, 0)))
            queue, skip = np.pad(queue, (-skip, 0)), 0
        source = Source.of("referrals", service_id=name)
        flows = [Series(Period(start), flow[skip:], source) for flow in (*all_flows, queue)]
        states[name] = ListState(flows[0], flows[1], flows[3], flows[2], opening)
    return states


def conversions_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], span: Span | None
) -> tuple[Conversion, ...]:
    """Return shares and lags from contacts that have been followed for all the lags; like pairs are each other's peers.

    Pairs are alike when the same kind of service leads to the same kind, as first visits lead to surgery.
    """
    if span is None or not {"contacts", "referrals"} <= present:
        return ()
    kinds = dict(connection.execute("select service_id, kind from services").fetchall())
    until = span.until - timedelta(weeks=LAGS)
    rows = ask(connection, "conversions", since=span.first, until=until, lags=LAGS).to_pylist()
    pairs = []
    for (origin, to), group in grouped(rows, "from_service", "to_service"):
        by_lag = np.zeros(LAGS + 1)
        for row in group:
            by_lag[row["lag"]] = row["linked"]
        peers = f"{kinds.get(origin, origin)} {kinds.get(to, to)}"
        source = Source.of("referrals", service_id=to)
        pairs.append(Linked(origin, to, peers, group[0]["upstream"], by_lag, source))
    return estimate_conversions(pairs)


def _start(seen: date, span: Span) -> date:
    """Return the first whole week of a service first seen in the week *seen*."""
    if seen <= span.first + timedelta(weeks=START_WEEKS):
        return span.first
    return min(seen + timedelta(weeks=1), span.until)


def _weekly(rows: list[Row], kind: str, start: date, until: date) -> Floats:
    """Return counts by week from *start* to *until*; a week without a row had none, since every event is listed."""
    values: Floats = np.zeros((until - start).days // 7)
    for row in rows:
        index = (row["week"] - start).days // 7
        if 0 <= index < len(values):
            values[index] = row[kind]
    return values
