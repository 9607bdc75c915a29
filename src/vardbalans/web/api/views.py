"""The interface's own pages: the document, the operations in plain words, and the integrations."""

from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.api import actions
from vardbalans.web.api.forms import IntegrationForm, permission_names
from vardbalans.web.api.models import Integration
from vardbalans.web.api.service import document
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import needs, person, public, signed_in
from vardbalans.web.people.models import ALL_UNITS
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import UnitTree, current_tree
from vardbalans.web.signing import visits
from vardbalans.web.signing.middleware import raised
from vardbalans.web.translate import kept, said


@public
@require_GET
def openapi(_request: HttpRequest) -> HttpResponse:
    """Give the OpenAPI document, which tells of no data."""
    return JsonResponse(document())


@signed_in
@require_GET
def operations(request: HttpRequest) -> HttpResponse:
    """List the operations of the interface."""
    found = [
        (operation["tags"][0], method.upper(), path, operation["summary"], operation.get("description", ""))
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]
    groups = [(tag, list(lines)) for tag, lines in groupby(sorted(found), key=lambda line: line[0])]
    return render(request, "api/operations.html", {"groups": groups})


@needs(Permission.ROLES_MANAGE)
@raised
@require_http_methods(["GET", "POST"])
def integrations(request: HttpRequest) -> HttpResponse:
    """Show the integrations of the units whose roles the reader manages, and make another; its token is shown once."""
    tree, made = current_tree(), None
    units = _units(request, tree)
    form = IntegrationForm(request.POST or None, units=units)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("name", "unit_id", "permissions")}
        try:
            made = actions.integration_make(**given, expires_at=form.expires_at, by=person(request))
            form = IntegrationForm(units=units)
        except BadInput as error:
            form.add_error(None, said(kept(error.message)))
    names = permission_names()
    lines = [
        (each, _unit_name(each.unit_id, tree), [names[Permission(name)] for name in each.permissions])
        for each in Integration.objects.select_related("made_by").order_by("name")
        if each.unit_id in dict(units)
    ]
    context = {"form": form, "lines": lines, "made": made, "raised": visits.raised_until(visits.current(request))}
    return render(request, "api/integrations.html", context, status=422 if form.errors else 200)


@needs(Permission.ROLES_MANAGE)
@require_POST
def revoke(request: HttpRequest, integration_id: int) -> HttpResponse:
    """End an integration now."""
    units = dict(_units(request, current_tree()))
    found = Integration.objects.filter(pk=integration_id).first()
    if found is None or found.unit_id not in units:
        raise Http404(str(integration_id))
    actions.integration_revoke(integration=found, by=person(request))
    return redirect("api:integrations")


def _units(request: HttpRequest, tree: UnitTree) -> list[tuple[str, Any]]:
    """Return the units whose roles the reader manages. Raises PermissionDenied where there is none."""
    user = person(request)
    everywhere = people.holds_everywhere(user, Permission.ROLES_MANAGE)
    mine = people.scope_of(user, Permission.ROLES_MANAGE, tree=tree)
    below = [unit for root in tree.roots for unit in tree.below(root.unit_id) if unit.unit_id in mine]
    found: list[tuple[str, Any]] = [(ALL_UNITS, _("Alla enheter"))] if everywhere else []
    found += [(unit.unit_id, _unit_name(unit.unit_id, tree)) for unit in below]
    if not found:
        raise PermissionDenied(Permission.ROLES_MANAGE)
    return found


def _unit_name(unit_id: str, tree: UnitTree) -> str:
    if unit_id == ALL_UNITS:
        return _("Alla enheter")
    return " › ".join(unit.name for unit in tree.path(unit_id)) or unit_id
