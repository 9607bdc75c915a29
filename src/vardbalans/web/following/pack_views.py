"""The month pack: shown, frozen, commented, made again, and as a workbook or PDF."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.following import actions
from vardbalans.web.following.forms import CommentForm
from vardbalans.web.following.pack import MonthPack, month_pack, pack_address
from vardbalans.web.following.pack_chart import pack_chart
from vardbalans.web.following.pack_pdf import pack_pdf
from vardbalans.web.following.pack_workbook import workbook_of
from vardbalans.web.following.selectors import frozen_month
from vardbalans.web.following.views import found, nothing
from vardbalans.web.jobs.models import Job
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import scope_of
from vardbalans.web.translate import kept, said

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(Permission.BALANCE_READ)
@require_GET
def show_pack(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the pack of one month."""
    return _shown(request, unit_id, request.GET, CommentForm())


@needs(Permission.FOLLOW_UP_WRITE)
@require_POST
def freeze(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Freeze a month that is counted whole."""
    there, month = found(request), request.POST.get("month", "")
    if there is None:
        raise Http404(unit_id)
    try:
        actions.month_freeze(unit_id=unit_id, month=month, run=there[1], by=person(request))
    except BadInput as error:
        return _shown(request, unit_id, request.POST, CommentForm(), problem=said(kept(error.message)))
    return redirect(pack_address(unit_id, month))


@needs(Permission.FOLLOW_UP_WRITE)
@require_POST
def remake(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Have a frozen month made again from the same data and settings."""
    frozen = frozen_month(unit_id, request.POST.get("month", ""))
    if frozen is None:
        raise Http404(unit_id)
    actions.month_remake(frozen=frozen, by=person(request))
    return redirect(pack_address(unit_id, frozen.month))


@needs(Permission.FOLLOW_UP_WRITE)
@require_POST
def comment(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Keep a comment on the month."""
    there = found(request)
    pack = month_pack(*there, unit_id, request.POST) if there else None
    form = CommentForm(request.POST)
    if pack is None:
        raise Http404(unit_id)
    if not form.is_valid():
        return _shown(request, unit_id, request.POST, form)
    said_of_it = form.cleaned_data
    try:
        actions.month_comment(unit_id=unit_id, month=pack.month, by=person(request), **said_of_it)
    except BadInput as error:
        form.add_error("text", said(kept(error.message)))
        return _shown(request, unit_id, request.POST, form)
    return redirect(f"{pack.address}#comments-title")


@needs(Permission.BALANCE_READ)
@require_GET
def workbook(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Send the pack as a workbook."""
    there = found(request)
    pack = month_pack(*there, unit_id, request.GET) if there else None
    if there is None or pack is None:
        raise Http404(unit_id)
    name = f"{pack.month}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(workbook_of(pack, there[1]), content_type=_XLSX, headers=headers)


@needs(Permission.BALANCE_READ)
@require_GET
def pdf(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Send the pack as PDF; where it cannot be made, show the page with the reason."""
    there = found(request)
    pack = month_pack(*there, unit_id, request.GET) if there else None
    if there is None or pack is None:
        raise Http404(unit_id)
    try:
        made = pack_pdf(pack, there[1], there[0].tree.path(unit_id)[0].name)
    except BadInput as error:
        return _shown(request, unit_id, request.GET, CommentForm(), problem=said(kept(error.message)))
    headers = {"Content-Disposition": f'attachment; filename="{pack.month}.pdf"'}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


def _shown(request: HttpRequest, unit_id: str, asked: Any, form: CommentForm, problem: str = "") -> HttpResponse:
    there = found(request)
    if there is None:
        return nothing(request)
    reader, run = there
    pack = month_pack(reader, run, unit_id, asked)
    context = {
        "page": pack,
        "run": run,
        "tab": "pack",
        "chart": pack_chart(pack) if pack else "",
        "unit": reader.tree.units[unit_id],
        "path": reader.path(unit_id)[:-1],
        "form": form,
        "problem": problem,
        "may_write": unit_id in scope_of(request.user, Permission.FOLLOW_UP_WRITE, tree=reader.tree),
        "at_work": _is_remade(pack),
        "here": pack.address if pack else request.path,
    }
    template = "following/pack.html" if pack else "following/empty.html"
    return render(request, template, context, status=422 if problem or form.errors else 200)


def _is_remade(pack: MonthPack | None) -> bool:
    """Tell whether the frozen month is being made again."""
    if pack is None or pack.frozen is None:
        return False
    jobs = Job.objects.filter(kind=actions.REMAKE, arguments__frozen=pack.frozen.pk).order_by("-pk")
    last = jobs.first()
    return bool(last and last.is_active)
