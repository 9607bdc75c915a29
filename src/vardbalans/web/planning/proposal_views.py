"""Have the optimiser propose a plan, see what it would change, take it; and have a plan checked."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from vardbalans.engine.errors import BadInput
from vardbalans.web import clock
from vardbalans.web.insight.selectors import latest_run
from vardbalans.web.jobs.models import State
from vardbalans.web.jobs.selectors import job_of, progress_of
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission
from vardbalans.web.planning import asking
from vardbalans.web.planning.answers import asked_version, refused
from vardbalans.web.planning.forms import ProposeForm
from vardbalans.web.planning.proposal_page import latest_proposal, proposal_page
from vardbalans.web.planning.steps import PROPOSE
from vardbalans.web.planning.weeks import plan_weeks
from vardbalans.web.translate import said


@needs(Permission.PLAN_EDIT)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, version_id: int) -> HttpResponse:
    """Ask for a proposal, and lead on to what becomes of it."""
    version = asked_version(request, version_id)
    weeks = [(week.period, str(week.number)) for week in plan_weeks(version.plan.year, clock.today()) if not week.past]
    form = ProposeForm(request.POST or None, weeks=weeks)
    if form.is_valid():
        start, overtime = form.cleaned_data["guarantee_from"] or None, float(form.cleaned_data["overtime"])
        try:
            job = asking.proposal_ask(version=version, guarantee_from=start, overtime=overtime, by=person(request))
        except BadInput as error:
            return refused(request, version, error)
        return redirect("planning:proposal", version.pk, job.pk)
    context = {"version": version, "form": form, "earlier": latest_proposal(version)}
    return render(request, "planning/propose.html", context, status=422 if form.is_bound else 200)


@needs(Permission.PLAN_EDIT)
@require_http_methods(["GET", "POST"])
def show_proposal(request: HttpRequest, version_id: int, job_id: int) -> HttpResponse:
    """Show how far the proposal is, then what it would change; take the chosen rows of it, or all."""
    version, run = asked_version(request, version_id), latest_run()
    job = asking.with_result(job_of(person(request), job_id))
    if job.kind != PROPOSE or job.arguments["version"] != version.pk or run is None:
        raise Http404(str(job_id))
    if request.method == "POST":
        chosen = None if "all" in request.POST else set(request.POST.getlist("service"))
        try:
            asking.proposal_take(version=version, job=job, service_ids=chosen, by=person(request))
        except BadInput as error:
            return refused(request, version, error)
        return redirect("planning:plan", version.pk)
    page = proposal_page(run, version, job) if job.state == State.DONE else None
    context = {"version": version, "job": job, "progress": progress_of(job), "page": page, "failure": said(job.error)}
    return render(request, "planning/proposal.html", context)


@needs(Permission.BALANCE_READ)
@require_POST
def ask_check(request: HttpRequest, version_id: int) -> HttpResponse:
    """Have the plan checked as it is now, and go back to it."""
    version = asked_version(request, version_id)
    asking.check_ask(version=version, by=person(request))
    return redirect("planning:plan", version.pk)
