"""What a session must satisfy before a page is shown: not ended, its second factor given, its rights raised."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import auth
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from vardbalans.web.people.access import access_of
from vardbalans.web.signing import factors, visits
from vardbalans.web.signing.models import Visit

__all__ = ["Standing", "raised"]

View = TypeVar("View", bound=Callable[..., Any])
_AT_FACTOR = {"people:log_out", "signing:factor"}
_AT_SET_UP = {"people:log_out", "people:passphrase", "signing:set_up", "signing:propose", "signing:account"}


def raised(view: View) -> View:
    """Mark *view* as asking for raised rights where it changes something (POST)."""
    view.asks_raised = True  # type: ignore[attr-defined]
    return view


class Standing:
    """Middleware after the default deny: leads to what is still due, and away from a session that has ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: tuple[Any, ...], _kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Return a redirect to what is due, or let the view run."""
        access = access_of(view)
        if access is None or access.public or not request.user.is_authenticated:
            return None
        visit = visits.current(request)
        if visit is None:
            auth.logout(request)
            return redirect_to_login(request.get_full_path())
        visits.seen(visit)
        due = _due(request, visit)
        if due:
            return HttpResponseRedirect(due)
        if getattr(view, "asks_raised", False) and request.method == "POST" and not visits.raised_until(visit):
            back = request.META.get("HTTP_REFERER", "").partition(request.get_host())[2] or "/"
            return HttpResponseRedirect(reverse("signing:raise") + "?" + urlencode({"next": back}))
        return None


def _due(request: HttpRequest, visit: Visit) -> str | None:
    """Return the address of what the person must do first."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    if request.session.get(visits.FACTOR_DUE):
        return None if name in _AT_FACTOR else reverse("signing:factor")
    if name in _AT_SET_UP or visit.single_sign_on or not factors.is_required(visit.user):
        return None
    return None if factors.has_factor(visit.user) else reverse("signing:set_up")
