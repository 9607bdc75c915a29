"""The page Väntelista: who waits, how long, and what it takes. What it shows was stored with the run.

The weekly review alone reads the list as it is, person by person; it asks for a purpose, and the reading is recorded.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from vardbalans.engine.messages import Message
from vardbalans.web.insight import selectors
from vardbalans.web.insight.purposes import purpose_of
from vardbalans.web.insight.selectors import Run
from vardbalans.web.insight.waits_list import waits_list
from vardbalans.web.insight.waits_review import AskedReview, asked_review, review
from vardbalans.web.insight.waits_service import waits_service
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event
from vardbalans.web.people.permissions import Permission
from vardbalans.web.translate import kept, said


@needs(Permission.BALANCE_READ)
@require_GET
def show_lists(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the waiting lists of the unit and below; of the reader's whole scope without a unit."""
    run = selectors.latest_run()
    if run is None or not run.tells_waits:
        return _nothing(request, run)
    page = waits_list(selectors.reader(request.user), run, unit_id, request.GET)
    return render(request, "insight/waits.html", {"page": page, "run": run})


@needs(Permission.BALANCE_READ)
@require_GET
def show_list(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the waiting list of one service of the unit."""
    run = selectors.latest_run()
    if run is None or not run.tells_waits:
        return _nothing(request, run)
    reader = selectors.reader(request.user)
    page = waits_service(reader, run, _list(run, unit_id, request.GET.get("service", "")), request.GET)
    may_import = people.holds_for_region(request.user, Permission.DATA_IMPORT, tree=reader.tree)
    context = {"page": page, "run": run, "may_import": may_import}
    return render(request, "insight/waits_service.html", context)


@needs(Permission.BALANCE_READ)
@require_GET
def show_review(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Ask which free slots are to be given, and for what purpose the list is read."""
    run = selectors.latest_run()
    if run is None or not run.tells_waits:
        return _nothing(request, run)
    asked = asked_review(request.GET)
    return render(request, "insight/waits_review.html", _frame(request, run, unit_id, asked))


@needs(Permission.PATIENT_ROWS_READ)
@require_http_methods(["GET", "POST"])
def show_review_rows(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show who can be offered the slots, once a purpose is given; the reading is recorded.

    Opened without one (a reload, another language) it leads to the page that asks for it.
    """
    query = request.GET if request.method == "GET" else request.POST
    asked = asked_review(query)
    here = f"{reverse('insight:waits_review', args=[unit_id])}?{urlencode(asked.address)}"
    if request.method == "GET":
        return redirect(here)
    run = selectors.latest_run()
    if run is None or not run.tells_waits:
        raise Http404(unit_id)
    context = _frame(request, run, unit_id, asked) | {"here": here}
    purpose, problem = purpose_of(request.POST)
    context |= {"purpose": purpose, "problem": problem}
    if problem or asked.problem:
        return render(request, "insight/waits_review.html", context, status=422)
    found = review(asked, unit_id)
    if isinstance(found, Message):
        return render(request, "insight/waits_review.html", context | {"refused": said(kept(found))}, status=422)
    target = f"referrals version {found.version}: {len(found.offers)}/{found.total} rows, review {asked.service}"
    record(
        Event.PATIENT_ROWS_READ,
        by=person(request),
        unit_id=unit_id,
        target=target[:400],
        reason=purpose,
        subjects=[offer.row["referral_id"] for offer in found.offers],
    )
    return render(request, "insight/waits_review_rows.html", context | {"review": found})


def _list(run: Run, unit_id: str, service_id: str) -> Any:
    row = run.stored.list_of(unit_id, service_id)
    if row is None:
        raise Http404(unit_id)
    return row


def _frame(request: HttpRequest, run: Run, unit_id: str, asked: AskedReview) -> dict[str, Any]:
    """Return what both pages of the review hold. Raises Http404 where the unit has no such list."""
    reader = selectors.reader(request.user)
    row = _list(run, unit_id, asked.service)
    return {
        "run": run,
        "unit": reader.tree.units[unit_id],
        "path": reader.path(unit_id),
        "row": row,
        "asked": asked,
        "may_read_patient_rows": unit_id
        in people.scope_of(request.user, Permission.PATIENT_ROWS_READ, tree=reader.tree),
    }


def _nothing(request: HttpRequest, run: Run | None) -> HttpResponse:
    return render(request, "insight/waits_nothing.html", {"run": run, "title": _("Väntelista")})
