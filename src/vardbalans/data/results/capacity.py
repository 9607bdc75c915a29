"""The capacity stored with a run: time by resource, week and part; sets; the formula's factors; resources as servers.

The figures are those of the CLI's ``capacity``: the same documents, kept so that a page need not reckon them again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from vardbalans.data.findings import translatable
from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.reasons import AVAILABLE, available_figure

__all__ = [
    "CAPACITY_FIGURES",
    "CAPACITY_TABLES",
    "PARTS",
    "SET_DETAILS",
    "capacity_tables",
    "change_figure",
    "factor_figure",
    "mean_figure",
    "norm_figure",
    "pool_figure",
    "set_figure",
    "time_figure",
    "total_figure",
    "unit_figure",
]

Row = dict[str, Any]
PARTS = (
    "employed",
    "opened",
    "holidays",
    "closed",
    "booked_absence",
    "expected_absence",
    "maintenance",
    "non_clinical",
    "unused",
)
"""The parts of available time in the order of the waterfall: the gross time first, the rest taken from it."""
CAPACITY_TABLES = ("capacity", "capacity_sets", "capacity_factors", "capacity_servers")
CAPACITY_FIGURES = (
    "capacity_time",
    "capacity_doable",
    "capacity_mean",
    "capacity_k",
    "capacity_change",
    "capacity_unit",
    "capacity_norm",
    "capacity_pool_leaves",
    "capacity_pool_waits",
)
SET_DETAILS = ("minutes", "doable", "binding")
"""What a set's row holds as lists and maps; stored as JSON."""
_TEXTS = ("unit_id", "resource_id", "resource_name", "kind", "week")
_NUMBERS = ("shift_minutes", "available_minutes", "available_q05", "available_q95", "norm", *PARTS)


def capacity_tables(available: Row | None, factors: Sequence[Row], servers: Sequence[Row]) -> dict[str, pa.Table]:
    """Return the tables of the document *available* (None: nothing can be told), *factors* and *servers*."""
    if available is None:
        return {}
    return {
        "capacity": pa.Table.from_pylist([_time(row) for row in available["rows"]], schema=_TIME),
        "capacity_sets": pa.Table.from_pylist(
            [row | {name: json.dumps(row[name]) for name in SET_DETAILS} for row in available["sets"]], schema=_SETS
        ),
        "capacity_factors": pa.Table.from_pylist(
            [
                row | {"lacking": row["lacking"] and json.dumps(translatable(row["lacking"]), ensure_ascii=False)}
                for row in factors
            ],
            schema=_FACTORS,
        ),
        "capacity_servers": pa.Table.from_pylist(list(servers), schema=_SERVERS),
    }


def _time(row: Row) -> Row:
    nested = {name: json.dumps(row[name]) for name in ("inputs", "sources")}
    return row | {code: row["parts"].get(code) for code in PARTS} | nested


_TIME = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        *((name, pa.float64()) for name in _NUMBERS),
        ("inputs", pa.string()),
        ("sources", pa.string()),
    ]
)
_SETS = pa.schema(
    [
        (name, pa.string())
        for name in ("unit_id", "service_id", "service_name", "set_id", "set_name", "minutes", "doable", "binding")
    ]
)
_FACTORS = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("unit_id", "service_id", "service_name", "period", "resource_id", "resource_name", "lacking")
        ),
        *((name, pa.float64()) for name in ("sets", "minutes", "utilisation", "mean_minutes", "utilisation_decided")),
    ]
)
_SERVERS = pa.schema(
    [
        *((name, pa.string()) for name in ("unit_id", "resource_id", "resource_name", "kind")),
        ("servers", pa.int64()),
        *((name, pa.float64()) for name in ("load", "weight", "spread", "minutes", "activities")),
    ]
)


def time_figure(row: Row) -> Figure:
    """Return the available time of one resource and week, part by part, from its stored *row*."""
    sources = json.loads(row["sources"])
    parts = {code: (row[code], _source(sources[code])) for code in PARTS if row[code] is not None}
    found = available_figure(row["available_minutes"], "minutes", row["resource_id"], parts, json.loads(row["inputs"]))
    return Figure("capacity_time", found.value, found.unit, found.formula, found.terms, found.inputs)


