"""The demo's accounts: vouchers that sum to zero, budget, cost rules and drivers, with one cost centre per clinic."""

from collections import defaultdict
from datetime import date, timedelta

import numpy as np

from vardbalans.data.demo import capacity, clock, costing
from vardbalans.data.demo.activity import Activity
from vardbalans.data.demo.planning import PRICE_ORE
from vardbalans.data.demo.queueing import PERFORMED
from vardbalans.data.demo.region import EXTERNAL, Organisation
from vardbalans.engine.sampling import stream

__all__ = ["ACCOUNTS", "Month", "economy_rows"]

Row = dict[str, object]
Rows = list[Row]
Month = tuple[int, int]

ACCOUNTS = {
    "1930": "Bank",
    "2440": "Leverantörsskulder",
    "4110": "Köpt vård",
    "5010": "Löner",
    "5610": "Arbetsgivaravgifter",
    "5710": "Läkemedel",
    "5810": "Sjukvårdsmaterial",
    "5910": "Implantat",
    "6010": "Lokalhyra",
    "7910": "Avskrivningar",
    "3990": "Regionbidrag, internt",
}
"""Accounts of the demo by number."""

_CLASSES = (
    ("5000", "5699", "personal"),
    ("5700", "5799", "läkemedel"),
    ("5800", "5899", "material"),
    ("5900", "5999", "implantat"),
    ("6000", "6099", "lokaler"),
    ("7900", "7999", "avskrivningar"),
    ("4100", "4199", "köpt vård"),
)


def economy_rows(
    org: Organisation,
    resources: tuple[capacity.Resource, ...],
    activity: Activity,
    items: costing.Items,
    seed: int,
) -> dict[str, Rows]:
    """Return the rows of ledger, budget, cost_rules, cost_centres, drivers, cost_pools and cost_weights."""
    volumes = _volumes(org, activity)
    costs = _costs(org, resources, volumes, seed)
    for key, ore in costing.central_costs(costs, items, org, seed).items():
        costs[key] += ore
    return {
        "ledger": _vouchers(costs),
        "budget": _budget(costs),
        "cost_rules": _cost_rules(),
        "cost_centres": costing.centre_rows(org),
        "drivers": _drivers(org, resources, volumes),
        "cost_pools": costing.pool_rows(org, resources),
        "cost_weights": costing.weight_rows(org),
    }


def _months() -> list[Month]:
    """Return the months kept in the books: 2024 until the last whole month."""
    return [(year, month) for year in (2024, 2025, 2026) for month in range(1, 13) if (year, month) < (2026, 10)]


def _volumes(org: Organisation, activity: Activity) -> dict[tuple[str, Month], int]:
    """Return performed contacts by service and month."""
    contacts = activity.contacts
    days = contacts["start"] // 1440
    edges = [clock.day_index(date(year, month, 1)) for year, month in _months()] + [clock.day_index(date(2026, 10, 1))]
    month = np.searchsorted(edges, days, side="right") - 1
    kept = (contacts["status"] == PERFORMED) & (month >= 0) & (month < len(edges) - 1)
    table = np.zeros((len(org.services), len(edges) - 1), dtype=np.int64)
    np.add.at(table, (contacts["service"][kept], month[kept]), 1)
    return {
        (service.service_id, when): int(table[n, m])
        for n, service in enumerate(org.services)
        for m, when in enumerate(_months())
    }


Costs = dict[tuple[Month, str, str], int]


def _costs(
    org: Organisation, resources: tuple[capacity.Resource, ...], volumes: dict[tuple[str, Month], int], seed: int
) -> Costs:
    """Return cost in öre by month, cost centre and account."""
    rng = stream(seed, "ledger")
    homes = {clinic.code: clinic.clinic_id for clinic in org.clinics}
    costs: Costs = defaultdict(int)
    for when in _months():
        raise_of_year = 1.03 ** (when[0] - 2024)
        for resource in resources:
            centre = homes.get(resource.resource_id.rsplit("-", 1)[0])
            if centre is not None:
                _resource_costs(costs, when, centre, resource, raise_of_year * (1 + 0.01 * rng.standard_normal()))
        for service in org.services:
            done = volumes[service.service_id, when]
            if service.unit_id == EXTERNAL:
                price = PRICE_ORE + (when[0] - 2023) * 30_000
                costs[when, service.clinic.clinic_id, "4110"] += done * price
            elif service.suffix in costing.MATERIAL_ORE:
                spent = round(
                    done * costing.MATERIAL_ORE[service.suffix] * raise_of_year * (1 + 0.01 * rng.standard_normal())
                )
                costs[when, service.clinic.clinic_id, "5810"] += spent * 7 // 10
                costs[when, service.clinic.clinic_id, "5710"] += spent * 3 // 10
    return costs


