"""How the figures stand to the data: which version they build on, whether newer data are there, and what is done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser

from vardbalans.data.lake import Version
from vardbalans.data.results import StoredResult
from vardbalans.web import store
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.jobs.selectors import progress_of
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import holds_for_region, holds_somewhere
from vardbalans.web.people.units import current_tree
from vardbalans.web.translate import said

__all__ = ["KIND", "Standing", "is_made_from", "newest", "standing"]

KIND = "balance.run"
"""The kind of the job that computes the balance."""


@dataclass(frozen=True)
class Standing:
    """The data *version* that the figures build on (None: no figures), the *head* of the data, and the work under way.

    *is_old*: there are figures, and newer data than they build on. *job* and *progress* are those of a computation that
    waits or goes on; *failure* says why the last one after the figures ended badly. *may_run*: the reader may have it
    computed; *may_stop*: and may stop it, for all.
    """

    version: int | None
    head: int | None
    is_old: bool
    job: Job | None
    progress: dict[str, Any] | None
    failure: str
    may_run: bool
    may_stop: bool

    @property
    def lacks_figures(self) -> bool:
        """Tell whether the newest data are not in the figures: there are none, they are older, or it went wrong."""
        return self.head is not None and (self.version is None or self.is_old or bool(self.failure))

    @property
    def is_worth_saying(self) -> bool:
        """Tell whether a page of figures has anything to say of it."""
        return self.is_old or self.job is not None or bool(self.failure)


def newest() -> Job | None:
    """Return the job that was asked for last; None where nobody has asked for any."""
    return Job.objects.filter(kind=KIND).order_by("-pk").first()


def is_made_from(run: StoredResult, head: Version) -> bool:
    """Tell whether *run* builds on the data of *head*: that version, or one of the same content.

    An adjustment that is taken back makes a new version of what was there before it, and the run of it is the same run.
    """
    return bool(run.meta["version"] == head.number or run.meta["fingerprint"] == head.fingerprint)


def standing(user: User | AnonymousUser) -> Standing:
    """Return how the figures stand to the data, as *user* sees it."""
    head, latest, last = store.lake().head(), store.results().latest(), newest()
    job = last if last and last.is_active else None
    return Standing(
        latest.meta["version"] if latest else None,
        head.number if head else None,
        bool(head and latest and not is_made_from(latest, head)),
        job,
        progress_of(job) if job else None,
        _failure(last, latest.meta["created_at"] if latest else None),
        holds_somewhere(user, Permission.BALANCE_RUN),
        job is not None and holds_for_region(user, Permission.BALANCE_RUN, tree=current_tree()),
    )


def _failure(last: Job | None, computed_at: str | None) -> str:
    if last is None or last.state != State.FAILED or last.ended_at is None:
        return ""
    if computed_at and datetime.fromisoformat(computed_at) > last.ended_at:
        return ""
    return said(last.error)
