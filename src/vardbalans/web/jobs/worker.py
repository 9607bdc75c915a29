"""A worker: takes jobs one at a time, starts a process for each, and keeps the lease while it lives.

The process does the work; the worker only watches. It kills the process when the lease is lost, the time is up, or
the worker itself is told to end, and says what became of a job whose process died. When the worker is killed, its
process goes with it and the lease runs out.
"""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from threading import Event
from uuid import uuid4

from django.conf import settings
from django.db import close_old_connections
from django.db.utils import OperationalError

from vardbalans.engine.messages import Message
from vardbalans.web.jobs import leases
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.process import TRY_AGAIN

__all__ = ["PROCESS", "Worker"]

PROCESS = (sys.executable, "-m", "vardbalans.web.jobs.process")
_IDLE_S = 1.0
_MINUTE_S = 60
_BEATS_PER_LEASE = 4

_log = logging.getLogger(__name__)


class Worker:
    """Takes jobs until *stop* is set.

    *now_and_then* is called at the start and once a minute; *process* is the command that does one job, given its id
    and token.
    """

    def __init__(
        self, stop: Event, *, now_and_then: Callable[[], None] = lambda: None, process: Sequence[str] = PROCESS
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._stop = stop
        self._process = process
        self._now_and_then = now_and_then
        self._last = float("-inf")

    def run(self, *, once: bool = False) -> None:
        """Do every job there is; unless *once*, wait for more until told to stop."""
        while not self._stop.is_set():
            try:
                close_old_connections()
                self._look_round()
                job = leases.claim(worker=self.name)
                if job:
                    self.do(job)
                elif once:
                    return
                else:
                    self._stop.wait(_IDLE_S)
            except OperationalError as error:
                # The database restarts or is busy. What was held is found again by its lease.
                _log.error("the database does not answer, trying again: %s", error)
                self._stop.wait(_IDLE_S)

    def _look_round(self) -> None:
        if time.monotonic() - self._last > _MINUTE_S:
            self._now_and_then()
            self._last = time.monotonic()

    def do(self, job: Job) -> None:
        """Do *job* in a process of its own and see to that its end is written."""
        command = [*self._process, str(job.pk), str(job.token)]
        # A session of its own: Ctrl C in a terminal reaches the worker alone, which ends the process in order.
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:  # noqa: S603 - ours
            try:
                self._watch(job, process)
            except leases.LeaseLost:
                _log.warning("job %s: another worker has it now", job.pk)
            finally:
                process.kill()

    def _watch(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        """Keep the lease until *process* ends; then, or when it must end, write what it did not write itself."""
        job_id, token = job.pk, job.token
        deadline = time.monotonic() + settings.CONFIGURATION.job_minutes * 60
        while (code := self._ended(process)) is None:
            if self._stop.is_set():
                process.kill()
                process.wait()
                leases.released(job_id=job_id, token=token)
                return
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                leases.failed(job_id=job_id, token=token, message=_too_long())
                return
            leases.renewed(job_id=job_id, token=token)
        if code < 0 or code == TRY_AGAIN:
            _log.error("job %s: its process ended with %s", job_id, code)
            leases.dropped(job_id=job_id, token=token)
        elif code > 0:
            leases.failed(job_id=job_id, token=token, message=_our_fault())

    def _ended(self, process: subprocess.Popen[bytes]) -> int | None:
        """Return the exit code of *process*, or None when it is time for a sign of life."""
        beat = time.monotonic() + leases.lease().total_seconds() / _BEATS_PER_LEASE
        while time.monotonic() < beat and not self._stop.is_set():
            try:
                return process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        return None


def _too_long() -> Message:
    return Message(
        "Arbetet tog mer än {minutes} minuter och avbröts. Dela upp filerna om det gäller en inläsning; annars behöver "
        "den som driver Vårdbalans höja gränsen.",
        minutes=settings.CONFIGURATION.job_minutes,
    )


def _our_fault() -> Message:
    return Message("Något gick fel hos oss. Felet står i loggen; säg till den som driver Vårdbalans.")
