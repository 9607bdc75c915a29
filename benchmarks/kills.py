"""Kill a process that saves, again and again, and count what was lost or came twice. ``python -m benchmarks.kills``.

``python -m benchmarks.kills STORE ROUNDS SEED`` prints one JSON object. The database is that of the environment: SQLite
in STORE, or PostgreSQL. In each round a process of its own saves cells through the grid's own action, and asks for and
does jobs, until it is killed at a random moment. It tells through a pipe what it is about to save and what has been
acknowledged. The next process sends what was not acknowledged once more, as a browser does. A save that was
acknowledged and is gone is *lost*; a step or an effect of a job that is there twice is a *duplicate*.
"""

import gc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from benchmarks.app import room

__all__ = ["ask_rounds", "on_postgresql", "on_sqlite", "run"]

_MOST_LINES = 9
_LONGEST_S = 0.02
"""A process is killed some lines into what it tells, and some time after: in the midst of what comes next."""
_UNIT = {"unit_id": "u", "name": "Mottagningen", "level": "unit", "parent_id": None}
_SERVICES = frozenset(f"s{number}" for number in range(20))
_WEEKS = tuple(f"2027-W{number:02d}" for number in range(1, 53))
_KIND = "bench.count"


class Pipe:
    """What a process tells before it is killed: lines so short that each is written whole or not at all."""

    def __init__(self, to: int) -> None:
        self._to = to

    def tell(self, what: str, name: object) -> None:
        """Tell one thing."""
        os.write(self._to, f"{what} {name}\n".encode())


def run(store: Path, rounds: int, seed: int) -> dict[str, Any]:
    """Kill *rounds* processes and return what was found. Sets Django up for *store*."""
    os.environ["VARDBALANS_JOB_LEASE_SECONDS"] = "1"
    room("serve").prepare(store)
    version = _arranged()
    rng, told = random.Random(seed), Counter[str]()  # noqa: S311 - moments to kill at, no secret
    pending: list[str] = []
    acknowledged: set[str] = set()
    asked: set[str] = set()
    done: set[str] = set()
    gc.freeze()  # what is there stays as it is, so that a fork copies little of it
    lost, started = 0, time.perf_counter()
    for number in range(rounds):
        lines = _killed_round(version, number, pending, rng)
        by_kind: dict[str, list[str]] = {kind: [] for kind in ("sent", "saved", "asked", "done")}
        for kind, name in lines:
            by_kind[kind].append(name)
            told[kind] += 1
        saved = set(by_kind["saved"])
        pending = [name for name in dict.fromkeys((*pending, *by_kind["sent"])) if name not in saved]
        lost += _missing(version, saved, set(by_kind["asked"]), set(by_kind["done"]))
        acknowledged |= saved
        asked |= set(by_kind["asked"])
        done |= set(by_kind["done"])
    seconds = time.perf_counter() - started
    gc.unfreeze()
    _finish(version, pending)
    return {
        "rounds": rounds,
        "database": room("settings").DATABASES["default"]["ENGINE"].rpartition(".")[2],
        "acknowledged_saves": len(acknowledged),
        "acknowledged_jobs": len(asked),
        "unacknowledged_sends": told["sent"] - told["saved"],
        "lost": lost + _missing(version, acknowledged, asked, done),
        "duplicates": _duplicates(version),
        "sound": _sound(version),
        "log": _log(store),
        "round_seconds": round(seconds / rounds, 4),
    }


def ask_rounds(folder: Path, size: int | str, seed: int) -> None:
    """Write down how many rounds there are to be, and from which seed."""
    (folder / "rounds.json").write_text(json.dumps([int(size), seed]), encoding="utf-8")


def on_sqlite(folder: Path) -> dict[str, Any]:
    """Kill as often as the folder asks for, on SQLite. Ends the run where anything is lost or comes twice."""
    rounds, seed = json.loads((folder / "rounds.json").read_text(encoding="utf-8"))
    found = run(folder / "store", rounds, seed)
    if found["lost"] or found["duplicates"] or not found["sound"] or found["log"] not in {"verified", "no command"}:
        raise SystemExit(f"not kept: {found}")
    return {"figures": found}


