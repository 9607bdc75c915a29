"""Users, their roles, one-time links, and the audit trail."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from vardbalans.web.people.permissions import Permission, Role

__all__ = ["ALL_UNITS", "AuditEvent", "Event", "Lent", "LoginLink", "RoleAssignment", "Seal", "SealLock", "User"]

ALL_UNITS = "*"
"""The unit_id of a role that holds for every unit, also those that later data bring."""


@dataclass(frozen=True)
class Lent:
    """What a system's token lets it do while it calls: *permissions* for the unit and those below it."""

    permissions: frozenset[Permission]
    unit_id: str


class User(AbstractBaseUser):
    """A person who logs in. The user name may be a pseudonym or an e-mail address; there is no default account.

    *lent* is set for the account of a system while it calls; then it counts, and no role does. *held* is set for
    who sends a request: the role and unit of every assignment that holds when it comes, so that they are read once.
    """

    lent: Lent | None = None
    held: tuple[tuple[str, str], ...] | None = None
    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    def __str__(self) -> str:
        return self.display_name


class RoleAssignment(models.Model):
    """A role given to a user for a unit and everything below it, from a day, to a day or until further notice."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=32, choices=Role.choices)
    unit_id = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="role_period_forward"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
            models.CheckConstraint(condition=~Q(unit_id=""), name="role_names_a_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.unit_id}"


class LoginLink(models.Model):
    """A link that logs its user in once. Only the hash of its token is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} {self.expires_at:%Y-%m-%d %H:%M}"


class Event(models.TextChoices):
    """What the audit trail tells of."""

    LINK_MADE = "link_made"
    LINK_USED = "link_used"
    LOGGED_IN = "logged_in"
    LOG_IN_REFUSED = "log_in_refused"
    LOGGED_OUT = "logged_out"
    PASSPHRASE_SET = "passphrase_set"  # noqa: S105 - the name of an event
    USER_CREATED = "user_created"
    ROLE_GIVEN = "role_given"
    ROLE_ENDED = "role_ended"
    PATIENT_ROWS_READ = "patient_rows_read"
    FILES_UPLOADED = "files_uploaded"
    FILES_DISCARDED = "files_discarded"
    PREVIEW_ASKED = "preview_asked"
    IMPORT_ASKED = "import_asked"
    IMPORTED = "imported"
    PROFILE_SAVED = "profile_saved"
    QUALITY_ASKED = "quality_asked"
    JOB_CANCELLED = "job_cancelled"
    BALANCE_ASKED = "balance_asked"
    COST_ASKED = "cost_asked"
    ADJUSTMENT_MADE = "adjustment_made"
    PLAN_MADE = "plan_made"
    PLAN_CHANGED = "plan_changed"
    PLAN_COMMENTED = "plan_commented"
    PLAN_DECIDED = "plan_decided"
    PLAN_ASKED = "plan_asked"
    ORDER_ANSWERED = "order_answered"
    STEP_TICKED = "step_ticked"
    DATES_SET = "dates_set"
    MONTH_FROZEN = "month_frozen"
    MONTH_COMMENTED = "month_commented"
    MONTH_REMADE = "month_remade"
    MEETING_SAVED = "meeting_saved"
    DECISION_MADE = "decision_made"
    DECISION_CHANGED = "decision_changed"
    SCENARIO_ASKED = "scenario_asked"
    MEASURE_CHANGED = "measure_changed"
    INTEGRATION_MADE = "integration_made"
    INTEGRATION_REVOKED = "integration_revoked"
    DIGEST_CHOSEN = "digest_chosen"
    FACTOR_SET = "factor_set"
    FACTOR_PASSED = "factor_passed"
    FACTOR_REFUSED = "factor_refused"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_RESET = "factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    SESSION_ENDED = "session_ended"
    RIGHTS_RAISED = "rights_raised"
    RIGHTS_LOWERED = "rights_lowered"
    USER_CLOSED = "user_closed"
    USER_OPENED = "user_opened"
    LINK_WITHDRAWN = "link_withdrawn"
    SSO_REFUSED = "sso_refused"
    MAPPING_MADE = "mapping_made"
    MAPPING_ENDED = "mapping_ended"
    CHECK_DRAWN = "check_drawn"
    CHECK_JUDGED = "check_judged"
    PARAMETER_CHANGED = "parameter_changed"
    RESTORED = "restored"


class AuditEvent(models.Model):
    """Who did what, with which unit and target, when, and why. Rows are only added: the database refuses the rest.

    *subjects* are whom rows that were read are about: pseudonyms of patients, or ids of referrals or contacts.
    *content_hash* is that of all the rest, made
    when the row is; what proves it is the row's :class:`Seal`.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=32, choices=Event.choices)
    unit_id = models.CharField(max_length=200, blank=True)
    target = models.CharField(max_length=400, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    subjects = models.JSONField(default=list)
    content_hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row with the hash of its content."""
        self.content_hash = self.hashed()
        super().save(*args, **kwargs)

    def hashed(self) -> str:
        """Return the SHA-256 of the content as 64 hexadecimal characters."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        content = [at, self.actor_id, self.event, self.unit_id, self.target, self.reason, self.subjects]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


class Seal(models.Model):
    """One audit row's place in the log, for good: its sequence, the root of all up to it, and a signature over both."""

    sequence = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    content_hash = models.CharField(max_length=64)
    root = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.sequence} {self.root[:12]}"


class SealLock(models.Model):
    """One row that whoever seals holds, so that there is one sealer at a time."""

    def __str__(self) -> str:
        return str(self.pk)
