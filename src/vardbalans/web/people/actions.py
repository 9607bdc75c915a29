"""Writes about people. Each runs in one transaction and leaves its row in the audit trail."""

import secrets
from datetime import date, timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.people import selectors
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import ALL_UNITS, Event, LoginLink, RoleAssignment, User
from vardbalans.web.people.permissions import Role
from vardbalans.web.people.tokens import hashed
from vardbalans.web.people.units import current_tree

__all__ = [
    "FIRST_USER",
    "LINK_LIFETIME",
    "first_run_link",
    "link_use",
    "login_link",
    "passphrase_set",
    "role_cut",
    "role_end",
    "role_give",
    "user_create",
    "user_invite",
]

LINK_LIFETIME = timedelta(hours=24)
FIRST_USER = "forsta.anvandaren"
_FIRST_ROLES = (Role.ADMINISTRATOR, Role.ANALYST)


@transaction.atomic
def first_run_link(*, base_url: str) -> str | None:
    """Return a one-time log-in link for an administrator of all units; None once one of them has set a passphrase.

    *base_url* is where the app answers, such as ``http://127.0.0.1:8000``. The first user is created when there is
    no such administrator; only the first user's own earlier link stops working.
    """
    found = selectors.administrators()
    if any(user.has_usable_password() for user in found):
        return None
    first = next((user for user in found if user.username == FIRST_USER), None)
    if found and first is None:
        return _link_add(user=found[0], base_url=base_url, by=None)
    return login_link(user=first or _first_user(), base_url=base_url, by=None)


def _first_user() -> User:
    user = User.objects.filter(username=FIRST_USER).first()
    user = user or user_create(username=FIRST_USER, display_name="Första användaren", by=None)
    for role in _FIRST_ROLES:
        _role_unless_held(user=user, role=role, unit_id=ALL_UNITS)
    return user


@transaction.atomic
def user_create(*, username: str, display_name: str, by: User | None) -> User:
    """Create a user without a passphrase and without roles. Raises BadInput when the user name is taken."""
    if User.objects.filter(username=username).exists():
        raise BadInput(Message("Användarnamnet {username} finns redan.", username=username))
    user = User(username=username, display_name=display_name)
    user.set_unusable_password()
    user.save()
    record(Event.USER_CREATED, by=by, target=username)
    return user


@transaction.atomic
def user_invite(*, username: str, display_name: str, role: str, unit_id: str, base_url: str) -> str:
    """Create the user unless there is one, give the role from today unless held, and return a one-time link.

    For whoever runs the machine, who has no account of their own. Raises BadInput for an unknown role or unit.
    """
    if role not in Role.values:
        raise BadInput(
            Message("Rollen {role} finns inte. Välj någon av: {known}.", role=role, known=", ".join(Role.values))
        )
    if unit_id != ALL_UNITS and unit_id not in current_tree().units:
        raise BadInput(Message("Enheten {unit} finns inte i data.", unit=unit_id))
    user = User.objects.filter(username=username).first()
    user = user or user_create(username=username, display_name=display_name, by=None)
    _role_unless_held(user=user, role=Role(role), unit_id=unit_id)
    return login_link(user=user, base_url=base_url, by=None)


@transaction.atomic
def login_link(*, user: User, base_url: str, by: User | None, lifetime: timedelta = LINK_LIFETIME) -> str:
    """Return a link that logs *user* in once within its *lifetime*; earlier unused links stop working."""
    user.login_links.filter(used_at__isnull=True).delete()
    return _link_add(user=user, base_url=base_url, by=by, lifetime=lifetime)


def _link_add(*, user: User, base_url: str, by: User | None, lifetime: timedelta = LINK_LIFETIME) -> str:
    token = secrets.token_urlsafe(32)
    LoginLink.objects.create(user=user, token_hash=hashed(token), expires_at=timezone.now() + lifetime)
    record(Event.LINK_MADE, by=by, target=user.username)
    return base_url.rstrip("/") + reverse("people:link", args=[token])


@transaction.atomic
def link_use(*, token: str) -> User | None:
    """Use up the link and return its user; None when it is unknown, used or too old."""
    now = timezone.now()
    valid = LoginLink.objects.filter(token_hash=hashed(token), expires_at__gt=now, user__is_active=True)
    # One conditional update, so that of two presses at the same moment only one counts.
    if not valid.filter(used_at__isnull=True).update(used_at=now):
        return None
    user = User.objects.get(login_links__token_hash=hashed(token))
    record(Event.LINK_USED, by=user, target=user.username)
    return user


@transaction.atomic
def passphrase_set(*, user: User, passphrase: str) -> None:
    """Set *user*'s passphrase. Raises ValidationError with what is wrong with it."""
    validate_password(passphrase, user)
    user.set_password(passphrase)
    user.save(update_fields=["password"])
    record(Event.PASSPHRASE_SET, by=user, target=user.username)


@transaction.atomic
def role_give(
    *, user: User, role: Role, unit_id: str, by: User, valid_from: date, valid_to: date | None = None
) -> RoleAssignment:
    """Give *user* *role* for *unit_id* and below. Raises OutOfScope or NotPermitted."""
    selectors.require_manager(by, unit_id, tree=current_tree())
    return _role_add(user=user, role=role, unit_id=unit_id, valid_from=valid_from, valid_to=valid_to, by=by)


@transaction.atomic
def role_end(*, assignment: RoleAssignment, by: User, on: date) -> None:
    """Let the role end after the day *on*, unless it ends sooner. Raises OutOfScope or NotPermitted."""
    selectors.require_manager(by, assignment.unit_id, tree=current_tree())
    if role_cut(assignment, on):
        target = f"{assignment.user.username}:{assignment.role}"
        record(Event.ROLE_ENDED, by=by, unit_id=assignment.unit_id, target=target)


def role_cut(role: RoleAssignment, on: date) -> bool:
    """Take the days after *on* from *role*, its row too where none is left; tell whether there were any."""
    if role.valid_to is not None and role.valid_to <= on:
        return False
    if role.valid_from > on:
        role.delete()
        return True
    role.valid_to = on
    role.save(update_fields=["valid_to"])
    return True


def _role_unless_held(*, user: User, role: Role, unit_id: str) -> None:
    """Give the role from today, for whoever runs the machine, unless the user holds it until further notice."""
    if not RoleAssignment.objects.filter(user=user, role=role, unit_id=unit_id, valid_to=None).exists():
        _role_add(user=user, role=role, unit_id=unit_id, valid_from=timezone.localdate(), by=None)


def _role_add(
    *, user: User, role: Role, unit_id: str, valid_from: date, by: User | None, valid_to: date | None = None
) -> RoleAssignment:
    given = RoleAssignment.objects.create(
        user=user, role=role, unit_id=unit_id, valid_from=valid_from, valid_to=valid_to
    )
    record(Event.ROLE_GIVEN, by=by, unit_id=unit_id, target=f"{user.username}:{role}")
    return given