def on_postgresql(folder: Path) -> dict[str, Any]:
    """The same on a PostgreSQL of its own, or that of VARDBALANS_TEST_POSTGRES."""
    from tests.web.postgresql import running  # noqa: PLC0415 - only this side needs it

    with running() as address:
        os.environ["VARDBALANS_DATABASE_URL"] = address
        found = on_sqlite(folder)
        import_module("django.db").connections.close_all()
        return found


def _arranged() -> int:
    """Make the plan and its planner, and let the rooms see a region of one unit; return the version's id."""
    table = pa.Table.from_pylist([_UNIT])
    lake = SimpleNamespace(head=lambda: SimpleNamespace(number=1), read=lambda *_arguments: table)
    room("store").lake = lambda: lake
    room("planning.actions").known_services = lambda _unit: _SERVICES
    models, kinds = room("people.models"), room("jobs.kinds")
    kinds.register(kinds.Kind(_KIND, room("people.permissions").Permission.PLAN_EDIT, _work))
    planner = models.User.objects.create(username="planner", display_name="Planner")
    models.RoleAssignment.objects.create(user=planner, role="planner", unit_id="*", valid_from="2020-01-01")
    version = room("planning.agreement").plan_make(unit_id="u", year=2027, name="Plan", by=planner)
    return int(version.pk)


def _work(run: Any) -> Any:
    """The work of a job: two effects, each of which must be there once."""
    record, event = room("people.audit").record, room("people.models").Event.IMPORTED
    if not run.checkpoint:
        run.step({"half": True}, effect=partial(record, event, by=None, target=f"half {run.job_id}"))
    return room("jobs.kinds").Outcome({}, effect=partial(record, event, by=None, target=f"whole {run.job_id}"))


def _killed_round(version: int, number: int, pending: list[str], rng: random.Random) -> list[tuple[str, str]]:
    """Start a process, kill it at a moment of *rng*'s, and return what it told."""
    from django.db import connections  # noqa: PLC0415 - Django must be set up

    connections.close_all()  # a connection must not be shared with a fork
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        _save_for_ever(version, number, pending, Pipe(theirs))
    os.close(theirs)
    with os.fdopen(ours, "rb") as told:
        first = b"".join(told.readline() for _line in range(rng.randrange(_MOST_LINES)))
        time.sleep(rng.uniform(0, _LONGEST_S))
        os.kill(child, signal.SIGKILL)
        rest = told.read()
    _pid, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise SystemExit(f"round {number}: the process ended by itself with {status}")
    whole = (first + rest).decode().splitlines()
    return [(kind, name) for kind, _space, name in (line.partition(" ") for line in whole)]


def _save_for_ever(version: int, number: int, pending: list[str], pipe: Pipe) -> None:
    """Save until killed: what is pending first, then new steps, with a job now and then."""
    try:
        pipe.tell("sent", pending[0] if pending else f"{number}-0")
        for name in pending:
            _save(version, name)
            pipe.tell("saved", name)
        for place in range(10**9):
            name = f"{number}-{place}"
            pipe.tell("sent", name)
            _save(version, name)
            pipe.tell("saved", name)
            if place % 2 == 1:
                pipe.tell("asked", _ask())
                for job in _do_all():
                    pipe.tell("done", job)
                _seal()
    finally:
        os._exit(1)


def _save(version: int, name: str) -> None:
    """Save ten cells in one step called *name*; what they become follows from the name, sent anew or not."""
    actions, models = room("planning.actions"), room("planning.models")
    rng = random.Random(name)  # noqa: S311 - values to save
    service = rng.choice(sorted(_SERVICES))
    value = Decimal(rng.randrange(1, 10**6))
    cells = {actions.Key(service, week): actions.Wanted(value) for week in rng.sample(_WEEKS, 10)}
    found = models.Version.objects.get(pk=version)
    actions.cells_set(
        version=found,
        cells=cells,
        kind=models.StepKind.TYPED,
        base=found.revision,
        by=room("people.models").User.objects.get(),
        token=name,
    )


