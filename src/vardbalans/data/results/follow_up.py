"""The year's plan, outcome and forecast of a run as a table: one row per service, and per unit and kind of care.

What a page of one row alone shows lies in columns of JSON (:data:`TRACK_DETAILS`), which a list never reads. Counts of
fewer people than the rule of small numbers says are not told, nor others that would give them away: the rows of a unit
sum to that of the unit, and the periods of a row to its year.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vardbalans.engine.catalogue import Unit
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.follow_up import Basis, Followed, Track
from vardbalans.engine.messages import Message
from vardbalans.engine.need import months_of
from vardbalans.engine.periods import Calendar, Period
from vardbalans.engine.small_groups import Sum, hidden

__all__ = ["FOLLOW_UP_FIGURES", "TRACK_DETAILS", "follow_up_figure", "follow_up_rows", "follow_up_table"]

FOLLOW_UP_FIGURES = ("outcome", "planned", "year_expected")
"""The figures of a service's year that can be explained."""
TRACK_DETAILS = ("weeks", "months", "lately", "source", "approved")
BASES: tuple[Basis, ...] = ("approved", "agreed", "proposed", "last_year", "none")
_INTERVAL = (0.1, 0.9)
_FIGURES = (
    "done",
    "done_planned",
    "done_deviation",
    "year",
    "year_low",
    "year_high",
    "year_planned",
    "year_deviation",
    "ordered",
)

Row = dict[str, Any]
Place = tuple[str, str, str]  # unit, kind, service
_Cell = tuple[Place, int]

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("unit_id", "kind", "service_id", "service_name", "frequency")),
        *((name, pa.int64()) for name in ("of_year", "services", *(f"by_{name}" for name in BASES), "sign", "below")),
        *((name, pa.float64()) for name in _FIGURES),
        *((name, pa.string()) for name in TRACK_DETAILS),
    ]
)


def follow_up_table(rows: Sequence[Row]) -> pa.Table:
    """Return *rows* as they are stored."""
    stored = [row | {name: json.dumps(row[name], ensure_ascii=False) for name in TRACK_DETAILS} for row in rows]
    return pa.Table.from_pylist(stored, schema=_SCHEMA)


def follow_up_rows(
    services: Sequence[Followed],
    sums: Sequence[Followed],
    units: Mapping[str, Unit],
    calendar: Calendar,
    year: int,
    below: int,
) -> list[Row]:
    """Return the row of every service and, with an empty ``service_id``, of every unit and kind, in order of unit."""
    told = [*services, *sums]
    counts = {
        "weeks": {_place(row): _counts(row.weeks) for row in told if row.weeks is not None},
        "months": {_place(row): _counts(row.months) for row in told},
        "done": {_place(row): [round(row.done)] for row in told},
        "lately": {_place(row): [round(late.outcome)] for row in told if (late := row.track.lately())},
    }
    quiet = {name: _hidden(each, units, below) for name, each in counts.items()}
    made = [_row(row, quiet, calendar, year, below) for row in told]
    return sorted(made, key=lambda row: (row["unit_id"], row["kind"], row["service_id"]))


def _place(row: Followed) -> Place:
    return row.unit_id, row.kind, row.service_id


def _row(
    row: Followed, quiet: Mapping[str, Mapping[Place, set[int]]], calendar: Calendar, year: int, below: int
) -> Row:
    low, high = np.quantile(row.year_draws, _INTERVAL)
    few = bool(quiet["done"][_place(row)])
    lately = None if quiet["lately"].get(_place(row)) else row.track.lately()
    parts = _parts(row.weeks, row.months.periods, calendar) if row.weeks and row.service_id else {}
    return {
        "unit_id": row.unit_id,
        "kind": row.kind,
        "service_id": row.service_id,
        "service_name": row.name,
        "frequency": row.track.periods[0].frequency,
        "of_year": year,
        "services": sum(row.bases.values()),
        **{f"by_{name}": row.bases.get(name, 0) for name in BASES},
        "sign": lately.sign if lately else None,
        "below": below,
        "done": None if few else _number(row.done),
        "done_planned": _planned(row, row.done_planned),
        "done_deviation": None if few else _planned(row, row.done_against - row.done_planned),
        # The year less what is expected of the rest is what is done.
        "year": None if few else _number(row.done + row.year_left),
        "year_low": None if few else _number(row.done + low),
        "year_high": None if few else _number(row.done + high),
        "year_planned": _planned(row, row.year_planned),
        "year_deviation": None if few else _planned(row, row.year_against - row.year_planned),
        "ordered": row.ordered,
        "weeks": _periods(row.weeks, quiet["weeks"][_place(row)], {}) if row.weeks else None,
        "months": _periods(row.months, quiet["months"][_place(row)], parts),
        "lately": lately._asdict() if lately else None,
        "source": row.source.as_dict() if row.source else None,
        "approved": _told_plan(row),
    }


