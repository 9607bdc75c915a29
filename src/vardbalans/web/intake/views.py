"""The page Data, the import in its steps, and profiles from samples."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.data.tables import TABLES
from vardbalans.data.write import fix_list_csv, fix_list_workbook
from vardbalans.engine.errors import BadInput
from vardbalans.web.headings import column_choices
from vardbalans.web.intake import actions, adjusting, profiling, selectors
from vardbalans.web.intake.data_page import data_page
from vardbalans.web.intake.delivery_page import delivery_page, shown_findings
from vardbalans.web.intake.forms import AdjustmentForm, DeliveryForm, ProfileForm, SampleForm, profile_choices
from vardbalans.web.intake.models import Purpose, Upload, UploadState
from vardbalans.web.intake.profile_page import chosen, problems, profile_page
from vardbalans.web.intake.receiving import brings_files
from vardbalans.web.jobs.models import State
from vardbalans.web.jobs.selectors import job_of, progress_of
from vardbalans.web.people.access import needs, needs_for_region, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.translate import kept, said

_LEVEL = TABLES["adjustments"].column("author_level")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(Permission.BALANCE_READ)
@require_GET
def show_data(request: HttpRequest) -> HttpResponse:
    """Show how fresh and how good the data are, and which imports made them."""
    return render(request, "intake/data.html", {"page": data_page(person(request))})


@needs_for_region(Permission.DATA_IMPORT)
@brings_files
@require_http_methods(["GET", "POST"])
def new_delivery(request: HttpRequest) -> HttpResponse:
    """Take the files of a delivery in, and lead on to what is found in them."""
    form = _form(DeliveryForm, request)
    if form.is_valid():
        given = form.cleaned_data
        upload = actions.delivery_receive(files=given["sent"], profile=given["profile"], by=person(request))
        return redirect("intake:delivery", upload.pk)
    return render(request, "intake/new.html", {"form": form}, status=422 if form.is_bound else 200)


@needs(Permission.NEED_ADJUST)
@require_http_methods(["GET", "POST"])
def new_adjustment(request: HttpRequest) -> HttpResponse:
    """Take one adjustment of a service's forecast from those who may adjust it, and lead on to what becomes of it."""
    service = adjusting.service_named(request.GET.get("service", ""))
    if service is None:
        raise Http404("service")
    level = adjusting.level_of(person(request), service)
    form = AdjustmentForm(request.POST or None)
    if form.is_valid():
        if selectors.too_many_uploads(person(request)):
            return render(request, "intake/too_many.html", status=429)
        job = actions.adjustment_make(service=service, given=form.cleaned_data, by=person(request))
        return redirect("intake:adjusted", job.pk)
    context = {"form": form, "service": service, "level": column_choices(_LEVEL).get(level, level)}
    return render(request, "intake/adjustment.html", context, status=422 if form.is_bound else 200)


