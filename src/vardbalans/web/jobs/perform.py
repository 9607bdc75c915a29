"""Do the work of one job, and write how it ended."""

from collections.abc import Callable

from django.conf import settings

from vardbalans.engine.errors import VardbalansError
from vardbalans.engine.messages import Message
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.kinds import Outcome, kind_named
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.run import Run

__all__ = ["perform"]


def perform(job: Job) -> None:
    """Do the work of *job* and write how it ended; nothing when another worker has taken it meanwhile."""
    try:
        _ended(Run(job), kind_named(job.kind).work)
    except leases.LeaseLost:
        return


def _ended(run: Run, work: Callable[[Run], Outcome]) -> None:
    job_id, token = run.job_id, run.token
    try:
        outcome = work(run)
        leases.finished(job_id=job_id, token=token, result=outcome.result, effect=outcome.effect)
    except leases.Cancelled:
        leases.cancelled(job_id=job_id, token=token)
    except VardbalansError as error:
        leases.failed(job_id=job_id, token=token, message=error.message)
    except MemoryError:
        limit = settings.CONFIGURATION.job_memory_mb
        message = Message(
            "Arbetet behövde mer minne än de {limit} MB som det får. Dela upp filerna om det gäller en inläsning; "
            "annars behöver den som driver Vårdbalans höja gränsen.",
            limit=limit,
        )
        leases.failed(job_id=job_id, token=token, message=message)
