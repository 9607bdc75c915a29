"""The plan to Excel and back: what a workbook would change is shown before anything is written."""

from pathlib import Path
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.intake.receiving import brings_files
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import actions, selectors
from vardbalans.web.planning.answers import asked_version, refused, sentence_of
from vardbalans.web.planning.exchange import read_plan_workbook, workbook
from vardbalans.web.planning.forms import WorkbookForm
from vardbalans.web.planning.import_page import asked_of, import_page
from vardbalans.web.planning.models import StepKind
from vardbalans.web.planning.orders import prefill

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(Permission.BALANCE_READ)
@require_GET
def export(request: HttpRequest, version_id: int) -> HttpResponse:
    """Give the version as a workbook."""
    version, run = asked_version(request, version_id), latest_run()
    services = selectors.services_of(run, version.plan.unit_id) if run else ()
    wanted = prefill(run, version.plan.year, services) if run else {}
    name = f"plan-{version.plan.year}-{slugify(version.plan.name) or version.plan_id}-v{version.number}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(workbook(version, services, wanted), content_type=_XLSX, headers=headers)


@needs(Permission.PLAN_EDIT)
@brings_files
@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest, version_id: int) -> HttpResponse:
    """Take a changed workbook and show what it would change."""
    version, run = asked_version(request, version_id), latest_run()
    form, page = _form(request), None
    if form.is_valid() and run:
        services = selectors.services_of(run, version.plan.unit_id)
        try:
            file = form.cleaned_data["sent"]
            file.flush()
            page = import_page(version, read_plan_workbook(Path(file.file.name), version, services), services)
        except BadInput as error:
            form.add_error("sent", sentence_of(error))
    context = {"version": version, "form": form, "page": page}
    return render(request, "planning/import.html", context, status=422 if form.errors else 200)


@needs(Permission.PLAN_EDIT)
@require_POST
def write(request: HttpRequest, version_id: int) -> HttpResponse:
    """Write what was shown, in one step; what others have changed since then is refused."""
    version = asked_version(request, version_id)
    try:
        cells, base = asked_of(version, request.POST.get("asked", ""), with_clashes="clashes" in request.POST)
        actions.cells_set(version=version, cells=cells, kind=StepKind.IMPORTED, base=base, by=person(request))
    except signing.BadSignature:
        return refused(
            request, version, BadInput(Message("Det som skulle skrivas går inte att läsa. Läs in filen igen."))
        )
    except actions.Stale:
        return refused(
            request, version, BadInput(Message("En annan planerare har ändrat samma rutor. Läs in filen igen."))
        )
    except BadInput as error:
        return refused(request, version, error)
    return redirect("planning:plan", version.pk)


def _form(request: HttpRequest) -> WorkbookForm:
    if request.method != "POST":
        return WorkbookForm()
    receiver: Any = request.upload_handlers[0]
    return WorkbookForm(request.POST, request.FILES, too_large=receiver.too_large)
