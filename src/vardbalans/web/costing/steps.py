"""The job of this room: compute cost per patient of the newest data."""

from vardbalans.data.cost.command import cost_document
from vardbalans.web import store
from vardbalans.web.costing.selectors import KIND
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission

__all__ = ["cost", "register_kinds"]


def register_kinds() -> None:
    """Make the kind known to the workers. Whoever reads any figures may see how far it is."""
    register(Kind(KIND, Permission.BALANCE_RUN, cost, watch=Permission.BALANCE_READ))


def cost(run: Run) -> Outcome:
    """Compute cost per patient for the period asked for, beside the one to compare with, and keep it.

    Done again after a worker's death it gives the same run.
    """
    made = cost_document(
        store.root(), period=run.arguments["period"], compare=run.arguments["compare"], progress=run.progress
    )
    return Outcome({"run_id": made["run_id"], "version": made["version"], "difference_ore": made["difference_ore"]})
