"""What people do with jobs: ask for one, and ask for its end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.jobs import selectors
from vardbalans.web.jobs.kinds import kind_named
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User

__all__ = ["job_ask", "job_cancel", "job_follow", "keep_house"]


@transaction.atomic
def job_ask(*, kind: str, arguments: Mapping[str, Any], unit_id: str, by: User) -> Job:
    """Put a job in the queue; the caller records what was asked for. Raises OutOfScope or NotPermitted."""
    selectors.require(by, kind_named(kind).permission, unit_id)
    return Job.objects.create(kind=kind, arguments=dict(arguments), unit_id=unit_id, asked_by=by)


def job_follow(*, kind: str, arguments: Mapping[str, Any], unit_id: str, by: User | None) -> Job:
    """Put a job in the queue that follows from one *by* was permitted to ask for; None: a worker asks by itself."""
    return Job.objects.create(kind=kind, arguments=dict(arguments), unit_id=unit_id, asked_by=by)


@transaction.atomic
def job_cancel(*, job: Job, by: User) -> None:
    """Take the job out of the queue, or ask its worker to stop at its next step. Raises BadInput when it is too late.

    Raises OutOfScope or NotPermitted.
    """
    selectors.require(by, kind_named(job.kind).permission, job.unit_id)
    now = timezone.now()
    found = Job.objects.filter(pk=job.pk)
    stopped = found.filter(state=State.QUEUED).update(state=State.CANCELLED, cancel_asked_at=now, ended_at=now)
    asked = stopped or found.filter(state=State.RUNNING, cancellable=True).update(cancel_asked_at=now)
    if not asked:
        raise BadInput(Message("Det går inte längre att avbryta: jobbet är klart eller håller på att sparas."))
    record(Event.JOB_CANCELLED, by=by, unit_id=job.unit_id, target=f"{job.kind} {job.pk}")


def keep_house() -> None:
    """Empty the results of jobs that were over long ago; the newest that went well of each kind keeps its own.

    Who asked for what and how it ended stays: it is the result, at times of many thousand rows, that is let go.
    """
    until = timezone.now() - timedelta(days=settings.CONFIGURATION.job_results_days)
    newest = Job.objects.filter(state=State.DONE).values("kind").annotate(last=Max("pk")).values("last")
    old = Job.objects.filter(ended_at__lt=until).exclude(pk__in=newest)
    old.filter(Q(result__isnull=False) | ~Q(checkpoint={})).update(result=None, checkpoint={})
