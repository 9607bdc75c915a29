"""A clinic whose cost per patient can be counted by hand: a theatre, a ward, a laboratory, two support centres.

In May 2026 the theatre costs 60 000 kr and is open 16 days of 60 minutes with all of it plannable (960 minutes).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.data.lake_rows import AT, rows
from vardbalans.data.lake import Lake

SINCE = date(2026, 1, 1)
PERIOD = "2026-05"


def at(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """Return a moment of May 2026, local summer time."""
    return datetime(2026, 5, day, hour - 2, minute, tzinfo=UTC)


def contact(number: int, patient: str, service: str, day: int, **changed: Any) -> dict[str, Any]:
    """Return a performed contact of the clinic at eight."""
    unit = {"NB": "M", "OP": "O", "SV": "V"}[service]
    return {
        "contact_id": f"C{number}",
        "patient_key": patient,
        "unit_id": unit,
        "service_id": service,
        "starts_at": at(day),
        "status": "performed",
        **changed,
    }


def entry(centre: str | None, account: str, kronor: int, line: int, day: date = date(2026, 5, 31)) -> dict[str, Any]:
    """Return a line of the ledger."""
    return {
        "year": "2026",
        "voucher": "A-1",
        "line": line,
        "date": day,
        "account": account,
        "cost_centre": centre,
        "amount_ore": kronor * 100,
    }


def rule(rule_id: str, low: str, high: str, cost_class: str, action: str = "include", **changed: Any) -> dict[str, Any]:
    """Return a cost rule."""
    named = {"rule_id": rule_id, "account_from": low, "account_to": high, "class": cost_class, "action": action}
    return {**named, "valid_from": SINCE, **changed}


def pool(pool_id: str, cost_class: str | None, basis: str, centre: str = "K", **changed: Any) -> dict[str, Any]:
    """Return a pool that takes all of a class."""
    named = {"pool_id": pool_id, "cost_centre": centre, "class": cost_class, "share": 1.0, "basis": basis}
    return {**named, "valid_from": SINCE, **changed}


def item(number: int, patient: str, day: int, quantity: float = 1.0, **changed: Any) -> dict[str, Any]:
    """Return a laboratory sample ordered by the clinic's outpatient unit at nine."""
    named = {"item_id": f"L{number}", "patient_key": patient, "unit_id": "M", "kind": "laboratory"}
    return {**named, "given_at": at(day, 9), "quantity": quantity, **changed}


def clinic() -> dict[str, list[dict[str, Any]]]:
    """Return the clinic's tables as rows, to be changed by a test."""
    units = [("R", "region", None), ("K", "clinic", "R"), ("M", "unit", "K"), ("O", "unit", "K"), ("V", "ward", "K")]
    services = [("NB", "M", "first_visit"), ("OP", "O", "surgery"), ("SV", "V", "inpatient")]
    return {
        "units": [{"unit_id": name, "name": name, "level": level, "parent_id": above} for name, level, above in units],
        "services": [
            {"service_id": name, "name": name, "unit_id": unit, "kind": kind, "guarantee": "none"}
            for name, unit, kind in services
        ],
        "resources": [
            {"resource_id": "SAL", "name": "Sal", "unit_id": "O", "kind": "room", "shift_minutes": 480},
        ],
        "openings": [
            {"resource_id": "SAL", "weekday": day, "sets": 1.0, "minutes": 60.0, "open_holidays": True,
             "valid_from": SINCE}
            for day in (1, 2, 3, 4)
        ],
        "utilisation": [{"resource_id": "SAL", "share": 1.0, "valid_from": SINCE}],
        "recipes": [
            {"service_id": "OP", "resource_id": "SAL", "minutes": 120.0, "per": "activity", "valid_from": SINCE},
        ],
        "contacts": [
            contact(1, "P1", "NB", 4, profession="läkare"),
            contact(2, "P2", "NB", 5, profession="sjuksköterska"),
            contact(3, "P3", "OP", 6),
            contact(4, "P4", "SV", 11, ends_at=at(13)),
            contact(5, "P1", "NB", 7, status="no_show"),
            contact(6, "P1", "OP", 12),
        ],
        "operations": [
            {"operation_id": "O1", "contact_id": "C3", "theatre_id": "O", "room_in": at(6, 8), "room_out": at(6, 11),
             "anaesthesia_start": at(6, 8, 30), "status": "performed", "acute": False},
        ],
        "stays": [
            {"stay_id": "S1", "patient_key": "P4", "clinic_id": "K", "ward_id": "V", "admitted": at(11, 9),
             "discharged": at(13, 9), "acute": True, "bed_kind": "vanlig"},
            {"stay_id": "S2", "patient_key": "P3", "clinic_id": "K", "ward_id": "V", "admitted": at(6, 12),
             "discharged": at(7, 12), "acute": False, "bed_kind": "IVA"},
        ],
        "care_items": [item(1, "P1", 4), item(2, "P2", 5, 2.0), item(3, "P4", 25)],
        "ledger": [
            entry("K", "5010", 60_000, 1),
            entry("K", "5020", 30_000, 2),
            entry("K", "5810", 9_000, 3),
            entry("LAB", "5030", 2_000, 4),
            entry("IT", "5010", 5_000, 5),
            entry("HR", "5010", 3_000, 6),
            entry("FOU", "5010", 700, 7),
            entry(None, "1930", -109_700, 8),
        ],
        "cost_rules": [
            rule("R1", "5010", "5010", "operation"),
            rule("R2", "5020", "5020", "vårddygn"),
            rule("R3", "5810", "5810", "besök"),
            rule("R4", "5030", "5030", "prover"),
            rule("R8", "4000", "7999", "forskning", "exclude", cost_centre="FOU"),
            rule("R9", "1000", "3999", "balans", "outside"),
        ],
        "cost_centres": [
            {"cost_centre": "K", "name": "Kliniken", "kind": "producing", "unit_id": "K"},
            {"cost_centre": "LAB", "name": "Lab", "kind": "producing", "unit_id": "R"},
            {"cost_centre": "IT", "name": "IT", "kind": "support", "driver": "datorer", "step": 1},
            {"cost_centre": "HR", "name": "HR", "kind": "support", "driver": "anställda", "step": 2},
        ],
        "drivers": [
            {"cost_centre": centre, "driver": driver, "period": "2026-05", "value": value}
            for driver, values in (
                ("datorer", {"K": 6.0, "LAB": 2.0, "HR": 2.0}),
                ("anställda", {"K": 8.0, "LAB": 1.0, "IT": 1.0}),
            )
            for centre, value in values.items()
        ],
        "cost_pools": [
            pool("SALEN", "operation", "theatre_minutes", resource_id="SAL"),
            pool("DYGN", "vårddygn", "bed_days", unit_id="V"),
            pool("BESÖK", "besök", "contacts", unit_id="M"),
            pool("PROVER", None, "items", "LAB", kind="laboratory"),
        ],
        "cost_weights": [
            {"dimension": "care_category", "value": "IVA", "weight": 3.0, "valid_from": SINCE},
            {"dimension": "profession", "value": "läkare", "weight": 2.0, "valid_from": SINCE},
        ],
    }  # fmt: skip


def stored(root: Path, tables: Mapping[str, list[dict[str, Any]]]) -> Path:
    """Store *tables* and return the store."""
    Lake(root).commit({name: rows(name, given) for name, given in tables.items() if given}, by="test", at=AT)
    return root
