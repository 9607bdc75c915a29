"""Take the jobs of a store, until told to end: by a signal, or by the end of the server that started the process."""

import signal
import sys
from importlib import import_module
from pathlib import Path
from threading import Event

from vardbalans.web import serve
from vardbalans.web.jobs.process import when_stdin_ends

__all__ = ["run"]


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
    keep_house = import_module("vardbalans.web.intake.actions").keep_house
    tidy = import_module("vardbalans.web.signing.visits").tidy

    def now_and_then() -> None:
        keep_house()
        tidy()

    with import_module("vardbalans.web.people.sealing").sealing():
        worker(stop, now_and_then=now_and_then).run(once=once)


if __name__ == "__main__":
    run(Path(sys.argv[1]), child=True)
