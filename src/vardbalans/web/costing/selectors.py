"""How cost per patient stands: what is kept, whether newer data are there, and what is done."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser

from vardbalans.data.cost.stored import KeptCost
from vardbalans.web import store
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.selectors import progress_of
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_for_region, holds_somewhere
from vardbalans.web.people.units import current_tree
from vardbalans.web.translate import said

__all__ = ["KIND", "Costing", "costing", "newest"]

KIND = "cost.run"
"""The kind of the job that computes cost per patient."""


@dataclass(frozen=True)
class Costing:
    """The *head* of the data, whether a ledger is in it, and the work under way.

    *is_old*: the run that is kept builds on other data. *job* and *progress* are those of a computation that waits or
    goes on; *failure* says why the last one ended badly. *may_run*: the reader may have it computed; *may_stop*: and
    may stop it, for all. *period* and *compare* are what the form holds.
    """

    head: int | None
    has_ledger: bool
    is_old: bool
    job: Job | None
    progress: dict[str, Any] | None
    failure: str
    may_run: bool
    may_stop: bool
    period: str
    compare: str


def newest() -> Job | None:
    """Return the job that was asked for last; None where nobody has asked for any."""
    return Job.objects.filter(kind=KIND).order_by("-pk").first()


def costing(user: User | AnonymousUser, kept: KeptCost | None) -> Costing:
    """Return how cost per patient stands, as *user* sees it; *kept* is the run that the page shows."""
    head, last = store.lake().head(), newest()
    job = last if last and last.is_active else None
    document = kept.document if kept else {}
    return Costing(
        head.number if head else None,
        bool(head and "ledger" in head.tables),
        bool(head and kept and document["method_sheet"]["data_fingerprint"] != head.fingerprint),
        job,
        progress_of(job) if job else None,
        said(last.error) if last and last.state == State.FAILED else "",
        holds_somewhere(user, Permission.BALANCE_RUN),
        job is not None and holds_for_region(user, Permission.BALANCE_RUN, tree=current_tree()),
        document.get("period", ""),
        (document.get("comparison") or {}).get("before", ""),
    )
