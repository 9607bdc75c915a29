"""What a workbook would change, as it is shown, and kept in the form (signed) until it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core import signing

from vardbalans.web.planning.actions import Key, Wanted
from vardbalans.web.planning.exchange import Difference, Incoming
from vardbalans.web.planning.models import Version
from vardbalans.web.planning.page import shown
from vardbalans.web.planning.selectors import Service, plain
from vardbalans.web.translate import kept, said

__all__ = ["ImportPage", "ImportRow", "asked_of", "import_page"]

_SALT = "planning.import"
_MOST_AGE_S = 24 * 3600


@dataclass(frozen=True)
class ImportRow:
    """One cell that would change."""

    name: str
    week: str
    before: str
    after: str
    clash: bool


@dataclass(frozen=True)
class ImportPage:
    """What would change, what could not be read, and *asked*: the same, signed, for the form that writes it."""

    rows: tuple[ImportRow, ...]
    problems: tuple[str, ...]
    clashes: int
    asked: str


def import_page(version: Version, incoming: Incoming, services: Sequence[Service]) -> ImportPage:
    """Return what *incoming* would change of *version*."""
    names = {service.service_id: service.name for service in services}
    rows = tuple(
        ImportRow(names[row.key.service_id], row.key.week, shown(row.before), shown(row.after), row.clash)
        for row in incoming.differences
    )
    problems = tuple(said(kept(problem)) for problem in incoming.problems)
    return ImportPage(rows, problems, sum(row.clash for row in rows), _signed(version, incoming.differences))


def _signed(version: Version, differences: Sequence[Difference]) -> str:
    cells = [[*row.key, plain(row.after), row.clash] for row in differences]
    return signing.dumps({"version": version.pk, "base": version.revision, "cells": cells}, salt=_SALT, compress=True)


def asked_of(version: Version, asked: str, *, with_clashes: bool) -> tuple[dict[Key, Wanted], int]:
    """Return the cells that were shown, and the revision they were shown against. Raises BadSignature."""
    found = signing.loads(asked, salt=_SALT, max_age=_MOST_AGE_S)
    if found["version"] != version.pk:
        raise signing.BadSignature
    cells = {
        Key(service, week): Wanted(Decimal(value) if value else None)
        for service, week, value, clash in found["cells"]
        if with_clashes or not clash
    }
    return cells, found["base"]
