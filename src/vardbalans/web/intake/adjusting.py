"""One adjustment of a forecast, typed into a form, as the file that it would have been brought in by."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from vardbalans.web import store
from vardbalans.web.intake.receiving import IncomingFile

__all__ = ["Service", "as_file", "service_named", "typed_number"]

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


def as_file(service_id: str, given: Mapping[str, Any], at: datetime) -> IncomingFile:
    """Return a csv file with one row of the table of adjustments, made at *at*; closing it removes what is not kept."""
    row = {
        "adjustment_id": f"J-{uuid4().hex[:10]}",
        "service_id": service_id,
        "made_at": at.strftime("%Y-%m-%d %H:%M"),
        **{name: given[name] for name in ("author", "author_level", "per_week", "factor")},
        "reason": " ".join(given["reason"].split()),
        **{name: given[name].isoformat() for name in ("date_from", "date_to")},
    }
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _COLUMNS, delimiter=";")
    writer.writeheader()
    writer.writerow({name: "" if value is None else value for name, value in row.items()})
    file = IncomingFile("adjustments.csv")
    file.write(text.getvalue().encode("utf-8-sig"))
    file.size = file.tell()
    file.seek(0)
    return file
