"""What the demo region might do, and what it has been ordered to: one measure of each kind, and answered orders.

Nothing here is random and nothing is true: the effects are made up, so that each kind of measure has a row to be read.
All of it begins after the region's data end.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

__all__ = ["CLINIC", "idea_rows", "order_event_rows", "start_rows"]

CLINIC = "ORT-A"
_FIRST = date(2027, 1, 4)
_ZONE = ZoneInfo("Europe/Stockholm")

Row = dict[str, object]


class _Idea(NamedTuple):
    lever: str
    name: str
    target: str  # what is left of an id after the clinic's
    parameter: str
    expected: float
    low: float
    high: float
    kronor: int | None = None
    more: Mapping[str, Any] = MappingProxyType({})


_POINTS = {
    "need": "care_need",
    "activities": "required_production",
    "lost_share": "required_production",
    "minutes": "required_capacity",
    "stay_days": "required_capacity",
    "sets": "resources",
    "time": "available_capacity",
    "utilisation": "available_capacity",
    "absence": "available_capacity",
}

_IDEAS = (
    _Idea("prevention", "Fallförebyggande träning i kommunen", "NB", "need", 0.97, 0.94, 1.0, 400_000),
    _Idea("care_moved_away", "Enklare handkirurgi till hälsocentralen", "BH", "need", 0.95, 0.92, 0.98, 150_000),
    _Idea("low_value_care", "Inga rutinröntgen före återbesök", "AB", "activities", 0.97, 0.95, 0.99, 20_000),
    _Idea(
        "fewer_follow_ups", "Återbesök bara på begäran efter enkel fraktur", "AB", "activities", 0.85, 0.8, 0.92, 60_000
    ),
    _Idea("self_monitoring", "Egenmonitorering efter protesoperation", "AB", "activities", 0.92, 0.88, 0.97, 250_000),
    _Idea(
        "site_of_care",
        "Fler protesoperationer i dagkirurgi",
        "SV",
        "activities",
        0.93,
        0.9,
        0.96,
        300_000,
        {"hypothesis": "Patienten går hem samma dag och sover bättre hemma", "ramp_weeks": 13},
    ),
    _Idea(
        "site_of_care",
        "Fler protesoperationer i dagkirurgi: uppföljning nästa dag",
        "BH",
        "activities",
        1.05,
        1.03,
        1.07,
        None,
        {"ramp_weeks": 13},
    ),
    _Idea("fewer_no_shows", "Påminnelse med sms", "NB", "lost_share", 0.75, 0.6, 0.9, 90_000),
    _Idea("fewer_late_cancellations", "Samtal två veckor före operation", "OP", "lost_share", 0.7, 0.5, 0.9, 200_000),
    _Idea("shorter_tasks", "Hälsodeklaration före besöket", "NB", "minutes", 0.95, 0.9, 1.0, 120_000),
    _Idea("video_visits", "Video i stället för återbesök", "AB", "minutes", 0.9, 0.85, 0.95, 80_000),
    _Idea("shorter_stay", "Planerad utskrivning från första dagen", "SV", "stay_days", 0.94, 0.9, 0.98, 350_000),
    _Idea("turnover_time", "Parallell inledning av narkos", "OP", "minutes", 0.95, 0.92, 0.98, 500_000),
    _Idea("task_shifting_from", "Gipsning till undersköterska", "SSK", "time", 1.04, 1.02, 1.06, 100_000),
    _Idea("staffing_ratios", "Bemanning efter patientkategori", "VSK", "time", 1.03, 1.0, 1.06, 50_000),
    _Idea("hire_or_borrow", "En ortoped till", "LAK", "sets", 1.0, 1.0, 1.0, 1_400_000, {"ramp_weeks": 8}),
    _Idea("retention", "Mentor det första året", "VSK", "sets", 1.0, 0.0, 2.0, 300_000),
    _Idea("competence", "Två operationssjuksköterskor blir klara", "OPL", "sets", 1.0, 0.5, 1.5, 450_000),
    _Idea(
        "premises",
        "Ett mottagningsrum till",
        "RUM",
        "sets",
        1.0,
        1.0,
        1.0,
        100_000,
        {"once_ore": 60_000_000, "starts": date(2027, 3, 1)},
    ),
    _Idea(
        "close_resources",
        "Sommarstängda vårdplatser",
        "BED",
        "sets",
        -4.0,
        -4.0,
        -4.0,
        0,
        {"starts": date(2027, 6, 28), "ends": date(2027, 8, 8)},
    ),
    _Idea("lower_sick_leave", "Hälsofrämjande schema", "VSK", "absence", 0.9, 0.8, 1.0, 250_000),
    _Idea("opening_hours", "Operation till klockan 17", "SAL", "time", 1.06, 1.06, 1.06, 600_000),
    _Idea("less_non_clinical_time", "Möten utanför mottagningstid", "LAK", "time", 1.03, 1.02, 1.04, 0),
    _Idea("utilisation", "Jämnare operationsprogram", "SAL", "utilisation", 1.04, 1.01, 1.07, 70_000),
    _Idea("shared_premises", "Delade mottagningsrum med kirurgin", "RUM", "utilisation", 1.05, 1.0, 1.1, 40_000),
    _Idea("task_shifting_to", "Gipsning till undersköterska: handledning", "RUM", "time", 0.99, 0.98, 1.0, None),
)
_PARTS = {
    "Fler protesoperationer i dagkirurgi: uppföljning nästa dag": 6,
    "Gipsning till undersköterska: handledning": 14,
}
_GAPS = ("SAL", "LAK")  # resources that some measure is to close the gap of


def idea_rows(targets: frozenset[str]) -> list[Row]:
    """Return the measures on :data:`CLINIC`, those with a target among *targets*; and one on a whole division."""
    rows: list[Row] = [
        {
            "measure_id": f"I{number:02d}",
            "name": idea.name,
            "unit_id": f"K-{CLINIC}",
            "point": _POINTS[idea.parameter],
            "target_id": f"{CLINIC}-{idea.target}",
            "starts": _FIRST,
            "cost_ore": None if idea.kronor is None else idea.kronor * 100,
            "owner": f"Verksamhetschef {CLINIC}",
            "status": "idea",
            "parameter": idea.parameter,
            "lever": idea.lever,
            "gap_id": f"{CLINIC}-{idea.target}" if idea.target in _GAPS else None,
            "due": _FIRST if idea.target in _GAPS else None,
            "part_of": f"I{_PARTS[idea.name]:02d}" if idea.name in _PARTS else None,
            **_effect(idea),
            **idea.more,
        }
        for number, idea in enumerate(_IDEAS, 1)
        if f"{CLINIC}-{idea.target}" in targets
    ]
    return [
        *rows,
        {
            "measure_id": "I30",
            "name": "Kallelser som går att boka om, enhet för enhet",
            "unit_id": "D-OPE",
            "point": "required_production",
            "parameter": "lost_share",
            "lever": "fewer_no_shows",
            "factor": 0.8,
            "factor_low": 0.65,
            "factor_high": 0.95,
            "starts": date(2027, 5, 3),
            "cost_ore": 30_000_000,
            "owner": "Divisionschef",
            "status": "pilot",
            "hypothesis": "Den som själv kan flytta sin tid kommer till den",
        },
    ]


def _effect(idea: _Idea) -> Row:
    name = "added" if idea.parameter == "sets" else "factor"
    return {name: idea.expected, f"{name}_low": idea.low, f"{name}_high": idea.high}


def start_rows(units: frozenset[str]) -> list[Row]:
    """Return where the division's measure begins earlier than elsewhere."""
    starts = {"K-ORT-A": date(2027, 1, 11), "K-OGO-A": date(2027, 3, 1)}
    return [{"measure_id": "I30", "unit_id": unit, "starts": day} for unit, day in starts.items() if unit in units]


def order_event_rows(orders: list[Row]) -> list[Row]:
    """Return what has become of the *orders*: earlier years' accepted, the coming year's still spoken of."""
    rows = []
    for order in orders:
        year = int(str(order["year"]))
        place = {name: order[name] for name in ("unit_id", "service_id", "year")}
        rows.append(place | _event(year, 1, "proposed", "Produktionsstaben", None, None))
        if year < 2027:
            rows.append(place | _event(year, 2, "accepted", "Verksamhetschefen", None, None))
        elif order["service_id"] == f"{CLINIC}-OP":
            volume, reason = round(0.9 * float(str(order["volume"]))), "Operationslagen räcker inte till hela volymen"
            rows.append(place | _event(year, 2, "countered", "Verksamhetschefen", float(volume), reason))
        elif order["service_id"] == f"{CLINIC}-NB":
            rows.append(place | _event(year, 2, "rejected", "Verksamhetschefen", None, "Ett mottagningsrum saknas"))
    return rows


def _event(year: int, step: int, status: str, author: str, volume: float | None, reason: str | None) -> Row:
    at = datetime(year - 1, 9, 14 * step, 9, 0, tzinfo=_ZONE)
    return {"at": at, "status": status, "author": author, "volume": volume, "reason": reason}
