"""What the demo's cost per patient rests on: support centres, a laboratory, pools, weights, care items, unit costs.

Everything that is not in ``ledger`` for one clinic by itself. Draws come from streams of their own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from vardbalans.data.demo import capacity, clock
from vardbalans.data.demo.activity import Activity, Block
from vardbalans.data.demo.planning import PRICE_ORE
from vardbalans.data.demo.queueing import PERFORMED
from vardbalans.data.demo.region import EXTERNAL, Organisation
from vardbalans.engine.sampling import stream

__all__ = [
    "LABORATORY",
    "MATERIAL_ORE",
    "PAY_ORE_PER_MONTH",
    "RENT_ORE",
    "SUPPORT",
    "Items",
    "care_items",
    "central_costs",
    "centre_rows",
    "driver_rows",
    "pool_rows",
    "unit_costs",
    "weight_rows",
]

Row = dict[str, object]
Rows = list[Row]
Month = tuple[int, int]
Costs = dict[tuple[Month, str, str], int]

PAY_ORE_PER_MONTH = {"läkare": 7_100_000, "sjuksköterska": 4_050_000, "operationssjuksköterska": 4_300_000}
RENT_ORE = {"RUM": 900_000, "SAL": 6_500_000, "BED": 1_100_000, "APP": 2_500_000, "DVP": 1_000_000}
MATERIAL_ORE = {
    "NB": 14_000,
    "AB": 9_000,
    "OP": 820_000,
    "AO": 760_000,
    "SV": 410_000,
    "DV": 260_000,
    "US": 48_000,
    "BH": 16_000,
    "LB": 7_000,
    "SB": 11_000,
}
"""Medicines and materials per activity in 2024, by kind of service."""

LABORATORY, _SAMPLE_ORE = "LAB", 9_500
_RESEARCH, _RESEARCH_SHARE = "FOU", 0.015
_IMPLANTING = "ORT"


@dataclass(frozen=True)
class Centre:
    """A support centre: its name, its share of the clinics' cost, its driver, and its size against all clinics'."""

    name: str
    share: float
    driver: str
    size: float


SUPPORT = {
    "LED": Centre("Ledning, ekonomi och personal", 0.05, "anställda", 0.04),
    "IT": Centre("IT och medicinsk teknik", 0.06, "datorer", 0.05),
    "FAS": Centre("Fastighet och service", 0.04, "kvadratmeter", 0.06),
}
"""The support centres in order of step-down; they serve one another."""


@dataclass(frozen=True)
class Items:
    """Care items under way: a number per row in each column; *kind* 0 is laboratory and 1 an implant."""

    columns: Block

    @property
    def month(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return each row's month, counted from year 0."""
        days = (self.columns["start"] // 1440).astype("timedelta64[D]") + np.datetime64(clock.ORIGIN)
        return days.astype("datetime64[M]").astype(np.int64) + 1970 * 12


def care_items(org: Organisation, activity: Activity, seed: int) -> Items:
    """Return samples of one first visit in five and of every stay, and an implant for each orthopaedic operation.

    One row in eighty has lost its time: a month too early, so that no contact is near it as a rule.
    """
    rng = stream(seed, "care_items")
    contacts, stays = activity.contacts, activity.stays
    until = clock.LAST * 7 * 1440
    done = (contacts["status"] == PERFORMED) & (contacts["start"] < until)
    suffix = np.array([service.suffix for service in org.services])[contacts["service"]]
    implants = np.array([s.clinic.profile.code == _IMPLANTING and s.unit_id != EXTERNAL for s in org.services])
    sampled = np.flatnonzero(done & (suffix == "NB") & (contacts["pick"] % 5 == 0))
    operated = np.flatnonzero(done & (suffix == "OP") & implants[contacts["service"]])
    begun = np.flatnonzero(stays["start"] < until)
    parts = (
        (contacts, sampled, 0, np.full(len(sampled), 3)),
        (stays, begun, 0, 2 * np.maximum(1, stays["minutes"][begun] // 1440)),
        (contacts, operated, 1, np.ones(len(operated), np.int64)),
    )
    columns = {
        name: np.concatenate([block[name][rows].astype(np.int64) for block, rows, _, _ in parts])
        for name in ("service", "patient", "start", "pick")
    }
    columns["kind"] = np.concatenate([np.full(len(rows), kind) for _, rows, kind, _ in parts])
    columns["quantity"] = np.concatenate([quantity for *_, quantity in parts])
    price = 600_000 + 100_000 * (columns["pick"] % 9)
    columns["ore"] = np.where(columns["kind"] == 1, price, -1)
    columns["start"] = columns["start"] + 30
    lost = rng.random(len(columns["start"])) < 1 / 80
    columns["start"] = np.where(lost & (columns["start"] > 31 * 1440), columns["start"] - 30 * 1440, columns["start"])
    return Items(columns)


def central_costs(costs: Mapping[tuple[Month, str, str], int], items: Items, org: Organisation, seed: int) -> Costs:
    """Return cost in öre of support centres, research, laboratory and implants by month, cost centre and account."""
    rng = stream(seed, "central_costs")
    clinics: dict[Month, int] = defaultdict(int)
    for (when, _, _), ore in costs.items():
        clinics[when] += ore
    found: Costs = defaultdict(int)
    homes = [service.clinic.clinic_id for service in org.services]
    for when, total in clinics.items():
        for centre, ore in ((name, round(total * one.share)) for name, one in SUPPORT.items()):
            spent = round(ore * (1 + 0.01 * rng.standard_normal()))
            found[when, centre, "5010"] += spent * 6 // 10
            found[when, centre, "5610"] += spent * 27 // 100
            found[when, centre, "6010"] += spent * 13 // 100
        found[when, _RESEARCH, "5010"] += round(total * _RESEARCH_SHARE)
        mine = items.month == when[0] * 12 + when[1] - 1
        samples = int(items.columns["quantity"][mine & (items.columns["kind"] == 0)].sum())
        spent = round(samples * _SAMPLE_ORE * 1.03 ** (when[0] - 2024) * (1 + 0.01 * rng.standard_normal()))
        found[when, LABORATORY, "5010"] += spent // 2
        found[when, LABORATORY, "5810"] += spent - spent // 2
        for row in np.flatnonzero(mine & (items.columns["kind"] == 1)):
            found[when, homes[items.columns["service"][row]], "5910"] += int(items.columns["ore"][row])
    return {key: ore for key, ore in found.items() if ore}


def centre_rows(org: Organisation) -> Rows:
    """Return the rows of cost_centres."""
    rows: Rows = [
        {"cost_centre": clinic.clinic_id, "name": clinic.name, "kind": "producing", "unit_id": clinic.clinic_id}
        for clinic in org.clinics
    ]
    rows += [
        {"cost_centre": centre, "name": name, "kind": "producing", "unit_id": "R"}
        for centre, name in ((LABORATORY, "Laboratoriemedicin"), (_RESEARCH, "Forskning och utbildning"))
    ]
    return rows + [
        {"cost_centre": centre, "name": one.name, "kind": "support", "driver": one.driver, "step": step}
        for step, (centre, one) in enumerate(SUPPORT.items(), 1)
    ]


def driver_rows(metres: Mapping[str, float], posts: Mapping[str, float], months: list[Month]) -> Rows:
    """Return employees, computers and square metres per month: the clinics' as given, and the central centres' own."""
    central = {LABORATORY: 0.02, **{centre: one.size for centre, one in SUPPORT.items()}}
    employees = {**posts, **{centre: size * sum(posts.values()) for centre, size in central.items()}}
    area = {**metres, **{centre: size * sum(metres.values()) for centre, size in central.items()}}
    measured = {
        "anställda": employees,
        "datorer": {centre: float(round(1.2 * value + 2)) for centre, value in employees.items()},
        "kvadratmeter": area,
    }
    return [
        {"cost_centre": centre, "driver": driver, "period": f"{year}-{month:02d}", "value": round(value, 2)}
        for driver, values in measured.items()
        for centre, value in values.items()
        for year, month in months
    ]


def _shares(
    resources: tuple[capacity.Resource, ...], homes: Mapping[str, str]
) -> dict[tuple[str, str], dict[str, float]]:
    """Return what each resource costs a month in 2024 by (cost centre, class)."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for resource in resources:
        centre = homes.get(resource.resource_id.rsplit("-", 1)[0])
        if centre is None:
            continue
        if resource.fte:
            pay = resource.fte * PAY_ORE_PER_MONTH[resource.role.competence] * 1.45
            found[centre, "personal"][resource.resource_id] = pay
            continue
        rent = round(max(resource.sets) * RENT_ORE[resource.code])
        found[centre, "lokaler"][resource.resource_id] = rent
        if resource.role.kind == "equipment" or resource.code == "SAL":
            found[centre, "avskrivningar"][resource.resource_id] = rent * 0.6
    return found


def pool_rows(org: Organisation, resources: tuple[capacity.Resource, ...]) -> Rows:
    """Return the rows of cost_pools: a pool per resource, materials, implants, samples and purchased care."""
    since = date(2024, 1, 1)
    homes = {clinic.code: clinic.clinic_id for clinic in org.clinics}
    rows: Rows = []
    for (centre, cost_class), parts in _shares(resources, homes).items():
        for resource_id, ore in parts.items():
            timed = resource_id.endswith(("-SAL", "-OPL"))
            rows.append(
                {
                    "pool_id": resource_id,
                    "cost_centre": centre,
                    "class": cost_class,
                    "share": round(ore / sum(parts.values()), 6),
                    "basis": "theatre_minutes" if timed else "recipe",
                    "resource_id": resource_id,
                }
            )
    used = {service.clinic.code for service in org.services if service.suffix in MATERIAL_ORE}
    for code in sorted(used):
        rows += [
            {"pool_id": f"{code}-MTRL", "cost_centre": homes[code], "class": name, "share": 1.0, "basis": "contacts"}
            for name in ("läkemedel", "material")
        ]
    rows += [
        {"pool_id": f"{clinic.code}-IMPL", "cost_centre": clinic.clinic_id, "class": "implantat", "share": 1.0,
         "basis": "item_amounts", "kind": "implant"}
        for clinic in org.clinics
        if clinic.profile.code == _IMPLANTING
    ]  # fmt: skip
    rows += [
        {"pool_id": "OGO-A-KÖPT", "cost_centre": homes["OGO-A"], "class": "köpt vård", "share": 1.0,
         "basis": "contacts", "unit_id": EXTERNAL},
        {"pool_id": "LAB-PROV", "cost_centre": LABORATORY, "class": None, "share": 1.0, "basis": "items",
         "kind": "laboratory"},
    ]  # fmt: skip
    return [{**row, "valid_from": since} for row in rows]


def weight_rows(org: Organisation) -> Rows:
    """Return what materials of each service weigh, as kronor per activity."""
    return [
        {
            "dimension": "service",
            "value": service.service_id,
            "pool_id": f"{service.clinic.code}-MTRL",
            "weight": MATERIAL_ORE.get(service.suffix, 0) / 100,
            "valid_from": date(2024, 1, 1),
        }
        for service in org.services
        if service.unit_id != EXTERNAL
    ]


def unit_costs(org: Organisation, resources: tuple[capacity.Resource, ...], year: int) -> dict[str, object]:
    """Return the unit costs planted for *year* in öre: what a run must find again, overhead aside."""
    factor = 1.03 ** (year - 2024)
    homes = {clinic.code: clinic.clinic_id for clinic in org.clinics}
    monthly: dict[str, float] = defaultdict(float)
    for (_, cost_class), parts in _shares(resources, homes).items():
        for resource_id, ore in parts.items():
            monthly[resource_id] += ore * (factor if cost_class == "personal" else 1.0)
    return {
        "year": year,
        "resource_ore_per_month": dict(monthly),
        "material_ore": {
            s.service_id: MATERIAL_ORE[s.suffix] * factor
            for s in org.services
            if s.suffix in MATERIAL_ORE and s.unit_id != EXTERNAL
        },
        "sample_ore": _SAMPLE_ORE * factor,
        "purchased_ore": PRICE_ORE + (year - 2023) * 30_000,
        "excluded_share": _RESEARCH_SHARE,
    }
