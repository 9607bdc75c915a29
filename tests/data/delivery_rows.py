"""Small true rows for the delivery's tests: referrals, decisions and stops by short arguments, and what was found."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.data.lake_rows import AT, rows
from vardbalans.data.lake import Lake
from vardbalans.data.write.delivery import Delivery, prepare, read_mapping
from vardbalans.data.write.delivery.mapping import MappingFile
from vardbalans.engine.periods import Period

MAY = Period.parse("2026-05")
SERVICES = [
    {"service_id": "NB", "name": "Nybesök", "unit_id": "U1", "kind": "first_visit", "guarantee": "first_visit"},
    {"service_id": "OP", "name": "Operation", "unit_id": "U1", "kind": "surgery", "guarantee": "treatment"},
    {"service_id": "AB", "name": "Återbesök", "unit_id": "U1", "kind": "follow_up", "guarantee": "none"},
]
UNITS = [{"unit_id": "U1", "name": "Mottagningen", "level": "unit", "hsa_id": "SE1"}]
LAST_EVENT = {"issued": date(2026, 6, 15), "closed": date(2026, 6, 16), "closed_reason": "treated"}


Row = dict[str, Any]


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def visit(number: int, issued: str, closed: str | None = None, **changed: Any) -> Row:
    """Return a referral to a first visit, treated where closed."""
    dates = {"issued": day(issued), "closed": day(closed), "closed_reason": "treated" if closed else None}
    return {
        "referral_id": f"R{number}", "patient_key": f"P{number}", "unit_id": "U1", "service_id": "NB"
    } | dates | changed  # fmt: skip


def operation(number: int, issued: str, decided: str | None, closed: str | None = None, **changed: Any) -> Row:
    """Return a decision to operate."""
    return visit(number, issued, closed, service_id="OP", decided=day(decided)) | changed


def stop(number: int, first: str, last: str | None, kind: str = "medical", **changed: Any) -> Row:
    """Return a clock stop of referral *number*; a patient's choice with its evidence."""
    found = {"referral_id": f"R{number}", "date_from": day(first), "date_to": day(last), "kind": kind}
    if kind == "patient_choice":
        found |= {"informed": True, "declined": True, "offered_at": datetime(2026, 4, 1, 8, 30, tzinfo=UTC)}
    return found | changed


def lake_of(folder: Path, referrals: Iterable[Row], stops: Iterable[Row] = (), **more: Any) -> Lake:
    """Return a store with these rows, and one referral that shows that June has begun."""
    lake = Lake(folder / "store")
    tables = {"services": SERVICES, "units": UNITS, "clock_stops": list(stops)} | more
    tables["referrals"] = [*referrals, visit(999, "2026-06-15") | LAST_EVENT]
    lake.commit({name: rows(name, given_rows) for name, given_rows in tables.items()}, by="Ada", at=AT)
    return lake


def mapping(**changed: Any) -> MappingFile:
    """Return the shipped draft, changed."""
    draft = read_mapping()
    return MappingFile(msgspec.structs.replace(draft.mapping, **changed), draft.name, draft.content)


def delivery(folder: Path, *given_rows: Any, month: Period = MAY, source: MappingFile | None = None) -> Delivery:
    return prepare(lake_of(folder, *given_rows), month, source or read_mapping())


def told(made: Delivery, *severities: str) -> list[tuple[str, int | None, str, str]]:
    """Return what was found, the notes about the draft left out."""
    known = {"draft_mapping", "no_areas", "empty_field"}
    return [
        (item.file, item.row, item.column, item.code)
        for item in made.findings
        if item.code not in known and (not severities or item.severity in severities)
    ]


def numbers(made: Delivery, part: str, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(made.parts[part][name].to_pylist() for name in names), strict=True))
