"""The page Vårdplatser and its scenarios. What it shows was stored with the run, or by the job of a scenario."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from vardbalans.web.insight import selectors
from vardbalans.web.insight.beds_counted import counted_page
from vardbalans.web.insight.beds_job import scenario_ask
from vardbalans.web.insight.beds_list import beds_page
from vardbalans.web.insight.beds_scenario import scenario_page
from vardbalans.web.insight.selectors import Run
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.selectors import scope_of


@needs(Permission.BALANCE_READ)
@require_GET
def show_beds(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the beds of the unit and below; of the reader's whole scope without a unit."""
    run = selectors.latest_run()
    if run is None:
        return render(request, "insight/beds_nothing.html", {"run": run})
    reader = selectors.reader(request.user)
    counted = counted_page(reader, run, unit_id, request.GET)
    if run.tells_beds:
        page = beds_page(reader, run, unit_id, request.GET)
        return render(request, "insight/beds.html", {"page": page, "run": run, "counted": counted})
    if counted is None:
        return render(request, "insight/beds_nothing.html", {"run": run})
    unit = reader.tree.units.get(unit_id or "")
    path = reader.path(unit_id)[:-1] if unit_id else ()
    return render(
        request, "insight/beds_only_counted.html", {"counted": counted, "run": run, "unit": unit, "path": path}
    )


@needs(Permission.BALANCE_READ)
@require_GET
def show_scenario(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show what the address says is changed about the unit's beds, and what a year becomes, if it has been played."""
    run = selectors.latest_run()
    if run is None or not run.tells_beds:
        return render(request, "insight/beds_nothing.html", {"run": run})
    reader = selectors.reader(request.user)
    page = scenario_page(reader, run, _unit(run, unit_id), request.GET)
    may_run = unit_id in scope_of(request.user, Permission.BALANCE_RUN, tree=reader.tree)
    context = {"page": page, "run": run, "may_run": may_run}
    return render(request, "insight/beds_scenario.html", context, status=422 if page.typed.problems else 200)


@needs(Permission.BALANCE_RUN)
@require_POST
def run_scenario(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Ask for the scenario to be played and go to its page."""
    run, there = selectors.latest_run(), reverse("insight:beds_scenario", args=[unit_id])
    if run is None or not run.tells_beds:
        return redirect(there)
    page = scenario_page(selectors.reader(request.user), run, _unit(run, unit_id), request.POST)
    if page.changes and not page.typed.problems:
        scenario_ask(unit_id=unit_id, arguments=page.arguments, by=person(request))
    given = request.POST.copy()
    given.pop("csrfmiddlewaretoken", None)
    return redirect(f"{there}?{given.urlencode()}")


def _unit(run: Run, unit_id: str) -> Any:
    """Return the run's row of the unit. Raises Http404 where no ward lies in it."""
    row = run.stored.beds_of(unit_id)
    if row is None:
        raise Http404(unit_id)
    return row
