"""The table of jobs."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vardbalans.web.people.models import User

__all__ = ["ACTIVE", "Job", "State"]


class State(models.TextChoices):
    """Where a job is."""

    QUEUED = "queued", _("I kö")
    RUNNING = "running", _("Pågår")
    DONE = "done", _("Klart")
    FAILED = "failed", _("Misslyckades")
    CANCELLED = "cancelled", _("Avbrutet")


ACTIVE = (State.QUEUED, State.RUNNING)
"""The states of a job that is not over."""


class Job(models.Model):
    """One piece of work: who asked for it, who does it, how far it is, and how it ended.

    *token* is raised each time the job is taken, and every write by a worker names it: a worker that has lost its
    lease can write nothing. *asked_by* is None where a worker asked of its own accord. *sentence* and *error* are
    sentences as :func:`vardbalans.web.translate.kept` keeps them.
    """

    kind = models.CharField(max_length=64)
    arguments = models.JSONField()
    unit_id = models.CharField(max_length=200)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    progress = models.FloatField(default=0)
    sentence = models.JSONField(null=True)
    cancellable = models.BooleanField(default=True)
    cancel_asked_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    checkpoint = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "asked_at"], name="job_in_turn")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="job_state_is_known"),
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="job_progress_is_a_share"),
            models.CheckConstraint(
                condition=Q(state=State.RUNNING, lease_until__isnull=False)
                | ~Q(state=State.RUNNING) & Q(lease_until__isnull=True),
                name="job_is_leased_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ACTIVE, ended_at__isnull=True) | ~Q(state__in=ACTIVE) & Q(ended_at__isnull=False),
                name="job_has_an_end_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.state}"

    @property
    def is_active(self) -> bool:
        """Tell whether the job is not over."""
        return self.state in ACTIVE
