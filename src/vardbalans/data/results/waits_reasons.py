"""A list's stored figures, put together again with their reasons: the queue, who waits and how long, what it takes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.waitlist.account import queue_figure
from vardbalans.engine.waitlist.needed import needed_figure

__all__ = ["WAITING_FIGURES", "WAITS_ASKED", "waiting_figure"]

WAITING_FIGURES = ("queue", "queue_change", "production_needed", "waiting", "treated", "waiting_ahead")
"""The figures of a list that can be explained."""
WAITS_ASKED = ("measure", "way", "dimension", "group")
"""What names some of those waiting or treated, and how their waits are counted."""
_FLOWS = ("referred", "induced", "moved_in", "treated", "removed")

Row = dict[str, Any]


def waiting_figure(row: Row, name: str, period: str, asked: Mapping[str, str] | None = None) -> Figure | None:
    """Return the figure *name* of a list's stored *row*, with its details read, for *period*; None where there is none.

    ``queue`` of a period counted or a week ahead; ``production_needed`` by a week; ``waiting_ahead`` of a week ahead;
    ``queue_change``, ``waiting`` and ``treated`` (how many, and how long they have waited) only for the period that the
    list ends in. *asked* (of :data:`WAITS_ASKED`) names some of the latter; what is hidden has no figure.
    """
    of_period = {"queue": _queue, "production_needed": _production, "waiting_ahead": _waiting_ahead}
    if name in of_period:
        return of_period[name](row, period)
    if period != row["history"][-1]["period"]:
        return None
    if name == "queue_change":
        return _queue_change(row, period)
    if asked:
        return _some(row, name, asked)
    return _waits(row, name) if row[f"{name}_n"] is not None else None


def _about(row: Row, figure: str, period: str) -> tuple[tuple[str, str], ...]:
    return (("figure", figure), ("service", row["service_id"]), ("week", period))


def _production(row: Row, by: str) -> Figure | None:
    found = next((each for each in row["needed"] if each["by"] == by), None)
    if found is None:
        return None
    made = needed_figure(found["until"]["mean"], found["steady"], found["relief"])
    inputs = [
        Step(Message("till dess, 90 % intervall, nedre gräns"), found["until"]["q05"], "people"),
        Step(Message("till dess, 90 % intervall, övre gräns"), found["until"]["q95"], "people"),
        Step(Message("sedan, för att stanna inom gränsen"), found["hold"]["mean"], "people"),
        Step(Message("sedan, 90 % intervall, nedre gräns"), found["hold"]["q05"], "people"),
        Step(Message("sedan, 90 % intervall, övre gräns"), found["hold"]["q95"], "people"),
        Step(Message("simuleringar"), found["draws"], "factor"),
        Step(Message("väntande nu"), row["queue"], "people", of=_about(row, "queue", row["history"][-1]["period"])),
    ]
    if row["limit_days"] is not None:
        inputs.append(Step(Message("gräns"), row["limit_days"], "days", None, Source.of("rules")))
    return replace(made, inputs=tuple(inputs))


def _queue_change(row: Row, period: str) -> Figure | None:
    year = -52 if row["frequency"] == "week" else -12
    earlier, after = (str(Period.parse(period).next(n)) for n in (year, year + 1))
    before = next((each["opening"] for each in row["history"] if each["period"] == after), None)
    if row["change"] is None or not before:
        return None
    known = any(each["period"] == earlier for each in row["history"])
    terms = (
        Step(Message("väntande nu ÷ väntande ett år tidigare"), row["queue"] / before, "share"),
        Step(Message("ett år tidigare som helhet"), -1.0, "share"),
    )
    inputs = (
        Step(Message("väntande nu"), row["queue"], "people", of=_about(row, "queue", period)),
        Step(
            Message("väntande ett år tidigare"),
            before,
            "people",
            None,
            _rows(row, "queue", Period.parse(earlier)),
            _about(row, "queue", earlier) if known else (),
        ),
    )
    formula = Message("Ändring på ett år = väntande nu ÷ väntande ett år tidigare − 1")
    return Figure("queue_change", row["change"], "share", formula, terms, inputs)


def _waiting_ahead(row: Row, week: str) -> Figure | None:
    found = next((each for each in row["weeks"] if each["period"] == week and each.get("waiting_within")), None)
    if found is None:
        return None
    within, treated = found["waiting_within"], found["treated_within"]
    values = (
        (Message("90 % intervall, nedre gräns"), within["q05"], "share"),
        (Message("90 % intervall, övre gräns"), within["q95"], "share"),
        (Message("andel av framtiderna där alla som väntar är inom gränsen"), found["chance"], "share"),
        (Message("median bland väntande"), (found["waiting_median"] or {}).get("mean"), "days"),
        (Message("behandlade inom gränsen"), (treated or {}).get("mean"), "share"),
        (Message("median bland behandlade"), (found["treated_median"] or {}).get("mean"), "days"),
    )
    inputs = [Step(label, value, unit) for label, value, unit in values if value is not None]
    queue = Step(Message("väntande"), found["queue"]["mean"], "people", of=_about(row, "queue", week))
    limit = Step(Message("gräns"), row["limit_days"], "days", None, Source.of("rules"))
    formula = Message(
        "Listan följs vecka för vecka i många framtider: de som kommer, behandlas och lämnar listan. Andelen är hur "
        "många av de väntande som har väntat högst så länge som gränsen säger, i medeltal över framtiderna"
    )
    term = Step(Message("väntande inom gränsen, i medeltal"), within["mean"], "share")
    return Figure("waiting_ahead", within["mean"], "share", formula, (term,), (queue, limit, *inputs))


def _some(row: Row, part: str, asked: Mapping[str, str]) -> Figure | None:
    """Return how many of a part of those waiting or treated there are, and how long they have waited.

    *asked*: ``dimension`` (``all``, a division of people, ``days``: an interval of days, ``site``: a unit) and its
    ``group`` (nothing: not known), ``measure`` and ``way`` of counting (``included``, ``excluded``, ``law``). None for
    what is not told, as where it is hidden.
    """
    dimension, group = asked.get("dimension", "all"), asked.get("group") or None
    measure, way = asked.get("measure") or row["measure"], asked.get("way", "included")
    if dimension == "days":
        return _of_days(row, part, measure, group)
    if dimension == "site":
        return _of_site(row, part, group)
    wanted = {"part": part, "measure": measure, "dimension": dimension, "group": group}
    found = next((each for each in row["waits"] if all(each[name] == value for name, value in wanted.items())), None)
    if found is None or way not in ("included", "excluded", "law") or found[way]["n"] is None:
        return None
    figures = found[way]
    days = {limit["days"] for limit in row["limits"] if limit["measure"] == measure and limit["days"] is not None}
    values = [
        (Message("inom gränsen"), figures["within"], "share"),
        (Message("median"), figures["median_days"], "days"),
        (Message("nio av tio"), figures["p90_days"], "days"),
        (Message("nitton av tjugo"), figures["p95_days"], "days"),
    ]
    inputs = tuple(Step(label, value, unit) for label, value, unit in values if value is not None)
    inputs += tuple(Step(Message("gräns"), each, "days", None, Source.of("rules")) for each in sorted(days))
    ways = {
        "included": Message("alla, med alla väntedagar"),
        "excluded": Message("utan dem som har patientvald eller medicinskt orsakad väntan"),
        "law": Message("alla, med de dagar som räknas i vårdgarantin"),
    }
    formula = Message(
        "{part}: {way}. Medianen är den mittersta väntetiden i ordning; inom gränsen är andelen som har väntat högst "
        "så många dagar som gränsen säger. Grupper om färre än {below} personer, och siffror som skulle avslöja dem, "
        "är dolda",
        part=_PART[part],
        way=ways[way],
        below=row["below"],
    )
    return _part_of(row, part, figures["n"], formula, inputs, {"priority": group} if dimension == "priority" else None)


_PART = {"waiting": Message("Väntande"), "treated": Message("Behandlade")}


def _of_days(row: Row, part: str, measure: str | None, group: str | None) -> Figure | None:
    mine = [each for each in row["intervals"] if each["measure"] in (None, measure) and str(each["days_from"]) == group]
    if not mine:
        return None
    people = next((each["n"] for each in mine if each["part"] == part), 0)
    if people is None:
        return None
    first = Step(Message("väntat minst"), mine[0]["days_from"], "days")
    last = [] if mine[0]["days_to"] is None else [Step(Message("väntat högst"), mine[0]["days_to"], "days")]
    return _part_of(row, part, people, Message("De vars väntan ligger i intervallet"), (first, *last), None)


def _of_site(row: Row, part: str, group: str | None) -> Figure | None:
    found = next((each for each in row["sites"] if part == "waiting" and each["unit_id"] == group), None)
    if found is None or found["n"] is None:
        return None
    formula = Message("De på den gemensamma listan som väntar hos enheten")
    return _part_of(row, part, found["n"], formula, (), {"unit_id": group})


def _part_of(
    row: Row, part: str, people: float, formula: Message, inputs: tuple[Step, ...], where: Mapping[str, Any] | None
) -> Figure:
    """Return the figure of some of a part, whose rows are the part's; those *where* a column has a value, if it does.

    None as a value leaves the rows untold: an empty column cannot be asked for.
    """
    whole = _waits(row, part)
    source = whole.terms[0].source
    known = where is not None and all(where.values())
    rows = source.narrowed(**where) if source and source.table == "referrals" and where and known else None
    about = _about(row, part, row["history"][-1]["period"])
    every = Step(Message("alla på listan") if part == "waiting" else Message("alla behandlade"), whole.value, "people")
    every = replace(every, of=about) if row[f"{part}_n"] is not None else replace(every, source=source)
    label = Message("väntande") if part == "waiting" else Message("behandlade")
    term = Step(label, people, "people", None, rows)
    return Figure(part, people, "people", formula, (term,), (every, *inputs))


def _queue(row: Row, period: str) -> Figure | None:
    known = next((each for each in row["history"] if each["period"] == period), None)
    if known:
        return _counted(row, known, Period.parse(period))
    place = next((n for n, each in enumerate(row["weeks"]) if each["period"] == period and "treated" in each), None)
    if place is None:
        return None
    until = row["weeks"][: place + 1]
    sums = {name: sum(each[name] for each in until) for name in _FLOWS}
    queue = until[-1]["queue"]["mean"]
    opening = queue - sum(sums[name] * (-1 if name in ("treated", "removed") else 1) for name in _FLOWS)
    opened = _rows(row, "queue", Period.parse(row["history"][-1]["period"]))
    made = queue_figure(queue, opening, sums, {"opening": opened} if opened else {})
    interval = until[-1]["queue"]
    inputs = (
        Step(Message("90 % intervall, nedre gräns"), interval["q05"], "people"),
        Step(Message("90 % intervall, övre gräns"), interval["q95"], "people"),
    )
    return replace(made, inputs=inputs)


def _counted(row: Row, line: Row, period: Period) -> Figure:
    before = period.next(-1)
    terms = [
        Step(Message("väntade när perioden började"), line["opening"], "people", source=_rows(row, "queue", before)),
        Step(Message("kom till listan"), line["inflow"], "people", source=_rows(row, "inflow", period)),
        Step(Message("behandlade"), -line["treated"], "people", source=_rows(row, "treated", period)),
    ]
    if line["removed"] is not None:
        own = row["sources"]["queue"] == "referrals" and not row.get("is_shared")
        removed = _closed(row, period, "removed") if own else None
        terms.append(Step(Message("lämnade listan utan behandling"), -line["removed"], "people", source=removed))
    terms.append(Step(Message("rest som källan inte förklarar"), -line["residual"], "people"))
    formula = Message("väntande = väntade när perioden började + kom till listan − behandlade − avgångar − rest")
    closing = Message("väntade när perioden slutade")
    rows = Step(closing, line["closing"], "people", source=_rows(row, "queue", period))
    return Figure("queue", line["closing"], "people", formula, tuple(terms), (rows,))


def _waits(row: Row, part: str) -> Figure:
    period = Period.parse(row["history"][-1]["period"])
    since = row["treated_since"]
    if part == "waiting":
        formula = Message(
            "Alla som väntade {day}. Medianen är den mittersta av deras väntetider i ordning; inom gränsen är den "
            "andel som har väntat högst så många dagar som gränsen säger.",
            day=row["as_of"],
        )
        source = _rows(row, "queue", period)
    else:
        formula = Message(
            "Alla som behandlades från {since} till {day}. Medianen är den mittersta av deras väntetider i ordning; "
            "inom gränsen är den andel som hade väntat högst så många dagar som gränsen säger.",
            since=since,
            day=row["as_of"],
        )
        until = (date.fromisoformat(row["as_of"]) + timedelta(1)).isoformat()
        source = None
        if not row.get("is_shared"):
            source = Source.of("referrals", service_id=row["service_id"], treated_since=since, treated_until=until)
    whole = Message("väntande") if part == "waiting" else Message("behandlade")
    values = (
        (Message("inom gränsen, alla"), row[f"{part}_within"], "share"),
        (
            Message("inom gränsen, utan dem som har patientvald eller medicinskt orsakad väntan"),
            row[f"{part}_without"],
            "share",
        ),
        (Message("inom gränsen, räknat i dagar som räknas i vårdgarantin"), row[f"{part}_law"], "share"),
        (Message("median, alla väntedagar"), row[f"{part}_median"], "days"),
        (Message("nio av tio, alla väntedagar"), row[f"{part}_p90"], "days"),
        (Message("gräns"), row["limit_days"], "days"),
    )
    terms = (Step(whole, row[f"{part}_n"], "people", source=source),)
    steps = tuple(Step(label, value, unit) for label, value, unit in values if value is not None)
    return Figure(part, row[f"{part}_n"], "people", formula, terms, steps)


def _rows(row: Row, part: str, period: Period) -> Source | None:
    """Return the source rows of a part of the account: of a queue when *period* ends, of a flow in it.

    None for a list that several services share: the rows are told where each service's own account is.
    """
    if row.get("is_shared"):
        return None
    table = row["sources"][part]
    if table == "referrals":
        if part == "queue":
            return Source.of(table, service_id=row["service_id"], open_at=period.end.isoformat())
        if part == "treated":
            return _closed(row, period, "treated")
    return Source.of(table, service_id=row["service_id"], since=str(period), until=str(period.next()))


def _closed(row: Row, period: Period, how: str) -> Source:
    days = {f"{how}_since": period.start.isoformat(), f"{how}_until": period.end.isoformat()}
    return Source.of("referrals", service_id=row["service_id"], **days)
