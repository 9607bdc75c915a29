"""What has been uploaded, and what became of it."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from vardbalans.web import store
from vardbalans.web.jobs.models import Job, State
from vardbalans.web.people.models import User

__all__ = ["Purpose", "Upload", "UploadState", "uploads_folder"]


class Purpose(models.TextChoices):
    """What files were sent in for."""

    DELIVERY = "delivery"
    SAMPLE = "sample"


class UploadState(models.TextChoices):
    """What became of an upload. Only an open one has its files left."""

    OPEN = "open"
    STORED = "stored"
    DISCARDED = "discarded"


class Upload(models.Model):
    """Files sent in together, in a private folder of the store until they are imported or discarded.

    *files* are their names and sizes. *job* is the newest look at them (preview, or suggestion of a profile), *storing*
    the newest attempt to import them, *version* the data version that holds them.
    """

    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    state = models.CharField(max_length=16, choices=UploadState.choices, default=UploadState.OPEN)
    folder = models.CharField(max_length=32, unique=True)
    files = models.JSONField(default=list)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    ended_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="+")
    storing = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state=UploadState.OPEN, ended_at__isnull=True)
                | ~Q(state=UploadState.OPEN) & Q(ended_at__isnull=False),
                name="upload_has_an_end_when_over",
            ),
            models.CheckConstraint(
                condition=Q(state=UploadState.STORED, version__isnull=False)
                | ~Q(state=UploadState.STORED) & Q(version__isnull=True),
                name="upload_names_its_version_when_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.purpose} {self.state}"

    @property
    def is_open(self) -> bool:
        """Tell whether the files are still to be imported or discarded."""
        return self.state == UploadState.OPEN

    @property
    def path(self) -> Path:
        """Return the folder that holds the files."""
        return uploads_folder() / self.folder

    @property
    def look(self) -> Any:
        """Return what the newest look at the files found, as JSON; None when there was none, or it ended badly."""
        return self.job.result if self.job and self.job.state == State.DONE else None

    @property
    def active_job(self) -> Job | None:
        """Return the job that works with the files now; None when none does."""
        return next((job for job in (self.storing, self.job) if job and job.is_active), None)


def uploads_folder() -> Path:
    """Return the store's folder of uploads, which only we may read; it is made when it is not there."""
    folder = store.root() / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
