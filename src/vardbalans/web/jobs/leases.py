"""A worker's hold on a job. Every write here names the token, and writes nothing when another has taken the job since.

A job is taken by one conditional update, so that of two workers only one gets it, on SQLite and on PostgreSQL. A lease
that is not renewed in time ends, and the next worker takes the job over.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from vardbalans.engine.messages import Message
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.translate import kept

__all__ = [
    "MOST_ATTEMPTS",
    "Cancelled",
    "LeaseLost",
    "cancelled",
    "claim",
    "dropped",
    "failed",
    "finished",
    "held",
    "lease",
    "memory_limit",
    "released",
    "renewed",
    "stepped",
]

MOST_ATTEMPTS = 3
"""How many times a job is taken before it is given up: one that kills its worker must not do so for ever."""


class LeaseLost(Exception):
    """Another worker has the job, or it is over: nothing was written."""


class Cancelled(Exception):
    """Someone has asked for the job's end."""


def lease() -> timedelta:
    """Return how long a job is held without a sign of life."""
    return timedelta(seconds=settings.CONFIGURATION.job_lease_seconds)


def memory_limit() -> int:
    """Return how many bytes of its own a job's process may have."""
    limit: int = settings.CONFIGURATION.job_memory_mb << 20
    return limit


def held(*, job_id: int, token: int) -> Job | None:
    """Return the job if it is held with *token*."""
    return _held(job_id, token).select_related("asked_by").first()


def claim(*, worker: str, kind: str = "") -> Job | None:
    """Take the job that has waited longest, or one whose worker has gone silent; None when there is none.

    With *kind* only jobs of that kind are taken.
    """
    free = Job.objects.filter(_free(), **({"kind": kind} if kind else {}))
    waiting = list(free.order_by("asked_at", "pk").values_list("pk", flat=True))
    if waiting:
        _give_up()
    return next((job for job_id in waiting if (job := _taken(job_id, worker))), None)


def _free() -> Q:
    return Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=timezone.now())


@transaction.atomic
def _taken(job_id: int, worker: str) -> Job | None:
    now = timezone.now()
    won = Job.objects.filter(_free(), pk=job_id).update(
        state=State.RUNNING,
        worker=worker,
        lease_until=now + lease(),
        heartbeat_at=now,
        started_at=Coalesce(F("started_at"), now),
        attempts=F("attempts") + 1,
        token=F("token") + 1,
    )
    return Job.objects.get(pk=job_id) if won else None


def _give_up() -> None:
    """End the jobs that have lost their worker too many times."""
    Job.objects.filter(_free(), state=State.RUNNING, attempts__gte=MOST_ATTEMPTS).update(
        state=State.FAILED, lease_until=None, ended_at=timezone.now(), error=_given_up()
    )


def _given_up() -> dict[str, Any]:
    return kept(
        Message(
            "Jobbet tog slut oväntat {count} gånger, kanske för att minnet inte räckte. Dela upp filerna om det gäller "
            "en inläsning; annars behöver den som driver Vårdbalans ge det mer minne.",
            count=MOST_ATTEMPTS,
        )
    )


def renewed(*, job_id: int, token: int, progress: float | None = None, sentence: Message | None = None) -> None:
    """Hold the job for one more lease and say how far it is. Raises LeaseLost; Cancelled when its end is asked for.

    Without *progress* it is a sign of life alone, and no cancellation is looked for.
    """
    now = timezone.now()
    said: dict[str, Any] = {} if progress is None else {"progress": min(max(progress, 0.0), 1.0)}
    said |= {} if sentence is None else {"sentence": kept(sentence)}
    if not _held(job_id, token).update(lease_until=now + lease(), heartbeat_at=now, **said):
        raise LeaseLost(job_id)
    if progress is not None and _held(job_id, token).filter(cancel_asked_at__isnull=False).exists():
        raise Cancelled(job_id)


@transaction.atomic
def stepped(
    *,
    job_id: int,
    token: int,
    checkpoint: Mapping[str, Any],
    cancellable: bool = True,
    effect: Callable[[], None] = lambda: None,
) -> None:
    """Save one step: its *effect*, its checkpoint and the renewed lease, in one transaction.

    Not *cancellable* marks the point after which the job is carried through. Raises LeaseLost, or Cancelled when the
    end was asked for before that point.
    """
    now = timezone.now()
    mine = _held(job_id, token)
    # The update comes first: it takes the row, so that nobody can take the job or ask for its end until we are done.
    if not mine.update(
        lease_until=now + lease(), heartbeat_at=now, checkpoint=dict(checkpoint), cancellable=cancellable
    ):
        raise LeaseLost(job_id)
    if mine.filter(cancel_asked_at__isnull=False).exists():
        raise Cancelled(job_id)
    effect()


@transaction.atomic
def finished(*, job_id: int, token: int, result: Mapping[str, Any], effect: Callable[[], None]) -> None:
    """End the job well: its result and its *effect* in one transaction. Raises LeaseLost."""
    _end(job_id, token, state=State.DONE, progress=1.0, result=dict(result))
    effect()


def failed(*, job_id: int, token: int, message: Message) -> None:
    """End the job with the sentence that says why. Raises LeaseLost."""
    _end(job_id, token, state=State.FAILED, error=kept(message))


def cancelled(*, job_id: int, token: int) -> None:
    """End the job because someone asked for it. Raises LeaseLost."""
    _end(job_id, token, state=State.CANCELLED)


def dropped(*, job_id: int, token: int) -> None:
    """Put the job back because its process died; give it up when that has happened too often. Raises LeaseLost."""
    if _held(job_id, token).filter(attempts__gte=MOST_ATTEMPTS).exists():
        _end(job_id, token, state=State.FAILED, error=_given_up())
    else:
        _requeue(job_id, token)


def released(*, job_id: int, token: int) -> None:
    """Put the job back because its worker is told to end; that is no failed attempt. Raises LeaseLost."""
    _requeue(job_id, token, attempts=F("attempts") - 1)


def _requeue(job_id: int, token: int, **more: Any) -> None:
    back = {"state": State.QUEUED, "worker": "", "lease_until": None}
    if not _held(job_id, token).update(**back, **more):
        raise LeaseLost(job_id)


def _end(job_id: int, token: int, **values: Any) -> None:
    if not _held(job_id, token).update(lease_until=None, ended_at=timezone.now(), **values):
        raise LeaseLost(job_id)


def _held(job_id: int, token: int) -> QuerySet[Job]:
    return Job.objects.filter(pk=job_id, token=token, state=State.RUNNING)