def _told_plan(row: Followed) -> Row | None:
    """Return which approved plan a service's plan is, and what one slot of it serves; None where it is no such plan."""
    plan = row.approved
    if plan is None:
        return None
    where = {"unit_id": plan.unit_id, "plan": plan.name, "version": plan.version, "year": plan.year}
    return where | {"by": plan.by, "at": plan.at.isoformat(), "per_slot": row.per_slot}


def _planned(row: Followed, value: float) -> float | None:
    """Return *value* unless nothing of the row is planned."""
    return None if set(row.bases) == {"none"} else _number(value)


def _periods(track: Track, hidden: set[int], parts: Mapping[Period, list[list[Any]]]) -> list[Row]:
    low, high = track.interval(*_INTERVAL)
    likely_low, likely_high = track.likely()
    signs, expected = track.signs(), track.expected
    rows = []
    for n, period in enumerate(track.periods):
        few, whole = n in hidden, bool(track.whole[n])
        row = {
            "period": str(period),
            "whole": whole,
            "hidden": few,
            "counted": None if few else _known(track.counted[n]),
            "expected": None if few else _known(expected[n]),
            "low": None if few or whole else _known(low[n]),
            "high": None if few or whole else _known(high[n]),
            "planned": _known(track.plan[n]),
            "deviation": None if few else _known(track.against[n] - track.plan[n]),
            "likely_low": _known(likely_low[n]),
            "likely_high": _known(likely_high[n]),
            "sign": 0 if few else int(signs[n]),
        }
        rows.append(row | {"parts": parts[period]} if period in parts else row)
    return rows


def _parts(weeks: Track, months: Sequence[Period], calendar: Calendar) -> dict[Period, list[list[Any]]]:
    """Return per month (week, the share of it that lies there) of the weeks that are counted."""
    named, shares = months_of(weeks.periods, calendar)
    return {
        month: [
            [str(week), round(float(share), 6)]
            for week, share, counted in zip(weeks.periods, shares[:, place], weeks.whole, strict=True)
            if share > 0 and counted
        ]
        for place, month in enumerate(named)
        if month in months
    }


def _hidden(counts: Mapping[Place, list[int]], units: Mapping[str, Unit], below: int) -> dict[Place, set[int]]:
    """Return the places in time that are not told of each row: those too small, and what would give them away.

    A row sums over time to what is told; services and units sum to the unit that they are of.
    """
    people = {(place, at): count for place, line in counts.items() for at, count in enumerate(line) if count}
    over_time: dict[Place, list[_Cell]] = defaultdict(list)
    over_units: dict[_Cell, list[_Cell]] = defaultdict(list)
    for cell in people:
        (unit, kind, service), at = cell
        over_time[cell[0]].append(cell)
        over_units[(unit if service else units[unit].parent_id, kind, ""), at].append(cell)
    sums = [Sum(whole if whole in people else None, tuple(parts)) for whole, parts in over_units.items()]
    sums += [Sum(None, tuple(parts)) for parts in over_time.values()]
    found: dict[Place, set[int]] = {place: set() for place in counts}
    for place, at in hidden(people, [sums], below):
        found[place].add(at)
    return found


def _counts(track: Track) -> list[int]:
    """Return how many have come in each period, rounded; what is not known, or has not begun, counts nobody."""
    return [round(value) for value in np.nan_to_num(track.counted)]


def follow_up_figure(row: Row, name: str, period: str) -> Figure | None:
    """Return the explained figure *name* of a service's *row*; None where it has none, or it is not told."""
    found = next((each for each in (row["weeks"] or []) + row["months"] if each["period"] == period), None)
    if name == "year_expected":
        return _year(row)
    if found is None or name not in FOLLOW_UP_FIGURES or not row["service_id"]:
        return None
    return _outcome(row, found) if name == "outcome" else _plan(row, found)


