"""A stored balance row's figures, put together again with their reasons."""

import json
from typing import Any

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.reasons import DEMAND, PartRow, available_figure, balance_figure, named_inputs, required_figure

__all__ = ["figure", "need_figure", "need_total_figure", "sources_of"]

Row = dict[str, Any]
_FORECAST = {
    "factor_level": "level",
    "factor_trend": "trend",
    "factor_working_days": "working_days_factor",
    "factor_season": "season",
    "factor_deviation": "deviation",
}
_LIST = ("queue_now", "target_queue", "lost_share")
_RECIPE = {"activity": "amount_each", "day": "per_day", "session": "per_session"}
# Which part's source an input shares.
_SHARED = {
    "level": "need",
    "queue_now": "waiting_list",
    "lost_share": "lost",
}


def figure(name: str, row: Row, uses: list[Row], weeks: list[Row], parts: list[Row]) -> Figure:
    """Return the figure *name* of a balance *row* from the stored *uses*, service *weeks* and available *parts*."""
    if name == "required":
        return _required(row, uses, weeks)
    if name == "available":
        return _available(row, parts)
    required = _required(row, uses, weeks)
    return balance_figure(_available(row, parts), required, _told(row, uses, required))


def sources_of(weeks: list[Row]) -> dict[str, Source]:
    """Return the rows behind each part of what a service requires, from its stored *weeks*."""
    return {code: _source(source) for code, source in json.loads(weeks[0]["sources"]).items()} if weeks else {}


def need_figure(week: Row, ends: tuple[Step, ...] = ()) -> Figure:
    """Return the need of one service and week, from the stored row *week*: the forecast and its changes.

    *ends* are those of its interval.
    """
    sources = sources_of([week])
    terms = [Step(Message("prognos för veckan"), week["need"], "activities", None, sources.get("need"))]
    terms += _judgements(week, sources.get("adjustment"))
    values = {shown: week[stored] for stored, shown in _FORECAST.items() if week[stored] is not None}
    named = {"level": sources["need"]} if "need" in sources else {}
    judged = len(terms) > 1
    formula = (
        (
            Message(
                "Behov = nivå × trend × arbetsdagar × årstid × den senaste tidens avvikelse + planerares justeringar"
            )
            if judged
            else Message("Behov = nivå × trend × arbetsdagar × årstid × den senaste tidens avvikelse")
        )
        if week["factor_season"] is not None
        else (Message("Behov = prognos + planerares justeringar") if judged else Message("Behov = prognos för veckan"))
    )
    value = week["need"] + (week.get("adjustment") or 0.0)
    return Figure("need", value, "activities", formula, tuple(terms), (*named_inputs(values, named), *ends))


def need_total_figure(weeks: list[Row], ends: tuple[Step, ...] = ()) -> Figure:
    """Return the need of one service over stored *weeks*: the forecasts and their changes, summed.

    *ends* are those of its interval.
    """
    sources = sources_of(weeks)
    forecast = sum(week["need"] for week in weeks)
    judged = sum(week.get("adjustment") or 0.0 for week in weeks)
    terms = [Step(Message("prognos för veckorna"), forecast, "activities", None, sources.get("need"))]
    if judged:
        what = Message("planerares justeringar av prognosen")
        terms.append(Step(what, judged, "activities", None, sources.get("adjustment")))
    formula = Message("Behov = summan av veckornas prognos och planerares justeringar av den")
    return Figure("need_total", forecast + judged, "activities", formula, tuple(terms), ends)


