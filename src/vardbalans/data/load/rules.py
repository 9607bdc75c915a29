"""Dated rules: the limits of waiting, the smallest count that is told, and when to warn."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any, cast

import duckdb

from vardbalans.data.rule_units import RULE_UNITS, WARNING_PARTS, counted
from vardbalans.engine.beds.need import GuideValue
from vardbalans.engine.benefit import HourValue
from vardbalans.engine.errors import BadInput
from vardbalans.engine.inputs import WarningRule
from vardbalans.engine.messages import Message
from vardbalans.engine.waitlist.rules import Limit, Start, StopKind, limits_held

__all__ = [
    "cost_limits_on",
    "escalation_steps_on",
    "full_time_on",
    "hour_value_on",
    "limits_of",
    "limits_on",
    "national_limits",
    "national_rules",
    "occupancy_guides",
    "outlier_shares_on",
    "shortest_on",
    "small_numbers_on",
    "warning_rule_on",
]

_DAYS_PER = RULE_UNITS["care_guarantee"]
_Rule = tuple[str, float, str, date, str]  # what it applies to, value, unit, first day, source


def national_limits() -> tuple[Limit, ...]:
    """Return every national limit of waiting there is and has been."""
    return _limits(())


def limits_of(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[Limit, ...]:
    """Return every limit there is and has been: the national ones, replaced from a day by the region's own.

    The region gives days; from when the wait is measured, and what stops the clock, stay as they are nationally.
    """
    return _limits(_own(connection, present, "care_guarantee"))


def _limits(own: Sequence[_Rule]) -> tuple[Limit, ...]:
    _require_days({unit for _, _, unit, _, _ in own})
    national = [row for row in national_rules() if row["kind"] == "care_guarantee"]
    measures = {row["applies_to"]: row for row in national}
    first = {measure: min(row[3] for row in own if row[0] == measure) for measure in {row[0] for row in own}}
    rows = [row for row in map(_rule, national) if row[3] < first.get(row[0], date.max)]
    return tuple(
        Limit(
            measure,
            int(value * _DAYS_PER[unit]),
            since,
            source,
            cast(Start, measures[measure]["start"]),
            _kinds(measures[measure]["stops"]),
            _kinds(measures[measure]["excludes"]),
            frozenset(measures[measure]["services"].split()),
        )
        for measure, value, unit, since, source in (*rows, *own)
        if measure in measures
    )


def _kinds(text: str) -> frozenset[StopKind]:
    return cast(frozenset[StopKind], frozenset(text.split()))


def limits_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> dict[str, tuple[float, str]]:
    """Guarantee → (days, source) of the shortest limit in force on *day*."""
    limits = limits_of(connection, present)
    found = {name: shortest_on(limits, name, day) for limit in limits for name in limit.services}
    return {
        name: (float(limit.days), limit.source)
        for name, limit in found.items()
        if limit is not None and limit.days is not None
    }


def shortest_on(limits: Sequence[Limit], guarantee: str, day: date) -> Limit | None:
    """Return the limit with the fewest days of those in force on *day* for services under *guarantee*.

    One without days where none has any yet, and None where there never was a limit.
    """
    held = limits_held(limits, guarantee, day)
    return min(held, key=lambda limit: (math.inf if limit.days is None else limit.days, limit.source), default=None)


def small_numbers_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> dict[str, int]:
    """``inside`` and ``outside`` the region → the count below which nothing is told, in force on *day*.

    Before there was any rule the oldest one holds; the region's own goes before the national.
    """
    national = [_rule(row) for row in national_rules() if row["kind"] == "small_numbers"]
    found: dict[str, int] = {}
    for where, value, _, since, _ in (*national, *_own(connection, present, "small_numbers")):
        if where not in found or since <= day:
            found[where] = int(value)
    return found


def outlier_shares_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> dict[str, float]:
    """``inpatient`` and ``outpatient`` → the share of contacts, the dearest, that are outliers in cost on *day*.

    Before there was any rule the oldest one holds; the region's own goes before the national.
    """
    return _shares_on(connection, present, "cost_outliers", day)


def escalation_steps_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> tuple[float, ...]:
    """Return by what shares of what is available a shortfall is told one level higher each, on *day*, smallest first.

    Before there was any rule the oldest one holds; the region's own goes before ours.
    """
    return tuple(sorted(_shares_on(connection, present, "escalation", day).values()))


def _shares_on(connection: duckdb.DuckDBPyConnection, present: set[str], kind: str, day: date) -> dict[str, float]:
    national = [_rule(row) for row in national_rules() if row["kind"] == kind]
    found: dict[str, float] = {}
    for applies_to, value, unit, since, _ in (*national, *_own(connection, present, kind)):
        if applies_to not in found or since <= day:
            found[applies_to] = counted(kind, value, unit)
    return found


def cost_limits_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> dict[str, float]:
    """Return the limits that the region has set for controls of cost per patient on *day*, by control.

    ``unmatched_share`` is the largest share of the ledger that may be unmatched, ``group_share_change`` how much a
    care service's share of the cost may differ from the period before. There are no national ones.
    """
    own = _own(connection, present, "cost_controls")
    return {control: counted("cost_controls", value, unit) for control, value, unit, since, _ in own if since <= day}


def national_rules() -> list[dict[str, str]]:
    """Return every national rule there is and has been, in the texts of its file."""
    with files("vardbalans.data").joinpath("national_rules.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _rule(row: Mapping[str, str]) -> _Rule:
    return row["applies_to"], float(row["value"]), row["unit"], date.fromisoformat(row["valid_from"]), row["source"]


def _own(connection: duckdb.DuckDBPyConnection, present: set[str], kind: str) -> list[_Rule]:
    """Return the region's rules of *kind*, oldest first."""
    if "rules" not in present:
        return []
    return connection.execute(
        "select applies_to, value, unit, valid_from, source from rules "
        "where kind = $1 and applies_to is not null order by valid_from, rule_id",
        [kind],
    ).fetchall()


