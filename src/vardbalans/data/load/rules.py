"""Dated rules in force on a day: the limits of the care guarantee, and when to warn."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files

import duckdb

from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.messages import Message

__all__ = ["limits_on", "warning_rule_on"]

_DAYS_PER = {"dagar": 1, "dag": 1, "days": 1, "day": 1, "veckor": 7, "vecka": 7, "weeks": 7, "week": 7}
_WARNING_UNITS: Mapping[str, str] = {
    "andel": "risk",
    "share": "risk",
    "veckor": "weeks",
    "weeks": "weeks",
    "veckor_fram": "ahead_weeks",
    "weeks_ahead": "ahead_weeks",
}


def limits_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> dict[str, tuple[float, str]]:
    """Guarantee → (days, source) in force on *day*: the national limits, each replaced by the region's own rule."""
    with files("vardbalans.data").joinpath("national_rules.csv").open(encoding="utf-8") as file:
        rows = [
            (row["applies_to"], float(row["value"]), row["unit"], row["source"], date.fromisoformat(row["valid_from"]))
            for row in csv.DictReader(file, delimiter=";")
        ]
    if "rules" in present:
        rows += connection.execute(
            "select applies_to, value, unit, source, valid_from from rules "
            "where kind = 'care_guarantee' and applies_to is not null order by valid_from"
        ).fetchall()
    unknown = {row[2] for row in rows} - _DAYS_PER.keys()
    if unknown:
        raise BadInput(
            Message(
                "Vårdgarantins gräns anges i dagar eller veckor, inte {unit}. Rätta måttenheten i regeln.",
                unit=", ".join(sorted(unknown)),
            )
        )
    return {code: (value * _DAYS_PER[unit], source) for code, value, unit, source, since in rows if since <= day}


def warning_rule_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> WarningRule:
    """Return when to warn on *day*: our own rule, each part of it replaced by the region's latest."""
    rule = WarningRule()
    if "rules" not in present:
        return rule
    rows = connection.execute(
        "select value, unit, valid_from, source from rules where kind = 'early_warning' and valid_from <= $1 "
        "order by valid_from, rule_id",
        [day],
    ).fetchall()
    for value, unit, since, source in rows:
        if unit not in _WARNING_UNITS:
            raise BadInput(
                Message(
                    "En regel om tidig varning anges som andel (risken), veckor (i rad) eller veckor_fram "
                    "(framförhållningen), inte {unit}. Rätta måttenheten i regeln.",
                    unit=unit,
                )
            )
        name = _WARNING_UNITS[unit]
        if name != "risk" and not float(value).is_integer():
            raise BadInput(
                Message("En regel om tidig varning anges i hela veckor, inte {value}. Rätta värdet.", value=value)
            )
        changed = {name: value if name == "risk" else int(value)}
        rule = replace(rule, valid_from=since, source=source, **changed)
    return rule