def _told(row: Row, uses: list[Row], required: Figure) -> list[Step]:
    """Return what else is told of a balance: intervals, share, risk, shifts, posts, and whom it holds back."""
    unit = required.unit
    about = (("figure", "required"), ("resource", row["resource_id"]), ("week", row["week"]))
    values: list[tuple[Message, float | None, str]] = [
        (Message("krävs, 90 % intervall, nedre gräns"), row["required_q05"], unit),
        (Message("krävs, 90 % intervall, övre gräns"), row["required_q95"], unit),
        (Message("tillgängligt, 90 % intervall, nedre gräns"), row["available_q05"], unit),
        (Message("tillgängligt, 90 % intervall, övre gräns"), row["available_q95"], unit),
        (
            Message("över eller under: (krävs − tillgängligt) ÷ tillgängligt"),
            (row["required"] - row["available"]) / row["available"] if row["available"] else None,
            "share",
        ),
        (Message("risk för brist: andel av simuleringarna där det som krävs är mer"), row["p_short"], "share"),
        (Message("pass att täcka: bristen ÷ minuter per pass, uppåt till hela pass"), row["shifts"], "factor"),
        (Message("heltider: balansen ÷ vad en heltid ger den veckan"), row["fte"], "fte"),
    ]
    names = {use["service_id"]: use["service_name"] for use in uses}
    held = [
        Step(
            Message("flaskhals: räcker till minst andel av det som krävs för {name}", name=names.get(service, service)),
            row["required"],
            unit,
            of=about,
        )
        for service in row["binds"] or ()
    ]
    return [*(Step(label, value, of) for label, value, of in values if value is not None), *held]


def _required(row: Row, uses: list[Row], weeks: list[Row]) -> Figure:
    by_service = {week["service_id"]: week for week in weeks}
    terms: list[PartRow] = []
    inputs: list[Step] = []
    for use in uses:
        week = by_service[use["service_id"]]
        sources = {code: _source(source) for code, source in json.loads(week["sources"]).items()}
        terms += [
            PartRow(use["service_id"], use["service_name"], code, week[code], use["amount"], sources.get(code))
            for code in DEMAND
            if week.get(code) is not None
        ]
        inputs += _inputs(row, use, week, sources)
    return required_figure(row["required"], row["measure"], terms, inputs)


def _inputs(row: Row, use: Row, week: Row, sources: dict[str, Source]) -> list[Step]:
    """The recipe's, the forecast's and the list's numbers, each said with the service it belongs to."""
    values: dict[str, float] = {}
    if use["per"] is not None:
        values[_RECIPE[use["per"]]] = use["recipe_minutes"]
        recipe = Source.of("recipes", service_id=use["service_id"], resource_id=row["resource_id"])
        sources = {**sources, _RECIPE[use["per"]]: recipe}
    if use["per"] == "day":
        values["stay_days"] = use["stay_days"]
    values |= {shown: week[stored] for stored, shown in _FORECAST.items() if week[stored] is not None}
    values |= {code: week[f"mean_{code}"] for code in ("removals", "residual") if week[f"mean_{code}"] is not None}
    values |= {name: week[name] for name in _LIST if week[name] is not None}
    named = {**sources, **{name: sources[code] for name, code in _SHARED.items() if code in sources}}
    steps = [*named_inputs(values, named), *_judgements(week, sources.get("adjustment"))]
    return [
        Step(
            Message("{service}: {what}", service=use["service_name"], what=step.label),
            step.value,
            step.unit,
            None,
            step.source,
        )
        for step in steps
    ]


def _judgements(week: Row, source: Source | None) -> list[Step]:
    """Each adjustment of the week with who made it, when and why."""
    return [
        Step(
            Message(
                "justering av {author} {day}: {reason}",
                author=row["author"],
                day=row["made_on"],
                reason=row["reason"],
            ),
            row["added"],
            "activities",
            None,
            source,
        )
        for row in json.loads(week.get("adjustments") or "[]")
    ]


def _available(row: Row, parts: list[Row]) -> Figure:
    terms = {part["code"]: (part["value"], _source(json.loads(part["source"]))) for part in parts if part["is_part"]}
    inputs = {part["code"]: part["value"] for part in parts if not part["is_part"]}
    return available_figure(row["available"], row["measure"], row["resource_id"], terms, inputs)


def _source(stored: Row) -> Source:
    return Source.of(stored["table"], **stored["where"])
