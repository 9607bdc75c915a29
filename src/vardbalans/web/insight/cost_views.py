"""The page Ekonomi, the way of a krona behind it, and single contacts for those who may read them: that is recorded."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from vardbalans.engine.errors import BadInput
from vardbalans.web import store
from vardbalans.web.costing.selectors import costing
from vardbalans.web.insight import selectors
from vardbalans.web.insight.cost_contacts import contacts_of
from vardbalans.web.insight.cost_page import cost_page
from vardbalans.web.insight.cost_run import CostRun, kept_costs
from vardbalans.web.insight.purposes import purpose_of
from vardbalans.web.insight.rows import source_rows
from vardbalans.web.insight.why import explanation, source_of
from vardbalans.web.people import selectors as people
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import Event
from vardbalans.web.people.permissions import Permission
from vardbalans.web.translate import kept, said


@needs(Permission.BALANCE_READ)
@require_GET
def show_costs(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show where the money went, for the unit and below; for the reader's whole scope without a unit."""
    run = kept_costs()
    if run is None:
        return _nothing(request)
    reader = selectors.reader(request.user)
    page = cost_page(reader, run, unit_id, request.GET)
    allowed = people.scope_of(request.user, Permission.PATIENT_ROWS_READ, tree=reader.tree)
    context = {
        "page": page,
        "run": run,
        "costing": costing(request.user, run.kept),
        "may_read_patient_rows": page.unit is not None and page.unit.unit_id in allowed,
    }
    return render(request, "insight/cost.html", context)


@needs(Permission.BALANCE_READ)
@require_GET
def show_certificate(request: HttpRequest) -> HttpResponse:
    """Explain the certificate, to those who may see all of it."""
    run = kept_costs()
    if run is None:
        return _nothing(request)
    if not run.units <= selectors.reader(request.user).scope:
        raise Http404("cost/why")
    figure = run.document["steps"][0]
    return render(request, "insight/cost_why.html", {"run": run, "explanation": explanation(figure)})


@needs(Permission.BALANCE_READ)
@require_GET
def show_pool(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Explain the cost of one pool of the unit: its classes from the ledger, and what it gets from each centre."""
    run = kept_costs()
    if run is None:
        return _nothing(request)
    pool, figure = _pool(run, unit_id, request.GET.get("pool", ""))
    context = _frame(request, run, unit_id) | {"pool": pool, "pool_name": run.pool_name(pool)}
    return render(request, "insight/cost_why.html", context | {"explanation": explanation(figure)})


@needs(Permission.BALANCE_READ)
@require_GET
def show_cost_rows(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show the rows of the ledger behind one step of a pool's cost."""
    run = kept_costs()
    if run is None:
        return _nothing(request)
    pool, figure = _pool(run, unit_id, request.GET.get("pool", ""))
    source = source_of(figure, request.GET.get("step", ""))
    if source is None or source["table"] not in store.lake().version(run.document["version"]).tables:
        raise Http404(request.GET.get("step", ""))
    shown = explanation(figure)
    step = next(step for step in (*shown.terms, *shown.inputs) if step.place == request.GET["step"])
    found = source_rows({**source, "where": {**source["where"], **run.since_until}}, run)
    context = _frame(request, run, unit_id) | {"pool": pool, "pool_name": run.pool_name(pool), "found": found}
    return render(request, "insight/cost_rows.html", context | {"shown_step": step})


@needs(Permission.PATIENT_ROWS_READ)
@require_http_methods(["GET", "POST"])
def show_patient_costs(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Show what single contacts of the unit cost, once a purpose is given; the reading is recorded.

    None of them is named: the dearest by their cost, or the one whose number the reader gives.
    """
    if request.method == "GET":
        return redirect(f"{reverse('insight:cost_unit', args=[unit_id])}#contacts")
    run = kept_costs()
    if run is None:
        return _nothing(request)
    purpose, problem = purpose_of(request.POST)
    contact = request.POST.get("contact", "").strip()[:100]
    here = reverse("insight:cost_unit", args=[unit_id])
    context = _frame(request, run, unit_id) | {"purpose": purpose, "problem": problem, "here": here, "asked": contact}
    if problem:
        return render(request, "insight/cost_contacts.html", context, status=422)
    try:
        found = contacts_of(run, unit_id, contact)
    except BadInput as error:
        return render(
            request, "insight/cost_contacts.html", context | {"problem": said(kept(error.message))}, status=422
        )
    target = f"cost run {run.document['run_id']} version {run.document['version']}: {len(found)} contacts"
    read = [each.row["contact_id"] for each in found]
    record(Event.PATIENT_ROWS_READ, by=person(request), unit_id=unit_id, target=target, reason=purpose, subjects=read)
    return render(request, "insight/cost_contacts.html", context | {"found": found, "done": True})


def _pool(run: CostRun, unit_id: str, pool_id: str) -> tuple[Any, Any]:
    """Return a pool of the unit and its figure as it is shown. Raises Http404 where the unit has no such pool."""
    pool = run.pools.get(pool_id)
    if pool is None or run.unit_of.get(pool["cost_centre"]) != unit_id:
        raise Http404(pool_id)
    return pool, run.kept.pool(pool_id).as_dict()


def _frame(request: HttpRequest, run: CostRun, unit_id: str) -> dict[str, Any]:
    reader = selectors.reader(request.user)
    return {"run": run, "unit": reader.tree.units[unit_id], "path": reader.path(unit_id)}


def _nothing(request: HttpRequest) -> HttpResponse:
    tree = selectors.reader(request.user).tree
    may_import = people.holds_for_region(request.user, Permission.DATA_IMPORT, tree=tree)
    context = {"costing": costing(request.user, None), "may_import": may_import}
    return render(request, "insight/cost_nothing.html", context)
