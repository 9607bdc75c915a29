"""A job's own process: limited in memory, and gone when its worker is.

A worker starts ``python -m vardbalans.web.jobs.process JOB TOKEN`` and keeps a pipe to its standard input open. The
process writes how the job ended; where it dies without a word, its worker writes that.
"""

import logging
import os
import resource
import sys
import threading
from collections.abc import Callable
from importlib import import_module

import django
from django.db.utils import OperationalError

__all__ = ["TRY_AGAIN", "main", "when_stdin_ends"]

_ORPHAN = 70
TRY_AGAIN = 75
"""The exit code of a process that could not reach the database."""


_log = logging.getLogger(__name__)


def when_stdin_ends(act: Callable[[], None]) -> None:
    """Call *act*, in a thread of its own, when the process at the other end of standard input is gone."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()


def main(job_id: int, token: int) -> None:
    """Do job *job_id*, if it is still held with *token*."""
    when_stdin_ends(lambda: os._exit(_ORPHAN))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vardbalans.web.settings")
    django.setup()
    leases, performing = (import_module(f"vardbalans.web.jobs.{name}") for name in ("leases", "perform"))
    _limit(leases.memory_limit())
    try:
        job = leases.held(job_id=job_id, token=token)
        if job:
            performing.perform(job)
    except OperationalError as error:
        _log.error("job %s: the database does not answer: %s", job_id, error)
        sys.exit(TRY_AGAIN)


def _limit(memory: int) -> None:
    """Let the process have no more than *memory* bytes of its own, and leave no core dump with what it read."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
