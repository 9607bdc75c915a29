"""Reference tables as rows: units, services, recipes, rules, goals, orders, measures, contracts and annotations."""

import math
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from vardbalans.data.demo import capacity, demand, ideas, profiles
from vardbalans.data.demo.clock import START
from vardbalans.data.demo.region import EXTERNAL, REGION_NAME, Clinic, Organisation, Service, throughput

__all__ = ["reference_rows"]

Row = dict[str, object]
Rows = list[Row]
_FIRST = date(2015, 1, 1)
_ZONE = ZoneInfo("Europe/Stockholm")


def reference_rows(org: Organisation, resources: tuple[capacity.Resource, ...]) -> dict[str, Rows]:
    """Return the rows of every small table that describes the organisation and what it wants."""
    orders = _orders(org)
    units = _units(org, capacity.theatres(resources))
    targets = frozenset(org.by_id) | frozenset(row.resource_id for row in resources)
    alternatives, terms = capacity.alternative_rows(org)
    return {
        "units": units,
        "services": [_service(service) for service in org.services],
        "resources": [_resource(resource) for resource in resources],
        "recipes": [
            {
                "service_id": r.service_id,
                "resource_id": r.resource_id,
                "minutes": r.minutes,
                "per": r.per,
                "valid_from": START,
            }
            for r in org.recipes
        ]
        + alternatives,
        "resource_sets": terms,
        "openings": capacity.opening_rows(resources),
        "maintenance": capacity.maintenance_rows(resources),
        "utilisation": capacity.utilisation_rows(resources),
        "non_clinical": capacity.non_clinical_rows(resources),
        "norms": capacity.norm_rows(resources),
        "staffing_ratios": capacity.staffing_rows(resources),
        "rules": _rules(),
        "priorities": _priorities(),
        "goals": _goals(org),
        "orders": orders,
        "order_events": ideas.order_event_rows(orders),
        "measures": [*_measures(), *ideas.idea_rows(targets)],
        "measure_starts": [
            {"measure_id": "A1", "unit_id": f"K-{demand.REMINDER[0]}", "starts": demand.REMINDER[1]},
            *ideas.start_rows(frozenset(str(row["unit_id"]) for row in units)),
        ],
        **_measure_lives(),
        "contracts": _contracts(org),
        "annotations": _annotations(),
    }


def _unit(unit_id: str, name: str, level: str, parent: str | None, site: str | None = None) -> Row:
    return {
        "unit_id": unit_id,
        "name": name,
        "level": level,
        "parent_id": parent,
        "site": site,
        "hsa_id": f"SE999000-{unit_id}",
        "valid_from": _FIRST,
    }


def _units(org: Organisation, theatres: dict[str, int]) -> Rows:
    used = {clinic.profile.division for clinic in org.clinics}
    rows = [_unit("R", REGION_NAME, "region", None)]
    rows += [_unit(f"D-{d}", name, "division", "R") for d, name in profiles.DIVISIONS.items() if d in used]
    for clinic in org.clinics:
        rows += _clinic_units(clinic, theatres)
    return [*rows, _unit(EXTERNAL, "Mälvlinsen AB (extern vårdgivare)", "clinic", "R", "Älvsta")]


def _clinic_units(clinic: Clinic, theatres: dict[str, int]) -> Rows:
    code, parent, site = clinic.code, clinic.clinic_id, clinic.site
    reception = "Läkar- och sköterskemottagning" if clinic.profile.code == "VC" else "Mottagning"
    rows = [
        _unit(parent, clinic.name, "clinic", f"D-{clinic.profile.division}", site),
        _unit(f"M-{code}", f"{reception}, {clinic.name}", "unit", parent, site),
    ]
    if clinic.has_ward:
        rows.append(_unit(f"V-{code}", f"Vårdavdelning, {clinic.name}", "ward", parent, site))
    if clinic.operates:
        rows.append(_unit(f"O-{code}", f"Operation, {clinic.name}", "unit", parent, site))
        rows += [
            _unit(f"T-{code}-{n}", f"Sal {n}, {clinic.name}", "theatre", f"O-{code}", site)
            for n in range(1, theatres[f"O-{code}"] + 1)
        ]
    return rows


def _service(service: Service) -> Row:
    return {
        "service_id": service.service_id,
        "name": service.name,
        "unit_id": service.unit_id,
        "kind": service.kind,
        "form": service.form,
        "guarantee": service.guarantee,
    }