def total_figure(rows: Sequence[Row]) -> Figure:
    """Return the same over several weeks of one resource: each part summed over the weeks."""
    if len(rows) == 1:
        return time_figure(rows[0])
    sources = json.loads(rows[0]["sources"])
    terms = tuple(
        Step(AVAILABLE[code], sum(row[code] or 0.0 for row in rows), "minutes", None, _source(sources[code]))
        for code in PARTS
        if rows[0][code] is not None
    )
    formula = Message("Tillgänglig tid = summan av veckornas: brutto mindre det som går bort, del för del")
    value = sum(row["available_minutes"] for row in rows)
    return Figure("capacity_time", value, "minutes", formula, terms)


def set_figure(row: Row, index: int, times: Mapping[str, Row]) -> Figure:
    """Return what a set allows in its week number *index*; *times* are the stored weeks of its resources by id."""
    minutes, names = row["minutes"], {name: time["resource_name"] for name, time in times.items()}
    inputs: list[Step] = []
    for name, each in minutes.items():
        shown = names.get(name, name)
        what = Message("{service}: {what}", service=shown, what=Message("tillgänglig tid"))
        inputs.append(Step(what, times[name]["available_minutes"], "minutes"))
        what = Message("{service}: {what}", service=shown, what=Message("minuter per aktivitet enligt receptet"))
        inputs.append(
            Step(
                what,
                each,
                "minutes",
                None,
                Source.of("recipes", service_id=row["service_id"], resource_id=name),
            )
        )
    binding = row["binding"][index]
    value = row["doable"][index]
    label = Message("så många som {name} räcker till", name=names.get(binding, binding))
    formula = Message(
        "Räcker till = det minsta av tillgänglig tid ÷ minuter per aktivitet bland uppsättningens resurser, dag för dag"
    )
    return Figure("capacity_doable", value, "activities", formula, (Step(label, value, "activities"),), tuple(inputs))


def mean_figure(row: Row, places: Sequence[int], weeks: Sequence[str]) -> Figure:
    """Return what a set allows a week, in the mean over the *places* among the run's *weeks*: a term per week."""
    doable = row["doable"]
    asked = {"figure": "capacity_doable", "service": row["service_id"], "set": row["set_id"]}
    terms = tuple(
        Step(
            Message("{period}", period=weeks[at]),
            doable[at] / len(places),
            "activities",
            doable[at],
            None,
            tuple((name, value) for name, value in {**asked, "week": weeks[at]}.items() if value),
        )
        for at in places
    )
    value = sum(doable[at] for at in places) / len(places)
    formula = Message("Räcker till per vecka = medeltalet av vad uppsättningen räcker till, vecka för vecka")
    return Figure("capacity_mean", value, "activities", formula, terms)


def unit_figure(totals: Sequence[Row], week: str) -> Figure:
    """Return the available time of several resources, from their stored totals over *week* (``first..last``)."""
    terms = tuple(
        Step(
            Message("{name}", name=row["resource_name"]),
            row["available_minutes"],
            "minutes",
            of=(
                ("figure", "capacity_time"),
                ("resource", row["resource_id"]),
                ("unit", row["unit_id"]),
                ("week", week),
            ),
        )
        for row in totals
    )
    whole = sum((row["employed"] or 0.0) + (row["opened"] or 0.0) for row in totals)
    value = sum(row["available_minutes"] for row in totals)
    inputs = [Step(Message("brutto: anställd eller öppen tid, timmar"), whole / 60, "hours")]
    if whole:
        inputs.append(Step(Message("andel av brutto som är tillgänglig"), value / whole, "share"))
    formula = Message("Tillgänglig tid = summan av resursernas; andelen är det tillgängliga av brutto")
    return Figure("capacity_unit", value, "minutes", formula, terms, tuple(inputs))


def norm_figure(rows: Sequence[Row]) -> Figure | None:
    """Return what the norms in force amount to over stored weeks of one resource; None without any."""
    known = [row for row in rows if row["norm"] is not None]
    if not known:
        return None
    name = known[0]["resource_id"]
    terms = tuple(
        Step(
            Message("{period}", period=row["week"]),
            row["norm"],
            "activities",
            None,
            Source.of("norms", resource_id=name),
            (("figure", "capacity_time"), ("resource", name), ("week", row["week"])),
        )
        for row in known
    )
    formula = Message("Norm = aktiviteter per heltid enligt normen × heltider × den andel av veckan som är på plats")
    return Figure("capacity_norm", sum(row["norm"] for row in known), "activities", formula, terms)


