"""Reads of uploads, and of the data versions that imports have made."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.db.models import BooleanField, Case, When
from django.http import Http404
from django.utils import timezone

from vardbalans.data.lake import Version
from vardbalans.web import store
from vardbalans.web.intake.models import Purpose, Upload, UploadState
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.models import User

__all__ = [
    "ADJUST",
    "JUDGE",
    "judging",
    "latest_look",
    "newest_versions",
    "open_uploads",
    "too_many_uploads",
    "upload_of",
]

ADJUST = "intake.adjust"
"""The kind of the job that stores one adjustment."""
JUDGE = "intake.judge"
"""The kind of the job that judges a version."""

_MOST_UPLOADS = 30
_WINDOW = timedelta(minutes=15)


def upload_of(upload_id: int, purpose: Purpose | None = None) -> Upload:
    """Return the upload with its jobs. Raises Http404 where there is none, or none with *purpose*."""
    upload = Upload.objects.select_related("asked_by", "job", "storing").filter(pk=upload_id).first()
    if upload is None or purpose not in (None, upload.purpose):
        raise Http404(str(upload_id))
    return upload


def open_uploads() -> Sequence[Upload]:
    """Return the deliveries that are to be imported or discarded, the newest first, each with ``has_errors``.

    What was found in them is not read.
    """
    has_errors = Case(When(job__result__has_errors=True, then=True), default=False, output_field=BooleanField())
    found = Upload.objects.filter(state=UploadState.OPEN, purpose=Purpose.DELIVERY).annotate(has_errors=has_errors)
    found = found.select_related("asked_by", "job", "storing").defer("job__result", "storing__result")
    return tuple(found.order_by("-pk"))


def latest_look() -> Upload | None:
    """Return the delivery that was looked at last, with what was found in it."""
    found = Upload.objects.filter(purpose=Purpose.DELIVERY, job__state=State.DONE)
    return found.select_related("asked_by", "job").order_by("-job__ended_at").first()


def judging(version: int) -> Job | None:
    """Return the newest job that judges *version*; None where nobody has asked for it."""
    return Job.objects.filter(kind=JUDGE, arguments__version=version).order_by("-pk").first()


def too_many_uploads(user: User) -> bool:
    """Tell whether *user* has sent in so much lately, adjustments included, that more must wait."""
    since = timezone.now() - _WINDOW
    uploads = Upload.objects.filter(asked_by=user, created_at__gte=since).count()
    return uploads + Job.objects.filter(kind=ADJUST, asked_by=user, asked_at__gte=since).count() >= _MOST_UPLOADS


def newest_versions(count: int) -> tuple[Version, ...]:
    """Return the newest data versions, the newest first."""
    head = store.lake().head()
    last = head.number if head else 0
    return tuple(_version(store.root(), number) for number in range(last, max(0, last - count), -1))


@lru_cache(maxsize=256)
def _version(_root: Path, number: int) -> Version:
    # A version never changes once it is there.
    return store.lake().version(number)
