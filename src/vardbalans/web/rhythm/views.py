"""The planning cycle of a unit, what is ticked in it, its dates, and what needs the reader now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web import clock
from vardbalans.web.insight.early_warnings import warnings_for
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.insight.selectors import reader as reader_of
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning.answers import sentence_of
from vardbalans.web.rhythm import actions
from vardbalans.web.rhythm.forms import DatesForm
from vardbalans.web.rhythm.now import needs_now
from vardbalans.web.rhythm.page import asked_year, cycle_page


@needs(Permission.BALANCE_READ)
@require_GET
def show_now(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show what needs the reader at the unit and below; in their whole scope without a unit."""
    reader, run = reader_of(request.user), latest_run()
    if unit_id is None and len(reader.roots) == 1:
        unit_id = reader.roots[0].unit_id
    page = needs_now(person(request), reader, run, unit_id, asked_year(request.GET.get("year")))
    context = {
        "page": page,
        "run": run,
        "warnings": warnings_for(reader, run, unit_id) if run else None,
        "today": clock.today(),
    }
    return render(request, "rhythm/now.html", context)


@needs(Permission.BALANCE_READ)
@require_GET
def show_start(request: HttpRequest) -> HttpResponse:
    """Lead to the reader's topmost unit, or to what needs them where there are several."""
    roots = reader_of(request.user).roots
    return redirect("rhythm:cycle", unit_id=roots[0].unit_id) if len(roots) == 1 else redirect("rhythm:now")


@needs(Permission.BALANCE_READ)
@require_GET
def show_unit(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the steps of the unit, and the table of those below it."""
    return _shown(request, unit_id, asked_year(request.GET.get("year")))


@needs(Permission.BALANCE_READ)
@require_POST
def tick(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Keep that an item is done, or is not after all; the action asks for the permission that the item takes."""
    year, item = asked_year(request.POST.get("year")), request.POST.get("item", "")
    done, note = request.POST.get("done") == "yes", request.POST.get("note", "")
    try:
        actions.item_tick(unit_id=unit_id, year=year, item=item, done=done, note=note, by=person(request))
    except BadInput as error:
        return _shown(request, unit_id, year, sentence_of(error), 422)
    return redirect(f"{reverse('rhythm:cycle', args=[unit_id])}?year={year}#{item}")


@needs(Permission.CALENDAR_EDIT)
@require_http_methods(["GET", "POST"])
def set_dates(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the last days of the steps as a form; keep them."""
    year = asked_year(request.POST.get("year") or request.GET.get("year"))
    page = cycle_page(person(request), reader_of(request.user), latest_run(), unit_id, year)
    dues = {step.key: page.facts.due(unit_id, step.key) for step in page.steps}
    known = next((due.deadline.source for due in dues.values() if due and due.deadline), "")
    initial = {key: due.day for key, due in dues.items() if due} | {"source": known}
    form = DatesForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            source = form.cleaned_data["source"]
            actions.dates_set(unit_id=unit_id, year=year, dates=form.dates, source=source, by=person(request))
            return redirect(f"{reverse('rhythm:cycle', args=[unit_id])}?year={year}")
        except BadInput as error:
            form.add_error("source", sentence_of(error))
    return render(request, "rhythm/dates.html", {"page": page, "form": form}, status=422 if form.is_bound else 200)


def _shown(request: HttpRequest, unit_id: str, year: int, problem: str = "", status: int = 200) -> HttpResponse:
    run = latest_run()
    page = cycle_page(person(request), reader_of(request.user), run, unit_id, year)
    return render(request, "rhythm/unit.html", {"page": page, "run": run, "problem": problem}, status=status)
