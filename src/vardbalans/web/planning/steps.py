"""The jobs of this room: have a plan proposed, and have one checked."""

from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import proposing
from vardbalans.web.planning.models import Version

__all__ = ["CHECK", "PROPOSE", "check", "propose", "register_kinds"]

PROPOSE = "plan.propose"
CHECK = "plan.check"


def register_kinds() -> None:
    """Make the kinds known to the workers."""
    register(Kind(PROPOSE, Permission.PLAN_EDIT, propose))
    register(Kind(CHECK, Permission.BALANCE_READ, check))


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
