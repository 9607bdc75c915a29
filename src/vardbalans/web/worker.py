"""Take the jobs of a store, until told to end: by a signal, or by the end of the server that started the process."""

import signal
import sys
from importlib import import_module
from pathlib import Path
from threading import Event

from vardbalans.web import serve
from vardbalans.web.jobs.process import when_stdin_ends

__all__ = ["run"]

_CHORES = (
    ("jobs.actions", "keep_house"),
    ("intake.actions", "keep_house"),
    ("mailing.actions", "keep_house"),
    ("signing.visits", "tidy"),
)
"""What is done at the start and once a minute."""


def run(store: Path, *, once: bool = False, child: bool = False) -> None:
    """Do the jobs of *store*; with *once* those there are, else also those that come.

    Seals the audit trail beside. A *child* ends with the process at the other end of its standard input. Calls
    :func:`serve.prepare` first.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if child:
        when_stdin_ends(stop.set)
    serve.prepare(store)
    worker = import_module("vardbalans.web.jobs.worker").Worker
    chores = [getattr(import_module(f"vardbalans.web.{room}"), chore) for room, chore in _CHORES]
    with import_module("vardbalans.web.people.sealing").sealing():
        worker(stop, now_and_then=lambda: [chore() for chore in chores]).run(once=once)


if __name__ == "__main__":
    run(Path(sys.argv[1]), child=True)