def pool_figure(name: str, rows: Sequence[Row], document: Row) -> Figure | None:
    """Return what pooling resources gives by Erlang's formula B (``capacity_pool_leaves``) or C (``…_waits``).

    *rows* are the stored servers, *document* what pooling_run tells of them. What is infinite is left out of the
    terms; None where the waits together never end.
    """
    found, saved = document["erlang"], document["saved"]
    if name == "capacity_pool_leaves":
        apart, together, unit, fewer = found["blocked_apart"], found["blocked_together"], "share", saved["leaves"]
        formula = Message(
            "Minskningen = andelen som avvisas var för sig − tillsammans, enligt Erlangs formel B: λ ankommer, alla "
            "platser upptagna, ingen kö"
        )
    else:
        apart, together, unit, fewer = found["wait_apart"], found["wait_together"], "factor", saved["waits"]
        formula = Message(
            "Minskningen = medelväntan var för sig − tillsammans, i behandlingstider, enligt Erlangs formel C: den som "
            "möts av upptagna platser väntar"
        )
    if together is None:
        return None
    if apart is None:
        formula = Message("Var för sig växer kön utan gräns; tillsammans är medelväntan, i behandlingstider, ändlig")
        terms: tuple[Step, ...] = (Step(Message("tillsammans"), together, unit),)
    else:
        terms = (Step(Message("var för sig"), apart, unit), Step(Message("tillsammans"), -together, unit))
    inputs = [
        Step(
            Message("{service}: {what}", service=row["resource_name"], what=label),
            row[key],
            "factor",
            None,
            Source.of(table, resource_id=row["resource_id"]),
        )
        for row in rows
        for key, label, table in (
            (
                "servers",
                Message("platser: öppen tid ÷ fulla pass"),
                "openings" if row["kind"] != "staff" else "employments",
            ),
            ("load", Message("belastning: krävd tid av öppen tid × platser"), "recipes"),
        )
    ]
    if fewer is not None:
        inputs.append(Step(Message("färre platser vid samma servicenivå"), fewer, "factor"))
    return Figure(name, sum(step.value for step in terms), unit, formula, terms, tuple(inputs))


def factor_figure(row: Row) -> Figure:
    """Return K = P · t · N / m of one service and period, from its stored *row*."""
    value = row["sets"] * row["minutes"] * row["utilisation"] / row["mean_minutes"]
    formula = Message("K = P · t · N ÷ m: uppsättningar · öppna minuter · nyttjandegrad ÷ minuter per aktivitet")
    term = Step(Message("aktiviteter som kapaciteten gav"), value, "activities", None, _performed(row))
    return Figure("capacity_k", value, "activities", formula, (term,), _factors(row))


def change_figure(change: Row, before: Row, now: Row) -> Figure:
    """Return the change of K between two stored rows; its terms are the parts of the four factors."""
    labels = {
        "sets": Message("av P, uppsättningar"),
        "minutes": Message("av t, öppna minuter"),
        "utilisation": Message("av N, nyttjandegrad"),
        "mean_minutes": Message("av m, minuter per aktivitet"),
    }
    sources = {"sets": _opened(now), "minutes": _opened(now), "mean_minutes": _performed(now)}
    terms = tuple(
        Step(labels[name], value, "activities", None, sources.get(name)) for name, value in change["parts"].items()
    )
    formula = Message("Ändringen av K delad på de fyra faktorerna med logaritmiskt medelvärde; delarna summerar exakt")
    inputs = tuple(
        Step(
            Message("{service}: {what}", service=row["period"], what=step.label),
            step.value,
            step.unit,
            None,
            step.source,
        )
        for row in (before, now)
        for step in _factors(row)
    )
    return Figure("capacity_change", change["change"], "activities", formula, terms, inputs)


def _factors(row: Row) -> tuple[Step, ...]:
    return (
        Step(Message("P, uppsättningar i bruk för vårdtjänsten"), row["sets"], "factor", None, _opened(row)),
        Step(Message("t, öppna minuter per uppsättning"), row["minutes"], "minutes", None, _opened(row)),
        Step(Message("N, registrerad tid av öppen tid"), row["utilisation"], "share", None, _performed(row)),
        Step(Message("m, minuter per aktivitet"), row["mean_minutes"], "minutes", None, _performed(row)),
    )


def _opened(row: Row) -> Source:
    return Source.of("openings", resource_id=row["resource_id"])


def _performed(row: Row) -> Source:
    first, _, last = row["period"].partition("..")
    until = str(Period.parse(last or first).next())
    return Source.of("contacts", service_id=row["service_id"], status="performed", since=first, until=until)


def _source(stored: Row) -> Source:
    return Source.of(stored["table"], **stored["where"])
