"""Resources tuned to the demand: posts, sets and opening hours that give each clinic the pressure it was planned for.

Nothing here is random: what a resource must carry in the last year is computed from the expected volumes, and sets
and minutes are chosen so that load over available comes near the target.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from vardbalans.data.demo import demand
from vardbalans.data.demo.clock import START
from vardbalans.data.demo.profiles import ROLES, Role
from vardbalans.data.demo.region import EXTERNAL, Clinic, Organisation, Service, throughput

__all__ = [
    "Resource",
    "alternative_rows",
    "closed_room",
    "maintenance_rows",
    "non_clinical_rows",
    "norm_rows",
    "opening_rows",
    "plan",
    "posts",
    "staffing_rows",
    "theatres",
    "utilisation_rows",
]

PRESENT = 0.82
"""Planned share of posts at work over the year: leave, illness and education taken off."""
_WORKING_SHARE = 0.962
_YEARS_TO_NEXT = 3.4
_SUMMER_WEEKS = (28, 29, 30, 31)


@dataclass(frozen=True)
class Resource:
    """One resource: *sets* per weekday (Monday first) and *minutes* per set; *fte* for staff; *load* minutes a week."""

    resource_id: str
    name: str
    unit_id: str
    code: str
    role: Role
    load: float
    target: float
    sets: tuple[float, ...]
    minutes: float
    fte: float = 0.0


def plan(org: Organisation) -> tuple[Resource, ...]:
    """Return every resource of *org*, sized for the expected demand of the year to come."""
    load: dict[str, float] = defaultdict(float)
    for recipe in org.recipes:
        load[recipe.resource_id] += recipe.minutes * _weekly(org, org.by_id[recipe.service_id], recipe.per)
    homes = {clinic.code: clinic for clinic in org.clinics}
    return tuple(_sized(name, minutes, homes) for name, minutes in load.items())


def _weekly(org: Organisation, service: Service, per: str) -> float:
    """Return slots (or days of stay) a week in the year to come."""
    profile = service.clinic.profile
    growth = math.exp(profile.growth * _YEARS_TO_NEXT)
    slots = throughput(service) / service.attended if service.mode != "direct" else service.level
    weekly = slots * demand.mean_shape(service) * growth
    if per == "activity":
        return weekly
    planned = org.by_id.get(f"{service.clinic.code}-OP")
    elective = throughput(planned) * demand.mean_shape(planned) * growth * profile.elective_stay * 0.6 if planned else 0
    return (weekly + elective) * profile.stay_days


def _sized(resource_id: str, load: float, homes: dict[str, Clinic]) -> Resource:
    home, code = resource_id.rsplit("-", 1)
    role = ROLES[code]
    clinic = homes["OGO-A" if home == EXTERNAL else home]
    target = 0.85 if home == EXTERNAL else _target(clinic, code)
    owner = "Mälvlinsen AB" if home == EXTERNAL else clinic.name
    unit = EXTERNAL if home == EXTERNAL else _unit(clinic, code)
    needed = load / (role.utilisation * target)
    sets, minutes, fte = _of_staff(needed, code) if role.kind == "staff" else (*_of_places(needed, role, code), 0.0)
    return Resource(resource_id, f"{role.name}, {owner}", unit, code, role, load, target, sets, minutes, fte)


def _unit(clinic: Clinic, code: str) -> str:
    prefix = {"SAL": "O", "OPL": "O", "BED": "V", "VSK": "V", "LAK": "K"}.get(code, "M")
    return f"{prefix}-{clinic.code}"


def _target(clinic: Clinic, code: str) -> float:
    profile = clinic.profile
    if code in ("BED", "VSK"):
        return 0.96 + ROLES[code].offset
    if code in ("SAL", "OPL"):
        return profile.surgery_pressure + ROLES[code].offset
    if code == "RUM" and clinic.code == demand.CLOSED_ROOM[0]:
        # Room enough before one was closed; after that it is tight.
        return 0.72
    return profile.pressure + ROLES[code].offset


def _of_staff(needed: float, code: str) -> tuple[tuple[float, ...], float, float]:
    fte = max(0.5, round(needed / (2400 * _WORKING_SHARE * PRESENT), 1))
    if code == "VSK":
        return (round(fte * 5 / 7, 2),) * 7, 480.0, fte
    return (fte,) * 5 + (0.0, 0.0), 480.0, fte


def _of_places(needed: float, role: Role, code: str) -> tuple[tuple[float, ...], float]:
    """Return places open per weekday and minutes: beds always, others in sessions spread over the working days."""
    if role.kind == "bed":
        return (float(max(2, math.ceil(needed / 7 / 1440 / 0.985))),) * 7, 1440.0
    summer = 1 - len(_SUMMER_WEEKS) / 104 if code == "SAL" else 1.0
    total = needed / _WORKING_SHARE / summer
    session = 240 if code == "RUM" else 480
    count = max(1, math.ceil(total / session))
    daily = [float(count // 5 + (day < count % 5)) for day in range(5)]
    return (*daily, 0.0, 0.0), float(max(60, 5 * round(total / count / 5)))


def posts(resources: tuple[Resource, ...]) -> dict[str, float]:
    """Return full-time posts by staff resource."""
    return {resource.resource_id: resource.fte for resource in resources if resource.role.kind == "staff"}


def theatres(resources: tuple[Resource, ...]) -> dict[str, int]:
    """Return the number of theatres by operating unit: as many as are ever open at once."""
    return {r.unit_id: int(max(r.sets)) for r in resources if r.code == "SAL" and r.unit_id != EXTERNAL}


def closed_room(resources: tuple[Resource, ...]) -> tuple[Resource, tuple[float, ...]]:
    """Return the outpatient rooms of which one was closed, and the sets per weekday that are left."""
    rooms = next(r for r in resources if r.resource_id == f"{demand.CLOSED_ROOM[0]}-RUM")
    return rooms, tuple(max(0.0, count - 1) for count in rooms.sets)


Row = dict[str, object]


def opening_rows(resources: tuple[Resource, ...]) -> list[Row]:
    """Return the rows of openings: weekday patterns, summer weeks and single days that differ."""
    rooms, left = closed_room(resources)
    since = demand.CLOSED_ROOM[1]
    rows: list[Row] = []
    for resource in resources:
        ends = since - timedelta(days=1) if resource is rooms else None
        rows += _pattern(resource, resource.sets, START, ends, None)
        rows += _summer(resource)
    return rows + _pattern(rooms, left, since, None, "Ett mottagningsrum stängt tills vidare, vattenskada")


def _pattern(
    resource: Resource,
    sets: tuple[float, ...],
    begins: date,
    ends: date | None,
    reason: str | None,
    week: str | None = None,
) -> list[Row]:
    always = resource.role.kind == "bed" or resource.code == "VSK"
    return [
        {
            "resource_id": resource.resource_id,
            "week": week,
            "weekday": day,
            "sets": count,
            "minutes": resource.minutes,
            "open_holidays": always,
            "reason": reason,
            "valid_from": begins,
            "valid_to": ends,
        }
        for day, count in enumerate(sets, 1)
        if count > 0 or (week is not None and resource.sets[day - 1] > 0)
    ]


def _summer(resource: Resource) -> list[Row]:
    """Return the summer weeks' rows: theatres are open half the day, and one bed in eight is closed."""
    if resource.code not in ("SAL", "BED") or resource.unit_id == EXTERNAL:
        return []
    theatre = resource.code == "SAL"
    fewer = resource.sets if theatre else tuple(float(round(0.88 * count)) for count in resource.sets)
    shorter = replace(resource, minutes=resource.minutes / 2) if theatre else resource
    return [
        row
        for year in (2024, 2025, 2026, 2027)
        for week in _SUMMER_WEEKS
        for row in _pattern(shorter, fewer, START, None, "Sommarneddragning", f"{year}-W{week:02d}")
    ]


