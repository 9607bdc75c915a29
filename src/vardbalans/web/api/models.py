"""Integrations: other systems that read and write here, each by a token of its own."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from vardbalans.web.people.models import User

__all__ = ["Integration"]


class Integration(models.Model):
    """A system and what its token lets it do: *permissions* for *unit_id* and below, until *expires_at* or revoked.

    Only the hash of the token is kept, and its last letters to tell it by. *account* is whom its deeds are written
    under: a user without roles whom nobody can log in as. *per_minute* is how often it may call.
    """

    name = models.CharField(max_length=120, unique=True)
    account = models.OneToOneField(User, on_delete=models.PROTECT, related_name="+")
    unit_id = models.CharField(max_length=200)
    permissions = models.JSONField()
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    per_minute = models.PositiveIntegerField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    uses = models.PositiveBigIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="integration_period_forward"),
            models.CheckConstraint(condition=~Q(unit_id=""), name="integration_names_a_unit"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Tell whether the token still lets its system in."""
        return self.revoked_at is None and self.expires_at > timezone.now()
