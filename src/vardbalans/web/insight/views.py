"""Overview, balance of one unit, and why a figure is what it is."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from vardbalans.engine.errors import BadInput
from vardbalans.web.headings import table_title
from vardbalans.web.insight import addresses, derived, rows, selectors, subjects, why
from vardbalans.web.insight.flow_map import flow_page
from vardbalans.web.insight.overview import overview
from vardbalans.web.insight.period import chosen
from vardbalans.web.insight.purposes import purpose_of
from vardbalans.web.insight.unit_balance import unit_balance
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event
from vardbalans.web.people.permissions import Permission


@needs(Permission.BALANCE_READ)
@require_GET
def show_overview(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the balance map of the unit and below; of the reader's whole scope without a unit."""
    run = selectors.latest_run()
    if run is None:
        return render(request, "insight/nothing_yet.html")
    run = run.within(chosen(request.GET))
    page = overview(selectors.reader(request.user), run, unit_id)
    return render(request, "insight/overview.html", {"page": page, "run": run})


@needs(Permission.BALANCE_READ)
@require_GET
def show_balance(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show required against available for one unit, its waiting lists, and the map of the units below it."""
    run = selectors.latest_run()
    if run is None:
        return render(request, "insight/nothing_yet.html")
    run = run.within(chosen(request.GET))
    page = unit_balance(selectors.reader(request.user), run, unit_id, request.GET.get("resource", ""))
    return render(request, "insight/balance.html", {"page": page, "run": run})


@needs(Permission.BALANCE_READ)
@require_GET
def show_flow_map(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show how the services of the unit and below lead to one another."""
    run = selectors.latest_run()
    if run is None:
        return render(request, "insight/nothing_yet.html")
    page = flow_page(selectors.reader(request.user), run, unit_id)
    return render(request, "insight/flow_map.html", {"page": page, "run": run})


@needs(Permission.BALANCE_READ)
@require_GET
def show_why(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Explain one figure."""
    asked = _asked(request, request.GET, unit_id)
    lead = addresses.leads(unit_id, selectors.reader(request.user))
    context = _frame(request, unit_id, asked) | {"explanation": why.explanation(asked["figure_values"], lead)}
    return render(request, "insight/why.html", context)


@needs(Permission.BALANCE_READ)
@require_GET
def show_rows(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the source rows of one step; for a patient-level table, ask for the purpose first."""
    asked = _asked(request, request.GET, unit_id)
    source = _source(asked, request.GET.get("step", ""))
    context = _frame(request, unit_id, asked) | {"step": request.GET["step"]} | _rule(asked, request.GET["step"])
    if source["table"] in rows.PERSON_TABLES:
        return render(request, "insight/purpose.html", context | {"title": table_title(source["table"])})
    found = rows.source_rows(source, asked["run"])
    return render(request, "insight/rows.html", context | {"found": found})


@needs(Permission.PATIENT_ROWS_READ)
@require_http_methods(["GET", "POST"])
def show_patient_rows(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show where the patient-level rows of one step lie, once a purpose is given; the reading is recorded.

    Opened without one (a reload, another language) it leads to the page that asks for it.
    """
    if request.method == "GET":
        return redirect(_rows_address(request.GET, unit_id))
    asked = _asked(request, request.POST, unit_id)
    source = _source(asked, request.POST.get("step", ""))
    if source["table"] not in rows.PERSON_TABLES:
        raise Http404(source["table"])
    here = _rows_address(request.POST, unit_id)
    context = _frame(request, unit_id, asked) | _rule(asked, request.POST["step"])
    context |= {"step": request.POST["step"], "here": here}
    purpose, problem = purpose_of(request.POST)
    if problem:
        context |= {"title": table_title(source["table"]), "problem": problem, "purpose": purpose}
        return render(request, "insight/purpose.html", context, status=422)
    found = rows.patient_rows(source, asked["run"])
    target = f"{source['table']} version {asked['version']}: {len(found.rows)}/{found.count} rows, {asked['figure']}"
    record(
        Event.PATIENT_ROWS_READ,
        by=person(request),
        unit_id=unit_id,
        target=target[:400],
        reason=purpose,
        subjects=found.subjects,
    )
    return render(request, "insight/rows.html", context | {"found": found, "purpose": purpose})


def _rows_address(query: Any, unit_id: str) -> str:
    """Return the address of the page that shows the step's rows, or asks for a purpose."""
    asked = {name: query[name] for name in (*addresses.NAMED, "step") if name in query}
    return f"{reverse('insight:rows', args=[unit_id])}?{urlencode(asked)}"


def _asked(request: HttpRequest, query: Any, unit_id: str) -> dict[str, Any]:
    """Return the figure that the address names, with its values. Raises Http404 when there is none."""
    if query.get("of"):
        try:
            found = derived.found(selectors.reader(request.user), unit_id, query)
        except BadInput as error:  # a cost run of an older version kept less than its figures' reasons are made of
            raise Http404(str(error)) from error
        if found is None:
            raise Http404(f"{unit_id} {query['of']}")
        return found.asked_for
    run = selectors.latest_run()
    subject = subjects.subject(run, selectors.reader(request.user), unit_id, query) if run else None
    if run is None or subject is None:
        raise Http404(f"{unit_id} {query.get('week', '')}")
    return {
        "run": run,
        "subject": subject,
        "row": subject.row,
        "figure": subject.figure,
        "figure_values": subject.values(run),
        "version": run.meta["version"],
    }


def _source(asked: dict[str, Any], place: str) -> Any:
    source = why.source_of(asked["figure_values"], place)
    if source is None:
        raise Http404(place)
    return source


def _rule(asked: dict[str, Any], place: str) -> dict[str, Any]:
    """Return what the rows were read for: the figure's rule and the step."""
    explanation = why.explanation(asked["figure_values"])
    step = next(step for step in (*explanation.terms, *explanation.inputs) if step.place == place)
    return {"rule": explanation.formula, "shown_step": step}


def _frame(request: HttpRequest, unit_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    reader = selectors.reader(request.user)
    allowed = people.scope_of(request.user, Permission.PATIENT_ROWS_READ, tree=reader.tree)
    weeks = [week.period for week in asked["run"].weeks] if asked["subject"].has_neighbours else []
    week = asked["row"]["week"]
    at = weeks.index(week) if week in weeks else None
    return asked | {
        "unit": reader.tree.units[unit_id],
        "path": reader.path(unit_id),
        "earlier": weeks[at - 1] if at else "",
        "later": weeks[at + 1] if at is not None and at + 1 < len(weeks) else "",
        "may_read_patient_rows": unit_id in allowed,
    }
