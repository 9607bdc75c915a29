"""One adjustment of a forecast, typed into a form, as the file that it would have been brought in by."""

import csv
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from vardbalans.web import store
from vardbalans.web.people import selectors as people
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree

__all__ = ["Service", "level_of", "row_of", "service_named", "typed_number", "write"]

_COLUMNS = (
    "adjustment_id",
    "service_id",
    "date_from",
    "date_to",
    "per_week",
    "factor",
    "author",
    "author_level",
    "reason",
    "made_at",
)
_LEVELS = {"ward": "unit", "theatre": "unit"}
"""Levels of units that have none of their own among those of authors."""
_NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,6})?", re.ASCII)


class Service(NamedTuple):
    """A service of the newest data version."""

    service_id: str
    name: str
    unit_id: str


def service_named(service_id: str) -> Service | None:
    """Return the service in the newest data version; None where there is none."""
    head = store.lake().head()
    if head is None:
        return None
    rows = store.lake().read("services", head.number, Service._fields).to_pylist()
    return next((Service(**row) for row in rows if row["service_id"] == service_id), None)


def typed_number(text: str) -> float | None:
    """Return the number that someone typed, with a comma or a dot; None for what is no number."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace("\u2212", "-")
    return float(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None


def level_of(user: User, service: Service) -> str:
    """Return the level that *user* judges the service's need from: that of the unit their permission comes through.

    A permission for all units is the region's. Raises OutOfScope or NotPermitted.
    """
    tree = current_tree()
    people.require(user, Permission.NEED_ADJUST, service.unit_id, tree=tree)
    unit = people.given_through(user, Permission.NEED_ADJUST, service.unit_id, tree=tree)
    return _LEVELS.get(unit.level, unit.level) if unit else "region"


def row_of(service: Service, given: Mapping[str, Any], level: str, at: datetime) -> dict[str, str]:
    """Return the row of the table of adjustments, in the texts of a file, made at *at* from *level*.

    *given* is what :class:`~vardbalans.web.intake.forms.AdjustmentForm` has cleaned.
    """
    values = {
        "adjustment_id": f"J-{uuid4().hex[:10]}",
        "service_id": service.service_id,
        "author": given["author"],
        "author_level": level,
        "reason": " ".join(given["reason"].split()),
        "made_at": at.strftime("%Y-%m-%d %H:%M"),
    }
    numbers = {name: "" if given[name] is None else str(given[name]) for name in ("per_week", "factor")}
    return values | numbers | {name: given[name].isoformat() for name in ("date_from", "date_to")}


def write(folder: Path, row: Mapping[str, str]) -> Path:
    """Write *row* in *folder* as the file that it would have been brought in by, and return its path."""
    path = folder / "adjustments.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerow(row)
    return path
