"""Early warnings as plain rows, and back."""

from dataclasses import asdict, fields
from typing import Any

import pyarrow as pa

from vardbalans.engine.early_warning import Ahead, EarlyWarning, early, warnings_of
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.scenario import Outcome

__all__ = ["ahead_rows", "rule_row", "warning_of", "warning_rows", "warning_table"]

Row = dict[str, Any]
_NUMBERS = ("size", "low", "high", "certainty", "required", "available", "need_per_week")


def warning_rows(outcome: Outcome) -> list[Row]:
    """Return one row per episode of the run, those that have begun included, in order of unit, subject and week."""
    found = sorted(warnings_of(outcome), key=lambda row: (row.unit_id, row.kind, row.subject_id, row.first_week))
    return [_row(warning) for warning in found]


def warning_table(rows: list[Row]) -> pa.Table:
    """Return *rows* as they are stored."""
    texts = [field.name for field in fields(EarlyWarning) if field.name not in (*_NUMBERS, "services")]
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                *((name, pa.string()) for name in texts),
                *((name, pa.float64()) for name in _NUMBERS),
                ("services", pa.list_(pa.string())),
            ]
        ),
    )


def warning_of(row: Row) -> EarlyWarning:
    """Return the warning that a stored *row* holds."""
    return EarlyWarning(**row | {"services": tuple(row["services"])})


def ahead_rows(outcome: Outcome) -> list[Row]:
    """Return the early warnings as the command line prints them: seen from the run's first week, with their reasons."""
    found = early(warnings_of(outcome), outcome.inputs.weeks[0], outcome.inputs.warning_rule)
    return [
        {
            **_row(row.warning),
            "weeks_left": row.weeks_left,
            "weight": _weight(row),
            "why": row.warning.figure().as_dict(),
        }
        for row in found
    ]


def rule_row(rule: WarningRule) -> Row:
    """Return the rule as plain values."""
    return asdict(rule) | {"valid_from": rule.valid_from.isoformat()}


def _row(warning: EarlyWarning) -> Row:
    numbers = {name: round(float(getattr(warning, name)), 6) for name in _NUMBERS}
    return asdict(warning) | numbers | {"services": list(warning.services)}


def _weight(row: Ahead) -> float:
    return round(row.warning.weight, 6)
