"""Reads of jobs, for those who may see them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vardbalans.web.jobs.kinds import kind_named
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people import selectors as people
from vardbalans.web.people.models import ALL_UNITS, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.translate import said

__all__ = ["job_of", "progress_of", "require"]

_TELLING = 0.05
"""Below this share of the work nothing is said of the time left: it would be a guess."""


def require(user: User, permission: Permission, unit_id: str) -> None:
    """Return when *user* holds *permission* for the unit, or for the whole region where *unit_id* says all units.

    Raises OutOfScope or NotPermitted.
    """
    if unit_id == ALL_UNITS:
        people.require_for_region(user, permission, tree=current_tree())
    else:
        people.require(user, permission, unit_id, tree=current_tree())


def job_of(user: User, job_id: int) -> Job:
    """Return the job without its result. Raises OutOfScope where there is none that *user* may see."""
    job = Job.objects.defer("result", "arguments", "checkpoint").filter(pk=job_id).first()
    if job is None:
        raise people.OutOfScope(str(job_id))
    kind = kind_named(job.kind)
    if kind.watch and people.holds_somewhere(user, kind.watch):
        return job
    try:
        require(user, kind.permission, job.unit_id)
    except people.NotPermitted as error:
        raise people.OutOfScope(str(job_id)) from error
    return job


def progress_of(job: Job) -> dict[str, Any]:
    """Return how far *job* is, in words of the reader's language."""
    return {
        "state": job.state,
        "ended": not job.is_active,
        "progress": job.progress,
        "sentence": _sentence(job),
        "left": _time_left(job, timezone.now()),
    }


def _sentence(job: Job) -> str:
    if job.is_active and job.cancel_asked_at:
        return _("Avbryts vid nästa steg.")
    if job.state == State.QUEUED:
        return _("Väntar på sin tur.")
    if job.state == State.RUNNING and not job.sentence:
        return _("Startar.")
    return said(job.sentence) if job.is_active else str(State(job.state).label)


def _time_left(job: Job, now: datetime) -> str:
    """Return how long is left if the rest goes as what is done did; nothing when it cannot be told."""
    if job.state != State.RUNNING or job.started_at is None or job.progress < _TELLING:
        return ""
    left: timedelta = (now - job.started_at) * (1 / job.progress - 1)
    minutes = round(left.total_seconds() / 60)
    if not minutes:
        return _("Mindre än en minut kvar.")
    return ngettext("Ungefär {count} minut kvar.", "Ungefär {count} minuter kvar.", minutes).format(count=minutes)
