"""The page Plan: every plan, the grid of one version, and what changes its cells."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web import clock
from vardbalans.web.insight.period import chosen
from vardbalans.web.insight.selectors import Run, latest_run
from vardbalans.web.insight.selectors import reader as reader_of
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.people.units import current_tree
from vardbalans.web.planning import actions, agreement, ordering, selectors
from vardbalans.web.planning.actions import Sent
from vardbalans.web.planning.agreement_page import agreement_page
from vardbalans.web.planning.answers import answered, asked_version, refused, sentence_of, stale
from vardbalans.web.planning.forms import NewPlanForm, SpreadForm, sent_step, typed_row
from vardbalans.web.planning.models import StepKind, Version
from vardbalans.web.planning.orders import Ordered, lost_shares, ordered
from vardbalans.web.planning.overview import plan_list
from vardbalans.web.planning.page import PlanPage, plan_page
from vardbalans.web.planning.profiles import weights_of
from vardbalans.web.planning.proposal_page import latest_check
from vardbalans.web.planning.row_page import RowPage, row_page
from vardbalans.web.planning.spreading import spread_total
from vardbalans.web.planning.weeks import weeks_of_year
from vardbalans.web.planning.why_page import why_page


@needs(Permission.BALANCE_READ)
@require_http_methods(["GET", "POST"])
def show_plans(request: HttpRequest, unit_id: str | None = None) -> HttpResponse:
    """Show the plans of the unit and below, and make a new one; of the reader's whole scope without a unit."""
    year = clock.today().year
    usual = {"year": year + 1, "ordered": True}
    form = NewPlanForm(request.POST or None, years=range(year, year + 4), initial=usual)
    if unit_id and form.is_valid():
        try:
            return redirect("planning:plan", _made(request, unit_id, form.cleaned_data).pk)
        except BadInput as error:
            form.add_error("name", sentence_of(error))
    page = plan_list(person(request), reader_of(request.user), unit_id)
    return render(request, "planning/plans.html", {"page": page, "form": form}, status=422 if form.is_bound else 200)


@transaction.atomic
def _made(request: HttpRequest, unit_id: str, asked: Mapping[str, Any]) -> Version:
    by, run = person(request), latest_run()
    version = agreement.plan_make(unit_id=unit_id, year=asked["year"], name=asked["name"], by=by)
    if asked["ordered"] and run:
        ordering.plan_fill(version=version, run=run, by=by)
    return version


