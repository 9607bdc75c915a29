"""Spot-checks of the log: what was drawn, and what was thought of each row."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vardbalans.web.people.models import AuditEvent, User

__all__ = ["CheckedRow", "SpotCheck", "Verdict"]


class Verdict(models.TextChoices):
    """What a reviewer thinks of one reading of patient-level rows."""

    JUSTIFIED = "justified", _("Motiverad")
    UNCLEAR = "unclear", _("Behöver förklaras")
    UNJUSTIFIED = "unjustified", _("Obehörig")


class SpotCheck(models.Model):
    """A random sample of the readings of a unit and those below it, from one day to another.

    *population* is how many there were; the same *seed* draws the same rows of them again.
    """

    unit_id = models.CharField(max_length=200)
    date_from = models.DateField()
    date_to = models.DateField()
    seed = models.BigIntegerField()
    size = models.PositiveIntegerField()
    population = models.PositiveIntegerField()
    last_event = models.BigIntegerField()
    drawn_at = models.DateTimeField(default=timezone.now)
    drawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-drawn_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.date_from}–{self.date_to}"


class CheckedRow(models.Model):
    """One drawn reading, and the verdict on it once there is one."""

    check_of = models.ForeignKey(SpotCheck, on_delete=models.PROTECT, related_name="rows")
    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    note = models.CharField(max_length=400, blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["event_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["check_of", "event"], name="drawn_once"),
            models.CheckConstraint(
                condition=Q(verdict="", judged_at__isnull=True) | ~Q(verdict="") & Q(judged_at__isnull=False),
                name="verdict_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_of_id} {self.event_id} {self.verdict}"