def _resource(resource: capacity.Resource) -> Row:
    return {
        "resource_id": resource.resource_id,
        "name": resource.name,
        "unit_id": resource.unit_id,
        "kind": resource.role.kind,
        "competence": resource.role.competence or None,
        "shift_minutes": resource.role.shift_minutes,
    }


def _priorities() -> Rows:
    names = ("Inom två veckor", "Inom sex veckor", "Inom vårdgarantin")
    return [
        {"priority": str(place), "place": place, "name": name, "urgent": place == 1}
        for place, name in enumerate(names, 1)
    ]


def _rules() -> Rows:
    law = "Hälso- och sjukvårdsförordningen (2017:80) 6 kap. 1 §"
    rows = (
        ("vg-kontakt", "care_guarantee", "Kontakt med primärvården samma dag", 0.0, "dagar", date(2019, 1, 1), law),
        (
            "vg-bedomning",
            "care_guarantee",
            "Medicinsk bedömning i primärvården inom 3 dagar",
            3.0,
            "dagar",
            date(2019, 1, 1),
            law,
        ),
        (
            "vg-nybesok",
            "care_guarantee",
            "Första besök i specialiserad vård inom 90 dagar",
            90.0,
            "dagar",
            date(2017, 4, 1),
            law,
        ),
        ("vg-behandling", "care_guarantee", "Beslutad behandling inom 90 dagar", 90.0, "dagar", date(2017, 4, 1), law),
        (
            "heltid",
            "full_time",
            "Ordinarie arbetstid högst 40 timmar per vecka",
            40.0,
            "timmar per vecka",
            date(1983, 1, 1),
            "Arbetstidslagen (1982:673) 5 §",
        ),
        (
            "dygnsvila",
            "working_time",
            "Minst 11 timmars sammanhängande dygnsvila",
            11.0,
            "timmar",
            date(2005, 7, 1),
            "Arbetstidslagen (1982:673) 13 §",
        ),
        (
            "veckovila",
            "working_time",
            "Minst 36 timmars sammanhängande veckovila",
            36.0,
            "timmar",
            date(1983, 1, 1),
            "Arbetstidslagen (1982:673) 14 §",
        ),
        (
            "belaggning",
            "occupancy",
            "Riktvärde för medelbeläggning",
            0.90,
            "andel",
            date(2023, 1, 1),
            "Vanligt citerad säker gräns, 90 procent; regionens egen parameter, inget fastställt nationellt värde",
        ),
    )
    names = ("rule_id", "kind", "name", "value", "unit", "valid_from", "source")
    return [dict(zip(names, row, strict=True)) | {"applies_to": _LIMITS.get(row[0])} for row in rows]


_LIMITS = {
    "vg-kontakt": "first_contact",
    "vg-bedomning": "assessment",
    "vg-nybesok": "first_visit",
    "vg-behandling": "treatment",
}


def _goals(org: Organisation) -> Rows:
    since = date(2026, 1, 1)
    rows: Rows = [
        {
            "unit_id": clinic.clinic_id,
            "indicator": indicator,
            "target": target,
            "direction": direction,
            "valid_from": since,
        }
        for clinic in org.clinics
        for indicator, target, direction in _indicators(clinic)
    ]
    return [
        {"unit_id": "R", "indicator": "andel_inom_vardgaranti", "target": 0.85, "direction": "up", "valid_from": since},
        *rows,
    ]


def _indicators(clinic: Clinic) -> list[tuple[str, float, str]]:
    found = [("andel_uteblivna", 0.03, "down")]
    if clinic.profile.first_visits and clinic.profile.code != "VC":
        found.append(("andel_inom_vardgaranti", 0.90, "up"))
    if clinic.has_ward:
        found.append(("belaggning", 0.90, "down"))
    if clinic.operates:
        found.append(("utnyttjande_operation", 0.80, "up"))
    return found


def _orders(org: Organisation) -> Rows:
    kinds = ("first_visit", "surgery", "examination")
    return [
        {
            "unit_id": service.unit_id,
            "service_id": service.service_id,
            "year": year,
            "volume": float(round(_yearly(service, year), -1)),
        }
        for service in org.services
        if service.kind in kinds and service.suffix != "AO"
        for year in (2024, 2025, 2026, 2027)
    ]


def _yearly(service: Service, year: int) -> float:
    growth = math.exp(service.clinic.profile.growth * (year - 2023.5))
    return throughput(service) * demand.mean_shape(service) * growth * 52.18


