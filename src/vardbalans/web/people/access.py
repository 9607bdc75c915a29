"""Default deny: a view is refused unless it says what it asks of the reader.

Each view carries one of six marks: :func:`public`, :func:`signed_in`, :func:`needs` with a permission,
:func:`needs_somewhere` with one that must hold for some unit, :func:`needs_for_region` with one that must hold at
the top of the unit tree, or :func:`by_token`. The middleware reads the mark before the view runs, so no view can
forget to ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from vardbalans.web.people import selectors
from vardbalans.web.people.models import User
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree

__all__ = [
    "MUST_SET_PASSPHRASE",
    "Access",
    "DefaultDeny",
    "access_of",
    "by_token",
    "needs",
    "needs_for_region",
    "needs_somewhere",
    "person",
    "public",
    "signed_in",
]

MUST_SET_PASSPHRASE = "must_set_passphrase"  # noqa: S105 - the name of a session's key
View = TypeVar("View", bound=Callable[..., Any])
_AT_PASSPHRASE = {"people:passphrase", "people:log_out", "signing:factor"}


@dataclass(frozen=True)
class Access:
    """What a view asks: nothing, a logged-in person, or *permission*: for a unit, *somewhere*, for the *region*.

    A view with a permission but neither a ``unit_id`` in its address nor *region* shows the reader's own scope,
    which may be empty. *by_token*: the view lets systems in by their tokens and turns others away itself.
    """

    public: bool = False
    permission: Permission | None = None
    region: bool = False
    by_token: bool = False
    somewhere: bool = False


def public(view: View) -> View:
    """Mark *view* as open to everyone."""
    return _marked(view, Access(public=True))


def signed_in(view: View) -> View:
    """Mark *view* as open to everyone who is logged in."""
    return _marked(view, Access())


def needs(permission: Permission) -> Callable[[View], View]:
    """Mark a view as asking for *permission*, for the unit in its address when it has one."""
    return lambda view: _marked(view, Access(permission=permission))


def needs_for_region(permission: Permission) -> Callable[[View], View]:
    """Mark a view as asking for *permission* at the top of the unit tree."""
    return lambda view: _marked(view, Access(permission=permission, region=True))


def by_token(view: View) -> View:
    """Mark *view* as open to systems by their tokens, and to those who are logged in."""
    return _marked(view, Access(by_token=True))


def needs_somewhere(permission: Permission) -> Callable[[View], View]:
    """Mark a view without a unit in its address as asking for *permission* for any unit."""
    return lambda view: _marked(view, Access(permission=permission, somewhere=True))


def access_of(view: Callable[..., Any]) -> Access | None:
    """Return the mark of *view*; None when it has none."""
    return getattr(view, "access", None)


def _marked(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


class DefaultDeny:
    """Middleware that enforces every view's mark; a view without one is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Return a redirect to log in, raise Http404 or PermissionDenied, or let the view run."""
        access = access_of(view)
        if access is None:
            raise PermissionDenied(f"{view.__module__}.{view.__name__} declares no access")
        if access.public or (access.by_token and _is_for_view(request)):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.session.get(MUST_SET_PASSPHRASE) and _name_of(request) not in _AT_PASSPHRASE:
            return HttpResponseRedirect(reverse("people:passphrase"))
        if isinstance(request.user, User):
            request.user.held = selectors.held_by(request.user)
        if access.permission and access.region:
            _enforce_for_region(request, access.permission)
        elif access.permission and access.somewhere:
            if not selectors.holds_somewhere(request.user, access.permission):
                raise PermissionDenied(access.permission)
        elif access.permission and "unit_id" in kwargs:
            _enforce(request, access.permission, kwargs["unit_id"])
        return None

    def process_exception(self, _request: HttpRequest, error: Exception) -> None:
        """Show what an action or selector refused as 404 (outside the scope) or 403."""
        _shown_as_http(error)


def person(request: HttpRequest) -> User:
    """Return the person behind *request*, in a view that asks for one."""
    if not isinstance(request.user, User):
        raise PermissionDenied("nobody is logged in")
    return request.user


def _is_for_view(request: HttpRequest) -> bool:
    """Tell whether the view itself decides: a token was sent, or nobody is logged in."""
    return "Authorization" in request.headers or not request.user.is_authenticated


def _name_of(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _enforce(request: HttpRequest, permission: Permission, unit_id: str) -> None:
    try:
        selectors.require(request.user, permission, unit_id, tree=current_tree())
    except (selectors.OutOfScope, selectors.NotPermitted) as error:
        _shown_as_http(error)


def _enforce_for_region(request: HttpRequest, permission: Permission) -> None:
    try:
        selectors.require_for_region(request.user, permission, tree=current_tree())
    except selectors.NotPermitted as error:
        _shown_as_http(error)


def _shown_as_http(error: Exception) -> None:
    if isinstance(error, selectors.OutOfScope):
        raise Http404(str(error)) from error
    if isinstance(error, selectors.NotPermitted):
        raise PermissionDenied(str(error)) from error
