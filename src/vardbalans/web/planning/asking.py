"""Writes about proposals and checks: ask for them, and take a proposal into the plan."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.jobs.actions import job_ask
from vardbalans.web.jobs.models import ACTIVE, Job, State
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, User
from vardbalans.web.planning.actions import Wanted, cells_set
from vardbalans.web.planning.models import Step, StepKind, Version
from vardbalans.web.planning.proposal_page import proposed_cells
from vardbalans.web.planning.steps import CHECK, PROPOSE

__all__ = ["check_ask", "proposal_ask", "proposal_take", "with_result"]


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