def _measures() -> Rows:
    reminder, *_ = demand.REMINDER
    return [
        {
            "measure_id": "A1",
            "name": "Påminnelse med sms före besök",
            "unit_id": "R",
            "point": "required_production",
            "parameter": "lost_share",
            "lever": "fewer_no_shows",
            "factor": 0.75,
            "factor_low": 0.6,
            "factor_high": 0.9,
            "starts": date(2027, 2, 1),
            "cost_ore": 18_000_000,
            "owner": f"Verksamhetschef {reminder}",
            "status": "pilot",
            "indicator": "no_show_share",
            "is_pilot": True,
            "hypothesis": "Den som blir påmind kommer, eller hör av sig i tid",
        },
        {
            "measure_id": "A2",
            "name": "Digital hälsodeklaration ska korta nybesöken",
            "unit_id": f"K-{PILOT_CLINIC}",
            "point": "required_capacity",
            "target_id": f"{PILOT_CLINIC}-NB",
            "factor": 0.90,
            "factor_low": 0.80,
            "factor_high": 1.0,
            "starts": PILOT_START,
            "cost_ore": 45_000_000,
            "owner": f"Verksamhetschef {PILOT_CLINIC}",
            "status": "pilot",
            "indicator": "minutes",
            "is_pilot": True,
            "hypothesis": "Frågor som är besvarade hemma tar ingen tid av besöket",
        },
    ]


def _measure_lives() -> dict[str, Rows]:
    """Return the plans and cards of A1, which has begun in one clinic, and A2."""
    reminder, since, _ = demand.REMINDER

    def plan(name: str, starts: date, indicator: str, author: str) -> Row:
        fixed = datetime.combine(starts - timedelta(days=14), time(9), _ZONE)
        return {
            "measure_id": name,
            "fixed_at": fixed,
            "indicator": indicator,
            "better": "lower",
            "periods_after": 12,
            "stop_after": 24,
            "author": f"Verksamhetschef {author}",
        }

    def card(name: str, cycle: int, step: str, day: date, text: str, author: str) -> Row:
        at = datetime.combine(day, time(10), _ZONE)
        place = {"measure_id": name, "cycle": cycle, "step": step, "at": at}
        return place | {"text": text, "author": f"Verksamhetschef {author}"}

    a1, a2 = partial(card, "A1", author=reminder), partial(card, "A2", author=PILOT_CLINIC)
    return {
        "measure_plans": [
            plan("A1", since, "no_show_share", reminder),
            plan("A2", PILOT_START, "minutes", PILOT_CLINIC),
        ],
        "measure_cards": [
            a1(1, "plan", since - timedelta(days=14), "Sms två dagar före alla besök på en klinik."),
            a1(1, "do", since, "Utskicken är igång."),
            a1(1, "study", since + timedelta(days=390), "Ett år har gått: jämför med klinikerna utan sms."),
            a2(1, "plan", PILOT_START - timedelta(days=14), "Hälsodeklaration hemma före nybesöket."),
            a2(1, "do", PILOT_START, "Formuläret skickas med kallelsen."),
        ],
    }


PILOT_CLINIC = "OGO-A"
PILOT_START = date(2025, 10, 6)
PRICE_ORE = 1_120_000


def _contracts(org: Organisation) -> Rows:
    yearly = round(_yearly(org.by_id[f"{EXTERNAL}-OP"], 2026), -1)
    return [
        {
            "provider_id": EXTERNAL,
            "service_id": f"{EXTERNAL}-OP",
            "price_ore": PRICE_ORE + step * 30_000,
            "volume": float(yearly),
            "valid_from": date(2023 + step, 1, 1),
        }
        for step in range(4)
    ]


def _annotations() -> Rows:
    first, last, _ = demand.BAD_YEAR
    clinic, closed, _ = demand.CLOSED_ROOM
    reminder, since, _ = demand.REMINDER
    rows = (
        (
            "N1",
            "D-OPE",
            None,
            first,
            last,
            "Brist på operationssjuksköterskor: planerad vård neddragen i flera kliniker.",
            "produktionsbortfall",
        ),
        ("N2", f"M-{clinic}", None, closed, None, "Ett mottagningsrum stängt efter vattenskada.", "lokal"),
        ("N3", f"M-{reminder}", None, since, None, "Sms-påminnelser införda.", "arbetssätt"),
        (
            "N4",
            f"M-{PILOT_CLINIC}",
            f"{PILOT_CLINIC}-NB",
            PILOT_START,
            None,
            "Pilot med digital hälsodeklaration.",
            "pilot",
        ),
    )
    names = ("annotation_id", "unit_id", "service_id", "date_from", "date_to", "text", "kind")
    return [dict(zip(names, row, strict=True)) for row in rows]