def _require_days(units: set[str]) -> None:
    if unknown := units - _DAYS_PER.keys():
        raise BadInput(
            Message(
                "Vårdgarantins gräns anges i dagar eller veckor, inte {unit}. Rätta måttenheten i regeln.",
                unit=", ".join(sorted(unknown)),
            )
        )


def full_time_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> tuple[float, str]:
    """Return the minutes a full-time post works in a week on *day*, and by what: the region's rule, or the law's."""
    national = [_rule(row)[1:] for row in national_rules() if row["kind"] == "full_time"]
    own = []
    if "rules" in present:
        own = connection.execute(
            "select value, unit, valid_from, source from rules where kind = 'full_time' order by valid_from, rule_id"
        ).fetchall()
    value, unit, _, source = [row for row in (*national, *own) if row[2] <= day][-1]
    if unit not in RULE_UNITS["full_time"]:
        raise BadInput(
            Message("Heltidsmåttet anges i timmar per vecka, inte {unit}. Rätta måttenheten i regeln.", unit=unit)
        )
    return counted("full_time", value, unit), source


def hour_value_on(connection: duckdb.DuckDBPyConnection, present: set[str], day: date) -> HourValue:
    """Return what a freed hour is worth on *day*: our default, or the region's own latest rule in kronor."""
    value = HourValue()
    if "rules" not in present:
        return value
    rows = connection.execute(
        "select value, unit, valid_from, source from rules where kind = 'hour_value' and valid_from <= $1 "
        "order by valid_from, rule_id",
        [day],
    ).fetchall()
    for kronor, unit, since, source in rows:
        if unit not in RULE_UNITS["hour_value"]:
            raise BadInput(
                Message("Värdet av en timme anges i kr, inte {unit}. Rätta måttenheten i regeln.", unit=unit)
            )
        value = HourValue(round(kronor * 100), since, source)
    return value


def occupancy_guides(connection: duckdb.DuckDBPyConnection, present: set[str]) -> tuple[GuideValue, ...]:
    """Return every guide value of mean occupancy: the general one, replaced from a day by the region's own."""
    rows = [_rule(row) for row in national_rules() if row["kind"] == "occupancy"]
    if "rules" in present:
        rows += connection.execute(
            "select '', value, unit, valid_from, source from rules where kind = 'occupancy' "
            "order by valid_from, rule_id"
        ).fetchall()
    guides = []
    for _, value, unit, since, source in rows:
        share = counted("occupancy", value, unit)
        if not 0 < share <= 1:
            raise BadInput(
                Message("Riktvärdet för beläggning anges som andel från 0 till 1 eller i procent, inte {value} {unit}. "
                        "Rätta regeln.", value=value, unit=unit)
            )  # fmt: skip
        guides.append(GuideValue(share, since, source or ""))
    return tuple(guides)


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
        if unit not in WARNING_PARTS:
            raise BadInput(
                Message(
                    "En regel om tidig varning anges som andel eller procent (risken), veckor (i rad) eller "
                    "veckor_fram (framförhållningen), inte {unit}. Rätta måttenheten i regeln.",
                    unit=unit,
                )
            )
        name = WARNING_PARTS[unit]
        if name != "risk" and not float(value).is_integer():
            raise BadInput(
                Message("En regel om tidig varning anges i hela veckor, inte {value}. Rätta värdet.", value=value)
            )
        changed: dict[str, Any] = {name: counted("early_warning", value, unit) if name == "risk" else int(value)}
        rule = replace(rule, valid_from=since, source=source, **changed)
    return rule
