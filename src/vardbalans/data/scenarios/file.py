"""Scenario files: TOML that names measures of the store and writes down others, checked before anything is run.

::

    name = "Färre återbesök"
    measures = ["A1"]                  # of the table Åtgärder

    [[measure]]
    id = "S1"
    name = "Egenmonitorering i stället för återbesök"
    lever = "self_monitoring"          # of the library; or parameter = "activities"
    service = "ORT-AB"                 # or resource, or unit for all there is in it
    factor = 0.85                      # or added, for posts and sets
    factor_low = 0.8
    factor_high = 0.95
    starts = 2027-01-04                # ends, ramp_weeks
    cost_kr = 250000                   # per year; once_kr at the start
    status = "pilot"
    part_of = "S0"                     # parts of one measure stand and fall together

    [[switch]]                         # turned on and off as one
    name = "Krisläge"
    on = 2027-02-01
    off = 2027-05-03
    measures = ["S1"]
"""

import difflib
import math
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from vardbalans.data.scenarios.library import levers
from vardbalans.engine.errors import BadInput
from vardbalans.engine.measures import (
    PARAMETERS,
    Interval,
    Measure,
    Parameter,
    Status,
    in_agreed_plan,
    linked,
    switched,
    wholes,
    with_all_parts,
)
from vardbalans.engine.messages import Message

__all__ = ["AGREED", "ALL", "Scenario", "Switch", "read_scenario"]

AGREED, ALL = "agreed", "all"

_TEXT, _NUMBER, _WHOLE, _DAY, _NAMES = (
    Message("text inom citattecken"),
    Message("ett tal med decimalpunkt"),
    Message("ett heltal"),
    Message("en dag som 2027-01-04, utan citattecken"),
    Message('en lista som ["A1", "A2"]'),
)
_MEASURE: Mapping[str, Message] = {
    **dict.fromkeys(("id", "name", "lever", "parameter", "unit", "service", "resource", "owner", "status"), _TEXT),
    **dict.fromkeys(("hypothesis", "part_of"), _TEXT),
    **dict.fromkeys(
        ("factor", "factor_low", "factor_high", "added", "added_low", "added_high", "cost_kr", "once_kr"), _NUMBER
    ),
    **dict.fromkeys(("starts", "ends"), _DAY),
    "ramp_weeks": _WHOLE,
}
_SWITCH: Mapping[str, Message] = {"name": _TEXT, "on": _DAY, "off": _DAY, "measures": _NAMES}
_FILE: Mapping[str, Message] = {"name": _TEXT, "measures": _NAMES}
_TABLES = ("measure", "switch")


@dataclass(frozen=True)
class Switch:
    """Measures turned on as one on a day, and off again on another (None: not within sight)."""

    name: str
    on: date
    off: date | None
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """A named set of measures, with the switches already in their dates."""

    name: str
    measures: tuple[Measure, ...]
    switches: tuple[Switch, ...] = ()


