"""People: who there is, invitations, roles, sessions, second factors."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.administering import people_actions as acting
from vardbalans.web.administering.forms import InviteForm, ReasonForm, RoleForm
from vardbalans.web.people import actions
from vardbalans.web.people.access import needs_somewhere, person
from vardbalans.web.people.models import ALL_UNITS, LoginLink, RoleAssignment, User
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.people.units import current_tree
from vardbalans.web.signing import factors, visits
from vardbalans.web.signing.middleware import raised
from vardbalans.web.signing.models import Visit
from vardbalans.web.signing.views import shown

_SHOWN = 500


def unit_name(unit_id: str) -> str:
    """Return the name of a unit, of all, or the id of one that data no longer have."""
    unit = current_tree().units.get(unit_id)
    return unit.name if unit else "" if unit_id == ALL_UNITS else unit_id


@needs_somewhere(Permission.ROLES_MANAGE)
@never_cache
@raised
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """List the people one administers and the links that wait, and invite."""
    by = person(request)
    form = InviteForm(request.POST or None, by=by, initial={"valid_from": timezone.localdate(), "role": Role.READER})
    if form.is_valid():
        given = form.cleaned_data
        try:
            link = acting.invite(
                username=given["username"],
                display_name=given["display_name"],
                role=Role(given["role"]),
                unit_id=given["unit_id"],
                period=(given["valid_from"], given["valid_to"]),
                days=given["days"],
                base_url=request.build_absolute_uri("/"),
                by=by,
            )
        except BadInput as error:
            form.add_error("username", shown(error))
        else:
            return render(request, "administering/link.html", {"link": link, "days": given["days"]})
    query = request.GET.get("q", "").strip()
    found = acting.users_for(by).prefetch_related("roles", "second_factor")
    if query:
        found = found.filter(display_name__icontains=query) | found.filter(username__icontains=query)
    rows = [(user, [_role(role) for role in user.roles.all() if _now(role)]) for user in found[:_SHOWN]]
    page = {"form": form, "rows": rows, "q": query, "invitations": acting.invitations(by)}
    return render(request, "administering/people.html", page | {"raised": _raised(request)})


@needs_somewhere(Permission.ROLES_MANAGE)
@never_cache
@require_GET
def one(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show one person: roles, sessions, second factor."""
    return _one(request, user_id)


@needs_somewhere(Permission.ROLES_MANAGE)
@raised
@require_POST
def role_give(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a person a role."""
    by = person(request)
    user, form = acting.user_of(by, user_id), RoleForm(request.POST, by=by)
    if not form.is_valid():
        return _one(request, user_id, form=form, status=422)
    given = form.cleaned_data
    actions.role_give(
        user=user,
        role=Role(given["role"]),
        unit_id=given["unit_id"],
        by=by,
        valid_from=given["valid_from"],
        valid_to=given["valid_to"],
    )
    return redirect("administering:person", user_id)


@needs_somewhere(Permission.ROLES_MANAGE)
@raised
@require_POST
def role_end(request: HttpRequest, user_id: int, role_id: int) -> HttpResponse:
    """Let a role end today, or take back one that has not begun."""
    by = person(request)
    assignment = acting.roles_for(by, acting.user_of(by, user_id)).filter(pk=role_id).first()
    if assignment is None:
        raise Http404(str(role_id))
    actions.role_end(assignment=assignment, by=by, on=timezone.localdate())
    return redirect("administering:person", user_id)


@needs_somewhere(Permission.ROLES_MANAGE)
@never_cache
@raised
@require_POST
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Make a new one-time link for a person."""
    by = person(request)
    user = acting.user_of(by, user_id)
    try:
        made = acting.new_link(user=user, base_url=request.build_absolute_uri("/"), days=acting.LINK_DAYS[0], by=by)
    except BadInput as error:
        return _one(request, user_id, problem=shown(error), status=422)
    return render(request, "administering/link.html", {"link": made, "days": acting.LINK_DAYS[0]})


@needs_somewhere(Permission.ROLES_MANAGE)
@raised
@require_POST
def withdraw(request: HttpRequest, link_id: int) -> HttpResponse:
    """Let a link that waits stop working."""
    by = person(request)
    waiting = LoginLink.objects.filter(pk=link_id).first()
    if waiting is None:
        raise Http404(str(link_id))
    acting.withdraw(link=waiting, by=by)
    return redirect("administering:people")


@needs_somewhere(Permission.ROLES_MANAGE)
@raised
@require_POST
def close(request: HttpRequest, user_id: int) -> HttpResponse:
    """Close an account, or open it again."""

    def act(user: User, by: User, reason: str) -> None:
        (acting.close if user.is_active else acting.open_again)(user=user, by=by, reason=reason)

    return _with_reason(request, user_id, act)


@needs_somewhere(Permission.ROLES_MANAGE)
@raised
@require_POST
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Take away a lost second factor; the person's sessions end with it."""

    def act(user: User, by: User, reason: str) -> None:
        factors.reset(user=user, by=by, reason=reason)
        visits.end_all(user=user, by=by, reason=reason)

    return _with_reason(request, user_id, act)


@needs_somewhere(Permission.ROLES_MANAGE)
@raised
@require_POST
def end_session(request: HttpRequest, user_id: int, visit_id: int) -> HttpResponse:
    """End a session of another person."""
    by = person(request)
    visit = Visit.objects.filter(user=acting.user_of(by, user_id), pk=visit_id).first()
    if visit is None:
        raise Http404(str(visit_id))
    visits.end(visit=visit, by=by)
    return redirect("administering:person", user_id)


def _with_reason(request: HttpRequest, user_id: int, act: Callable[[User, User, str], None]) -> HttpResponse:
    by = person(request)
    user, form = acting.user_of(by, user_id), ReasonForm(request.POST)
    if not form.is_valid():
        return _one(request, user_id, reason=form, status=422)
    try:
        act(user, by, form.cleaned_data["reason"])
    except BadInput as error:
        return _one(request, user_id, problem=shown(error), status=422)
    return redirect("administering:person", user_id)


def _one(request: HttpRequest, user_id: int, *, status: int = 200, **more: Any) -> HttpResponse:
    by = person(request)
    user = acting.user_of(by, user_id)
    page = {
        "who": user,
        "roles": [_role(role) for role in acting.roles_for(by, user)],
        "sessions": visits.open_visits(user) if acting.manages_region(by) else (),
        "manages_region": acting.manages_region(by),
        "has_factor": factors.has_factor(user),
        "form": RoleForm(by=by, initial={"valid_from": timezone.localdate(), "role": Role.READER}),
        "reason": ReasonForm(),
        "raised": _raised(request),
        "here": request.get_full_path() if request.method == "GET" else f"/administration/people/{user_id}/",
    }
    return render(request, "administering/person.html", page | more, status=status)


def _raised(request: HttpRequest) -> Any:
    return visits.raised_until(visits.current(request))


def _now(role: RoleAssignment) -> bool:
    return role.valid_to is None or role.valid_to >= timezone.localdate()


def _role(role: RoleAssignment) -> dict[str, Any]:
    return {"role": role, "unit": unit_name(role.unit_id), "ended": not _now(role)}
