"""Writes about proposals, checks and scenarios: ask for them, and take what they found into the plan."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web import store
from vardbalans.web.jobs.actions import job_ask
from vardbalans.web.jobs.models import ACTIVE, Job, State
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.planning.actions import Key, Wanted, cells_set
from vardbalans.web.planning.agreement import version_copy
from vardbalans.web.planning.models import Step, StepKind, Version
from vardbalans.web.planning.proposal_page import proposed_cells
from vardbalans.web.planning.steps import CHECK, PROPOSE, TRY

__all__ = ["check_ask", "proposal_ask", "proposal_take", "scenario_ask", "scenario_take", "with_result"]


@transaction.atomic
def proposal_ask(*, version: Version, guarantee_from: str | None, overtime: float, by: User) -> Job:
    """Ask for a proposal; one that waits or goes on is not asked for again.

    Raises BadInput, OutOfScope or NotPermitted.
    """
    if not Version.objects.get(pk=version.pk).is_draft:
        raise BadInput(Message("Versionen är inte längre ett utkast och kan inte ändras. Gör en ny version av den."))
    arguments = {"version": version.pk, "guarantee_from": guarantee_from, "overtime": overtime}
    return _asked(PROPOSE, arguments, version, by)


@transaction.atomic
def check_ask(*, version: Version, by: User) -> Job:
    """Ask for a verdict on the version as it is. Raises OutOfScope or NotPermitted."""
    return _asked(CHECK, {"version": version.pk}, version, by)


@transaction.atomic
def scenario_ask(*, version: Version, given: str, off: Collection[str], by: User) -> Job:
    """Ask for a kept scenario beside the version; one that is computed on the newest data is not computed again.

    Raises OutOfScope or NotPermitted.
    """
    arguments = {"version": version.pk, "given": given, "off": sorted(off)}
    done = Job.objects.filter(kind=TRY, state=State.DONE, arguments=arguments).order_by("-pk").first()
    head = store.lake().head()
    if done and head and (done.result or {}).get("data") == head.number:
        return done
    return _asked(TRY, arguments, version, by)


@transaction.atomic
def scenario_take(*, version: Version, job: Job, name: str, by: User) -> Version:
    """Make a new version of the scenario: what it allows in the weeks it reaches, else as *version*; locks are kept.

    Raises BadInput, OutOfScope or NotPermitted.
    """
    if job.state != State.DONE:
        raise BadInput(Message("Scenariet är inte färdigräknat."))
    result: Mapping[str, Any] = job.result or {}
    new = version_copy(version=version, name=name, by=by)
    locked = set(new.cells.filter(locked=True).values_list("service_id", "week"))
    cells = {
        Key(service, week): Wanted(Decimal(count))
        for service, counts in result["services"].items()
        for week, count in zip(result["weeks"], counts, strict=True)
        if (service, week) not in locked
    }
    cells_set(
        version=new, cells=cells, kind=StepKind.PROPOSAL, base=0, by=by, reason=f"Scenario: {result['name']}"[:400]
    )
    return new


@transaction.atomic
def proposal_take(*, version: Version, job: Job, service_ids: Collection[str] | None, by: User) -> Step | None:
    """Take the proposal of *job* for *service_ids* (None: all) as one step. Raises as ``cells_set`` does."""
    if job.state != State.DONE:
        raise BadInput(Message("Förslaget är inte klart."))
    found = {
        key: Wanted(value)
        for key, value in proposed_cells(job).items()
        if service_ids is None or key.service_id in service_ids
    }
    if not found:
        raise BadInput(Message("Välj minst en vårdtjänst."))
    # What is shown as a difference is the difference to the plan as it is now, so it is taken against that.
    now = Version.objects.get(pk=version.pk).revision
    return cells_set(version=version, cells=found, kind=StepKind.PROPOSAL, base=now, by=by, reason=f"job {job.pk}")


def with_result(job: Job) -> Job:
    """Return *job* with its arguments and result, which its own page does not read."""
    return Job.objects.get(pk=job.pk)


def _asked(kind: str, arguments: Mapping[str, Any], version: Version, by: User) -> Job:
    under_way = Job.objects.filter(kind=kind, state__in=ACTIVE, arguments__version=version.pk)
    if (job := under_way.order_by("-pk").first()) and job.arguments == arguments:
        return job
    job = job_ask(kind=kind, arguments=arguments, unit_id=version.plan.unit_id, by=by)
    record(
        Event.PLAN_ASKED, by=by, unit_id=version.plan.unit_id, target=f"{kind} plan {version.plan_id} v{version.number}"
    )
    return job
