"""A run as one JSON document: what ``vardbalans balance --json`` prints, the same bytes for the same run."""

from collections.abc import Collection, Iterator
from typing import Any

from vardbalans.data.results.tables import balance_rows, meta_of, service_rows
from vardbalans.data.results.warnings import ahead_rows
from vardbalans.engine.balance import ResourceBalance
from vardbalans.engine.closing import Closing, closings
from vardbalans.engine.scenario import Outcome

__all__ = ["document"]

Row = dict[str, Any]


def document(outcome: Outcome, unit_ids: Collection[str] | None = None) -> Row:
    """Return the run of all units, or of *unit_ids*: description, rows, services, early warnings, what would close
    each gap, and steps that sum to each row."""
    chosen = [row for row in outcome.resources if unit_ids is None or row.resource.unit_id in unit_ids]
    return {
        **meta_of(outcome),
        "rows": [row for row in balance_rows(outcome) if unit_ids is None or row["unit_id"] in unit_ids],
        "services": [row for row in service_rows(outcome) if unit_ids is None or row["unit_id"] in unit_ids],
        "warnings": [row for row in ahead_rows(outcome) if unit_ids is None or row["unit_id"] in unit_ids],
        "closing": [_closing(row) for row in closings(outcome) if unit_ids is None or row.resource.unit_id in unit_ids],
        "steps": [step for row in chosen for step in _steps(row, outcome)],
    }


def _closing(row: Closing) -> Row:
    return {
        "unit_id": row.resource.unit_id,
        "resource_id": row.resource.resource_id,
        "resource_name": row.resource.name,
        "short_minutes": round(row.short, 6),
        "covers": [
            {
                "kind": cover.kind,
                "pieces": round(cover.pieces, 6),
                "minutes": round(cover.minutes, 6),
                "weeks": cover.weeks,
                "cost_ore": cover.cost_ore,
            }
            for cover in row.covers
        ],
        "cost_ore": row.cost_ore if row.covers else None,
        "left_minutes": round(row.left, 6),
    }


def _steps(row: ResourceBalance, outcome: Outcome) -> Iterator[Row]:
    """Yield, per week, the terms of what is required and of what is available, with what they leave unexplained."""
    resource = row.resource
    for index, week in enumerate(outcome.inputs.weeks):
        where = {"unit_id": resource.unit_id, "resource_id": resource.resource_id, "week": str(week)}
        required = [
            {
                "code": part.code,
                "service_id": part.service_id,
                "slots": round(float(part.slots[index]), 6),
                "amount_each": round(part.amount_each, 6),
                "value": round(float(part.amount[index]), 6),
                "source": part.source.as_dict() if part.source else None,
            }
            for part in row.parts
        ]
        available = [
            {"code": part.code, "value": round(float(part.minutes[index]), 6), "source": part.source.as_dict()}
            for part in row.available.parts
        ]
        yield {**where, "figure": "required", **_explained(float(row.required[index]), required)}
        yield {
            **where,
            "figure": "available",
            **_explained(float(row.available.mean[index]), available),
            "inputs": {name: round(float(values[index]), 6) for name, values in row.available.inputs.items()},
        }


def _explained(value: float, terms: list[Row]) -> Row:
    left = value - sum(term["value"] for term in terms)
    return {"value": round(value, 6), "terms": terms, "remainder": round(left, 4) + 0.0}
