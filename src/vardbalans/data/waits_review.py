"""The weekly review of one service's list: who can be offered the next free slots, in the order that is recorded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import date
from typing import Any

import duckdb

from vardbalans.data.lake import Lake, Version
from vardbalans.data.load.rules import limits_of
from vardbalans.data.load.waits import priorities_of
from vardbalans.data.quality import Judgements, judge_version
from vardbalans.data.quality.rules import ON_LIST
from vardbalans.data.tables import TABLES
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.review import Candidate, Waiter, review
from vardbalans.engine.waitlist.rules import Limit, Start, Stop, limits_for

__all__ = ["review_of"]

Row = dict[str, Any]


def review_of(
    lake: Lake,
    version: Version,
    service: str,
    *,
    today: date,
    slots: Sequence[date] = (),
    count: int = 10,
    priorities: Sequence[str] = (),
) -> Row:
    """Return the review of the list of *service* on *today* for the free *slots*, or else its *count* next free ones.

    *priorities* are the recorded classes, the most urgent first; without them they stand as the table ``priorities``
    has them, else in the order of their numbers, and a class that is no number comes after. Each row is a referral, by
    its own id and without the patient's, and tells what the quality rules have found about the wait. Raises BadInput
    where there is no list, or no free slot.
    """
    present = set(version.tables)
    for name in ("referrals", "services"):
        if name not in present:
            raise BadInput(TABLES[name].needed_for)
    with closing(lake.connect(version.number)) as con:
        found = con.execute("select name, unit_id, guarantee from services where service_id = $1", [service]).fetchall()
        if not found:
            raise BadInput(Message("Vårdtjänsten {service} finns inte i data.", service=service))
        name, unit, guarantee = found[0]
        days = list(slots) or _free(con, present, service, today, count)
        if not days:
            raise BadInput(Message("Vårdtjänsten {service} har inga lediga tider. Ange dagar själv.", service=name))
        waiting = _waiting(con, service, today)
        stops = _stops(con, present, service)
        limits = limits_of(con, present)
        recorded = priorities_of(con, present)
    waiters = [_waiter(row, stops.get(row["referral_id"], ()), limits, guarantee, today) for row in waiting]
    order = list(priorities) or list(recorded.order) or _numbered(row["priority"] for row in waiting)
    made = review(waiters, days, today, order)
    doubts = _doubts(lake, version)
    slot_of = {candidate.waiter.key: slot.isoformat() for slot, candidate in made.offered}
    return {
        "version": version.number,
        "service_id": service,
        "service_name": name,
        "unit_id": unit,
        "today": today.isoformat(),
        "slots": [slot.isoformat() for slot in sorted(days)],
        "rows": [
            _candidate(choice.candidate)
            | {"priority_name": recorded.names.get(choice.candidate.waiter.priority or "")}
            | {"slot": slot_of.get(choice.candidate.waiter.key)}
            | {"if_chosen": asdict(choice.if_chosen), "doubts": doubts.get(choice.candidate.waiter.key, [])}
            for choice in made.choices
        ],
        "effects": {"none": asdict(made.none), "in_order": asdict(made.in_order), "by_limit": asdict(made.by_limit)},
        "findings": [],
    }


def _free(con: duckdb.DuckDBPyConnection, present: set[str], service: str, today: date, count: int) -> list[date]:
    if "slots" not in present:
        return []
    rows = con.execute(
        "select starts_at::date from slots where service_id = $1 and status = 'free' and starts_at::date >= $2 "
        "order by starts_at limit $3",
        [service, today, count],
    ).fetchall()
    return [row[0] for row in rows]


def _waiting(con: duckdb.DuckDBPyConnection, service: str, today: date) -> list[Row]:
    query = """
        select referral_id, priority, target_date, issued, received, decided from referrals
        where service_id = $1 and coalesce(received, decided, issued) <= $2 and (closed is null or closed > $2)
        order by referral_id
    """
    cursor = con.execute(query, [service, today])
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _stops(con: duckdb.DuckDBPyConnection, present: set[str], service: str) -> Mapping[str, list[Stop]]:
    stops: dict[str, list[Stop]] = defaultdict(list)
    if "clock_stops" not in present:
        return stops
    query = """
        select referral_id, kind, date_from, date_to, informed, offered_at::timestamp, declined from clock_stops
        where referral_id in (select referral_id from referrals where service_id = $1) order by all
    """
    for referral, *values in con.execute(query, [service]).fetchall():
        stops[referral].append(Stop(*values))
    return stops


def _waiter(row: Row, stops: Sequence[Stop], limits: Sequence[Limit], guarantee: str, today: date) -> Waiter:
    """Return who waits; a clock that starts after *today*, or nobody knows when, limits nothing yet."""
    starts: dict[Start, date | None] = {"issued": row["issued"], "received": row["received"], "decided": row["decided"]}
    held = [
        (limit, start)
        for limit in limits_for(limits, guarantee, starts)
        if (start := starts[limit.start]) and start <= today
    ]
    since = min((start for _, start in held), default=min(start for start in starts.values() if start))
    return Waiter(row["referral_id"], row["priority"], row["target_date"], since, tuple(held), tuple(stops))


def _numbered(classes: Any) -> list[str]:
    """Return the recorded classes that are whole numbers, lowest first."""
    return sorted({name for name in classes if name and name.isdecimal()}, key=int)


def _doubts(lake: Lake, version: Version) -> dict[str, list[str]]:
    """Referral → the names of the rules that have found something odd about it, or about one of its stops."""
    report = Judgements(lake.root).get(version.number) or judge_version(lake, version)[0]
    found: dict[str, list[str]] = defaultdict(list)
    for row in report.rows.select(["table", "rule", "key"]).to_pylist():
        if (row["table"], row["rule"]) in ON_LIST:
            found[row["key"].split(" · ")[0]].append(row["rule"])
    return {referral: sorted(set(rules)) for referral, rules in found.items()}


def _candidate(candidate: Candidate) -> Row:
    waiter = candidate.waiter
    return {
        "referral_id": waiter.key,
        "priority": waiter.priority,
        "target_date": waiter.target_date.isoformat() if waiter.target_date else None,
        "since": waiter.since.isoformat(),
        "days": candidate.days,
        "days_counted": candidate.counted,
        "due": candidate.due.isoformat() if candidate.due else None,
        "in_stop": candidate.stopped,
        "late": candidate.late,
    }