@needs(Permission.NEED_ADJUST)
@require_GET
def show_adjustment(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show what became of an adjustment: being stored, stored, or not and why."""
    job = job_of(person(request), job_id)
    service = adjusting.service_named(job.arguments["row"]["service_id"]) if job.kind == selectors.ADJUST else None
    if service is None:
        raise Http404(str(job_id))
    context = {"job": job, "service": service, "progress": progress_of(job), "failure": said(job.error)}
    return render(request, "intake/adjusted.html", context)


@needs_for_region(Permission.DATA_IMPORT)
@require_GET
def show_delivery(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Show the delivery where it is: being read, read, being stored, stored or discarded."""
    return _delivery(request, selectors.upload_of(upload_id, Purpose.DELIVERY))


@needs_for_region(Permission.DATA_IMPORT)
@require_POST
def preview_again(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Look at the delivery anew, perhaps by another profile."""
    upload = selectors.upload_of(upload_id, Purpose.DELIVERY)
    profile = request.POST.get("profile", "")
    if profile not in dict(profile_choices()):
        raise Http404(profile)
    return _done(request, upload, lambda: actions.delivery_preview(upload=upload, profile=profile, by=person(request)))


@needs_for_region(Permission.DATA_IMPORT)
@require_POST
def store_delivery(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Ask for the import of what was shown, in the name of the person who presses."""
    upload = selectors.upload_of(upload_id, Purpose.DELIVERY)
    shown = request.POST.get("fingerprint", "")
    return _done(request, upload, lambda: actions.delivery_store(upload=upload, fingerprint=shown, by=person(request)))


@needs_for_region(Permission.DATA_IMPORT)
@require_POST
def discard(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Remove the files of a delivery or a sample without importing them."""
    upload = selectors.upload_of(upload_id)
    return _done(request, upload, lambda: actions.upload_discard(upload=upload, by=person(request)))


@needs_for_region(Permission.DATA_IMPORT)
@require_GET
def fix_list(_request: HttpRequest, upload_id: int, form: str) -> HttpResponse:
    """Give what was found as a list to repair from: xlsx or csv."""
    look = selectors.upload_of(upload_id, Purpose.DELIVERY).look
    if look is None or form not in {"xlsx", "csv"}:
        raise Http404(form)
    lines = [
        (found.severity_name, found.file, found.row, found.column, found.message, found.code)
        for found in shown_findings(look)
    ]
    headings = (_("Allvar"), _("Fil"), _("Rad"), _("Kolumn"), _("Vad är fel och hur rättas det?"), _("Kod"))
    content = fix_list_csv(lines, headings) if form == "csv" else fix_list_workbook(lines, headings, _("Att rätta"))
    kind = "text/csv; charset=utf-8" if form == "csv" else _XLSX
    return _file(content, kind, f"{_('att-ratta')}-{upload_id}.{form}")


@needs_for_region(Permission.DATA_IMPORT)
@require_POST
def judge_quality(request: HttpRequest) -> HttpResponse:
    """Ask for the judgement of the newest version."""
    actions.quality_judge(by=person(request))
    return redirect("intake:data")


@needs_for_region(Permission.DATA_IMPORT)
@require_POST
def quality_lists(request: HttpRequest) -> HttpResponse:
    """Give the rows to repair in the newest version as a workbook; by POST, for the reading is recorded."""
    try:
        content = actions.quality_lists(by=person(request))
    except BadInput as error:
        page = data_page(person(request))
        return render(request, "intake/data.html", {"page": page, "problem": said(kept(error.message))}, status=409)
    return _file(content, _XLSX, f"{_('att-ratta')}-kvalitet.xlsx")


@needs_for_region(Permission.DATA_IMPORT)
@brings_files
@require_http_methods(["GET", "POST"])
def profiles(request: HttpRequest) -> HttpResponse:
    """Show the profiles there are, and take a sample in to make another."""
    form = _form(SampleForm, request)
    if form.is_valid():
        given = form.cleaned_data
        upload = actions.sample_receive(file=given["sent"][0], table=given["table"], by=person(request))
        return redirect("intake:sample", upload.pk)
    known = [(name, said(kept(sentence))) for name, sentence in profiling.known()]
    context = {"form": form, "known": known}
    return render(request, "intake/profiles.html", context, status=422 if form.is_bound else 200)


@needs_for_region(Permission.DATA_IMPORT)
@require_http_methods(["GET", "POST"])
def show_sample(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Show which column of the sample is taken for which, take the person's own choices, and save the profile."""
    upload = selectors.upload_of(upload_id, Purpose.SAMPLE)
    document = upload.look
    if document is None or not upload.is_open:
        return _waiting(request, upload)
    form = ProfileForm(request.POST or None)
    mapping = chosen(document, request.POST if form.is_bound else None)
    wanted = request.POST.get("table", mapping.table)
    if wanted not in TABLES:
        raise Http404(wanted)
    if wanted != mapping.table:
        return _done(request, upload, lambda: actions.sample_suggest(upload=upload, table=wanted, by=person(request)))
    found = problems(mapping) if "save" in request.POST else []
    if "save" in request.POST and form.is_valid() and not found:
        return _saved(request, upload, form.cleaned_data["name"], mapping)
    context = {"upload": upload, "form": form, "problems": found, "page": profile_page(document, mapping)}
    return render(request, "intake/sample.html", context, status=422 if "save" in request.POST else 200)


def _delivery(request: HttpRequest, upload: Upload, problem: str = "") -> HttpResponse:
    document = upload.look
    if upload.state == UploadState.DISCARDED or upload.active_job or document is None:
        return _waiting(request, upload, problem)
    page = delivery_page(upload, document)
    context = {"page": page, "problem": problem or _failure(upload), "choices": profile_choices()}
    template = "receipt" if upload.state == UploadState.STORED else "preview"
    return render(request, f"intake/{template}.html", context, status=409 if problem else 200)


def _waiting(request: HttpRequest, upload: Upload, problem: str = "") -> HttpResponse:
    """Show work under way, work that ended badly, or that the files are gone."""
    job = upload.active_job
    if job:
        context = {"upload": upload, "job": job, "progress": progress_of(job)}
        return render(request, "intake/working.html", context)
    context = {"upload": upload, "problem": problem or _failure(upload), "choices": profile_choices()}
    template = "stopped" if upload.is_open else "over"
    return render(request, f"intake/{template}.html", context, status=409 if problem else 200)


def _failure(upload: Upload) -> str:
    """Return why the newest work with the files ended badly; empty when it did not."""
    job = upload.storing or upload.job
    if job and job.state == State.CANCELLED:
        return _("Arbetet avbröts. Ingenting har ändrats.")
    return said(job.error) if job and job.state == State.FAILED else ""


def _done(request: HttpRequest, upload: Upload, act: Any) -> HttpResponse:
    """Do *act* and lead back to the page of the upload; show it with the reason where *act* refuses."""
    try:
        act()
    except BadInput as error:
        sentence = said(kept(error.message))
        fresh = selectors.upload_of(upload.pk)
        if upload.purpose == Purpose.DELIVERY:
            return _delivery(request, fresh, sentence)
        return _waiting(request, fresh, sentence)
    return redirect("intake:delivery" if upload.purpose == Purpose.DELIVERY else "intake:sample", upload.pk)


def _saved(request: HttpRequest, upload: Upload, name: str, mapping: profiling.SourceMapping) -> HttpResponse:
    try:
        actions.profile_save(upload=upload, name=name, mapping=mapping, by=person(request))
    except BadInput as error:
        return _waiting(request, selectors.upload_of(upload.pk), said(kept(error.message)))
    return redirect("intake:profiles")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _form(form: type[Any], request: HttpRequest) -> Any:
    if request.method != "POST":
        return form()
    receiver: Any = request.upload_handlers[0]
    return form(request.POST, request.FILES, too_large=receiver.too_large)
