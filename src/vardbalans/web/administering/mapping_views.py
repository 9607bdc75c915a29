"""What the claims of an identity provider mean here: a dated table of claim, role and unit."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from vardbalans.web.administering.forms import MappingForm
from vardbalans.web.administering.views import unit_name
from vardbalans.web.people.access import needs_for_region, person
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event, RoleAssignment, User
from vardbalans.web.people.permissions import Permission, Role
from vardbalans.web.people.selectors import require_manager
from vardbalans.web.people.units import current_tree
from vardbalans.web.signing import visits
from vardbalans.web.signing.middleware import raised
from vardbalans.web.signing.models import Mapping
from vardbalans.web.signing.sso import configured


@needs_for_region(Permission.ROLES_MANAGE)
@raised
@require_http_methods(["GET", "POST"])
def mappings(request: HttpRequest) -> HttpResponse:
    """List the mappings, and make one."""
    by = person(request)
    form = MappingForm(request.POST or None, by=by, initial={"valid_from": timezone.localdate(), "role": Role.READER})
    if form.is_valid():
        _make(form, by)
        return redirect("administering:mappings")
    today = timezone.localdate()
    rows = [
        {"mapping": item, "unit": unit_name(item.unit_id), "ended": item.valid_to is not None and item.valid_to < today}
        for item in Mapping.objects.select_related("made_by")
    ]
    page = {"form": form, "rows": rows, "providers": configured()}
    page |= {"raised": visits.raised_until(visits.current(request))}
    return render(request, "administering/mappings.html", page, status=422 if form.is_bound else 200)


@needs_for_region(Permission.ROLES_MANAGE)
@raised
@require_POST
def end(request: HttpRequest, mapping_id: int) -> HttpResponse:
    """Let a mapping end after today, or take one back that has not begun."""
    found = Mapping.objects.filter(pk=mapping_id).first()
    if found is None:
        raise Http404(str(mapping_id))
    if found.valid_to is None or found.valid_to > timezone.localdate():
        _end(found, person(request))
    return redirect("administering:mappings")


@transaction.atomic
def _end(found: Mapping, by: User) -> None:
    today = timezone.localdate()
    record(Event.MAPPING_ENDED, by=by, unit_id=found.unit_id, target=str(found)[:400])
    if found.valid_from > today:
        found.delete()
        return
    found.valid_to = today
    found.save(update_fields=["valid_to"])
    RoleAssignment.objects.filter(given_by_claim__mapping=found).exclude(valid_to__lt=today).update(valid_to=today)


@transaction.atomic
def _make(form: MappingForm, by: User) -> None:
    made = Mapping(made_by=by, **form.cleaned_data)
    require_manager(by, made.unit_id, tree=current_tree())
    made.save()
    record(Event.MAPPING_MADE, by=by, unit_id=made.unit_id, target=str(made)[:400], reason=made.reason)
