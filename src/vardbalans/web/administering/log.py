"""What of the log a person may read, and what its rows say."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from vardbalans.web.people import selectors as people
from vardbalans.web.people.models import ALL_UNITS, AuditEvent, Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree

__all__ = ["READINGS", "between", "events_for", "filtered", "readings"]

READINGS = (Event.PATIENT_ROWS_READ,)
"""The events that are about reading patient-level rows: what a spot-check draws from."""


def events_for(user: User) -> QuerySet[AuditEvent]:
    """Return the rows *user* may read: those of the units of their scope; all for one who holds the region."""
    tree, rows = current_tree(), AuditEvent.objects.select_related("actor", "seal")
    if people.holds_for_region(user, Permission.AUDIT_READ, tree=tree):
        return rows
    return rows.filter(unit_id__in=people.scope_of(user, Permission.AUDIT_READ, tree=tree))


def filtered(rows: QuerySet[AuditEvent], asked: Mapping[str, Any]) -> QuerySet[AuditEvent]:
    """Return the *rows* that the cleaned form *asked* leaves."""
    rows = between(rows, asked.get("date_from"), asked.get("date_to"))
    if asked.get("event"):
        rows = rows.filter(event=asked["event"])
    if asked.get("who"):
        named = Q(actor__username__icontains=asked["who"]) | Q(actor__display_name__icontains=asked["who"])
        rows = rows.filter(named)
    if asked.get("unit"):
        below = [unit.unit_id for unit in current_tree().below(asked["unit"])]
        rows = rows.filter(unit_id__in=below)
    return rows


def between(rows: QuerySet[AuditEvent], first: date | None, last: date | None) -> QuerySet[AuditEvent]:
    """Return the *rows* from the day *first* through the day *last*, as days are in Stockholm."""
    zone = timezone.get_default_timezone()
    if first:
        rows = rows.filter(at__gte=datetime.combine(first, time.min, zone))
    if last:
        rows = rows.filter(at__lt=datetime.combine(last + timedelta(days=1), time.min, zone))
    return rows


def readings(unit_id: str, first: date, last: date) -> QuerySet[AuditEvent]:
    """Return the readings of patient-level rows of a unit and those below it; of everything for all units."""
    rows = between(AuditEvent.objects.filter(event__in=READINGS), first, last)
    if unit_id == ALL_UNITS:
        return rows
    return rows.filter(unit_id__in=[unit.unit_id for unit in current_tree().below(unit_id)])
