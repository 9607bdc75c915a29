"""What the work of a job sees of it, and how it reports."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from vardbalans.engine.messages import Message
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.models import Job
from vardbalans.web.people.models import User

__all__ = ["Run"]

_PAUSE_S = 0.5
"""Progress is written at most this often."""


class Run:
    """What the work of a job sees of it: what was asked, by whom, what was saved earlier, and how to report."""

    def __init__(self, job: Job) -> None:
        self.job_id: int = job.pk
        self.token = job.token
        self.arguments: Mapping[str, Any] = job.arguments
        self.checkpoint: Mapping[str, Any] = job.checkpoint
        self.asked_by: User | None = job.asked_by
        self.asked_at: datetime = job.asked_at
        self._told = -_PAUSE_S

    def progress(self, done: float, what: Message) -> None:
        """Say that the share *done* of the work is behind, and what is being done; renews the lease.

        Raises LeaseLost, and Cancelled when someone has asked for the job's end.
        """
        now = time.monotonic()
        if now - self._told >= _PAUSE_S:
            leases.renewed(job_id=self.job_id, token=self.token, progress=done, sentence=what)
            self._told = now

    def step(
        self, checkpoint: Mapping[str, Any], *, cancellable: bool = True, effect: Callable[[], None] = lambda: None
    ) -> None:
        """Save a step with its *effect*; whoever takes the job over sees its *checkpoint*.

        Not *cancellable* is the point from which the job is carried through. Raises LeaseLost and Cancelled.
        """
        leases.stepped(
            job_id=self.job_id, token=self.token, checkpoint=checkpoint, cancellable=cancellable, effect=effect
        )
        self.checkpoint = checkpoint