def read_scenario(given: str, stored: Mapping[str, Measure]) -> Scenario:
    """Return the scenario *given*: ``agreed`` or ``all`` of the *stored* measures, or a file.

    Raises BadInput that lists everything that is wrong with the file, where it stands and what to write instead.
    """
    if given == AGREED:
        return Scenario(AGREED, in_agreed_plan(stored.values()))
    if given == ALL:
        going = [parts for parts in wholes(stored.values()) if all(row.status != "stopped" for row in parts)]
        return Scenario(ALL, tuple(row for parts in going for row in parts))
    try:
        content = tomllib.loads(Path(given).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            Message(
                "Scenariet {file} går inte att öppna: {reason}. Ange en fil, eller agreed (mätta åtgärder) eller all.",
                file=given,
                reason=str(error),
            )
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(
            Message("Scenariet {file} är ingen giltig TOML: {reason}.", file=given, reason=str(error))
        ) from error
    wrong = list(_wrong(content, stored))
    if wrong:
        raise BadInput(
            Message("Scenariet {file} behöver rättas: {what}", file=given, what="; ".join(str(one) for one in wrong))
        )
    return _scenario(content, stored, Path(given).stem)


def _scenario(content: Mapping[str, Any], stored: Mapping[str, Measure], fallback: str) -> Scenario:
    own = [_measure(row) for row in content.get("measure", [])]
    listed = {*_listed(content), *(row.part_of for row in own if row.part_of)}
    rows = linked([*with_all_parts(listed, stored.values()), *own])
    found = {row.measure_id: row for row in rows}
    switches = tuple(
        Switch(row["name"], row["on"], row.get("off"), tuple(row["measures"])) for row in content.get("switch", [])
    )
    for switch in switches:
        for measure in switched(with_all_parts(switch.measures, rows), switch.on, switch.off):
            found[measure.measure_id] = measure
    return Scenario(content.get("name", fallback), tuple(found.values()), switches)


def _measure(row: Mapping[str, Any]) -> Measure:
    lever = levers().get(row.get("lever", ""))
    parameter: Parameter = lever.parameter if lever else row["parameter"]
    return Measure(
        row["id"],
        row.get("name") or (lever.name if lever else row["id"]),
        row.get("unit", ""),
        parameter,
        row["starts"],
        _interval(row, "factor"),
        _interval(row, "added"),
        row.get("service", ""),
        row.get("resource", ""),
        row.get("ends"),
        row.get("ramp_weeks", 0),
        _ore(row.get("cost_kr")),
        _ore(row.get("once_kr")),
        row.get("owner", ""),
        row.get("status", "idea"),
        table="scenario",
        hypothesis=row.get("hypothesis", ""),
        part_of=row.get("part_of", ""),
    )


def _interval(row: Mapping[str, Any], name: str) -> Interval | None:
    if name not in row:
        return None
    expected = float(row[name])
    return Interval(expected, float(row.get(f"{name}_low", expected)), float(row.get(f"{name}_high", expected)))


def _ore(kronor: float | None) -> int | None:
    return None if kronor is None else round(kronor * 100)


def _wrong(content: Mapping[str, Any], stored: Mapping[str, Measure]) -> Iterator[Message]:
    """Yield what is wrong with the file, one sentence each; nothing of it is used before all is right."""
    yield from _wrong_fields({k: v for k, v in content.items() if k not in _TABLES}, _FILE, Message("överst"))
    for name in _TABLES:
        if not isinstance(content.get(name, []), list):
            yield Message("skriv [[{name}]] med dubbla hakparenteser", name=name)
            return
    for name in _listed(content):
        if name not in stored and name not in {row.part_of for row in stored.values()}:
            yield Message("åtgärden {name} finns inte i tabellen Åtgärder, eller saknar effekt", name=name)
    measures, switches = content.get("measure", []), content.get("switch", [])
    for number, row in enumerate(measures, 1):
        yield from _wrong_measure(row, Message("[[measure]] nummer {n}", n=number))
    names = [*_listed(content), *(row.get("id") for row in measures)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield Message("två åtgärder har samma id, {name}", name=name)
    taken: list[str] = []
    for number, row in enumerate(switches, 1):
        yield from _wrong_switch(row, Message("[[switch]] nummer {n}", n=number), names, taken)
        taken += _listed(row)


def _wrong_switch(
    row: Mapping[str, Any], where: Message, names: Collection[str], taken: Collection[str]
) -> Iterator[Message]:
    yield from _wrong_fields(row, _SWITCH, where, required=("name", "on", "measures"))
    for name in _listed(row):
        if name not in names:
            yield Message("{where}: åtgärden {name} finns inte i scenariet", where=where, name=name)
        if name in taken:
            yield Message("{where}: åtgärden {name} styrs redan av ett annat läge", where=where, name=name)


def _listed(row: Mapping[str, Any]) -> list[str]:
    names = row.get("measures", [])
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _wrong_measure(row: Mapping[str, Any], where: Message) -> Iterator[Message]:
    """Field by field, then what goes together; a measure that passes is made, to hear what it says itself."""
    for check in (_wrong_measure_fields, _wrong_together):
        if wrong := list(check(row, where)):
            yield from wrong
            return
    try:
        _measure(row)
    except BadInput as error:
        yield Message("{where}: {what}", where=where, what=error.message)


def _wrong_measure_fields(row: Mapping[str, Any], where: Message) -> Iterator[Message]:
    return _wrong_fields(row, _MEASURE, where, required=("id", "starts"))


def _wrong_together(row: Mapping[str, Any], where: Message) -> Iterator[Message]:
    parameters = [name for names in PARAMETERS.values() for name in names]
    if ("lever" in row) == ("parameter" in row):
        yield Message("{where}: ange antingen lever eller parameter", where=where)
    else:
        yield from _not_among(row.get("lever"), levers().keys(), "lever", where)
        yield from _not_among(row.get("parameter"), parameters, "parameter", where)
    yield from _not_among(row.get("status"), get_args(Status), "status", where)
    if ("factor" in row) == ("added" in row):
        yield Message("{where}: ange antingen factor (0.9 är en tiondel mindre) eller added (antal fler)", where=where)
    for name in ("factor", "added"):
        if name not in row and (f"{name}_low" in row or f"{name}_high" in row):
            yield Message("{where}: {name} saknas men har en gräns", where=where, name=name)
    if not any(row.get(name) for name in ("unit", "service", "resource")):
        yield Message("{where}: ange vårdtjänst (service), resurs (resource) eller enhet (unit)", where=where)


def _not_among(given: str | None, allowed: Collection[str], name: str, where: Message) -> Iterator[Message]:
    if given is not None and given not in allowed:
        yield Message(
            "{where}: {name} kan inte vara {given}. Välj bland {allowed}",
            where=where,
            name=name,
            given=given,
            allowed=", ".join(difflib.get_close_matches(given, allowed, 3) or sorted(allowed)),
        )


def _wrong_fields(
    row: Mapping[str, Any], fields: Mapping[str, Message], where: Message, required: Collection[str] = ()
) -> Iterator[Message]:
    for name in required:
        if name not in row:
            yield Message("{where}: {name} saknas; det ska vara {what}", where=where, name=name, what=fields[name])
    for name, value in row.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, 1)
            meant = Message("menas {name}?", name=near[0]) if near else Message("ta bort det")
            yield Message("{where}: fältet {name} finns inte; {meant}", where=where, name=name, meant=meant)
        elif not _fits(value, fields[name]):
            yield Message(
                "{where}: {name} = {value} ska vara {what}", where=where, name=name, value=value, what=fields[name]
            )


def _fits(value: Any, what: Message) -> bool:
    if what is _DAY:
        return isinstance(value, date) and not isinstance(value, datetime)
    if what is _NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if what is _WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if what is _NAMES:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str) and bool(value)