def maintenance_rows(resources: tuple[Resource, ...]) -> list[Row]:
    """Return the yearly service day of theatres and equipment, all of them at once."""
    days = (date(2024, 3, 13), date(2025, 3, 12), date(2026, 3, 11), date(2027, 3, 10))
    return [
        {
            "resource_id": resource.resource_id,
            "date": day,
            "sets": resource.sets[day.weekday()],
            "minutes": resource.minutes,
            "reason": "Årlig service",
        }
        for resource in resources
        if resource.code in ("SAL", "APP") and resource.unit_id != EXTERNAL
        for day in days
    ]


_NON_CLINICAL = (
    ("meeting", 3, 60.0, False),
    ("administration", 1, 60.0, True),
    ("education", 4, 60.0, True),
)
"""Kind, weekday, minutes of each doctor, and whether it can be moved, in the medical clinic."""
_MEDICINE = "MED-A"


def non_clinical_rows(resources: tuple[Resource, ...]) -> list[Row]:
    """Return what the doctors of the medical clinic do beside patients each week."""
    return [
        {
            "resource_id": resource.resource_id,
            "kind": kind,
            "weekday": weekday,
            "minutes": minutes,
            "movable": movable,
            "valid_from": START,
        }
        for resource in resources
        if resource.resource_id == f"{_MEDICINE}-LAK"
        for kind, weekday, minutes, movable in _NON_CLINICAL
    ]


