"""Writes about integrations: make one, revoke one, let one in. Making and revoking leave their audit rows."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.api.models import Integration
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, Lent, User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.tokens import hashed
from vardbalans.web.people.units import current_tree

__all__ = ["LENDABLE", "LONGEST", "PER_MINUTE", "Made", "integration_make", "integration_revoke", "let_in"]

LENDABLE = (
    Permission.BALANCE_READ,
    Permission.BALANCE_RUN,
    Permission.PLAN_EDIT,
    Permission.DATA_IMPORT,
    Permission.PATIENT_ROWS_READ,
)
"""What a token can let its system do. To give roles, approve plans and read the trail stays with people."""
LONGEST = timedelta(days=400)
PER_MINUTE = 300
_PREFIX = "vb_"


@dataclass(frozen=True)
class Made:
    """A new integration and its token, which cannot be shown again."""

    integration: Integration
    token: str


@transaction.atomic
def integration_make(
    *, name: str, unit_id: str, permissions: Collection[Permission], expires_at: datetime, by: User
) -> Made:
    """Make an integration with a token of its own.

    Raises BadInput for a taken name, no permission, or an expiry that has passed or is too far off; OutOfScope or
    NotPermitted unless *by* manages the roles of the unit.
    """
    people.require_manager(by, unit_id, tree=current_tree())
    now = timezone.now()
    if Integration.objects.filter(name=name).exists():
        raise BadInput(Message("Det finns redan en integration som heter {name}.", name=name))
    if not permissions or set(permissions) - set(LENDABLE):
        raise BadInput(Message("Välj minst en behörighet som en integration kan ha."))
    if not now < expires_at <= now + LONGEST:
        raise BadInput(Message("Välj en sista dag inom {days} dagar.", days=LONGEST.days))
    token = _PREFIX + secrets.token_urlsafe(32)
    account = User(username=f"api:{secrets.token_hex(8)}", display_name=name, is_active=False)
    account.set_unusable_password()
    account.save()
    made = Integration.objects.create(
        name=name,
        account=account,
        unit_id=unit_id,
        permissions=sorted(permissions),
        token_hash=hashed(token),
        hint=token[-4:],
        per_minute=PER_MINUTE,
        made_by=by,
        made_at=now,
        expires_at=expires_at,
    )
    target = f"integration {made.pk} {name}: {', '.join(made.permissions)} until {expires_at:%Y-%m-%d}"
    record(Event.INTEGRATION_MADE, by=by, unit_id=unit_id, target=target[:400])
    return Made(made, token)


@transaction.atomic
def integration_revoke(*, integration: Integration, by: User) -> None:
    """End the integration now; once it is revoked nothing more is done. Raises OutOfScope or NotPermitted."""
    people.require_manager(by, integration.unit_id, tree=current_tree())
    if Integration.objects.filter(pk=integration.pk, revoked_at=None).update(revoked_at=timezone.now()):
        target = f"integration {integration.pk} {integration.name}"
        record(Event.INTEGRATION_REVOKED, by=by, unit_id=integration.unit_id, target=target)


def let_in(token: str) -> tuple[Integration, User] | None:
    """Return the integration that *token* opens and the account that acts for it, and count the use; else None."""
    found = Integration.objects.select_related("account").filter(token_hash=hashed(token)).first()
    if found is None or not found.is_open:
        return None
    Integration.objects.filter(pk=found.pk).update(uses=F("uses") + 1, last_used_at=timezone.now())
    account = found.account
    account.lent = Lent(frozenset(map(Permission, found.permissions)), found.unit_id)
    return found, account
