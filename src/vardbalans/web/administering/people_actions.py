"""What an administrator does with people: invite, give and end roles, close and open accounts, withdraw links.

Roles are given per unit; what concerns the whole person is for administrators of the whole region.
"""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people import actions
from vardbalans.web.people import selectors as people
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, LoginLink, RoleAssignment, User
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.people.units import current_tree
from vardbalans.web.signing import visits

__all__ = [
    "LINK_DAYS",
    "close",
    "invitations",
    "invite",
    "manages_region",
    "new_link",
    "open_again",
    "roles_for",
    "user_of",
    "users_for",
    "withdraw",
]

LINK_DAYS = (1, 3, 7)


def manages_region(user: User) -> bool:
    """Tell whether *user* administers the whole region."""
    return people.holds_for_region(user, Permission.ROLES_MANAGE, tree=current_tree())


def users_for(by: User) -> QuerySet[User]:
    """Return the people *by* administers: all for the region, else those with a role for a unit of theirs."""
    if manages_region(by):
        return User.objects.order_by("display_name", "pk")
    scope = people.scope_of(by, Permission.ROLES_MANAGE, tree=current_tree())
    return User.objects.filter(roles__unit_id__in=scope).distinct().order_by("display_name", "pk")


def user_of(by: User, user_id: int) -> User:
    """Return one person that *by* administers. Raises OutOfScope."""
    found = users_for(by).filter(pk=user_id).first()
    if found is None:
        raise people.OutOfScope(str(user_id))
    return found


def roles_for(by: User, user: User) -> QuerySet[RoleAssignment]:
    """Return the roles of *user* that *by* may see."""
    found = user.roles.order_by("valid_to", "valid_from", "pk")
    if manages_region(by):
        return found
    return found.filter(unit_id__in=people.scope_of(by, Permission.ROLES_MANAGE, tree=current_tree()))


def invitations(by: User) -> QuerySet[LoginLink]:
    """Return the links that have not been used and still work, of the people *by* administers."""
    found = LoginLink.objects.filter(used_at=None, expires_at__gt=timezone.now(), user__in=users_for(by))
    return found.select_related("user").order_by("expires_at")


@transaction.atomic
def invite(
    *,
    username: str,
    display_name: str,
    role: Role,
    unit_id: str,
    period: tuple[date, date | None],
    days: int,
    base_url: str,
    by: User,
) -> str:
    """Make a person with one role for a *period* and return their one-time link, which works for *days*.

    Raises BadInput when the user name is taken; OutOfScope or NotPermitted for the unit.
    """
    user = actions.user_create(username=username, display_name=display_name, by=by)
    actions.role_give(user=user, role=role, unit_id=unit_id, by=by, valid_from=period[0], valid_to=period[1])
    return actions.login_link(user=user, base_url=base_url, by=by, lifetime=timedelta(days=days))


@transaction.atomic
def new_link(*, user: User, base_url: str, days: int, by: User) -> str:
    """Return a new one-time link for someone who has lost their passphrase or link. Raises NotPermitted, BadInput."""
    _require_other(user, by)
    if not user.is_active:
        raise BadInput(Message("Kontot är stängt. Öppna det först."))
    return actions.login_link(user=user, base_url=base_url, by=by, lifetime=timedelta(days=days))


@transaction.atomic
def withdraw(*, link: LoginLink, by: User) -> None:
    """Let a link stop working. Raises OutOfScope."""
    if link not in invitations(by):
        raise people.OutOfScope(str(link.pk))
    link.delete()
    record(Event.LINK_WITHDRAWN, by=by, target=link.user.username)


@transaction.atomic
def close(*, user: User, by: User, reason: str) -> None:
    """Close an account: its sessions end and nobody logs in with it. Raises NotPermitted and BadInput."""
    _require_other(user, by)
    visits.end_all(user=user, by=by, reason=reason)
    user.login_links.filter(used_at=None).delete()
    User.objects.filter(pk=user.pk).update(is_active=False)
    record(Event.USER_CLOSED, by=by, target=user.username, reason=reason)


@transaction.atomic
def open_again(*, user: User, by: User, reason: str) -> None:
    """Open a closed account. Raises NotPermitted and BadInput."""
    _require_other(user, by)
    User.objects.filter(pk=user.pk).update(is_active=True)
    record(Event.USER_OPENED, by=by, target=user.username, reason=reason)


def _require_other(user: User, by: User) -> None:
    people.require_for_region(by, Permission.ROLES_MANAGE, tree=current_tree())
    if user == by:
        raise BadInput(Message("Det gör en annan administratör åt dig."))
