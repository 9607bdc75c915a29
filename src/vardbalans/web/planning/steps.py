"""The jobs of this room.

Have a plan proposed, have one checked, try a scenario beside it, and make an approved one the plan to follow up.
"""

from functools import partial

from vardbalans.web.balancing.actions import balance_follow
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import proposing, publishing, trying
from vardbalans.web.planning.agreement import PUBLISH
from vardbalans.web.planning.models import Version

__all__ = ["CHECK", "PROPOSE", "TRY", "check", "propose", "publish", "register_kinds", "try_scenario"]

PROPOSE = "plan.propose"
CHECK = "plan.check"
TRY = "plan.try"


def register_kinds() -> None:
    """Make the kinds known to the workers."""
    register(Kind(PROPOSE, Permission.PLAN_EDIT, propose))
    register(Kind(CHECK, Permission.BALANCE_READ, check))
    register(Kind(TRY, Permission.BALANCE_READ, try_scenario))
    register(Kind(PUBLISH, Permission.PLAN_APPROVE, publish))


def propose(run: Run) -> Outcome:
    """Have the optimiser propose the plan. Nothing of the plan changes: what it found is shown as a difference."""
    version = Version.objects.select_related("plan").get(pk=run.arguments["version"])
    guarantee_from, overtime = run.arguments["guarantee_from"], run.arguments["overtime"]
    return Outcome(proposing.proposal(version, guarantee_from=guarantee_from, overtime=overtime, progress=run.progress))


def check(run: Run) -> Outcome:
    """Have the plan judged as it is now, in the surroundings of the newest proposal for it, where there is one."""
    version = Version.objects.select_related("plan").get(pk=run.arguments["version"])
    versions = list(version.plan.versions.values_list("pk", flat=True))
    proposals = Job.objects.filter(kind=PROPOSE, state=State.DONE, arguments__version__in=versions)
    found = proposals.order_by("-pk").values_list("result", flat=True).first()
    return Outcome(proposing.check(version, around=found["around"] if found else None, progress=run.progress))


def try_scenario(run: Run) -> Outcome:
    """Run a kept scenario for the plan's year. Nothing of the plan changes."""
    version = Version.objects.select_related("plan").get(pk=run.arguments["version"])
    asked = run.arguments
    return Outcome(trying.beside(version, given=asked["given"], off=asked["off"], progress=run.progress))


def publish(run: Run) -> Outcome:
    """Store what an approved version promises; the follow-up is computed anew from it.

    Once, however many workers try: a version that is in the data already is not stored again.
    """
    version = Version.objects.select_related("plan").get(pk=run.arguments["version"])
    run.step({}, cancellable=False)
    number = publishing.published(version)
    return Outcome({"version": number}, effect=partial(balance_follow, version=number, by=run.asked_by))
