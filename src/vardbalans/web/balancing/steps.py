"""The job of this room: compute the balance of the newest data."""

from django.utils import timezone

from vardbalans.data.balance_run import run_balance
from vardbalans.web import store
from vardbalans.web.balancing.selectors import KIND, is_made_from
from vardbalans.web.jobs.kinds import Kind, Outcome, register
from vardbalans.web.jobs.run import Run
from vardbalans.web.people.permissions import Permission

__all__ = ["balance", "register_kinds"]


def register_kinds() -> None:
    """Make the kind known to the workers. Whoever reads any balance may see how far it is."""
    register(Kind(KIND, Permission.BALANCE_RUN, balance, watch=Permission.BALANCE_READ))


def balance(run: Run) -> Outcome:
    """Compute the balance of the newest data and keep it.

    A job that followed from new data, and not from a person who asked, has nothing to do where their balance is there
    already: another job, or the command line, may have been quicker. Done again after a worker's death it gives the
    same run.
    """
    head, latest = store.lake().required_head(), store.results().latest()
    if "version" not in run.arguments or latest is None or not is_made_from(latest, head):
        run_balance(store.root(), at=timezone.now(), progress=run.progress)
    return Outcome({"version": head.number})