@needs(Permission.BALANCE_READ)
@require_GET
def show_plan(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show the grid of one version with its live balance."""
    version, run = asked_version(request, version_id), latest_run()
    if run is None:
        return render(request, "insight/nothing_yet.html")
    page = plan_page(person(request), run, version, chosen(request.GET))
    agreed = agreement_page(person(request), version, page.names)
    context = {
        "page": page,
        "run": run,
        "check": latest_check(version),
        "agreement": agreed,
        "orders": _orders(run, version, page),
        "may_answer": selectors.may(person(request), Permission.PLAN_APPROVE, version.plan.unit_id),
    }
    return render(request, "planning/plan.html", context)


@needs(Permission.BALANCE_READ)
@require_GET
def show_balance_why(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show what makes the balance of one resource in the version: week by week, or the parts of one week."""
    version, run = asked_version(request, version_id), latest_run()
    reader, asked = reader_of(request.user), request.GET
    page = why_page(reader, run, version, asked.get("resource", ""), asked.get("week", "")) if run else None
    if page is None:
        raise Http404("resource")
    return render(request, "planning/balance_why.html", {"page": page, "version": version, "run": run})


@needs(Permission.PLAN_EDIT)
@require_POST
def save_cells(request: HttpRequest, version_id: int) -> HttpResponse:
    """Take one step of the grid; 409 where others have changed the same cells, 422 for what is no step."""
    by = person(request)
    try:
        step = sent_step(request.body)
        actions.step_sent(version_id=version_id, step=step, by=by)
    except actions.Stale as error:
        return stale(by, selectors.version_of(by, version_id), step.base, error)
    except BadInput as error:
        return refused(request, selectors.version_of(by, version_id), error)
    return answered(by, version_id, step.base)


@needs(Permission.BALANCE_READ)
@require_GET
def show_changes(request: HttpRequest, version_id: int) -> HttpResponse:
    """Answer what others have changed after a revision."""
    version = asked_version(request, version_id)
    since = request.GET.get("since", "")
    return answered(person(request), version.pk, int(since) if since.isdecimal() and len(since) < 10 else 0)


@needs(Permission.PLAN_EDIT)
@require_POST
def undo(request: HttpRequest, version_id: int) -> HttpResponse:
    """Undo one's own last step."""
    return _turned(request, version_id, actions.step_undo)


@needs(Permission.PLAN_EDIT)
@require_POST
def redo(request: HttpRequest, version_id: int) -> HttpResponse:
    """Do again what was last undone."""
    return _turned(request, version_id, actions.step_redo)


@needs(Permission.BALANCE_READ)
@require_http_methods(["GET", "POST"])
def edit_row(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show one service's weeks as a form, the grid's equal for those who read by ear or lack JavaScript; save it."""
    version = asked_version(request, version_id)
    page = row_page(person(request), version, request.GET.get("service", ""))
    if page is None:
        raise Http404("service")
    if request.method == "POST":
        return _row_saved(request, version, page)
    return render(request, "planning/row.html", {"page": page, "version": version})


@needs(Permission.BALANCE_READ)
@require_GET
def show_cell(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show what has been done to one cell and said of it; of a row without a week, of the plan without a service."""
    version = asked_version(request, version_id)
    service_id, week = request.GET.get("service", ""), request.GET.get("week", "")
    if week and week not in weeks_of_year(version.plan.year):
        raise Http404(week)
    comments = [row for row in selectors.comments_of(version.plan) if (row.service_id, row.week) == (service_id, week)]
    context = {
        "version": version,
        "service_id": service_id,
        "service_name": _service_name(version, service_id),
        "week": week,
        "history": selectors.history_of(version.plan, service_id, week) if service_id and week else (),
        "comments": comments,
    }
    return render(request, "planning/cell.html", context)


@needs(Permission.PLAN_EDIT)
@require_http_methods(["GET", "POST"])
def spread(request: HttpRequest, version_id: int) -> HttpResponse:
    """Spread a year's number of one service over its weeks, the locked ones kept."""
    version, run = asked_version(request, version_id), latest_run()
    page = row_page(person(request), version, request.GET.get("service", ""))
    if page is None or run is None:
        raise Http404("service")
    form = SpreadForm(request.POST or None, initial={"total": page.needed_text})
    if form.is_valid():
        weights = weights_of(form.cleaned_data["profile"], run, page.unit_id, page.service_id, version.plan.year)
        try:
            found = spread_total(form.cleaned_data["total"], weights, page.locked)
            actions.row_spread(version=version, service_id=page.service_id, parts=found, by=person(request))
            return redirect("planning:plan", version.pk)
        except BadInput as error:
            form.add_error("total", sentence_of(error))
    context = {"page": page, "version": version, "form": form}
    return render(request, "planning/spread.html", context, status=422 if form.is_bound else 200)


def _orders(run: Run, version: Version, page: PlanPage) -> Sequence[Ordered]:
    """Return the year's orders for the plan's services, held against what the version plans of them."""
    planned: dict[str, Decimal] = defaultdict(Decimal)
    for (service, _week), value in page.planned.items():
        planned[service] += value
    units = {unit.unit_id for unit in current_tree().below(version.plan.unit_id)}
    return ordered(version.plan.year, page.names, lost_shares(run, units), planned)


def _row_saved(request: HttpRequest, version: Version, page: RowPage) -> HttpResponse:
    cells, problems = typed_row(page.service_id, page.open_weeks, request.POST, get_language() or "sv")
    context = {"version": version, "page": page.with_typed(request.POST, problems, [])}
    if problems:
        return render(request, "planning/row.html", context, status=422)
    base = request.POST.get("revision", "")
    step = Sent(StepKind.TYPED, int(base) if base.isdecimal() and len(base) < 10 else 0, None, cells)
    try:
        actions.step_sent(version_id=version.pk, step=step, by=person(request))
    except actions.Stale as error:
        # What was typed stands, now against what the plan is: saved again, it holds.
        context["page"] = replace(
            page.with_typed(request.POST, {}, [key.week for key in error.clashes]),
            revision=Version.objects.get(pk=version.pk).revision,
        )
        return render(request, "planning/row.html", context, status=409)
    except BadInput as error:
        return refused(request, version, error)
    return redirect("planning:plan", version.pk)


def _turned(request: HttpRequest, version_id: int, turn: Any) -> HttpResponse:
    version = asked_version(request, version_id)
    try:
        step = turn(version=version, by=person(request))
    except BadInput as error:
        return refused(request, version, error)
    if request.content_type != "application/json":
        return redirect("planning:plan", version.pk)
    return answered(person(request), version.pk, step.revision - 1, own=True)


def _service_name(version: Version, service_id: str) -> str:
    run = latest_run()
    found = selectors.services_of(run, version.plan.unit_id) if run else ()
    return next((service.name for service in found if service.service_id == service_id), service_id)
