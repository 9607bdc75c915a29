"""What the tests of workers run as processes of their own: ``python job_script.py WHAT …``.

``arrange``    a store with one version, a person who may import, and an import that has been asked for
``work KIND``  a worker whose processes do what KIND says: ``waiting`` or ``greedy``
``waiting``    a job's process that stops for ever past the point of no return, when it has written the file ``reached``
``greedy``     a job's process whose import wants more memory than it may have
``count``      jobs to count, then as many workers at once as asked for, each of which counts what it gets
``report``     what became of everything, as JSON
"""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

from tests.web import deliveries
from vardbalans.data import intake
from vardbalans.data.lake import Lake
from vardbalans.web import serve
from vardbalans.web.jobs import process

STORE = Path(os.environ["VARDBALANS_DATA_DIR"])


def room(name: str) -> Any:
    """Return a module that can be loaded only once Django is set up."""
    return import_module(f"vardbalans.web.{name}")


def person() -> Any:
    room("people.actions").first_run_link(base_url="http://localhost")
    return room("people.models").User.objects.get()


def arrange() -> None:
    lake = Lake(STORE)
    paths = deliveries.write(STORE / "files", deliveries.REGION)
    preview = intake.prepare(lake, paths, today=date(2026, 11, 23))
    intake.commit(lake, preview, by="Natten", at=datetime(2026, 11, 20, 5, tzinfo=UTC))
    actions, anna = room("intake.actions"), person()
    file = room("intake.receiving").IncomingFile("absences.csv")
    file.write(deliveries.ABSENCES["absences.csv"].encode())
    upload = actions.delivery_receive(files=[file], profile="", by=anna)
    room("jobs.perform").perform(room("jobs.leases").claim(worker="arrange"))
    upload.refresh_from_db()
    actions.delivery_store(upload=upload, fingerprint=upload.job.result["fingerprint"], by=anna)


def work(kind: str, once: str = "") -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    room("jobs.worker").Worker(stop, process=(sys.executable, __file__, kind)).run(once=bool(once))


def waiting(job_id: str, token: str) -> None:
    def stop_for_ever(*_args: Any, **_more: Any) -> None:
        reached = STORE / ".reached"
        reached.write_text(str(os.getpid()), encoding="utf-8")
        reached.rename(STORE / "reached")
        time.sleep(600)

    room("intake.pipeline").commit = stop_for_ever
    process.main(int(job_id), int(token))


def greedy(job_id: str, token: str) -> None:
    room("intake.pipeline").commit = lambda *_args, **_more: bytearray(1 << 34)
    process.main(int(job_id), int(token))


def count(jobs: str, workers: str) -> None:
    register_counting()
    anna = person()
    for _number in range(int(jobs)):
        room("jobs.actions").job_ask(kind="test.count", arguments={}, unit_id="*", by=anna)
    started = [subprocess.Popen([sys.executable, __file__, "count_all"]) for _number in range(int(workers))]
    for number in range(int(workers)):
        while not (STORE / f"ready-{started[number].pid}").exists():
            time.sleep(0.01)
    (STORE / "go").touch()
    assert [worker.wait(60) for worker in started] == [0] * int(workers)


def register_counting() -> None:
    kinds, record = room("jobs.kinds"), room("people.audit").record
    imported = room("people.models").Event.IMPORTED

    def counting(run: Any) -> Any:
        return kinds.Outcome({}, effect=partial(record, imported, by=run.asked_by, target=f"job {run.job_id}"))

    kinds.register(kinds.Kind("test.count", room("people.permissions").Permission.DATA_IMPORT, counting))


def count_all() -> None:
    register_counting()
    leases, perform = room("jobs.leases"), room("jobs.perform").perform
    (STORE / f"ready-{os.getpid()}").touch()
    while not (STORE / "go").exists():
        time.sleep(0.001)
    while job := leases.claim(worker=str(os.getpid())):
        perform(job)


def report() -> None:
    jobs = room("jobs.models").Job.objects.order_by("pk")
    events = room("people.models").AuditEvent.objects.filter(event="imported")
    lake = Lake(STORE)
    found = {
        "jobs": list(jobs.values("state", "attempts", "token", "worker", "result", "error")),
        "imported": list(events.values_list("target", flat=True)),
        "uploads": list(room("intake.models").Upload.objects.values_list("state", flat=True)),
        "versions": [version.number for version in lake.versions()],
        "absences": len(lake.read("absences")) if lake.head() else 0,
    }
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    serve.prepare(STORE)
    globals()[sys.argv[1]](*sys.argv[2:])
