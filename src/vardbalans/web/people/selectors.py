"""What a person's roles let them do, and with which units."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone

from vardbalans.web.people.models import ALL_UNITS, RoleAssignment, User
from vardbalans.web.people.permissions import PERMISSIONS_OF, Permission, Role
from vardbalans.web.people.units import Unit, UnitTree

__all__ = [
    "NotPermitted",
    "OutOfScope",
    "administrators",
    "given_through",
    "held_by",
    "holds_everywhere",
    "holds_for_region",
    "holds_somewhere",
    "require",
    "require_for_region",
    "require_manager",
    "role_through",
    "roles_of",
    "roots_of",
    "scope_of",
]


class OutOfScope(Exception):
    """The unit does not exist for this person: shown as 404, so that a guess tells nothing."""


class NotPermitted(Exception):
    """The unit is in the person's scope, but not for this: shown as 403."""


def require(user: User | AnonymousUser, permission: Permission, unit_id: str, *, tree: UnitTree) -> None:
    """Return when *user* holds *permission* for *unit_id*. Raises OutOfScope or NotPermitted."""
    if unit_id in scope_of(user, permission, tree=tree):
        return
    if any(unit_id in scope_of(user, other, tree=tree) for other in Permission):
        raise NotPermitted(permission)
    raise OutOfScope(unit_id)


def scope_of(user: User | AnonymousUser, permission: Permission, *, tree: UnitTree) -> frozenset[str]:
    """Return the ids of all units where *user* holds *permission* today."""
    given = _given(user, permission)
    if ALL_UNITS in given:
        return frozenset(tree.units)
    return frozenset(unit.unit_id for unit_id in given for unit in tree.below(unit_id))


def held_by(user: User) -> tuple[tuple[str, str], ...]:
    """Return the role and unit of each of *user*'s assignments that hold today."""
    today = timezone.localdate()
    rows = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today), user=user)
    return tuple(rows.filter(valid_from__lte=today).values_list("role", "unit_id"))


def roles_of(user: User) -> tuple[tuple[str, str], ...]:
    """Return the same, read once for who sends a request."""
    return held_by(user) if user.held is None else user.held


def holds_everywhere(user: User | AnonymousUser, permission: Permission) -> bool:
    """Tell whether *user* holds *permission* today for every unit, also those that later data bring."""
    return ALL_UNITS in _given(user, permission)


def holds_somewhere(user: User | AnonymousUser, permission: Permission) -> bool:
    """Tell whether *user* holds *permission* today for any unit."""
    return bool(_given(user, permission))


def holds_for_region(user: User | AnonymousUser, permission: Permission, *, tree: UnitTree) -> bool:
    """Tell whether *user* holds *permission* today for the whole tree: every unit, or each one at the top."""
    given = _given(user, permission)
    return ALL_UNITS in given or (bool(tree.roots) and all(root.unit_id in given for root in tree.roots))


def require_for_region(user: User | AnonymousUser, permission: Permission, *, tree: UnitTree) -> None:
    """Return when *user* holds *permission* for the whole tree. Raises NotPermitted."""
    if not holds_for_region(user, permission, tree=tree):
        raise NotPermitted(permission)


def require_manager(user: User, unit_id: str, *, tree: UnitTree) -> None:
    """Return when *user* manages the roles of *unit_id*; only one who does everywhere may hand out every unit.

    Raises OutOfScope or NotPermitted.
    """
    if unit_id != ALL_UNITS:
        require(user, Permission.ROLES_MANAGE, unit_id, tree=tree)
    elif not holds_everywhere(user, Permission.ROLES_MANAGE):
        raise NotPermitted(Permission.ROLES_MANAGE)


def given_through(user: User, permission: Permission, unit_id: str, *, tree: UnitTree) -> Unit | None:
    """Return the unit that *user* holds *permission* through for *unit_id*: itself, or the nearest above it.

    None where no unit's role reaches it, but at most one for all units.
    """
    given = _given(user, permission)
    return next((unit for unit in reversed(tree.path(unit_id)) if unit.unit_id in given), None)


def role_through(user: User, permission: Permission, unit_id: str, *, tree: UnitTree) -> Role:
    """Return the role that gives *user* *permission* for *unit_id* today. Raises OutOfScope or NotPermitted."""
    require(user, permission, unit_id, tree=tree)
    above = {ALL_UNITS, *(unit.unit_id for unit in tree.path(unit_id))}
    today = timezone.localdate()
    rows = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today), user=user)
    held = rows.filter(valid_from__lte=today, unit_id__in=above).values_list("role", flat=True)
    return next(role for role in Role if role in set(held) and permission in PERMISSIONS_OF[role])


def administrators() -> tuple[User, ...]:
    """Return the active users who are administrators of every unit today, the first created first."""
    today = timezone.localdate()
    roles = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today))
    held = roles.filter(role=Role.ADMINISTRATOR, unit_id=ALL_UNITS, valid_from__lte=today)
    return tuple(User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("pk"))


def roots_of(scope: Iterable[str], tree: UnitTree) -> tuple[str, ...]:
    """Return the topmost units of *scope*: those whose parent lies outside it."""
    inside = set(scope)
    return tuple(unit_id for unit_id in sorted(inside) if tree.units[unit_id].parent_id not in inside)


def _given(user: User | AnonymousUser, permission: Permission) -> set[str]:
    if not isinstance(user, User):
        return set()
    if user.lent is not None:
        return {user.lent.unit_id} if permission in user.lent.permissions else set()
    if not user.is_active:
        return set()
    return {unit_id for role, unit_id in roles_of(user) if permission in PERMISSIONS_OF[Role(role)]}
