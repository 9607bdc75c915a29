"""Writes of this room: ask for the balance to be computed. What a person asks for leaves an audit row."""

from django.db import transaction
from django.db.models import Q

from vardbalans.web import store
from vardbalans.web.balancing.selectors import KIND, is_made_from, newest
from vardbalans.web.jobs.actions import job_follow
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import NotPermitted, holds_somewhere

__all__ = ["balance_ask", "balance_follow", "balance_unless_there"]


@transaction.atomic
def balance_ask(*, by: User) -> None:
    """Ask for the balance of the newest data, unless it is being computed. Raises NotPermitted.

    The run covers the whole region whoever asks, so the permission for any unit is enough.
    """
    if not holds_somewhere(by, Permission.BALANCE_RUN):
        raise NotPermitted(Permission.BALANCE_RUN)
    head, last = store.lake().head(), newest()
    if head and not (last and last.is_active):
        job_follow(kind=KIND, arguments={}, unit_id=ALL_UNITS, by=by)
        record(Event.BALANCE_ASKED, by=by, unit_id=ALL_UNITS, target=f"version {head.number}")


@transaction.atomic
def balance_follow(*, version: int, by: User | None) -> None:
    """Have the balance computed because *version* has come; *by* brought it, None: a worker asks by itself.

    One that waits in the queue already will read the newest data when its turn comes, so none is added to it.
    """
    if not Job.objects.filter(kind=KIND, state=State.QUEUED).exists():
        job_follow(kind=KIND, arguments={"version": version}, unit_id=ALL_UNITS, by=by)


def balance_unless_there() -> None:
    """Have the balance of the newest version computed where nobody has, as after an import on the command line.

    What was tried since it came, or stopped, is not tried again by itself.
    """
    head, latest = store.lake().head(), store.results().latest()
    if head is None or (latest and is_made_from(latest, head)):
        return
    stopped = Q(state=State.CANCELLED, ended_at__gte=head.at)
    tried = Q(arguments__version=head.number) | Q(started_at__gte=head.at) | stopped
    if not Job.objects.filter(tried, kind=KIND).exists():
        balance_follow(version=head.number, by=None)
