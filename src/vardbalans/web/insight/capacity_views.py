"""The page Kapacitet: what can we do. What it shows was stored with the run."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vardbalans.web.insight import selectors
from vardbalans.web.insight.capacity_export import capacity_csv, capacity_workbook
from vardbalans.web.insight.capacity_page import CapacityPage, capacity_page
from vardbalans.web.insight.period import chosen
from vardbalans.web.people.access import needs
from vardbalans.web.people.permissions import Permission

_FORMS = {
    "csv": (capacity_csv, "text/csv; charset=utf-8"),
    "xlsx": (capacity_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@needs(Permission.BALANCE_READ)
@require_GET
def show_capacity(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the capacity of the unit and below; of the reader's whole scope without a unit."""
    run = selectors.latest_run()
    if run is None or not run.stored.tells_capacity:
        return render(request, "insight/capacity_nothing.html", {"run": run})
    page = _page(request, run, unit_id)
    return render(request, "insight/capacity.html", {"page": page, "run": page.run})


@needs(Permission.BALANCE_READ)
@require_GET
def export_capacity(request: HttpRequest, form: str, unit_id: str | None = None) -> HttpResponse:
    """Give the list of the same address as a file: csv of the resources, xlsx of all."""
    run = selectors.latest_run()
    if run is None or not run.stored.tells_capacity or form not in _FORMS:
        raise Http404(form)
    page = _page(request, run, unit_id)
    write, kind = _FORMS[form]
    name = f"kapacitet-{page.run.weeks[0].period}-{page.run.weeks[-1].period}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(write(page), content_type=kind, headers=headers)


def _page(request: HttpRequest, run: selectors.Run, unit_id: str | None) -> CapacityPage:
    asked = request.GET
    run = run.within(chosen(asked))
    return capacity_page(selectors.reader(request.user), run, unit_id, asked.dict(), asked.getlist("pool"))
