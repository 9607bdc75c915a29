"""The page Behov: how much care will be needed, per unit and per service. Everything shown was stored with the run."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vardbalans.web.insight import selectors
from vardbalans.web.insight.need_list import need_list
from vardbalans.web.insight.need_service import need_service
from vardbalans.web.people.access import needs
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import scope_of


@needs(Permission.BALANCE_READ)
@require_GET
def show_needs(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the need of every service of the unit and below; of the reader's whole scope without a unit."""
    run = selectors.latest_run()
    if run is None or not run.tells_need:
        return render(request, "insight/nothing_yet.html", {"run": run})
    page = need_list(selectors.reader(request.user), run, unit_id, request.GET)
    return render(request, "insight/need.html", {"page": page, "run": run})


@needs(Permission.BALANCE_READ)
@require_GET
def show_need(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the need of one service of the unit."""
    run = selectors.latest_run()
    if run is None or not run.tells_need:
        return render(request, "insight/nothing_yet.html", {"run": run})
    row = run.stored.need(unit_id, request.GET.get("service", ""))
    if row is None:
        raise Http404(unit_id)
    reader = selectors.reader(request.user)
    may_adjust = unit_id in scope_of(request.user, Permission.NEED_ADJUST, tree=reader.tree)
    context = {"page": need_service(reader, run, row, request.GET), "run": run, "may_adjust": may_adjust}
    return render(request, "insight/need_service.html", context)
