"""The job of this room: make a frozen month again from the same data and settings, and keep whether it is the same."""

from vardbalans.data.month_figures import digest_of, figures_again
from vardbalans.engine.scenario import Settings
from vardbalans.web import store
from vardbalans.web.following.actions import REMAKE, month_remade
from vardbalans.web.following.models import FrozenMonth
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission

__all__ = ["register_kinds", "remake"]


def register_kinds() -> None:
    """Make the kind known to the workers."""
    register(Kind(REMAKE, Permission.FOLLOW_UP_WRITE, remake, watch=Permission.BALANCE_READ))


def remake(run: Run) -> Outcome:
    """Make the figures again. Done twice it says the same."""
    frozen = FrozenMonth.objects.get(pk=run.arguments["frozen"])
    settings = Settings(frozen.draws, frozen.seed, frozen.goal)  # type: ignore[arg-type]
    made = figures_again(store.root(), frozen.unit_id, frozen.month, frozen.version, settings, frozen.weeks)
    digest = digest_of(made)
    return Outcome({"same": digest == frozen.digest}, lambda: month_remade(frozen_id=frozen.pk, digest=digest))
