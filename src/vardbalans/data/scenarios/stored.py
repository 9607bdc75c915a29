"""The measures of a data version, as the engine reads them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb

from vardbalans.data.tables import TABLES
from vardbalans.data.unit_tree import units_below
from vardbalans.engine.inputs import Inputs
from vardbalans.engine.measures import PARAMETERS, Interval, Measure, linked
from vardbalans.engine.messages import Message

__all__ = ["measures_of"]


def measures_of(
    connection: duckdb.DuckDBPyConnection, present: set[str], inputs: Inputs
) -> tuple[dict[str, Measure], tuple[Message, ...]]:
    """Return measure id → measure, and why others cannot be used: no effect given, or a target that is not there.

    A measure that names no parameter acts on the first of its point. Its target is a service or a resource. One that
    begins at different times in different units becomes a part for each, the rest of its unit beginning as it says.
    A whole of which a part cannot be used is not used either. The latest event of a measure tells its status, and its
    measured effect takes the place of the one hoped for.
    """
    if "measures" not in present:
        return {}, ()
    names = ", ".join(f'"{column}"' for column in TABLES["measures"].names)
    found = connection.sql(f"select {names} from measures order by measure_id").to_arrow_table().to_pylist()
    starts: dict[str, dict[str, date]] = {}
    if "measure_starts" in present:
        for name, unit, day in connection.execute(
            "select measure_id, unit_id, starts from measure_starts order by all"
        ).fetchall():
            starts.setdefault(name, {})[unit] = day
    events = _latest_events(connection, present)
    found = [_as_measured(row, events.get(row["measure_id"])) for row in found]
    measures: list[Measure] = []
    notes: list[Message] = [
        Message("Åtgärden {name} är mätt, men effekten kan inte läggas i planen som den är mätt.", name=row["name"])
        for row in found
        if row["status"] == "pilot" and events.get(row["measure_id"], {}).get("status") in _COUNTED
    ]
    unusable: set[str] = set()
    places = _targets(inputs)
    for row in found:
        wrong = _wrong(row, places, starts.get(row["measure_id"], {}), inputs)
        if wrong is None:
            measures += _by_unit(_measure(row, places, inputs), starts.get(row["measure_id"], {}))
        else:
            notes.append(wrong)
            unusable.add(row["part_of"] or row["measure_id"])
    whole = [row for row in linked(measures) if row.whole_id not in unusable]
    lost = {row.whole_id: row.name for row in measures if row.whole_id in unusable}
    notes += [
        Message("Åtgärden {name} räknas inte: en av dess delar kan inte användas.", name=name) for name in lost.values()
    ]
    return {row.measure_id: row for row in whole}, tuple(notes)


_COUNTED = ("measured", "in_plan")


def _latest_events(connection: duckdb.DuckDBPyConnection, present: set[str]) -> dict[str, dict[str, Any]]:
    if "measure_events" not in present:
        return {}
    rows = connection.sql(
        "select measure_id, status, factor, factor_low, factor_high from measure_events "
        'qualify row_number() over (partition by measure_id order by "at" desc) = 1'
    ).to_arrow_table()
    return {row["measure_id"]: row for row in rows.to_pylist()}


def _as_measured(row: dict[str, Any], event: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a row of the table with the status of its latest event, and the effect that was measured.

    What is measured without a factor stays beside the plan, where a pilot is: the effect hoped for never counts.
    """
    if event is None:
        return row
    if event["status"] not in _COUNTED:
        return row | {"status": event["status"]}
    if event["factor"] is None:
        return row | {"status": "pilot"}
    measured = {name: event[name] for name in ("factor", "factor_low", "factor_high")}
    return row | {"status": event["status"], "added": None, "added_low": None, "added_high": None} | measured


def _wrong(
    row: Mapping[str, Any], places: Mapping[str, str], starts: Mapping[str, date], inputs: Inputs
) -> Message | None:
    """Return why a row of the table cannot be used; None where it can."""
    name, target = row["name"], row["target_id"]
    if row["factor"] is None and row["added"] is None:
        return Message("Åtgärden {name} har ingen väntad effekt och räknas inte.", name=name)
    if target and target not in places:
        return Message("Åtgärden {name} gäller {target}, som inte är med i beräkningen.", name=name, target=target)
    if starts and target:
        return Message("Åtgärden {name} gäller {target} och kan inte börja enhet för enhet.", name=name, target=target)
    inside = units_below(inputs.units, row["unit_id"]) if row["unit_id"] in inputs.units else frozenset()
    for unit in starts:
        if unit == row["unit_id"] or unit not in inside:
            return Message("Åtgärden {name} kan inte börja på {unit}: den gäller inte där.", name=name, unit=unit)
        if any(other != unit and other in units_below(inputs.units, unit) for other in starts):
            return Message("Åtgärden {name} börjar både på {unit} och på en enhet under den.", name=name, unit=unit)
    return None


def _measure(row: Mapping[str, Any], places: Mapping[str, str], inputs: Inputs) -> Measure:
    target = row["target_id"]
    return Measure(
        row["measure_id"],
        row["name"],
        row["unit_id"] if row["unit_id"] in inputs.units else "",
        row["parameter"] or PARAMETERS[row["point"]][0],
        row["starts"],
        _interval(row, "factor"),
        _interval(row, "added"),
        ends=row["ends"],
        ramp_weeks=row["ramp_weeks"] or 0,
        cost_ore=row["cost_ore"],
        once_ore=row["once_ore"],
        owner=row["owner"] or "",
        status=row["status"],
        hypothesis=row["hypothesis"] or "",
        part_of=row["part_of"] or "",
        **({places[target]: target} if target else {}),
    )


def _interval(row: Mapping[str, Any], name: str) -> Interval | None:
    expected = row[name]
    if expected is None:
        return None
    low, high = (row[f"{name}_{end}"] for end in ("low", "high"))
    return Interval(expected, expected if low is None else low, expected if high is None else high)


def _by_unit(measure: Measure, starts: Mapping[str, date]) -> Iterator[Measure]:
    """Yield the measure where it begins as it says, and a part for each unit where it begins on another day.

    A part costs nothing by itself: what the measure costs stands with the measure.
    """
    yield replace(measure, but_not=frozenset(starts))
    for unit, day in starts.items():
        yield replace(
            measure,
            measure_id=f"{measure.measure_id}@{unit}",
            unit_id=unit,
            starts=day,
            cost_ore=None,
            once_ore=None,
            part_of=measure.whole_id,
        )


def _targets(inputs: Inputs) -> Mapping[str, str]:
    """Return which field of a measure each id belongs in."""
    resources = {item.resource.resource_id: "resource_id" for item in inputs.resources}
    return resources | {item.service.service_id: "service_id" for item in inputs.services}
