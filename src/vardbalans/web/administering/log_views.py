"""The log, and spot-checks of it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web.administering import checks, log, parameters
from vardbalans.web.administering.forms import CheckForm, LogForm, VerdictForm, words
from vardbalans.web.administering.models import CheckedRow, SpotCheck, Verdict
from vardbalans.web.administering.views import unit_name
from vardbalans.web.people.access import needs_somewhere, person
from vardbalans.web.people.models import AuditEvent
from vardbalans.web.people.permissions import Permission
from vardbalans.web.signing.views import shown

_PAGE = 100


@needs_somewhere(Permission.AUDIT_READ)
@never_cache
@require_GET
def show_log(request: HttpRequest) -> HttpResponse:
    """Show the log of one's scope, newest first, by day, kind, person and unit."""
    by = person(request)
    form = LogForm(request.GET, by=by)
    asked = form.cleaned_data if form.is_valid() else {}
    page = Paginator(log.filtered(log.events_for(by), asked), _PAGE).get_page(request.GET.get("page"))
    address = urlencode({name: str(value) for name, value in request.GET.items() if name != "page" and value})
    context = {
        "form": form,
        "page": page,
        "address": address,
        "rows": [_line(event) for event in page.object_list],
        "unsealed": log.events_for(by).filter(seal=None).count(),
        "years": parameters.retention_years(),
    }
    return render(request, "administering/log.html", context)


@needs_somewhere(Permission.AUDIT_READ)
@never_cache
@require_http_methods(["GET", "POST"])
def show_checks(request: HttpRequest) -> HttpResponse:
    """List the spot-checks, and draw one."""
    by = person(request)
    form = CheckForm(request.POST or None, by=by)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = checks.draw(
                unit_id=given["unit_id"], first=given["date_from"], last=given["date_to"], size=given["size"], by=by
            )
        except BadInput as error:
            form.add_error(None, shown(error))
        else:
            return redirect("administering:spot_check", made.pk)
    found = [_summary(check) for check in checks.checks_for(by).prefetch_related("rows")[:_PAGE]]
    return render(request, "administering/checks.html", {"form": form, "found": found})


@needs_somewhere(Permission.AUDIT_READ)
@never_cache
@require_GET
def show_check(request: HttpRequest, check_id: int) -> HttpResponse:
    """Show what a spot-check drew."""
    return _check(request, check_id)


@needs_somewhere(Permission.AUDIT_READ)
@require_POST
def judge(request: HttpRequest, check_id: int, row_id: int) -> HttpResponse:
    """Write the verdict on one drawn reading."""
    by = person(request)
    check, form = checks.check_of(by, check_id), VerdictForm(request.POST)
    if form.is_valid():
        try:
            checks.judge(
                check=check,
                row_id=row_id,
                verdict=form.cleaned_data["verdict"],
                note=form.cleaned_data["note"],
                by=by,
            )
        except BadInput as error:
            form.add_error(None, shown(error))
        else:
            return redirect(f"{request.path.rpartition('rows/')[0]}#row-{row_id}")
    return _check(request, check_id, row_id, form, status=422)


def _check(
    request: HttpRequest, check_id: int, row_id: int = 0, failed: VerdictForm | None = None, status: int = 200
) -> HttpResponse:
    by = person(request)
    check = checks.check_of(by, check_id)
    rows = [
        _line(row.event)
        | {
            "row": row,
            "own": row.event.actor_id == by.pk,
            "form": failed if failed and row.pk == row_id else _verdict(row),
        }
        for row in check.rows.select_related("event__actor", "event__seal", "judged_by")
    ]
    page = {"check": check, "unit": unit_name(check.unit_id), "rows": rows}
    page |= {"judged": sum(bool(each["row"].verdict) for each in rows), "here": f"/administration/checks/{check_id}/"}
    return render(request, "administering/check.html", page, status=status)


def _line(event: AuditEvent) -> dict[str, Any]:
    return {
        "event": event,
        "words": words(event.event),
        "unit": unit_name(event.unit_id) if event.unit_id else "",
        "sealed": getattr(event, "seal", None),
    }


def _verdict(row: CheckedRow) -> VerdictForm:
    shown_first = {"verdict": row.verdict or Verdict.JUSTIFIED, "note": row.note}
    return VerdictForm(initial=shown_first, auto_id=f"r{row.pk}_%s")


def _summary(check: SpotCheck) -> dict[str, Any]:
    rows = list(check.rows.all())
    return {
        "check": check,
        "unit": unit_name(check.unit_id),
        "rows": len(rows),
        "judged": sum(bool(row.verdict) for row in rows),
        "remarks": sum(row.verdict in {Verdict.UNCLEAR, Verdict.UNJUSTIFIED} for row in rows),
    }
