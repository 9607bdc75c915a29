"""Who has asked for the Monday letter, and the letter of each week."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vardbalans.web.jobs.models import Job
from vardbalans.web.people.models import User

__all__ = ["Letter", "LetterState", "Wish"]


class Wish(models.Model):
    """A person's wish for the letter: where to, and in which language."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="digest_wish")
    address = models.EmailField(max_length=254)
    language = models.CharField(max_length=2)
    chosen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id} {self.language}"


class LetterState(models.TextChoices):
    """What became of a letter."""

    WAITING = "waiting", _("väntar på att skickas")
    SENT = "sent", _("skickat")
    GIVEN_UP = "given_up", _("gick inte att skicka")


class Letter(models.Model):
    """One person's letter of one ISO week: there is at most one, however many workers there are.

    *job* is the newest attempt to send it; *tries* counts those that were refused, *next_try_at* is when the next may
    be made, *problem* why the last one was refused, as :func:`vardbalans.web.translate.kept` keeps a sentence.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    week = models.CharField(max_length=8)
    state = models.CharField(max_length=16, choices=LetterState.choices, default=LetterState.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="+")
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    problem = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "week"], name="letter_once_a_week"),
            models.CheckConstraint(condition=Q(state__in=LetterState.values), name="letter_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.week} {self.state}"