def _outcome(row: Row, found: Row) -> Figure | None:
    if found["counted"] is None:
        return None
    if "parts" not in found:
        formula = Message("Utfallet är det som har utförts, räknat en gång var.")
        step = Step(Message("utfört"), found["counted"], "activities", None, _rows(row, found["period"]))
        return Figure("outcome", found["counted"], "activities", formula, (step,))
    weeks = {each["period"]: each["counted"] for each in row["weeks"]}
    if any(weeks[week] is None for week, _ in found["parts"]):
        return None
    formula = Message("Månaden är dess veckor, var och en med den del av arbetsdagarna som ligger i månaden.")
    steps = tuple(
        Step(Message("utfört vecka {week}", week=week), weeks[week] * share, "activities", share, _rows(row, week))
        for week, share in found["parts"]
    )
    return Figure("outcome", found["counted"], "activities", formula, steps)


def _plan(row: Row, found: Row) -> Figure | None:
    if found["planned"] is None:
        return None
    year = row["of_year"]
    if row["approved"]:
        return _plan_of_weeks(row, found)
    if row["ordered"] is not None:
        # Not by unit: a service may be ordered from the clinic above the unit that it lies at.
        source = Source.of("orders", service_id=row["service_id"], year=str(year))
        formula = Message("Planen är årets volym × periodens arbetsdagar / årets arbetsdagar.")
        share = found["planned"] / row["ordered"] if row["ordered"] else None
        step = Step(Message("årets volym"), found["planned"], "activities", share, source)
        inputs = (Step(Message("årets volym"), row["ordered"], "activities", None, source),)
        return Figure("planned", found["planned"], "activities", formula, (step,), inputs)
    formula = Message("Ingen beställning finns: planen är det som utfördes samma tid förra året.")
    if "parts" in found:  # a month of weeks: the rows of all its weeks a year earlier
        since = Period.parse(found["period"]).next(-12)
        source = _between(row, since, since.next())
    else:
        before = Period.parse(found["period"])
        source = _rows(row, str(before.next(-52 if before.frequency == "week" else -12)))
    step = Step(Message("utfört förra året"), found["planned"], "activities", None, source)
    return Figure("planned", found["planned"], "activities", formula, (step,))


def _plan_of_weeks(row: Row, found: Row) -> Figure:
    plan = row["approved"]
    where = {name: str(plan[name]) for name in ("unit_id", "plan", "year", "version")}
    source = Source.of("agreed_plans", service_id=row["service_id"], **where)
    if "-W" in found["period"]:
        source = source.narrowed(week=found["period"])
    formula = Message("Planen är de godkända tiderna × den del av en tid som inte går förlorad.")
    slots = found["planned"] / plan["per_slot"] if plan["per_slot"] else found["planned"]
    label = Message(
        "{plan}, version {version}, godkänd av {by} {at}",
        plan=plan["plan"],
        version=plan["version"],
        by=plan["by"],
        at=plan["at"][:10],
    )
    step = Step(label, found["planned"], "activities", plan["per_slot"], source)
    inputs = (Step(Message("godkända tider"), slots, "activities", None, source),)
    return Figure("planned", found["planned"], "activities", formula, (step,), inputs)


def _year(row: Row) -> Figure | None:
    if row["done"] is None or row["source"] is None:
        return None
    coming = [each["period"] for each in row["weeks"] or row["months"] if not each["whole"]]
    first = Period.parse(f"{row['of_year']}-01")
    until = Period.parse(coming[0]) if coming else first.next(12)
    steps = (
        Step(Message("utfört hittills i år"), row["done"], "activities", None, _between(row, first, until)),
        Step(Message("prognos för resten av året"), row["year"] - row["done"], "activities"),
    )
    formula = Message("Årets prognos är det som har utförts hittills och prognosen för resten.")
    inputs = (
        Step(Message("80 % intervall, från"), row["year_low"], "activities"),
        Step(Message("80 % intervall, till"), row["year_high"], "activities"),
    )
    return Figure("year_expected", row["year"], "activities", formula, steps, inputs)


def _rows(row: Row, period: str) -> Source:
    first = Period.parse(period)
    return _between(row, first, first.next())


def _between(row: Row, first: Period, until: Period) -> Source:
    """Return the source rows from the first day of *first* and before that of *until*."""
    source = Source.of(row["source"]["table"], **row["source"]["where"])
    if source.table == "referrals":  # people treated: their date is the one they were closed
        return source.narrowed(treated_since=first.start.isoformat(), treated_until=until.start.isoformat())
    return source.narrowed(since=str(first), until=str(until))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else _number(value)


def _number(value: float) -> float:
    """Return *value* to three decimals: finer than any count means."""
    return round(float(value), 3)