def _resource_costs(costs: Costs, when: Month, centre: str, resource: capacity.Resource, factor: float) -> None:
    if resource.fte:
        pay = round(resource.fte * costing.PAY_ORE_PER_MONTH[resource.role.competence] * factor)
        costs[when, centre, "5010"] += pay
        costs[when, centre, "5610"] += round(pay * 0.45)
        return
    rent = costing.RENT_ORE[resource.code]
    costs[when, centre, "6010"] += round(max(resource.sets) * rent)
    if resource.role.kind == "equipment" or resource.code == "SAL":
        costs[when, centre, "7910"] += round(max(resource.sets) * rent * 0.6)


_SERIES = {"5010": "L", "5610": "L", "5710": "F", "5810": "F", "5910": "F", "4110": "F", "6010": "I", "7910": "I"}


def _vouchers(costs: Costs) -> Rows:
    """Return one voucher per month, cost centre and series: costs in debit, bank, supplier or internal in credit."""
    grouped: dict[tuple[Month, str, str], list[tuple[str, int]]] = defaultdict(list)
    for (when, centre, account), amount in costs.items():
        if amount:
            grouped[when, _SERIES[account], centre].append((account, amount))
    numbers: dict[tuple[int, str], int] = defaultdict(int)
    rows: Rows = []
    for (when, series, centre), lines in sorted(grouped.items()):
        numbers[when[0], series] += 1
        against = {"L": "1930", "F": "2440", "I": "3990"}[series]
        balanced = [*sorted(lines), (against, -sum(amount for _, amount in lines))]
        rows += _voucher(when, f"{series}-{numbers[when[0], series]}", centre, balanced)
    return rows


_TEXTS = {"L": "Löner", "F": "Läkemedel, material och köpt vård", "I": "Lokaler och avskrivningar"}


def _voucher(when: Month, number: str, centre: str, lines: list[tuple[str, int]]) -> Rows:
    year, month = when
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return [
        {
            "year": str(year),
            "voucher": number,
            "line": line,
            "date": last,
            "account": account,
            "cost_centre": centre if account[0] in "34567" else None,
            "amount_ore": amount,
            "text": f"{_TEXTS[number[0]]} {year}-{month:02d}",
        }
        for line, (account, amount) in enumerate(lines, 1)
    ]


def _budget(costs: Costs) -> Rows:
    """Return the budget: the year's cost a month, spread evenly and rounded to whole thousands of kronor."""
    total: dict[tuple[int, str, str], int] = defaultdict(int)
    months: dict[int, set[int]] = defaultdict(set)
    for (when, centre, account), amount in costs.items():
        total[when[0], account, centre] += amount
        months[when[0]].add(when[1])
    return [
        {
            "year": str(year),
            "account": account,
            "cost_centre": centre,
            "month": f"{year}-{month:02d}",
            "amount_ore": round(amount / len(months[year]) * 0.985 / 100_000) * 100_000,
        }
        for (year, account, centre), amount in sorted(total.items())
        for month in range(1, 13)
    ]


def _cost_rules() -> Rows:
    since = date(2024, 1, 1)
    rows: Rows = [
        {
            "rule_id": f"R{n}",
            "account_from": low,
            "account_to": high,
            "class": name,
            "action": "include",
            "valid_from": since,
        }
        for n, (low, high, name) in enumerate(_CLASSES, 1)
    ]
    return [
        *rows,
        {
            "rule_id": "R90",
            "account_from": "4000",
            "account_to": "7999",
            "cost_centre": "FOU",
            "class": "forskning och utbildning",
            "action": "exclude",
            "valid_from": since,
        },
        {
            "rule_id": "R99",
            "account_from": "1000",
            "account_to": "3999",
            "class": "balans och bidrag",
            "action": "outside",
            "valid_from": since,
        },
    ]


def _drivers(
    org: Organisation, resources: tuple[capacity.Resource, ...], volumes: dict[tuple[str, Month], int]
) -> Rows:
    """Return contacts, employees, computers and square metres per month for each cost centre."""
    rows: Rows = []
    contacts: dict[tuple[str, Month], int] = defaultdict(int)
    for service in org.services:
        if service.unit_id != EXTERNAL:
            for when in _months():
                contacts[service.clinic.clinic_id, when] += volumes[service.service_id, when]
    for (centre, (year, month)), value in contacts.items():
        rows.append(
            {"cost_centre": centre, "driver": "kontakter", "period": f"{year}-{month:02d}", "value": float(value)}
        )
    area = {"RUM": 22, "SAL": 75, "BED": 28, "APP": 45, "DVP": 14}
    metres: dict[str, float] = defaultdict(float)
    homes = {clinic.code: clinic.clinic_id for clinic in org.clinics}
    for resource in resources:
        home = resource.resource_id.rsplit("-", 1)[0]
        if resource.code in area and home in homes:
            metres[homes[home]] += max(resource.sets) * area[resource.code]
    posts: dict[str, float] = defaultdict(float)
    for resource in resources:
        home = resource.resource_id.rsplit("-", 1)[0]
        if resource.fte and home in homes:
            posts[homes[home]] += resource.fte
    return rows + costing.driver_rows(metres, posts, _months())
