"""Second factors, sessions, raised rights, and whom an identity provider's claims let in."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from vardbalans.web.people.models import RoleAssignment, User
from vardbalans.web.people.permissions import Role

__all__ = [
    "Assertion",
    "ExternalIdentity",
    "GivenByClaim",
    "Mapping",
    "RaisedRights",
    "RecoveryCode",
    "SecondFactor",
    "Visit",
]


class SecondFactor(models.Model):
    """A user's authenticator app: its secret, encrypted with a key outside the database, and the last code used.

    Until *confirmed_at* it is only proposed. *wrong* counts codes refused in a row, the last of them at *wrong_at*.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    wrong_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.user_id)


class RecoveryCode(models.Model):
    """A code that stands in for the app once. Only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.user_id)


class Visit(models.Model):
    """One log-in on one device, until it ends: by the person, by an administrator, or by its age.

    *proof* tells which passphrase it holds with: a change of it ends all other sessions.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="visits")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=200, blank=True)
    proof = models.CharField(max_length=16)
    single_sign_on = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at:%Y-%m-%d %H:%M}"


class RaisedRights(models.Model):
    """The minutes an administrator may change people and roles, in one session, for a stated reason."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="raised")
    began_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    reason = models.CharField(max_length=400)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.until:%Y-%m-%d %H:%M}"


class Mapping(models.Model):
    """What a claim of an identity provider means here: whoever has *value* for *claim* has *role* for *unit_id*."""

    claim = models.CharField(max_length=100)
    value = models.CharField(max_length=400)
    role = models.CharField(max_length=32, choices=Role.choices)
    unit_id = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=400)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["claim", "value", "unit_id", "role", "valid_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="mapping_period_forward"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="mapping_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.claim}={self.value} {self.role} {self.unit_id}"


class ExternalIdentity(models.Model):
    """A person as an identity provider knows them: its name (*issuer*) and theirs there (*subject*)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=300)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_per_identity")
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.subject}"


class GivenByClaim(models.Model):
    """A role that someone has because a mapping held at their last log-in."""

    role = models.OneToOneField(RoleAssignment, on_delete=models.CASCADE, related_name="given_by_claim")
    mapping = models.ForeignKey(Mapping, on_delete=models.PROTECT, related_name="given")

    def __str__(self) -> str:
        return f"{self.role_id} {self.mapping_id}"


class Assertion(models.Model):
    """A SAML assertion that was received and verified: it counts once, in the browser that asked for it.

    *token_hash* is that of the token its browser is sent on with; *request_id* the question it answers.
    """

    assertion_id = models.CharField(max_length=300, unique=True)
    request_id = models.CharField(max_length=300)
    token_hash = models.CharField(max_length=64, unique=True)
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=300)
    attributes = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.assertion_id
