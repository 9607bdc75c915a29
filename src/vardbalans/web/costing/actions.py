"""Writes of this room: ask for cost per patient. What a person asks for leaves an audit row."""

from django.db import transaction

from vardbalans.data.cost.span import Span
from vardbalans.web import store
from vardbalans.web.costing.selectors import KIND, newest
from vardbalans.web.jobs.actions import job_follow
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import NotPermitted, holds_somewhere

__all__ = ["cost_ask"]


@transaction.atomic
def cost_ask(*, period: str, compare: str, by: User) -> None:
    """Ask for cost per patient in *period* (empty: the ledger's last year), unless it is being computed.

    *compare* is a period to set beside it, or empty. The run covers the whole region whoever asks, so the permission
    for any unit is enough. Raises NotPermitted, and BadInput for what is no period.
    """
    if not holds_somewhere(by, Permission.BALANCE_RUN):
        raise NotPermitted(Permission.BALANCE_RUN)
    asked = {name: str(Span.parse(text)) if text else None for name, text in (("period", period), ("compare", compare))}
    head, last = store.lake().head(), newest()
    if head and not (last and last.is_active):
        job_follow(kind=KIND, arguments=asked, unit_id=ALL_UNITS, by=by)
        target = f"version {head.number}, {asked['period'] or 'last year'}, {asked['compare'] or 'alone'}"
        record(Event.COST_ASKED, by=by, unit_id=ALL_UNITS, target=target)