def _ask() -> int:
    return int(room("jobs.actions").job_follow(kind=_KIND, arguments={}, unit_id="*", by=None).pk)


def _do_all() -> list[int]:
    """Do the jobs that are free, and return those that were done."""
    leases, done = room("jobs.leases"), []
    while job := leases.claim(worker=str(os.getpid())):
        room("jobs.perform").perform(job)
        done.append(job.pk)
    return done


def _missing(version: int, saved: set[str], asked: set[str], done: set[str]) -> int:
    """Return how many of what was acknowledged are not there."""
    steps, jobs = room("planning.models").Step.objects.filter(version=version), room("jobs.models").Job.objects
    gone = len(saved - set(steps.filter(token__in=saved).values_list("token", flat=True)))
    gone += len(asked) - jobs.filter(pk__in=map(int, asked)).count()
    return int(gone + len(done) - jobs.filter(pk__in=map(int, done), state="done").count())


def _finish(version: int, pending: list[str]) -> None:
    """Send what was never acknowledged a last time, and do the jobs whose workers were killed."""
    for name in pending:
        _save(version, name)
    time.sleep(1.1)  # the last lease
    _do_all()


def _duplicates(version: int) -> int:
    """Return how many steps, effects of jobs and audit rows are there more than once."""
    steps = Counter(room("planning.models").Step.objects.filter(version=version).values_list("token", flat=True))
    audit = room("people.models").AuditEvent.objects
    effects = Counter(audit.filter(event="imported").values_list("target", flat=True))
    trail = audit.filter(event="plan_changed").count() - sum(steps.values())
    return int(abs(trail) + sum(count - 1 for found in (steps, effects) for count in found.values()))


def _sound(version_id: int) -> bool:
    """Tell whether the plan is what its steps make it, each job has both its effects, and the database is whole."""
    from django.db import connection  # noqa: PLC0415 - Django must be set up

    models, jobs = room("planning.models"), room("jobs.models").Job.objects
    version = models.Version.objects.get(pk=version_id)
    made = {
        (change.service_id, change.week): change.after
        for change in models.Change.objects.filter(step__version=version).order_by("step__revision")
    }
    there = {(cell.service_id, cell.week): cell.value for cell in version.cells.all()}
    done = jobs.filter(state="done").count()
    effects = room("people.models").AuditEvent.objects.filter(event="imported")
    counts = [effects.filter(target__startswith=part).count() for part in ("half ", "whole ")]
    whole = True
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            whole = cursor.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # A job is given up when three of its workers in a row have been killed.
    given_up = jobs.filter(state="failed").count()
    return (
        whole
        and made == there
        and version.revision == version.steps.count()
        and counts[1] == done
        and done <= counts[0] <= done + given_up
        and jobs.count() == done + given_up
    )


def _seal() -> None:
    """Seal the audit log, where this version has a sealer: it too must stand being killed."""
    if importlib.util.find_spec("vardbalans.web.people.sealing"):
        room("people.sealing").seal_all()


def _log(store: Path) -> str:
    """Return what verifying the audit log says: ``verified``; ``no command`` where this version has none."""
    from typer.main import get_command  # noqa: PLC0415 - only here

    from vardbalans.cli import app  # noqa: PLC0415 - only here
    from vardbalans.cli import run as command_line  # noqa: PLC0415 - only here

    known: Any = get_command(app)
    if "verify-log" not in known.commands:
        return "no command"
    _seal()
    standard, sys.stdout = sys.stdout, sys.stderr
    try:
        code = command_line(["verify-log", "--store", str(store)])
    finally:
        sys.stdout = standard
    return f"refused: {code}" if code else "verified"


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
