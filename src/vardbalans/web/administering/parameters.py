"""Dated parameters: laws, agreements and thresholds, with value, first day and source; who brought them, and when.

The national ones come with the program; the region's own are rows of the table ``rules``. A new value is a new row
with its own first day, stored as a data version like any other import. No row is changed in place.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from vardbalans.data.load.rules import national_rules
from vardbalans.data.rule_units import WARNING_PARTS
from vardbalans.data.tables import TABLES
from vardbalans.web import clock, numbers, store
from vardbalans.web.headings import column_choices
from vardbalans.web.jobs.actions import job_ask
from vardbalans.web.jobs.models import Job
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, User

__all__ = ["CHANGE", "Parameter", "change", "listed", "retention_years", "write"]

CHANGE = "administering.parameter"
_MOST = 2000
_COLUMNS = ("rule_id", "kind", "name", "applies_to", "value", "unit", "valid_from", "source")


@dataclass(frozen=True)
class Parameter:
    """One dated value; *by* and *at* are who stored it and when, None for a national one."""

    kind: str
    name: str
    applies_to: str
    value: float
    unit: str
    valid_from: date
    source: str
    file: str = ""
    by: str = ""
    at: datetime | None = None
    standing: str = ""
    """``now``, ``coming``, ``past``, or ``replaced``: a national one, by the region's own."""

    @property
    def subject(self) -> tuple[str, ...]:
        """Return what only one value holds for at a time.

        Rules of working time tell what they are about by name, those of early warning by their unit.
        """
        named = self.name if self.kind == "working_time" else ""
        part = WARNING_PARTS.get(self.unit, "") if self.kind == "early_warning" else ""
        return self.kind, self.applies_to, part, named

    @property
    def kind_words(self) -> str:
        """Return what the kind is called."""
        return _choices("kind").get(self.kind, self.kind)

    @property
    def applies_words(self) -> str:
        """Return what it applies to."""
        return _choices("applies_to").get(self.applies_to, self.applies_to)

    @property
    def shown_value(self) -> str:
        """Return the value in words."""
        return numbers.number(self.value, 0 if self.value.is_integer() else 2)

    @property
    def used_by(self) -> str:
        """Return what depends on it."""
        return {
            "care_guarantee": _("Väntelista, Översikt, leverans av väntetider"),
            "full_time": _("Balans, Kapacitet"),
            "working_time": _("Kapacitet"),
            "occupancy": _("Vårdplatser"),
            "early_warning": _("Översikt"),
            "small_numbers": _("Väntelista, Ekonomi, delade rapporter"),
            "hour_value": _("Åtgärder"),
            "cost_outliers": _("Ekonomi"),
            "cost_controls": _("Ekonomi"),
            "log_retention": _("Logg"),
            "escalation": _("Åtgärder"),
        }.get(self.kind, "")


def listed() -> list[Parameter]:
    """Return every parameter of the newest data version and the national ones, with how each stands today."""
    found = [_national(row) for row in national_rules()] + _own()
    today, current = clock.today(), {}
    for item in sorted(found, key=lambda item: (item.valid_from, item.at is not None)):
        if item.valid_from <= today:
            current[item.subject] = item

    def standing(item: Parameter) -> str:
        if item.valid_from > today:
            return "coming"
        now = current[item.subject]
        replaced = item.at is None and now.at is not None and item.valid_from >= now.valid_from
        return "now" if now is item else "replaced" if replaced else "past"

    marked = [replace(item, standing=standing(item)) for item in found]
    order = {"now": 0, "coming": 1, "replaced": 2, "past": 3}

    def place(item: Parameter) -> tuple[str, str, int, int]:
        return item.kind, item.applies_to, order[item.standing], -item.valid_from.toordinal()

    return sorted(marked, key=place)


def retention_years() -> int:
    """Return for how many years the log is kept, at least: the law's, or the region's own where that is longer."""
    today, rows = clock.today(), [item for item in listed() if item.kind == "log_retention"]
    law = [item.value for item in rows if item.at is None and item.valid_from <= today]
    return int(max(law + [item.value for item in rows if item.standing == "now"]))


@transaction.atomic
def change(*, given: Mapping[str, Any], by: User) -> Job:
    """Ask for a new value to be stored as a data version of its own, in the name of *by*. Raises NotPermitted."""
    row = {
        "rule_id": f"P-{uuid4().hex[:10]}",
        "kind": given["kind"],
        "name": given["name"],
        "applies_to": given["applies_to"],
        "value": str(given["value"]),
        "unit": given["unit"],
        "valid_from": given["valid_from"].isoformat(),
        "source": given["source"],
    }
    job = job_ask(kind=CHANGE, arguments={"row": row, "by": by.display_name}, unit_id=ALL_UNITS, by=by)
    target = f"{row['rule_id']} {row['kind']} {row['applies_to']} {row['value']} {row['unit']} {row['valid_from']}"
    record(Event.PARAMETER_CHANGED, by=by, unit_id=ALL_UNITS, target=target[:400], reason=given["reason"])
    return job


def write(folder: Path, row: Mapping[str, str]) -> Path:
    """Write *row* in *folder* as the file that it would have been brought in by, and return its path."""
    path = folder / "rules.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, delimiter=";")
        writer.writeheader()
        writer.writerow(row)
    return path


def _choices(name: str) -> dict[str, str]:
    return column_choices(TABLES["rules"].column(name))


def _national(row: Mapping[str, str]) -> Parameter:
    first = date.fromisoformat(row["valid_from"])
    value = float(row["value"])
    return Parameter(row["kind"], row["name"], row["applies_to"], value, row["unit"], first, row["source"])


def _own() -> list[Parameter]:
    lake = store.lake()
    head = lake.head()
    if head is None or "rules" not in head.tables:
        return []
    brought = {file.name: version for version in lake.versions() for file in version.files}
    found = []
    for row in lake.sources("rules", {}, head.number, limit=_MOST).rows:
        version = brought.get(row["_file"])
        found.append(
            Parameter(
                row["kind"],
                row["name"],
                row["applies_to"] or "",
                float(row["value"]),
                row["unit"],
                row["valid_from"],
                row["source"],
                row["_file"],
                version.by if version else "",
                version.at if version else head.at,
            )
        )
    return found
