"""Where a region has set the dates of its steps, a plan is not signed off with open steps but with a reason."""

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.insight.selectors import reader as reader_of
from vardbalans.web.people.models import User
from vardbalans.web.planning import agreement
from vardbalans.web.planning.models import Version
from vardbalans.web.rhythm.facts import facts_of
from vardbalans.web.rhythm.models import Deadline
from vardbalans.web.rhythm.state import unit_cycle

__all__ = ["register", "require_steps"]


def register() -> None:
    """Have every approval ask."""
    agreement.ask_before_approval(require_steps)


def require_steps(version: Version, by: User, reason: str) -> None:
    """Return where the steps before the agreement are done, no dates are set, or *reason* is given. Raises BadInput."""
    plan, reader = version.plan, reader_of(by)
    above = {unit.unit_id for unit in reader.tree.path(plan.unit_id)}
    if reason.strip() or not Deadline.objects.filter(year=plan.year, unit_id__in=above).exists():
        return
    facts = facts_of(reader, latest_run(), plan.year)
    left = unit_cycle(facts, reader.tree.units[plan.unit_id]).before_signing
    if left:
        raise BadInput(
            Message(
                "Steg är öppna: {steps}. Gör dem klara, eller skriv ett skäl till att godkänna ändå.",
                steps=", ".join(str(stage.step.name) for stage in left),
            )
        )
