"""The dates that a region has set for its steps, and what people have ticked.

A tick is a row that is only added: what was ticked and taken back stays to be read.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from vardbalans.web.people.models import User

__all__ = ["Deadline", "Tick"]


class Deadline(models.Model):
    """The last day of a step in the planning of a *year*, for a unit and those below it that have none of their own.

    *source* is what decides it: a decision, a minute, a routine.
    """

    unit_id = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=16)
    due = models.DateField()
    source = models.CharField(max_length=400)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unit_id", "year", "step"], name="deadline_of_a_step_is_one"),
            models.CheckConstraint(condition=~Q(source=""), name="deadline_says_what_decides_it"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year} {self.step} {self.due}"


class Tick(models.Model):
    """Somebody's word that an *item* of a unit's planning of a *year* is done, or (not *done*) that it is not."""

    unit_id = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=32)
    done = models.BooleanField()
    note = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["year", "unit_id"], name="tick_of_unit")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year} {self.item}"
