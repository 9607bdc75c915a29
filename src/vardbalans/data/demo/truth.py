"""What was planted, with exact values, and what came out of it in counts: for tests that demand it back."""

import math
from typing import Any

import numpy as np

from vardbalans.data.demo import capacity, clock, costing, demand
from vardbalans.data.demo.activity import Activity
from vardbalans.data.demo.clock import FIRST, LAST, YEARS
from vardbalans.data.demo.planning import PILOT_CLINIC, PILOT_START, PRICE_ORE
from vardbalans.data.demo.queueing import PERFORMED
from vardbalans.data.demo.region import BAD_CLINICS, EXTERNAL, REMOVAL_PER_WEEK, Organisation, Service, throughput

__all__ = ["planted"]

Truth = dict[str, Any]


def planted(org: Organisation, resources: tuple[capacity.Resource, ...], activity: Activity, seed: int) -> Truth:
    """Return every planted parameter of the demo as plain values for JSON."""
    outside = [service for service in org.services if service.mode != "induced"]
    realised = _realised(org, activity)
    return {
        "size": org.size,
        "seed": seed,
        "start": clock.START.isoformat(),
        "as_of": clock.AS_OF.isoformat(),
        "inhabitants": org.scale.inhabitants,
        "growth": {service.service_id: service.clinic.profile.growth for service in outside},
        "region_growth": _region_growth(outside),
        "level_per_week": {service.service_id: service.level for service in outside},
        "dispersion": {service.service_id: service.clinic.profile.noise for service in outside},
        "season": {
            "amplitude": 0.06,
            "summer_weeks": [27, 31],
            "summer_factor": 0.72,
            "shoulder_factor": 0.9,
            "christmas_weeks": [52, 1],
            "christmas_factor": 0.85,
            "working_days": True,
        },
        "conversions": _conversions(org, activity),
        "no_show": {service.service_id: service.no_show for service in org.services},
        "late_cancel": {service.service_id: service.late_cancel for service in org.services},
        "removal_per_week": {s.service_id: s.removal for s in org.services if s.mode != "direct"},
        "removal_share": {name: row["removed"] / (row["removed"] + row["treated"]) for name, row in realised.items()},
        "durations": {s.service_id: {"mean_minutes": s.minutes, "cv": s.cv} for s in org.services if s.suffix != "SV"},
        "stays": _stays(org),
        "supply": {s.service_id: s.supply for s in org.services if s.mode != "direct"},
        "resources": {
            r.resource_id: {"load_minutes_per_week": r.load, "target_load": r.target, "fte": r.fte} for r in resources
        },
        "cost": costing.unit_costs(org, resources, 2025),
        **_events(resources),
        "realised": realised,
    }


def _region_growth(outside: list[Service]) -> float:
    """Return the yearly log growth of all demand from outside: first to last whole year, season aside."""
    weights = np.array([service.level * demand.mean_shape(service) for service in outside])
    growth = np.array([service.clinic.profile.growth for service in outside])
    yearly = [
        float((weights * np.exp(np.outer(YEARS[weeks], growth))).sum())
        for weeks in (slice(FIRST, FIRST + 52), slice(LAST - 52, LAST))
    ]
    return math.log(yearly[1] / yearly[0]) / float(YEARS[LAST - 52] - YEARS[FIRST])


def _conversions(org: Organisation, activity: Activity) -> list[Truth]:
    """Return each flow with its share and lags, and what came of the contacts that had time enough to lead on."""
    numbers = {service.service_id: n for n, service in enumerate(org.services)}
    contacts, requests = activity.contacts, activity.requests
    return [
        {
            "from_service": flow.source,
            "to_service": flow.target,
            "share": flow.share,
            "lag_weeks_pmf": list(flow.lag),
            **_followed(contacts, requests, numbers[flow.source], numbers[flow.target], len(flow.lag)),
        }
        for flow in org.flows
    ]


def _followed(contacts: Truth, requests: Truth, source: int, target: int, lags: int) -> Truth:
    until = (LAST - lags) * 7 * 1440
    upstream = (contacts["service"] == source) & (contacts["status"] == PERFORMED) & (contacts["start"] < until)
    linked = requests["origin"][(requests["service"] == target) & (requests["origin"] >= 0)]
    return {"upstream": int(upstream.sum()), "linked": int(upstream[linked].sum())}


def _stays(org: Organisation) -> Truth:
    return {
        clinic.clinic_id: {
            "acute_mean_days": clinic.profile.stay_days,
            "acute_cv": 0.8,
            "elective_mean_days": 0.6 * clinic.profile.stay_days,
            "elective_cv": 0.6,
            "elective_share_of_operations": clinic.profile.elective_stay if clinic.operates else 0.0,
        }
        for clinic in org.clinics
        if clinic.has_ward
    }


def _events(resources: tuple[capacity.Resource, ...]) -> Truth:
    first, last, left = demand.BAD_YEAR
    rooms, sets_after = capacity.closed_room(resources)
    code, closed, production = demand.CLOSED_ROOM
    reminder, since, factor = demand.REMINDER
    return {
        "bad_year": {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "production_factor": left,
            "specialties": list(BAD_CLINICS),
            "kinds": ["first_visit", "surgery"],
        },
        "closed_room": {
            "unit_id": rooms.unit_id,
            "resource_id": rooms.resource_id,
            "from": closed.isoformat(),
            "sets_before": list(rooms.sets),
            "sets_after": list(sets_after),
            "clinic": f"K-{code}",
            "production_factor": production,
        },
        "measures": [
            {
                "measure_id": "A1",
                "acts_on": "no_show",
                "clinic": f"K-{reminder}",
                "starts": since.isoformat(),
                "true_factor": factor,
            },
            {
                "measure_id": "A2",
                "acts_on": "minutes",
                "clinic": f"K-{PILOT_CLINIC}",
                "service_id": f"{PILOT_CLINIC}-NB",
                "starts": PILOT_START.isoformat(),
                "true_factor": 1.0,
            },
        ],
        "external_provider": {"provider_id": EXTERNAL, "service_id": f"{EXTERNAL}-OP", "price_ore_2023": PRICE_ORE},
        "short_of_capacity": "ORT-A-SAL",
        "slack_clinic": "K-OGO-A",
        "removal_hazard": REMOVAL_PER_WEEK,
    }


def _realised(org: Organisation, activity: Activity) -> Truth:
    """Return counts per service with a list: opening queue, in, treated, otherwise removed, waiting at as-of."""
    rows, found = activity.requests, {}
    for number, service in enumerate(org.services):
        if service.mode == "direct":
            continue
        mine = rows["service"] == number
        received, reason = rows["received"][mine], rows["reason"][mine]
        found[service.service_id] = {
            "opening": int((received < FIRST * 7).sum()),
            "inflow": int((received >= FIRST * 7).sum()),
            "treated": int((reason == 0).sum()),
            "removed": int((reason > 0).sum()),
            "waiting": int((reason < 0).sum()),
            "expected_treated_per_week": throughput(service) * demand.mean_shape(service),
        }
    return found
