"""Frozen months with what is said of them, and meetings with their decisions."""

import json
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from vardbalans.data.month_figures import digest_of
from vardbalans.web.people.models import User

__all__ = ["Decision", "DecisionState", "FrozenMonth", "Meeting", "MeetingKind", "MonthComment"]


class FrozenMonth(models.Model):
    """A month's figures of a unit and those below it as they were told when it was frozen; never changed.

    *version*, *seed*, *draws* and *weeks* are what they were made of. *figures* is JSON text, whose digest is kept
    beside it. *remade* is the digest of the figures when they were last made again from the same; empty before.
    """

    unit_id = models.CharField(max_length=200)
    month = models.CharField(max_length=7)
    frozen_at = models.DateTimeField(auto_now_add=True)
    frozen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField()
    fingerprint = models.CharField(max_length=64)
    run_id = models.CharField(max_length=32)
    as_of = models.DateField()
    seed = models.BigIntegerField()
    draws = models.IntegerField()
    goal = models.CharField(max_length=32)
    weeks = models.IntegerField()
    figures = models.TextField()
    digest = models.CharField(max_length=64)
    remade = models.CharField(max_length=64, blank=True)
    remade_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["unit_id", "month"], name="month_is_frozen_once")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month}"

    @property
    def values(self) -> dict[str, Any]:
        """Return the figures as :func:`~vardbalans.data.month_figures.month_figures` made them."""
        found: dict[str, Any] = json.loads(self.figures)
        return found

    @property
    def is_sound(self) -> bool:
        """Tell whether the figures kept are those that were frozen."""
        return digest_of(self.values) == self.digest


class MonthComment(models.Model):
    """What somebody says of a unit's month."""

    unit_id = models.CharField(max_length=200)
    month = models.CharField(max_length=7)
    text = models.TextField(max_length=2000)
    author = models.CharField(max_length=200)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month}"


class MeetingKind(models.TextChoices):
    """What a meeting is for."""

    WEEKLY = "weekly", gettext_lazy("Veckouppföljning")
    COUNCIL = "council", gettext_lazy("Operationsråd")
    MONTHLY = "monthly", gettext_lazy("Månadsuppföljning")


class Meeting(models.Model):
    """A meeting of a unit: what is on its agenda, one point a line, and what was said."""

    unit_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=MeetingKind.choices, default=MeetingKind.WEEKLY)
    held_on = models.DateField()
    agenda = models.TextField(max_length=4000)
    minutes = models.TextField(max_length=20000, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-held_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind} {self.held_on}"

    @property
    def points(self) -> list[str]:
        """Return the points of the agenda."""
        return [line.strip() for line in self.agenda.splitlines() if line.strip()]


class DecisionState(models.TextChoices):
    """How far a decision has come."""

    OPEN = "open", gettext_lazy("Beslutat")
    UNDER_WAY = "under_way", gettext_lazy("Pågår")
    DONE = "done", gettext_lazy("Klart")
    DROPPED = "dropped", gettext_lazy("Avbrutet")


class Decision(models.Model):
    """A decision: what, who (a function) sees to it, by when, how far it has come, and what it rests on.

    *figure* is the address of a page within the app, *scenario* the id of a kept scenario; either may be empty.
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="decisions")
    text = models.TextField(max_length=2000)
    owner = models.CharField(max_length=200)
    due = models.DateField()
    state = models.CharField(max_length=16, choices=DecisionState.choices, default=DecisionState.OPEN)
    outcome = models.TextField(max_length=2000, blank=True)
    figure = models.CharField(max_length=1000, blank=True)
    scenario = models.CharField(max_length=100, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["due", "pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def is_open(self) -> bool:
        """Tell whether something is left to do."""
        return self.state in (DecisionState.OPEN, DecisionState.UNDER_WAY)