def utilisation_rows(resources: tuple[Resource, ...]) -> list[Row]:
    """Return the utilisation of every resource.

    Where non-clinical time is known by itself, the share is of the rest: an ordinary week gives what it did.
    """
    known = {row["resource_id"] for row in non_clinical_rows(resources)}
    rest = 1 - sum(minutes for _, _, minutes, _ in _NON_CLINICAL) / 2400
    return [
        {
            "resource_id": resource.resource_id,
            "share": round(resource.role.utilisation / (rest if resource.resource_id in known else 1.0), 6),
            "valid_from": START,
        }
        for resource in resources
    ]


def norm_rows(resources: tuple[Resource, ...]) -> list[Row]:
    """Return the norm of child psychiatry: 20 patients per practitioner and week."""
    return [
        {"resource_id": r.resource_id, "per_week": 20.0, "valid_from": date(2026, 1, 1), "source": "Divisionens mål"}
        for r in resources
        if r.code == "LAK" and r.resource_id.startswith("BUP-")
    ]


def staffing_rows(resources: tuple[Resource, ...]) -> list[Row]:
    """Return the staffing ratios of every ward: patients per nurse, by category and shift, and beds per assistant."""
    shifts = (("day", 480, 4.0, 2.0), ("evening", 480, 5.0, 2.5), ("night", 600, 8.0, 4.0))
    rows: list[Row] = []
    for nurses in (r for r in resources if r.code == "VSK"):
        shared: Row = {
            "unit_id": nurses.unit_id,
            "valid_from": START,
            "source": "Verksamhetschefens beslut",
            "least": 1,
        }
        for shift, minutes, ordinary, heavy in shifts:
            for day_kind in ("weekday", "weekend"):
                when: Row = {**shared, "shift": shift, "day_kind": day_kind, "minutes": minutes}
                nurse: Row = {
                    **when,
                    "competence": "sjuksköterska",
                    "resource_id": nurses.resource_id,
                    "per": "patient",
                }
                rows.append({**nurse, "category": "vanlig", "per_staff": ordinary})
                rows.append({**nurse, "category": "tung", "per_staff": heavy})
                rows.append(
                    {**when, "category": "alla", "competence": "undersköterska", "per": "bed", "per_staff": 2 * heavy}
                )
    return rows


def alternative_rows(org: Organisation) -> tuple[list[Row], list[Row]]:
    """Return recipes and terms of the medical clinic's follow-up that a nurse can hold in place of a doctor."""
    visit = org.by_id[f"{_MEDICINE}-AB"]
    minutes = {"SSK": visit.minutes + 10, "RUM": visit.minutes + 15}
    recipes: list[Row] = [
        {
            "service_id": visit.service_id,
            "resource_id": f"{_MEDICINE}-{code}",
            "minutes": amount,
            "per": "activity",
            "valid_from": START,
            "set_id": "ssk",
        }
        for code, amount in minutes.items()
    ]
    terms: list[Row] = [
        {"service_id": visit.service_id, "set_id": "ssk", "name": "Sjuksköterska", "share": 0.3, "cost_ore": 5_000}
    ]
    return recipes, terms
