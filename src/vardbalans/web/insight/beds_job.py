"""The job that plays a year of a unit's wards as they are and changed; asked for by a person, kept with its answer."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.db import transaction

from vardbalans.data.beds_changes import change_of
from vardbalans.data.beds_run import scenario_of
from vardbalans.web import store
from vardbalans.web.jobs.actions import job_ask
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.models import Job
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.people.permissions import Permission

__all__ = ["KIND", "arguments_of", "newest", "register_kinds", "scenario_ask"]

KIND = "beds.scenario"
"""The kind of the job that plays a scenario of beds."""


def register_kinds() -> None:
    """Make the kind known to the workers. Whoever reads any balance may see how far it is."""
    register(Kind(KIND, Permission.BALANCE_RUN, _played, watch=Permission.BALANCE_READ))


def arguments_of(
    wards: Sequence[str], version: int, changes: Sequence[tuple[str, str]], *, postpone: bool, years: int
) -> dict[str, Any]:
    """Return what is asked of the job: the *wards*, the data *version*, and changes as (kind, text)."""
    asked: dict[str, Any] = {
        "version": version,
        "wards": list(wards),
        "changes": [list(change) for change in changes],
        "postpone": postpone,
        "years": years,
    }
    return asked | {"digest": sha256(json.dumps(asked).encode()).hexdigest()}


def newest(unit_id: str, arguments: Mapping[str, Any]) -> Job | None:
    """Return the job that was last asked for with *arguments*; None where there is none."""
    found = Job.objects.filter(kind=KIND, unit_id=unit_id, arguments__digest=arguments["digest"])
    return found.order_by("-pk").first()


@transaction.atomic
def scenario_ask(*, unit_id: str, arguments: Mapping[str, Any], by: User) -> None:
    """Ask for the scenario, unless it is being played or has been. Raises OutOfScope or NotPermitted."""
    last = newest(unit_id, arguments)
    if last and (last.is_active or last.result):
        return
    job_ask(kind=KIND, arguments=arguments, unit_id=unit_id, by=by)
    target = " ".join(f"{kind} {text}" for kind, text in arguments["changes"])
    record(Event.SCENARIO_ASKED, by=by, unit_id=unit_id, target=target[:400])


def _played(run: Run) -> Outcome:
    asked = run.arguments
    changes = {f"{number}": change_of(*change) for number, change in enumerate(asked["changes"])}
    found = scenario_of(
        store.root(),
        changes,
        among=asked["wards"],
        postpone=asked["postpone"],
        replications=asked["years"],
        version=asked["version"],
        progress=run.progress,
    )
    return Outcome(found)
