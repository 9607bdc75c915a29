"""A stored balance row's figures, put together again with their reasons."""

import json
from typing import Any

from vardbalans.engine.explain import Figure, Source, Step
from vardbalans.engine.messages import Message
from vardbalans.engine.reasons import (
    DEMAND,
    PartRow,
    available_figure,
    balance_figure,
    named_inputs,
    required_figure,
)

__all__ = ["figure"]

Row = dict[str, Any]
_LIST_INPUTS = ("removals_share", "queue_now", "target_queue", "lost_share")


def figure(name: str, row: Row, uses: list[Row], weeks: list[Row], parts: list[Row]) -> Figure:
    """Return the figure *name* of a balance *row* from the stored *uses*, service *weeks* and available *parts*."""
    if name == "required":
        return _required(row, uses, weeks)
    if name == "available":
        return _available(row, parts)
    return balance_figure(_available(row, parts), _required(row, uses, weeks))


def _required(row: Row, uses: list[Row], weeks: list[Row]) -> Figure:
    by_service = {week["service_id"]: week for week in weeks}
    terms, recipes, inputs = [], [], []
    for use in uses:
        week, service_id = by_service[use["service_id"]], use["service_id"]
        source, booked = _source(week["need_source"]), Source.of("contacts", service_id=service_id)
        terms += [
            PartRow(
                service_id, use["service_name"], code, week[code], use["amount"], booked if code == "lost" else source
            )
            for code in DEMAND
            if week[code] is not None
        ]
        recipes.append(Source.of("recipes", service_id=service_id, resource_id=row["resource_id"]))
        inputs += _inputs(use["service_name"], week)
    return required_figure(row["required"], row["measure"], terms, recipes, inputs)


def _inputs(service_name: str, week: Row) -> list[Step]:
    """The forecast's factors and the list's numbers, each said with the service it belongs to."""
    names = {
        "factor_level": "level",
        "factor_trend": "trend",
        "factor_working_days": "working_days_factor",
        "factor_season": "season",
        "factor_deviation": "deviation",
        **{name: name for name in _LIST_INPUTS},
    }
    values = {shown: week[stored] for stored, shown in names.items() if week[stored] is not None}
    return [
        Step(Message("{service}: {what}", service=service_name, what=step.label), step.value, step.unit)
        for step in named_inputs(values)
    ]


def _available(row: Row, parts: list[Row]) -> Figure:
    terms = {part["code"]: (part["value"], _source(part["source"])) for part in parts if part["is_part"]}
    inputs = {part["code"]: part["value"] for part in parts if not part["is_part"]}
    return available_figure(row["available"], row["measure"], row["resource_id"], terms, inputs)


def _source(text: str) -> Source:
    stored = json.loads(text)
    return Source.of(stored["table"], **stored["where"])
