"""The page Åtgärder, and the three forms people write in."""

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from vardbalans.data.improving.report import report_of
from vardbalans.engine.errors import BadInput
from vardbalans.web import store
from vardbalans.web.improving import actions
from vardbalans.web.improving.forms import CardForm, PlanForm, StatusForm
from vardbalans.web.improving.listing import measures_page
from vardbalans.web.improving.measure_page import measure_page
from vardbalans.web.improving.report_pdf import report_pdf
from vardbalans.web.insight import selectors
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.translate import kept, said


@needs(Permission.BALANCE_READ)
@require_GET
def show_measures(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the measures of the unit and below; of the reader's whole scope without a unit."""
    run, reader = selectors.latest_run(), selectors.reader(request.user)
    try:
        page = measures_page(reader, run, unit_id, request.GET)
    except BadInput as refusal:
        return render(request, "improving/nothing.html", {"why": said(kept(refusal.message))})
    return render(request, "improving/measures.html", {"page": page, "run": run})


@needs(Permission.BALANCE_READ)
@require_GET
def show_measure(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show one measure as it is at the unit."""
    return _measure(request, unit_id, request.GET.get("measure", ""))


@needs(Permission.MEASURES_EDIT)
@require_POST
def write_card(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Add a PDSA card to the measure."""
    form = CardForm(request.POST)
    measure_id = request.POST.get("measure", "")
    if form.is_valid():
        try:
            actions.card_add(measure_id=measure_id, at=timezone.now(), by=person(request), **form.cleaned_data)
            return _there(unit_id, measure_id)
        except BadInput as refusal:
            form.add_error("text", ValidationError(said(kept(refusal.message))))
    return _measure(request, unit_id, measure_id, card=form)


@needs(Permission.MEASURES_EDIT)
@require_POST
def write_plan(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Fix an analysis plan for the measure; one that is there stays, and is no longer the one that counts."""
    form, now = PlanForm(request.POST), timezone.now()
    measure_id = request.POST.get("measure", "")
    if form.is_valid():
        try:
            plan = form.plan(measure_id, now.date())
            actions.plan_fix(plan=plan, author=form.cleaned_data["author"], at=now, by=person(request))
            return _there(unit_id, measure_id)
        except BadInput as refusal:
            form.add_error("periods_after", ValidationError(said(kept(refusal.message))))
    return _measure(request, unit_id, measure_id, plan=form)


@needs(Permission.MEASURES_EDIT)
@require_POST
def write_status(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Set a status of the measure that is people's to set."""
    form = StatusForm(request.POST)
    measure_id = request.POST.get("measure", "")
    if form.is_valid():
        try:
            actions.status_set(measure_id=measure_id, at=timezone.now(), by=person(request), **form.cleaned_data)
            return _there(unit_id, measure_id)
        except BadInput as refusal:
            form.add_error("status", ValidationError(said(kept(refusal.message))))
    return _measure(request, unit_id, measure_id, status=form)


@needs(Permission.BALANCE_READ)
@require_GET
def report(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Send the report on measures of the unit and below as PDF; say why where it cannot be made."""
    try:
        made = report_pdf(report_of(store.root(), unit=unit_id))
    except BadInput as refusal:
        return render(request, "improving/nothing.html", {"why": said(kept(refusal.message))})
    headers = {"Content-Disposition": 'attachment; filename="measures.pdf"'}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


def _there(unit_id: str, measure_id: str) -> HttpResponse:
    return redirect(f"{reverse('improving:measure', args=[unit_id])}?{urlencode({'measure': measure_id})}")


def _measure(request: HttpRequest, unit_id: str, measure_id: str, **refused: Form) -> HttpResponse:
    """Show the measure with its forms; those *refused* as they were filled in."""
    reader = selectors.reader(request.user)
    page = measure_page(reader, unit_id, measure_id)
    home = page.entry.row["unit_id"]
    may_edit = home in people.scope_of(request.user, Permission.MEASURES_EDIT, tree=reader.tree)
    forms = {"card": CardForm(), "status": StatusForm(), "plan": PlanForm(initial=page.planned)} | refused
    context = {"page": page, "may_edit": may_edit, "home": home, "forms": forms}
    return render(request, "improving/measure.html", context, status=422 if refused else 200)
